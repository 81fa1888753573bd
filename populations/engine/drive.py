"""A run driven from its first generation to its last: call `drive` with what starts it, `begin` for a new record.

Whatever happens, what is complete is committed, what was lost is on record, and nothing stays open.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution import objects
from alife.evolution.reproduction import Newborns
from alife.organism.genome import Shape
from alife.plugins import Found
from alife.world.projections import Physics
from populations.engine import needs
from populations.engine.backend import Backend, Interrupted, LocalBackend
from populations.engine.choosing import BackendName, choose
from populations.engine.coordinator import RunState, advance, ended_by, stop_on_signals
from populations.engine.prepare import check_cuda
from populations.observe import events
from populations.observe.gauges import RayMetrics
from populations.observe.listeners import Listeners
from populations.record.provenance import versions
from populations.record.writer import Recorder

MakeBackend = Callable[[RunConfig, Physics], Backend]


def begin(
    out: str,
    backend: Backend,
    task: Mapping[str, Any] | None,
    generation: int,
    newborns: Mapping[int, Newborns],
    meta: Mapping[str, Any],
    own: Mapping[str, Found],
    warned: Sequence[str],
) -> Recorder:
    """A new record, holding those who are to live first; if they cannot be stored, nobody stays its writer.

    Args:
        out: The run folder.
        backend: Where it is to live; its configuration and the class of its machines go on record.
        task: What it learns, `Physics.task`.
        generation: The one before theirs.
        newborns: By island.
        meta: As of `Recorder.commit`.
        own: The user's own objects, as of `alife.evolution.objects.found`.
        warned: What the configuration says in vain.
    """
    config = backend.config
    recorder = Recorder.create(
        out, config, versions=versions(), machine=backend.machine, columns=objects.columns(config, own)
    )
    try:
        recorder.start(generation + 1, versions())
        recorder.describe(task=task, objects=objects.on_record(own), warnings=warned)
        recorder.commit(generation, newborns, meta=meta)
    except BaseException:
        recorder.abandon()
        raise
    return recorder


def drive(start: Callable[[MakeBackend], RunState], backend: BackendName, tell: Listeners) -> str:
    """Start a run, advance it to its end, and leave nothing open, whatever happens.

    Args:
        start: Makes the run, given the function that makes its backend.
        backend: Which.
        tell: Told of every event; closed in the end.

    Returns:
        The status the run ends with; "interrupted" also of one that was told to stop before it had begun.
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

    with stop_on_signals(lambda name: tell(events.Stopping(signal=name))) as stopping:
        try:
            run = start(partial(_make_backend, backend, stopping, lost, made, tell))
            run.tell = tell
            note(run)
            _introduce(run, tell)
            status = advance(run)
            run.recorder.close(status)
            tell(events.End(status=status, generation=run.generation - 1, seconds=dict(run.seconds)))
            return status
        except Interrupted:
            return "interrupted"
        except BaseException as error:
            if run is not None:
                over = run.recorder.manifest["status"] in ("finished", "extinct")
                with suppress(UserError):  # what went wrong first is what the user is to hear of
                    run.recorder.close(None if over else ended_by(error))
            raise
        finally:
            for each in made:
                each.close()
            tell.close()


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
    h, weights = run.config.quine.hidden, next(iter(run.newborns.values())).messages.shape[1]
    classes, task = weights // h - 2 * h - 1, run.recorder.manifest["task"]
    shape = Shape(h, run.config.quine.coordinate_units if classes else h, classes)
    images = sum(map(sum, task["counts"].values())) if task else 0
    memory = needs.memory(run.config, shape, images)
    return events.Cost(core_seconds=needs.generation_seconds(run.config), memory=sum(memory.values()))


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
