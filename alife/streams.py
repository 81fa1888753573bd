"""Every random number of a run, keyed by (seed, stream, generation, island, slot): never by order of arrival.

Call `rng` wherever something is drawn; what is drawn for a new purpose gets a new member of `Stream`.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a random number is for. A number once given is never used for anything else."""

    PROJECTION = 1
    FOUNDERS = 2
    BIRTH_NOISE = 3
    LIFE = 4
    SELECTION = 5
    SHUFFLE = 6
    TRAITS = 7
    MIGRATION = 8
    ASSAY = 9
    SEARCH = 10
    PAPER = 11
    SPLIT = 12
    MEASURE = 13
    SCHEME = 14
    SURVIVAL = 15
    MATE = 16
    PAIRING = 17
    IMAGES = 18


def rng(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Generator for one purpose at one place and time.

    Args:
        seed: The run's seed.
        stream: The purpose.
        key: Where and when, most often (generation, island) or (generation, island, slot); all non-negative.

    Returns:
        An independent PCG64 generator; the same arguments give the same numbers in any process.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(stream), *key))))
