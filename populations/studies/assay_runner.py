"""Stored newborns brought back to life for an assay: read from a run's fossil record, sampled, and given a habitat.

Call `perform` with a run and a `Request`; what an assay does lies in `alife.assays`. What it finds lies in
RUN/assays/NAME-G.parquet, where G is the last of its generations: one table, a column "experiment", and what was done
as JSON under "alife" in the file's metadata.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alife import plugins, schema
from alife.assays import ASSAYS, Columns, Options
from alife.assays.lives import sample
from alife.configuration.keys import MAX_TASK_WEIGHT, parse_config
from alife.configuration.parsing import merge
from alife.configuration.problems import shown
from alife.errors import BadArgument, UserError
from alife.evolution import objects, selection
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns
from alife.format import manifest
from alife.organism.kernel.products import computing
from alife.world.task import Task
from populations.engine.prepare import prepare
from populations.observe import events
from populations.record.storage import explained, open_below
from populations.record.task import as_lived
from populations.record.writer import read_checkpoint, read_config, read_manifest
from populations.studies.jobs import Told

FORMAT: Final = 1


MOST: Final = 1_000_000
"""Genomes, replicates or emissions that an assay may be asked for."""


@dataclass(frozen=True)
class Request:
    """What an assay is to do.

    Attributes:
        assay: A name in `alife.assays.ASSAYS`.
        generations: Kept ones; None for the last. A single one is compared with those of `Assay.beside` too, unless
            `alone` is true.
        sample: Genomes of each generation, None for the assay's own number; likewise
        replicates: lives or lines of each, and
        descent: emissions that lines are followed through.
        device: Where to live; as the run did if None.
        task_weights: That each genome lives under, None for the assay's own.
    """

    assay: str
    generations: Sequence[int] | None = None
    sample: int | None = None
    replicates: int | None = None
    descent: int = 10
    device: str | None = None
    task_weights: Sequence[float] | None = None
    alone: bool = False


def perform(
    uri: str, request: Request, told: Told = lambda _: None, task: Task | None = None
) -> tuple[dict[str, Any], dict[str, Columns]]:
    """Do an assay on a run's stored genomes.

    Args:
        uri: The run: a path or an fsspec URI.
        request: What to do.
        told: Told of every event.
        task: The run's data, if they were handed over; other data are refused.

    Returns:
        (what was done, as JSON values; tables by experiment).

    Raises:
        UserError: A generation is not kept, a number is too small, or the run's data or device are not here.
    """
    assay = ASSAYS[request.assay]
    generations = chosen(uri, request)
    size, options = settled(request)
    habitat, groups = thaw(uri, generations, size, request.device, task)
    config = habitat.config
    about = {
        "assay": request.assay,
        "run": uri,
        "name": PurePosixPath(uri.rstrip("/")).name,
        "generations": generations,
        "sample": {str(g): len(newborns) for g, newborns in groups.items()},
        "replicates": options.replicates,
        "descent": options.descent,
        **({"task_weights": list(options.task_weights)} if assay.weighs else {}),
        "seed": config.seed,
        "scheme": selection.named(config.selection),
        "weights": habitat.shape.n_weights,
        "steps": config.life.steps,
        "mutation": config.reproduction.mutation,
        "operator": plugins.short(config.reproduction.operator),
        **({"kind": "regression"} if habitat.features.is_regression else {}),
    }

    def step(done: int, of: int) -> None:
        told(events.AssayProgress(assay=request.assay, done=done, of=of))

    told(events.AssayStarted(run=uri, assay=request.assay, generations=generations))
    with computing(config.life.threads):
        return about, assay.run(habitat, groups, options, step)


def settled(request: Request) -> tuple[int, Options]:
    """How many genomes of each generation, and the assay's options.

    Raises:
        UserError: A number is too small or too large.
    """
    assay = ASSAYS[request.assay]
    size = assay.sample if request.sample is None else request.sample
    options = Options(assay.replicates if request.replicates is None else request.replicates, request.descent)
    if request.task_weights is not None:
        options = Options(options.replicates, options.descent, tuple(sorted({float(w) for w in request.task_weights})))
    for name, value, fewest in (
        ("sample", size, 1),
        ("replicates", options.replicates, assay.fewest),
        ("descent", options.descent, 1),
    ):
        if value < fewest:
            raise BadArgument(name, f" {value}: the {request.assay} assay needs at least {fewest}")
        if value > MOST:
            raise BadArgument(name, f" {shown(value)}: at most {MOST:,}")
    _check_weights(request.assay, options.task_weights)
    return size, options


def _check_weights(assay: str, weights: Sequence[float]) -> None:
    """See that there are two or more task weights above 0, which can be told apart.

    Raises:
        UserError: There are not.
    """
    wrong = [weight for weight in weights if not 0 <= weight <= MAX_TASK_WEIGHT]
    if wrong:
        raise BadArgument("task_weights", f" {wrong[0]:g}: is not allowed: from 0 to {MAX_TASK_WEIGHT:g}")
    places = schema.TASK_WEIGHT_PLACES
    told = {round(float(np.float32(weight)), places) for weight in weights}
    if len(told) < len(weights):
        raise BadArgument("task_weights", f": two are the same in float32, rounded to {places} places: leave one out")
    if len(told - {0.0}) < 2:
        raise BadArgument("task_weights", f": the {assay} assay needs two or more different numbers above 0")


def store(uri: str, about: Mapping[str, Any], tables: Mapping[str, Columns]) -> str:
    """Keep what an assay found in RUN/assays; what lies there from an earlier one of the same name is replaced.

    Returns:
        The file.

    Raises:
        UserError: It cannot be written there.
    """
    folder = open_below(uri, "assays")
    name = table_name(about["assay"], max(about["generations"]))
    with explained(folder, f"writing {name}"):
        folder.make()
        folder.put(name, _parquet(about, tables))
    return f"{folder.uri}/{name}"


def table_name(assay: str, generation: int) -> str:
    """The file of an assay's tables below RUN/assays."""
    return f"{assay}-{generation}.parquet"


def _parquet(about: Mapping[str, Any], tables: Mapping[str, Columns]) -> bytes:
    parts = []
    for name, columns in tables.items():
        arrays = {column: pa.array(values, from_pandas=False) for column, values in columns.items()}
        rows = len(next(iter(columns.values())))
        parts.append(pa.table({"experiment": pa.array([name] * rows), **arrays}))
    whole = pa.concat_tables(parts, promote_options="default")
    whole = whole.replace_schema_metadata({"alife": json.dumps({"format": FORMAT, **about})})
    buffer = io.BytesIO()
    pq.write_table(whole, buffer, compression="zstd")
    return buffer.getvalue()


def chosen(uri: str, request: Request) -> list[int]:
    """The generations of a request, ascending.

    Raises:
        UserError: There is no run, it has stored no newborns, or the assay takes only one generation.
    """
    kept = manifest.kept(read_manifest(uri))
    if not kept:
        raise UserError(f"{uri}: no newborns are stored yet: wait for its first commit")
    wanted = sorted(set(request.generations or [kept[-1]]))
    beside = ASSAYS[request.assay].beside
    if not beside and len(wanted) > 1:
        raise BadArgument("generations", f": the {request.assay} assay takes one generation, not {len(wanted)}")
    if len(wanted) == 1 and not request.alone:
        wanted = sorted({*wanted, *(g for g in beside if g in kept)})
    return wanted


def thaw(
    uri: str, generations: Sequence[int], size: int, device: str | None = None, task: Task | None = None
) -> tuple[Habitat, dict[int, Newborns]]:
    """A run's habitat, and newborns of some of its generations.

    Args:
        uri: The run: a path or an fsspec URI.
        generations: Kept ones.
        size: How many of each generation at most, evenly from all islands, at random but always the same.
        device: Where to live; as the run did if None.
        task: The run's data, if they were handed over; other data are refused.

    Raises:
        UserError: A generation is not kept, or the run's data or device are not here.
    """
    past = read_manifest(uri)
    config = as_lived(read_config(uri), past)
    stored = {g: read_checkpoint(uri, g)[1] for g in generations}
    if device is not None:
        config = parse_config(merge(config.model_dump(), {"device": device}))
    config, physics = prepare(config, past, given=task)
    islands = [group for each in stored.values() for group in each.values()]
    objects.check_again(islands, config, past["objects"], uri)
    groups = {g: sample(list(islands.values()), size, config.seed) for g, islands in stored.items()}
    return Habitat(config, physics), groups
