"""A run folder as tidy data frames: what the manifest lists, checked against the schema, with derived columns."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError, plain
from alife.evolution import selection
from alife.format import stored, summary, tested
from alife.format.tested import OnTestImages
from alife.words import count
from analysis.data.source import Source
from analysis.data.validation import order_key

Read = Callable[[], pa.Table]

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
        births: `schema.birth_columns` and `DERIVED`, by generation, then by id; no rows if loaded with `births=False`.
        migrations: `schema.MIGRATIONS`.
        generations: `schema.GENERATIONS`, by generation. Statistics are over those that lived to the end; see
            `outdated`.
        tests: Scores on test images, by generation: of each that the run has ended with.

    Example:
        >>> import alife
        >>> run = alife.load_run("runs/first")
        >>> run.name, run.setting("population.islands"), run.first
        ('first', 2, 0)
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

    def __fspath__(self) -> str:
        """Its path: a run can be given where its folder can."""
        return self.path

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
    def has_task(self) -> bool:
        """Whether anybody was asked to classify."""
        return bool(self.setting("task") != "none")

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
    return plain(PurePosixPath(path.rstrip("/")).name or path)


def load_run(
    uri: str | os.PathLike[str],
    births: bool = True,
    *,
    columns: Collection[str] | None = None,
    generations: Collection[int] | None = None,
) -> Run:
    """Read a run folder, finished or still being written.

    Args:
        uri: A local folder, or an address that fsspec understands (s3://…, memory://…).
        births: False leaves the table of individuals out; a long run's generations are enough for its trajectories.
        columns: Of births, where a large run is not to be read whole: those of `schema.birth_columns` and `DERIVED`;
            id, generation and island are among them in any case. All if None.
        generations: Whose births to read, likewise.

    Raises:
        UserError: No run folder, another format, or a part that is missing, truncated or not of the schema; it names
            the file.

    Example:
        >>> import alife
        >>> run = alife.load_run("runs/first")
        >>> list(run.births)[:5]
        ['id', 'ancestor_id', 'origin_time', 'destruction_time', 'island']
        >>> medians = run.births.groupby("generation")[["accuracy", "replication_error"]].median()
        >>> bool(medians["replication_error"][run.last] < medians["replication_error"][0])
        True
    """
    there = Source(os.fspath(uri))
    text = there.read(stored.MANIFEST, stored.MOST_MANIFEST)
    for _ in range(RELOADS):
        try:
            return _load(there, text, _Wanted(births, columns, generations))
        except UserError:
            before, text = text, there.read(stored.MANIFEST, stored.MOST_MANIFEST)
            if text == before:
                raise
    raise UserError(f"{there.uri}: its manifest was replaced {RELOADS} times while it was read: try again later")


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
    births: pd.DataFrame,
    accuracy_weight: float,
    scheme: str,
    tests: Sequence[OnTestImages] = (),
    columns: Collection[str] | None = None,
) -> pd.DataFrame:
    """The births with `DERIVED` columns, or with those that are among `columns`.

    replication_loss is L_SR = ρ·Σg² (Chang and Lipson 2018), float32. fitness is `alife.evolution.selection.fitness`
    within (generation, island) among those that did not die early, float32, NaN for the early dead. birth_island is
    where the individual was conceived, int32; `island` is where it lives. test_accuracy is that on the test images,
    float32, of those that lived to the end of a generation that was tested, else NaN.
    """
    ids = births["id"].to_numpy()
    derived: dict[str, Callable[[], Any]] = {
        "replication_loss": lambda: births["replication_error"] * births["squared_norm"],
        "fitness": lambda: _fitness(births, accuracy_weight, scheme),
        "birth_island": lambda: (ids >> (schema.GENERATION_BITS + schema.SLOT_BITS)).astype(np.int32),
        "test_accuracy": lambda: _test_accuracy(ids, tests),
    }
    return births.assign(**{name: make() for name, make in derived.items() if columns is None or name in columns})


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


@dataclass(frozen=True)
class _Wanted:
    """What of the births is to be read; arguments as of `load_run`."""

    births: bool
    columns: Collection[str] | None
    generations: Collection[int] | None

    def stored(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Columns to read, with those from which derived ones are computed."""
        if self.columns is None:
            return dict(columns)
        names = {*_ALWAYS, *self.columns, *(name for one in self.columns for name in _MADE_OF.get(one, ()))}
        return {name: kind for name, kind in columns.items() if name in names}

    def has(self, part: Mapping[str, Any]) -> bool:
        """Whether a part may hold anybody wanted."""
        return self.generations is None or any(part["first"] <= one <= part["last"] for one in self.generations)


_ALWAYS: Final = ("id", "generation", "island")
_MADE_OF: Final = {
    "replication_loss": ("replication_error", "squared_norm"),
    "fitness": ("accuracy", "replication_error", "cause_of_death"),
}
"""Stored columns from which a derived one is computed."""


def _load(there: Source, text: bytes, wanted: _Wanted) -> Run:
    path = there.uri
    manifest = stored.parse_manifest(text, f"{path}/{stored.MANIFEST}")
    content = there.read(stored.CONFIG, stored.MOST_CONFIG)
    config = stored.parse_stored_config(content, manifest, f"{path}/{stored.CONFIG}")

    def frame(kind: str, columns: Mapping[str, str], wanted: _Wanted) -> pd.DataFrame:
        parts = [part for part in manifest["parts"][kind] if wanted.has(part)] if wanted.births else []
        read = wanted.stored(columns)
        return _frame(read, [(part, partial(_table, there, part, config, columns, read)) for part in parts], wanted)

    all_of_it = _Wanted(True, None, None)
    generations = frame("generations", schema.GENERATIONS, all_of_it)
    rows = summary.outdated(_columns(generations), manifest)
    if rows.any() and wanted.births:  # statistics are made again of all births
        wanted = all_of_it
    births = frame("births", schema.birth_columns(config.reproduction.heritable), wanted)
    tests = _tests(there, manifest, config)
    if len(births) and rows.any():
        generations = pd.DataFrame(summary.renewed(_columns(generations), _columns(births), rows))
    return Run(
        path=path,
        config=config.model_dump(mode="json"),
        manifest=manifest,
        births=_in_order(
            derive(births, config.selection.accuracy_weight, config.selection.scheme, tests, wanted.columns)
        ),
        migrations=frame("migrations", schema.MIGRATIONS, all_of_it),
        generations=generations,
        tests=tests,
    )


def _in_order(births: pd.DataFrame) -> pd.DataFrame:
    """Births as a phylogeny holds them, so that it needs no copy; one column at a time, as memory may be short."""
    key = order_key(births["id"].to_numpy())
    if (np.diff(key) >= 0).all():
        return births
    order = np.argsort(key, kind="stable")
    return pd.DataFrame({name: births.pop(name).array[order] for name in map(str, list(births))}, copy=False)


def _tests(there: Source, manifest: Mapping[str, Any], config: RunConfig) -> tuple[OnTestImages, ...]:
    most = config.population.islands * config.population.size
    found = []
    for generation in tested.listed(there.names(), int(manifest["generation"])):
        name = tested.file_name(generation)
        try:
            found.append(tested.parse(there.read(name, tested.LARGEST * (most + 1)), generation, most))
        except ValueError:
            raise UserError(f"{there.uri}/{name}: damaged: restore it from a copy, or remove it") from None
    return tuple(found)


def _columns(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    return {str(name): frame[name].to_numpy() for name in frame}


def _table(
    there: Source, part: Mapping[str, Any], config: RunConfig, columns: Mapping[str, str], read: Collection[str]
) -> pa.Table:
    data = there.read(part["name"], part["size"])
    return stored.parse_part(data, part, config, columns, f"{there.uri}/{part['name']}", read)


def _frame(
    columns: Mapping[str, str], parts: Sequence[tuple[Mapping[str, Any], Read]], wanted: _Wanted
) -> pd.DataFrame:
    """The parts as one frame, ordered by generation, filled in place so that no second copy is ever held."""
    if wanted.generations is not None:
        parts = [_of(wanted.generations, part, read()) for part, read in parts]
    rows = sum(part["rows"] for part, _ in parts)
    data = {name: np.empty(rows, np.int8 if kind == "string" else kind) for name, kind in columns.items()}
    start = 0
    for part, read in sorted(parts, key=lambda each: each[0]["first"]):
        table = read()
        for name, kind in columns.items():
            column = table.column(name)
            if kind == "string":
                column = pc.index_in(column, pa.array(schema.CAUSES))
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


def _of(generations: Collection[int], part: Mapping[str, Any], table: pa.Table) -> tuple[Mapping[str, Any], Read]:
    """A part with those alone who are of some generations."""
    own = table.filter(pc.is_in(table["generation"], pa.array(list(generations), pa.int32())))
    return {**part, "rows": len(own)}, lambda: own
