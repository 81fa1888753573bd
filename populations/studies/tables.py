"""The tidy tables of a sweep: the generations of all of its runs, and all lives of its assays, with what treatments set
as columns.

Call `table` for the generations of all runs, `assays_table` for the lives of all assays.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution import selection
from alife.format import summary, tested
from populations.record import parts, reader
from populations.record.storage import Folder, explained, open_below, open_folder
from populations.studies.plan import Plan, PlannedRun, plain

TABLE: Final = "generations.parquet"
ASSAYS: Final = "assays.parquet"
TESTED: Final = "test_accuracy_median"


def table(plan: Plan, out: str) -> tuple[bytes, dict[str, str]]:
    """All committed generations of all runs of a sweep.

    Returns:
        (one Parquet file, one line for each run that cannot be read and is not in it). Columns: treatment, seed, the
        keys that treatments set, `schema.GENERATIONS`, the same of measures of the runs' own (NaN of runs without),
        and test_accuracy_median, of those that lived to the end of a
        generation that a run ended with, NaN of others; rows by treatment, seed, generation and island.
    """
    kinds = _kinds(plan)
    own = _measures(plan)
    want = {**schema.generation_columns({"name": name} for name in own), TESTED: "float32"}
    stored = {name: pa.type_for_alias(dtype) for name, dtype in want.items()}
    columns = pa.schema([*kinds.items(), *stored.items()])
    sink, unread = pa.BufferOutputStream(), {}
    with pq.ParquetWriter(sink, columns, compression="zstd") as writer:
        for run in _ordered(plan):
            try:
                rows = _generations(f"{out}/runs/{run.name}", run.config, own)
            except UserError as error:
                unread[run.name] = str(error)
                continue
            whose = _own(plan, run, kinds, len(rows))
            writer.write_table(pa.table({**whose, **{name: rows[name] for name in stored}}, columns))
    return sink.getvalue().to_pybytes(), unread


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
    order = list(plan.configs)
    return sorted(plan.runs(), key=lambda run: (order.index(run.treatment), run.seed))


def _kinds(plan: Plan) -> dict[str, pa.DataType]:
    """Columns that say whose a row is."""
    settings = {key: pa.array([_cell(config, key) for config in plan.configs.values()]) for key in plan.keys}
    kinds: dict[str, pa.DataType] = {"treatment": pa.string(), "seed": pa.int64()}
    return kinds | {key: pa.string() if pa.types.is_null(v.type) else v.type for key, v in settings.items()}


def _own(plan: Plan, run: PlannedRun, kinds: dict[str, pa.DataType], rows: int) -> dict[str, pa.Array]:
    """Those columns of one run."""
    own = {"treatment": run.treatment, "seed": run.seed, **{key: _cell(run.config, key) for key in plan.keys}}
    return {name: pa.array([value] * rows, kinds[name]) for name, value in own.items()}


def _measures(plan: Plan) -> list[str]:
    """Columns of measures of their own that any run of a sweep has."""
    asked = (config.measures.items() for config in plan.configs.values())
    return list(dict.fromkeys(name for each in asked for name, how in each if how.object is not None))


def _generations(uri: str, config: RunConfig, own: Sequence[str] = ()) -> pa.Table:
    """`schema.GENERATIONS` of a run, in order, the same of measures, and `TESTED`; no rows if it has not begun.

    Rows of format 1 that count the early dead are computed again from births.
    """
    want = schema.generation_columns({"name": name} for name in own)
    none = pa.table({name: pa.array([], pa.type_for_alias(dtype)) for name, dtype in want.items()})
    if not reader.exists(uri):
        return none.append_column(TESTED, pa.array([], pa.float32()))
    folder = open_folder(uri)
    manifest = reader.fetch_manifest(folder)[0]
    stored, listed = parts.columns("generations", config, manifest), manifest["parts"]["generations"]
    tables = [reader.read_part(folder, entry, stored, config) for entry in listed]
    tables = [_filled(part, [name for name in want if name not in stored]).select(list(want)) for part in tables]
    table = parts.ordered("generations", pa.concat_tables([none, *tables]))
    columns = {name: table[name].to_numpy() for name in want}
    outdated = summary.outdated(columns, manifest)
    if outdated.any():
        columns = summary.renewed(columns, _births(folder, manifest, config), outdated)
    return pa.table({**columns, TESTED: _tested(folder, manifest, config, columns)})


def _filled(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The table with columns of NaN beside, in the order of `names`."""
    for name in names:
        table = table.append_column(name, pa.array(np.full(len(table), np.nan, np.float32)))
    return table


def _tested(
    folder: Folder, manifest: Mapping[str, Any], config: RunConfig, columns: Mapping[str, np.ndarray]
) -> NDArray[np.float32]:
    """[rows] median test accuracy of those that lived to the end, NaN where it was not measured."""
    out = np.full(len(columns["generation"]), np.nan, np.float32)
    most = config.population.islands * config.population.size
    for generation in tested.listed(folder.ls(), manifest["generation"]):
        name = tested.file_name(generation)
        with explained(folder, f"reading {name}"):
            content = folder.read(name, tested.LARGEST * (most + 1))
        try:
            found = tested.parse(content, generation, most).accuracy
        except ValueError:
            raise UserError(f"{folder.uri}/{name}: damaged: restore it from a copy, or remove it") from None
        births = _births(folder, manifest, config, generation)
        home = {int(i): int(island) for i, island in zip(births["id"], births["island"], strict=True)}
        for row in np.flatnonzero(columns["generation"] == generation):
            values = [value for i, value in found.items() if home.get(i) == columns["island"][row]]
            out[row] = np.median(values) if values else np.nan
    return out


def _births(
    folder: Folder, manifest: Mapping[str, Any], config: RunConfig, generation: int | None = None
) -> dict[str, np.ndarray]:
    """Columns of all births, or of the parts that hold a generation."""
    listed = [
        entry
        for entry in manifest["parts"]["births"]
        if generation is None or entry["first"] <= generation <= entry["last"]
    ]
    stored, names = parts.columns("births", config, manifest), ["id", *summary.NEEDED]
    tables = [reader.read_part(folder, entry, stored, config).select(names) for entry in listed]
    births = pa.concat_tables(tables)
    return {name: births[name].to_numpy() for name in births.column_names}


def _cell(config: RunConfig, key: str) -> Any:
    value = selection.named(config.selection) if key == selection.KEY else plain(config, key)
    return "+".join(map(str, value)) or "none" if isinstance(value, list) else value
