"""How far the runs of a sweep are, and their assays: by what jobs tell, and by the manifests of runs under way."""

import heapq
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.format import files
from populations.observe import events
from populations.observe.events import Event
from populations.record.storage import open_folder
from populations.studies.run_rows import begun

LOOK_SECONDS: Final = 2.0
REMOTE_SECONDS: Final = 15.0
AT_ONCE: Final = 4
"""Manifests read at one tick, so that those who wait for a job's end are not kept waiting."""


class Progress:
    """How far each run is, by what its manifest says.

    What an event takes does not grow with the number of runs, but for those under way.

    Args:
        runs: Folder and configuration of each run, by name.
        assays: Work of each assay of a run, by name, in steps of lives; an assay is done or it is not.
    """

    def __init__(self, runs: Mapping[str, tuple[str, RunConfig]], assays: Mapping[str, int] | None = None):
        assays = assays or {}
        self._folders = {name: folder for name, (folder, _) in runs.items()}
        self._of = {name: config.generations for name, (_, config) in runs.items()} | dict.fromkeys(assays, 1)
        self._cost = {name: work(config) for name, (_, config) in runs.items()} | dict(assays)
        self._lived: dict[str, int] = {}
        self._found: dict[str, int] = {}
        self._ends: dict[str, str] = {}
        self._counts: Counter[tuple[bool, str]] = Counter()
        self._running: dict[str, None] = {}
        self._left = sum(of * self._cost[name] for name, of in self._of.items())
        self._done = 0
        self._looked: dict[str, float] = {}
        self._began: float | None = None

    def look(self, name: str) -> str | None:
        """The status on record, None where there is no run or none that can be read."""
        self._looked[name] = time.monotonic()
        try:
            manifest = begun(open_folder(self._folders[name]))
        except UserError:
            return None
        if manifest is None:
            return None
        self.live(name, manifest["generation"] + 1)
        return str(manifest["status"])

    def left(self, name: str) -> int:
        """Generations of a run that are not on record."""
        return self._of[name] - self._lived.get(name, 0)

    def hear(self, event: Event) -> Iterator[Event]:
        """Follow what jobs do; what there is to tell of it: the event itself, and how far all is where that changed."""
        match event:
            case events.Tick():
                if not self.poll():
                    return
            case events.JobStarted(job=name):
                self.begin(name)
            case events.JobDone(job=name):
                self.end(name, "done")
            case events.JobFailed(job=name):
                self.end(name, "failed")
        if not isinstance(event, events.Tick):
            yield event
        yield self.event()

    def begin(self, name: str) -> None:
        """A run is started or goes on."""
        self._began = self._began or time.monotonic()
        self._found.setdefault(name, self._lived.get(name, 0))
        self._running[name] = None

    def end(self, name: str, status: str) -> None:
        """A run is "done" or has "failed"."""
        if status == "done":
            self.live(name, self._of[name])
        elif name not in self._ends:
            self._left -= (self._of[name] - self._lived.get(name, 0)) * self._cost[name]
        self._running.pop(name, None)
        if before := self._ends.pop(name, ""):
            self._counts[name in self._folders, before] -= 1
        self._ends[name] = status
        self._counts[name in self._folders, status] += 1

    def poll(self) -> bool:
        """Look at some of the runs that were not looked at for long; whether one has come further."""
        now, before = time.monotonic(), self._left
        running = (name for name in self._running if name in self._folders)
        for name in heapq.nsmallest(AT_ONCE, running, key=lambda name: self._looked.get(name, 0.0)):
            pause = REMOTE_SECONDS if files.is_remote(self._folders[name]) else LOOK_SECONDS
            if now - self._looked.get(name, 0.0) > pause:
                self.look(name)
        return before != self._left

    def event(self) -> events.SweepProgress:
        """How far all is."""
        return events.SweepProgress(
            runs=len(self._folders),
            done=self._counts[True, "done"],
            failed=self._counts[True, "failed"],
            assays=len(self._of) - len(self._folders),
            assayed=self._counts[False, "done"],
            unassayed=self._counts[False, "failed"],
            running={name: [self._lived.get(name, 0), self._of[name]] for name in self._running},
            seconds_left=self._seconds_left(),
        )

    def live(self, name: str, lived: int) -> None:
        """A run, or an assay, has come so far."""
        more = (lived - self._lived.get(name, 0)) * self._cost[name]
        self._lived[name] = lived
        self._done += more if name in self._found else 0
        self._left -= more if self._ends.get(name) != "failed" else 0

    def _seconds_left(self) -> float | None:
        if not self._done or self._began is None:
            return None
        return self._left / self._done * (time.monotonic() - self._began)


def work(config: RunConfig) -> int:
    """Work of a generation, to compare runs by."""
    return config.population.islands * config.population.size * (config.life.steps + 1)
