"""A crossover operator of one's own: `alife run --reproduction.crossover 0.5 --reproduction.crossover_operator
examples/my_crossover.py:blend`.

Edit it, and name the file: nothing of the package changes.
"""

import numpy as np


def blend(message, other, random):
    """A point between both messages, the same share of each in all weights.

    Args:
        message: [N] float32, what the first parent printed; read-only.
        other: [N] float32, what the second one printed; read-only.
        random: The child's own numpy Generator.

    Returns:
        The child's message [N] float32, before birth noise.
    """
    share = np.float32(random.random())
    return share * message + (1 - share) * other
