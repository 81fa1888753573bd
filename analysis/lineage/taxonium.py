"""Taxonium's JSON lines: a line about the tree, then a line a node, from the lowest to the highest.

Several founders stand below a node of their own; of two parents a child stands below the first, and
`meta_second_parent` names the other. What is not finite is an empty text, as Taxonium has what is not known.
"""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alife import schema
from analysis.lineage.nested import (
    FOUNDERS,
    About,
    Whole,
    around,
    branches,
    choose,
    chunks,
    counts,
    join,
    nest,
    second_parents,
    text,
    traits,
    words,
)
from analysis.lineage.phylogeny import NOBODY, Phylogeny

WIDTH: Final = 600
"""Of the tree, in Taxonium's units."""


def write_taxonium(tree: Phylogeny, path: Path, collapse: bool, about: About) -> None:
    """Write the lines.

    Args:
        tree: The phylogeny.
        path: The file.
        collapse: Leave out ancestors with one child, but for the founders.
        about: Its title and date.
    """
    parent, kept = branches(tree, collapse)
    nested = nest(tree, parent, kept)
    leaf = nested.size == 1
    y = np.cumsum(leaf) - leaf + (nested.tips - 1) / 2  # the middle of its tips
    order = np.argsort(y, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    config = {"num_tips": int(nested.tips[0]), "date_created": about.updated[:10], "title": about.title}
    head = {"version": "alife", "mutations": [], "total_nodes": len(order), "config": config}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(head) + "\n")
        for places in chunks(order):
            numbers = {
                "y": y[places],
                "num_tips": nested.tips[places],
                "parent_id": rank[nested.parent[places]],
                "node_id": rank[places],
            }
            drawn = [around(f'"{name}":', words(values)) for name, values in numbers.items()]
            tips = choose(leaf[places], lambda is_tip: f'"mutations":[],"is_tip":{json.dumps(is_tip)}')
            file.write(text(join("{", join(*_known(tree, nested.rows[places]), *drawn, tips, by=","), "}\n")))


def _known(tree: Phylogeny, rows: Whole) -> list[pa.Array]:
    """What the record says of each row, or of the node above the founders: nothing."""
    births, there = tree.births.iloc[np.maximum(rows, 0)], pa.array(rows != NOBODY)
    x = WIDTH * (births["generation"].to_numpy() - tree.first) / max(tree.last - tree.first, 1)
    name = pc.if_else(there, words(births["id"].to_numpy()), FOUNDERS)
    columns = {column: words(births[column].to_numpy()) for column in (*counts(tree), "island", *traits(tree))}
    causes = births["cause_of_death"].astype(str).to_numpy()
    columns["cause_of_death"] = choose(causes, json.dumps)
    if schema.SECOND in births:
        columns["second_parent"] = around('"', second_parents(tree, np.maximum(rows, 0)), '"')
    metas = [
        around(f"{json.dumps(f'meta_{column}')}:", pc.coalesce(pc.if_else(there, texts, None), '""'))
        for column, texts in columns.items()
    ]
    return [
        around('"name":"', name, '"'),
        *(around(f'"{axis}":', words(np.round(x, 5))) for axis in ("x_dist", "x_time")),
        *metas,
    ]
