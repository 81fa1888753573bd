"""`python -m tests.faults matrix|soak [--json]`: faults injected into real processes, and what is left after them."""

import sys

from alife.cli.bench import main

MODULES = {"matrix": "tests.faults.matrix", "soak": "tests.faults.soak"}


if __name__ == "__main__":
    sys.exit(main("python -m tests.faults", MODULES, sys.argv[1:]))
