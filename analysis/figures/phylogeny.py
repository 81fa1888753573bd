"""The phylogeny through time: branches coloured by a trait, islands at the tips, the MRCA marked, the extinct faint."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from alife.errors import UserError
from alife.traits import TRAITS, log10
from analysis.data.run import Run
from analysis.figures import canvas, convention, palette
from analysis.figures.style import WANTED, look
from analysis.lineage.layout import Layout, arrange
from analysis.lineage.phylogeny import founders, mrca, of_run

Floats = NDArray[np.float64]

EXTINCT: Final = 0.19
"""Strength of the ink in which extinct lineages are drawn."""
SHOWN: Final = (2, 98)
"""Percentiles of the drawn values at the ends of the colour bar."""
SETTLED: Final = 3
"""Generations that the colour bar leaves out if there are others: founders and their first descendants are far off."""


@convention.figure
def phylogeny(run: Run, figure: Figure | None = None, *, trait: str | None = None, **style: Any) -> Figure:
    """Draw the time phylogeny of a run, laid out and thinned as in `analysis.lineage.layout`.

    Args:
        run: With births.
        figure: Empty, to be filled; a new one if None.
        trait: A key of `alife.traits.TRAITS`; errors, norms and life-history traits are coloured by their log10.
            If None, accuracy, or ρ where nobody has any.
        style: Of the branches that have living descendants, as a `LineCollection` takes it.

    Raises:
        UserError: The record is damaged, or has no such trait.

    Example:
        >>> figure = alife.figures.phylogeny(alife.load_run("runs/first"), trait="copying_error")
    """
    tree = of_run(run)
    values, label = scaled(tree.births, trait)
    figure = canvas.own_figure(figure, 7.2, 4.6)
    layout = arrange(tree)
    drawn = np.concatenate([layout.coloured_by, layout.tips])
    later = drawn[tree.generation[drawn] >= min(tree.first + SETTLED, tree.last)]
    finite = bool(np.isfinite(values[drawn]).all())
    colours = colour_range(values[later]), palette.trait_map()
    knee = _knee(layout)
    ends = [tree.first, *([] if knee is None else [knee]), tree.last]
    widths = (1.0,) if knee is None else (0.35, 0.65)
    grid = figure.add_gridspec(1, len(widths) + 2, width_ratios=(*widths, 0.09, 0.02), wspace=0)
    panels = [figure.add_subplot(grid[place]) for place in range(len(widths))]
    for axes, window in zip(panels, pairwise(ends), strict=True):
        draw_tree(axes, layout, values, colours, window, style)
    if knee is not None:
        panels[1].axvline(knee, color=palette.ink(), linewidth=0.6, linestyle=(0, (1, 2)))
    ancestor = mrca(tree)
    if ancestor is not None and tree.last > tree.first:
        _mark(panels[-1] if knee is None or tree.generation[ancestor] >= knee else panels[0], layout, ancestor)
    draw_islands(figure.add_subplot(grid[-2], sharey=panels[0]), layout)
    if WANTED.get().colorbar:
        bar = figure.add_subplot(grid[-1])
        canvas.colour_bar(ScalarMappable(*colours), label, ax=bar, cax=bar, extend="both")
    panels[-1].set_xlabel("generation of birth")
    canvas.title(figure, canvas.caption_of_lineage(run), *_explain(layout, knee, finite))
    return figure


def scaled(births: pd.DataFrame, trait: str | None) -> tuple[Floats, str]:
    """[n] values of a trait on the scale in which it is shown, and the label of that scale.

    No trait means accuracy, or ρ where nobody has any: without a task all of it is 0.

    Raises:
        UserError: There is no such trait.
    """
    known = [name for name in TRAITS if name in births]
    if trait is None:
        trait = "accuracy" if births["accuracy"].any() else "replication_error"
    if trait not in known:
        raise UserError(f"trait {trait}: not on record; choose among {', '.join(known)}")
    values = births[trait].to_numpy(np.float64)
    label = TRAITS[trait].axis
    return (log10(values), f"log₁₀ {label}") if TRAITS[trait].log else (values, label)


def bare(axes: Axes, low: int, high: int, ticks: int) -> None:
    """No y axis, and whole numbers on the x axis."""
    step = MaxNLocator(ticks, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    axes.set_xticks([tick for tick in step.tick_values(low, high) if low <= tick <= high and tick == round(tick)])
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.grid(False)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)


def colour_range(values: Floats) -> Normalize:
    """Colours from one of the percentiles `SHOWN` of the finite values to the other."""
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, SHOWN) if len(finite) else (0, 1)
    middle = (low + high) / 2
    half = max((high - low) / 2, 1e-3)
    return Normalize(middle - half, middle + half)


def draw_tree(
    axes: Axes,
    layout: Layout,
    values: Floats,
    scale: tuple[Normalize, Colormap],
    window: tuple[int, int],
    style: Mapping[str, Any],
) -> None:
    """Branches coloured by `values` [n], over the extinct in grey, between two generations; time runs to the right."""
    tree, (norm, colours) = layout.tree, scale
    pitch = _pitch(axes, layout)
    width = float(np.clip(0.6 * pitch, 0.3, 1.5))
    faint = layout.extinct[_within(layout.extinct, window)]
    axes.add_collection(LineCollection(list(faint), colors=palette.ink(EXTINCT), linewidths=0.4, zorder=1))
    lines = np.concatenate([layout.branches, layout.forks])
    rows = np.concatenate([layout.coloured_by, layout.forked])
    inside = _within(lines, window)
    own = look(style, LineCollection, cmap=colours, norm=norm, linewidth=width, capstyle="projecting", zorder=2)
    branches = LineCollection(list(lines[inside]), **own)
    if "cmap" in own:
        branches.set_array(np.ma.masked_invalid(values[rows[inside]]))
    axes.add_collection(branches)
    if tree.last == tree.first:
        x, shown = tree.generation[layout.tips], values[layout.tips]
        axes.scatter(x, layout.y[layout.tips], c=shown, cmap=colours, norm=norm, s=min(pitch, 5) ** 2)
    margin = max(0.01 * (window[1] - window[0]), 0.02)
    left = margin if window[0] == tree.first else 0
    axes.set(ylim=(0, layout.height), xlim=(window[0] - left, window[1] + margin * (window[1] == tree.last)))
    bare(axes, *window, ticks=10 if window == (tree.first, tree.last) else 5)


def draw_islands(axes: Axes, layout: Layout) -> None:
    """A strip beside the tips: a mark in the column of the island where each lives."""
    island = layout.tree.births["island"].to_numpy()[layout.tips]
    y = layout.y[layout.tips]
    last = int(layout.tree.births["island"].max())
    lines = np.stack([np.stack([island - 0.4, y], -1), np.stack([island + 0.4, y], -1)], 1)
    colours = [palette.colour(i) for i in island]
    width = float(np.clip(_pitch(axes, layout) * 0.8, 0.4, 3))
    axes.add_collection(LineCollection(list(lines), colors=colours, linewidths=width, capstyle="butt"))
    axes.set(xlim=(-0.5, last + 0.5), xlabel="island")
    bare(axes, 0, last, ticks=4)


def _within(lines: Floats, window: tuple[int, int]) -> NDArray[np.bool_]:
    return (lines[:, 1, 0] >= window[0]) & (lines[:, 0, 0] <= window[1])


def _knee(layout: Layout) -> int | None:
    """The generation from which time is drawn slower, if most of the branching is in the last fifth of the record.

    Back to where the living had one ancestor for twenty of them, and half as long again; or back to their MRCA if that
    is not much farther.
    """
    tree = layout.tree
    few = tree.first + int(np.flatnonzero(layout.lineages <= max(layout.height / 20, 3, layout.lineages.min()))[-1])
    back = 1.5 * (tree.last - few)
    ancestor = mrca(tree)
    if ancestor is not None and (age := 1.1 * (tree.last - tree.generation[ancestor])) < 2 * back:
        back = max(age, back)
    return round(tree.last - back) if 1 <= back < (tree.last - tree.first) / 5 else None


def _mark(axes: Axes, layout: Layout, ancestor: int) -> None:
    generation, y = layout.tree.generation[ancestor], layout.y[ancestor]
    low, high = axes.get_xlim()
    right = generation - low > 0.3 * (high - low)
    axes.plot(generation, y, "o", ms=6.5, mfc=palette.paper(), mec=palette.ink(), mew=1.3, zorder=4)
    axes.annotate(
        f"MRCA, generation {generation}",
        (generation, y),
        (-7 if right else 7, 7),
        textcoords="offset points",
        ha="right" if right else "left",
        path_effects=palette.halo(),
        zorder=5,
    )


def _explain(layout: Layout, knee: int | None, finite: bool) -> list[str]:
    """What is drawn, and by which rules something is not."""
    tree = layout.tree
    lines = [f"{len(tree.rows()):,} living in generation {tree.last}, {len(tree):,} born"]
    if mrca(tree) is None:
        whose = f"born in generation {tree.first}" if tree.first else "founders"
        lines[0] += f"; {len(np.unique(founders(tree)[tree.rows()])):,} {whose} have living descendants: no MRCA"
    lasted = f" that lasted {layout.shortest_extinct} generations or more" if layout.shortest_extinct > 1 else ""
    extinct = "extinct lineages left out: too many to draw" if lasted else ""
    rules = [
        f"one tip in {layout.every_tip} drawn" if layout.every_tip > 1 else "",
        f"grey: extinct lineages{lasted}" if len(layout.extinct) else extinct,
        f"colour taken every {layout.every_colour} generations" if layout.every_colour > 1 else "",
        "" if finite else "vermillion: not finite",
        "" if knee is None else f"time is stretched from generation {knee} (dotted)",
    ]
    return [*lines, "; ".join(filter(None, rules))]


def _pitch(axes: Axes, layout: Layout) -> float:
    """Points from tip to tip on axes as high as nearly all of the figure."""
    return 60 * canvas.figure_of(axes).get_figheight() / layout.height
