"""A run driven from its first generation to its last: call `live` with its plan, `begin` for a new record.

Whatever happens, what is complete is committed, what was lost is on record, and nothing stays open.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from alife.configuration.keys import RunConfig
from alife.configuration.networks import DENSE
from alife.errors import UserError
from alife.evolution import objects
from alife.organism.shape import Shape, Tensors
from alife.plugins import Found
from alife.world.projections import Physics
from populations.engine import needs
from populations.engine.backend import Backend, Interrupted, LocalBackend
from populations.engine.choosing import BackendName, choose
from populations.engine.coordinator import advance, found
from populations.engine.ending import keep
from populations.engine.prepare import check_cuda
from populations.engine.run_state import RunState, count_clock, ended_by, over
from populations.observe import events
from populations.observe.asking import Callbacks
from populations.observe.gauges import RayMetrics
from populations.observe.listeners import Listeners
from populations.observe.steps import Step
from populations.record.provenance import versions
from populations.record.writer import Recorder

MakeBackend = Callable[[RunConfig, Physics], Backend]
Begin = Callable[[MakeBackend], RunState]
"""Makes the run, given the function that makes its backend."""
Plan = Callable[[Listeners], Begin | str]
"""Checks all that can be before anything is written; a string is the status of a run that has nothing left to live."""


@dataclass
class Progress:
    """How a run stands.

    Attributes:
        status: "new", "running", or what it ended with.
        watched: Whether somebody goes through it generation by generation.
    """

    status: str = "new"
    watched: bool = False


def begin(
    out: str,
    backend: Backend,
    task: Mapping[str, Any] | None,
    generation: int,
    own: Mapping[str, Found],
    founders: objects.Record,
    warned: Sequence[str],
) -> Recorder:
    """A new record; nothing of it stays if those who are to live first cannot be stored.

    Args:
        out: The run folder.
        backend: Where it is to live; its configuration and the class of its machines go on record.
        task: What it learns, `Physics.task`.
        generation: The first.
        own: The user's own objects, as of `alife.evolution.objects.found`.
        founders: What goes on record of the user's own founders, if there are any.
        warned: What the configuration says in vain.
    """
    config = backend.config
    recorder = Recorder.create(
        out, config, versions=versions(), machine=backend.machine, columns=objects.columns(config, own)
    )
    recorder.start(generation, versions())
    recorder.describe(task=task, objects={**objects.on_record(own), **founders}, warnings=warned)
    return recorder


def live(
    begin: Begin | str,
    backend: BackendName,
    tell: Listeners,
    callbacks: Callbacks,
    stopping: Callable[[], bool],
    progress: Progress,
) -> Generator[Step, None, None]:
    """Begin a run, advance it to its end, and leave nothing open, whatever happens, wherever the loop is left.

    Args:
        begin: What a `Plan` came to.
        backend: Where.
        tell: Told of every event; closed in the end.
        callbacks: Asked of every generation.
        stopping: Whether somebody wants the run to stop.
        progress: Kept up to date.

    Yields:
        Each generation that was lived, before its commit. Closed there, the run is interrupted.
    """
    run: RunState | None = None
    made: list[Backend] = []
    losses: list[tuple[int, str, str, float]] = []

    def lost(generation: int, host: str, why: str, seconds: float) -> None:
        losses.append((generation, host, why, seconds))
        if run is not None:
            note(run)
        tell(events.HostLost(generation=generation, host=host, why=why, seconds=seconds))

    def note(run: RunState) -> None:
        """Put losses on record, those too that came before there was one."""
        while losses:
            generation, host, why, seconds = losses.pop(0)
            run.recorder.restart(max(generation, run.generation), host, why, seconds)

    error: BaseException | None = None
    progress.status = "running"
    try:
        if isinstance(begin, str):
            progress.status = begin
            return
        run = begin(partial(_make_backend, backend, stopping, lost, made, tell))
        run.tell, run.callbacks, run.watched = tell, callbacks, progress.watched or callbacks.need_births
        note(run)
        found(run)
        _introduce(run, tell)
        yield from advance(run)
    except BaseException as raised:
        error = raised
        if not isinstance(raised, Interrupted):
            raise
    finally:
        try:
            if error is not None:
                progress.status = ended_by(error)
            if run is not None:
                progress.status = _conclude(run, error)
        finally:
            for each in made:
                each.close()
            tell.close()


def _conclude(run: RunState, error: BaseException | None) -> str:
    """Commit what is complete, let go of the folder, and say how it ended; of two errors the user hears the first."""
    well = error is None or isinstance(error, Interrupted | GeneratorExit)
    status = ended_by(error) if error else "interrupted"
    if not run.flow.stored:
        run.backend.close()
        run.recorder.abandon()
        return status
    try:
        with nullcontext() if well else suppress(UserError):
            try:
                keep(run, status)
                count_clock(run)
                status = over(run) or status
            finally:
                run.backend.close()
                run.recorder.close(status, sweep=not isinstance(run.backend, LocalBackend))
    finally:
        run.callbacks.end(status)
    if well:
        run.tell(events.End(status=status, generation=run.generation - 1, seconds=dict(run.seconds)))
    return status


def _introduce(run: RunState, tell: Listeners) -> None:
    """Say what is about to be lived, and what its configuration says in vain."""
    tell(_cost(run))
    tell(
        events.Start(
            generation=run.generation,
            of=run.config.generations,
            out=run.recorder.uri,
            hosts=run.backend.hosts,
            backend="local" if isinstance(run.backend, LocalBackend) else "ray",
        )
    )
    for line in run.warned:
        tell(events.Warned(text=line))


def _cost(run: RunState) -> events.Cost:
    quine, weights = run.config.quine, run.weights
    task, dense = run.recorder.manifest["task"], quine.network == DENSE
    shape: Shape | Tensors = Tensors(((weights,),), task["classes"] if task else 0)
    if dense:
        shape = Shape.of_genome(weights, quine.hidden, quine.coordinate_units)
    images = sum(map(sum, task["counts"].values())) if task else 0
    pixels = math.prod(task["shape"]) if task else 0
    memory = needs.memory(run.config, shape, images, pixels)
    seconds = needs.generation_seconds(run.config, None if dense else weights)
    left = run.config.generations - run.generation
    return events.Cost(core_seconds=seconds, memory=sum(memory.values()), generations=left)


def _make_backend(
    asked: BackendName,
    stopping: Any,
    lost: Any,
    made: list[Backend],
    tell: Listeners,
    config: RunConfig,
    physics: Physics,
) -> Backend:
    if choose(asked, config) == "local":
        check_cuda(config)
        made.append(LocalBackend(config, physics, stopping))
    else:
        from populations.engine.ray.supervisor import RayBackend

        tell.add(RayMetrics())

        def connecting(address: str) -> None:
            tell(events.Connecting(address=address))

        made.append(RayBackend(config, physics, stopping, lost, connecting))
    return made[-1]
