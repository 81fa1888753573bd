"""Two controls for what newborns know: an operator that scrambles messages, and a measure of messages themselves.

alife run --config examples/heritable.yaml --reproduction.operator examples/heritable_controls.py:permuted \
    --measures '{message_accuracy: examples/heritable_controls.py:message_accuracy}'
"""

import numpy as np

import alife


def permuted(message: np.ndarray, sigma: float, random: np.random.Generator, *, shape) -> np.ndarray:
    """The message with the weights of each matrix in random order: which they are is inherited, where they are not."""
    genome = message.copy()
    for matrix in shape.matrices(genome):
        matrix[...] = random.permutation(matrix.ravel()).reshape(matrix.shape)
    return genome


@alife.measure(noun="message accuracy", scale="share", direction=1, meaning="of the network that the adult has printed")
def message_accuracy(life: alife.Life) -> np.ndarray:
    """[P], before birth noise."""
    return life.accuracy(life.emitted)
