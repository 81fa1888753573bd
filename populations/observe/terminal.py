"""What a run says while it goes on: live on a terminal or in a notebook, else in plain lines.

Generations are called by their number on record, which begins with 0.
"""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn

from alife.traits import TRAITS
from alife.words import count, duration, hours, size
from populations.observe import events
from populations.observe.events import Event
from populations.observe.listeners import in_notebook
from populations.observe.view import View, once_more

PHASES = ("birth", "life", "emission", "scoring")
WORSE = "above 1: worse than printing zeros"
"""What is said of such a ρ. Of generation 0 nothing is: nobody has printed the founders' genomes."""


class Terminal(View):
    """Prints a run's events for a person: a live progress bar if there is a terminal, a line a generation if not."""

    def __init__(self, console: Console | None = None):
        super().__init__(console)
        self._task = TaskID(0)
        self._recent: list[float] = []

    def __call__(self, event: Event) -> None:
        """Say what happened, if it is worth saying."""
        match event:
            case events.Cost(core_seconds=seconds, memory=memory, generations=left):
                if seconds >= 1 or memory >= 1e9:
                    doubt = ": is that meant?" if seconds > 86_400 else ""
                    took = f"about {duration(seconds)} of one core, and {size(memory)} of memory with one worker"
                    self.line(f"a generation takes {took}; {count(left, 'generation')}, {hours(left * seconds)}{doubt}")
            case events.Start():
                self._start(event)
            case events.Generation():
                self._generation(event)
            case events.IslandDied(island=island, generation=generation):
                causes = ", ".join(f"{n} {cause}" for cause, n in event.causes.items())
                self.line(f"island {island} died out in generation {generation}: {causes}")
            case events.Extinct(generation=generation):
                self.line(f"extinct: no individual of generation {generation} lived to reproduce")
            case events.Tested(generation=generation, before=before) if before:
                self.line(
                    f"generation {generation} was scored on the test images, which were looked at before, for "
                    f"generation {', '.join(map(str, before))}: they are no longer unseen by whoever chose to go on"
                )
            case events.HostLost(generation=generation, host=host, why=why, seconds=seconds):
                when = f"in generation {generation}" if generation >= 0 else "before the first generation"
                self.line(f"{host} lost {when}: {why}; what it was doing is done again ({seconds:.1f} s)")
            case events.Stopping(signal=signal):
                self.line(f"{signal}: stopping{once_more(signal)}")
            case events.Changed(generation=generation, by=by, key=key, value=value):
                self.line(f"{by or 'the loop'} sets {key} to {value} after generation {generation}")
            case events.Stopped(generation=generation, by=by, why=why):
                when = f"after generation {generation}" if generation >= 0 else "before the first generation"
                self.line(f"stopped by {by} {when}: {why}")
            case events.End(seconds=spent):
                self.close()
                if spent.get("generations"):
                    self.line(f"time: {divide(spent)}")
            case _:
                super().__call__(event)

    def _start(self, event: events.Start) -> None:
        where = count(event.hosts, "worker") if event.backend == "ray" else "in this process"
        verb = "goes on with" if event.generation else "starts with"
        of = f"of {event.of} (0 to {event.of - 1})" if event.of > 1 else "of 1"
        self.line(f"{event.out}: {verb} generation {event.generation} {of}, {where}")
        if bars := self.show(
            TextColumn("{task.completed} of {task.total} generations"),
            BarColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            TimeRemainingColumn(),
        ):
            self._task = bars.add_task("", total=event.of, completed=event.generation, state="")

    def _generation(self, event: events.Generation) -> None:
        self._recent = [*self._recent[-9:], event.seconds]
        number, of, state = event.generation, event.of, _state(event)
        if self.bars:
            self.bars.update(self._task, completed=number + 1, total=of, state=state)
            return
        left = (of - number - 1) * sum(self._recent) / len(self._recent)
        self.now(f"generation {number} ({number + 1} of {of})  {state}  {duration(left)} left")

    def now(self, text: str) -> None:
        """Say how far it is."""
        self.line(text)


class Notebook(Terminal):
    """Prints events in a notebook: how far it is as one line that changes, everything else as lines that stay."""

    def __init__(self) -> None:
        super().__init__(Console(file=sys.stdout, force_terminal=False, force_jupyter=False))
        self._handle: Any = None

    def now(self, text: str) -> None:
        """Say how far it is, in place of what was said before."""
        from IPython.display import display

        data = {"text/plain": text}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def for_a_person() -> Terminal:
    """The one that fits where this process prints."""
    return Notebook() if in_notebook() else Terminal()


def divide(seconds: Mapping[str, float]) -> str:
    """How the wall-clock of all generations divides, in per cent; `seconds` as of `shares`."""
    parts = ", ".join(f"{name} {share:.0%}" for name, share in shares(seconds).items())
    return f"{parts} of {duration(seconds['generations'])}"


def shares(seconds: Mapping[str, float]) -> dict[str, float]:
    """What workers' time goes into: phase → share of their number times the wall-clock of all generations.

    Records are written beside lives: where all took longer together than workers were there, shares are of that.

    Args:
        seconds: `populations.engine.run_state.RunState.seconds`.
    """
    phases = (*PHASES, *(["measures"] if "measures" in seconds else []), "records")
    whole = max(seconds["hosts"], sum(seconds.get(phase, 0) for phase in phases))
    parts = {phase: seconds.get(phase, 0) / whole for phase in phases}
    return {**parts, "Ray and waiting": max(0.0, 1 - sum(parts.values()))}


def _state(event: events.Generation) -> str:
    """How a generation did, in a line."""
    accuracy, error = event.accuracy, event.replication_error
    words = [] if accuracy is None else [f"{TRAITS['accuracy'].symbol or 'accuracy'} {accuracy:.3f}"]
    if error is not None:
        remark = f" ({WORSE})" if error > 1 and event.generation else ""
        words += [f"ρ {error:{'.4f' if error < 100 else '.3g'}}{remark}"]
    words += [f"{event.individuals_per_second:.1f} individuals/s"]
    words += [f"{event.dead} died early"] if event.dead else []
    return "  ".join(words)
