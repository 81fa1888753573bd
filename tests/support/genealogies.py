"""Small genealogies for the tests of lineage, as births, and what a slow and obvious computation says of them."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from alife import schema
from alife.configuration.keys import Selection
from analysis.data.derived import derive
from analysis.evolution.islands import Demes
from analysis.lineage.phylogeny import phylogeny


def record(parents: Sequence[Sequence[int]], founders: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Births of one island.

    Args:
        parents: For each generation but the first, the slot of each one's parent in the generation before.
        founders: How many; as many as the first of `parents` needs if None.
        seed: Of the scores.
    """
    needed = max(parents[0], default=0) + 1 if parents else 1
    sizes = [needed if founders is None else founders, *(len(row) for row in parents)]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    generation = np.repeat(np.arange(len(sizes)), sizes)
    ids = generation << schema.SLOT_BITS | np.arange(starts[-1]) - starts[generation]
    above = np.concatenate(
        [start + np.asarray(row, np.int64) for start, row in zip(starts, parents, strict=False)] or [[]]
    )
    rng = np.random.default_rng(seed)
    columns = {
        "id": ids,
        "ancestor_id": np.concatenate([ids[: sizes[0]], ids[above.astype(np.int64)]]),
        "origin_time": generation,
        "destruction_time": generation + 1,
        "island": 0,
        "generation": generation,
        **{name: rng.random(len(ids)) for name in schema.SCORES},
        "n_offspring": np.bincount(above.astype(np.int64), minlength=len(ids)),
    }
    columns["n_offspring"][starts[-2] :] = rng.integers(0, 3, sizes[-1])
    births = pd.DataFrame(columns).astype({name: schema.BIRTHS[name] for name in columns})
    births["cause_of_death"] = pd.Categorical([schema.CAUSES[0]] * len(births), schema.CAUSES)
    return derive(births, Selection())


@st.composite
def histories(draw: st.DrawFn, min_generations: int = 1, max_generations: int = 7, max_size: int = 6) -> pd.DataFrame:
    """Births of a random history of one island, generations of any size."""
    sizes = draw(st.lists(st.integers(1, max_size), min_size=min_generations, max_size=max_generations))
    parents = [
        draw(st.lists(st.integers(0, before - 1), min_size=size, max_size=size)) for before, size in pairwise(sizes)
    ]
    return record(parents, founders=sizes[0], seed=draw(st.integers(0, 99)))


def lines(births: pd.DataFrame) -> dict[int, list[int]]:
    """The line of descent of each id, itself first, by following ancestor_id."""
    parent = dict(zip(births["id"].tolist(), births["ancestor_id"].tolist(), strict=True))
    out = {}
    for identity in parent:
        line = [identity]
        while parent[line[-1]] != line[-1]:
            line.append(parent[line[-1]])
        out[identity] = line
    return out


def slow_metrics(births: pd.DataFrame, generation: int) -> dict[str, float]:
    """What `analysis.lineage.metrics.METRICS` should be, pair by pair and branch by branch."""
    ancestry = lines(births)
    alive = births.loc[births["generation"] == generation, "id"].tolist()
    shared = set.intersection(*(set(ancestry[i]) for i in alive))
    age = {i: schema.unpack_id(i)[1] for i in ancestry}
    mrca = max((age[i] for i in shared), default=float("nan"))
    nodes = {i for tip in alive for i in ancestry[tip]}
    kept = {i for i in nodes if not shared or age[i] >= mrca}
    children: dict[int, set[int]] = {i: set() for i in nodes}
    for i in kept:
        if (above := ancestry[i][1:2]) and above[0] in kept:
            children[above[0]].add(i)
    out = {
        "size": len(alive),
        "founders": len({ancestry[i][-1] for i in alive}),
        "mrca_generation": mrca,
        "coalescence_time": generation - mrca,
        "phylogenetic_diversity": sum(map(len, children.values())),
    }
    pairs = list(combinations(alive, 2))
    if not pairs:
        return out
    distances = []
    for one, other in pairs:
        common = set(ancestry[one]) & set(ancestry[other])
        distances.append(2 * (generation - max((age[i] for i in common), default=0)))
    forks = {i for i in children if len(children[i]) > 1}
    out["mean_pairwise_distance"] = sum(distances) / len(pairs)
    out["effective_size_coalescence"] = out["mean_pairwise_distance"] / 2
    out["sackin_index"] = sum(sum(i in forks for i in ancestry[tip][1:]) for tip in alive)
    out["mean_depth"] = out["sackin_index"] / len(alive)
    heights = {
        fork: max(1 + sum(i in forks and age[i] > age[fork] for i in ancestry[tip][1:])
                  for tip in alive if fork in ancestry[tip])
        for fork in forks
    }  # fmt: skip
    inner = [fork for fork in forks if any(i in forks for i in ancestry[fork][1:])]
    out["b1_index"] = sum(1 / heights[fork] for fork in inner)
    return out


def planted(
    parents: Sequence[Sequence[int]], accuracy: ArrayLike = 0.5, copying: ArrayLike = 0.01, dead: ArrayLike = False
) -> Demes:
    """A record of one island.

    Args:
        parents: For each generation but the first, the slot of each one's parent in the generation before. Founders are
            as many as their children; as many as have values if there are none.
        accuracy: Of each one, generation by generation; or of all.
        copying: The copying error, likewise.
        dead: Who died early, likewise.
    """
    founders = len(parents[0]) if parents else np.broadcast(accuracy, copying, dead).size
    births = record(parents, founders)
    living = ~np.broadcast_to(dead, len(births))
    births["accuracy"] = np.broadcast_to(accuracy, len(births)).astype(np.float32)
    births["copying_error"] = np.broadcast_to(copying, len(births)).astype(np.float32)
    births["cause_of_death"] = births["cause_of_death"].where(living, schema.CAUSES[1])
    births.loc[~living, "n_offspring"] = 0
    tree = phylogeny(births)
    traits = ("accuracy", "copying_error")
    return Demes("planted", traits, tree, 1, tree.generation - tree.first, living, SimpleNamespace())


def neutral(generations: int, size: int, seed: int) -> list[list[int]]:
    """Parents drawn uniformly, for `planted`: a Wright–Fisher population."""
    # Keyed by more than a seed: default_rng(5) draws as default_rng([5, 0]) does, with which shadows begin.
    return np.random.default_rng([seed, 0, 0, 1]).integers(0, size, (generations - 1, size)).tolist()
