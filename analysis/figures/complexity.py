"""Parts of genomes knocked out, by what that does: which lie beyond the margin carry information."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from analysis.assays import complexity as found
from analysis.assays.estimates import assayed
from analysis.assays.results import Result
from analysis.figures import canvas, convention, legends, palette
from analysis.figures.mutation import ZERO
from analysis.figures.style import look


@convention.figure
def complexity(result: Result, figure: Figure | None = None, **style: Any) -> Figure:
    """Share of parts that do less when they are knocked out, generation by generation; a panel a score.

    Left of the dashed line is what informs. Points are means over lives and hold their noise; the share that the legend
    says does not.

    Args:
        result: Of the complexity assay.
        figure: Empty; a new one if None.
        style: Of the points, as `Axes.plot` takes it.

    Example:
        >>> figure = alife.figures.complexity(alife.assay("runs/first", "complexity", sample=4, replicates=2))
    """
    table = result.frames["knockouts"]
    generations, scores = assayed(table), found.scores(table)
    figure = canvas.own_figure(figure, 2.6 * len(scores), 3.7)
    panels = figure.subplots(1, len(scores), squeeze=False).ravel().tolist()
    for ax, score in zip(panels, scores, strict=True):
        least = found.margin(table, score)
        ax.axvline(0, color=palette.ink(), **ZERO)
        ax.axvline(-least, color=palette.ink(), lw=0.9, ls=(0, (4, 2)), label="margin: a life's own noise")
        for number, generation in enumerate(generations):
            effects = found.knockouts(table, score, generation)
            means = np.sort(effects.mean(axis=2).ravel())
            means = means[np.isfinite(means)]
            if len(means):
                share = (np.arange(len(means)) + 0.5) / len(means)
                own = look(style, color=palette.colour(number), marker="osv^D*"[number % 6], ms=3, alpha=0.6, ls="none")
                ax.plot(means, share, **{"label": f"generation {generation}: a part of a genome", **own})
        ax.set_title(
            found.label(score).replace(", ", ",\n").replace(" of the other", "\nof the other"), parse_math=False
        )
        ax.set(
            ylim=(0, 1), ylabel="share of parts with less" if ax is panels[0] else "", xlabel="effect of a knock-out"
        )
    legends.of_figure(figure, panels[:1], 2)
    canvas.title(figure, f"{result.about['name']}: parts of genomes knocked out")
    return figure
