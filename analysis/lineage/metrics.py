"""Metrics of the genealogy of those who live at one time, overall, by island and through time, each from tskit.

Each looks at the tree that joins the individuals of one generation (the early dead included: they were born) to their
common ancestors. Founders share no ancestor: as long as several have descendants, there are as many trees, and
distances between individuals of different founders are counted up to the founders, which makes them lower bounds. Of a
child of two parents the first is followed, but in `effective_size_offspring`, where it counts half for each.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import tskit
from numpy.typing import NDArray

from alife.errors import UserError
from alife.format.summary import contributed, siblings
from analysis.lineage.phylogeny import NOBODY, Phylogeny

Nodes = NDArray[np.int32]

EVERYWHERE: Final = -1
"""Stands in the column `island` for all islands together."""

METRICS: Final = {
    "size": "individuals of the generation",
    "founders": "founders with descendants among them: the trees of the forest",
    "mrca_generation": "generation of their most recent common ancestor; none while several founders have descendants",
    "coalescence_time": "generations back to that ancestor",
    "effective_size_offspring": "inverse of the chance that two of their children are siblings, Σk(Σk−1) / Σk(k−1) "
    "over their offspring numbers k: the inbreeding effective size of haploids, (N·k̄−1) / (V/k̄ + k̄ − 1) (Kimura and "
    "Crow 1963; Crow and Denniston 1988); infinite if nobody has two children. Within an island; of all islands "
    "together it counts pairs from two islands, who are no siblings, and is not the metapopulation's",
    "effective_size_coalescence": "mean generations back to the common ancestor of a pair, which equals the effective "
    "size of a haploid population at equilibrium (Kingman 1982); over all islands that of the metapopulation, a lower "
    "bound while several founders have descendants",
    "phylogenetic_diversity": "sum of branch lengths from their common ancestor, or from each founder, to all of them, "
    "generations (Faith 1992)",
    "mean_pairwise_distance": "mean length of the path between two of them, generations (Webb 2000); tskit's "
    "branch-mode diversity (Ralph et al. 2020)",
    "sackin_index": "sum over individuals of the branching ancestors between each and its root (Sackin 1972); "
    "polytomies allowed; the higher, the less balanced",
    "sackin_yule": "what the Sackin index is of trees of this size on average under Yule, 2n·Σ 1/j for j = 2 … n, "
    "summed over founders (Kirkpatrick and Slatkin 1993); also of Kingman's coalescent, whose shapes are the same",
    "sackin_ratio": "sackin_index over sackin_yule: comparable between sizes. Polytomies of small populations lower it "
    "without any selection: see `analysis.evolution.balance.against_neutral`",
    "mean_depth": "sackin_index over the number of individuals: comparable between sizes",
    "b1_index": "sum over branching ancestors but the roots of one over their greatest number of branchings to an "
    "individual (Shao and Sokal 1990); polytomies allowed; the higher, the more balanced",
}
"""Names and definitions. Those of shape and distance need two individuals and are NaN for one."""

GRID: Final = 50
"""Generations at which metrics are taken if none are named."""


def grid(tree: Phylogeny, points: int = GRID) -> NDArray[np.int64]:
    """At most `points` generations on record, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(tree.first, tree.last, points).round().astype(np.int64))


def metrics_through_time(
    tree: Phylogeny, generations: Sequence[int] | NDArray[np.int64] | None = None, by_island: bool = True
) -> pd.DataFrame:
    """`METRICS` of those who live at each of some generations.

    Args:
        tree: The full phylogeny, not pruned: who lived at g may have no descendants.
        generations: Which; `grid(tree)` if None.
        by_island: Also for the residents of each island; their ancestors may have lived anywhere.

    Returns:
        generation, island (`EVERYWHERE` for all), then `METRICS` as float64.

    Raises:
        UserError: A generation is not on record.
    """
    parent, child = _edges(tree)
    island = tree.births["island"].to_numpy()
    offspring = np.stack([contributed(tree.births), siblings(tree.births)])
    rows = []
    for generation in grid(tree).tolist() if generations is None else generations:
        alive = tree.rows(generation)
        genealogy = _genealogy(tree, parent, child, alive)
        rows.append(
            {"generation": generation, "island": EVERYWHERE, **_metrics(genealogy, offspring[:, alive], generation)}
        )
        for place in np.unique(island[alive]) if by_island else ():
            here = np.flatnonzero(island[alive] == place).astype(np.int32)
            part = genealogy.simplify(here, keep_input_roots=True, record_provenance=False)
            rows.append(
                {"generation": generation, "island": place, **_metrics(part, offspring[:, alive[here]], generation)}
            )
    return pd.DataFrame(rows, columns=["generation", "island", *METRICS]).astype(dict.fromkeys(METRICS, np.float64))


def tree_sequence(tree: Phylogeny) -> tskit.TreeSequence:
    """The whole record in tskit: node u is row u, time is generations before the last, samples are the last generation.

    Returns:
        One tree over a genome of length 1, unary nodes included, a root for each founder.

    Raises:
        UserError: Some children have two parents: which weights are whose is not on record.
    """
    return whole_tables(tree).tree_sequence()


def whole_tables(tree: Phylogeny) -> tskit.TableCollection:
    """The tables of `tree_sequence`.

    Raises:
        UserError: Likewise.
    """
    if (tree.second != NOBODY).any():
        raise UserError(
            "some here have two parents, and tskit needs to know which weights are whose, which is not on record: "
            "'alife export --format alife' names both"
        )
    tables = _tables(tree, *_edges(tree), tree.last)
    flags = tables.nodes.flags
    flags[tree.rows()] = tskit.NODE_IS_SAMPLE
    tables.nodes.flags = flags
    return tables


def yule_sackin(size: int) -> float:
    """The mean Sackin index of a tree of `size` tips under Yule: 2n·Σ 1/j for j = 2 … n; 0 of a single tip."""
    return 2 * size * float((1 / np.arange(2, size + 1)).sum())


def genealogy_of(tree: Phylogeny, generation: int) -> tskit.TreeSequence:
    """The tree that joins those who live at a generation, without unary ancestors; a root for each founder.

    Raises:
        UserError: The generation is not on record.
    """
    whole = _genealogy(tree, *_edges(tree), tree.rows(generation))
    return whole.simplify(record_provenance=False)


def _metrics(genealogy: tskit.TreeSequence, offspring: NDArray[np.float64], generation: int) -> dict[str, float]:
    tree = genealogy.first(sample_lists=False)
    size, founders = genealogy.num_samples, tree.num_roots
    root = tree.root if founders == 1 else tskit.NULL
    stem = 0.0
    while root != tskit.NULL and tree.num_children(root) == 1:
        stem += tree.branch_length(tree.left_child(root))
        root = tree.left_child(root)
    age = np.nan if root == tskit.NULL else tree.time(root) - genealogy.nodes_time[0]
    shape = dict.fromkeys(("mean_pairwise_distance", "sackin_index", "sackin_yule", "b1_index"), np.nan)
    if size > 1:
        forest = genealogy.simplify(record_provenance=False).first(sample_lists=False)
        shape = {
            "mean_pairwise_distance": float(genealogy.diversity(mode="branch")),
            "sackin_index": float(forest.sackin_index()),
            "sackin_yule": sum(yule_sackin(forest.num_samples(root)) for root in forest.roots),
            "b1_index": float(forest.b1_index()),
        }
    return {
        "size": size,
        "founders": founders,
        "mrca_generation": generation - age,
        "coalescence_time": age,
        "effective_size_offspring": _effective_size(offspring),
        "effective_size_coalescence": shape["mean_pairwise_distance"] / 2,
        "phylogenetic_diversity": tree.total_branch_length - stem,
        "sackin_ratio": shape["sackin_index"] / shape["sackin_yule"] if shape["sackin_yule"] else np.nan,
        "mean_depth": shape["sackin_index"] / size,
        **shape,
    }


def _effective_size(offspring: NDArray[np.float64]) -> float:
    """Of [2, P] children of each, and pairs of them that have a weight from the same parent."""
    children, pairs = offspring.sum(axis=1)
    if children < 2:
        return np.nan
    return float(children * (children - 1) / pairs) if pairs else np.inf


def _edges(tree: Phylogeny) -> tuple[Nodes, Nodes]:
    """Rows of parents and children in the order that tskit asks for: the youngest parents first."""
    child = np.flatnonzero(tree.parent != NOBODY)
    parent = tree.parent[child]
    order = np.lexsort((parent, -tree.generation[parent]))
    return parent[order].astype(np.int32), child[order].astype(np.int32)


def _tables(tree: Phylogeny, parent: Nodes, child: Nodes, generation: int) -> tskit.TableCollection:
    """Tables of all births up to a generation; the edges that are left out come first."""
    nodes = int(tree.starts[generation - tree.first + 1])
    past = len(tree) - nodes
    count = len(child) - past
    tables = tskit.TableCollection(1)
    tables.time_units = "generations"
    tables.nodes.set_columns(
        flags=np.zeros(nodes, np.uint32), time=(generation - tree.generation[:nodes]).astype(np.float64)
    )
    tables.edges.set_columns(left=np.zeros(count), right=np.ones(count), parent=parent[past:], child=child[past:])
    return tables


def _genealogy(tree: Phylogeny, parent: Nodes, child: Nodes, alive: NDArray[np.int64]) -> tskit.TreeSequence:
    """The tree of some contemporaries, who become nodes 0, 1, …; unary ancestors are left out, but for the roots."""
    tables = _tables(tree, parent, child, int(tree.generation[alive[0]]))
    tables.simplify(alive.astype(np.int32), keep_input_roots=True, record_provenance=False)
    return tables.tree_sequence()
