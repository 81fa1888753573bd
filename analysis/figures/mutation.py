"""Birth noise in a figure: what of it is retained, the heritable dimension, and its effects on traits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import TRAITS
from alife.words import count
from analysis.assays.estimates import scored
from analysis.assays.mutation import chance, of_individuals, paired_scores
from analysis.assays.results import Result
from analysis.figures import canvas, convention, legends, palette
from analysis.figures.estimates import draw_estimate
from analysis.figures.style import look
from analysis.statistics.intervals import interval

ZERO: dict[str, Any] = {"lw": 0.8, "ls": (0, (4, 2))}
"""How the lines of nothing look."""


@convention.figure
def mutation(result: Result, figure: Figure | None = None, **style: Any) -> Figure:
    """Retained noise, size and what is carried on by emission; the heritable dimension; effects on each trait.

    Args:
        result: Of the mutation assay.
        figure: Empty; a new one if None.
        style: Of the means, as `Axes.errorbar` takes it.

    Example:
        >>> figure = alife.figures.mutation(alife.assay("runs/first", "mutation", sample=4, replicates=2))
    """
    frames, about = result.frames, result.about
    retention, traits = frames["retention"], scored(frames["effects"])
    figure = canvas.own_figure(figure, 7.2, 5.4)
    panels = figure.subplots(2, 3).ravel().tolist()
    _draw_emissions(panels[0], retention, "projection", "noise retained in its\nown direction, ⟨Δ, n⟩/‖n‖²", style)
    panels[0].axhline(0, color=palette.ink(), **ZERO)
    _draw_emissions(panels[1], retention, "size", "what differs between sisters\n‖Δ‖²/‖n‖²", style)
    _draw_dimension(panels[2], frames["dimension"], style)
    for ax, trait in zip(panels[3:], traits, strict=False):
        _draw_effects(ax, frames["effects"], trait)
    for ax in panels[3 + len(traits) :]:
        ax.set_axis_off()
    legends.of_figure(figure, panels, 2)
    of = f"birth noise of generation {max(about['generations'])}, σ = {about['mutation']:g}"
    canvas.title(figure, f"{about['name']}: {of}")
    return figure


def _draw_emissions(ax: Axes, retention: pd.DataFrame, column: str, label: str, style: Mapping[str, Any]) -> None:
    table = retention.pivot(index="emission", columns="id", values=column)
    lines = ax.plot(table.index, table, color=palette.OKABE_ITO["sky"], lw=0.5, alpha=0.6, zorder=2)
    alive = table.notna().sum(axis=1)
    fewer = f", {alive.iloc[-1]} at the last emission" if alive.iloc[-1] < table.shape[1] else ""
    lines[0].set_label(f"each pair of sisters, n = {table.shape[1]}{fewer}")
    for emission, values in table.iterrows():
        own = look(style, label="mean and its 95 % interval")
        draw_estimate(ax, float(str(emission)), interval(values), **own)
    ax.set(ylabel=label, xlabel="emission", xticks=list(table.index))


def _draw_dimension(ax: Axes, dimension: pd.DataFrame, style: Mapping[str, Any]) -> None:
    table = of_individuals(dimension, "trace")
    jitter, label = np.random.default_rng(0), f"an individual's mean over probes, n = {len(table)}"
    steps = list(table.columns[::-1])
    for place, epsilon in enumerate(steps):
        x = place + jitter.uniform(-0.2, 0.2, len(table))
        ax.plot(x, table[epsilon], ".", ms=3.5, mew=0, alpha=0.6, color=palette.OKABE_ITO["green"], label=label)
        draw_estimate(ax, place, interval(table[epsilon]), **style)
    ax.axhline(0, color=palette.ink(), **ZERO)
    ax.set_xticks(range(len(steps)), [f"ε = {epsilon:g}" for epsilon in steps])
    ax.set(ylabel="heritable dimension tr ∂ĝ/∂g", xlim=(-0.5, len(steps) - 0.5))


def _draw_effects(ax: Axes, effects: pd.DataFrame, trait: str) -> None:
    noisy, clean = paired_scores(effects, trait)
    effect = np.sort((noisy - clean).mean(axis=1))
    effect = effect[np.isfinite(effect)]
    by_chance = chance(clean).value / clean.shape[1] ** 0.5
    lived = count(clean.shape[1], "life", "lives")
    label = f"± sd of the difference between two means of one\nnoise-free genome, each over {lived}"
    ax.axvspan(-by_chance, by_chance, color=palette.faint(), alpha=0.2, lw=0, label=label)
    ax.axvline(0, color=palette.ink(), **ZERO)
    share, label = (np.arange(len(effect)) + 0.5) / max(len(effect), 1), "a mutation's mean effect over the streams"
    ax.plot(effect, share, "o", ms=2.5, color=palette.OKABE_ITO["vermillion"], label=label)
    ax.set(ylim=(0, 1), ylabel="share of mutations")
    ax.set_xlabel("effect on " + TRAITS[trait].measured_label.replace(", ", ",\n"))
