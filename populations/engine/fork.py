"""Replay history: a new run that thaws the newborns of a kept generation of another and goes its own way from there.

Call `fork` with a run, a generation and what is to change; several at once are `populations.studies.replicates`. With
nothing changed it repeats the original births; with another seed, selection or mutation it is a replay experiment.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from alife.configuration import remarks
from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import flatten, merge, nest
from alife.errors import UserError
from alife.evolution import objects
from alife.world.task import Task
from populations.engine import migration
from populations.engine.backend import Source
from populations.engine.choosing import BackendName, choose
from populations.engine.course import Course
from populations.engine.drive import Begin, MakeBackend, begin
from populations.engine.plans import go_on
from populations.engine.prepare import prepare
from populations.engine.ray.addresses import untold
from populations.engine.run_state import RunState
from populations.observe import events
from populations.observe.listeners import Listeners, Sink
from populations.record.provenance import check_newborns, check_version
from populations.record.task import as_lived
from populations.record.writer import check_unused, exists, read_checkpoint, read_config, read_manifest

_FIXED = ("quine", "task")
"""Sections that say what a genome means: a thawed newborn cannot live under others."""


def fork(
    parent: str | os.PathLike[str],
    generation: int,
    out: str | os.PathLike[str] | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    allow_changed: bool = False,
    backend: BackendName = "auto",
    resume: bool = False,
    callbacks: Sequence[object] = (),
    max_hours: float | None = None,
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> str:
    """Run again from a kept generation.

    The newborns are those of the original to the bit, their birth noise included: they are born by the operator that
    they were to be born by there. Everything after their birth is drawn by the fork's own configuration.

    Args:
        parent: The run to fork: a path or an fsspec URI, or an `analysis.data.run.Run`.
        generation: A kept one; its newborns are thawed.
        out: The new run folder; PARENT-fork-GENERATION if None.
        changes: Keys that differ from the parent's configuration, nested or dotted.
        allow_changed: As of `populations.resume`.
        backend: As of `populations.evolve`.
        resume: Go on if `out` already holds this fork.
        callbacks: As of `populations.evolve`.
        max_hours: As of `populations.evolve`.
        task: The parent's data, if they were handed over; other data are refused.
        sinks: As of `populations.evolve`.
        quiet: As of `populations.evolve`.

    Returns:
        How it ended, as `evolve`.

    Raises:
        UserError: The generation is not kept, a change would make the stored genomes meaningless, or nothing is changed
            and the machine is of another class, on which the same births would not come again.

    Example:
        >>> import alife
        >>> alife.fork("runs/first", 3, "runs/unselected", {"selection.scheme": "drift"}, backend="local")
        'finished'
        >>> alife.load_run("runs/unselected").first
        3
    """
    parent = os.fspath(parent)
    out = folder_of(parent, generation) if out is None else os.fspath(out)
    asked = nest(flatten(changes or {}, "fork"))
    plan = partial(_plan, parent, generation, out, asked, allow_changed, backend, resume, task)
    return Course(plan, backend, callbacks, sinks, quiet, max_hours).run()


def _plan(
    parent: str,
    generation: int,
    out: str,
    changes: Mapping[str, Any],
    allow_changed: bool,
    backend: BackendName,
    resume: bool,
    task: Task | None,
    tell: Listeners,
) -> Begin | str:
    """What is to be lived; `changes` are nested."""
    past = read_manifest(parent)
    lived = untold(as_lived(read_config(parent), past), changes.get("ray", {}), parent, backend)
    if resume and exists(out):
        return go_on(out, fork_config(lived, changes, generation), backend, allow_changed, task, tell)
    number, newborns, meta = read_checkpoint(parent, generation)
    config = fork_config(lived, changes, generation)
    check_unused(out)
    migration.check(config, min(map(len, newborns.values())))
    config, physics = prepare(config, past, backend, task)
    objects.check_births(newborns.values(), past["objects"], parent)
    own = objects.found(config, physics, next(iter(newborns.values())).operators)
    changed = objects.check_fork(own, past["objects"], allow_changed)
    aged = check_version(past, config)
    norm = check_newborns(newborns, meta, config, physics, parent)
    warned = [
        *remarks.warnings(config, physics.shape.classes, choose(backend, config), physics.scale is not None),
        *remarks.of_fork(lived, config),
        *changed,
    ]

    def start(make_backend: MakeBackend) -> RunState:
        backend = make_backend(config, physics)
        if _repeats(config, lived):
            backend.require(past["class"])
        kept = {"collapse_norm": norm, "parent": parent, "thawed": number}
        recorder = begin(out, backend, physics.task, number, own, {}, warned)
        gone = {island: number for island in range(config.population.islands) if island not in newborns}
        source = Source(number, newborns=newborns, gone=gone)
        weights = physics.shape.n_weights
        return RunState(backend.config, recorder, backend, weights, source, kept, committed=number - 1, warned=warned)

    if aged:
        tell(events.Note(text=f"{parent}: {aged}"))
    return start


def folder_of(parent: str, generation: int) -> str:
    """Where a fork, or several, of a run's generation go if nobody says so."""
    return f"{parent.rstrip('/')}-fork-{generation}"


def _repeats(config: RunConfig, parent: RunConfig) -> bool:
    """Whether a fork promises the same births again: it differs at most in what has no part in them."""
    apart = {"generations", "checkpoint", "ray", "device"}
    return config.model_dump(exclude=apart) == parent.model_dump(exclude=apart)


def fork_config(parent: RunConfig, changes: Mapping[str, Any], generation: int) -> RunConfig:
    """The parent's configuration with the changes laid on top.

    Raises:
        UserError: A change is not allowed, or there is nothing left to live.
    """
    config = parse_config(merge(parent.model_dump(), changes), "fork")
    for section in _FIXED:
        if getattr(config, section) != getattr(parent, section):
            raise UserError(
                f"fork: {section} cannot change: stored genomes have a meaning only under the parent's: leave it out"
            )
    if config.population.islands != parent.population.islands:
        raise UserError(
            f"fork: population.islands cannot change: the parent has {parent.population.islands}: leave it out"
        )
    if generation >= config.generations:
        raise UserError(
            f"fork: generations: {config.generations} is not allowed: the fork starts with generation {generation}: "
            f"name more than {generation}"
        )
    return config
