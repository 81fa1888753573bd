"""What is to be lived: the plan of a new run, and of one that goes on; nothing is written before a plan is begun.

`populations.engine.evolve` calls `new` and `further`, `populations.engine.fork` has a plan of its own; `go_on` goes on
with a run that must be the one asked for.
"""

from collections.abc import Mapping
from typing import Any

from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import flatten
from alife.configuration.remarks import warnings
from alife.configuration.values import GIVEN
from alife.errors import UserError
from alife.evolution import founding, objects
from alife.world.task import Task
from populations.engine.backend import Source
from populations.engine.choosing import BackendName, choose
from populations.engine.drive import Begin, MakeBackend, begin
from populations.engine.prepare import physics_of, prepare
from populations.engine.ray.addresses import untold
from populations.engine.ray.cluster import elsewhere
from populations.engine.run_state import RunState
from populations.observe import events
from populations.observe.listeners import Listeners
from populations.record.provenance import check_newborns, check_version, versions
from populations.record.task import as_lived, task_again
from populations.record.writer import Recorder, check_unused, exists, read_config, read_manifest


def new(
    config: RunConfig, out: str, backend: BackendName, resume: bool, task: Task | None, tell: Listeners
) -> Begin | str:
    """The plan of a new run, or of going on with it if it may be there."""
    if resume and exists(out):
        return go_on(out, config, backend, False, task, tell)
    check_unused(out)
    config, physics = prepare(config, backend=backend, given=task)
    own = objects.found(config, physics)
    n_weights = physics.shape.n_weights
    genomes = founding.given(config, n_weights)
    brought = founding.on_record(config, genomes)
    said = warnings(config, physics.shape.classes, choose(backend, config), physics.scale is not None)
    warned = [*said, *founding.remarks(config)]

    def start(make_backend: MakeBackend) -> RunState:
        backend = make_backend(config, physics)
        recorder = begin(out, backend, physics.task, 0, own, brought, warned)
        source = Source(genomes=genomes)
        return RunState(backend.config, recorder, backend, n_weights, source, {}, warned=warned)

    return start


def further(
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
    past = read_manifest(out)
    if ended := _ended(past, total):
        return ended
    untold(stored, ray, out, backend)
    data = task_again(stored, past, task)
    recorder = Recorder.open(out)
    try:
        if ended := _ended(recorder.manifest, total):
            recorder.close()
            return ended
        config = _as_asked(recorder, total, ray, backend)
        aged = check_version(recorder.manifest, config)
        away = backend != "local" and elsewhere(config.ray)
        physics = physics_of(config, data, away)
        own = objects.found(config, physics, objects.thawed(recorder.manifest, config))
        changed = objects.check(own, recorder.manifest["objects"], allow_changed)
        said = [line for line in recorder.manifest["warnings"] if line.startswith(("fork: ", "changed: "))]
        vain = warnings(config, physics.shape.classes, choose(backend, config), physics.scale is not None)
        warned = [*vain, *said, *changed]
    except BaseException:
        recorder.close()
        raise

    def start(make_backend: MakeBackend) -> RunState:
        try:
            generation, entries = recorder.last_checkpoint()
            alive: set[int] = set()
            for entry in entries:
                newborns, meta = recorder.thaw([entry])
                norm = check_newborns(newborns, meta, config, physics, out)
                objects.check_births(newborns.values(), objects.on_record(own), out)
                alive |= newborns.keys()
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
        gone = {island: generation for island in range(config.population.islands) if island not in alive}
        source = Source(generation, entries=entries, gone=gone)
        weights, meta = physics.shape.n_weights, {"collapse_norm": norm}
        return RunState(config, recorder, backend, weights, source, meta, committed=generation - 1, warned=warned)

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
    return further(out, longer, config.ray.model_dump(exclude_unset=True), backend, allow_changed, task, tell)


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
