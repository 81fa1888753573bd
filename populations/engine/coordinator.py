"""The selection controller: scores → fitness → parents, generation by generation, and the record of it all.

Go through `advance` of a run that `populations.engine.evolve` has begun. It owns the state of a run, which is the
newborns of the next generation and nothing else; workers borrow them. So a worker that is lost costs what it was doing,
and a controller that is lost costs the generations since the last commit.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from alife.configuration.changes import changed
from alife.configuration.idle import value_of
from alife.configuration.keys import RunConfig
from alife.errors import UserError, plain
from alife.evolution import measuring, selection
from alife.evolution.island import Scores
from alife.evolution.reproduction import Newborns
from alife.format import checkpoints, tested
from alife.format.steps import LONGEST, Line
from alife.format.tested import OnTestImages
from populations.engine import migration
from populations.engine.backend import Backend, Generation, Interrupted
from populations.engine.parenthood import choose
from populations.observe import events
from populations.observe.asking import Callbacks
from populations.observe.listeners import Listeners
from populations.observe.steps import Step, Stop, Underway, Wishes
from populations.record import rows
from populations.record.writer import Recorder, fossil


@dataclass
class RunState:
    """A run under way.

    Attributes:
        config: Resolved.
        recorder: Where it is written.
        backend: Where it lives.
        newborns: The next generation, by the island of its conception: migration is the first thing that happens to it.
        generation: Its number.
        collapse_norm: ‖θ‖ below which an adult has collapsed.
        tell: Who is told.
        warned: What the configuration says in vain.
        callbacks: Who is asked.
        seconds: Wall-clock so far by what it went into, summed over workers for what happens on workers.
    """

    config: RunConfig
    recorder: Recorder
    backend: Backend
    newborns: dict[int, Newborns]
    generation: int
    collapse_norm: float
    tell: Listeners = field(default_factory=Listeners)
    callbacks: Callbacks = field(default_factory=Callbacks)
    warned: Sequence[str] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    committed: int = -1


def advance(run: RunState) -> Iterator[Step]:
    """Evolve to the last generation, committing on the way; what is complete when it ends early is for `keep`.

    Yields:
        Each generation, once it was lived and before it is committed.
    """
    first, before = run.generation, tuple(run.recorder.log.lines)
    stops = [*run.callbacks.start(Underway(run.recorder.uri, run.config, first, before))]
    while not _stopped(run, stops) and not over(run):
        event, births = _one_generation(run)
        if not run.newborns:
            run.tell(events.Extinct(generation=run.generation - 1))
        step = Step(event, births, Underway(run.recorder.uri, run.config, first, before))
        for by, stop, wishes in run.callbacks.generation(step):
            _heed(run, by, wishes)
            stops += [(by, stop)] if stop else []
        try:
            yield step
        finally:
            _heed(run, "", step.wishes)
        if _due(run) and not stops:
            _commit(run)


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


def over(run: RunState) -> str:
    """The status of a run that has nothing left to live; "" while it has."""
    if not run.newborns:
        return "extinct"
    return "finished" if run.generation == run.config.generations else ""


def keep(run: RunState, status: str) -> None:
    """Commit the generations that are complete, before a run ends early."""
    if run.committed < run.generation - 1:
        _commit(run, status)


def ended_by(error: BaseException) -> str:
    """The status of a run that an exception has ended."""
    wishes = KeyboardInterrupt | UserError | Interrupted | GeneratorExit
    return "interrupted" if isinstance(error, wishes) else "failed"


def _one_generation(run: RunState) -> tuple[events.Generation, Mapping[str, np.ndarray]]:
    """What is told of the next generation, and its births, which are not to be written to any more."""
    config, number = run.config, run.generation
    began = time.perf_counter()
    last = number == config.generations - 1
    living_here, moves = migration.migrate(config, run.newborns, number)
    answers = "answers" in selection.asked(config.selection)
    work = Generation(number, living_here, run.collapse_norm, test=last, answers=answers)
    outcomes = run.backend.live(work, choose(config, number, living_here))
    lived = time.perf_counter()

    births, generations = [], []
    left_out, own = measuring.left_out(config, number), run.recorder.manifest["columns"]
    tests = OnTestImages(number, {}, frozenset())
    dominants: dict[int, checkpoints.Adult] = {}
    for island, outcome in outcomes.items():
        newborns, scores = living_here[island], outcome.scores
        table = rows.births(config, island, number, newborns, scores, outcome.choice)
        births.append(table)
        generations.append(rows.summary(island, number, table, sum(scores.seconds.values()), own, left_out))
        for phase, seconds in scores.seconds.items():
            run.seconds[phase] = run.seconds.get(phase, 0) + seconds
        if scores.test_accuracy is not None and config.task != "none":
            tests = _tested(tests, newborns, scores)
        if scores.fittest:
            slot, weights, genome = scores.fittest
            dominants[int(newborns.ids[slot])] = checkpoints.Adult(weights, genome)
        if not len(outcome.children):
            run.tell(events.IslandDied(generation=number, island=island, causes=_causes(scores)))
    whole = rows.concatenate(births)
    run.recorder.add(number, whole, moves, rows.concatenate(generations))
    run.newborns = {island: o.children for island, o in outcomes.items() if len(o.children)}
    run.generation += 1
    if tests.accuracy:
        before = run.recorder.tested()
        run.recorder.attach(tested.file_name(number), tested.dump(tests))
        run.tell(events.Tested(generation=number, before=[other for other in before if other != number]))
    if dominants:
        run.recorder.attach(checkpoints.adults_name(number), checkpoints.encode_adults(number, dominants))
    written = time.perf_counter()
    run.seconds["hosts"] = run.seconds.get("hosts", 0) + (lived - began) * run.backend.hosts
    run.seconds["generations"] = run.seconds.get("generations", 0) + written - began
    run.seconds["records"] = run.seconds.get("records", 0) + written - lived
    event = _progress(run, whole, written - began)
    run.tell(event)
    for column in whole.values():
        column.flags.writeable = False
    return event, whole


def _due(run: RunState) -> bool:
    """Whether the newborns at hand are to be committed."""
    g, every = run.generation, run.config.checkpoint.every
    return g % every == 0 or fossil(g) or bool(over(run))


def _commit(run: RunState, status: str = "running") -> None:
    """Commit; `status` is that of a run that is not over."""
    began, status = time.perf_counter(), over(run) or status
    meta = {"collapse_norm": run.collapse_norm}
    run.recorder.commit(run.generation - 1, run.newborns, status=status, meta=meta)
    run.committed = run.generation - 1
    took = time.perf_counter() - began
    run.seconds["records"] = run.seconds.get("records", 0) + took
    run.seconds["generations"] = run.seconds.get("generations", 0) + took
    run.tell(events.Commit(generation=run.generation - 1, status=status, seconds=took))


def _progress(run: RunState, births: Mapping[str, np.ndarray], seconds: float) -> events.Generation:
    living = births["cause_of_death"] == "generation_end"
    return events.Generation(
        generation=run.generation - 1,
        of=run.config.generations,
        individuals=len(living),
        dead=int((~living).sum()),
        accuracy=_median(births["accuracy"][living]) if run.config.task != "none" else None,
        replication_error=_median(births["replication_error"][living]),
        copying_error=_median(births["copying_error"][living]),
        individuals_per_second=len(living) / seconds,
        seconds=seconds,
        hosts=run.backend.hosts,
        spent=dict(run.seconds),
    )


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _causes(scores: Scores) -> dict[str, int]:
    names, counts = np.unique(scores.causes, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _tested(found: OnTestImages, newborns: Newborns, scores: Scores) -> OnTestImages:
    """What was found so far, and test accuracy of everybody who lived on an island, its fittest as "dominant"."""
    assert scores.test_accuracy is not None
    living = np.flatnonzero(scores.living)
    own = dict(zip(newborns.ids[living].tolist(), scores.test_accuracy[living].tolist(), strict=True))
    fittest = {int(newborns.ids[scores.fittest[0]])} if scores.fittest else set()
    return OnTestImages(found.generation, {**found.accuracy, **own}, found.dominant | fittest)
