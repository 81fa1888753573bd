"""How far the runs of a sweep are, and their assays: by what jobs tell, and by the manifests of runs under way."""

import time
from collections.abc import Iterator, Mapping
from typing import Final

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.format import files
from populations.observe import events
from populations.observe.events import Event
from populations.record import reader

LOOK_SECONDS: Final = 2.0
REMOTE_SECONDS: Final = 15.0
AT_ONCE: Final = 4
"""Manifests read at one tick, so that those who wait for a job's end are not kept waiting."""


class Progress:
    """How far each run is, by what its manifest says.

    Args:
        runs: Folder and configuration of each run, by name.
        assays: Work of each assay of a run, by name, in steps of lives; an assay is done or it is not.
    """

    def __init__(self, runs: Mapping[str, tuple[str, RunConfig]], assays: Mapping[str, int] | None = None):
        assays = assays or {}
        self._runs = list(runs)
        self._folders = {name: folder for name, (folder, _) in runs.items()}
        self._of = {name: config.generations for name, (_, config) in runs.items()} | dict.fromkeys(assays, 1)
        self._cost = {name: work(config) for name, (_, config) in runs.items()} | dict(assays)
        self._lived = dict.fromkeys(self._of, 0)
        self._found: dict[str, int] = {}
        self._status = dict.fromkeys(self._of, "waiting")
        self._looked: dict[str, float] = {}
        self._began: float | None = None

    def look(self, name: str) -> str | None:
        """The status on record, None where there is no run or none that can be read."""
        self._looked[name] = time.monotonic()
        try:
            if not reader.exists(self._folders[name]):
                return None
            manifest = reader.read_manifest(self._folders[name])
        except UserError:
            return None
        self._lived[name] = manifest["generation"] + 1
        return manifest["status"]

    def left(self, name: str) -> int:
        """Generations of a run that are not on record."""
        return self._of[name] - self._lived[name]

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
        self._found.setdefault(name, self._lived[name])
        self._status[name] = "running"

    def end(self, name: str, status: str) -> None:
        """A run is "done" or has "failed"."""
        self._status[name] = status
        if status == "done":
            self._lived[name] = self._of[name]

    def poll(self) -> bool:
        """Look at some of the runs that were not looked at for long; whether one has come further."""
        now, before = time.monotonic(), dict(self._lived)
        running = [name for name in self._runs if self._status[name] == "running"]
        for name in sorted(running, key=lambda name: self._looked.get(name, 0.0))[:AT_ONCE]:
            pause = REMOTE_SECONDS if files.is_remote(self._folders[name]) else LOOK_SECONDS
            if now - self._looked.get(name, 0.0) > pause:
                self.look(name)
        return before != self._lived

    def event(self) -> events.SweepProgress:
        """How far all is."""
        runs = [self._status[name] for name in self._runs]
        assays = [status for name, status in self._status.items() if name not in self._folders]
        running = {n: [self._lived[n], self._of[n]] for n, status in self._status.items() if status == "running"}
        return events.SweepProgress(
            runs=len(runs),
            done=runs.count("done"),
            failed=runs.count("failed"),
            assays=len(assays),
            assayed=assays.count("done"),
            unassayed=assays.count("failed"),
            running=running,
            seconds_left=self._seconds_left(),
        )

    def _seconds_left(self) -> float | None:
        lived = sum((self._lived[name] - found) * self._cost[name] for name, found in self._found.items())
        if not lived or self._began is None:
            return None
        left = sum(
            (self._of[name] - self._lived[name]) * self._cost[name]
            for name, status in self._status.items()
            if status in ("waiting", "running")
        )
        return left / lived * (time.monotonic() - self._began)


def work(config: RunConfig) -> int:
    """Work of a generation, to compare runs by."""
    return config.population.islands * config.population.size * (config.life.steps + 1)
