"""What a run has told while it lived, kept beside its record in bounded room: JSON lines in `events/000001.jsonl` on.

A line is one of `--log-json`. Files are numbered from 1 and each is at most `FULL` bytes; of those that are older than
the last `KEPT` nothing stays. Nothing of the record depends on them, and whoever reads believes no more of a line than
it needs. Call `numbers` for the files that are there and `parse` for what one holds.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

FOLDER: Final = "events"
FULL: Final = 1 << 16
"""Bytes from which a new file is begun."""
KEPT: Final = 16
"""Files that stay."""
LONGEST: Final = 1 << 13
"""Bytes of a line; longer ones are not written, and not read."""
MOST: Final = FULL + LONGEST
"""Bytes of a file at most."""

_NAME = re.compile(r"(?:events/)?(\d{6})\.jsonl")


def name(number: int) -> str:
    """Of a file, below the run folder."""
    return f"{FOLDER}/{number:06d}.jsonl"


def numbers(names: Iterable[str]) -> list[int]:
    """Of the files among the names of what lies in the folder, in order; others are left out."""
    return sorted(int(found[1]) for each in names if (found := _NAME.fullmatch(each)))


def dump(line: dict[str, Any]) -> bytes:
    """A line; nothing of one that is too long, or that JSON cannot hold."""
    try:
        text = json.dumps(line, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError, RecursionError):
        return b""
    return text if len(text) <= LONGEST else b""


def parse(content: bytes) -> list[dict[str, Any]]:
    """The lines of a file that are whole: objects with a number `time` and a word `event`; others are left out."""
    found = []
    for text in content[:MOST].splitlines(keepends=True):
        if text.endswith(b"\n") and len(text) <= LONGEST:
            try:
                line = json.loads(text, parse_constant=_none)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict) and _is_number(line.get("time")) and isinstance(line.get("event"), str):
                found.append(line)
    return found


def _none(_: str) -> None:
    """Of NaN and infinities."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
