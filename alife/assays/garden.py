"""The common garden: genomes of different generations live the same lives, so that what differs is in the genomes.

Call `garden` with newborns by generation, as `alife assay RUN garden` does.
"""

from collections.abc import Mapping

import numpy as np

from alife.assays.lives import Columns, Tell, Use, numbers, scored, silent, stacked
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns
from alife.organism import measures
from alife.streams import Stream, rng

MIN_LIVES = 5
"""Common lives that a garden needs: a residual from fewer says little."""


def garden(
    habitat: Habitat, groups: Mapping[int, Newborns], replicates: int = MIN_LIVES, tell: Tell = silent
) -> dict[str, Columns]:
    """Score genomes under common lives.

    In replicate r every individual of every generation meets the same coordinates and images at each step. Birth noise
    is part of the genome that lives; heritable life-history traits go with it.

    Args:
        habitat: Where.
        groups: Newborns by generation.
        replicates: Common lives, R.
        tell: Told of progress.

    Returns:
        {"lives": a row for each (generation, individual, replicate)}: generation, id, island, replicate, accuracy,
        replication_error, copying_error, squared_norm (`schema.SCORES`; NaN where an individual diverged).
    """
    rows = []
    seed = habitat.config.seed
    for number, (generation, newborns) in enumerate(groups.items()):
        genomes = habitat.born(newborns)
        for r in range(replicates):

            def life(slot: int, r: int = r) -> np.random.Generator:
                return rng(seed, Stream.ASSAY, Use.GARDEN, r)

            about = {"generation": generation, "replicate": r}
            scores = scored(habitat, genomes, newborns, life, about, common=True)
            rows.append({**scores, "squared_norm": numbers(measures.squared_norm(genomes))})
            tell(number * replicates + r + 1, len(groups) * replicates)
    return {"lives": stacked(rows)}
