"""What workers write of a run, each for its own islands: parts of rows, and shards of checkpoints.

`seal` writes them and says what the manifest is to list, `thaw` reads newborns again, `merges` says which parts are
small and `merge` makes one of several. Nothing here knows the folder: whoever calls hands in how to put and read files.
"""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution.reproduction import Newborns
from alife.format import checkpoints, stored
from alife.format.shards import Read, ranges, thaw
from populations.record import parts

__all__ = ["Entry", "Put", "Read", "merge", "merges", "seal", "thaw"]

Put = Callable[[str, bytes], None]
"""Writes a new file in the run folder, durably: its name and content."""

Entry = dict[str, Any]
"""What the manifest lists of a file."""

_FANOUT: Final = 8
_TIERS: Final = 6
"""Tiers of parts that are not full: of 1 to 7 rows, of 8 to 63, …, of 32,768 to `parts.FULL`."""


def seal(
    put: Put,
    mark: str,
    config: RunConfig,
    columns: Sequence[Mapping[str, Any]],
    generation: int,
    newborns: Mapping[int, Newborns],
    meta: Mapping[str, Any],
    rows: Mapping[str, Sequence[pa.Table]],
) -> dict[str, list[Entry]]:
    """Write rows and newborns of some islands.

    Args:
        put: Of the run folder.
        mark: What the files' names end with, as of `Recorder.mark`; no other call has it.
        config: The run's.
        columns: The manifest's.
        generation: That of the newborns, which are not born yet.
        newborns: By island; none writes no shard.
        meta: JSON values that come back with them, the same in all shards of a generation.
        rows: Tables as of `populations.record.parts.table` by kind, of one generation or several each.

    Returns:
        What the manifest is to list of each kind of file that was written.

    Raises:
        ValueError: Rows or newborns are not what a run writes; nothing has been written.
    """
    tables = {kind: pa.concat_tables(rows[kind]) for kind in schema.ROWS if rows.get(kind)}
    for kind, table in tables.items():
        if table.column_names != list(parts.columns(kind, config, {"columns": columns})):
            raise ValueError(f"{kind}: columns {table.column_names} are not those of this run")
    data = checkpoints.encode(generation, newborns, meta) if newborns else b""
    sealed = {kind: [_write(put, mark, kind, table)] for kind, table in tables.items() if len(table)}
    if newborns:
        name = f"checkpoints/{generation:07d}-{mark}.safetensors"
        put(name, data)
        entry = {"name": name, **schema.seal(data), "generation": generation, "islands": ranges(newborns)}
        sealed["checkpoints"] = [entry]
    return sealed


def merge(
    put: Put,
    read: Read,
    mark: str,
    config: RunConfig,
    columns: Sequence[Mapping[str, Any]],
    kind: str,
    entries: Sequence[Mapping[str, Any]],
    source: str = "",
) -> Entry:
    """Write the rows of several parts as one.

    Args:
        put: Of the run folder.
        read: Likewise.
        mark: As of `seal`, another one.
        config: The run's.
        columns: The manifest's.
        kind: One of `schema.ROWS`.
        entries: What the manifest lists of the parts.
        source: The run folder, as errors are to name it.

    Returns:
        What it is to list in their place.

    Raises:
        UserError: A part is damaged; nothing has been written.
    """
    want = parts.columns(kind, config, {"columns": columns})
    tables = []
    for entry in entries:
        data, path = read(entry["name"], entry["size"]), posixpath.join(source, entry["name"])
        tables.append(stored.parse_part(data, entry, config, want, path))
    return _write(put, mark, kind, pa.concat_tables(tables))


def merges(listed: Sequence[Entry], compact: bool = False) -> list[list[Entry]]:
    """Which parts of a kind are to be merged now, each group into one.

    Parts are in tiers of a factor of eight by their rows, and those of a tier that has eight or more are merged, so
    that each goes up by a tier at least: a row is rewritten six times at most, and no more than 42 parts that are not
    full are left. A part of `parts.FULL` rows stays. No group has much more rows than that takes.

    Args:
        listed: What the manifest lists of the kind.
        compact: Merge all that are not full, so that one such part is left at most.
    """
    loose = sorted(parts.loose(listed), key=lambda entry: (entry["first"], entry["last"], entry["name"]))
    if compact:
        full, rest = _filled([[entry] for entry in loose])
        runs = [*full[:-1], full[-1] + rest] if full else [rest]
        return [_flat(run) for run in runs if len(run) > 1]
    tiers: list[list[list[Entry]]] = [[] for _ in range(_TIERS + 1)]
    for entry in loose:
        tiers[_tier([entry])].append([entry])
    for tier in range(_TIERS):
        if len(tiers[tier]) < _FANOUT:
            continue
        full, rest = _filled(sorted(tiers[tier], key=lambda group: int(group[0]["first"])))
        enough = len(rest) >= _FANOUT
        tiers[tier] = [] if enough else rest
        for run in [*full, rest] if enough else full:
            tiers[_tier(_flat(run))].append(_flat(run))
    return [group for tier in tiers for group in tier if len(group) > 1]


def _filled(groups: Sequence[list[Entry]]) -> tuple[list[list[list[Entry]]], list[list[Entry]]]:
    """Groups in runs of `parts.FULL` rows or a few more each, and those that are left, which have fewer."""
    runs: list[list[list[Entry]]] = [[]]
    rows = 0
    for group in groups:
        runs[-1].append(group)
        rows += _rows(group)
        if rows >= parts.FULL:
            runs.append([])
            rows = 0
    return runs[:-1], runs[-1]


def _flat(groups: Sequence[list[Entry]]) -> list[Entry]:
    return [entry for group in groups for entry in group]


def _tier(group: Sequence[Entry]) -> int:
    """t of 8^t rows and more; the last of what is full."""
    rows = _rows(group)
    return _TIERS if rows >= parts.FULL else (rows.bit_length() - 1) // 3


def _rows(group: Sequence[Entry]) -> int:
    return sum(entry["rows"] for entry in group)


def _write(put: Put, mark: str, kind: str, rows: pa.Table) -> Entry:
    ordered = parts.ordered(kind, rows)
    first, last = ordered["generation"][0].as_py(), ordered["generation"][-1].as_py()
    name = f"{kind}/{first:07d}-{last:07d}-{mark}.parquet"
    data = parts.encode(ordered)
    put(name, data)
    return {"name": name, **schema.seal(data), "rows": len(ordered), "first": first, "last": last}
