"""Fertility: how long descent lasts without selection, by learning and birth noise."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import floored
from alife.words import count
from analysis.assays.drawing import finish
from analysis.assays.estimates import Frames, Named, by_name
from analysis.figures import style
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
    lines = _of_the_living(frames["descent"])
    last = int(lines["descent"].max())
    rows, statements = [], []
    for (learning, noise), group in _treatments(lines):
        name, reached = _name(learning, noise), depths(group)
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


def _of_the_living(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines without the accuracy that older assays give to those that have diverged."""
    gone = lines["replication_error"].isna()
    return lines.assign(accuracy=lines["accuracy"].mask(gone)) if "accuracy" in lines else lines


def _treatments(lines: pd.DataFrame) -> list[tuple[tuple[bool, bool], pd.DataFrame]]:
    groups = {(bool(learning), bool(noise)): group for (learning, noise), group in lines.groupby(KEYS)}
    return sorted(groups.items(), reverse=True)


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


@style.styled()
def draw(frames: Frames, about: Mapping[str, Any], rows: list[Estimate]) -> Figure:
    """Errors, norm and accuracy by generation of descent: median and middle half of the lines that live."""
    lines = _of_the_living(frames["descent"])
    panels_of = {name: label for name, label in PANELS.items() if name != "accuracy" or lines["accuracy"].any()}
    figure = style.new_figure(7.2, 5.2)
    panels = figure.subplots(2, 2).ravel().tolist()
    for ax, (column, label) in zip(panels, panels_of.items(), strict=False):
        for number_, ((learning, noise), group) in enumerate(_treatments(lines)):
            _draw_treatment(ax, group, column, _name(learning, noise), number_)
        if column != "accuracy":
            _limit(ax, column)
        ax.set_ylabel(label)
        ax.set_xlabel("generation of descent")
        style.generation_axis(ax.xaxis)
    for ax in panels[len(panels_of) :]:
        ax.set_axis_off()
    n = lines.groupby(["id", "replicate"]).ngroups
    title = f"{about['name']}: descent without selection from generation {max(about['generations'])}"
    of = f"of n = {count(n, 'line')} a treatment, median and middle half of those that live"
    return finish(figure, panels, f"{title}; {of}")


def _draw_treatment(ax: Axes, group: pd.DataFrame, column: str, name: str, number_: int) -> None:
    values = group[column] if column == "accuracy" else pd.Series(floored(group[column]), group.index)
    by = values.groupby(group["descent"])
    low, middle, high = (by.quantile(share).to_numpy(np.float64) for share in (0.25, 0.5, 0.75))
    x, alive = np.sort(group["descent"].unique()), group["replication_error"].notna().groupby(group["descent"]).sum()
    colour, dash = style.colour(number_), style.DASHES[number_]
    ax.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    label = f"{name}: {alive.iloc[-1]} of {alive.iloc[0]} live to the end" if alive.iloc[-1] < alive.iloc[0] else name
    ax.plot(x, middle, color=colour, ls=dash, marker="o", ms=2.5, label=label)


def _limit(ax: Axes, column: str) -> None:
    """A logarithmic axis that shows the bound and at most a few decades beyond it."""
    ax.set_yscale("log")
    ratio = column == "norm_ratio"
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, 1e-2 if ratio else 1e-4), min(high, 1e2))
    for bound in (1 / FACTOR, FACTOR) if ratio else (WORST,) if column == "founder_error" else ():
        ax.axhline(bound, color=style.ink(), lw=0.8, ls=(0, (4, 2)), label="bounds of depth")
    style.log_axis(ax, "y")
