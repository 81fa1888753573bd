"""A phylogeny as one tree in the order in which nested formats write it: `nest`, and what stands beside each node."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from alife import schema
from alife.traits import TRAITS
from analysis.lineage.phylogeny import NOBODY, Phylogeny

Whole = NDArray[np.int64]

FOUNDERS: Final = "founders"
"""The name of the node above several founders."""

CHUNK: Final = 1 << 16
"""Nodes that are put into words at once."""


@dataclass(frozen=True)
class About:
    """What a file says of the run that it is of.

    Attributes:
        title: The run's name.
        updated: When it was last committed, as its manifest says: "2026-01-01T12:03:00+00:00"; "" if that is not known.
    """

    title: str = "lineage"
    updated: str = ""


@dataclass(frozen=True, eq=False)
class Nested:
    """One tree, each node before its children, siblings by generation and id.

    Attributes:
        rows: [m] int64, rows of the phylogeny; `NOBODY` of the node above several founders, which comes first.
        parent: [m] int64, the place of the node above, its own of the first.
        depth: [m] int64, how many nodes are above.
        size: [m] int64, nodes at and below it.
        tips: [m] int64, nodes at and below it that have no child.
    """

    rows: Whole
    parent: Whole
    depth: Whole
    size: Whole
    tips: Whole


def nest(tree: Phylogeny, parent: Whole, kept: Whole) -> Nested:
    """The order of the nodes that are kept, below one root: the founder, or a node above where there are several.

    Args:
        tree: The phylogeny.
        parent: [n] int64, the row above, whatever its generation; `NOBODY` of founders.
        kept: [m] int64, rows that are written, in order.
    """
    place = np.full(len(tree), NOBODY)
    place[kept] = np.arange(len(kept))
    above = np.where(parent[kept] == NOBODY, NOBODY, place[parent[kept]])
    if several := int((above == NOBODY).sum()) > 1:
        kept, above = np.concatenate([[NOBODY], kept]), np.concatenate([[NOBODY], above + 1])
    layers = _layers(tree, kept, several)
    size = np.ones(len(kept), np.int64)
    tips = (np.bincount(above[above != NOBODY], minlength=len(kept)) == 0).astype(np.int64)
    for layer in reversed(layers):
        np.add.at(size, above[layer], size[layer])
        np.add.at(tips, above[layer], tips[layer])
    first, depth = _before(above, size), np.zeros(len(kept), np.int64)
    for layer in layers:
        first[layer] += first[above[layer]] + 1
        depth[layer] = depth[above[layer]] + 1
    order = np.argsort(first)
    return Nested(kept[order], first[np.maximum(above, 0)][order], depth[order], size[order], tips[order])


def _layers(tree: Phylogeny, kept: Whole, several: bool) -> list[slice]:
    """Places of each generation's nodes, but for the root."""
    starts = np.searchsorted(kept[several:], tree.starts) + several
    starts[0] = 1
    return [slice(a, b) for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True) if b > a]


def _before(above: Whole, size: Whole) -> Whole:
    """[m] nodes at and below the siblings that come before each."""
    order = np.argsort(above, kind="stable")
    total = np.cumsum(size[order]) - size[order]
    new = np.diff(above[order], prepend=NOBODY - 1) != 0
    out = np.empty(len(size), np.int64)
    out[order] = total - np.repeat(total[new], np.diff(np.flatnonzero(new), append=len(size)))
    return out


def branches(tree: Phylogeny, collapse: bool) -> tuple[Whole, Whole]:
    """The row above each row, and the rows that are kept.

    Args:
        tree: The phylogeny.
        collapse: Leave out ancestors with one child, but for the founders.

    Returns:
        [n] int64, the nearest row above that is kept, `NOBODY` of founders; [m] int64, rows, in order.
    """
    root = tree.parent == NOBODY
    if not collapse:
        return tree.parent, np.arange(len(tree))
    kept = root | (np.bincount(tree.parent[~root], minlength=len(tree)) != 1)
    nearest = np.arange(len(tree))
    for layer in tree.layers[1:]:
        nearest[layer] = np.where(kept[layer], nearest[layer], nearest[tree.parent[layer]])
    return np.where(root | ~kept, NOBODY, nearest[tree.parent]), np.flatnonzero(kept)


def chunks(places: Whole) -> Iterator[Whole]:
    """The same in pieces of which each is put into words at once."""
    for start in range(0, len(places), CHUNK):
        yield places[start : start + CHUNK]


def traits(tree: Phylogeny) -> list[str]:
    """Columns of traits, in the order of the record: those of fractions."""
    return [str(name) for name in tree.births if tree.births[name].dtype.kind == "f"]


def counts(tree: Phylogeny) -> list[str]:
    """Columns of what is counted of each."""
    return [name for name in ("generation", "n_offspring", schema.AGE) if name in tree.births]


def label(name: str) -> str:
    """What a column is called in words."""
    return TRAITS[name].label if name in TRAITS else name.removeprefix("n_").replace("_", " ")


def words(values: Any) -> pa.Array:
    """[m] numbers as JSON has them, the shortest that are read as the same float; null where one is not finite."""
    array = pa.array(np.asarray(values))
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_finite(array), array, None)
    return array.cast(pa.string())


def second_parents(tree: Phylogeny, rows: Whole) -> pa.Array:
    """[m] ids of the other parents of rows, null where there is none."""
    second = tree.second[rows]
    ids = tree.births["id"].to_numpy()[np.maximum(second, 0)]
    return pc.if_else(pa.array(second != NOBODY), words(ids), None)


def join(*texts: Any, by: str = "") -> pa.Array:
    """[m] the texts of each, arrays or one for all, null ones left out, with something between."""
    return pc.binary_join_element_wise(*texts, by, null_handling="skip")


def around(before: str, texts: pa.Array, after: str = "") -> pa.Array:
    """[m] something before and after each text that is there."""
    return pc.binary_join_element_wise(before, texts, after, "")


def choose(which: NDArray[Any], texts: Callable[[Any], str]) -> pa.Array:
    """[m] the text of each value; of equal values it is asked for once."""
    known, place = np.unique(which, return_inverse=True)
    return pa.array([texts(value) for value in known.tolist()], pa.string()).take(pa.array(place))


def text(lines: pa.Array) -> str:
    """All of them, one after the other."""
    return "".join(lines.to_pylist())
