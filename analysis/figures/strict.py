"""Figures of strict quines: how they train, how long their lines last, what each attempt at contraction buys."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import floored
from analysis.figures import legends, palette, scales
from analysis.figures.bands import fewer
from analysis.figures.style import look
from analysis.paper.results import Results
from analysis.paper.strict import DEEP, GOAL, WEIGHT

FAR: Final = 1e3
"""What lies further from its founder leaves the figure."""
MARKERS: Final = "osD^v<>p*"

Style = Mapping[str, Any]


def training(figure: Figure, results: Results, name: str, style: Style) -> None:
    """ρ through training, and the front of accuracy against ρ over task weights."""
    left, right = figure.subplots(1, 2)
    curve = results.curve(name)
    for i, (variant, label) in enumerate({"vanilla": "H = 100, a network each", "exact": "H = 16"}.items()):
        own = look(style, color=palette.colour(i), lw=0.8, alpha=0.7, label=label)
        for _, line in curve[curve["variant"] == variant].groupby("seed"):
            left.plot(line["epoch"], floored(line["rho"]), **own)
    left.axhline(1, color=palette.ink(), lw=0.8, label="no better than printing zeros")
    left.axhline(GOAL, color=palette.faint(), ls=":", label=f"ρ = {GOAL:g}")
    left.set(xlabel="steps of Adam", ylabel="ρ", yscale="log")
    _front(right, results.of(name))
    for ax in (left, right):
        legends.of_axes(ax)
        if legend := ax.get_legend():
            legend.set_loc("best")


def _front(ax: Axes, rows: pd.DataFrame) -> None:
    if WEIGHT not in rows:
        return
    points = rows[rows[WEIGHT].notna()]
    means = points.groupby(WEIGHT)[["rho", "accuracy"]].mean()
    ax.plot(means["rho"], means["accuracy"], color=palette.faint(), lw=1, label="means over networks")
    for i, (weight, some) in enumerate(points.groupby(WEIGHT)):
        colour = palette.colour(i)
        ax.plot(floored(some["rho"]), some["accuracy"], "o", ms=4, color=colour, label=f"task weight {weight:g}")
    ax.set(xlabel="ρ", ylabel="test accuracy", xscale="log")


def descent(figure: Figure, results: Results, name: str, style: Style) -> None:
    """ρ against the founder, and the norm, by generation of descent without learning; medians over networks."""
    axes, curve = figure.subplots(1, 2), results.curve(name)
    variants = sorted((v for v in curve["variant"].unique() if v.startswith("strict")), key=_order)
    shown = {"founder_rho": "ρ against the founder", "norm_ratio": "norm relative to the founder's"}
    for ax, (quantity, label) in zip(axes, shown.items(), strict=True):
        for i, variant in enumerate(variants):
            some = curve[curve["variant"] == variant]
            values = pd.Series(floored(some[quantity].to_numpy(float)), some.index)
            by = values.groupby(some["generation"]).median()
            by = by.where(by < FAR)
            text = variant.removeprefix("strict ") + fewer(values, some["generation"], "networks")
            ax.plot(by.index, by, **look(style, marker="o", ms=2.5, label=text, **palette.of_group(i)))
        ax.set(xlabel="generation of descent", ylabel=label, yscale="log")
        scales.generation_axis(ax.xaxis)
    axes[0].axhline(0.5, color=palette.ink(), lw=0.8, label="kin end at ρ = 0.5")


def _order(name: str) -> tuple[float, str]:
    """Variants by task weight, those without one first."""
    last = name.rpartition(" ")[2]
    return (float(last) if last[0].isdigit() else 0.0, name)


def contraction(figure: Figure, results: Results, name: str, style: Style) -> None:
    """What each attempt costs and buys: ρ of every network against the depth of its noisy copies' lines."""
    ax = figure.add_subplot()
    for i, (variant, some) in enumerate(results.of(name).groupby("variant", sort=False)):
        depths = np.maximum(some["depth_0.05"].to_numpy(float), 0.5)
        ours: dict[str, Any] = {"color": palette.colour(i), "marker": MARKERS[i % len(MARKERS)], "ls": "", "alpha": 0.8}
        ax.plot(floored(some["rho"]), depths, **look(style, ms=4 + 5 * (i > 7), label=str(variant), **ours))
    ax.axhline(DEEP, color=palette.faint(), ls=":", label=f"depth {DEEP}")
    ax.set(xlabel="ρ", ylabel="depth with 5 % noise (0 at 0.5)", xscale="log", yscale="log")
