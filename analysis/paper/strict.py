"""Strict quines and their fertility: figures, and sentences that hold what was measured."""

from collections.abc import Hashable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import floored
from analysis.figures import legends, style
from analysis.figures.bands import fewer
from analysis.paper.results import Results
from analysis.templates import sentences

GOAL: Final = 0.001
FAR: Final = 1e3
"""What lies further from its founder leaves the figure."""
DEEP: Final = 10
"""Generations of descent that are the goal."""
MARKERS: Final = "osD^v<>p*"
WEIGHT: Final = "task_weight"
CLASSES: Final = ("divergent", "zero", "fixpoint", "second-order", "none")


def draw(results: Results, experiment: str) -> Figure:
    """ρ through training, and the front of accuracy against ρ over task weights."""
    figure = style.new_figure(8.4, 3.8)
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    curve, rows = results.curve(experiment), results.of(experiment)
    for i, name in enumerate(("vanilla", "exact")):
        for number, (_, line) in enumerate(curve[curve["variant"] == name].groupby("seed")):
            label = {"vanilla": "H = 100, a network each", "exact": "H = 16"}[name] if not number else None
            left.plot(line["epoch"], floored(line["rho"]), color=style.colour(i), lw=0.8, alpha=0.7, label=label)
    left.axhline(1, color=style.ink(), lw=0.8, label="no better than printing zeros")
    left.axhline(GOAL, color=style.faint(), ls=":", label=f"ρ = {GOAL:g}")
    left.set(xlabel="steps of Adam", ylabel="ρ", yscale="log")
    _front(right, rows)
    for ax in (left, right):
        legends.of_axes(ax)
        ax.get_legend().set_loc("best")  # type: ignore[union-attr]
    return figure


def _front(ax: Axes, rows: pd.DataFrame) -> None:
    if WEIGHT not in rows:
        return
    points = rows[rows[WEIGHT].notna()]
    means = points.groupby(WEIGHT)[["rho", "accuracy"]].mean()
    ax.plot(means["rho"], means["accuracy"], color=style.faint(), lw=1, label="means over networks")
    for i, (weight, some) in enumerate(points.groupby(WEIGHT)):
        colour = style.colour(i)
        ax.plot(floored(some["rho"]), some["accuracy"], "o", ms=4, color=colour, label=f"task weight {weight:g}")
    ax.set(xlabel="ρ", ylabel="test accuracy", xscale="log")


def descent(results: Results, experiment: str) -> Figure:
    """ρ against the founder, and the norm, by generation of descent without learning; medians over networks."""
    figure = style.new_figure(8.4, 4.4)
    axes = [figure.add_subplot(1, 2, number) for number in (1, 2)]
    curve = results.curve(experiment)
    names = sorted((name for name in curve["variant"].unique() if name.startswith("strict")), key=_order)
    for ax, (quantity, label) in zip(
        axes, (("founder_rho", "ρ against the founder"), ("norm_ratio", "norm relative to the founder's")), strict=True
    ):
        for i, name in enumerate(names):
            some = curve[curve["variant"] == name]
            values = pd.Series(floored(some[quantity].to_numpy(float)), some.index)
            by = values.groupby(some["generation"]).median()
            by = by.where(by < FAR)
            look: dict[str, Any] = {
                "color": style.colour(i),
                "ls": style.DASHES[i % len(style.DASHES)],
            }
            text = name.removeprefix("strict ") + fewer(values, some["generation"], "networks")
            ax.plot(by.index, by, marker="o", ms=2.5, label=text, **look)
        ax.set(xlabel="generation of descent", ylabel=label, yscale="log")
        style.generation_axis(ax.xaxis)
    axes[0].axhline(0.5, color=style.ink(), lw=0.8, label="kin end at ρ = 0.5")
    return figure


def _order(name: str) -> tuple[float, str]:
    """Variants by task weight, those without one first."""
    last = name.rpartition(" ")[2]
    return (float(last) if last[0].isdigit() else 0.0, name)


def contraction(results: Results, experiment: str) -> Figure:
    """What each attempt costs and buys: ρ of every network against the depth of its noisy copies' lines."""
    figure = style.new_figure(7, 4.2)
    ax = figure.add_subplot()
    for i, (name, some) in enumerate(results.of(experiment).groupby("variant", sort=False)):
        lines = np.maximum(some["depth_0.05"].to_numpy(float), 0.5)
        look: dict[str, Any] = {"color": style.colour(i), "marker": MARKERS[i % len(MARKERS)]}
        ax.plot(floored(some["rho"]), lines, ls="", ms=4 + 5 * (i > 7), alpha=0.8, label=str(name), **look)
    ax.axhline(DEEP, color=style.faint(), ls=":", label=f"depth {DEEP}")
    ax.set(xlabel="ρ", ylabel="depth with 5 % noise (0 at 0.5)", xscale="log", yscale="log")
    return figure


def attempts(results: Results) -> Iterator[str]:
    """A sentence an attempt."""
    told = {facts["part"]: facts.get("what", "") for facts in results.facts if facts["experiment"] == "contraction"}
    for name, some in results.of("contraction").groupby("variant", sort=False):
        ranges = _ranges(some, "rho", "radius", "depth", noisy="depth_0.05", noisier="depth_0.2")
        enough = {"enough": _deep(some["depth"]), "enough_noisy": _deep(some["depth_0.05"])}
        yield _said("contraction", name, some, what=told.get(str(name), ""), **ranges, **enough)


def statements(results: Results) -> Iterator[str]:
    """What came of strict quines."""
    for name, some in results.of("strict").groupby("variant", sort=False):
        ranges = _ranges(
            some, **{column: column for column in ("rho", "L_SR", "norm_kept", "participation", "accuracy")}
        )
        measured = "rho_float64" in some and some["rho_float64"].notna().any()
        exact = int((some["rho_float64"] < 1e-20).sum()) if measured else None
        yield _said("strict", name, some, exact=exact, **ranges)


def fertility(results: Results) -> Iterator[str]:
    """How deep lines go."""
    for name, some in results.of("fertility").groupby("variant", sort=False):
        counts = some["class"].value_counts()
        classes = {kind: counts[kind] for kind in CLASSES if kind in counts}
        ranges = _ranges(some, "depth", "noisy_depth", "rho", "radius", "degree")
        yield _said("fertility", name, some, classes=classes, enough=_deep(some["depth"]), **ranges)


def _said(of: str, name: Hashable, some: pd.DataFrame, **data: Any) -> str:
    return sentences("paper", of=of, name=name, n=len(some), deep=DEEP, **data)[0]


def _deep(depths: pd.Series) -> int:
    return int((depths >= DEEP).sum())


def _ranges(some: pd.DataFrame, *same: str, **columns: str) -> dict[str, list[float]]:
    """By name: median, lowest and highest of a column; NaN alone where no value is finite, nothing of no accuracy."""
    found = {}
    for name, column in {**dict(zip(same, same, strict=True)), **columns}.items():
        values = some[column].to_numpy(float) if column in some else np.empty(0)
        known = values[np.isfinite(values)]
        missing = [] if name == "accuracy" else [float("nan")]
        found[name] = [float(f(known)) for f in (np.median, np.min, np.max)] if len(known) else missing
    return found
