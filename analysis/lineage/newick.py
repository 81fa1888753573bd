"""Newick and NEXUS: a tree a founder, `[&trait=value,…]` behind each name, branches in generations.

Both follow the first of two parents, and name the other in the comment, as `second`. What is not finite is left out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from analysis.lineage.nested import (
    Whole,
    around,
    branches,
    choose,
    chunks,
    join,
    nest,
    second_parents,
    text,
    traits,
    words,
)
from analysis.lineage.phylogeny import NOBODY, Phylogeny

ANNOTATIONS: Final = {"accuracy": "accuracy", "replication_error": "rho", "island": "island"}
"""Births' columns and their names in comments; other traits follow under the name of their column."""

PREFIX: Final = "id"
"""Before each id in NEXUS, where a name of digits alone would be the number of a taxon."""


def newick(tree: Phylogeny, collapse: bool = False) -> Iterator[str]:
    """One Newick tree a founder: id, `[&trait=value,…]`, branch length in generations.

    Args:
        tree: What to write.
        collapse: Leave out ancestors with one child, but for the founders.
    """
    yield from "".join(_pieces(tree, collapse)).splitlines()


def write_newick(tree: Phylogeny, path: Path, collapse: bool) -> None:
    """Write `newick`, a tree a line."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(_pieces(tree, collapse))


def write_nexus(tree: Phylogeny, path: Path, collapse: bool) -> None:
    """Write NEXUS: whoever has no child as taxa, then a rooted tree a founder. Names are `PREFIX` and the id."""
    childless = np.setdiff1d(np.arange(len(tree)), tree.parent)
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"#NEXUS\nBEGIN TAXA;\nDIMENSIONS NTAX={len(childless)};\nTAXLABELS\n")
        for rows in chunks(childless):
            file.write(text(join(PREFIX, words(tree.births["id"].to_numpy()[rows]), "\n")))
        file.write(";\nEND;\nBEGIN TREES;\n")
        file.writelines(_pieces(tree, collapse, PREFIX, "TREE founder_{} = [&R] "))
        file.write("END;\n")


def _pieces(tree: Phylogeny, collapse: bool, prefix: str = "", lead: str = "") -> Iterator[str]:
    """The trees, a line each, in pieces; `lead` stands before each, with the id of its founder.

    Children are written before their parents: a node opens as many brackets as nodes follow it that it is the first
    leaf of, and is followed by a comma, or closes its parent's bracket if no sibling follows.
    """
    parent, kept = branches(tree, collapse)
    nested = nest(tree, parent, kept)
    places = np.arange(int(nested.rows[0] == NOBODY), len(nested.rows))
    root = parent[nested.rows[places]] == NOBODY
    size, end = nested.size[places], places + nested.size[places]
    leaf = size == 1
    opens = np.zeros(len(places), np.int64)
    opens[leaf] = np.diff(np.flatnonzero(leaf), prepend=-1) - 1
    last = ~root & (end == nested.parent[places] + nested.size[nested.parent[places]])
    closing = np.where(root, 2, last)
    depth = nested.depth[places] - nested.depth[places[0]]
    order = np.argsort(np.arange(len(places)) + size - depth)  # children before their parents
    ids = tree.births["id"].to_numpy()
    starts = _starts(root, leaf)
    for part in chunks(order):
        rows = nested.rows[places[part]]
        length = np.where(root[part], 0, tree.generation[rows] - tree.generation[parent[rows]])
        yield text(
            join(
                choose(starts[part], lambda place: "" if place < 0 else lead.format(ids[nested.rows[places[place]]])),
                choose(opens[part], lambda count: "(" * count),
                prefix,
                words(ids[rows]),
                around("[&", _notes(tree, rows), "]"),
                choose(length, lambda length: f":{length}" if length else ""),
                choose(closing[part], lambda kind: (",", ")", ";\n")[kind]),
            )
        )


def _starts(root: "np.ndarray", leaf: "np.ndarray") -> Whole:
    """[m] of the first leaf of each tree the place of its root, −1 of all others."""
    out = np.full(len(root), -1)
    roots, leaves = np.flatnonzero(root), np.flatnonzero(leaf)
    out[leaves[np.searchsorted(leaves, roots)]] = roots
    return out


def _notes(tree: Phylogeny, rows: Whole) -> pa.Array:
    """[m] "trait=value,…" of each row."""
    births = tree.births
    named = {name: label for name, label in ANNOTATIONS.items() if name in births}
    named |= {name: name for name in traits(tree) if name not in named}
    notes = [around(f"{label}=", words(births[name].to_numpy()[rows])) for name, label in named.items()]
    return join(*notes, around("second=", second_parents(tree, rows)), by=",")
