"""What a sweep says while it goes on: live bars on a terminal, plain lines elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn

from alife.words import count, duration, hours
from populations.observe import events
from populations.observe.events import Event
from populations.observe.view import View, once_more

BARS: Final = 12
QUIET_SECONDS: Final = 60.0


class SweepTerminal(View):
    """Prints a sweep's events for a person: live bars if there is a terminal; if not, a line a run, and one a minute
    while none ends.
    """

    def __init__(self, console: Console | None = None):
        super().__init__(console)
        self._all = TaskID(0)
        self._rows: dict[str, TaskID] = {}
        self._news: list[str] = []

    def __call__(self, event: Event) -> None:
        """Say what happened, if it is worth saying."""
        match event:
            case events.SweepStarted():
                self._start(event)
            case events.SweepCost(core_seconds=seconds) if seconds >= 60:
                width = f"{event.at_once} at once" if event.at_once > 1 else "one after another"
                took = f"about {hours(seconds)}, some {duration(event.seconds)} {width}"
                self.line(f"{count(event.runs, 'run')} to live: {took}")
            case events.JobDone(job=job, seconds=seconds):
                if not self.bars:
                    self._news.append(f"{job} done in {duration(seconds)}")
            case events.JobFailed(job=job, error=error):
                self.line(f"{job} failed: {error}")
            case events.JobLost(job=job, why=why):
                self.line(f"{job} lost: {why}")
            case events.Stopping(signal=signal):
                self.line(f"{signal}: running runs commit what they have{once_more(signal)}")
            case events.SweepProgress():
                self._progress(event)
            case events.SweepEnded():
                self.close()
            case _:
                super().__call__(event)

    def _start(self, event: events.SweepStarted) -> None:
        before = f", {event.done} of them done before" if event.done else ""
        self.line(f"{event.out}: {count(event.runs, 'run')}{before}")
        text = [TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[state]}")]
        if bars := self.show(*text):
            self._all = bars.add_task("runs", total=event.runs, completed=event.done, state="")

    def _progress(self, event: events.SweepProgress) -> None:
        failed = f", {event.failed} failed" if event.failed else ""
        left = f", {duration(event.seconds_left)} left" if event.seconds_left else ""
        assayed = f", {event.assayed}/{event.assays} assays" if event.assays else ""
        unassayed = f", {event.unassayed} of them failed" if event.unassayed else ""
        state = f"{event.done}/{event.runs} done{failed}{assayed}{unassayed}{left}"
        if self.bars:
            state = f"{state}, {len(event.running)} running"
            self.bars.update(self._all, completed=event.done + event.failed, state=state)
            self._bar_each(event.running)
        elif self._news:
            self.line(f"{self._news.pop()}; {state}")
        elif self.silence > QUIET_SECONDS:
            running = ", ".join(f"{name} {lived}/{of}" for name, (lived, of) in list(event.running.items())[:BARS])
            self.line(f"{state}; running: {running}")

    def _bar_each(self, running: Mapping[str, Sequence[int]]) -> None:
        """A bar for each of the first runs that run."""
        assert self.bars is not None
        for name in self._rows.keys() - running.keys():
            self.bars.remove_task(self._rows.pop(name))
        for name, (lived, of) in running.items():
            if name not in self._rows and len(self._rows) < BARS:
                self._rows[name] = self.bars.add_task(name, total=of, state="")
            if name in self._rows:
                state = f"{lived} of {of} generations" if of > 1 else ""
                self.bars.update(self._rows[name], completed=lived, state=state)
