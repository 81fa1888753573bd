"""`python -m tests.simulation losses|cores [--json]`: the engine on thousands of workers, in simulated time."""

import sys

from alife.cli.bench import main

MODULES = {"losses": "tests.simulation.losses", "cores": "tests.simulation.cores"}


if __name__ == "__main__":
    sys.exit(main("python -m tests.simulation", MODULES, sys.argv[1:]))
