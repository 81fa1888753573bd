"""Fertility: how many generations of descent a genome lasts without selection.

Call `fertility` with newborns, as `alife assay RUN fertility` does.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from alife.assays.lives import Columns, Draw, Tell, Use, accuracy, grow, numbers, of_each, silent, stacked, who
from alife.evolution.habitat import Habitat
from alife.evolution.mutation import of_rules
from alife.evolution.reproduction import Floats, Newborns, mutated, trait
from alife.organism import measures

DESCENT = 10
"""Emissions that a line is followed through."""


def fertility(
    habitat: Habitat, newborns: Newborns, descent: int = DESCENT, replicates: int = 1, tell: Tell = silent
) -> dict[str, Columns]:
    """Let each genome found lines of one child a generation: with and without learning, with and without birth noise.

    Args:
        habitat: Where.
        newborns: The founders of the lines; they live with the genomes of their birth.
        descent: Emissions, K.
        replicates: Lines of each founder under each treatment, each with lives and noise of its own.
        tell: Told of progress.

    Returns:
        {"descent": a row for each (founder, replicate, treatment, emission)}: id, island, replicate, learning, noise,
        descent (1 is the founder's own emission), replication_error (ρ: the emission against the genome that its parent
        lived with), founder_error (against the founder's genome), norm_ratio (‖emission‖ to ‖founder's genome‖),
        accuracy (of the adult that emits). NaN where a line has diverged. Of a run without learning there are only
        treatments without.
    """
    founders = habitat.born(newborns)
    sigma = trait(habitat.config, newborns, "mutation")
    treatments = [(l, n) for l in (True, False) for n in (True, False) if habitat.config.life.steps or not l]
    treatments = [(learning, noise) for learning, noise in treatments if sigma.any() or not noise]
    rows: list[Columns] = []
    for learning, noise in treatments:
        for r in range(replicates):
            for columns in _line(habitat, newborns, founders, sigma if noise else None, descent, r, learning):
                rows.append(columns)
                tell(len(rows), len(treatments) * replicates * descent)
    return {"descent": stacked(rows)}


def _line(
    habitat: Habitat,
    newborns: Newborns,
    founders: Tensor,
    sigma: Floats | None,
    descent: int,
    replicate: int,
    learning: bool,
) -> Iterator[Columns]:
    """The rows of one line of each founder, an emission after another; without a sigma births have no noise."""
    genomes, ids, seed = founders, newborns.ids.tolist(), habitat.config.seed
    for k in range(1, descent + 1):
        stream = of_each(seed, Use.DESCENT, ids, replicate, k)
        adults, emitted = grow(habitat, genomes, newborns, stream, learning=learning)
        errors = measures.relative_error(emitted, genomes)
        ratio = torch.linalg.vector_norm(emitted, dim=1) / torch.linalg.vector_norm(founders, dim=1)
        yield {
            **who(newborns, replicate=replicate, learning=learning, noise=sigma is not None, descent=k),
            "replication_error": numbers(errors),
            "founder_error": numbers(measures.relative_error(emitted, founders)),
            "norm_ratio": numbers(ratio),
            "accuracy": accuracy(habitat, adults, errors),
        }
        draw = of_each(seed, Use.DESCENT_NOISE, ids, replicate, k)
        genomes = emitted if sigma is None else _born(habitat, emitted, sigma, draw)


def _born(habitat: Habitat, emitted: Tensor, sigma: Floats, draw: Draw) -> Tensor:
    """Children [P, N] of emissions, as at any birth of the run."""
    how, shape = of_rules(habitat.config.reproduction), habitat.shape
    return habitat.tensor(
        mutated(how, emitted.numpy(force=True), sigma, draw, shape, lambda slot: "in a line of descent")
    )
