"""Each genome's path over the task weights on the plane: what accuracy costs in replication within a life."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import TRAITS, natural
from alife.words import count
from analysis.assays.estimates import assayed, by_name
from analysis.assays.results import Result
from analysis.assays.within_life import curves
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.estimates import draw_estimate
from analysis.figures.style import look


@convention.figure
def within_life(result: Result, figure: Figure | None = None, **style: Any) -> Figure:
    """Each genome's path over the task weights on the plane, one panel a generation.

    Args:
        result: Of the within_life assay.
        figure: Empty; a new one if None.
        style: Of the genomes' paths, as `Axes.plot` takes it.

    Example:
        >>> figure = alife.figures.within_life(alife.assay("runs/first", "within_life", sample=4, replicates=2))
    """
    shown, about = assayed(result.frames["weights"]), result.about
    figure = canvas.own_figure(figure, 3.6 * len(shown) + 0.4, 4.4)
    panels = figure.subplots(1, len(shown), squeeze=False).ravel().tolist()
    for ax, generation in zip(panels, shown, strict=True):
        _draw_paths(ax, result, generation, style)
    legends.of_figure(figure, panels, 2)
    canvas.title(figure, f"{about['name']}: the same genomes under several task weights, seed {about['seed']}")
    return figure


def _draw_paths(ax: Axes, result: Result, generation: int, style: Mapping[str, Any]) -> None:
    traits = ("replication_error", "accuracy")
    lives, found = result.frames["weights"], by_name(result.rows)
    tables = [curves(lives, trait, generation).drop(columns=0.0, errors="ignore") for trait in traits]
    x, y = (natural(trait, table) for trait, table in zip(traits, tables, strict=True))
    lines = ax.plot(x.T, y.T, **look(style, color=palette.OKABE_ITO["sky"], lw=0.6, alpha=0.5, zorder=2))
    if lines and "label" not in style:
        whole = int(np.isfinite(x).all(axis=1).sum())
        lines[0].set_label(f"a genome's lives over the task weights, n = {count(whole, 'genome')}")
    middle = []
    for weight in map(float, tables[0].columns):
        names = (f"{TRAITS[trait].measured_label}, task weight {weight:g}" for trait in traits)
        rho, accuracy = (found[name, generation].natural(trait) for name, trait in zip(names, traits, strict=True))
        middle.append((rho.value, accuracy.value))
        draw_estimate(ax, rho, accuracy, label="mean over genomes and its 95 % interval")
        ax.annotate(f"{weight:g}", middle[-1], xytext=(5, -9), textcoords="offset points", fontsize="small", zorder=5)
    ax.plot(*np.array(middle).T, color=palette.ink(), lw=1, zorder=3)
    ax.set_xscale("log")
    scales.log_axis(ax, "x")
    ax.set(xlabel=TRAITS["replication_error"].directed, ylabel=TRAITS["accuracy"].directed)
    ax.set_title("founders (generation 0)" if generation == 0 else f"generation {generation}")
