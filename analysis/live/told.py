"""What a run tells between two commits, from the files of `alife.format.events` in its folder: call `Told.look`.

Files may be somebody else's: only fields that are needed are taken, and only if they are what they should be.
"""

import math
from typing import Any, Final

from alife.errors import UserError, plain
from alife.format import events
from alife.traits import MAIN
from analysis.data.source import Source
from analysis.live.record import short

LOG: Final = 12
"""Of what happened, so many are shown."""
WORD: Final = 200
"""Characters of a text at most."""
_SAID: Final = ("host_lost", "island_died", "extinct", "stopping", "stopped", "warning", "start", "end", "changed")


class Told:
    """What is known of what a run has told.

    Args:
        uri: Its folder, a path or an fsspec URI.
    """

    def __init__(self, uri: str) -> None:
        self._source = Source(uri)
        self._read: dict[int, tuple[int, list[dict[str, Any]]]] = {}

    def look(self) -> dict[str, Any]:
        """The last generation, those of the last start, and what happened; files that have not grown are not read.

        Returns:
            generations (each with the traits of `alife.traits.MAIN`), now (what is told of the last one; None of a
            run that tells nothing), and log (time, event, what).
        """
        try:
            sizes = {name.rpartition("/")[2]: size for name, size in self._source.ls(events.FOLDER).items()}
        except (OSError, UserError):
            sizes = {}
        there = events.numbers(sizes)[-events.KEPT :]
        self._read = {number: self._file(number, sizes[f"{number:06d}.jsonl"] or 0) for number in there}
        return summed([line for number in there for line in self._read[number][1]])

    def _file(self, number: int, size: int) -> tuple[int, list[dict[str, Any]]]:
        before = self._read.get(number)
        if before and before[0] == size:
            return before
        try:
            content = self._source.fetch(events.name(number), events.MOST)
        except (FileNotFoundError, UserError):
            return before or (-1, [])
        return len(content), events.parse(content)


def summed(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """What `Told.look` gives, of lines in their order."""
    generations: dict[int, dict[str, Any]] = {}
    log: list[dict[str, Any]] = []
    last: dict[str, Any] | None = None
    for line in lines:
        number, kind = line.get("generation"), line["event"]
        if kind == "start" and isinstance(number, int):
            generations = {g: each for g, each in generations.items() if g < number}
        if kind == "generation" and isinstance(number, int) and number >= 0:
            generations[number] = {"generation": number, **{name: _number(line.get(name)) for name in MAIN}}
            last = {name: _number(line.get(name)) for name in _NUMBERS} | {"time": _number(line["time"])}
        if kind in _SAID and (kind != "end" or line.get("status") != "finished"):
            log.append({"time": _number(line["time"]), "event": kind, "what": _said(kind, line)})
    return {"generations": [generations[g] for g in sorted(generations)], "now": last, "log": log[-LOG:]}


_NUMBERS: Final = (
    "generation",
    "of",
    "individuals",
    "dead",
    *MAIN,
    "individuals_per_second",
    "seconds",
    "hosts",
)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else None
    if not math.isfinite(value):
        return None
    return round(value, 3) if value > 1e6 else short(value)


def _said(kind: str, line: dict[str, Any]) -> str:
    """In a line of words, as on a terminal."""
    word = {name: plain(str(value))[:WORD] for name, value in line.items()}
    generation = word.get("generation", "?")
    match kind:
        case "host_lost":
            return f"{word.get('host')} lost in generation {generation}: {word.get('why')}"
        case "island_died":
            return f"island {word.get('island')} died out in generation {generation}"
        case "extinct":
            return f"extinct: nobody of generation {generation} lived to reproduce"
        case "stopping":
            return f"{word.get('signal')}: stopping"
        case "stopped":
            return f"stopped by {word.get('by')}: {word.get('why')}"
        case "changed":
            return f"{word.get('key')} set to {word.get('value')}"
        case "start":
            return f"started with generation {generation}, {word.get('hosts')} worker(s)"
        case "end":
            return f"ended: {word.get('status')}"
        case _:
            return word.get("text", "")
