"""Where each individual stands in a drawing of a phylogeny: ladderised, without crossings, thinned by a stated rule.

Lineages with living descendants are a dendrogram: tips one apart, ancestors midway between their children. The extinct
stand between them, each generation spread over what room its living lineages leave.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.lineage.phylogeny import NOBODY, Phylogeny, ancestors, with_descendants

Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Segments = NDArray[np.float64]

MAX_TIPS = 2_000
"""Tips drawn; of more, every k-th in ladder order."""
MAX_PIECES = 40_000
"""Coloured pieces of branches; of more, a branch changes its colour only every k generations."""
MAX_EXTINCT = 10_000
"""Extinct individuals drawn; of more, only side branches that lasted k generations."""


@dataclass(frozen=True, eq=False)
class Layout:
    """A phylogeny ready to draw; rows are those of `tree`.

    Attributes:
        tree: Every birth on record.
        height: Tips drawn; the drawing is as high as that.
        y: [n] float64 position, NaN for those that are not drawn.
        tips: Rows of the tips, by y.
        lineages: [generations] how many ancestors of the tips, or tips, each generation holds.
        branches: [B, 2, 2] float64 (generation, y) along time, one a piece of colour.
        coloured_by: [B] row whose trait colours the piece: the individual at its young end.
        forks: [F, 2, 2] connectors between the children of one ancestor.
        forked: [F] row of that ancestor.
        extinct: [E, 2, 2] lines from parent to child.
        every_tip: 1, or k if every k-th tip is drawn.
        every_colour: Generations between changes of colour.
        shortest_extinct: Generations that the shortest side branch drawn lasted.
    """

    tree: Phylogeny
    height: int
    y: Floats
    tips: Rows
    lineages: Rows
    branches: Segments
    coloured_by: Rows
    forks: Segments
    forked: Rows
    extinct: Segments
    every_tip: int
    every_colour: int
    shortest_extinct: int


def arrange(
    tree: Phylogeny, max_tips: int = MAX_TIPS, max_pieces: int = MAX_PIECES, max_extinct: int = MAX_EXTINCT
) -> Layout:
    """The layout of a full phylogeny; the living are the last generation on record."""
    tips = tree.rows()
    surviving = ancestors(tree, tips)
    every_tip = -(-len(tips) // max_tips)
    if every_tip > 1:
        start = _ladder(tree, surviving)
        tips = tips[np.argsort(start[tips])][every_tip // 2 :: every_tip]
    drawn = ancestors(tree, tips) if every_tip > 1 else surviving
    start = _ladder(tree, drawn)
    y = _midpoints(tree, drawn, start)
    every_colour, branches, coloured_by = _branches(tree, drawn, y, max_pieces)
    forks, forked = _forks(tree, drawn, y)
    shortest, keep = _lasting(tree, surviving, max_extinct)
    _fill_in(tree, drawn, surviving, start, y, len(tips))
    child = np.flatnonzero(keep & (tree.parent != NOBODY))
    child = child[np.isfinite(y[child]) & np.isfinite(y[tree.parent[child]])]
    return Layout(
        tree=tree,
        height=len(tips),
        y=np.where(drawn | keep, y, np.nan),
        tips=tips[np.argsort(y[tips])],
        lineages=np.add.reduceat(drawn, tree.starts[:-1], dtype=np.int64),
        branches=branches,
        coloured_by=coloured_by,
        forks=forks,
        forked=forked,
        extinct=_lines(tree.generation[tree.parent[child]], y[tree.parent[child]], tree.generation[child], y[child]),
        every_tip=every_tip,
        every_colour=every_colour,
        shortest_extinct=shortest,
    )


def _ladder(tree: Phylogeny, drawn: Bools) -> Floats:
    """[n] where the tips below each of the drawn begin; among siblings the one with fewer tips comes first."""
    tips = np.zeros(len(tree))
    tips[tree.rows()] = drawn[tree.rows()]
    tips = with_descendants(tree, tips)
    start = np.zeros(len(tree))
    for layer in tree.layers:
        rows = layer.start + np.flatnonzero(drawn[layer])
        parent = tree.parent[rows]
        rows = rows[np.lexsort((tips[rows], np.where(parent == NOBODY, 0, start[parent])))]
        start[rows] = np.cumsum(tips[rows]) - tips[rows]
    return start


def _midpoints(tree: Phylogeny, drawn: Bools, start: Floats) -> Floats:
    y = np.where(drawn, start + 0.5, np.nan)
    for layer in tree.layers[:0:-1]:
        parents, low, high = _spans(tree, layer.start + np.flatnonzero(drawn[layer]), y)
        y[parents] = (low + high) / 2
    return y


def _spans(tree: Phylogeny, rows: Rows, y: Floats) -> tuple[Rows, Floats, Floats]:
    """The parents of some who have one, and each one's lowest and highest child among them."""
    rows = rows[np.argsort(tree.parent[rows], kind="stable")]
    parents, first = np.unique(tree.parent[rows], return_index=True)
    return parents, np.minimum.reduceat(y[rows], first), np.maximum.reduceat(y[rows], first)


def _branches(tree: Phylogeny, drawn: Bools, y: Floats, limit: int) -> tuple[int, Segments, Rows]:
    """Pieces along time, from each end of a piece back to the last; ends are forks, tips, and every k-th generation."""
    generation, root = tree.generation, tree.parent == NOBODY
    children = np.bincount(tree.parent[drawn & ~root], minlength=len(tree))
    fixed = root | (children != 1)
    every = 1
    while True:
        end = drawn & (fixed | ((generation - tree.first) % every == 0))
        if end.sum() <= max(limit, 2 * (drawn & fixed).sum()) or every > len(tree.starts):
            break
        every *= 2
    since = np.where(end, generation, 0)
    origin = generation.copy()
    for layer in tree.layers[1:]:
        parent = tree.parent[layer]
        origin[layer] = np.where(end[parent], since[parent], origin[parent])
    rows = np.flatnonzero(end & ~root)
    return every, _lines(origin[rows], y[rows], generation[rows], y[rows]), rows


def _forks(tree: Phylogeny, drawn: Bools, y: Floats) -> tuple[Segments, Rows]:
    rows = np.flatnonzero(drawn & (tree.parent != NOBODY))
    parents, low, high = _spans(tree, rows, y)
    wide = high > low
    forked = parents[wide]
    return _lines(tree.generation[forked], low[wide], tree.generation[forked], high[wide]), forked


def _lasting(tree: Phylogeny, surviving: Bools, limit: int) -> tuple[int, Bools]:
    """The least number of generations, and who belongs to an extinct side branch that lasted as long.

    A side branch is a path from parent to the child whose descendants lasted longest, for as long as it goes on.
    """
    lasted = np.where(surviving, 0, 1)
    layers = tree.layers
    for layer in layers[:0:-1]:
        rows = layer.start + np.flatnonzero(~surviving[layer])
        parent = tree.parent[rows]
        rows, parent = rows[~surviving[parent]], parent[~surviving[parent]]
        np.maximum.at(lasted, parent, lasted[rows] + 1)
    branch = lasted.copy()
    for layer in layers[1:]:
        rows = layer.start + np.flatnonzero(~surviving[layer])
        rows = rows[~surviving[tree.parent[rows]]]
        heirs = rows[lasted[rows] == lasted[tree.parent[rows]] - 1]
        _, first = np.unique(tree.parent[heirs], return_index=True)
        branch[heirs[first]] = branch[tree.parent[heirs[first]]]
    longer = np.cumsum(np.bincount(branch[~surviving], minlength=2)[::-1])[::-1]
    shortest = max(int(np.argmax(np.append(longer, 0)[1:] <= limit)) + 1, 1)
    return shortest, ~surviving & (branch >= shortest)


def _fill_in(tree: Phylogeny, drawn: Bools, surviving: Bools, start: Floats, y: Floats, height: int) -> None:
    """Give the extinct a place in `y`: in each generation in the order of their parents, around living siblings."""
    order = np.full(len(tree), np.nan)
    for layer in tree.layers:
        rows = layer.start + np.flatnonzero(drawn[layer] | ~surviving[layer])
        above = np.where(tree.parent[rows] == NOBODY, 0, order[tree.parent[rows]])
        rows, above = rows[np.isfinite(above)], above[np.isfinite(above)]
        side = np.where(drawn[rows], 1, np.where(rows % 2, 0, 2))
        rows = rows[np.lexsort((start[rows], side, above))]
        order[rows] = np.arange(len(rows))
        alive = drawn[rows]
        here = np.concatenate([[-0.5], np.flatnonzero(alive), [len(rows) - 0.5]])
        y[rows] = np.interp(np.arange(len(rows)), here, np.concatenate([[0], y[rows[alive]], [height]]))


def _lines(x0: Rows, y0: Floats, x1: Rows, y1: Floats) -> Segments:
    return np.stack([np.stack([x0, y0], -1), np.stack([x1, y1], -1)], 1).astype(np.float64)
