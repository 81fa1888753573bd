"""What a worker is told beside orders and messages, and what it reports: plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from populations.engine.messages import Entry, Lived, Merged, Message, News, Order, Sealed, Source

Files = list[tuple[str, bytes]]


@dataclass(frozen=True)
class RunFolder:
    """The run folder, as far as a worker is to know it.

    Attributes:
        uri: A path or an fsspec URI; absolute.
        epoch: Of its manifest, with which names of files begin.
        created: Of its manifest: a folder of that name elsewhere is another one.
        columns: The manifest's.
        task: The manifest's.
    """

    uri: str
    epoch: int
    created: str
    columns: Sequence[Mapping[str, Any]]
    task: Mapping[str, Any] | None


@dataclass(frozen=True)
class Place:
    """Keep islands from now on."""

    islands: Sequence[int]
    source: Source


@dataclass(frozen=True)
class Book:
    """Where islands are kept that others here are neighbours of: a number, and whom to hand messages to."""

    addresses: Mapping[int, tuple[int, Any]]


@dataclass(frozen=True)
class Merge:
    """Make one part of several."""

    kind: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Term:
    """What comes from now on belongs to another term; reports say theirs, so that those from before are told apart."""

    term: int


Task = Message | Order | Place | Book | Merge | Term


@dataclass
class Report:
    """What has happened since the last one.

    Attributes:
        term: Of all of it.
        news: In order.
        files: What is to be written for a worker that does not see the run folder, by name.
        busy: Island and generation, of others too, that are being lived, and for how many seconds; None if none is.
    """

    term: int = 0
    news: list[News] = field(default_factory=list)
    files: Files = field(default_factory=list)
    busy: tuple[int, int, float] | None = None


def urgent(news: Sequence[News], waits: bool) -> bool:
    """Whether a report cannot wait: what was written can as long as the worker has islands to live before it counts."""
    return any(not isinstance(each, Lived if waits else Lived | Sealed | Merged) for each in news)
