"""`python -m benchmarks analysis|engine|lineage|measures|serve|sweeps|view|watch [--json]`: what large things cost.

`watch` compares the speed of lives with what is on record, and has flags of its own: `python -m benchmarks watch -h`.
"""

import sys
from collections.abc import Sequence

from alife.cli import bench

NAMES = ("analysis", "engine", "lineage", "measures", "serve", "sweeps", "view", "watch")
MODULES = {name: f"benchmarks.{name}" for name in NAMES}


def main(words: Sequence[str]) -> int:
    """Run a bench by its name, and return the exit code."""
    if "watch" in words:
        from benchmarks import watch

        return watch.main([word for word in words if word != "watch"])
    return bench.main("python -m benchmarks", MODULES, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
