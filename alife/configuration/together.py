"""Which individuals of an island have to be lived in one place, and how many workers that leaves something to live."""

import math
from typing import Final

from alife.configuration.keys import RunConfig
from alife.configuration.networks import DENSE

TOGETHER: Final = 24
"""Individuals of a forward pass computed together on a CPU: part of what makes results the same everywhere."""


def together(config: RunConfig) -> int:
    """Individuals of an island that have to be lived in one place: in parts of so many bits are those of the whole.

    They learn in chunks and print in others; parts are whole numbers of both. Networks of a maker, measures of the
    user's own and GPUs take the island as a whole.

    Args:
        config: The run's; where `life.chunk` is open, it is taken for one that lets the island be shared.
    """
    size, chunk = config.population.size, config.life.chunk
    own = config.quine.network != DENSE or any(asked.object for asked in config.measures.values())
    if own or config.device == "cuda":
        return size
    return min(size, math.lcm(min(size, TOGETHER), min(size, chunk or TOGETHER)))


def useful(config: RunConfig) -> int:
    """Workers that a run has something to do for: one for each piece of each island."""
    return config.population.islands * -(-config.population.size // together(config))
