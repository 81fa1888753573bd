"""The coordinator: how far islands may live, what they tell of it, and the record that follows.

`found` has a run's islands settle on workers, `advance` goes from generation to generation. It sees progress and what
was written, and never a genome: workers live, choose parents, meet and write by themselves. Where nobody looks at each
generation (`RunState.watched`), islands run ahead of it, up to `AHEAD` checkpoints beyond the last on record. A worker
that is lost costs its own islands what they lived since then; a coordinator that is lost costs all of them that.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from alife import schema
from alife.configuration.changes import changed
from alife.configuration.idle import value_of
from alife.configuration.keys import RunConfig
from alife.errors import UserError, plain
from alife.format import tested
from alife.format.checkpoints import adults_name, encode_adults
from alife.format.steps import LONGEST, Line
from alife.format.tested import OnTestImages
from alife.organism.measures import DEAD_ZERO
from populations.engine.backend import Backend, Interrupted, Source
from populations.engine.flow import Flow, complete, has_written, hear, sealed
from populations.engine.islands import next_due
from populations.engine.messages import Failed, Halt, Horizon, Lived, Lost, News, Seal
from populations.engine.worker import SAMPLED
from populations.observe import events
from populations.observe.asking import Callbacks
from populations.observe.listeners import Listeners
from populations.observe.steps import Step, Stop, Underway, Wishes
from populations.record import rows, shards
from populations.record.writer import Recorder

_log = logging.getLogger(__name__)

AHEAD = 2
"""Checkpoints beyond the last on record that islands may live to while others are behind."""
DRAIN_SECONDS = 60.0
"""How long islands that are behind may take to come up to the others when a run is to stop."""


@dataclass
class RunState:
    """A run under way.

    Attributes:
        config: Resolved.
        recorder: Where it is written.
        backend: Where it lives.
        weights: N of its networks.
        source: What its islands start from.
        meta: What goes into the next checkpoint beside newborns; its "collapse_norm" is ‖θ‖ below which an adult has
            collapsed, None until founders are drawn.
        tell: Who is told.
        warned: What the configuration says in vain.
        callbacks: Who is asked.
        watched: Whether somebody looks at each generation, so that none begins before they have.
        seconds: Wall-clock so far by what it went into, summed over workers for what happens on workers.
        committed: The last generation on record.
        flow: How far islands have come.
    """

    config: RunConfig
    recorder: Recorder
    backend: Backend
    weights: int
    source: Source
    meta: Mapping[str, Any]
    tell: Listeners = field(default_factory=Listeners)
    warned: Sequence[str] = ()
    callbacks: Callbacks = field(default_factory=Callbacks)
    watched: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    committed: int = -1
    since: float = 0.0
    flow: Flow = field(init=False)

    def __post_init__(self) -> None:
        source = self.source
        stored = bool(source.entries)
        islands, start = self.config.population.islands, source.generation
        self.flow = Flow(islands, start, start, stored, dict(source.gone))
        self.flow.wrote = dict.fromkeys(range(islands) if stored else source.gone, start)

    @property
    def generation(self) -> int:
        """The next generation that is not complete."""
        return self.flow.generation


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
            _listen(run)
        norms = np.concatenate([np.asarray(flow.norms[island]) for island in range(flow.islands)])
        run.meta = {**run.meta, "collapse_norm": DEAD_ZERO * float(np.median(norms))}
        flow.norms = {}
    if not run.source.entries:
        _look_to(run, flow.generation, flow.generation)
        while sealed(flow) is None:
            _listen(run)
        _put_on_record(run, flow.generation, "running")
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
    run.since = time.perf_counter()
    _go_on(run)
    while not _stopped(run, stops) and not over(run):
        _listen(run)
        while (outcomes := complete(run.flow)) is not None:
            event, births = _completed(run, outcomes)
            if run.watched:
                step = Step(event, births, Underway(run.recorder.uri, run.config, first, before))
                for by, stop, wishes in run.callbacks.generation(step):
                    _heed(run, by, wishes)
                    stops += [(by, stop)] if stop else []
                try:
                    yield step
                finally:
                    _heed(run, "", step.wishes)
            if run.watched and not stops:
                _commit_due(run)
        _commit_what_is_written(run)
    if over(run):
        _finish(run)


def _listen(run: RunState) -> None:
    """Hear what has happened, unless the run is to stop; islands that have lost their worker get another."""
    if run.backend.stopping():
        raise Interrupted
    for each in _heard(run):
        if isinstance(each, Failed):
            raise each.error
        if isinstance(each, Lost):
            _place_again(run, each.islands)


def _heard(run: RunState) -> list[News]:
    news = run.backend.news()
    for each in news:
        hear(run.flow, each)
        if isinstance(each, Lived):
            for phase, seconds in each.seconds.items():
                run.seconds[phase] = run.seconds.get(phase, 0) + seconds
    return news


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


def _look_to(run: RunState, until: int, writes: int) -> None:
    """Tell workers how far islands may live, and up to which generation they may write."""
    every, total = run.config.checkpoint.every, run.config.generations
    run.backend.order(Horizon(min(until, total), writes, total, every, run.flow.start - 1, run.meta))


def _go_on(run: RunState) -> None:
    """Let islands live one more generation of a run that is watched, or as far as they may."""
    if run.watched:
        _look_to(run, run.generation + 1, run.generation)
        return
    rules = Horizon(0, 0, run.config.generations, run.config.checkpoint.every, 0, {})
    until = run.flow.start
    for _ in range(AHEAD):
        until = next_due(until + 1, rules)
    _look_to(run, until, until)


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
    gone = run.flow.gone
    if len(gone) == run.flow.islands and max(gone.values()) <= run.generation:
        return "extinct"
    return "finished" if run.generation == run.config.generations else ""


def ended_by(error: BaseException) -> str:
    """The status of a run that an exception has ended."""
    wishes = KeyboardInterrupt | UserError | Interrupted | GeneratorExit
    return "interrupted" if isinstance(error, wishes) else "failed"


def _completed(run: RunState, outcomes: Mapping[int, Lived]) -> tuple[events.Generation, Mapping[str, np.ndarray]]:
    """What is told of a generation, and its births where somebody asks for them, which nobody is to write to."""
    number, flow = run.generation, run.flow
    del flow.lived[number]
    flow.generation += 1
    for island, lived in outcomes.items():
        if not lived.children:
            run.tell(events.IslandDied(generation=number, island=island, causes=lived.causes))
    _attach(run, number, outcomes)
    now = time.perf_counter()
    wall, run.since = now - run.since, now
    for name, seconds in (("generations", wall), ("hosts", wall * run.backend.hosts)):
        run.seconds[name] = run.seconds.get(name, 0) + seconds
    event = _progress(run, outcomes, wall)
    run.tell(event)
    if over(run) == "extinct":
        run.tell(events.Extinct(generation=number))
    births = rows.concatenate([lived.births for lived in outcomes.values() if lived.births]) if run.watched else {}
    for column in births.values():
        column.flags.writeable = False
    return event, births


def _attach(run: RunState, number: int, outcomes: Mapping[int, Lived]) -> None:
    """Write what was found on test images, and the fittest, beside the record."""
    accuracy = {i: a for lived in outcomes.values() for i, a in (lived.accuracy or {}).items()}
    fittest = dict(lived.fittest for lived in outcomes.values() if lived.fittest)
    if accuracy:
        before = run.recorder.tested()
        found = OnTestImages(number, accuracy, frozenset(fittest))
        run.recorder.attach(tested.file_name(number), tested.dump(found))
        run.tell(events.Tested(generation=number, before=[other for other in before if other != number]))
    if fittest:
        run.recorder.attach(adults_name(number), encode_adults(number, fittest))


def _commit_due(run: RunState) -> None:
    """Put the newborns at hand on record if they are due, and let islands live on."""
    generation = run.generation
    rules = Horizon(0, 0, run.config.generations, run.config.checkpoint.every, 0, {})
    if next_due(generation, rules) == generation and not over(run):
        _look_to(run, generation, generation)
        while sealed(run.flow) != generation:
            _listen(run)
        _put_on_record(run, generation, "running")
    if not over(run):
        _go_on(run)


def _commit_what_is_written(run: RunState) -> None:
    """Put on record what all islands have written, and let them live as far as they may then."""
    while not run.watched and (generation := sealed(run.flow)) is not None and not over(run):
        _put_on_record(run, generation, "running")
        _go_on(run)


def _finish(run: RunState) -> None:
    """Put the end of a run that is over on record, and merge small parts."""
    _look_to(run, run.generation, run.config.generations)
    while not all(has_written(run.flow, island, run.generation) for island in range(run.flow.islands)):
        _listen(run)
    _put_in_order(run, run.generation)
    _put_on_record(run, run.generation, over(run))
    _merge(run, compact=True)
    while run.flow.merging:
        _listen(run)
    if run.flow.merged:
        _put_on_record(run, run.generation, over(run))


def _put_on_record(run: RunState, generation: int, status: str) -> None:
    """Commit the generations before one, with its newborns."""
    began, flow = time.perf_counter(), run.flow
    seals = [seal for seal in flow.seals if seal.generation <= generation or status == "extinct"]
    merged = [(each.kind, each.names, each.entry) for each in flow.merged if each.entry]
    run.recorder.commit_sealed(generation - 1, [seal.parts for seal in seals], merged, status=status)
    flow.seals = [seal for seal in flow.seals if seal not in seals]
    flow.merged, flow.start, flow.stored = [], generation, True
    took, news = time.perf_counter() - began, generation - 1 > run.committed
    run.committed = generation - 1
    run.seconds["records"] = run.seconds.get("records", 0) + took + sum(seal.seconds for seal in seals)
    if news:
        run.tell(events.Commit(generation=generation - 1, status=status, seconds=took))
    if status == "running":
        _merge(run)
        run.backend.rebalance()


def _put_in_order(run: RunState, before: int) -> None:
    """Commit what all islands have written, in order, up to a generation."""
    while (generation := sealed(run.flow)) is not None and generation < before:
        _put_on_record(run, generation, "running")


def _merge(run: RunState, compact: bool = False) -> None:
    """Have small parts merged."""
    for kind, listed in run.recorder.manifest["parts"].items():
        if kind == "checkpoints":
            continue
        free = [entry for entry in listed if entry["name"] not in run.flow.merging]
        for group in shards.merges(free, compact=compact):
            run.flow.merging |= {entry["name"] for entry in group}
            run.backend.merge(kind, group)


def keep(run: RunState, status: str) -> None:
    """Put on record what is complete, before a run ends early.

    Islands that are behind others live on to where these are. If that takes too long, or fails, the record stays where
    it is.
    """
    if over(run) and run.committed == run.generation - 1:
        return
    flow, until = run.flow, time.monotonic() + DRAIN_SECONDS
    flow.halted = {}
    run.backend.order(Halt())
    if not _waited(run, until, lambda: flow.halted.keys() >= set(flow.alive)):
        return
    stand = [flow.halted[island] for island in flow.alive] or [flow.generation]
    goal = max(min(stand), max(stand) - 1, flow.start, *(seal.generation for seal in flow.seals))
    if goal - 1 == run.committed:
        return
    _look_to(run, goal, goal)
    if _waited(run, until, lambda: flow.generation >= goal):
        run.backend.order(Seal(goal))
        if _waited(run, until, lambda: all(has_written(flow, island, goal) for island in range(flow.islands))):
            _put_in_order(run, goal)
            _put_on_record(run, goal, over(run) or status)


def _waited(run: RunState, until: float, done: Callable[[], bool]) -> bool:
    """Whether something came to pass in time, with nothing lost meanwhile, and nothing failing again."""
    while not done():
        try:
            news = _heard(run)
        except Exception as error:
            _log.info("what is complete is not put on record: %s", error)
            return False
        if time.monotonic() > until or any(isinstance(each, Lost | Failed) for each in news):
            return False
        while (outcomes := complete(run.flow)) is not None:
            _completed(run, outcomes)
    return True


def _progress(run: RunState, outcomes: Mapping[int, Lived], seconds: float) -> events.Generation:
    causes = sum((Counter(lived.causes) for lived in outcomes.values()), Counter[str]())
    medians = {name: _median([lived.samples[name] for lived in outcomes.values()]) for name in SAMPLED}
    if run.config.task == "none":
        medians["accuracy"] = None
    return events.Generation(
        generation=run.generation - 1,
        of=run.config.generations,
        individuals=causes.total(),
        dead=causes.total() - causes[schema.CAUSES[0]],
        **medians,
        individuals_per_second=causes.total() / seconds,
        seconds=seconds,
        hosts=run.backend.hosts,
        spent=dict(run.seconds),
    )


def _median(samples: Sequence[np.ndarray]) -> float | None:
    values = np.concatenate(samples)
    return float(np.median(values)) if len(values) else None
