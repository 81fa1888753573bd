"""Mutation of one's own: some units of the network are redrawn around what they were, the others stay as they are.

alife run --reproduction.operator examples/my_mutation.py:scramble --reproduction.parameters '{share: 0.2}'
"""

import numpy as np
from pydantic import BaseModel, Field


class Scramble(BaseModel):
    """Parameters, as `reproduction.parameters` gives them."""

    share: float = Field(0.5, gt=0, le=1, description="of the units, those that are struck, on average")


def scramble(message, sigma, random, parameters: Scramble, shape):
    """Genome [N] float32: noise on all inputs of a unit or on none, relative to their own RMS; E Σδ² = σ²·Σg*².

    Args:
        message: [N] float32, what the parent printed; it cannot be written to.
        sigma: σ of the child.
        random: numpy's Generator of the child: draw from nothing else.
        parameters: As above.
        shape: Its `matrices` are views of the weight matrices [units, inputs] in a row.
    """
    genome = message.copy()
    for matrix in shape.matrices(genome):
        struck = random.random((len(matrix), 1)) < parameters.share
        size = np.sqrt(np.mean(np.square(matrix), axis=1, keepdims=True)) * sigma / parameters.share**0.5
        matrix += struck * size * random.standard_normal(matrix.shape, dtype=np.float32)
    return genome
