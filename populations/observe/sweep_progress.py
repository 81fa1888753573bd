"""How far a sweep is, and saying so: live bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.format import files
from alife.words import count, duration
from populations.observe.terminal import connecting
from populations.record import reader

LOOK_SECONDS: Final = 2.0
REMOTE_SECONDS: Final = 15.0
AT_ONCE: Final = 4
"""Manifests read at one tick, so that those who wait for a job's end are not kept waiting."""
BARS: Final = 12
QUIET_SECONDS: Final = 60.0


class Tally:
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
        self._cost = {name: _cost(config) for name, (_, config) in runs.items()} | dict(assays)
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

    def progress(self) -> dict[str, Any]:
        """Numbers of runs, done and failed, and of assays, assayed and unassayed (failed); running: [committed
        generations, total] by name, of an assay [0, 1]; seconds_left or None.
        """
        runs = [self._status[name] for name in self._runs]
        assays = [status for name, status in self._status.items() if name not in self._folders]
        running = {n: [self._lived[n], self._of[n]] for n, status in self._status.items() if status == "running"}
        return {
            "runs": len(runs),
            "done": runs.count("done"),
            "failed": runs.count("failed"),
            "assays": len(assays),
            "assayed": assays.count("done"),
            "unassayed": assays.count("failed"),
            "running": running,
            "seconds_left": self._seconds_left(),
        }

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


class SweepTerminal:
    """Prints a sweep's events for a person.

    Args:
        console: Where to; live bars if it is a terminal, a line a run if not, and one a minute while none ends.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True, force_jupyter=False)
        self._bars: Progress | None = None
        self._all: TaskID | None = None
        self._rows: dict[str, TaskID] = {}
        self._news: list[str] = []
        self._said = time.monotonic()

    def __call__(self, event: dict[str, Any]) -> None:
        """Say what happened, if it is worth saying."""
        say = getattr(self, f"_on_{event['event']}", None)
        if say:
            say(event)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bars:
            self._bars.stop()
            self._bars = None

    def _line(self, text: str) -> None:
        self._said = time.monotonic()
        (self._bars.console if self._bars else self.console).print(text, highlight=False, markup=False, soft_wrap=True)

    def _on_connecting(self, event: dict[str, Any]) -> None:
        self._line(connecting(event))

    def _on_sweep_started(self, event: dict[str, Any]) -> None:
        before = f", {event['done']} of them done before" if event["done"] else ""
        self._line(f"{event['out']}: {count(event['runs'], 'run')}{before}")
        if self.console.is_terminal:
            text = [TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[state]}")]
            self._bars = Progress(*text, console=self.console, transient=True)
            self._all = self._bars.add_task("runs", total=event["runs"], completed=event["done"], state="")
            self._bars.start()

    def _on_warning(self, event: dict[str, Any]) -> None:
        self._line(f"warning: {event['text']}")

    def _on_job_done(self, event: dict[str, Any]) -> None:
        if not self._bars:
            self._news.append(f"{event['job']} done in {duration(event['seconds'])}")

    def _on_job_failed(self, event: dict[str, Any]) -> None:
        self._line(f"{event['job']} failed: {event['error']}")

    def _on_job_lost(self, event: dict[str, Any]) -> None:
        self._line(f"{event['job']} lost: {event['why']}")

    def _on_stopping(self, event: dict[str, Any]) -> None:
        self._line(f"{event['signal']}: running runs commit what they have; once more to stop at once")

    def _on_sweep_progress(self, event: dict[str, Any]) -> None:
        failed = f", {event['failed']} failed" if event["failed"] else ""
        left = f", {duration(event['seconds_left'])} left" if event["seconds_left"] else ""
        assayed = f", {event['assayed']}/{event['assays']} assays" if event["assays"] else ""
        unassayed = f", {event['unassayed']} of them failed" if event["unassayed"] else ""
        state = f"{event['done']}/{event['runs']} done{failed}{assayed}{unassayed}{left}"
        if self._bars and self._all is not None:
            state = f"{state}, {len(event['running'])} running"
            self._bars.update(self._all, completed=event["done"] + event["failed"], state=state)
            self._show(event["running"])
            return
        running = ", ".join(f"{name} {lived}/{of}" for name, (lived, of) in list(event["running"].items())[:BARS])
        if self._news:
            self._line(f"{self._news.pop()}; {state}")
        elif time.monotonic() - self._said > QUIET_SECONDS:
            self._line(f"{state}; running: {running}")

    def _show(self, running: Mapping[str, list[int]]) -> None:
        """A bar for each of the first runs that run."""
        assert self._bars is not None
        for name in self._rows.keys() - running.keys():
            self._bars.remove_task(self._rows.pop(name))
        for name, (lived, of) in running.items():
            if name not in self._rows and len(self._rows) < BARS:
                self._rows[name] = self._bars.add_task(name, total=of, state="")
            if name in self._rows:
                state = f"{lived} of {of} generations" if of > 1 else ""
                self._bars.update(self._rows[name], completed=lived, state=state)

    def _on_sweep_ended(self, event: dict[str, Any]) -> None:
        self.close()


def _cost(config: RunConfig) -> int:
    """Work of a generation, to compare runs by."""
    return config.population.islands * config.population.size * (config.life.steps + 1)
