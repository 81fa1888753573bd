"""Parquet that somebody else may have written: decoded only if it says beforehand that it is what a record holds.

Call `decode` for a part's bytes, `load` for a table of an assay.
"""

from collections.abc import Collection, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from alife import schema
from alife.errors import damaged
from alife.format import pages

ARROW: Final = {"int64": pa.int64(), "int32": pa.int32(), "float32": pa.float32(), "string": pa.string()}
"""Arrow's types for the dtypes of `alife.schema`."""

_READ: Final = {**ARROW, "string": pa.dictionary(pa.int32(), pa.string())}
_SWELL: Final = 200
"""By which a file of equal numbers may grow when it is unpacked."""
_LONGEST: Final = 200
"""Characters of a text in a table."""
_LIMITS: Final = {"thrift_string_size_limit": 1 << 20, "thrift_container_size_limit": 1 << 16}


def decode(
    data: bytes, want: Mapping[str, str], source: str, rows: int | None = None, only: Collection[str] | None = None
) -> pa.Table:
    """Rows of a record.

    Args:
        data: A whole file.
        want: Columns and dtypes, in order; texts are among `schema.CAUSES`.
        source: The file, as errors are to name it.
        rows: How many there have to be; any number that such a file may hold if None.
        only: Columns to read; all if None.

    Raises:
        UserError: It is no Parquet, or not with these columns and rows, or its pages are larger than they need be.
    """
    texts = [name for name, dtype in want.items() if dtype == "string"]
    try:
        announced = pages.sizes(data)
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts, **_LIMITS)
        stored = {schema.present(name): name for name in file.schema_arrow.names}
        if problem := _unlike(_now(file.schema_arrow), want) or _oversize(announced, len(data), want, rows):
            raise damaged(source, problem)
        # not pq.read_table, whose threads may hold the bytes until Python is gone, and then abort it
        read = [name for name in want if only is None or name in only]
        table = file.read([stored[name] for name in read], use_threads=False).rename_columns(read)
        table.validate(full=True)
        for name in set(texts) & set(read):
            table = table.set_column(table.column_names.index(name), name, _texts(table[name]))
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        why = " ".join(str(error).split())[:200]
        raise damaged(source, f"not readable as Parquet: {why}") from None
    if any(column.null_count for column in table.columns):
        raise damaged(source, "its columns are not those of this run: a value is missing")
    return table


def load(data: bytes, source: str) -> pa.Table:
    """A table of numbers and short texts, as assays leave them, with any columns.

    Raises:
        UserError: It is no Parquet, holds anything else, or becomes much larger than a table of its size would.
    """
    try:
        announced = pages.sizes(data)
        texts = _texts_of(_now(pq.ParquetFile(pa.BufferReader(data), **_LIMITS).schema_arrow))
        if announced.unpacked > pages.ROOM + _SWELL * len(data) or announced.rows > schema.most_rows(len(data)):
            raise ValueError(f"{announced.rows} rows of {announced.unpacked} bytes in {len(data)}")
        table = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts, **_LIMITS).read(use_threads=False)
        table.validate(full=True)
        for name in texts:
            words = (word for chunk in table[name].chunks for word in chunk.dictionary.to_pylist())
            if (longest := max(map(len, words), default=0)) > _LONGEST:
                raise ValueError(f"{name}: a text of {longest} characters")
            table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.string()))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, MemoryError) as error:
        raise damaged(source, f"not readable as a table: {' '.join(str(error).split())[:200]}") from None
    named = table.rename_columns([schema.present(name) for name in table.column_names])
    return named.replace_schema_metadata(table.schema.metadata)  # which renaming drops


def _now(found: pa.Schema) -> pa.Schema:
    """With the names that columns have now."""
    return pa.schema([field.with_name(schema.present(field.name)) for field in found])


def _texts_of(found: pa.Schema) -> list[str]:
    if len(set(found.names)) < len(found):
        raise ValueError("a column is there twice")
    for field in found:
        if not any(is_a(field.type) for is_a in (pa.types.is_primitive, pa.types.is_string)):
            raise ValueError(f"{field.name}: holds {field.type}")
    return [field.name for field in found if pa.types.is_string(field.type)]


def _unlike(found: pa.Schema, want: Mapping[str, str]) -> str:
    """Which column is not as it should be, or nothing."""
    there = {field.name: field.type for field in found}
    kinds = {name: _READ[dtype] for name, dtype in want.items()}
    if [(field.name, field.type) for field in found] == list(kinds.items()):
        return ""
    for name in {**kinds, **there}:
        if there.get(name) != kinds.get(name):
            return f"its columns are not those of this run: {name} is {there.get(name, 'absent')}"
    return "its columns are not those of this run: they are in another order"


def _oversize(announced: pages.Sizes, size: int, want: Mapping[str, str], rows: int | None) -> str:
    """What is wrong with the sizes that a file of `size` bytes announces, or nothing."""
    if rows is not None and announced.rows != rows:
        return f"{announced.rows} rows, and the manifest says {rows}"
    if announced.rows > schema.most_rows(size):
        return f"{announced.rows} rows in {size} bytes"
    room = pages.ROOM + announced.rows * sum(pages.WIDEST[dtype] for dtype in want.values())
    return "its pages are larger than its rows" if announced.unpacked > room else ""


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    for chunk in column.chunks:
        if unknown := set(chunk.dictionary.to_pylist()) - set(schema.CAUSES):
            raise ValueError(f"{str(min(map(str, unknown)))[:40]!r} is none of {', '.join(schema.CAUSES)}")
    return column.cast(pa.string())
