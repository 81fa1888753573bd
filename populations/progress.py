"""What a run says while it runs: a live line on a terminal, plain lines elsewhere, JSON lines in a file.

A room of its own: sinks only listen. Nothing that a run does depends on who is told.
"""

import json
import logging
import time
from contextlib import suppress
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_log = logging.getLogger(__name__)

PHASES = ("birth", "life", "emission", "scoring")


class Terminal:
    """Prints events for a person.

    Args:
        console: Where to; a live progress bar if it is a terminal, a line a generation if not.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._recent: list[float] = []

    def __call__(self, event: dict[str, Any]) -> None:
        """Say what happened, if it is worth saying."""
        say = getattr(self, f"_on_{event['event']}", None)
        if say:
            say(event)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _line(self, text: str) -> None:
        (self._bar.console if self._bar else self.console).print(text, highlight=False, markup=False, soft_wrap=True)

    def _on_start(self, event: dict[str, Any]) -> None:
        hosts = f"{event['hosts']} host{'s' if event['hosts'] != 1 else ''}"
        verb = "goes on from generation" if event["generation"] else "starts at generation"
        self._line(f"{event['out']}: {verb} {event['generation']} of {event['of']}, {hosts}")
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("generation {task.completed}/{task.total}"),
                BarColumn(),
                TextColumn("{task.fields[state]}"),
                TimeRemainingColumn(),
                console=self.console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=event["of"], completed=event["generation"], state="founders live")
            self._bar.start()

    def _on_generation(self, event: dict[str, Any]) -> None:
        self._recent = [*self._recent[-9:], event["seconds"]]
        dead = f"  {event['dead']} died early" if event["dead"] else ""
        state = (
            f"accuracy {_number(event['accuracy'], '.3f')}  ρ {_number(event['replication_error'], '.4f')}  "
            f"{event['individuals_per_second']:.1f} individuals/s{dead}"
        )
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=event["generation"] + 1, state=state)
            return
        left = (event["of"] - event["generation"] - 1) * sum(self._recent) / len(self._recent)
        self._line(f"generation {event['generation'] + 1}/{event['of']}  {state}  {_duration(left)} left")

    def _on_island_died(self, event: dict[str, Any]) -> None:
        causes = ", ".join(f"{count} {cause}" for cause, count in event["causes"].items())
        self._line(f"island {event['island']} died out in generation {event['generation']}: {causes}")

    def _on_extinct(self, event: dict[str, Any]) -> None:
        self._line(f"extinct: no individual of generation {event['generation']} lived to reproduce")

    def _on_host_lost(self, event: dict[str, Any]) -> None:
        when = f"in generation {event['generation']}" if event["generation"] >= 0 else "before the first generation"
        again = f"what it was doing is done again ({event['seconds']:.1f} s)"
        self._line(f"{event['host']} lost {when}: {event['why']}; {again}")

    def _on_stopping(self, event: dict[str, Any]) -> None:
        self._line(f"{event['signal']}: stopping; once more to stop at once")

    def _on_end(self, event: dict[str, Any]) -> None:
        self.close()
        if event["seconds"].get("generations"):
            self._line(f"time: {divide(event['seconds'])}")


class JsonLines:
    """Writes every event as one JSON line, with its time in seconds since 1970.

    A file that takes no more is given up with a warning: the run goes on without it.

    Args:
        file: Open for writing text.
    """

    def __init__(self, file: TextIO):
        self.file = file

    def __call__(self, event: dict[str, Any]) -> None:
        """Write one event."""
        if self.file.closed:
            return
        try:
            self.file.write(json.dumps({"time": round(time.time(), 3), **event}) + "\n")
            self.file.flush()
        except OSError as error:
            with suppress(OSError):
                self.file.close()
            _log.warning("%s: %s: no more events are written there", self.file.name, error.strerror)


def divide(seconds: dict[str, float]) -> str:
    """How the wall-clock of all generations divides, in per cent; `seconds` as of `shares`."""
    parts = ", ".join(f"{name} {share:.0%}" for name, share in shares(seconds).items())
    return f"{parts} of {_duration(seconds['generations'])}"


def shares(seconds: dict[str, float]) -> dict[str, float]:
    """How the wall-clock of all generations divides: phase → share; what hosts do in parallel counts once.

    Args:
        seconds: `populations.controller.Run.seconds`.
    """
    whole = seconds["generations"]
    on_hosts = 1 - seconds.get("records", 0) / whole
    parts = {phase: seconds.get(phase, 0) / seconds["hosts"] * on_hosts for phase in PHASES}
    parts["Ray and waiting"] = max(0.0, on_hosts - sum(parts.values()))
    parts["records"] = seconds.get("records", 0) / whole
    return parts


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
