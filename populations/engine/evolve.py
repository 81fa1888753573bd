"""`evolve`: one run from its configuration to its record, started, resumed or extended; `Evolution`: in steps.

Call `evolve` for a new run, `resume` to go on with one or to extend it; `evolve` with `resume=True` does whichever of
the two applies. What is open in a configuration is resolved and all that can be is checked before anything is written;
`populations.engine.drive` then goes from generation to generation.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import flatten
from alife.configuration.remarks import warnings
from alife.configuration.sources import Given, load_config
from alife.configuration.values import GIVEN
from alife.errors import UserError
from alife.evolution import founding, objects
from alife.evolution.reproduction import founders
from alife.organism.measures import DEAD_ZERO
from alife.world.task import Task
from populations.engine.choosing import BackendName, choose
from populations.engine.coordinator import RunState
from populations.engine.course import Course
from populations.engine.drive import Begin, MakeBackend, begin
from populations.engine.prepare import physics_of, prepare
from populations.engine.ray.addresses import untold
from populations.engine.ray.cluster import elsewhere
from populations.observe import events
from populations.observe.listeners import Listeners, Sink
from populations.record.provenance import check_newborns, check_version, versions
from populations.record.task import as_lived, task_again, told_given
from populations.record.writer import Recorder, check_unused, exists, read_config, read_manifest


class Evolution(Course):
    """A run, generation by generation: a loop over it lives one after the other, and may end where it likes.

    Where the loop is left (by `break`, an exception, Ctrl-C, `close`), what is complete is committed and the run is
    "interrupted": the same call with `resume=True`, or `resume`, goes on to the births that it would have had. Kept
    under a name, it ends with the `with` block that it opens, or with its last reference. Nothing is written before
    the first generation is asked for.

    Args:
        config: As of `evolve`.
        out: As of `evolve`.
        backend: As of `evolve`.
        resume: As of `evolve`; of a run that has ended there is no generation left.
        callbacks: As of `evolve`.
        task: As of `evolve`.
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Raises:
        UserError: As `evolve`; wrong keys of a configuration at once, all else with the first generation.

    Example:
        >>> import alife
        >>> config = "runs/first/config.yaml"
        >>> with alife.Evolution(config, "runs/steps", backend="local") as evolution:
        ...     for step in evolution:
        ...         if step.generation == 2 or step.living("squared_norm").max() > 1e6:
        ...             break
        >>> evolution.status
        'interrupted'
        >>> alife.resume("runs/steps", backend="local")
        'finished'
    """

    def __init__(
        self,
        config: Given,
        out: str | os.PathLike[str],
        *,
        backend: BackendName = "auto",
        resume: bool = False,
        callbacks: Sequence[object] = (),
        task: Task | None = None,
        sinks: Sequence[Sink] | None = None,
        quiet: bool = False,
    ):
        plan = partial(_new, told_given(load_config(config), task), os.fspath(out), backend, resume, task)
        super().__init__(plan, backend, callbacks, sinks, quiet)


def evolve(
    config: Given,
    out: str | os.PathLike[str],
    *,
    backend: BackendName = "auto",
    resume: bool = False,
    callbacks: Sequence[object] = (),
    task: Task | None = None,
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
        callbacks: Asked of every generation: functions of a `Step`, or objects as `Callback`
            (`populations.observe.steps`). They may record numbers, stop the run and change its length; one that fails
            is asked no more. Births are the same.
        task: The data, if they are in memory (`alife.Task.of`); the configuration's `task` is then "given".
        sinks: Called with every event (`populations.observe.events`); one that raises is called no more. If None,
            progress is shown where a person watches, on a terminal or in a notebook.
        quiet: Show nothing there.

    Returns:
        How it ended, "finished", "extinct" or "interrupted": by a signal, or a callback.

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
    how: Any = {"backend": backend, "resume": resume, "callbacks": callbacks, "task": task, "sinks": sinks}
    return Evolution(config, out, quiet=quiet, **how).run()


def resume(
    run: str | os.PathLike[str],
    *,
    generations: int | None = None,
    ray: Mapping[str, Any] | None = None,
    allow_changed: bool = False,
    backend: BackendName = "auto",
    callbacks: Sequence[object] = (),
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> str:
    """Go on from a run's last commit, or extend it.

    Args:
        run: Its folder, a path or an fsspec URI; or an `analysis.data.run.Run`.
        generations: A new, larger total.
        ray: Keys of the `ray` section to use this time; they have no part in what is born.
        allow_changed: Go on though the source of an object of the user's own has changed; the change goes on record.
        backend: As of `evolve`.
        callbacks: As of `evolve`.
        task: The run's data, if they were handed over; other data are refused.
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
    return Course(
        partial(_further, os.fspath(run), generations, ray or {}, backend, allow_changed, task),
        backend,
        callbacks,
        sinks,
        quiet,
    ).run()


def _new(
    config: RunConfig, out: str, backend: BackendName, resume: bool, task: Task | None, tell: Listeners
) -> Begin | str:
    """The plan of a new run, or of going on with it if it may be there."""
    if resume and exists(out):
        return go_on(out, config, backend, False, task, tell)
    check_unused(out)
    config, physics = prepare(config, backend=backend, given=task)
    own = objects.found(config, physics.shape)
    n_weights = physics.shape.n_weights
    genomes = founding.given(config, n_weights)
    brought = founding.on_record(config, genomes)
    warned = warnings(config, physics.shape.classes, choose(backend, config))

    def start(make_backend: MakeBackend) -> RunState:
        newborns = {i: founders(config, n_weights, i, genomes) for i in range(config.population.islands)}
        norms = np.concatenate([np.linalg.norm(group.messages, axis=1) for group in newborns.values()])
        backend = make_backend(config, physics)
        collapse_norm = DEAD_ZERO * float(np.median(norms))
        recorder = begin(
            out, backend, physics.task, -1, newborns, {"collapse_norm": collapse_norm}, own, brought, warned
        )
        columns = recorder.manifest["columns"]
        return RunState(backend.config, recorder, backend, newborns, 0, collapse_norm, columns, warned=warned)

    return start


def _further(
    out: str,
    generations: int | None,
    ray: Mapping[str, Any],
    backend: BackendName,
    allow_changed: bool,
    task: Task | None,
    tell: Listeners,
) -> Begin | str:
    """The plan of a run that goes on."""
    stored = read_config(out)
    total = stored.generations if generations is None else generations
    _check_total(stored, total)
    if ended := _ended(read_manifest(out), total):
        return ended
    untold(stored, ray, out, backend)
    data = task_again(stored, read_manifest(out), task)
    recorder = Recorder.open(out)
    try:
        if ended := _ended(recorder.manifest, total):
            recorder.close()
            return ended
        config = _as_asked(recorder, total, ray, backend)
        aged = check_version(recorder.manifest, config)
        away = backend != "local" and elsewhere(config.ray)
        physics = physics_of(config, data, away)
        own = objects.found(config, physics.shape, objects.thawed(recorder.manifest))
        changed = objects.check(own, recorder.manifest["objects"], allow_changed)
        said = [line for line in recorder.manifest["warnings"] if line.startswith(("fork: ", "changed: "))]
        warned = [*warnings(config, physics.shape.classes, choose(backend, config)), *said, *changed]
    except BaseException:
        recorder.close()
        raise

    def start(make_backend: MakeBackend) -> RunState:
        try:
            generation, newborns, meta = recorder.checkpoint()
            norm = check_newborns(newborns, meta, config, physics, out)
            objects.check_births(newborns.values(), objects.on_record(own), out)
            backend = make_backend(config, physics)
            backend.require(recorder.manifest["class"])
            recorder.verify()
            if generations is not None:
                recorder.extend(generations)
            recorder.start(generation, versions())
            recorder.describe(objects=recorder.manifest["objects"] | objects.on_record(own), warnings=warned)
        except BaseException:
            recorder.close()
            raise
        if aged:
            tell(events.Note(text=f"{out}: {aged}"))
        columns, before = recorder.manifest["columns"], generation - 1
        return RunState(config, recorder, backend, newborns, generation, norm, columns, committed=before, warned=warned)

    return start


def go_on(
    out: str, config: RunConfig, backend: BackendName, allow_changed: bool, task: Task | None, tell: Listeners
) -> Begin | str:
    """The plan of going on with a run that must be the one configured, but for its length and its Ray."""
    stored = read_config(out)
    if task is not None or stored.task == GIVEN != config.task:
        task_again(stored, read_manifest(out), task)
    lived, asked = (flatten(each.model_dump(exclude={"ray", "generations"}), out) for each in (stored, config))
    for key in {**lived, **asked}:
        before, now = lived.get(key, "nothing"), asked.get(key, "nothing")
        if now != before and (now not in (None, "auto") or key == founding.KEY):
            raise UserError(
                f"{out}: this run has {key} = {before}, not {now}: resume it as it is, 'alife fork' it, or choose "
                "another folder (--out)"
            )
    longer = config.generations if config.generations > stored.generations else None
    return _further(out, longer, config.ray.model_dump(exclude_unset=True), backend, allow_changed, task, tell)


def _as_asked(recorder: Recorder, total: int, ray: Mapping[str, Any], backend: BackendName) -> RunConfig:
    """A run's configuration as it lived so far, but for its length and its Ray."""
    config = untold(recorder.config, ray, recorder.uri, backend)
    asked = {**config.model_dump(), "generations": total, "ray": {**config.ray.model_dump(), **ray}}
    return as_lived(parse_config(asked), recorder.manifest)


def _check_total(stored: RunConfig, generations: int) -> None:
    if generations < stored.generations:
        raise UserError(
            f"generations: {generations} is not allowed: the run already has a total of {stored.generations}: name more"
        )


def _ended(manifest: Mapping[str, Any], total: int) -> str | None:
    """How a run has ended for which nothing is left to live, None while something is."""
    if manifest["status"] == "extinct":
        return "extinct"
    return "finished" if manifest["generation"] + 1 >= total else None
