"""Descent without selection in a figure: errors, norm and accuracy by emission."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import floored, spoken
from alife.words import count
from analysis.assays.fertility import FACTOR, PANELS, WORST, of_the_living, treatments
from analysis.assays.results import Result
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.estimates import draw_band
from analysis.figures.style import look


@convention.figure
def fertility(result: Result, figure: Figure | None = None, **style: Any) -> Figure:
    """Errors, norm and accuracy by generation of descent: median and middle half of the lines that live.

    Args:
        result: Of the fertility assay.
        figure: Empty; a new one if None.
        style: Of the medians, as `Axes.plot` takes it; bands have their colour.

    Example:
        >>> figure = alife.figures.fertility(alife.assay("runs/first", "fertility", sample=4, replicates=2, descent=3))
    """
    lines, about = of_the_living(result.frames["descent"]), result.about
    shown = {name: label for name, label in PANELS.items() if name != "accuracy" or lines["accuracy"].any()}
    figure = canvas.own_figure(figure, 7.2, 5.2)
    panels = figure.subplots(2, 2).ravel().tolist()
    for ax, (column, label) in zip(panels, shown.items(), strict=False):
        for number, (name, group) in enumerate(treatments(lines).items()):
            _draw_treatment(ax, group, column, name, look(style, **palette.of_group(number)))
        if column != "accuracy":
            _limit(ax, column)
        ax.set(ylabel=spoken(label), xlabel="generation of descent")
        scales.generation_axis(ax.xaxis)
    for ax in panels[len(shown) :]:
        ax.set_axis_off()
    legends.of_figure(figure, panels, 2)
    n = count(lines.groupby(["id", "replicate"]).ngroups, "line")
    title = f"{about['name']}: descent without selection from generation {max(about['generations'])}"
    canvas.title(figure, f"{title}; of n = {n} a treatment, median and middle half of those that live")
    return figure


def _draw_treatment(ax: Axes, group: pd.DataFrame, column: str, name: str, style: dict[str, Any]) -> None:
    values = group[column] if column == "accuracy" else pd.Series(floored(group[column]), group.index)
    by = values.groupby(group["descent"])
    alive = group["replication_error"].notna().groupby(group["descent"]).sum()
    ends = f": {alive.iloc[-1]} of {alive.iloc[0]} live to the end" if alive.iloc[-1] < alive.iloc[0] else ""
    levels = by.quantile(0.25), by.quantile(0.5), by.quantile(0.75)
    draw_band(ax, alive.index, levels, **look(style, marker="o", ms=2.5, label=f"{name}{ends}"))


def _limit(ax: Axes, column: str) -> None:
    """A logarithmic axis that shows the bound and at most a few decades beyond it."""
    ax.set_yscale("log")
    ratio = column == "norm_ratio"
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, 1e-2 if ratio else 1e-4), min(high, 1e2))
    for bound in (1 / FACTOR, FACTOR) if ratio else (WORST,) if column == "founder_error" else ():
        ax.axhline(bound, color=palette.ink(), lw=0.8, ls=(0, (4, 2)), label="bounds of depth")
    scales.log_axis(ax, "y")
