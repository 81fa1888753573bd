"""What somebody may watch: a folder, a run, a sweep. Each topic is looked at again and again, and says what it is now.

How something stands is asked of an `Overview`, which the command hands over: reading records needs none.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from alife.errors import UserError
from alife.format import files, manifest, usage
from analysis.live.record import Growing
from analysis.live.told import Told

AGAIN: Final = 20.0
"""Seconds after which one that is said to run is asked again though no file has changed: its writer may be gone."""

Pieces = dict[str, str]
"""What is known, as JSON, by its part of a page."""


class Entry(Protocol):
    """A run, a sweep or a folder of the seed paper in a line: a dataclass of what JSON can hold."""

    @property
    def name(self) -> str:
        """Its path below the folder; "." is that one."""

    @property
    def status(self) -> str:
        """How it stands."""


class Found(Protocol):
    """Where something is."""

    @property
    def uri(self) -> str:
        """Its folder."""

    @property
    def kind(self) -> str:
        """What it is: "run", "sweep" or "paper"."""


@dataclass(frozen=True)
class Overview:
    """What is asked of what lies below a folder.

    Attributes:
        uri: The folder.
        find: What has a name there, None if nothing has, or it is not inside.
        entries: A line of each.
        run_status: All that is known of how a run stands, a dataclass, by its folder.
        sweep_status: Likewise of a sweep.
        stamp: What tells whether files of a folder on a disk have changed.
    """

    uri: str
    find: Callable[[str], Found | None]
    entries: Callable[[], Sequence[Entry]]
    run_status: Callable[[str], Any]
    sweep_status: Callable[[str], Any]
    stamp: Callable[[str, tuple[str, ...]], object]


class Topic(Protocol):
    """Something to watch.

    Attributes:
        looks: What to call again and again, each at a pace of its own, since some are dear: what is known now, where
            parts that did not change may be left out. They raise UserError where it is gone, or damaged.
        hurry: Set where all looks are due now; whoever calls them takes it back.
    """

    looks: Sequence[Callable[[], Pieces]]
    hurry: bool


def topic(overview: Overview, kind: str, name: str) -> Topic | None:
    """One to watch: a "folder", or a "run" or "sweep" by its name; None if there is none.

    Raises:
        UserError: The folder is gone.
    """
    if kind == "folder":
        return Folder(overview)
    found = overview.find(name) if kind in ("run", "sweep") else None
    if found is None or found.kind != kind:
        return None
    return OfRun(overview, name) if kind == "run" else OfSweep(overview, name)


class Folder:
    """All that lies there."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview
        self.looks: Sequence[Callable[[], Pieces]] = (self.entries,)
        self.hurry = False

    def entries(self) -> Pieces:
        """Its entries."""
        return {"entries": dump([_line(each) for each in self._overview.entries()])}


class OfSweep:
    """A sweep, and the runs in it."""

    def __init__(self, overview: Overview, name: str) -> None:
        self._overview, self._name = overview, name
        self.looks: Sequence[Callable[[], Pieces]] = (self.stands,)
        self.hurry = False

    def stands(self) -> Pieces:
        """How it stands, and its runs."""
        found = _there(self._overview, self._name)
        prefix = "runs/" if self._name == "." else f"{self._name}/runs/"
        inside = [_line(each) for each in self._overview.entries() if each.name.startswith(prefix)]
        return {"sweep": dump(asdict(self._overview.sweep_status(found.uri))), "entries": dump(inside)}


class OfRun:
    """A run: how it stands, what it tells, and what is on record, each looked at only where a file has changed."""

    def __init__(self, overview: Overview, name: str) -> None:
        self._overview, self._name = overview, name
        self._uri = _there(overview, name).uri
        self._stamps: dict[str, object] = {}
        self._asked = 0.0
        self._running = False
        self._told, self._growing = Told(self._uri), Growing(self._uri)
        self.looks: Sequence[Callable[[], Pieces]] = (self.stands, self.record)
        self.hurry = False

    def stands(self) -> Pieces:
        """How it stands, and what it tells."""
        uri = _there(self._overview, self._name).uri
        pieces = {"told": dump(self._told.look())}
        late = self._running and time.monotonic() - self._asked > AGAIN
        if self._changed("standing", manifest.NAME, usage.NAME) or late:
            standing = self._overview.run_status(uri)
            before, self._running = self._running, standing.status in ("running", "abandoned")
            self._asked, self.hurry = time.monotonic(), before and not self._running
            pieces["standing"] = dump({**asdict(standing), "now": time.time()})
        return pieces

    def record(self) -> Pieces:
        """What is on record."""
        _there(self._overview, self._name)
        if not self._changed("record", manifest.NAME):
            return {}
        try:
            return {"record": dump(self._growing.look())}
        except UserError as error:
            self._stamps.pop("record", None)
            return {"record": dump({"why": str(error)})}

    def _changed(self, what: str, *names: str) -> bool:
        if files.is_remote(self._uri):
            return True
        now = [self._overview.stamp(self._uri, (name,)) for name in names]
        changed, self._stamps[what] = now != self._stamps.get(what), now
        return changed


def dump(value: Any) -> str:
    """JSON on one line, as the stream takes it."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=dict)


def _line(entry: Any) -> dict[str, Any]:
    """An entry without what changes though nothing happens."""
    return {name: value for name, value in asdict(entry).items() if name != "age"}


def _there(overview: Overview, name: str) -> Found:
    if (found := overview.find(name)) is None:
        raise UserError(f"{name}: is not there any more")
    return found
