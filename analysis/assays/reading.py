"""`read` gives the tables of RUN/assays/NAME-G.parquet, and what was done."""

import json
from typing import Any, Final

import pandas as pd
import pyarrow.compute as pc

from alife.errors import UserError
from alife.format import parquet
from analysis.data.source import Source

MOST: Final = 1 << 32
"""Bytes of an assay's table at most."""
MOST_EXPERIMENTS: Final = 20


def read(uri: str, name: str, generation: int) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The tables of an assay by experiment, and what was done.

    Raises:
        UserError: There is no such assay, or its file is damaged.
    """
    file = f"assays/{name}-{generation}.parquet"
    source = f"{uri.rstrip('/')}/{file}"
    try:
        data = Source(uri).fetch(file, MOST)
    except FileNotFoundError:
        raise UserError(f"{source}: no such assay: make it with 'alife assay {uri} {name}'") from None
    table = parquet.load(data, source)
    try:
        about = json.loads((table.schema.metadata or {})[b"alife"])
        experiments = table.column("experiment").unique().to_pylist()
        if not isinstance(about, dict) or len(experiments) > MOST_EXPERIMENTS:
            raise ValueError("its metadata are not those of an assay")
    except (KeyError, ValueError, RecursionError) as error:
        raise UserError(
            f"{source}: not an assay's table: {' '.join(str(error).split())[:200]}: restore it from a copy"
        ) from None
    frames = {}
    for experiment in experiments:
        rows = table.filter(pc.equal(table.column("experiment"), experiment)).drop_columns(["experiment"])
        known = [name for name in rows.column_names if rows.column(name).null_count < len(rows)]
        frames[experiment] = rows.select(known).to_pandas()
    return frames, about
