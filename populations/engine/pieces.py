"""Large islands in pieces, so that workers without one help with another's; births are the same.

A worker that keeps an island asks others by a `Piece`, which is newborns in neighbouring slots, and is answered by a
`Done`. `pieces` says which slots.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from alife.configuration.keys import RunConfig
from alife.evolution.habitat import together
from alife.evolution.island import Part
from alife.evolution.reproduction import Newborns
from populations.engine.messages import Horizon


@dataclass(frozen=True)
class Piece:
    """Live some newborns of an island for another worker.

    Attributes:
        island: Which.
        generation: Which.
        first: Slot of the first of them.
        newborns: Who.
        horizon: As the other worker has it.
        to: Whom to answer.
    """

    island: int
    generation: int
    first: int
    newborns: Newborns
    horizon: Horizon
    to: Any


@dataclass(frozen=True)
class Done:
    """What came of a piece; an error, where something of the user's own has failed."""

    island: int
    generation: int
    first: int
    part: Part | Exception


@dataclass(frozen=True)
class Helpers:
    """Whom a worker may ask, by number, and who it is itself to them; what others were asked has to be lived here."""

    helpers: dict[int, Any]
    me: Any


def pieces(size: int, least: int, workers: int) -> list[slice]:
    """Slots of as many pieces as there are workers, or fewer; each a whole number of `least` but for the last.

    Args:
        size: Newborns of the island.
        least: As of `alife.evolution.habitat.together`.
        workers: One or more.
    """
    blocks = -(-size // least)
    workers = min(workers, blocks)
    edges = [least * (blocks * place // workers) for place in range(workers)] + [size]
    return [slice(first, last) for first, last in pairwise(edges)]


def useful(config: RunConfig) -> int:
    """Workers that a run has something to do for: one for each piece of each island."""
    return config.population.islands * -(-config.population.size // together(config))
