"""The tidy tables of a sweep: the generations of all of its runs, and all lives of its assays, with what treatments set
as columns.

Call `generations_table` for the generations of all runs, `assays_table` for the lives of all assays.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alife.configuration.keys import RunConfig
from alife.evolution import selection
from populations.record.storage import explained, open_below
from populations.studies.plan import Plan, PlannedRun, plain
from populations.studies.run_rows import columns

TABLE: Final = "generations.parquet"
ASSAYS: Final = "assays.parquet"
AT_ONCE: Final = 1 << 17
"""Rows that are put in order and written at a time."""


def generations_table(plan: Plan, pieces: Iterable[pa.Table]) -> bytes:
    """All committed generations of all runs of a sweep, as one Parquet file.

    Columns: treatment, seed, the keys that treatments set, `schema.GENERATIONS`, the same of measures of the runs' own
    (NaN of runs without), and test_accuracy_median, of those that lived to the end of a generation that a run ended
    with, NaN of others; rows by treatment, seed, generation and island.

    Args:
        plan: The sweep.
        pieces: `run_rows` of runs, each with the run's name in a column `run` in front; a run is in one of them.
    """
    kinds, runs = _kinds(plan), _ordered(plan)
    stored = {name: pa.type_for_alias(dtype) for name, dtype in columns(measures(plan)).items()}
    schema = pa.schema([*kinds.items(), *stored.items()])
    place = {run.name: number for number, run in enumerate(runs)}
    tables = [_placed(piece, place) for piece in pieces]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        if tables:
            whole = pa.concat_tables(tables)
            places = whole["run"].to_numpy()
            order = np.argsort(places, kind="stable")
            whose = _whose(plan, runs, kinds)
            for first in range(0, len(order), AT_ONCE):
                chosen = order[first : first + AT_ONCE]
                own = {name: values.take(pa.array(places[chosen])) for name, values in whose.items()}
                rows = whole.take(pa.array(chosen))
                writer.write_table(pa.table({**own, **{name: rows[name] for name in stored}}, schema))
    return sink.getvalue().to_pybytes()


def assays_table(plan: Plan, out: str) -> bytes:
    """What the assays of all runs have found so far, as one Parquet file.

    Columns: treatment, seed, the keys that treatments set, assay, and those of the assays' tables; rows by treatment,
    seed and assay.
    """
    kinds = _kinds(plan)
    parts = []
    for run, assay, rows in _assays(plan, out):
        own = _own(plan, run, kinds, len(rows)) | {"assay": pa.array([assay] * len(rows))}
        parts.append(pa.table({**own, **{name: rows[name] for name in rows.column_names}}))
    whole = pa.concat_tables(parts, promote_options="default") if parts else pa.schema([*kinds.items()]).empty_table()
    sink = pa.BufferOutputStream()
    pq.write_table(whole, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def measures(plan: Plan) -> list[str]:
    """Columns of measures of their own that any run of a sweep has."""
    asked = (config.measures.items() for config in plan.configs.values())
    return list(dict.fromkeys(name for each in asked for name, how in each if how.object is not None))


def _assays(plan: Plan, out: str) -> Iterator[tuple[PlannedRun, str, pa.Table]]:
    for run in _ordered(plan):
        folder = open_below(out, f"runs/{run.name}/assays")
        there = folder.ls()
        for assay in plan.assays:
            name = assay.file(run.config)
            if name in there:
                try:
                    with explained(folder, f"reading {name}"):
                        rows = pq.ParquetFile(pa.BufferReader(folder.read(name))).read()
                except pa.ArrowException:
                    continue  # damaged: the sweep does it again
                yield run, assay.assay, rows


def _ordered(plan: Plan) -> list[PlannedRun]:
    place = {name: number for number, name in enumerate(plan.configs)}
    return sorted(plan.runs(), key=lambda run: (place[run.treatment], run.seed))


def _placed(piece: pa.Table, place: Mapping[str, int]) -> pa.Table:
    """Rows with the place of their run, among all in order, instead of its name."""
    names = piece["run"]
    names = names if pa.types.is_dictionary(names.type) else names.dictionary_encode()
    names = names.unify_dictionaries().combine_chunks()
    places = np.array([place[name] for name in names.dictionary.to_pylist()], np.int32)
    return piece.set_column(0, "run", pa.array(places[names.indices.to_numpy(zero_copy_only=False)])).combine_chunks()


def _kinds(plan: Plan) -> dict[str, pa.DataType]:
    """Columns that say whose a row is."""
    settings = {key: pa.array([_cell(config, key) for config in plan.configs.values()]) for key in plan.keys}
    kinds: dict[str, pa.DataType] = {"treatment": pa.string(), "seed": pa.int64()}
    return kinds | {key: pa.string() if pa.types.is_null(v.type) else v.type for key, v in settings.items()}


def _whose(plan: Plan, runs: list[PlannedRun], kinds: Mapping[str, pa.DataType]) -> dict[str, pa.Array]:
    """Those columns, a value a run."""
    place = {name: number for number, name in enumerate(plan.configs)}
    treatment = pa.array([place[run.treatment] for run in runs])
    of = {"treatment": list(plan.configs)}
    of |= {key: [_cell(config, key) for config in plan.configs.values()] for key in plan.keys}
    out = {name: pa.array(values, kinds[name]).take(treatment) for name, values in of.items()}
    seeds = pa.array([run.seed for run in runs], kinds["seed"])
    return {name: seeds if name == "seed" else out[name] for name in kinds}


def _own(plan: Plan, run: PlannedRun, kinds: Mapping[str, pa.DataType], rows: int) -> dict[str, pa.Array]:
    """Those columns of one run."""
    own = {"treatment": run.treatment, "seed": run.seed, **{key: _cell(run.config, key) for key in plan.keys}}
    return {name: pa.array([value] * rows, kinds[name]) for name, value in own.items()}


def _cell(config: RunConfig, key: str) -> Any:
    value = selection.named(config.selection) if key == selection.KEY else plain(config, key)
    return "+".join(map(str, value)) or "none" if isinstance(value, list) else value
