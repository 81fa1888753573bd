"""`python -m benchmarks analysis|engine|lineage|sweeps [--json]`: what large records, runs and sweeps cost."""

import sys
from collections.abc import Sequence

from alife.cli import bench

MODULES = {name: f"benchmarks.{name}" for name in ("analysis", "engine", "lineage", "sweeps")}


def main(words: Sequence[str]) -> int:
    """Run a bench by its name, and return the exit code."""
    return bench.main("python -m benchmarks", MODULES, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
