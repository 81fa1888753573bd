"""New mutations in figures: their effects with the noise of lives taken out, and what two of them do together."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import TRAITS
from alife.words import count
from analysis.assays.dfe import beneficial, deconvolved
from analysis.assays.epistasis import of_generation, pairs
from analysis.assays.estimates import assayed, scored
from analysis.assays.mutation import paired_scores
from analysis.assays.results import Result
from analysis.figures import canvas, convention, legends, palette
from analysis.figures.estimates import draw_estimate
from analysis.figures.mutation import ZERO
from analysis.figures.style import look


@convention.figure
def dfe(result: Result, figure: Figure | None = None, **style: Any) -> Figure:
    """Share of mutations by their effect, generation by generation: as measured, and without the noise of lives.

    Args:
        result: Of the dfe assay.
        figure: Empty; a new one if None.
        style: Of the lines without noise, as `Axes.plot` takes it.

    Example:
        >>> figure = alife.figures.dfe(alife.assay("runs/first", "dfe", [6], sample=4, replicates=2))
    """
    table = result.frames["effects"]
    generations, traits = assayed(table), scored(table)
    figure = canvas.own_figure(figure, 2.6 * len(traits), 3.5)
    panels = figure.subplots(1, len(traits), squeeze=False).ravel().tolist()
    for ax, trait in zip(panels, traits, strict=True):
        ax.axvline(0, color=palette.ink(), **ZERO)
        for number, generation in enumerate(generations):
            noisy, clean = paired_scores(table[table["generation"] == generation], trait)
            effects = noisy - clean
            effects = effects[np.isfinite(effects).all(axis=1)]
            if len(effects):
                _draw_effects(ax, effects, generation, palette.of_group(number), style)
        ax.set(ylim=(0, 1), ylabel="share of mutations with less" if ax is panels[0] else "")
        ax.set_xlabel("effect on " + TRAITS[trait].measured_label.replace(", ", ",\n"))
    legends.of_figure(figure, panels, 2)
    canvas.title(figure, f"{result.about['name']}: effects of new mutations, σ = {result.about['mutation']:g}")
    return figure


def _draw_effects(ax: Axes, effects: Any, generation: int, looks: dict[str, Any], style: dict[str, Any]) -> None:
    means = np.sort(effects.mean(axis=1))
    share = (np.arange(len(means)) + 0.5) / len(means)
    label = f"generation {generation}: means over {count(effects.shape[1], 'life', 'lives')}"
    ax.plot(means, share, ".", ms=3, color=looks["color"], alpha=0.5, label=label)
    found = beneficial(effects)
    if found.known:
        grid, weights = deconvolved(effects, found.value)
        edges = np.append(grid, 2 * grid[-1] - grid[-2]) - (grid[1] - grid[0]) / 2
        own = look(style, label=f"generation {generation}: without the noise of lives", **looks)
        ax.plot(edges, np.append(0, np.cumsum(weights)), **own)


@convention.figure
def epistasis(result: Result, figure: Figure | None = None, **style: Any) -> Figure:
    """What two mutations do together beyond the sum of each alone, by that sum; a panel a trait.

    Both axes share the noise of each life, which tilts the cloud downwards by itself: whether returns diminish is said
    by the assay's correlation, which has that taken out.

    Args:
        result: Of the epistasis assay.
        figure: Empty; a new one if None.
        style: Of the means, as `Axes.errorbar` takes it.

    Example:
        >>> figure = alife.figures.epistasis(alife.assay("runs/first", "epistasis", sample=4, replicates=2))
    """
    table = result.frames["mutants"]
    generations, traits = assayed(table), scored(table)
    figure = canvas.own_figure(figure, 2.6 * len(traits), 3.7)
    panels = figure.subplots(1, len(traits), squeeze=False).ravel().tolist()
    for ax, trait in zip(panels, traits, strict=True):
        ax.axhline(0, color=palette.ink(), **ZERO)
        ax.axvline(0, color=palette.ink(), **ZERO)
        for number, generation in enumerate(generations):
            effects, epsilon = pairs(table, trait, generation)
            if len(effects):
                colour, marker = palette.colour(number), "osv^D*"[number % 6]
                label = f"generation {generation}: a genome, mean over {count(effects.shape[1], 'life', 'lives')}"
                x = effects.mean(axis=1)
                ax.plot(x, epsilon.mean(axis=1), marker, ms=3, color=colour, alpha=0.5, label=label)
                mean = of_generation(table, trait, generation)["mean"]
                own = look(style, color=colour, marker=marker, ms=6, mec=palette.ink(), zorder=5)
                draw_estimate(ax, float(x.mean()), mean, label=f"generation {generation}: mean ε, 95 % interval", **own)
        ax.set_title(TRAITS[trait].measured_label.replace(", ", ",\n"), parse_math=False)
        ax.set(ylabel="epistasis ε" if ax is panels[0] else "", xlabel="sum of both effects alone")
    legends.of_figure(figure, panels, 2)
    canvas.title(figure, f"{result.about['name']}: pairs of mutations, σ = {result.about['mutation']:g}")
    return figure
