"""Fertility: how long descent lasts without selection, by learning and birth noise."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from alife.traits import spoken
from analysis.assays.estimates import Frames
from analysis.statistics.centres import median, share
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.templates import sentences

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


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Depth of descent by treatment, lines that diverged, and traits of the others at the first and last emission.
    `generation` of a row is of descent.
    """
    lines = of_the_living(frames["descent"])
    last = int(lines["descent"].max())
    rows: list[Estimate] = []
    said = []
    for name, group in treatments(lines).items():
        reached = depths(group)
        gone = group[group["descent"] == last].set_index("id")["replication_error"].isna()
        own = [
            _of_founders(reached, "mean", "depth of descent", name, last),
            _of_founders(gone, "share", "share of lines that have diverged", name, last),
        ]
        for column, label in PANELS.items():
            for descent in sorted({1, last}):
                values = group[group["descent"] == descent].set_index("id")[column]
                own.append(_of_founders(values, "median", spoken(label.replace("\n", " ")), name, descent))
        ends = dict(zip(PANELS, (e for e in own[2:] if e.generation == last), strict=True))
        whole = int((reached == last).sum())
        said.append({"name": name, "depth": own[0], "ends": ends, "whole": whole, "lines": len(reached)})
        rows += own
    return rows, sentences("fertility", treatments=said, last=last, worst=WORST, factor=FACTOR)


def _of_founders(
    lines: pd.Series, centre: Literal["mean", "median", "share"], quantity: str, treatment: str, descent: int
) -> Estimate:
    """Over founders, whose lines have lives of their own, of the means of their lines that live."""
    names: dict[str, Any] = {"treatment": treatment, "quantity": f"{quantity}, {treatment}", "generation": descent}
    means = lines.groupby(level="id").mean().to_numpy(np.float64)
    if centre == "mean":
        return interval(means, **names, over="founders")
    return (median if centre == "median" else share)(means, **names, over="founders")


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
    """Lines by what they lived under, with learning and noise first."""
    groups = dict(list(lines.groupby(["learning", "noise"])))
    return {
        f"{'with' if learning else 'no'} learning, {'with' if noise else 'no'} birth noise": groups[learning, noise]
        for learning, noise in sorted(groups, reverse=True)
    }
