"""A figure an experiment of the seed paper, in the manner of its figures 4 to 8, with ρ beside L_SR; strict quines and
their fertility are in `strict.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import floored
from analysis.figures import canvas, convention, legends, palette, scales, strict
from analysis.figures.bands import fewer
from analysis.figures.estimates import draw_band
from analysis.figures.style import look
from analysis.paper.results import Results, reported
from analysis.paper.tradeoff import REFERENCE

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

Style = Mapping[str, Any]


@convention.figure
def experiment(results: Results, name: str, figure: Figure | None = None, **style: Any) -> Figure:
    """The figure of an experiment of the seed paper.

    Args:
        results: A folder of `alife paper`.
        name: Of the experiment, as in `results.experiments`.
        figure: Empty; a new one if None.
        style: Of the lines of networks, as `Axes.plot` takes it.

    Raises:
        UserError: The experiment has not ended.

    Example:
        >>> figure = alife.figures.experiment(alife.paper("E0", "paper", seeds=2), "E0")
    """
    if results.of(name).empty:
        raise UserError(f"{results.path}: no results of {name}: there are {', '.join(results.experiments)}")
    draw, size = FIGURES.get(name, (_training, (7, 3.4)))
    figure = canvas.own_figure(figure, *size)
    draw(figure, results, name, style)
    if name != "strict":
        legends.of_figure(figure, figure.axes, 5 if size[1] > 3.5 else 4, handlelength=2.8)
    return figure


def _initial(figure: Figure, results: Results, name: str, style: Style) -> None:
    """Each network a point, the paper's single value beside them."""
    rows = results.of(name)
    cases = [("vanilla", "L_SR"), ("auxiliary", "L_aux_test"), ("vanilla", "rho"), ("auxiliary", "rho")]
    for ax, (variant, quantity) in zip(figure.subplots(1, 4), cases, strict=True):
        values = rows[rows["variant"] == variant][quantity].to_numpy(float)
        spots = np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.zeros(1)
        ours: dict[str, Any] = {"marker": "o", "ls": "", "ms": 4, "color": palette.colour(0)}
        ax.plot(spots, values, **look(style, label="ours, a network each", **ours))
        _paper_line(ax, name, variant, quantity)
        if quantity == "rho":
            _zeros(ax)
        ax.set(xlim=(-0.5, 0.5), xticks=[], ylabel=LABELS[quantity])
        ax.set_ylim(0, 1.1 * ax.get_ylim()[1])
        canvas.write_above(ax, variant)


def _training(figure: Figure, results: Results, name: str, style: Style) -> None:
    """L_SR and ρ through training, a line a variant."""
    _panels(figure, results, name, style, ["L_SR", "rho"])


def _regeneration(figure: Figure, results: Results, name: str, style: Style) -> None:
    """The same by generation."""
    _panels(figure, results, name, style, ["L_SR", "rho", "squared_norm"], "generation")


def _classifying(figure: Figure, results: Results, name: str, style: Style) -> None:
    """Accuracy, and L_SR and ρ as they are printed beside images."""
    _panels(figure, results, name, style, ["accuracy", "L_SR_joint", "rho_joint"])


def _fates(figure: Figure, results: Results, name: str, style: Style) -> None:
    """By generation, each network a line: some collapse and some diverge."""
    curve = results.curve(name)
    for ax, quantity in zip(figure.subplots(1, 3), ("L_SR", "rho", "squared_norm"), strict=True):
        for i, (variant, rows) in enumerate(curve.groupby("variant", sort=False)):
            for _, line in rows.groupby("seed"):
                own = look(style, color=palette.colour(i), lw=0.9, label=f"from {variant} weights, a network each")
                ax.plot(line["epoch"], floored(line[quantity]), **own)
        if quantity == "rho":
            _zeros(ax)
        ax.set_yscale("log")
        ax.set_ylim(SMALLEST if quantity != "rho" else 0.1, LARGEST)
        scales.generation_axis(ax.xaxis)
        ax.set(xlabel="generation", ylabel=LABELS[quantity])


def _planes(figure: Figure, results: Results, name: str, style: Style) -> None:
    """Accuracy against L_SR and ρ: the mean of the networks of each λ from the first epoch on, a dot where one ends.

    Those that only replicate, and do not classify, are a vertical line where they end.
    """
    curve = results.curve(name)
    curve = curve[curve["epoch"] > 0]
    alone, both = curve[curve["task_weight"] == REFERENCE], curve[curve["task_weight"] != REFERENCE]
    for ax, x in zip(figure.subplots(1, 2), ("L_SR_joint", "rho_joint"), strict=True):
        if len(alone):
            middle = alone[alone["epoch"] == alone["epoch"].max()][x].mean()
            ax.axvline(middle, color=palette.faint(), ls=(0, (3, 2)), label="λ = 0, mean at the end")
        for i, (variant, rows) in enumerate(both.groupby("variant", sort=False)):
            mean = rows.groupby("epoch")[[x, "accuracy"]].mean()
            own = look(style, label=str(variant), **palette.of_group(i))
            ax.plot(mean[x], mean["accuracy"], **own)
            ends = rows[rows["epoch"] == rows["epoch"].max()]
            ax.plot(ends[x], ends["accuracy"], "o", ms=3, color=own["color"], alpha=0.6)
        if x == "rho_joint":
            ax.axvline(1, color=palette.ink(), lw=0.8, label=scales.ZEROS)
        scales.log_axis(ax, "x")
        ax.set(xlabel=LABELS[x.removesuffix("_joint")], ylabel="test accuracy")


def _panels(
    figure: Figure, results: Results, name: str, style: Style, quantities: Sequence[str], x: str = "epoch"
) -> None:
    """A panel a quantity against time: medians over networks, bands from the lowest to the highest."""
    curve = results.curve(name)
    for ax, quantity in zip(figure.subplots(1, len(quantities)), quantities, strict=True):
        for i, (variant, rows) in enumerate(curve.groupby("variant", sort=False)):
            _draw_variant(ax, rows, quantity, str(variant), look(style, **palette.of_group(i)))
        for variant in curve["variant"].unique():
            _paper_line(ax, name, variant, quantity)
        if quantity.startswith("rho"):
            _zeros(ax)
        _scale(ax, curve[quantity].to_numpy(float), quantity)
        scales.generation_axis(ax.xaxis)
        ax.set(xlabel=x, ylabel=LABELS[quantity])


def _draw_variant(ax: Axes, rows: pd.DataFrame, quantity: str, label: str, style: dict[str, Any]) -> None:
    """Median and range of the networks that are finite, by epoch."""
    values = pd.Series(floored(rows[quantity].to_numpy(float)), rows.index)
    by = values.clip(upper=LARGEST).groupby(rows["epoch"])
    text = label + fewer(values, rows["epoch"], "networks")
    own = look(style, label=text, marker="o" if len(by) < 3 else "")
    draw_band(ax, by.median().index, (by.min(), by.median(), by.max()), **own)


def _paper_line(ax: Axes, name: str, variant: str, quantity: str) -> None:
    """The value that the paper reports, if it gives one."""
    told = reported()
    told = told[(told["experiment"] == name) & (told["variant"] == variant) & (told["quantity"] == quantity)]
    for value in told["value"].dropna():
        ax.axhline(value, color=palette.faint(), ls=(0, (1, 2)), lw=1, label="the paper, as reported")


def _zeros(ax: Axes) -> None:
    ax.axhline(1, color=palette.ink(), lw=0.8, label=scales.ZEROS)


def _scale(ax: Axes, values: np.ndarray, quantity: str) -> None:
    """Logarithmic where values are far apart; else from 0 for ρ and accuracy, which have one that means something."""
    values = values[np.isfinite(values) & (values > SMALLEST) & (values < LARGEST)]
    if values.size and values.max() / values.min() > WIDE and quantity != "accuracy":
        ax.set_yscale("log")
        ax.set_ylim(max(ax.get_ylim()[0], values.min() / 2), None)
    elif values.size and quantity in ("rho", "rho_joint", "accuracy"):
        ax.set_ylim(0, None)


Draw = Callable[[Figure, Results, str, Style], None]
"""(empty figure, results, experiment, style of its lines): draws it."""

FIGURES: Final[dict[str, tuple[Draw, tuple[float, float]]]] = {
    "E0": (_initial, (7, 2.8)),
    "E5": (_regeneration, (8.4, 3.4)),
    "E6": (_fates, (8.4, 3.4)),
    "E7": (_classifying, (8.4, 3.4)),
    "E8": (_classifying, (8.4, 3.4)),
    "tradeoff": (_planes, (8.4, 4.0)),
    "strict": (strict.training, (8.4, 3.8)),
    "fertility": (strict.descent, (8.4, 4.4)),
    "contraction": (strict.contraction, (7, 4.2)),
}
"""Experiments whose figure is not L_SR and ρ through training, and its inches."""
