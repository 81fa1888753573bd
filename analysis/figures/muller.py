"""Clades that mattered and their shares through time: the Muller plot."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from alife.errors import UserError
from alife.words import count
from analysis.data.run import Run
from analysis.figures import canvas, convention, palette
from analysis.figures.phylogeny import SETTLED, bare, colour_range, scaled
from analysis.figures.style import look
from analysis.lineage.metrics import grid
from analysis.lineage.phylogeny import NOBODY, Phylogeny, of_run

Rows = NDArray[np.int64]

STEPS: Final = 150
"""Generations at which clades are counted; of more, so many, evenly spread."""
THRESHOLDS: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
MAX_CLADES: Final = 60
REST: Final = 0
"""The clade of those who belong to none that is shown."""


@dataclass(frozen=True, eq=False)
class Clades:
    """Nested clades and how many belong to each.

    Attributes:
        threshold: Share of the generation that a clade reached at least once to be shown.
        founders: [C] row of the individual that founds each clade; clade c + 1 is founders[c].
        parents: [C] clade in which each is nested, `REST` if in none.
        rows: [M] everybody in the generations that are counted.
        members: [M] the innermost clade of each, or `REST`.
    """

    threshold: float
    founders: Rows
    parents: Rows
    rows: Rows
    members: Rows


def find_clades(tree: Phylogeny, threshold: float | None = None, steps: int = STEPS) -> Clades:
    """Clades whose share of all living individuals reached a threshold.

    A clade is an individual and its descendants. It is told apart from the one around it where an ancestor of the
    living of some generation splits into at least two parts that each reach the threshold, or at the first generation.

    Args:
        tree: The full phylogeny.
        threshold: Share in (0, 1]; if None the least of `THRESHOLDS` that shows no more than `MAX_CLADES`.
        steps: Generations at which clades begin and are counted.
    """
    layers = [tree.rows(int(generation)) for generation in grid(tree, steps)]
    above = [np.full(len(layers[0]), NOBODY), *(_climb(tree, *pair) for pair in pairwise(layers))]
    share = _greatest_shares(layers, above)
    if threshold is None:
        sizes = [sum(int(new.sum()) for new in _beginnings(above, share, least)) for least in THRESHOLDS]
        threshold = next((t for t, n in zip(THRESHOLDS, sizes, strict=True) if n <= MAX_CLADES), THRESHOLDS[-1])
    return _nest(layers, above, _beginnings(above, share, threshold), threshold)


@convention.figure
def muller(run: Run, ax: Axes | None = None, *, trait: str | None = None, **style: Any) -> Axes:
    """Draw the Muller plot of a run: nested clades, coloured by a trait's mean over the members outside nested ones.

    Founders and their first descendants, which are far off, count in a mean only where a clade has no others, and the
    scale is that of the others.

    Args:
        run: With births.
        ax: Where to draw; a new figure if None.
        trait: As for `analysis.figures.phylogeny.phylogeny`.
        style: Of the bands of clades, as a `PolyCollection` takes it.

    Raises:
        UserError: The record is damaged or of one generation, or no clade is large enough.

    Example:
        >>> ax = alife.figures.muller(alife.load_run("runs/first"), trait="copying_error")
    """
    import pyfish  # which brings pyplot, and that looks for a window system

    tree = of_run(run)
    if tree.last == tree.first:
        raise UserError(f"{run.path}: one generation on record: a Muller plot needs two or more")
    clades = find_clades(tree)
    if not len(clades.founders):
        raise UserError(f"{run.path}: no clade has reached {clades.threshold:.0%} of the living: take a longer run")
    values, label = scaled(tree.births, trait)
    settled = tree.generation[clades.rows] >= min(tree.first + SETTLED, tree.last)
    means = _means(values[clades.rows], clades.members, settled, len(clades.founders) + 1)
    norm, colours = colour_range(means[clades.members[settled & (clades.members != REST)]]), palette.trait_map()
    bands, steps, _, _ = pyfish.process_data(*_fish_tables(tree, clades))
    hues = colours(norm(np.ma.masked_invalid(means)))
    hues[REST] = to_rgba(palette.paper())
    axes = canvas.own_axes(ax, 7.2, 4.0)
    pyfish.fish_plot(bands, steps, hues[bands.index], ax=axes)
    _finish(axes, tree, style)
    canvas.colour_bar(ScalarMappable(norm, colours), f"mean of {label}", ax=axes, extend="both")
    canvas.title(axes, canvas.caption_of_lineage(run), _explain(tree, clades, len(steps)))
    return axes


def _climb(tree: Phylogeny, older: Rows, younger: Rows) -> Rows:
    """For each of `younger` the place of its ancestor among `older`."""
    rows = younger
    while rows[0] >= older[-1] + 1:
        rows = tree.parent[rows]
    return rows - older[0]


def _greatest_shares(layers: list[Rows], above: list[Rows]) -> list[NDArray[np.float64]]:
    """For each individual of each layer its descendants' greatest share of any layer from its own on."""
    share = [np.zeros(len(rows)) for rows in layers]
    for k, rows in enumerate(layers):
        counts = np.full(len(rows), 1 / len(rows))
        share[k] = np.maximum(share[k], counts)
        for j in range(k, 0, -1):
            counts = np.bincount(above[j], counts, len(layers[j - 1]))
            share[j - 1] = np.maximum(share[j - 1], counts)
    return share


def _beginnings(above: list[Rows], share: list[NDArray[np.float64]], threshold: float) -> list[NDArray[np.bool_]]:
    """Who begins a clade: the large of the first layer, and the large with large siblings."""
    large = [values >= threshold - 1e-12 for values in share]
    begins = [large[0]]
    for k in range(1, len(above)):
        siblings = np.bincount(above[k], large[k], len(large[k - 1]))
        begins.append(large[k] & (siblings[above[k]] > 1))
    return begins


def _nest(layers: list[Rows], above: list[Rows], begins: list[NDArray[np.bool_]], threshold: float) -> Clades:
    founders, parents, members = [], [], []
    clade, known = np.zeros(1, np.int64), 0
    for rows, up, new in zip(layers, above, begins, strict=True):
        outer = np.full(len(rows), REST) if up[0] == NOBODY else clade[up]
        clade = np.where(new, known + np.cumsum(new), outer)
        known += int(new.sum())
        founders.append(rows[new])
        parents.append(outer[new])
        members.append(clade)
    return Clades(threshold, *(np.concatenate(each) for each in (founders, parents, layers, members)))


def _fish_tables(tree: Phylogeny, clades: Clades) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What pyfish reads: sizes of clades by generation, and the clade around each."""
    who = pd.DataFrame({"Id": clades.members, "Step": tree.generation[clades.rows]})
    nesting = pd.DataFrame({"ParentId": clades.parents, "ChildId": 1 + np.arange(len(clades.founders))})
    return who.value_counts(sort=False).rename("Pop").reset_index(), nesting


def _means(values: NDArray[np.float64], members: Rows, settled: NDArray[np.bool_], clades: int) -> NDArray[np.float64]:
    """[clades] mean over the settled members of each that have a value, or over all of it where none is settled."""
    finite = np.isfinite(values)
    whole, late = (pd.Series(values[a]).groupby(members[a]).mean() for a in (finite, finite & settled))
    return np.asarray(late.reindex(range(clades)).fillna(whole), np.float64)


def _finish(axes: Axes, tree: Phylogeny, style: Mapping[str, Any]) -> None:
    for band in axes.collections:
        if isinstance(band, PolyCollection):
            band.set(**look(style, PolyCollection, edgecolor=palette.paper(), linewidth=0.35))
    axes.set(xlabel="generation", ylabel="share of the living", ylim=(0, 1), xlim=(tree.first, tree.last))
    bare(axes, tree.first, tree.last, ticks=10)
    axes.yaxis.set_visible(True)
    axes.set_yticks(np.linspace(0, 1, 5))
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def _explain(tree: Phylogeny, clades: Clades, steps: int) -> str:
    text = (
        f"{count(len(clades.founders), 'clade')} that reached {clades.threshold:.0%} of the living at least once, "
        "each inside the one it came from; uncoloured: the rest"
    )
    sampled = f"; counted in {steps} of {count(len(tree.generations), 'generation')}"
    return text + (sampled if steps < len(tree.generations) else "")
