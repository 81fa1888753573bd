"""`evolve`: one run from its configuration to its record, started, resumed or extended.

Call `evolve` for a new run, `resume` to go on with one or to extend it; `evolve` with `resume=True` does whichever of
the two applies. What is open in a configuration is resolved and all that can be is checked before anything is written;
`populations.engine.drive` then goes from generation to generation.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import flatten
from alife.configuration.remarks import warnings
from alife.configuration.sources import Given, load_config
from alife.errors import UserError
from alife.evolution import objects
from alife.evolution.reproduction import founders
from alife.organism.measures import DEAD_ZERO
from populations.engine.choosing import BackendName, choose
from populations.engine.coordinator import RunState
from populations.engine.drive import MakeBackend, begin, drive
from populations.engine.prepare import physics_of, prepare
from populations.engine.ray.addresses import untold
from populations.engine.ray.cluster import elsewhere
from populations.observe import events
from populations.observe.listeners import Sink, hearing
from populations.observe.terminal import for_a_person
from populations.record.provenance import check_newborns, check_version, versions
from populations.record.task import as_lived, task_again
from populations.record.writer import Recorder, check_unused, exists, read_config, read_manifest


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
    own = objects.found(config)
    config, physics = prepare(config, backend=backend)
    objects.on_trial(config, own.values(), physics.shape.n_weights)
    warned = warnings(config, physics.shape.classes, choose(backend, config))

    def start(make_backend: MakeBackend) -> RunState:
        newborns = {i: founders(config, physics.shape.n_weights, i) for i in range(config.population.islands)}
        norms = np.concatenate([np.linalg.norm(group.messages, axis=1) for group in newborns.values()])
        backend = make_backend(config, physics)
        collapse_norm = DEAD_ZERO * float(np.median(norms))
        recorder = begin(out, backend, physics.task, -1, newborns, {"collapse_norm": collapse_norm}, own, warned)
        columns = recorder.manifest["columns"]
        return RunState(backend.config, recorder, backend, newborns, 0, collapse_norm, columns, warned=warned)

    return drive(start, backend, hearing(sinks, quiet, for_a_person))


def resume(
    run: str | os.PathLike[str],
    *,
    generations: int | None = None,
    ray: Mapping[str, Any] | None = None,
    allow_changed: bool = False,
    backend: BackendName = "auto",
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
        if ended := _ended(recorder.manifest, total):
            recorder.close()
            return ended
        config = _as_asked(recorder, total, ray or {}, backend)
        aged = check_version(recorder.manifest, config)
        away = backend != "local" and elsewhere(config.ray)
        physics = physics_of(config, task_again(config, recorder.manifest), away)
        own = objects.found(config)
        changed = objects.check(own, recorder.manifest["objects"], allow_changed)
        objects.on_trial(config, own.values(), physics.shape.n_weights)
        said = [line for line in recorder.manifest["warnings"] if line.startswith(("fork: ", "changed: "))]
        warned = [*warnings(config, physics.shape.classes, choose(backend, config)), *said, *changed]
    except BaseException:
        recorder.close()
        raise

    def start(make_backend: MakeBackend) -> RunState:
        try:
            generation, newborns, meta = recorder.checkpoint()
            norm = check_newborns(newborns, meta, config, physics, out)
            backend = make_backend(config, physics)
            backend.require(recorder.manifest["class"])
            recorder.verify()
            if generations is not None:
                recorder.extend(generations)
            recorder.start(generation, versions())
            recorder.describe(objects=objects.on_record(own), warnings=warned)
        except BaseException:
            recorder.close()
            raise
        if aged:
            tell(events.Note(text=f"{out}: {aged}"))
        columns, before = recorder.manifest["columns"], generation - 1
        return RunState(config, recorder, backend, newborns, generation, norm, columns, committed=before, warned=warned)

    tell = hearing(sinks, quiet, for_a_person)
    return drive(start, backend, tell)


def go_on(out: str, config: RunConfig, backend: BackendName, sinks: Sequence[Sink] | None, quiet: bool = False) -> str:
    """Resume a run that must be the one configured, but for its length and its Ray."""
    stored = read_config(out)
    lived, asked = (flatten(each.model_dump(exclude={"ray", "generations"}), out) for each in (stored, config))
    for key in {**lived, **asked}:
        before, now = lived.get(key, "nothing"), asked.get(key, "nothing")
        if now not in (None, "auto") and now != before:
            raise UserError(
                f"{out}: this run has {key} = {before}, not {now}: resume it as it is, 'alife fork' it, or choose "
                "another folder (--out)"
            )
    longer = config.generations if config.generations > stored.generations else None
    own = config.ray.model_dump(exclude_unset=True)
    return resume(out, generations=longer, ray=own, backend=backend, sinks=sinks, quiet=quiet)


def _as_asked(recorder: Recorder, total: int, ray: Mapping[str, Any], backend: BackendName) -> RunConfig:
    """A run's configuration as it lived so far, but for its length and its Ray."""
    config = untold(recorder.config, ray, recorder.uri, backend)
    asked = {**config.model_dump(), "generations": total, "ray": {**config.ray.model_dump(), **ray}}
    return as_lived(parse_config(asked), recorder.manifest)


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
