"""Epistasis: whether two mutations together do what each does alone. Single and double mutants under the same lives.

Call `epistasis` with newborns, as `alife assay RUN epistasis` does. Mutations are drawn by the run's own operator, of
the size that the run gives a child of that genome, and laid upon the genome that was inherited: g + a, g + b, and
g + a + b. All four live the same lives (common random numbers), so that what differs between them is the mutations'.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from alife.assays.lives import Columns, Tell, Use, of_each, scored, silent, stacked
from alife.errors import UserError
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns, mutated, trait

MUTANTS = ((False, False), (True, False), (False, True), (True, True))
"""Which of the two mutations each has: none, a, b, both."""


def epistasis(
    habitat: Habitat, groups: Mapping[int, Newborns], replicates: int = 5, tell: Tell = silent
) -> dict[str, Columns]:
    """Traits of genomes without, with either and with both of two mutations, each in several lives.

    Args:
        habitat: Where.
        groups: Newborns by generation.
        replicates: Lives of each genome.
        tell: Told of the progress.

    Returns:
        One table, `mutants`: id, island, generation, replicate, first and second (bool: which mutations it has),
        accuracy, replication_error (of the genome that it was born with), copying_error (of the one without mutations,
        for which it is ρ). NaN where an individual diverged.

    Raises:
        UserError: Nobody is born with noise in this run.
    """
    rows, done, of = [], 0, len(groups) * replicates
    for generation, newborns in groups.items():
        noise = trait(habitat.config, newborns, "mutation")
        if not (noise > 0).any():
            raise UserError("epistasis: children of this run are born without birth noise: there are no mutations")
        newborns, noise = newborns.take(np.flatnonzero(noise > 0)), noise[noise > 0]
        genomes = _mutants(habitat, newborns, noise)
        for replicate in range(replicates):
            stream = of_each(habitat.config.seed, Use.EPISTASIS, newborns.ids.tolist(), replicate)
            for (first, second), born in zip(MUTANTS, genomes, strict=True):
                about = {"generation": generation, "replicate": replicate, "first": first, "second": second}
                rows.append(scored(habitat, born, newborns, stream, about))
            done += 1
            tell(done, of)
    return {"mutants": stacked(rows)}


def _mutants(habitat: Habitat, newborns: Newborns, noise: np.ndarray) -> list[Tensor]:
    """Genomes [P, N] in the order of `MUTANTS`."""
    ids, seed, plain = newborns.ids.tolist(), habitat.config.seed, newborns.messages
    steps = []
    for which in (Use.FIRST_MUTATION, Use.SECOND_MUTATION):
        draw = of_each(seed, which, ids)
        born = mutated(newborns.mutation, plain, noise, draw, habitat.shape, lambda _: "in the epistasis assay")
        steps.append(habitat.tensor(born).double() - habitat.tensor(plain).double())
    start = habitat.tensor(plain).double()
    zero = torch.zeros_like(start)
    return [
        (start + (steps[0] if first else zero) + (steps[1] if second else zero)).float() for first, second in MUTANTS
    ]
