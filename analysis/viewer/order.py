"""Where each individual stands in the page's drawing, and the order of its rows.

Rows are ordered by generation, and within one by place from top to bottom, so that children of one parent follow each
other, and siblings' children too: the descendants of anybody are one run of rows in each generation.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.lineage.layout import arrange
from analysis.lineage.phylogeny import NOBODY, Phylogeny

PLACES: Final = (1 << 20) - 1
"""The greatest place; the least is 0."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Order:
    """A drawing of everybody on record.

    Attributes:
        rows: [n] rows of the tree in the page's order.
        parent: [n] place of each one's parent among the rows of the generation before; 0 in the first.
        place: [n] from 0 at the top to `PLACES` at the bottom, rising within a generation.
    """

    rows: Rows
    parent: Rows
    place: Rows


def ladder(tree: Phylogeny) -> Order:
    """The ladderised drawing of `analysis.lineage.layout`, all individuals at their places."""
    drawing = arrange(tree, max_tips=len(tree), max_extinct=len(tree))
    scaled = np.rint(drawing.y / max(drawing.height, 1) * PLACES).astype(np.int64)
    rows, parent, place = (np.zeros(len(tree), np.int64) for _ in range(3))
    rank = np.zeros(len(tree), np.int64)
    layers = tree.layers
    for number, layer in enumerate(layers):
        above = layers[number - 1].start if number else 0
        of_parent = rank[tree.parent[layer]] - above if number else np.zeros(layer.stop - layer.start, np.int64)
        order = np.lexsort((drawing.y[layer], of_parent))
        rows[layer] = layer.start + order
        rank[rows[layer]] = np.arange(layer.start, layer.stop)
        parent[layer] = of_parent[order]
        place[layer] = np.maximum.accumulate(np.clip(scaled[layer][order], 0, PLACES))
    assert (tree.parent[tree.starts[1] :] != NOBODY).all()
    return Order(rows, parent, place)
