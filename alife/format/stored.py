"""The files of a run folder beside its manifest: what they must be to be believed, for whoever reads a run.

`parse_stored_config` and `parse_part` take bytes and what `alife.format.manifest` says of them, `columns` says what a
part holds and `order` how its rows lie; `missing` is what to say where there is no run.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alife import schema
from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import load_yaml
from alife.errors import UserError, damaged
from alife.format import files, parquet
from alife.format.manifest import NAME as MANIFEST

CONFIG: Final = "config.yaml"

MOST_CONFIG: Final = 1 << 16


def parse_stored_config(data: bytes, manifest: Mapping[str, Any], source: str) -> RunConfig:
    """The configuration that a manifest vouches for.

    Args:
        data: config.yaml.
        manifest: As of `alife.format.manifest.parse`.
        source: The file, as errors are to name it.

    Raises:
        UserError: It is not what was written, or no configuration of a run.
    """
    if schema.seal(data) not in [dict(entry) for entry in manifest["config"]]:
        raise UserError(
            f"{source}: damaged or edited: its SHA-256 is not the one in {MANIFEST}: restore it from a copy"
        )
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise damaged(source, "not UTF-8") from None
    tree = load_yaml(text, source)
    if missing := [key for key in _COMPLETE if key not in tree]:
        raise damaged(source, f"no {missing[0]}: not the complete configuration of a run")
    config = parse_config(tree, source)
    if config.seed != manifest["seed"]:
        raise damaged(source, f"seed {config.seed} is not the {manifest['seed']} of {MANIFEST}")
    if config.generations <= manifest["generation"]:
        raise damaged(source, f"generations: {config.generations}, and {MANIFEST} has one more than that")
    return config


def columns(kind: str, config: RunConfig, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Columns and dtypes of a kind of part of a run: one of `schema.ROWS`."""
    if kind == "births":
        rules = config.reproduction
        survivors, crossover = config.selection.survivors > 0, rules.crossover > 0
        return schema.birth_columns(rules.heritable, manifest["columns"], survivors, crossover)
    return schema.generation_columns(manifest["columns"]) if kind == "generations" else dict(schema.MIGRATIONS)


def order(kind: str, columns: Mapping[str, Any]) -> NDArray[np.int64] | None:
    """[rows] positions of rows of a kind in the order of `schema.ROW_ORDER`; None if they are in it already.

    Args:
        kind: One of `schema.ROWS`.
        columns: [rows] each, by name.
    """
    keys = [np.asarray(columns[name]) for name in schema.ROW_ORDER[kind]]
    order = np.lexsort(keys[::-1])
    return None if (order == np.arange(len(order))).all() else order


def parse_part(
    data: bytes,
    entry: Mapping[str, Any],
    config: RunConfig,
    columns: Mapping[str, str],
    source: str,
    only: Collection[str] | None = None,
) -> pa.Table:
    """The rows of a part that a manifest lists.

    Args:
        data: The whole file.
        entry: What the manifest says of it.
        config: The run's.
        columns: And dtypes, as of `schema`.
        source: The file, as errors are to name it.
        only: Columns to read, with `id`, `generation` and islands; all if None.

    Raises:
        UserError: It is damaged, or its rows are none that a run with this configuration writes.
    """
    check_seal(data, entry, source)
    rows = parquet.decode(data, columns, source, entry["rows"], None if only is None else {*only, *_PLACES})
    if problem := _row_problem(rows, entry, config.population.islands):
        raise damaged(source, problem)
    return rows


def missing(uri: str, ls: Callable[[str], files.Names]) -> UserError:
    """What to say where somebody looks for a run and there is no manifest.

    Args:
        uri: The folder, as given.
        ls: What lies in it, or in a folder below it.
    """
    try:
        names = ls("")
        folders = [name for name, size in sorted(names.items())[:_LOOKED_AT] if size is None]
        below = [name for name in folders if MANIFEST in {each.rpartition("/")[2] for each in ls(name)}]
    except NotADirectoryError:
        return UserError(f"{uri}: there is no run here: it is a file, and a run is a folder{NAME_ONE}")
    except OSError as error:
        return UserError(f"{uri}: there is no run here: {' '.join((error.strerror or str(error)).split())}{NAME_ONE}")
    if "sweep.yaml" in names:
        runs = f"{uri.rstrip('/')}/runs/*/*"
        return UserError(f"{uri}: is a sweep, not a run: its runs are {runs}; 'alife report' and 'status' take it")
    if "paper.json" in names:
        return UserError(f"{uri}: holds results of 'alife paper', and no run{NAME_ONE}")
    if below:
        which = f"{len(below)} runs" if len(below) > 1 else "a run"
        return UserError(f"{uri}: is no run, but holds {which}: name one, as {uri.rstrip('/')}/{below[0]}")
    if not names:
        return UserError(f"{uri}: there is no run here: no such folder, or an empty one{NAME_ONE}")
    return UserError(f"{uri}: there is no run here: no {MANIFEST}{NAME_ONE}")


def check_seal(data: bytes, entry: Mapping[str, Any], source: str) -> None:
    """Make sure that a file is the one that the manifest lists.

    Raises:
        UserError: It is not.
    """
    if len(data) < entry["size"]:
        raise damaged(source, f"{len(data)} bytes instead of {entry['size']}")
    if schema.seal(data) != {key: entry[key] for key in ("size", "sha256")}:
        raise damaged(source, f"its SHA-256 is not the one in {MANIFEST}")


def _row_problem(rows: pa.Table, entry: Mapping[str, Any], islands: int) -> str:
    """What no run writes into a part, or nothing."""
    columns = {name: rows[name].to_numpy() for name in rows.column_names if name in _PLACES}
    generation = columns["generation"]
    if not len(rows) or generation.min() != entry["first"] or generation.max() != entry["last"]:
        return "its rows are not those that the manifest lists: other generations"
    if "id" in columns:
        ids = columns["id"]
        columns["island of conception"] = ids >> schema.GENERATION_BITS + schema.SLOT_BITS
        if (ids < 0).any() or (ids >> schema.SLOT_BITS & schema.MAX_GENERATIONS != generation).any():
            return "an id is not of its generation"
    for name, values in columns.items():
        if "island" in name and (values.min() < 0 or values.max() >= islands):
            return f"{name}: not within the {islands} of this run"
    return ""


NAME_ONE: Final = ": name a run's folder"
"""What to do where there is no run."""

_LOOKED_AT: Final = 200
"""Folders below one that is no run, in which a run is looked for."""

_PLACES: Final = ("id", "generation", "island", "from_island", "to_island")
_COMPLETE: Final = ("task", "generations", "life", "reproduction", "selection", "population", "migration")
"""Keys without which nothing can be said of a run."""
