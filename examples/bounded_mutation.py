"""Mutation of one's own: birth noise as usual, on genomes that are kept from growing, or made to grow.

alife run --selection.accuracy_weight 1 --reproduction.operator examples/bounded_mutation.py:bounded
"""

import numpy as np
from pydantic import BaseModel, Field


class Bounds(BaseModel):
    """Parameters, as `reproduction.parameters` gives them."""

    most: float | None = Field(None, gt=0, description="Σg² above which a genome is scaled down to it")
    growth: float = Field(1.0, gt=0, description="what every message is multiplied by before its noise")


def bounded(message, sigma, random, parameters: Bounds):
    """Genome [N] float32: the message grown, with Gaussian noise relative to its RMS, and Σg² at most the bound.

    Args:
        message: [N] float32, what the parent printed; it cannot be written to.
        sigma: σ of the child.
        random: numpy's Generator of the child: draw from nothing else.
        parameters: As above.
    """
    genome = message * np.float32(parameters.growth)
    rms = np.sqrt(np.mean(np.square(genome, dtype=np.float64)))
    genome = genome + np.float32(sigma * rms) * random.standard_normal(len(genome), dtype=np.float32)
    size = np.sum(np.square(genome, dtype=np.float64))
    if parameters.most is not None and size > parameters.most:
        genome *= np.float32((parameters.most / size) ** 0.5)
    return genome
