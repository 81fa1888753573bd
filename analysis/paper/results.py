"""What the paper's experiments left in a folder, as data frames, and what the paper reports."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

from alife.errors import UserError
from alife.format import manifest, parquet
from alife.seed_paper import marker
from alife.seed_paper.registry import EXPERIMENTS

CITATION: Final = (
    "Chang, O. and Lipson, H. (2018), Neural Network Quine, ALIFE 2018, arXiv:1803.05859; values as reported there "
    "and quoted in a public reimplementation's notes"
)


@dataclass(frozen=True)
class Results:
    """All parts that have ended.

    Attributes:
        path: The folder.
        settings: What was asked for: full, seeds, seed, task; and `data`, as a run's manifest says under "task", once
            something has learned them.
        facts: A dict a part: experiment, part, length, shortened, seconds, ….
        rows: A network a row, at its end, with its experiment and part.
        curves: The same through training.
    """

    path: str
    settings: dict[str, Any]
    facts: list[dict[str, Any]]
    rows: pd.DataFrame
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        """A line: where they are, and of what."""
        return f"<Results of the seed paper in {self.path}: {', '.join(self.experiments)}>"

    def of(self, experiment: str) -> pd.DataFrame:
        """Rows of one experiment."""
        return self.rows[self.rows["experiment"] == experiment]

    def curve(self, experiment: str) -> pd.DataFrame:
        """Curves of one experiment."""
        return self.curves[self.curves["experiment"] == experiment]

    def fact(self, experiment: str, part: str) -> dict[str, Any]:
        """Facts of a part of an experiment."""
        return next(facts for facts in self.facts if (facts["experiment"], facts["part"]) == (experiment, part))

    @property
    def experiments(self) -> list[str]:
        """Names of those that have ended, in part at least, in the registry's order."""
        there = {facts["experiment"] for facts in self.facts}
        return [name for name in EXPERIMENTS if name in there]


def load(path: str) -> Results:
    """Read a folder.

    Raises:
        UserError: It holds no results, or damaged ones.
    """
    system, root = url_to_fs(path)
    try:
        names = [name for name in system.ls(f"{root}/results", detail=False) if name.endswith(".json")]
        settings = _settings(system.cat_file(f"{root}/paper.json"), f"{path}/paper.json")
        found = sorted(_ended(system, names), key=_place)
        facts, rows, curves = [each for each, _ in found], [], []
        for each, name in found:
            stem = name.removesuffix(".json")
            rows.append(_table(system, f"{stem}.rows.parquet").assign(part=each["part"]))
            if system.exists(f"{stem}.curves.parquet"):
                curves.append(_table(system, f"{stem}.curves.parquet"))
    except FileNotFoundError:
        raise UserError(f"{path}: holds no results of 'alife paper': name a folder that does") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}: name another folder") from None
    if not rows:
        raise UserError(f"{path}: no experiment has ended there yet: wait for one")
    empty = pd.DataFrame({name: pd.Series(dtype=str) for name in ("experiment", "variant")})
    return Results(path, settings, facts, pd.concat(rows), pd.concat(curves) if curves else empty)


def _settings(data: bytes, source: str) -> dict[str, Any]:
    """What was asked for.

    Raises:
        UserError: It says something else.
    """
    try:
        settings: Any = json.loads(data)
    except (ValueError, RecursionError):
        settings = None
    kinds = {"full": bool, "seeds": int, "seed": int, "task": str}
    if not isinstance(settings, dict) or any(type(settings.get(key)) is not kind for key, kind in kinds.items()):
        raise UserError(f"{source}: is damaged: restore it from a copy")
    manifest.parse_task(settings.get("data"), source)
    return settings


def _table(system: AbstractFileSystem, name: str) -> pd.DataFrame:
    """A table of networks.

    Raises:
        UserError: It is something else.
    """
    table = parquet.load(system.cat_file(name), name)
    kinds = {field.name: field.type for field in table.schema}
    words = all(kinds.get(column) == pa.string() for column in ("experiment", "variant"))
    if not words or not all(pa.types.is_floating(kinds.get(column, pa.null())) for column in ("L_SR", "rho")):
        raise UserError(f"{name}: is no table of networks: remove it, and the same 'alife paper' does that part again")
    return table.to_pandas()


def _ended(system: AbstractFileSystem, markers: list[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Facts and marker of each part that has ended."""
    for name in markers:
        stem = name.removesuffix("json")
        ends = (marker.ROWS, marker.CURVES, marker.GENOMES)
        sizes = {end: system.info(stem + end)["size"] for end in ends if system.exists(stem + end)}
        facts = marker.facts_of(system.cat_file(name), sizes)
        if facts is not None and facts["part"] in getattr(EXPERIMENTS.get(facts["experiment"]), "parts", ()):
            yield facts, name


def _place(found: tuple[dict[str, Any], str]) -> tuple[int, int]:
    """Where a part stands in the registry."""
    experiment, part = found[0]["experiment"], found[0]["part"]
    return [*EXPERIMENTS].index(experiment), EXPERIMENTS[experiment].parts.index(part)


def reported() -> pd.DataFrame:
    """The paper's own values: experiment, variant, quantity, what, value (NaN where it gives words alone), words."""
    text = resources.files("alife.seed_paper").joinpath("reported.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text), dtype={"words": str}, keep_default_na=False, na_values={"value": [""]})
