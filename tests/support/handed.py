"""A phylogeny read back from a file by who the file is for: births by id, each with its parent and traits."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import dendropy
import tskit

Births = dict[int, dict[str, Any]]
"""By id; `parent` is the id of the parent, or None of a founder."""


def from_trees(path: Path) -> Births:
    """By tskit."""
    sequence = tskit.load(path)
    tree, out = sequence.first(), {}
    for node in sequence.nodes():
        known = node.metadata
        parent = tree.parent(node.id)
        above = None if parent == tskit.NULL else sequence.node(parent).metadata["id"]
        island = sequence.population(node.population).metadata["name"].removeprefix("island_")
        out[known["id"]] = {**known, "parent": above, "island": int(island), "ago": node.time}
    return out


def from_nexus(path: Path) -> Births:
    """By DendroPy, which recurses once a generation."""
    out: Births = {}
    for tree in dendropy.TreeList.get(path=str(path), schema="nexus", extract_comment_metadata=True):
        assert tree.is_rooted
        for node in tree.preorder_node_iter():
            alone = node is tree.seed_node and node.is_leaf()  # DendroPy gives such a node's comments to its tree
            notes = (tree if alone else node).annotations.values_as_dict()
            parent = _of_nexus(node.parent_node) if node.parent_node else None
            length = node.edge_length
            out[_of_nexus(node)] = {**{k: float(v) for k, v in notes.items()}, "parent": parent, "length": length}
    return out


def _of_nexus(node: dendropy.Node) -> int:
    label: str = node.taxon.label if node.taxon else node.label
    assert label.startswith("id")
    return int(label.removeprefix("id"))


def from_auspice(path: Path) -> Births:
    """Nodes of the nested JSON, without recursion."""
    data = json.loads(path.read_text(), parse_constant=lambda word: 1 / 0)
    out: Births = {}
    stack = [(data["tree"], None)]
    while stack:
        node, parent = stack.pop()
        attributes = node["node_attrs"]
        known = {name: each["value"] for name, each in attributes.items() if isinstance(each, dict)}
        if node["name"] != "founders":
            out[int(node["name"])] = {**known, "parent": parent, "div": attributes["div"]}
        above = None if node["name"] == "founders" else int(node["name"])
        stack += [(child, above) for child in node.get("children", ())]
    return out


def from_taxonium(path: Path) -> Births:
    """Lines as Taxonium's own reader takes them: a node's number is its line, lines ascend by y, one root."""
    head, *nodes = [json.loads(line, parse_constant=lambda word: 1 / 0) for line in path.read_text().splitlines()]
    assert head["total_nodes"] == len(nodes)
    assert [node["node_id"] for node in nodes] == list(range(len(nodes)))
    assert all(one["y"] <= other["y"] for one, other in pairwise(nodes))
    assert sum(node["parent_id"] == node["node_id"] for node in nodes) == 1
    assert len({tuple(node) for node in nodes}) == 1  # what the first has, all have
    assert head["config"]["num_tips"] == sum(node["is_tip"] for node in nodes)
    tips = dict.fromkeys(range(len(nodes)), 0)
    for node in nodes:
        at = node["node_id"]
        while node["is_tip"] and at is not None:
            tips[at] += 1
            at = nodes[at]["parent_id"] if nodes[at]["parent_id"] != at else None
    assert tips == {node["node_id"]: node["num_tips"] for node in nodes}
    out: Births = {}
    for node in nodes:
        above = nodes[node["parent_id"]]["name"]
        known = {name.removeprefix("meta_"): value for name, value in node.items() if name.startswith("meta_")}
        parent = None if above in ("founders", node["name"]) else int(above)
        if node["name"] != "founders":
            out[int(node["name"])] = {**known, "parent": parent, "x_dist": node["x_dist"]}
    return out
