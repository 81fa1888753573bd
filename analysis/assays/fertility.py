"""Fertility: how long descent lasts without selection, by learning and birth noise."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.words import count
from analysis.assays.estimates import Frames, Named, by_name
from analysis.numbers import number, words
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval

WORST: Final = 0.5
"""ρ against the founder from which on a line counts as lost."""
FACTOR: Final = 2.0
"""How far the norm may be from the founder's, up or down."""
PANELS: Final = {
    "founder_error": "ρ against the founder",
    "replication_error": "ρ of each emission\nagainst its own genome",
    "norm_ratio": "‖emission‖ / ‖founder‖",
    "accuracy": "accuracy of the adult",
}
KEYS: Final = ["learning", "noise"]


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Depth of descent by treatment, lines that diverged, and traits of the others at the first and last emission.
    `generation` of a row is of descent.
    """
    lines = of_the_living(frames["descent"])
    last = int(lines["descent"].max())
    rows, statements = [], []
    for name, group in treatments(lines).items():
        reached = depths(group)
        founders = reached.groupby(level="id").mean()
        here: dict[str, Any] = {"treatment": name, "generation": last, "over": "founders"}
        depth = interval(founders, "mean", quantity=f"depth of descent, {name}", **here)
        gone = group[group["descent"] == last].set_index("id")["replication_error"].isna()
        diverged = f"share of lines that have diverged, {name}"
        rows += [depth, interval(gone.groupby(level="id").mean(), "mean", quantity=diverged, **here)]
        for column, label in PANELS.items():
            for descent in sorted({1, last}):
                at, here["generation"] = group[group["descent"] == descent], descent
                rows.append(_typical(at, column, quantity=f"{label}, {name}".replace("\n", " "), **here))
        statements.append(_say(name, depth, reached, last, by_name(rows)))
    return rows, statements


def depths(lines: pd.DataFrame) -> pd.Series:
    """Emissions that each line lasts: the last one up to which ρ against the founder stays below `WORST` and the norm
    within a factor of `FACTOR` without a break; 0 if already the first fails.

    Args:
        lines: Rows of one treatment: id, replicate, descent, founder_error, norm_ratio.

    Returns:
        int64, indexed by (id, replicate).
    """
    good = (lines["founder_error"] < WORST) & lines["norm_ratio"].between(1 / FACTOR, FACTOR)
    table = (
        lines.assign(good=good).pivot(index=["id", "replicate"], columns="descent", values="good").sort_index(axis=1)
    )
    return table.astype(np.int64).cumprod(axis=1).sum(axis=1)


def of_the_living(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines without the accuracy that older assays give to those that have diverged."""
    gone = lines["replication_error"].isna()
    return lines.assign(accuracy=lines["accuracy"].mask(gone)) if "accuracy" in lines else lines


def treatments(lines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Lines by whether their adults learn and whether birth noise is added: with both first."""
    groups = {(bool(learning), bool(noise)): group for (learning, noise), group in lines.groupby(KEYS)}
    return {_name(*key): groups[key] for key in sorted(groups, reverse=True)}


def _name(learning: bool, noise: bool) -> str:
    return f"{'with' if learning else 'no'} learning, {'with' if noise else 'no'} birth noise"


def _typical(rows: pd.DataFrame, column: str, **names: Any) -> Estimate:
    """Median over founders of their lines' mean; of lines that live."""
    return interval(rows.groupby("id")[column].mean(), "median", **names)


def _say(name: str, depth: Estimate, reached: pd.Series, last: int, found: Named) -> str:
    whole = int((reached == last).sum())
    at_end = []
    for column, words_ in (("founder_error", "ρ against the founder"), ("replication_error", "against its own genome")):
        e = found[f"{PANELS[column]}, {name}".replace("\n", " "), last]
        if np.isfinite(e.value):
            at_end.append(f"{words_} {number(e.value)}")
    ratio = found[f"{PANELS['norm_ratio']}, {name}", last]
    at_end.append(f"the norm {number(ratio.value)} of the founder's")
    least = " (so it is at least that)" if 2 * whole > len(reached) else ""
    return (
        f"{name[0].upper()}{name[1:]}: a line stays within ρ < {WORST:g} of its founder and {FACTOR:g}× of its norm "
        f"for {words(depth)} of {last} emissions{least}; {whole} of {count(len(reached), 'line')} last to the end; "
        f"there, in the median of lines that are finite, it has {', '.join(at_end)}."
    )
