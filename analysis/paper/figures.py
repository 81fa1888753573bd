"""A figure an experiment, in the manner of the paper's figures 4 to 8, with ρ beside L_SR."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import floored
from analysis.figures import legends, style
from analysis.figures.bands import fewer
from analysis.paper import strict, tradeoff
from analysis.paper.results import Results, reported

LABELS: Final = {
    "L_SR": "L_SR",
    "L_SR_joint": "L_SR, an image beside each coordinate",
    "rho": "ρ = L_SR / Σθ²",
    "rho_joint": "ρ, an image beside each coordinate",
    "squared_norm": "Σθ²",
    "accuracy": "test accuracy",
    "L_aux_test": "L_aux over the test images",
}
WIDE: Final = 8.0
"""Ratio of largest to smallest from which an axis is logarithmic."""
LARGEST: Final = 1e12
"""What diverges leaves the figure here."""
SMALLEST: Final = 1e-9
"""What collapses leaves it here: below are weights that have vanished."""


@style.styled()
def draw(results: Results, experiment: str) -> Figure:
    """The figure of an experiment."""
    return FIGURES.get(experiment, training)(results, experiment)


def initial(results: Results, experiment: str) -> Figure:
    """Each network a point, the paper's single value beside them."""
    figure = style.new_figure(7, 2.8)
    rows = results.of(experiment)
    cases = [("vanilla", "L_SR"), ("auxiliary", "L_aux_test"), ("vanilla", "rho"), ("auxiliary", "rho")]
    for number, (variant, quantity) in enumerate(cases, 1):
        ax = figure.add_subplot(1, 4, number)
        values = rows[rows["variant"] == variant][quantity].to_numpy(float)
        spots = np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.zeros(1)
        ax.plot(spots, values, "o", ms=4, color=style.colour(0), label="ours, a network each")
        _paper_line(ax, experiment, variant, quantity)
        if quantity == "rho":
            _zeros(ax)
        ax.set(xlim=(-0.5, 0.5), xticks=[], ylabel=LABELS[quantity])
        ax.set_ylim(0, 1.1 * ax.get_ylim()[1])
        style.title(ax, variant)
    legends.of_figure(figure, figure.axes, 4, handlelength=2.8)
    return figure


def training(results: Results, experiment: str) -> Figure:
    """L_SR and ρ through training, a line a variant."""
    return panels(results, experiment, ["L_SR", "rho"])


def regeneration(results: Results, experiment: str) -> Figure:
    """The same by generation."""
    return panels(results, experiment, ["L_SR", "rho", "squared_norm"], "generation")


def fates(results: Results, experiment: str) -> Figure:
    """By generation, each network a line: some collapse and some diverge."""
    figure = style.new_figure(8.4, 3.4)
    curve = results.curve(experiment)
    for number, quantity in enumerate(("L_SR", "rho", "squared_norm"), 1):
        ax = figure.add_subplot(1, 3, number)
        for i, (variant, rows) in enumerate(curve.groupby("variant", sort=False)):
            for seed, line in rows.groupby("seed"):
                values = floored(line[quantity])
                label = f"from {variant} weights, a network each" if seed == 0 else None
                ax.plot(line["epoch"], values, color=style.colour(i), lw=0.9, label=label)
        if quantity == "rho":
            _zeros(ax)
        ax.set_yscale("log")
        ax.set_ylim(SMALLEST if quantity != "rho" else 0.1, LARGEST)
        style.generation_axis(ax.xaxis)
        ax.set(xlabel="generation", ylabel=LABELS[quantity])
    legends.of_figure(figure, figure.axes, 4, handlelength=2.8)
    return figure


def classifying(results: Results, experiment: str) -> Figure:
    """Accuracy, L_SR and ρ through training."""
    return panels(results, experiment, ["accuracy", "L_SR_joint", "rho_joint"])


def planes(results: Results, experiment: str) -> Figure:
    """Accuracy against L_SR and against ρ."""
    figure = tradeoff.draw(results, experiment)
    legends.of_figure(figure, figure.axes, 5, handlelength=2.8)
    return figure


def lines_of_descent(results: Results, experiment: str) -> Figure:
    """ρ against the founder, and the norm, by generation."""
    figure = strict.descent(results, experiment)
    legends.of_figure(figure, figure.axes, 5, handlelength=2.8)
    return figure


def attempts(results: Results, experiment: str) -> Figure:
    """Depth against ρ."""
    figure = strict.contraction(results, experiment)
    legends.of_figure(figure, figure.axes, 5, handlelength=2.8)
    return figure


def panels(results: Results, experiment: str, quantities: Sequence[str], x: str = "epoch") -> Figure:
    """A panel a quantity against time: medians over networks, bands from the lowest to the highest."""
    figure = style.new_figure(7 if len(quantities) < 3 else 8.4, 3.4)
    curve = results.curve(experiment)
    for number, quantity in enumerate(quantities, 1):
        ax = figure.add_subplot(1, len(quantities), number)
        for i, (variant, rows) in enumerate(curve.groupby("variant", sort=False)):
            lines(ax, rows, quantity, str(variant), i)
        for variant in curve["variant"].unique():
            _paper_line(ax, experiment, variant, quantity)
        if quantity.startswith("rho"):
            _zeros(ax)
        _scale(ax, curve[quantity].to_numpy(float), quantity)
        style.generation_axis(ax.xaxis)
        ax.set(xlabel=x, ylabel=LABELS[quantity])
    legends.of_figure(figure, figure.axes, 4, handlelength=2.8)
    return figure


def lines(ax: Axes, rows: pd.DataFrame, quantity: str, label: str, number: int) -> None:
    """Median and range of the networks that are finite, by epoch."""
    values = pd.Series(floored(rows[quantity].to_numpy(float)), rows.index)
    by = values.clip(upper=LARGEST).groupby(rows["epoch"])
    middle, low, high = by.median(), by.min(), by.max()
    look: dict[str, Any] = {
        "color": style.colour(number),
        "ls": style.DASHES[number % len(style.DASHES)],
    }
    text = label + fewer(values, rows["epoch"], "networks")
    ax.plot(middle.index, middle, label=text, marker="o" if len(middle) < 3 else "", **look)
    ax.fill_between(middle.index, low, high, color=look["color"], alpha=0.18, lw=0)


def _paper_line(ax: Axes, experiment: str, variant: str, quantity: str) -> None:
    """The value that the paper reports, if it gives one."""
    told = reported()
    told = told[(told["experiment"] == experiment) & (told["variant"] == variant) & (told["quantity"] == quantity)]
    for value in told["value"].dropna():
        ax.axhline(value, color=style.faint(), ls=(0, (1, 2)), lw=1, label="the paper, as reported")


def _zeros(ax: Axes) -> None:
    ax.axhline(1, color=style.ink(), lw=0.8, label=style.ZEROS)


def _scale(ax: Axes, values: np.ndarray, quantity: str) -> None:
    """Logarithmic where values are far apart; else from 0 for ρ and accuracy, which have one that means something."""
    values = values[np.isfinite(values) & (values > SMALLEST) & (values < LARGEST)]
    if values.size and values.max() / values.min() > WIDE and quantity != "accuracy":
        ax.set_yscale("log")
        ax.set_ylim(max(ax.get_ylim()[0], values.min() / 2), None)
    elif values.size and quantity in ("rho", "rho_joint", "accuracy"):
        ax.set_ylim(0, None)


FIGURES: Final[dict[str, Callable[[Results, str], Figure]]] = {
    "E0": initial,
    "E5": regeneration,
    "E6": fates,
    "E7": classifying,
    "E8": classifying,
    "tradeoff": planes,
    "strict": strict.draw,
    "fertility": lines_of_descent,
    "contraction": attempts,
}
"""Experiments whose figure is not L_SR and ρ through training."""
