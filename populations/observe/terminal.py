"""What a run says while it goes on: live on a terminal or in a notebook, else in plain lines; as JSON lines in a file.

Generations are called by their number on record, which begins with 0.
"""

import json
import logging
import sys
import time
from contextlib import suppress
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from alife.words import count, duration, size
from populations.observe.listeners import in_notebook

_log = logging.getLogger(__name__)

PHASES = ("birth", "life", "emission", "scoring")
WORSE = "above 1: worse than printing zeros"
"""What is said of such a ρ. Of generation 0 nothing is: nobody has printed the founders' genomes."""


def connecting(event: dict[str, Any]) -> str:
    """What to say while Ray is waited for."""
    return f"joining Ray at {event['address']}…" if event["address"] else "starting Ray…"


class Terminal:
    """Prints events for a person.

    Args:
        console: Where to, standard error if None; a live progress bar if it is a terminal, a line a generation if not.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True, force_jupyter=False)
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

    def _on_cost(self, event: dict[str, Any]) -> None:
        seconds, memory = event["core_seconds"], event["memory"]
        if seconds >= 1 or memory >= 1e9:
            doubt = ": is that meant?" if seconds > 86_400 else ""
            took = f"about {duration(seconds)} of one core, and {size(memory)} of memory with one worker"
            self._line(f"a generation takes {took}{doubt}")

    def _on_connecting(self, event: dict[str, Any]) -> None:
        self._line(connecting(event))

    def _on_start(self, event: dict[str, Any]) -> None:
        where = count(event["hosts"], "worker") if event.get("backend") == "ray" else "in this process"
        verb = "goes on with" if event["generation"] else "starts with"
        of = f"of {event['of']} (0 to {event['of'] - 1})" if event["of"] > 1 else "of 1"
        self._line(f"{event['out']}: {verb} generation {event['generation']} {of}, {where}")
        self._begin(event)

    def _begin(self, event: dict[str, Any]) -> None:
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.completed} of {task.total} generations"),
                BarColumn(),
                TextColumn("{task.fields[state]}", markup=False),
                TimeRemainingColumn(),
                console=self.console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=event["of"], completed=event["generation"], state="")
            self._bar.start()

    def _on_warning(self, event: dict[str, Any]) -> None:
        self._line(f"warning: {event['text']}")

    def _on_generation(self, event: dict[str, Any]) -> None:
        self._recent = [*self._recent[-9:], event["seconds"]]
        number, of = event["generation"], event["of"]
        state = _state(event)
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=number + 1, state=state)
            return
        left = (of - number - 1) * sum(self._recent) / len(self._recent)
        self._now(f"generation {number} ({number + 1} of {of})  {state}  {duration(left)} left")

    def _now(self, text: str) -> None:
        """How far it is."""
        self._line(text)

    def _on_island_died(self, event: dict[str, Any]) -> None:
        causes = ", ".join(f"{count} {cause}" for cause, count in event["causes"].items())
        self._line(f"island {event['island']} died out in generation {event['generation']}: {causes}")

    def _on_extinct(self, event: dict[str, Any]) -> None:
        self._line(f"extinct: no individual of generation {event['generation']} lived to reproduce")

    def _on_tested(self, event: dict[str, Any]) -> None:
        if event["before"]:
            before = ", ".join(map(str, event["before"]))
            self._line(
                f"generation {event['generation']} was scored on the test images, which were looked at before, for "
                f"generation {before}: they are no longer unseen by whoever chose to go on"
            )

    def _on_host_lost(self, event: dict[str, Any]) -> None:
        when = f"in generation {event['generation']}" if event["generation"] >= 0 else "before the first generation"
        again = f"what it was doing is done again ({event['seconds']:.1f} s)"
        self._line(f"{event['host']} lost {when}: {event['why']}; {again}")

    def _on_note(self, event: dict[str, Any]) -> None:
        self._line(event["text"])

    def _on_stopping(self, event: dict[str, Any]) -> None:
        self._line(f"{event['signal']}: stopping; once more to stop at once")

    def _on_end(self, event: dict[str, Any]) -> None:
        self.close()
        if event["seconds"].get("generations"):
            self._line(f"time: {divide(event['seconds'])}")


class Notebook(Terminal):
    """Prints events in a notebook: how far it is as one line that changes, everything else as lines that stay."""

    def __init__(self) -> None:
        super().__init__(Console(file=sys.stdout, force_terminal=False, force_jupyter=False))
        self._handle: Any = None

    def _now(self, text: str) -> None:
        from IPython.display import display

        data = {"text/plain": text}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def for_a_person() -> Terminal:
    """The one that fits where this process prints."""
    return Notebook() if in_notebook() else Terminal()


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
    return f"{parts} of {duration(seconds['generations'])}"


def shares(seconds: dict[str, float]) -> dict[str, float]:
    """How the wall-clock of all generations divides: phase → share; what workers do in parallel counts once.

    Args:
        seconds: `populations.engine.coordinator.Run.seconds`.
    """
    whole = seconds["generations"]
    on_hosts = 1 - seconds.get("records", 0) / whole
    parts = {phase: seconds.get(phase, 0) / seconds["hosts"] * on_hosts for phase in PHASES}
    parts["Ray and waiting"] = max(0.0, on_hosts - sum(parts.values()))
    parts["records"] = seconds.get("records", 0) / whole
    return parts


def _state(event: dict[str, Any]) -> str:
    """How a generation did, in a line."""
    accuracy, error = event["accuracy"], event["replication_error"]
    words = [] if accuracy is None else [f"accuracy {accuracy:.3f}"]
    if error is not None:
        remark = f" ({WORSE})" if error > 1 and event["generation"] else ""
        words += [f"ρ {error:{'.4f' if error < 100 else '.3g'}}{remark}"]
    words += [f"{event['individuals_per_second']:.1f} individuals/s"]
    words += [f"{event['dead']} died early"] if event["dead"] else []
    return "  ".join(words)
