"""What a run of a sweep has in the sweep's table: the generations that it has committed. Call `run_rows`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.format import manifest as manifests
from alife.format import summary, tested
from populations.record import parts, reader
from populations.record.storage import Folder, explained, open_folder

TESTED: Final = "test_accuracy_median"


def columns(own: Sequence[str] = ()) -> dict[str, str]:
    """Columns and dtypes, of a sweep whose runs have these measures of their own."""
    return {**schema.generation_columns({"name": name} for name in own), TESTED: "float32"}


def run_rows(uri: str, config: RunConfig, own: Sequence[str] = ()) -> pa.Table:
    """`columns` of a run, in order; no rows if it has not begun.

    Rows of format 1 that count the early dead are computed again from births.

    Args:
        uri: The run folder.
        config: The run's.
        own: Measures of their own that runs of the sweep have; NaN where this one has none.

    Raises:
        UserError: The run is damaged, or cannot be read.
    """
    want = schema.generation_columns({"name": name} for name in own)
    none = pa.table({name: pa.array([], pa.type_for_alias(dtype)) for name, dtype in want.items()})
    folder = open_folder(uri)
    manifest = begun(folder)
    if manifest is None:
        return none.append_column(TESTED, pa.array([], pa.float32()))
    stored, listed = parts.columns("generations", config, manifest), manifest["parts"]["generations"]
    tables = [reader.read_part(folder, entry, stored, config) for entry in listed]
    tables = [_filled(part, [name for name in want if name not in stored]).select(list(want)) for part in tables]
    table = parts.ordered("generations", pa.concat_tables([none, *tables]))
    found = {name: table[name].to_numpy() for name in want}
    outdated = summary.outdated(found, manifest)
    if outdated.any():
        found = summary.renewed(found, _births(folder, manifest, config), outdated)
    return pa.table({**found, TESTED: _tested(folder, manifest, config, found)})


def begun(folder: Folder) -> dict[str, Any] | None:
    """The manifest of a run that has at least stored its founders, in one request; None where there is none.

    Raises:
        UserError: It is damaged or of another format.
    """
    with explained(folder, f"reading {manifests.NAME}"):
        try:
            data = folder.read(manifests.NAME, manifests.MOST)
        except (FileNotFoundError, NotADirectoryError):
            return None
    content = manifests.parse(data, f"{folder.uri}/{manifests.NAME}")
    return None if reader.unbegun(content) else content


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
