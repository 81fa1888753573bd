"""The one tidy table of a sweep: the generations of all of its runs, with what their treatments set as columns."""

from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from alife import schema
from alife.config import RunConfig
from alife.errors import UserError
from populations import reading
from populations.plan import Plan, plain
from populations.storage import open_folder

TABLE: Final = "generations.parquet"


def table(plan: Plan, out: str) -> tuple[bytes, dict[str, str]]:
    """All committed generations of all runs of a sweep.

    Returns:
        (one Parquet file, one line for each run that cannot be read and is not in it). Columns: treatment, seed, the
        keys that treatments set, `schema.GENERATIONS`; rows by treatment, seed, generation and island.
    """
    settings = {key: pa.array([_cell(config, key) for config in plan.configs.values()]) for key in plan.keys}
    kinds: dict[str, pa.DataType] = {"treatment": pa.string(), "seed": pa.int64()}
    kinds |= {key: pa.string() if pa.types.is_null(values.type) else values.type for key, values in settings.items()}
    stored = {name: pa.type_for_alias(dtype) for name, dtype in schema.GENERATIONS.items()}
    columns = pa.schema([*kinds.items(), *stored.items()])
    order = list(plan.configs)
    sink, unread = pa.BufferOutputStream(), {}
    with pq.ParquetWriter(sink, columns, compression="zstd") as writer:
        for run in sorted(plan.runs(), key=lambda run: (order.index(run.treatment), run.seed)):
            try:
                rows = _generations(f"{out}/runs/{run.name}")
            except UserError as error:
                unread[run.name] = str(error)
                continue
            own = {"treatment": run.treatment, "seed": run.seed, **{key: _cell(run.config, key) for key in plan.keys}}
            left = {name: pa.array([value] * len(rows), kinds[name]) for name, value in own.items()}
            writer.write_table(pa.table({**left, **{name: rows[name] for name in stored}}, columns))
    return sink.getvalue().to_pybytes(), unread


def _generations(uri: str) -> pa.Table:
    """`schema.GENERATIONS` of a run, in order; no rows if it has not begun."""
    want = schema.GENERATIONS
    none = pa.table({name: pa.array([], pa.type_for_alias(dtype)) for name, dtype in want.items()})
    if not reading.exists(uri):
        return none
    folder = open_folder(uri)
    listed = reading.fetch_manifest(folder)[0]["parts"]["generations"]
    return pa.concat_tables([none, *(reading.read_part(folder, entry, want) for entry in listed)])


def _cell(config: RunConfig, key: str) -> Any:
    value = plain(config, key)
    return "+".join(map(str, value)) or "none" if isinstance(value, list) else value
