"""Callbacks that come along: `EarlyStopping` and `MaxHours`. What a callback is: `populations.observe.steps`."""

import difflib
import math
import time
from collections import deque
from typing import Final

import numpy as np

from alife import schema
from alife.errors import BadArgument, UserError
from alife.traits import SHIPPED, TRAITS, measured, natural
from alife.words import briefly, count
from populations.observe.steps import Callback, Step, Stop, Underway

IMPROVING: Final = tuple(name for name in schema.SCORES if TRAITS[name].direction)
"""Traits of which more, or less, is better."""


class EarlyStopping(Callback):
    """Stops a run whose median of a trait has not improved for some generations.

    With m(g) the median over those that lived to the end of generation g, on the scale of `alife.traits.measured`
    (shares as they are, −log₁₀ of errors, so more is better), the best so far is m(b), and g improves on it if
    m(g) > m(b) + `min_change`. The run stops after the first generation g with g − b ≥ `patience`. A generation in
    which nobody has the trait improves nothing.

    Each median is on record (`run.steps`, in the trait's own unit), and a run that goes on goes on from there: it stops
    where it would have stopped, however often it was interrupted, and one that was stopped is stopped at once.

    Args:
        trait: "accuracy", "newborn_accuracy", "replication_error", "copying_error" or "self_error", or a measure of
            the run's own that has a direction; generations in which it is not taken improve nothing.
        patience: Generations without improvement.
        min_change: By how much more than the best; of errors in powers of ten.
        after: The first generation that counts. Founders are no quines: by learning to print themselves they lose
            accuracy, so what the first generations reach is no measure.

    Raises:
        UserError: Nothing can improve in that trait, or a number is not allowed; when a run begins, it has no such
            trait.

    Example:
        >>> import alife
        >>> early = alife.EarlyStopping("replication_error", patience=2, min_change=1, after=1)
        >>> alife.evolve("runs/first/config.yaml", "runs/early", backend="local", callbacks=[early])
        'interrupted'
        >>> run = alife.load_run("runs/early")
        >>> run.last, run.stopped.partition(",")[0]
        (3, 'EarlyStopping(replication_error): no replication error ρ better by 1 than that of generation 1')
    """

    def __init__(self, trait: str = "accuracy", patience: int = 10, min_change: float = 0.0, *, after: int = 3):
        if trait == "replication_loss":
            raise UserError("replication_loss: L_SR falls when weights merely shrink: name ρ, replication_error")
        if trait in SHIPPED and trait not in IMPROVING:
            what = "neither more nor less of it is better"
            why = "the run looks at it when all is over" if trait == "test_accuracy" else what
            raise UserError(f"{trait}: {why}: choose among {', '.join(IMPROVING)}")
        if trait not in SHIPPED and (near := difflib.get_close_matches(trait, IMPROVING, 1, 0.8)):
            raise UserError(f"{trait}: there is no such trait: did you mean {near[0]}?")
        for name, number, least in (("patience", patience, 1), ("after", after, 0)):
            if not isinstance(number, int) or number < least:
                raise UserError(f"{name}: {number}: a whole number, {least} or more")
        if not 0 <= min_change < math.inf:
            raise UserError(f"min_change: {min_change}: a number, 0 or more")
        self.trait, self.patience, self.min_change, self.after = trait, patience, float(min_change), after
        self.name = f"EarlyStopping({trait})"
        self._best, self._since = -math.inf, -1

    def on_start(self, run: Underway) -> Stop | None:
        """Go on from what is on record."""
        if self.trait not in (*IMPROVING, *run.config.measures):
            among = ", ".join((*IMPROVING, *(name for name in run.config.measures if name not in IMPROVING)))
            raise UserError(f"{self.trait}: there is no such trait: choose among {among}")
        if not TRAITS[self.trait].direction:
            raise UserError(f"{self.trait}: neither more nor less of it is better: give its measure a direction")
        if TRAITS[self.trait].needs_task and run.config.task == "none":
            raise UserError(f"{self.trait}: a run without a task has none")
        self._best, self._since = -math.inf, -1
        stop = None
        for line in run.lines:
            if line.kind == "number" and line.name == self.trait:
                value = math.nan if line.value is None else float(line.value)
                stop = self._look(line.generation, value)
        return stop

    def on_generation(self, step: Step) -> Stop | None:
        """Look whether it improves on the best."""
        values = measured(self.trait, step.living(self.trait))
        known = values[np.isfinite(values)]
        value = float(natural(self.trait, np.median(known))) if len(known) else math.nan
        step.record(self.trait, value)
        return self._look(step.generation, value)

    def _look(self, generation: int, value: float) -> Stop | None:
        """Take the median of a generation, in the trait's own unit."""
        if generation < self.after:
            return None
        trait = TRAITS[self.trait]
        upwards = -trait.direction if trait.scale == "error" else trait.direction  # measured errors: more is better
        more = upwards * float(measured(self.trait, value))
        if more > self._best + self.min_change:
            self._best, self._since = more, generation
        elif self._since < 0:
            self._since = generation
        if generation - self._since < self.patience:
            return None
        better = f" by {self.min_change:g}" if self.min_change else ""
        return Stop(
            f"no {TRAITS[self.trait].label} better{better} than that of generation {self._since}, in "
            f"{count(self.patience, 'generation')}"
        )


class MaxHours(Callback):
    """Stops a run before the generation that would probably not be done in time.

    A generation is taken to last as long as the longest of the five before it, with all that happens between, and the
    commit after it as long as any in the last hundred generations. One generation is lived in any case, so a run that
    is resumed again and again comes to its end.

    Args:
        hours: From now on, the start of workers included.
        spent: Hours of these that have passed already.

    Raises:
        UserError: It is no positive number.

    Example:
        >>> import alife
        >>> alife.evolve("runs/first/config.yaml", "runs/brief", backend="local", callbacks=[alife.MaxHours(1e-6)])
        'interrupted'
        >>> alife.resume("runs/brief", backend="local", callbacks=[alife.MaxHours(1)])
        'finished'
    """

    needs_births = False

    def __init__(self, hours: float, *, spent: float = 0.0):
        if not _is_positive(hours):
            raise UserError(f"hours: {hours!r} is not allowed: a positive number")
        self.hours = float(hours)
        self._last = time.monotonic()
        self._began = self._last - 3600 * spent
        self._took: deque[float] = deque(maxlen=5)
        self._between: deque[float] = deque(maxlen=100)

    def on_start(self, run: Underway) -> None:
        """From now on generations are timed."""
        self._last = time.monotonic()
        self._took.clear()

    def on_generation(self, step: Step) -> Stop | None:
        """Look at the clock."""
        now = time.monotonic()
        self._took.append(now - self._last)
        self._between.append(max(0.0, now - self._last - step.event.seconds))
        self._last = now
        spent, longest = now - self._began, max(self._took)
        if spent + longest + max(self._between) <= 3600 * self.hours:
            return None
        if spent > 3600 * self.hours:
            return Stop(f"{briefly(spent)} have passed, more than {self.hours:g} h")
        return Stop(f"{briefly(spent)} of {self.hours:g} h have passed, and a generation takes {briefly(longest)}")


def within(max_hours: float | None) -> list[MaxHours]:
    """What stops a run that is to take so many hours at most, from now on; nothing if None.

    Raises:
        UserError: It is no positive number.
    """
    if max_hours is None:
        return []
    if not _is_positive(max_hours):
        raise BadArgument("max_hours", f" {max_hours!r}: a positive number of hours")
    return [MaxHours(max_hours)]


def _is_positive(hours: object) -> bool:
    return isinstance(hours, int | float) and not isinstance(hours, bool) and 0 < hours < math.inf
