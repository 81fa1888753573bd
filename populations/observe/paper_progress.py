"""What the paper's experiments say while they go on: an estimate, a line when a part ends, and one now and then."""

import time
from typing import Any, Final

from rich.console import Console

from alife.words import count, duration
from populations.observe.terminal import connecting

QUIET_SECONDS: Final = 20.0
"""Between two lines on what is under way."""


class PaperTerminal:
    """Prints events for a person."""

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True, force_jupyter=False)
        self._said, self._done, self._parts = time.monotonic(), 0, 0

    def __call__(self, event: dict[str, Any]) -> None:
        """Say what happened, if it is worth saying."""
        say = getattr(self, f"_on_{event['event']}", None)
        if say:
            say(event)

    def close(self) -> None:
        """Nothing is left open."""

    def _line(self, text: str) -> None:
        self._said = time.monotonic()
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _on_connecting(self, event: dict[str, Any]) -> None:
        self._line(connecting(event))

    def _on_paper_started(self, event: dict[str, Any]) -> None:
        self._parts, self._done = event["parts"], event["parts"] - event["waiting"]
        before = f"{self._done} of {count(self._parts, 'part')} done before; " if self._done else ""
        hosts = count(event["hosts"], "worker")
        self._line(
            f"{event['out']}: {before}estimate for {event['waiting']}: {duration(event['cpu_s'])} of one core, "
            f"{duration(event['wall_s'])} on {hosts}"
        )

    def _on_job_done(self, event: dict[str, Any]) -> None:
        self._done += 1
        self._line(f"{event['job']} done in {duration(event['seconds'])}; {self._done}/{self._parts}")

    def _on_job_failed(self, event: dict[str, Any]) -> None:
        self._line(f"{event['job']} failed: {event['error']}\n{event['details']}".rstrip())

    def _on_job_lost(self, event: dict[str, Any]) -> None:
        self._line(f"{event['job']} lost: {event['why']}; it is started again")

    def _on_stopping(self, event: dict[str, Any]) -> None:
        self._line("stopping; the same command goes on; once more to stop at once")

    def _on_paper_progress(self, event: dict[str, Any]) -> None:
        if event["running"] and time.monotonic() - self._said > QUIET_SECONDS:
            running = ", ".join(f"{name} {words} ({share:.0%})" for name, (share, words) in event["running"].items())
            self._line(f"{self._done}/{self._parts} done; running: {running}")
