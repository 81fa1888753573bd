"""The coordinator: how far islands may live, what they tell of it, and the record that follows.

`found` has a run's islands settle on workers, `advance` goes from generation to generation; how a run ends is
`populations.engine.ending`. It sees progress and what was written, and no genome: workers live, choose parents, meet
and write by themselves. Where nobody looks at each generation (`RunState.watched`), islands run ahead of it, up to
`AHEAD` checkpoints beyond the last on record. A worker that is lost costs its own islands what they lived since then; a
coordinator that is lost costs all of them that.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from alife.configuration.changes import changed
from alife.configuration.idle import value_of
from alife.errors import plain
from alife.format.steps import LONGEST, Line
from alife.organism.measures import DEAD_ZERO
from populations.engine.backend import Interrupted
from populations.engine.completing import completed
from populations.engine.ending import finish
from populations.engine.flow import complete, sealed
from populations.engine.messages import Failed, Lost, Source
from populations.engine.recording import put_on_record
from populations.engine.run_state import RunState, heard, look_to, over, start_clock
from populations.observe import events
from populations.observe.steps import Step, Stop, Underway, Wishes

AHEAD = 2
"""Checkpoints beyond the last on record that islands may live to while others are behind; the first, which are close
together, count as if they were `checkpoint.every` generations apart."""


def found(run: RunState) -> None:
    """Have islands settle on workers, and put those that are to live first on record if they are not.

    Raises:
        Interrupted: Somebody wants the run to stop.
        UserError: The storage refuses, or no worker can be had.
    """
    flow = run.flow
    run.backend.begin(run.recorder, run.watched)
    run.backend.place(flow.alive, run.source)
    if "collapse_norm" not in run.meta:
        while len(flow.norms) < flow.islands:
            listen(run)
        norms = np.concatenate([np.asarray(flow.norms[island]) for island in range(flow.islands)])
        run.meta = {**run.meta, "collapse_norm": DEAD_ZERO * float(np.median(norms))}
        flow.norms = {}
    if not run.source.entries:
        look_to(run, flow.generation, flow.generation)
        while sealed(flow) is None:
            listen(run)
        put_on_record(run, flow.generation, "running")
    run.meta = {"collapse_norm": run.meta["collapse_norm"]}


def advance(run: RunState) -> Iterator[Step]:
    """Evolve to the last generation, committing on the way; what is complete when it ends early is for `keep`.

    Yields:
        Each generation of a run that is watched, once it was lived and before it is committed.

    Raises:
        Interrupted: Somebody wants the run to stop.
    """
    first, before = run.generation, tuple(run.recorder.log.lines)
    stops = [*run.callbacks.start(Underway(run.recorder.uri, run.config, first, before))]
    start_clock(run)
    _go_on(run)
    while not _stopped(run, stops) and not over(run):
        listen(run)
        while (outcomes := complete(run.flow)) is not None:
            event, births = completed(run, outcomes)
            step = Step(event, births, Underway(run.recorder.uri, run.config, first, before))
            for by, stop, wishes in run.callbacks.generation(step):
                _heed(run, by, wishes)
                stops += [(by, stop)] if stop else []
            if run.watched:
                try:
                    yield step
                finally:
                    _heed(run, "", step.wishes)
            if run.watched and not stops:
                _commit_due(run)
        _commit_what_is_written(run)
    if over(run):
        finish(run, listen)


def listen(run: RunState) -> None:
    """Hear what has happened, unless the run is to stop; islands that have lost their worker get another."""
    if run.backend.stopping():
        raise Interrupted
    for each in heard(run):
        if isinstance(each, Failed):
            raise each.error
        if isinstance(each, Lost):
            _place_again(run, each.islands)


def _place_again(run: RunState, islands: Sequence[int]) -> None:
    """Islands start again from the record, on whichever worker there is."""
    if not run.flow.stored:
        run.backend.place(islands, run.source)
        return
    start = run.flow.start
    entries = [e for e in run.recorder.manifest["parts"]["checkpoints"] if e["generation"] == start]
    gone = {island: since for island, since in run.flow.gone.items() if since <= start}
    alive = [island for island in islands if island not in gone]
    run.backend.place(alive, Source(start, entries=entries, gone=gone))


def _go_on(run: RunState) -> None:
    """Let islands live one more generation of a run that is watched, or as far as they may."""
    if run.watched:
        look_to(run, run.generation + 1, run.generation)
        return
    until = run.flow.start
    for _ in range(AHEAD):
        until = run.cadence.next_due(until + 1)
    until = max(until, run.flow.start + AHEAD * run.config.checkpoint.every)
    look_to(run, until, until)


def _stopped(run: RunState, stops: Sequence[tuple[str, Stop]]) -> bool:
    """Whether callbacks stop a run that is not over; then it is told, and on record with the next commit."""
    if over(run):
        return False
    for by, stop in stops:
        why, generation = plain(" ".join(stop.why.split()))[:LONGEST], run.generation - 1
        run.tell(events.Stopped(generation=generation, by=by, why=why))
        run.recorder.log.add(Line(generation=generation, by=by, kind="stopped", value=why))
    return bool(stops)


def _heed(run: RunState, by: str, wishes: Wishes) -> None:
    """Do what somebody wants of the generation that was lived last."""
    generation = run.generation - 1
    for name, number in wishes.numbers.items():
        run.recorder.log.add(Line(generation=generation, by=by, kind="number", name=name, value=number))
    news = {key: value for key, value in wishes.changes.items() if value != value_of(run.config, key)}
    if not news:
        return
    run.recorder.change(news)
    run.config = changed(run.config, news, run.generation)
    for key, value in news.items():
        run.recorder.log.add(Line(generation=generation, by=by, kind="changed", name=key, value=value))
        run.tell(events.Changed(generation=generation, by=by, key=key, value=value))


def _commit_due(run: RunState) -> None:
    """Put the newborns at hand on record if they are due, and let islands live on."""
    generation = run.generation
    if run.cadence.is_due(generation) and not over(run):
        look_to(run, generation, generation)
        while sealed(run.flow) != generation:
            listen(run)
        put_on_record(run, generation, "running")
    if not over(run):
        _go_on(run)


def _commit_what_is_written(run: RunState) -> None:
    """Put on record what all islands have written, and let them live as far as they may then."""
    while not run.watched and (generation := sealed(run.flow)) is not None and not over(run):
        put_on_record(run, generation, "running")
        _go_on(run)
