"""Records of which it is known who descends from whom and what everybody scores, as demes of one island."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
from numpy.typing import ArrayLike

from alife import schema
from analysis.evolution.islands import Demes
from analysis.lineage.phylogeny import phylogeny
from tests.support.genealogies import record


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
