"""Rows as immutable Parquet parts: their schema, their encoding, and when small ones are merged.

Call `table` for rows, `encode` for a file of them, `to_merge` before writing, `feed` for a digest.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alife import schema
from alife.format.parquet import ARROW, decode
from alife.format.stored import columns

__all__ = ["ARROW", "FULL", "columns", "decode", "encode", "feed", "table", "to_merge"]

FULL = 100_000
"""Rows from which a part is never rewritten."""
_FANOUT = 8
_DICTIONARY = ("island", "from_island", "to_island", "n_offspring", "cause_of_death", "accuracy", "newborn_accuracy")
_SPLIT = ("ancestor_id", schema.SECOND)


def table(rows: Mapping[str, np.ndarray], want: Mapping[str, str], generation: int) -> pa.Table:
    """Rows of one generation, checked, as a table.

    Args:
        rows: Equally long arrays, one a column.
        want: Columns and dtypes.
        generation: That of every row.

    Raises:
        ValueError: Columns, lengths, dtypes or generations are not those of the schema.
    """
    if rows.keys() != want.keys():
        raise ValueError(f"columns {sorted(rows.keys() ^ want.keys())} are missing or unknown")
    arrays = {name: _column(name, np.asarray(rows[name]), dtype) for name, dtype in want.items()}
    if len({len(array) for array in arrays.values()}) != 1:
        raise ValueError(f"columns of different lengths: { {name: len(array) for name, array in arrays.items()} }")
    if (np.asarray(rows["generation"]) != generation).any():
        raise ValueError(f"rows of another generation than {generation}")
    if "id" in rows:
        ids = np.asarray(rows["id"])
        if len(np.unique(ids)) != len(ids):
            raise ValueError(f"an individual is there twice in generation {generation}")
        if (ids >> schema.SLOT_BITS & schema.MAX_GENERATIONS != generation).any():
            raise ValueError(f"an id is not of generation {generation}")
    return pa.table(arrays)


def encode(rows: pa.Table) -> bytes:
    """A table as one Parquet file."""
    dictionary = [name for name in rows.column_names if name in _DICTIONARY]
    encodings = {
        field.name: "BYTE_STREAM_SPLIT"
        if pa.types.is_floating(field.type) or field.name in _SPLIT
        else "DELTA_BINARY_PACKED"
        for field in rows.schema
        if field.name not in dictionary
    }
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        use_dictionary=dictionary,
        column_encoding=encodings,
        store_schema=False,
        write_statistics=["generation"],
    )
    return sink.getvalue().to_pybytes()


def feed(total: "hashlib._Hash", rows: pa.Table, first: int, last: int | None) -> None:
    """Add the births of a part to a digest: generation after generation, by ascending id, column after column."""
    columns = {name: rows[name].to_numpy() for name in rows.column_names}
    order = np.lexsort((columns["id"], columns["generation"]))
    generations = columns["generation"][order]
    low = np.searchsorted(generations, first)
    high = len(order) if last is None else np.searchsorted(generations, last, side="right")
    starts = [low, *(np.flatnonzero(np.diff(generations[low:high])) + 1 + low), high]
    columns = {name: values[order] for name, values in columns.items()}
    for start, stop in pairwise(starts):
        for values in columns.values():
            total.update(_bytes(values[start:stop]))


def to_merge(listed: Sequence[int], new: int, compact: bool = False) -> int:
    """How many of the last parts are to be merged with new rows into one.

    Parts grow by tiers of a factor of eight, and what reaches `FULL` rows stays: each row is rewritten a few times
    however long the run, and there are never more than some 45 parts that are not full.

    Args:
        listed: Rows of each part, in order of generation.
        new: Rows that come after them; 0 merges only if `compact`.
        compact: Merge all parts that are not full.
    """
    loose = _trailing(listed, FULL)
    rows = [*listed[len(listed) - loose :], new]
    if compact:
        return loose if new or loose > 1 else 0
    if sum(rows) >= FULL and new:
        return loose
    merged = 0
    for tier in range(1, 6):
        run = _trailing(rows, _FANOUT**tier)
        if new and run >= _FANOUT and sum(rows[-run:]) >= _FANOUT**tier:
            merged = run - 1
    return merged


def _trailing(rows: Sequence[int], limit: int) -> int:
    """How many of the last parts have fewer rows than `limit`."""
    return next((i for i, count in enumerate(reversed(rows)) if count >= limit), len(rows))


def _bytes(values: np.ndarray) -> bytes:
    if values.dtype.kind == "O":
        return "".join(f"{value}\n" for value in values).encode()
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def _column(name: str, values: np.ndarray, dtype: str) -> pa.Array:
    if values.ndim != 1:
        raise ValueError(f"{name}: shape {values.shape} is not one value a row")
    if dtype == "string":
        if not set(np.unique(values)) <= set(schema.CAUSES):
            raise ValueError(f"{name}: not among {schema.CAUSES}")
        return pa.array(values.tolist(), pa.string())
    if dtype == "float32":
        if values.dtype != np.float32:
            raise ValueError(f"{name}: {values.dtype}, not float32")
        return pa.array(np.where(np.isnan(values), np.float32(np.nan), values), pa.float32(), from_pandas=False)
    if values.dtype.kind not in "iu":
        raise ValueError(f"{name}: {values.dtype}, not {dtype}")
    limits = np.iinfo(dtype)
    if values.size and (values.min() < limits.min or values.max() > limits.max):
        raise ValueError(f"{name}: beyond {dtype}")
    return pa.array(values.astype(dtype), ARROW[dtype])
