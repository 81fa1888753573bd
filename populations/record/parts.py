"""Rows as immutable Parquet parts: their schema, their order and their encoding.

Call `table` for rows, `encode` for a file of them, `by_generation` for the rows of parts that overlap, `feed` for a
digest.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alife import schema
from alife.format.parquet import ARROW, decode
from alife.format.stored import columns, order

__all__ = ["ARROW", "FULL", "by_generation", "columns", "decode", "encode", "feed", "loose", "ordered", "table"]

FULL = 100_000
"""Rows from which a part is never rewritten."""
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


def ordered(kind: str, rows: pa.Table) -> pa.Table:
    """Rows in the order in which parts of their kind hold them, `schema.ROW_ORDER`."""
    places = order(kind, {name: rows[name].to_numpy() for name in schema.ROW_ORDER[kind]})
    return rows if places is None else rows.take(places)


def loose(listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the parts that a manifest lists which are not full, and may be merged."""
    return [entry for entry in listed if entry["rows"] < FULL]


def by_generation(
    entries: Sequence[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], pa.Table],
    first: int,
    last: int | None,
) -> Iterator[dict[str, np.ndarray]]:
    """Births of one generation after the other, by ascending id, of parts that may overlap.

    Args:
        entries: What the manifest lists of the parts.
        read: The rows of one. It is in memory from its first generation on to its last.
        first: The first generation wanted.
        last: The last; that of the record if None.

    Yields:
        Columns by name.
    """
    waiting = sorted((entry for entry in entries if entry["last"] >= first), key=lambda entry: -entry["first"])
    end = max((entry["last"] for entry in waiting), default=first - 1)
    opened: list[dict[str, np.ndarray]] = []
    for generation in range(first, (end if last is None else min(last, end)) + 1):
        while waiting and waiting[-1]["first"] <= generation:
            rows = ordered("births", read(waiting.pop()))
            opened.append({name: rows[name].to_numpy() for name in rows.column_names})
        spans = [np.searchsorted(each["generation"], [generation, generation + 1]) for each in opened]
        pieces = [
            {name: values[low:high] for name, values in each.items()}
            for each, (low, high) in zip(opened, spans, strict=True)
            if high > low
        ]
        opened = [each for each, (_, high) in zip(opened, spans, strict=True) if high < len(each["generation"])]
        if pieces:
            yield pieces[0] if len(pieces) == 1 else _joined(pieces)


def _joined(pieces: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    places = np.argsort(np.concatenate([piece["id"] for piece in pieces]), kind="stable")
    return {name: np.concatenate([piece[name] for piece in pieces])[places] for name in pieces[0]}


def feed(total: "hashlib._Hash", births: Mapping[str, np.ndarray]) -> None:
    """Add the births of a generation, by ascending id, to a digest: column after column."""
    for values in births.values():
        total.update(_bytes(values))


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
