"""The end of a run: at its last generation by `finish`, before it by `keep`."""

import logging
import time
from collections.abc import Callable

from populations.engine.completing import completed
from populations.engine.flow import complete, has_written
from populations.engine.messages import Failed, Halt, Lost, News, Seal
from populations.engine.recording import merge, put_in_order, put_on_record
from populations.engine.run_state import RunState, heard, look_to, over

DRAIN_SECONDS = 60.0
"""How long islands that are behind may take to come up to the others when a run is to stop."""

_log = logging.getLogger(__name__)


def finish(run: RunState, listen: Callable[[RunState], None]) -> None:
    """Put the end of a run that is over on record, and merge small parts.

    Args:
        run: Which.
        listen: Hears what has happened.
    """
    look_to(run, run.generation, run.config.generations)
    while not all(has_written(run.flow, island, run.generation) for island in range(run.flow.islands)):
        listen(run)
    put_in_order(run, run.generation)
    put_on_record(run, run.generation, over(run))
    merge(run, compact=True)
    while run.flow.merging:
        listen(run)
    if run.flow.merged:
        put_on_record(run, run.generation, over(run))


def keep(run: RunState, status: str) -> None:
    """Put on record what is complete, before a run ends early.

    Islands that are behind others live on to where these are. If that takes too long, or fails, the record stays where
    it is.
    """
    if (over(run) and run.committed == run.generation - 1) or not run.backend.settled:
        return
    flow, until = run.flow, time.monotonic() + DRAIN_SECONDS
    flow.halted, losses = {}, flow.losses
    run.backend.order(Halt())
    if not _waited(run, until, lambda: flow.halted.keys() >= set(flow.alive), Lost):
        return
    stand = [flow.halted[island] for island in flow.alive] or [max(flow.gone.values())]
    goal = max(min(stand), max(stand) - 1, flow.start, flow.written)
    if goal - 1 == run.committed:
        return
    look_to(run, goal, goal)
    if not _waited(run, until, lambda: flow.generation >= goal or bool(over(run)), Lost, Failed):
        if flow.losses > losses:
            return
        goal = _last_due(run, min(stand))
    elif goal > flow.start:
        goal = run.generation if over(run) else goal
        run.backend.order(Seal(goal))
    if _waited(run, until, lambda: all(has_written(flow, island, goal) for island in range(flow.islands)), Lost):
        put_in_order(run, goal)
        if goal - 1 > run.committed:
            put_on_record(run, goal, over(run) or status)


def _last_due(run: RunState, generation: int) -> int:
    """The last generation up to this one whose newborns go on record without being asked for."""
    start = run.flow.start
    return next((due for due in range(generation, start, -1) if run.cadence.is_due(due)), start)


def _waited(run: RunState, until: float, done: Callable[[], bool], *ends: type[News]) -> bool:
    """Whether something came to pass in time, and before any news of what ends the waiting."""
    while not done():
        try:
            news = heard(run)
        except Exception as error:
            _log.info("what is complete is not put on record: %s", error)
            return False
        if time.monotonic() > until or any(isinstance(each, ends) for each in news):
            return False
        while (outcomes := complete(run.flow)) is not None:
            completed(run, outcomes)
    return True
