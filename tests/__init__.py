"""Tests mirror the packages; `support/` is what they share, `golden/` records of every format, `fuzz/` and `faults/`
run by themselves too."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
