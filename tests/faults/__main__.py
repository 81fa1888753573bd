"""`python -m tests.faults matrix|soak [--json]`: faults injected into real processes, and what is left after them."""

import sys

from alife.cli.bench import report

MODULES = {"matrix": "tests.faults.matrix", "soak": "tests.faults.soak"}


def main(words: list[str]) -> int:
    """Print the figures of the bench that `words` names; 2 if they name none."""
    names = [word for word in words if word != "--json"]
    if len(names) != 1 or names[0] not in MODULES:
        print(f"usage: python -m tests.faults {'|'.join(MODULES)} [--json]", file=sys.stderr)
        return 2
    return report((MODULES[names[0]],), "--json" in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
