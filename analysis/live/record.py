"""What is on record of a run that still grows, as JSON holds it: make a `Growing`, and call `look` after each commit.

Only births of generations that are new, and of the last ones, are read: quantiles are kept by generation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from alife import schema
from alife.errors import UserError
from alife.format import manifest
from alife.traits import DRAWN, TRAITS, there
from analysis.data.run import Run, lived, load_run
from analysis.data.source import Source
from analysis.evolution.clades import followed, identities
from analysis.evolution.islands import SETTLED, Demes, demes
from analysis.evolution.metapopulation import PARTS, by_generation

BACK: Final = 40
"""Generations that are looked at closely, at least: Price components and clades."""
STEP: Final = 20
"""By so many generations their beginning moves at a time, so that clades keep their founders for a while."""
POINTS: Final = 500
"""Individuals in the plane."""
CLADES: Final = 7
"""Clades with a colour."""
MOST: Final = 4_000_000
"""Births that quantiles are taken of when a run is first looked at; those of generations before are left out."""
BANDS: Final = {"q05": 0.05, "median": 0.5, "q95": 0.95}

_COLUMNS: Final = (*schema.BIRTHS, *schema.LIFE_HISTORY, "chance")


class Growing:
    """What is known of a run's record.

    Args:
        uri: Its folder, a path or an fsspec URI.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._created = ""
        self._first = 0
        self._measures: tuple[str, ...] = ()
        self._bands: dict[int, dict[str, list[float | None]]] = {}

    def look(self) -> dict[str, Any]:
        """All that is shown of it.

        Raises:
            UserError: There is no run, or it is damaged.
        """
        source = Source(self.uri)
        now = manifest.parse(source.read(manifest.NAME, manifest.MOST), f"{self.uri}/{manifest.NAME}")
        last = now["generation"]
        if now["created"] != self._created or last < max(self._bands, default=-1):
            self._created, self._bands = now["created"], {}
        if not self._bands:
            known = load_run(self.uri, births=False)
            if known.last < known.first:
                return {"last": known.last, "why": "", **_described(known)}
            self._first, self._measures = known.first, known.measures
            new = _last_births(known)
        else:
            new = max(self._bands) + 1
        start = beginning(self._first, last)
        wanted = range(min(new, start), last + STEP)  # a commit may come meanwhile
        run = load_run(self.uri, columns=[*_COLUMNS, *self._measures], generations=wanted)
        self._measure(run, run.last)
        close = _from(run, start)
        shown = {"last": run.last, **_described(run), "bands": self._series(), "islands": _islands(close)}
        return {**shown, "plane": _plane(close), **_evolution(close)}

    def _measure(self, run: Run, last: int) -> None:
        births = run.births
        for generation, rows in lived(births[births["generation"] > max(self._bands, default=-1)]).groupby(
            "generation"
        ):
            names = [name for name in _traits(run) if name in rows]
            self._bands[int(str(generation))] = {name: _quantiles(rows[name].to_numpy()) for name in names}
        for generation in range(run.first, last + 1):
            if self._bands and generation > min(self._bands):
                self._bands.setdefault(generation, {})  # nobody lived to its end

    def _series(self) -> dict[str, Any]:
        generations = sorted(self._bands)
        names = dict.fromkeys(name for each in self._bands.values() for name in each)
        nobody = [None] * len(BANDS)
        columns = {name: [self._bands[g].get(name, nobody) for g in generations] for name in names}
        return {
            "generation": generations,
            "traits": {
                name: {key: [row[place] for row in rows] for place, key in enumerate(BANDS)}
                for name, rows in columns.items()
            },
        }


def _last_births(run: Run) -> int:
    """The first generation of the last `MOST` births."""
    born = run.generations.groupby("generation")["size"].sum().sort_index(ascending=False)
    few = born[born.cumsum() <= MOST]
    return int(few.index.min()) if len(few) else run.last


def beginning(first: int, last: int) -> int:
    """The first of the generations that are looked at closely."""
    return max(first, (last - BACK) // STEP * STEP)


def short(value: Any) -> float | None:
    """A number as JSON has it, to five digits; None where there is none."""
    rounded = math.nan if value is None else float(f"{value:.5g}")
    return rounded if math.isfinite(rounded) else None


def _from(run: Run, start: int) -> Run:
    """The run as if its record began with a generation, up to the last that the manifest lists."""
    listed = run.manifest["parts"]["births"]
    parts = [{**part, "first": max(part["first"], start)} for part in listed if part["last"] >= start]
    return replace(
        run,
        manifest={**run.manifest, "parts": {**run.manifest["parts"], "births": parts}},
        births=run.births[run.births["generation"] >= start],
        generations=run.generations[run.generations["generation"] >= start],
    )


def _traits(run: Run) -> list[str]:
    heritable = run.setting("reproduction.heritable")
    return [
        *there([name for name in DRAWN if name not in schema.LIFE_HISTORY], run.has_task),
        *heritable,
        *run.measures,
    ]


def _described(run: Run) -> dict[str, Any]:
    traits = {
        name: {"label": TRAITS[name].label, "log": TRAITS[name].log, "direction": TRAITS[name].direction}
        for name in _traits(run)
    }
    return {"name": run.name, "first": run.first, "scheme": run.scheme, "traits": traits}


def _quantiles(values: np.ndarray) -> list[float | None]:
    known = values[np.isfinite(values)].astype(np.float64)
    return [short(each) for each in np.quantile(known, [*BANDS.values()])] if len(known) else [None] * len(BANDS)


def _plane(run: Run) -> dict[str, Any]:
    """Some of the last generation: [x, y] of each on the axes of the two traits that trade."""
    x, y = ("replication_error", "accuracy") if run.has_task else ("replication_error", "copying_error")
    rows = lived(run.births[run.births["generation"] == run.last])
    chosen = rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(POINTS, len(rows))).astype(int))]
    points = [[short(a), short(b)] for a, b in chosen[[x, y]].to_numpy(np.float64)]
    return {"generation": run.last, "x": x, "y": y, "of": len(rows), "points": [p for p in points if None not in p]}


def _islands(run: Run) -> list[dict[str, Any]]:
    rows = run.generations[run.generations["generation"] == run.last]
    names = [f"{name}_median" for name in _traits(run) if f"{name}_median" in rows]
    return [
        {
            "island": int(row["island"]),
            "size": int(row["size"]),
            "dead": int(row["diverged"] + row["collapsed"]),
            **{name.removesuffix("_median"): short(row[name]) for name in names},
        }
        for row in rows.to_dict("records")
    ]


def _evolution(run: Run) -> dict[str, Any]:
    """Price components and clades of the last generations; none of them where they cannot be told."""
    try:
        record = demes(run)
        traits = [name for name in ("accuracy", "replication_error", "copying_error") if name in record.traits]
        changes = by_generation(record, traits, max(SETTLED, record.tree.first))
    except (UserError, ValueError) as error:
        return {"price": None, "clades": None, "why": str(error)}
    return {"price": _price(changes, traits), "clades": _clades(record), "why": ""}


def _price(changes: pd.DataFrame, traits: Sequence[str]) -> dict[str, Any]:
    parts = [name for name in PARTS if name in changes]
    tables = {name: changes[changes["trait"] == name] for name in traits}
    return {
        "labels": {name: PARTS[name] for name in parts},
        "traits": {name: _columns(table, ("generation", *parts, "change")) for name, table in tables.items()},
        "units": {name: TRAITS[name].measured_label for name in traits},
    }


def _columns(table: pd.DataFrame, names: Sequence[str]) -> Mapping[str, list[float | None]]:
    return {name: [short(each) for each in table[name].to_numpy(np.float64)] for name in names}


def _clades(record: Demes) -> dict[str, Any]:
    """Shares of the clades that individuals of the first generation founded, those that peak highest by themselves."""
    tree = record.tree
    path = np.stack(list(followed(record, tree.first, len(tree.starts))))
    chosen = np.sort(np.argsort(path.max(axis=0), kind="stable")[::-1][:CLADES])
    if len(path) > 1:
        chosen = np.sort(np.argsort(path[1:].max(axis=0), kind="stable")[::-1][:CLADES])
    ids = identities(record, tree.first, chosen)
    return {
        "generation": list(tree.generations),
        "ids": [str(each) for each in ids],
        "shares": [[short(each) for each in path[:, clade]] for clade in chosen],
        "lines": [int(np.count_nonzero(row)) for row in path],
    }
