"""Accuracy against L_SR and against ρ through training under several λ, and what specialisation costs."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from alife.traits import log10
from alife.words import count
from analysis.figures import style
from analysis.paper.results import Results
from analysis.paper.verdicts import BLANK
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import Floats, difference, interval
from analysis.statistics.significance import sign_flip

NAME: Final = "tradeoff"
REFERENCE: Final = 0.0
"""λ of networks that only replicate."""


def draw(results: Results, experiment: str) -> Figure:
    """Two planes: each line is the mean of the networks of one λ from the first epoch on, a dot where one ends.

    Those that only replicate, and do not classify, are a vertical line where they end.
    """
    figure = style.new_figure(8.4, 4.0)
    curve = results.curve(experiment)
    curve = curve[curve["epoch"] > 0]
    alone, both = curve[curve["task_weight"] == REFERENCE], curve[curve["task_weight"] != REFERENCE]
    for number, (x, label) in enumerate((("L_SR_joint", "L_SR"), ("rho_joint", "ρ = L_SR / Σθ²")), 1):
        ax = figure.add_subplot(1, 2, number)
        if len(alone):
            middle = alone[alone["epoch"] == alone["epoch"].max()][x].mean()
            ax.axvline(middle, color=style.faint(), ls=(0, (3, 2)), label="λ = 0, mean at the end")
        for i, (variant, rows) in enumerate(both.groupby("variant", sort=False)):
            mean = rows.groupby("epoch")[[x, "accuracy"]].mean()
            colour = style.colour(i)
            ax.plot(mean[x], mean["accuracy"], color=colour, ls=style.DASHES[i % len(style.DASHES)], label=str(variant))
            ends = rows[rows["epoch"] == rows["epoch"].max()]
            ax.plot(ends[x], ends["accuracy"], "o", ms=3, color=colour, alpha=0.6)
        if x == "rho_joint":
            ax.axvline(1, color=style.ink(), lw=0.8, label=style.ZEROS)
        style.log_axis(ax, "x")
        ax.set(xlabel=label, ylabel="test accuracy")
    return figure


def statements(results: Results) -> Iterator[str]:
    """What the data say of the paper's observation that networks specialise at the expense of replication."""
    curve = results.curve(NAME)
    if curve.empty:
        return
    ends = curve[curve["epoch"] == curve["epoch"].max()]
    yield from _through_training(curve)
    yield from _among_weights(ends)
    if (ends["rho_joint"] > BLANK).all():
        yield (
            f"No network of any λ ends below ρ = {ends['rho_joint'].min():.2f}: beside an image none prints its "
            "weights, so what L_SR shows as replication lost or kept is mostly how large the weights are."
        )


def _through_training(curve: pd.DataFrame) -> Iterator[str]:
    """Within training, for each λ: accuracy gained, and what L_SR and ρ did meanwhile."""
    for weight, rows in curve.groupby("task_weight"):
        first, last = (_by_seed(rows, epoch) for epoch in (rows["epoch"].min(), rows["epoch"].max()))
        gain = interval(last["accuracy"] - first["accuracy"], "mean")
        loss = interval(log10(last["L_SR_joint"]) - log10(first["L_SR_joint"]), "mean")
        rho = interval(last["rho_joint"] - first["rho_joint"], "mean")
        yield (
            f"λ = {weight:g}, through training: accuracy {_signed(gain)}, L_SR ×{_factor(loss)}, ρ {_signed(rho)} "
            f"(n = {count(gain.n, 'network')})."
        )


def _among_weights(ends: pd.DataFrame) -> Iterator[str]:
    """At the end, each λ against λ = 0, paired by seed; and the rank correlation over λ."""
    base = ends[ends["task_weight"] == REFERENCE].set_index("seed")
    for weight, rows in ends[ends["task_weight"] != REFERENCE].groupby("task_weight"):
        rows = rows.set_index("seed").loc[base.index]
        rho = difference(rows["rho_joint"], base["rho_joint"], paired=True, centre="mean")
        loss = difference(*_logs(rows, base, "L_SR_joint"), paired=True, centre="mean")
        size = difference(*_logs(rows, base, "squared_norm"), paired=True, centre="mean")
        p = sign_flip(rows["rho_joint"].to_numpy(), base["rho_joint"].to_numpy()).p
        yield (
            f"λ = {weight:g} against λ = 0 at the end: accuracy {rows['accuracy'].mean():.3f}; L_SR ×{_factor(loss)}, "
            f"Σθ² ×{_factor(size)}, ρ {_signed(rho)}, p = {p:.2g} ({_bias(loss, rho)})."
        )


def _bias(loss: Estimate, rho: Estimate) -> str:
    """The specialisation bias in the paper's measure, and in the one that weights' size does not move."""
    if not np.isfinite([loss.low, rho.low]).all():
        return "too few networks to say"
    worse, copied = loss.low > 0, rho.low > 0
    if worse and rho.high < 0:
        return "it costs L_SR, while ρ falls: weights grew, and relative to them copying got better"
    if worse and copied:
        return "specialisation costs replication by both measures"
    if worse:
        return "it costs L_SR, but not ρ: weights grew, copying relative to them did not get worse"
    if copied:
        return "it costs ρ, though L_SR does not show it"
    return "no cost shows"


def _logs(rows: pd.DataFrame, base: pd.DataFrame, name: str) -> tuple[Floats, Floats]:
    return log10(rows[name]), log10(base[name])


def _by_seed(rows: pd.DataFrame, epoch: int) -> pd.DataFrame:
    return rows[rows["epoch"] == epoch].set_index("seed").sort_index()


def _signed(estimate: Estimate) -> str:
    text = f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"
    return text.replace("-", "−")


def _factor(estimate: Estimate) -> str:
    return "{:.3g} [{:.3g}, {:.3g}]".format(*10.0 ** np.array([estimate.value, estimate.low, estimate.high]))
