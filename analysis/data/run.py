"""A run folder as tidy data frames: what the manifest lists, checked against the schema, with derived columns."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from alife import schema
from alife.configuration.columns import CHANCE
from alife.configuration.keys import RunConfig
from alife.configuration.networks import DENSE
from alife.configuration.schemes import UNUSED
from alife.errors import UserError, plain
from alife.evolution import selection
from alife.format import manifest as manifests
from alife.format import steps, stored, summary, tested
from alife.format.tested import OnTestImages
from alife.plugins import is_own, short
from alife.traits import enter
from alife.words import count
from analysis.data import individual as individuals
from analysis.data.derived import derive
from analysis.data.individual import Individual
from analysis.data.parts import Wanted, assemble, in_order
from analysis.data.source import Source

RELOADS = 10
"""How often a manifest may be replaced under the reader (a writer that merges parts) before it gives up."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a run folder says.

    Attributes:
        path: The folder or its address, as given.
        config: The resolved configuration, nested.
        manifest: The manifest as it was when the parts were read.
        births: `schema.birth_columns` and `derived.DERIVED`, by generation, then by id; no rows if loaded with
            `births=False`.
        migrations: `schema.MIGRATIONS`, by generation, then by the island that each comes to, then by id.
        generations: `schema.GENERATIONS`, by generation, then by island. Statistics are over those that lived to the
            end; see `outdated`.
        tests: Scores on test images, by generation: of each that the run has ended with.
        steps: What callbacks and loops said of generations: generation, by, kind ("number", "stopped" or "changed"),
            name and value (`alife.format.steps`).

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
    steps: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*steps.Line.model_fields]))

    def __repr__(self) -> str:
        """A line: where it is and how far."""
        done = f"{self.last + 1:,} of {count(self.setting('generations'), 'generation')}"
        born = count(int(self.generations["size"].sum()), "birth") if len(self.generations) else "no births"
        return f"<Run {self.path}: {self.manifest['status']}, {done}, {born}>"

    def _repr_html_(self) -> str:
        """What a notebook shows of it: its state and a figure."""
        import analysis

        return analysis.run_summary(self)

    def view(self, beside: "Run | None" = None, height: int = 820) -> Any:
        """Every birth of it, shown within a notebook as `alife view` shows it in a page.

        All of it stands in the notebook then, some 20 bytes a birth.

        Args:
            beside: Another run, to choose from.
            height: In CSS pixels.

        Raises:
            UserError: It was loaded without births, has none, or has too many for one page.
        """
        import analysis

        return analysis.view_runs([self, *([beside] if beside is not None else [])], height)

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
    def is_extinct(self) -> bool:
        """Whether nobody lived to the end of its last generation."""
        return bool(self.manifest["status"] == "extinct")

    @property
    def has_task(self) -> bool:
        """Whether anybody was asked to classify."""
        return bool(self.setting("task") != "none")

    @property
    def network(self) -> str:
        """What to call what lives in it: "dense", "heritable", "my.py:Net"."""
        return short(str(self.config.get("quine", {}).get("network", DENSE)))

    @property
    def scheme(self) -> str:
        """What to call its scheme of selection: "truncation", "shuffled", "shuffled truncation", "my.py:fewest"."""
        return selection.named(SimpleNamespace(**self.setting("selection")))

    @property
    def is_control(self) -> bool:
        """Whether nobody is selected in it."""
        return selection.is_control(SimpleNamespace(**self.setting("selection")))

    @property
    def is_weighted(self) -> bool:
        """Whether its scheme looks at w, the weight of accuracy."""
        scheme = str(self.setting("selection.scheme"))
        return not is_own(scheme) and "accuracy_weight" not in UNUSED[scheme]

    @property
    def operator(self) -> str:
        """What to call its operator of mutation: "gaussian", "sparse", "my.py:scramble"."""
        return short(str(self.setting("reproduction.operator")))

    @property
    def crossover_operator(self) -> str:
        """What to call its operator of crossover: "units", "my.py:mean"; "" where children have one parent."""
        share = self.setting("reproduction.crossover")
        return short(str(self.setting("reproduction.crossover_operator"))) if share else ""

    @property
    def noise_floor(self) -> float | None:
        """σ²: ρ of an adult that prints its message and none of its birth noise, as long as σ² is well below 1.

        What an operator of one's own makes of σ is not known: None, as without birth noise.
        """
        sigma = float(self.setting("reproduction.mutation"))
        return sigma**2 if sigma and not is_own(self.setting("reproduction.operator")) else None

    @property
    def measures(self) -> tuple[str, ...]:
        """Columns that the run's own measures have added."""
        return tuple(column["name"] for column in self.manifest.get("columns", []) if column["name"] != CHANCE)

    def every(self, trait: str) -> int:
        """Generations between two in which a trait was taken: 1, but for measures with a cadence."""
        asked = self.config.get("measures", {}).get(trait)
        return int(asked["every"]) if asked else 1

    def taken(self, trait: str, generation: int) -> int:
        """The last generation, up to this one, in which a trait was taken."""
        return generation - generation % self.every(trait)

    @property
    def outdated(self) -> str:
        """What to say where `generations` counts the early dead: rows of format 1, read without births. Else ""."""
        rows = summary.outdated(_columns(self.generations), self.manifest)
        if not self.births.empty or not rows.any():
            return ""
        there = self.generations["generation"][rows]
        return f"statistics of generations {there.min()} to {there.max()} count those that died early"

    @property
    def stopped(self) -> str:
        """By which callback the run was stopped where it is now, and why; "" if it was not."""
        if self.manifest["status"] != "interrupted" or self.steps.empty:
            return ""
        line = self.steps.iloc[-1]
        return plain(f"{line.by}: {line.value}") if line.kind == "stopped" and line.generation == self.last else ""

    def individual(self, identity: int) -> Individual:
        """One of those who lived: scores, family, genome and network.

        Args:
            identity: An id of `births`.

        Raises:
            UserError: Nobody has that id, or the births were read in part, and its family is not among them.
        """
        return individuals.individual(self.births, self.first, self.last, identity, self.path)

    def fittest(self, generation: int | None = None) -> Individual:
        """The individual of the highest fitness among those that lived to the end of a generation.

        Fitness is relative to the island. Among equals the first in the order of `births` is taken.

        Args:
            generation: Which; the last in which anybody survived if None.

        Raises:
            UserError: Nobody lived to its end, it is not on record, or the births were read in part.
        """
        return self.individual(individuals.fittest(self.births, generation, self.path))

    def need_births(self) -> None:
        """See that individuals are there if any were born.

        Raises:
            UserError: It was loaded without births.
        """
        if self.births.empty and self.last >= 0:
            raise UserError(
                f"{self.path}: loaded without births, and individuals are asked for: load it with births=True"
            )

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
        columns: Of births, where a large run is not to be read whole: those of `schema.birth_columns` and
            `derived.DERIVED`; id, generation and island are among them in any case. All if None.
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
    text = there.read(manifests.NAME, manifests.MOST)
    for _ in range(RELOADS):
        try:
            return _load(there, text, Wanted(births, columns, generations))
        except UserError:
            before, text = text, there.read(manifests.NAME, manifests.MOST)
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
            raise UserError(f"{source}: config.yaml has no {key}, and a run's has: restore it from a copy")
        value = value[part]
    return value


def lived(births: pd.DataFrame) -> pd.DataFrame:
    """The rows of those that lived to the end of their generation: whom statistics of traits are over."""
    return births[(births["cause_of_death"] == schema.CAUSES[0]).to_numpy()]


def _load(there: Source, text: bytes, wanted: Wanted) -> Run:
    path = there.uri
    manifest = manifests.parse(text, f"{path}/{manifests.NAME}")
    content = there.read(stored.CONFIG, stored.MOST_CONFIG)
    config = stored.parse_stored_config(content, manifest, f"{path}/{stored.CONFIG}")

    def frame(kind: str, columns: Mapping[str, str], wanted: Wanted) -> pd.DataFrame:
        parts = [part for part in manifest["parts"][kind] if wanted.has(part)] if wanted.births else []
        read = wanted.stored(columns)
        whole = assemble(read, [(part, partial(_table, there, part, config, columns, read)) for part in parts], wanted)
        return in_order(kind, whole)

    all_of_it = Wanted(True, None, None)
    enter(manifest)
    generations = frame("generations", stored.columns("generations", config, manifest), all_of_it)
    rows = summary.outdated(_columns(generations), manifest)
    if rows.any() and wanted.births:  # statistics are made again of all births
        wanted = all_of_it
    births = frame("births", stored.columns("births", config, manifest), wanted)
    tests = _tests(there, manifest, config)
    if len(births) and rows.any():
        generations = pd.DataFrame(summary.renewed(_columns(generations), _columns(births), rows))
    return Run(
        path=path,
        config=config.model_dump(mode="json"),
        manifest=manifest,
        births=derive(births, config.selection, tests, wanted.columns),
        migrations=frame("migrations", stored.columns("migrations", config, manifest), all_of_it),
        generations=generations,
        tests=tests,
        steps=_steps(there, int(manifest["generation"])),
    )


def _steps(there: Source, last: int) -> pd.DataFrame:
    try:
        lines = steps.parse(there.fetch(steps.NAME, steps.MOST), last, there.uri)
    except FileNotFoundError:
        lines = []
    return pd.DataFrame([line.model_dump() for line in lines], columns=[*steps.Line.model_fields])


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
