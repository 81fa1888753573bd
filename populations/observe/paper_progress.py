"""What the paper's experiments say while they go on: an estimate, a line when a part ends, and one now and then."""

from typing import Final

from rich.console import Console

from alife.words import count, duration
from populations.observe import events
from populations.observe.events import Event
from populations.observe.view import View, once_more

QUIET_SECONDS: Final = 20.0
"""Between two lines on what is under way."""


class PaperTerminal(View):
    """Prints the experiments' events for a person."""

    def __init__(self, console: Console | None = None):
        super().__init__(console)
        self._done, self._parts = 0, 0

    def __call__(self, event: Event) -> None:
        """Say what happened, if it is worth saying."""
        match event:
            case events.PaperStarted():
                self._start(event)
            case events.JobDone(job=job, seconds=seconds):
                self._done += 1
                self.line(f"{job} done in {duration(seconds)}; {self._done}/{self._parts}")
            case events.JobFailed(job=job, error=error, details=details):
                self.line(f"{job} failed: {error}\n{details}".rstrip())
            case events.JobLost(job=job, why=why):
                self.line(f"{job} lost: {why}; it is started again")
            case events.Stopping(signal=signal):
                self.line(f"stopping; the same command goes on{once_more(signal)}")
            case events.PaperProgress(running=running) if running and self.silence > QUIET_SECONDS:
                parts = ", ".join(f"{name} {words} ({share:.0%})" for name, (share, words) in running.items())
                self.line(f"{self._done}/{self._parts} done; running: {parts}")
            case _:
                super().__call__(event)

    def _start(self, event: events.PaperStarted) -> None:
        self._parts, self._done = event.parts, event.parts - event.waiting
        before = f"{self._done} of {count(self._parts, 'part')} done before; " if self._done else ""
        self.line(
            f"{event.out}: {before}estimate for {event.waiting}: {duration(event.cpu_s)} of one core, "
            f"{duration(event.wall_s)} on {count(event.hosts, 'worker')}"
        )
