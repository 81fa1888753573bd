"""The file that says that a part of an experiment has ended: facts about it, and its other files with their sizes.

Call `mark` when a part has ended, `facts_of` to see whether it has. It is written last. Who looks whether a part has
ended believes it only as far as the files are there.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

ROWS: Final = "rows.parquet"
CURVES: Final = "curves.parquet"
GENOMES: Final = "safetensors"
_NEEDED: Final = (ROWS, GENOMES)


def mark(facts: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """What to write.

    Args:
        facts: Of the part: experiment, part, length, shortened, seconds, ….
        files: Content by the end of the file's name: `ROWS`, `GENOMES`, and `CURVES` if there are any.
    """
    return {**facts, "files": {end: len(data) for end, data in files.items()}}


def facts_of(data: bytes, sizes: Mapping[str, int | None]) -> dict[str, Any] | None:
    """The facts of a part that has ended; None if it has not, whatever the file is worth.

    Args:
        data: Of the marker.
        sizes: In bytes, of the part's files that are there, by the end of the name. A marker of an earlier version
            lists none; then they may have any size but 0.
    """
    try:
        facts = json.loads(data)
        needed = facts.get("files") or dict.fromkeys(_NEEDED)
        typed = all(isinstance(facts[key], str) for key in ("experiment", "part"))
        typed &= isinstance(facts.get("length", ""), str) and isinstance(facts.get("seconds", 0), int | float)
        there = all(sizes.get(end) and size in (None, sizes[end]) for end, size in needed.items())
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return None
    return facts if typed and there else None
