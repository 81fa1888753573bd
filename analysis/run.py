"""A run folder as tidy data frames: what the manifest lists, checked against the schema, with derived columns."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray

from alife import schema, selection, summary, tested
from alife.errors import UserError
from alife.tested import OnTestImages
from alife.words import count

Read = Callable[[str], bytes]

RELOADS = 10
"""How often a manifest may be replaced under the reader (a writer that merges parts) before it gives up."""

CAUSE = pd.CategoricalDtype(list(schema.CAUSES))

DERIVED = ("replication_loss", "fitness", "birth_island", "test_accuracy")
"""Columns of `Run.births` that are computed on load and never stored."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a run folder says.

    Attributes:
        path: The folder or its address, as given.
        config: The resolved configuration, nested.
        manifest: The manifest as it was when the parts were read.
        births: `schema.birth_columns` and `DERIVED`, by generation; no rows if loaded with `births=False`.
        migrations: `schema.MIGRATIONS`.
        generations: `schema.GENERATIONS`, by generation. Statistics are over those that lived to the end; see
            `outdated`.
        tests: Scores on test images, by generation: of each that the run has ended with.
    """

    path: str
    config: dict[str, Any]
    manifest: dict[str, Any]
    births: pd.DataFrame
    migrations: pd.DataFrame
    generations: pd.DataFrame
    tests: tuple[OnTestImages, ...] = ()

    def __repr__(self) -> str:
        """A line: where it is and how far."""
        done = f"{self.last + 1:,} of {count(self.setting('generations'), 'generation')}"
        born = count(int(self.generations["size"].sum()), "birth") if len(self.generations) else "no births"
        return f"<Run {self.path}: {self.manifest['status']}, {done}, {born}>"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return name_of(self.path)

    @property
    def last(self) -> int:
        """The last committed generation, -1 if there is none."""
        return int(self.manifest["generation"])

    @property
    def first(self) -> int:
        """The first generation on record: 0, or the one that a fork thawed; `last` + 1 if there is none."""
        return int(self.generations["generation"].min()) if len(self.generations) else self.last + 1

    @property
    def outdated(self) -> str:
        """What to say where `generations` counts the early dead: rows of format 1, read without births. Else ""."""
        rows = summary.outdated(_columns(self.generations), self.manifest)
        if not self.births.empty or not rows.any():
            return ""
        there = self.generations["generation"][rows]
        return f"statistics of generations {there.min()} to {there.max()} count those that died early"

    def setting(self, key: str) -> Any:
        """The value of a dotted configuration key, as in "life.task_weight"."""
        return setting(self.config, key, self.path)


def name_of(path: str) -> str:
    """The last part of a run's path."""
    return PurePosixPath(path.rstrip("/")).name or path


def load_run(uri: str | os.PathLike[str], births: bool = True) -> Run:
    """Read a run folder, finished or still being written.

    Args:
        uri: A local folder, or an address that fsspec understands (s3://…, memory://…).
        births: False leaves the table of individuals out; a long run's generations are enough for its trajectories.

    Raises:
        UserError: No run folder, another format, or a part that is missing, truncated or not of the schema; it names
            the file.
    """
    path, read = os.fspath(uri), _reader(os.fspath(uri))
    text = read("manifest.json")
    for _ in range(RELOADS):
        try:
            return _load(path, read, text, births)
        except UserError:
            before, text = text, read("manifest.json")
            if text == before:
                raise
    raise UserError(f"{path}: its manifest was replaced {RELOADS} times while it was read: try again later")


def setting(config: Mapping[str, Any], key: str, source: str) -> Any:
    """The value of a dotted key in a nested configuration.

    Raises:
        UserError: The configuration has no such key.
    """
    value: Any = config
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise UserError(f"{source}: config.yaml has no {key}: it is not the complete configuration of a run")
        value = value[part]
    return value


def lived(births: pd.DataFrame) -> pd.DataFrame:
    """The rows of those that lived to the end of their generation: whom statistics of traits are over."""
    return births[(births["cause_of_death"] == schema.CAUSES[0]).to_numpy()]


def derive(
    births: pd.DataFrame, accuracy_weight: float, scheme: str, tests: Sequence[OnTestImages] = ()
) -> pd.DataFrame:
    """The births with `DERIVED` columns.

    replication_loss is L_SR = ρ·Σg² (Chang and Lipson 2018), float32. fitness is `alife.selection.fitness` within
    (generation, island) among those that did not die early, float32, NaN for the early dead. birth_island is where the
    individual was conceived, int32; `island` is where it lives. test_accuracy is that on the test images, float32, of
    those that lived to the end of a generation that was tested, else NaN.
    """
    conceived_on = births["id"].to_numpy() >> (schema.GENERATION_BITS + schema.SLOT_BITS)
    return births.assign(
        replication_loss=births["replication_error"] * births["genome_norm"],
        fitness=_fitness(births, accuracy_weight, scheme),
        birth_island=conceived_on.astype(np.int32),
        test_accuracy=_test_accuracy(births["id"].to_numpy(), tests),
    )


def _test_accuracy(ids: NDArray[np.int64], tests: Sequence[OnTestImages]) -> NDArray[np.float32]:
    out = np.full(len(ids), np.nan, np.float32)
    known = {identity: accuracy for tested in tests for identity, accuracy in tested.accuracy.items()}
    for row in np.flatnonzero(np.isin(ids, np.fromiter(known, np.int64, len(known)))).tolist():
        out[row] = known[int(ids[row])]
    return out


def _fitness(births: pd.DataFrame, accuracy_weight: float, scheme: str) -> NDArray[np.float32]:
    """Demes of equal size are scored together, a row each."""
    dead = (births["cause_of_death"] != schema.CAUSES[0]).to_numpy()
    accuracy, error = (np.where(dead, np.nan, births[trait]) for trait in ("accuracy", "replication_error"))
    deme = births["generation"].to_numpy(np.int64) << schema.ISLAND_BITS | births["island"].to_numpy(np.int64)
    order = np.argsort(deme, kind="stable")
    starts = np.flatnonzero(np.diff(deme[order], prepend=-1))
    sizes = np.diff(starts, append=len(deme))
    out = np.full(len(births), np.nan, np.float32)
    for size in np.unique(sizes):
        rows = order[starts[sizes == size][:, None] + np.arange(size)]
        out[rows] = selection.fitness(accuracy[rows], error[rows], accuracy_weight, scheme)
    out[dead] = np.nan
    return out


def _located(uri: str) -> tuple[Any, str]:
    """The file system that a run lies on, and its folder there."""
    if "://" in uri:
        try:
            files, root = fsspec.core.url_to_fs(uri)
        except ImportError as error:
            raise UserError(f"{uri}: {error}: install the extra 's3', or copy the run to this machine") from None
        except ValueError as error:
            raise UserError(f"{uri}: {error}") from None
    else:
        files, root = fsspec.filesystem("file"), os.path.abspath(os.path.expanduser(uri))
    return files, root.rstrip("/")


def _reader(uri: str) -> Read:
    files, root = _located(uri)

    def read(name: str) -> bytes:
        files.invalidate_cache()
        try:
            return files.cat_file(f"{root}/{name}")
        except (FileNotFoundError, NotADirectoryError):
            if name == "manifest.json":
                raise UserError(f"{uri}: no manifest.json there: not the folder of a run") from None
            raise UserError(f"{uri}/{name}: missing: the folder is not complete, copy it again") from None
        except Exception as error:  # each storage has its own classes: access denied, no credentials, no route
            raise UserError(f"{uri}/{name}: cannot be read: {' '.join(str(error).split())}") from None

    return read


def _load(path: str, read: Read, text: bytes, with_births: bool) -> Run:
    manifest = _manifest(path, text)
    config = _config(path, read("config.yaml"), manifest)
    columns = schema.birth_columns(setting(config, "reproduction.heritable", path))
    births = _frame(path, read, manifest["parts"]["births"] if with_births else [], columns)
    weight, scheme = (setting(config, f"selection.{key}", path) for key in ("accuracy_weight", "scheme"))
    generations = _frame(path, read, manifest["parts"]["generations"], schema.GENERATIONS)
    rows = summary.outdated(_columns(generations), manifest)
    tests = _tests(path, read, manifest, config)
    if len(births) and rows.any():
        generations = pd.DataFrame(summary.renewed(_columns(generations), _columns(births), rows))
    return Run(
        path=path,
        config=config,
        manifest=manifest,
        births=derive(births, weight, scheme, tests),
        migrations=_frame(path, read, manifest["parts"]["migrations"], schema.MIGRATIONS),
        generations=generations,
        tests=tests,
    )


def _tests(path: str, read: Read, manifest: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[OnTestImages, ...]:
    files, root = _located(path)
    most = int(setting(config, "population.islands", path)) * int(setting(config, "population.size", path))
    found = []
    for generation in tested.listed(_names(path, files, root), int(manifest["generation"])):
        name = tested.file_name(generation)
        try:
            found.append(tested.parse(read(name), generation, most))
        except ValueError:
            raise UserError(f"{path}/{name}: damaged: restore it from a copy, or remove it") from None
    return tuple(found)


def _names(path: str, files: Any, root: str) -> list[str]:
    try:
        return [PurePosixPath(name).name for name in files.ls(root, detail=False)]
    except Exception as error:  # as for reading
        raise UserError(f"{path}: cannot be listed: {' '.join(str(error).split())}") from None


def _columns(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    return {str(name): frame[name].to_numpy() for name in frame}


def _config(path: str, content: bytes, manifest: Mapping[str, Any]) -> Any:
    if schema.seal(content) not in manifest["config"]:
        raise UserError(f"{path}/config.yaml: damaged or edited: restore it from a copy")
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UserError(f"{path}/config.yaml: not valid YAML: restore it from a copy") from None


def _manifest(path: str, text: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
        version = manifest["format"]
        if version in schema.READABLE:
            int(manifest["generation"]), int(manifest["seed"]), str(manifest["status"])
            for kind in schema.PART_KINDS:
                for part in manifest["parts"][kind]:
                    if not (part["name"].startswith(f"{kind}/") and ".." not in part["name"] and part["size"] >= 0):
                        raise ValueError
                    if kind != "checkpoints" and not (part["rows"] >= 0 and part["sha256"]):
                        raise ValueError
            if manifest["checksum"] != schema.manifest_checksum(manifest) or not manifest["config"]:
                raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(f"{path}/manifest.json: not the manifest of a run: restore it from a copy") from None
    if version not in schema.READABLE:
        ours = " and ".join(map(str, schema.READABLE))
        raise UserError(f"{path}: run format {version!r}, and this version reads {ours}: use the version that wrote it")
    return {"starts": [], "task": None, "warnings": [], **manifest}


def _frame(path: str, read: Read, parts: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """The parts as one frame, ordered by generation, filled in place so that no second copy is ever held."""
    rows = sum(part["rows"] for part in parts)
    data = {name: np.empty(rows, np.int8 if kind == "string" else kind) for name, kind in columns.items()}
    start = 0
    for part in sorted(parts, key=lambda part: part.get("first", 0)):
        where = f"{path}/{part['name']}"
        table = _table(where, read(part["name"]), part, columns)
        for name, kind in columns.items():
            column = table.column(name)
            if kind == "string":
                column = pc.index_in(column.cast(pa.string()), pa.array(schema.CAUSES))
            if column.null_count and not kind.startswith("float"):
                raise UserError(f"{where}: {name} holds values that no run writes: restore the file from a copy")
            data[name][start : start + part["rows"]] = column.to_numpy()
        start += part["rows"]
    frame = pd.DataFrame(
        {
            name: pd.Categorical.from_codes(values, dtype=CAUSE) if columns[name] == "string" else values
            for name, values in data.items()
        },
        copy=False,
    )
    if not frame["generation"].is_monotonic_increasing:
        frame = frame.sort_values("generation", kind="stable", ignore_index=True)
    return frame


def _table(where: str, content: bytes, part: Mapping[str, Any], columns: Mapping[str, str]) -> pa.Table:
    if len(content) != part["size"]:
        raise UserError(
            f"{where}: {len(content)} bytes, and the manifest says {part['size']}: truncated or replaced, copy it again"
        )
    if hashlib.sha256(content).hexdigest() != part["sha256"]:
        raise UserError(f"{where}: damaged: its SHA-256 is not the manifest's: restore it from a copy")
    try:
        table = pq.ParquetFile(pa.BufferReader(content)).read()
    except (pa.ArrowException, OSError):
        raise UserError(f"{where}: not a readable Parquet file: restore it from a copy") from None
    found = {field.name: _kind(field.type) for field in table.schema}
    for name, kind in columns.items():
        if (other := found.get(name, "absent")) != kind:
            raise UserError(f"{where}: column {name} is {other}, and a run's is {kind}: foreign file")
    if extra := sorted(found.keys() - columns.keys()):
        raise UserError(f"{where}: column {extra[0]} is none of a run's: foreign file")
    if table.num_rows != part["rows"]:
        raise UserError(f"{where}: {count(table.num_rows, 'row')}, and the manifest says {part['rows']}: foreign file")
    return table


def _kind(type_: pa.DataType) -> str:
    plain = type_.value_type if pa.types.is_dictionary(type_) else type_
    return {"float": "float32", "double": "float64", "large_string": "string"}.get(str(plain), str(plain))
