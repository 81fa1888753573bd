"""tskit's `.trees`: a node a birth, in the order of the record, with its id and traits as metadata."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import tskit

from analysis.lineage.metrics import whole_tables
from analysis.lineage.nested import About, traits
from analysis.lineage.phylogeny import Phylogeny

CODES: Final = {"int32": "i", "int64": "q", "float32": "f", "float64": "d"}
"""Dtypes of columns, and what tskit's struct codec calls them."""

LONGEST_CAUSE: Final = 16
"""Bytes of a cause of death."""


def write_trees(tree: Phylogeny, path: Path, about: About) -> None:
    """Write a tree sequence: `analysis.lineage.metrics.tree_sequence` with names.

    A population is an island. A node's metadata is what the record says of the birth, of which `id` is its id; the
    title of the run and its first generation are metadata of the whole. Numbers that are not finite stay what they are.

    Raises:
        UserError: Some children have two parents.
    """
    tables = whole_tables(tree)
    tables.metadata_schema = tskit.MetadataSchema.permissive_json()
    tables.metadata = {"run": about.title, "first_generation": tree.first, "last_generation": tree.last}
    tables.populations.metadata_schema = tskit.MetadataSchema.permissive_json()
    islands = tree.births["island"].to_numpy()
    for island in range(int(islands.max()) + 1):
        tables.populations.add_row({"name": f"island_{island}", "description": ""})
    data, codec = _metadata(tree)
    nodes = tables.nodes
    nodes.metadata_schema = codec
    nodes.set_columns(
        flags=nodes.flags,
        time=nodes.time,
        population=islands.astype(np.int32),
        metadata=data.view(np.int8).reshape(-1),
        metadata_offset=np.arange(len(tree) + 1, dtype=np.uint64) * data.dtype.itemsize,
        metadata_schema=repr(codec),
    )
    tables.tree_sequence().dump(path)


def _metadata(tree: Phylogeny) -> tuple["np.ndarray[Any, Any]", tskit.MetadataSchema]:
    """[n] records of the traits of each, as tskit's struct codec reads them, and its schema."""
    births = tree.births
    whole = [name for name in births if births[name].dtype.kind == "i" and name not in ("ancestor_id", "island")]
    names = [*map(str, whole), *traits(tree)]
    properties: dict[str, Any] = {
        name: {"type": "number", "binaryFormat": CODES[str(births[name].dtype)], "index": place}
        for place, name in enumerate(names)
    }
    cause = {"type": "string", "binaryFormat": f"{LONGEST_CAUSE}s", "nullTerminated": True, "index": len(names)}
    properties["cause_of_death"] = cause
    kinds = [(name, births[name].to_numpy().dtype.newbyteorder("<")) for name in names]
    data = np.zeros(len(births), np.dtype([*kinds, ("cause_of_death", f"S{LONGEST_CAUSE}")]))
    for name in names:
        data[name] = births[name].to_numpy()
    data["cause_of_death"] = births["cause_of_death"].astype(str).to_numpy().astype("S")
    described = {
        "codec": "struct",
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    return data, tskit.MetadataSchema(described)
