"""`python -m benchmarks analysis|lineage [--json]`: what large records cost."""

import sys

from alife.cli.bench import main

MODULES = {"analysis": "benchmarks.analysis", "lineage": "benchmarks.lineage"}


if __name__ == "__main__":
    sys.exit(main("python -m benchmarks", MODULES, sys.argv[1:]))
