"""Auspice's dataset, JSON of schema v2: nodes in nodes, `div` the generations since the first on record.

Several founders stand below a node of their own, whose branches Auspice hides; of two parents a child stands below the
first, and `second_parent` names the other.
"""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from analysis.lineage.nested import (
    FOUNDERS,
    About,
    Nested,
    Whole,
    around,
    branches,
    choose,
    chunks,
    counts,
    join,
    label,
    nest,
    second_parents,
    text,
    traits,
    words,
)
from analysis.lineage.phylogeny import NOBODY, Phylogeny

TAKEN: Final = ("div", "num_date", "vaccine", "hidden", "url", "author", "accession", "none")
"""Attributes that mean something else to Auspice: a column of that name gets a `_` behind it."""

UNKNOWN: Final = "XXXX-XX-XX"
"""Where the schema wants a date, and none is known."""


def write_auspice(tree: Phylogeny, path: Path, collapse: bool, about: About) -> None:
    """Write the dataset.

    Args:
        tree: The phylogeny.
        path: The file.
        collapse: Leave out ancestors with one child, but for the founders.
        about: Its title and date.
    """
    parent, kept = branches(tree, collapse)
    nested = nest(tree, parent, kept)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"version":"v2","meta":{json.dumps(_meta(tree, about))},"tree":')
        above = int(nested.rows[0] == NOBODY)
        if above:
            file.write(f'{{"name":"{FOUNDERS}","node_attrs":{{"div":0,"hidden":"always"}}')
        for places in chunks(np.arange(above, len(nested.rows))):
            file.write(text(join(_joints(nested, places), _nodes(tree, nested.rows[places]))))
        file.write("}" + "]}" * int(nested.depth[-1]) + "}\n")


def _meta(tree: Phylogeny, about: About) -> dict[str, Any]:
    births = tree.births
    continuous = [name for name in traits(tree) if np.isfinite(births[name].to_numpy()).any()]
    kinds = dict.fromkeys([*continuous, *counts(tree)], "continuous")
    kinds |= dict.fromkeys(("island", "cause_of_death"), "categorical")
    return {
        "title": about.title,
        "updated": about.updated[:10] or UNKNOWN,
        "panels": ["tree"],
        "colorings": [{"key": _key(name), "title": label(name), "type": kind} for name, kind in kinds.items()],
        "filters": ["island", "cause_of_death"],
        "display_defaults": {"distance_measure": "div", "color_by": _key(next(iter(kinds)))},
    }


def _key(name: str) -> str:
    return f"{name}_" if name in TAKEN else name


def _joints(nested: Nested, places: Whole) -> pa.Array:
    """[m] what stands between each node and the one before it: the way down to its first child, or up and on."""
    down = nested.depth[places] - nested.depth[np.maximum(places - 1, 0)]
    down[places == 0] = 2
    return choose(down, lambda d: {1: ',"children":[', 2: ""}.get(d) or ("" if d == 2 else "}" + "]}" * -d + ","))


def _nodes(tree: Phylogeny, rows: Whole) -> pa.Array:
    """[m] each node, without its end."""
    births = tree.births.iloc[rows]
    numbers = [(_key(name), words(births[name].to_numpy())) for name in (*traits(tree), *counts(tree))]
    named = {"island": births["island"].to_numpy(), "cause_of_death": births["cause_of_death"].astype(str).to_numpy()}
    texts = [(name, choose(values, lambda value: json.dumps(str(value)))) for name, values in named.items()]
    texts.append(("second_parent", around('"', second_parents(tree, rows), '"')))
    attributes = [around(f'{json.dumps(name)}:{{"value":', values, "}") for name, values in (*numbers, *texts)]
    since = words(births["generation"].to_numpy() - tree.first)
    names = around('{"name":"', words(births["id"].to_numpy()), '","node_attrs":{')
    return join(names, join(around('"div":', since), *attributes, by=","), "}")
