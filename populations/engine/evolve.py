"""`evolve`: one run from its configuration to its record, started, resumed or extended.

Call `evolve` for a new run, `resume` to go on with one or to extend it; `evolve` with `resume=True` does whichever of
the two applies. What is open in a configuration is resolved and all that can be is checked before anything is written;
the generations themselves are `populations.engine.coordinator`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import torch

from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.remarks import warnings
from alife.configuration.sources import Given, load_config
from alife.errors import Unfit, UserError
from alife.evolution.reproduction import Newborns, founders
from alife.organism.genome import Shape
from alife.organism.measures import DEAD_ZERO
from alife.world.projections import Physics, make_physics, shape_of
from alife.world.task import Task, load_task
from populations.engine import migration, needs
from populations.engine.backend import Backend, Interrupted, LocalBackend
from populations.engine.choosing import BackendName, choose
from populations.engine.coordinator import Run, advance, ended_by, stop_on_signals
from populations.engine.ray.addresses import untold
from populations.engine.ray.cluster import elsewhere
from populations.engine.ray.devices import resolved
from populations.observe import events
from populations.observe.gauges import RayMetrics
from populations.observe.listeners import Listeners, Sink, hearing
from populations.observe.terminal import for_a_person
from populations.record.provenance import check_newborns, check_version, versions
from populations.record.task import as_lived, task_again
from populations.record.writer import Recorder, check_unused, exists, read_config, read_manifest

MakeBackend = Callable[[RunConfig, Physics], Backend]


def evolve(
    config: Given,
    out: str | os.PathLike[str],
    *,
    backend: BackendName = "auto",
    resume: bool = False,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> str:
    """Evolve a run into a new folder.

    Args:
        config: A configuration; its keys, nested or dotted; or a YAML file of them.
        out: The run folder: a path or an fsspec URI.
        backend: "ray", "local" (all islands in this process) or "auto" (whichever is faster, by
            `populations.engine.choosing`); the births are the same.
        resume: Go on if the folder already holds this run.
        sinks: Called with every event (`populations.observe.events`); one that raises is called no more. If None,
            progress is shown where a person watches, on a terminal or in a notebook.
        quiet: Show nothing there.

    Returns:
        How it ended, "finished", "extinct" or "interrupted".

    Raises:
        UserError: Something the user can mend; nothing was written, or all up to the last commit is safe.

    Example:
        >>> import alife
        >>> config = {
        ...     "task": "glyphs",
        ...     "generations": 4,
        ...     "quine": {"hidden": 16, "coordinate_units": 8},
        ...     "population": {"islands": 2, "size": 8},
        ... }
        >>> alife.evolve(config, "runs/small", backend="local")
        'finished'
        >>> alife.load_run("runs/small")
        <Run runs/small: finished, 4 of 4 generations, 64 births>
    """
    config, out = load_config(config), os.fspath(out)
    if resume and exists(out):
        return go_on(out, config, backend, sinks, quiet)
    check_unused(out)
    config, physics = prepare(config, backend=backend)
    warned = warnings(config, physics.shape.classes, choose(backend, config))

    def start(make_backend: MakeBackend) -> Run:
        newborns = {i: founders(config, physics.shape.n_weights, i) for i in range(config.population.islands)}
        norms = np.concatenate([np.linalg.norm(group.messages, axis=1) for group in newborns.values()])
        backend = make_backend(config, physics)
        collapse_norm = DEAD_ZERO * float(np.median(norms))
        recorder = begin(out, backend, physics.task, -1, newborns, {"collapse_norm": collapse_norm}, warned)
        return Run(backend.config, recorder, backend, newborns, 0, collapse_norm, warned=warned)

    return drive(start, backend, hearing(sinks, quiet, for_a_person))


def begin(
    out: str,
    backend: Backend,
    task: Mapping[str, Any] | None,
    generation: int,
    newborns: Mapping[int, Newborns],
    meta: Mapping[str, Any],
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
        warned: What the configuration says in vain.
    """
    recorder = Recorder.create(out, backend.config, versions=versions(), machine=backend.machine)
    try:
        recorder.start(generation + 1, versions())
        recorder.describe(task=task, warnings=warned)
        recorder.commit(generation, newborns, meta=meta)
    except BaseException:
        recorder.abandon()
        raise
    return recorder


def resume(
    run: str | os.PathLike[str],
    *,
    generations: int | None = None,
    ray: Mapping[str, Any] | None = None,
    backend: BackendName = "auto",
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> str:
    """Go on from a run's last commit, or extend it.

    Args:
        run: Its folder, a path or an fsspec URI; or an `analysis.data.run.Run`.
        generations: A new, larger total.
        ray: Keys of the `ray` section to use this time; they have no part in what is born.
        backend: As of `evolve`.
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Returns:
        As `evolve`.

    Raises:
        UserError: There is no run, it cannot go on here, or another process is writing it.

    Example:
        >>> import alife
        >>> alife.resume("runs/first", generations=8, backend="local")
        'finished'
        >>> alife.load_run("runs/first").last
        7
    """
    out = os.fspath(run)
    stored = read_config(out)
    total = stored.generations if generations is None else generations
    _check_total(stored, total)
    if ended := _ended(read_manifest(out), total):
        return ended
    untold(stored, ray or {}, out, backend)
    recorder = Recorder.open(out)
    try:
        config = untold(recorder.config, ray or {}, out, backend)
        config = parse_config(
            {**config.model_dump(), "generations": total, "ray": {**config.ray.model_dump(), **(ray or {})}}
        )
        if ended := _ended(recorder.manifest, total):
            recorder.close()
            return ended
        config = as_lived(config, recorder.manifest)
        aged = check_version(recorder.manifest, config)
        away = backend != "local" and elsewhere(config.ray)
        physics = _physics(config, task_again(config, recorder.manifest), away)
        before = [line for line in recorder.manifest["warnings"] if line.startswith("fork: ")]
        warned = [*warnings(config, physics.shape.classes, choose(backend, config)), *before]
    except BaseException:
        recorder.close()
        raise

    def start(make_backend: MakeBackend) -> Run:
        try:
            generation, newborns, meta = recorder.checkpoint()
            norm = check_newborns(newborns, meta, config, physics, out)
            backend = make_backend(config, physics)
            backend.require(recorder.manifest["class"])
            if generations is not None:
                recorder.extend(generations)
            recorder.start(generation, versions())
            recorder.describe(warnings=warned)
        except BaseException:
            recorder.close()
            raise
        if aged:
            tell(events.Note(text=f"{out}: {aged}"))
        return Run(config, recorder, backend, newborns, generation, norm, committed=generation - 1, warned=warned)

    tell = hearing(sinks, quiet, for_a_person)
    return drive(start, backend, tell)


def prepare(
    config: RunConfig, past: Mapping[str, Any] | None = None, backend: BackendName = "local"
) -> tuple[RunConfig, Physics]:
    """The configuration with everything open resolved, and its physics; checks all that needs no cluster.

    Args:
        config: What is asked for.
        past: The manifest of the run that is forked or assayed; None for a new one.
        backend: Where it is to live. If workers may be on other machines, `device: auto` stays open, with what depends
            on it: the backend's `config` has it resolved.

    Raises:
        UserError: The data, the device or the topology do not fit.
    """
    migration.check(config)
    away = backend != "local" and elsewhere(config.ray)
    if not away:
        _check_cuda(config)
    task = task_again(config, past) if past else load_task(config.task)
    seed = config.seed if config.quine.projection_seed is None else config.quine.projection_seed
    config = config.model_copy(update={"quine": config.quine.model_copy(update={"projection_seed": seed})})
    physics = _physics(config, task, away)
    if config.device == "auto" and away:
        return config, physics
    here = "cuda" if torch.cuda.is_available() else "cpu"
    return resolved(config, here if config.device == "auto" else config.device, physics.shape.n_weights), physics


def _physics(config: RunConfig, task: Task | None, away: bool) -> Physics:
    """`make_physics`, if workers here, or this driver alone, have the memory."""
    images = sum(map(sum, task.counts.values())) if task else 0
    gpu = config.device == "cuda" or (config.device == "auto" and (away or torch.cuda.is_available()))
    needs.check(config, shape_of(config, task), images, host=not away, gpu=gpu)
    return make_physics(config, task)


def drive(start: Callable[[MakeBackend], Run], backend: BackendName, tell: Listeners) -> str:
    """Start a run, advance it to its end, and leave nothing open, whatever happens.

    Args:
        start: Makes the run, given the function that makes its backend.
        backend: Which.
        tell: Told of every event; closed in the end.

    Returns:
        The status the run ends with; "interrupted" also of one that was told to stop before it had begun.
    """
    run: Run | None = None
    made: list[Backend] = []
    losses: list[tuple[int, str, str, float]] = []

    def lost(generation: int, host: str, why: str, seconds: float) -> None:
        losses.append((generation, host, why, seconds))
        if run is not None:
            note(run)
        tell(events.HostLost(generation=generation, host=host, why=why, seconds=seconds))

    def note(run: Run) -> None:
        """Put losses on record, those too that came before there was one."""
        while losses:
            generation, host, why, seconds = losses.pop(0)
            run.recorder.restart(max(generation, run.generation), host, why, seconds)

    with stop_on_signals(lambda name: tell(events.Stopping(signal=name))) as stopping:
        try:
            run = start(partial(_make_backend, backend, stopping, lost, made, tell))
            run.tell = tell
            note(run)
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


def _cost(run: Run) -> events.Cost:
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
        _check_cuda(config)
        made.append(LocalBackend(config, physics, stopping))
    else:
        from populations.engine.ray.supervisor import RayBackend

        tell.add(RayMetrics())

        def connecting(address: str) -> None:
            tell(events.Connecting(address=address))

        made.append(RayBackend(config, physics, stopping, lost, connecting))
    return made[-1]


def go_on(out: str, config: RunConfig, backend: BackendName, sinks: Sequence[Sink] | None, quiet: bool = False) -> str:
    """Resume a run that must be the one configured, but for its length and its Ray."""
    stored = read_config(out)
    asked = config.model_dump(exclude={"ray", "generations"})
    differs = [key for key, value in _leaves(asked) if value not in (None, "auto") and value != _leaf(stored, key)]
    if differs:
        key = differs[0]
        raise UserError(
            f"{out}: this run has {key} = {_leaf(stored, key)}, not {_leaf(config, key)}: resume it as it is, "
            "'alife fork' it, or choose another folder (--out)"
        )
    longer = config.generations if config.generations > stored.generations else None
    own = config.ray.model_dump(exclude_unset=True)
    return resume(out, generations=longer, ray=own, backend=backend, sinks=sinks, quiet=quiet)


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    out: list[tuple[str, Any]] = []
    for key, value in tree.items():
        out += _leaves(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(f"{prefix}{key}", value)]
    return out


def _leaf(config: RunConfig, key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _check_cuda(config: RunConfig) -> None:
    if config.device == "cuda" and not torch.cuda.is_available():
        raise Unfit("device: cuda: no CUDA device is here; use --device cpu, or --ray.address of a cluster with GPUs")


def _check_total(stored: RunConfig, generations: int) -> None:
    if generations < stored.generations:
        raise UserError(
            f"generations: {generations} is not allowed: the run already has a total of {stored.generations}"
        )


def _ended(manifest: Mapping[str, Any], total: int) -> str | None:
    """How a run has ended for which nothing is left to live, None while something is."""
    if manifest["status"] == "extinct":
        return "extinct"
    return "finished" if manifest["generation"] + 1 >= total else None
