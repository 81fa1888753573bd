"""The schemes of selection that are shipped, by name: what of `selection` each looks at, and the parameters of each.

What they do is in `alife.evolution.schemes`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, Field

from alife import schema

FURTHEST: Final = 1000
"""Generations that newborns carry their line of ancestors at most."""


class Lexicase(BaseModel):
    """Parameters of `lexicase`."""

    tolerance: float = Field(
        1.0, ge=0, le=1000, description="epsilon of the case -log ρ, in median absolute deviations; 0 passes the best"
    )


class Novelty(BaseModel):
    """Parameters of `novelty`."""

    neighbours: int = Field(
        5, ge=1, le=schema.MAX_SIZE, description="nearest neighbours from which novelty is the mean distance"
    )


class MapElites(BaseModel):
    """Parameters of `map_elites`."""

    accuracy_step: float = Field(0.02, ge=1e-4, le=1, description="width of a cell in accuracy")
    error_step: float = Field(0.1, ge=1e-4, le=10, description="width of a cell in log10 ρ")


class Speciation(BaseModel):
    """Parameters of `speciation`."""

    back: int = Field(
        5, ge=1, le=FURTHEST, description="generations back to the ancestor whose descendants are a clade"
    )


UNUSED: Final = {
    "tournament": ("truncation",),
    "truncation": ("tournament_size",),
    "roulette": ("tournament_size", "truncation"),
    "nsga2": ("accuracy_weight", "tournament_size", "truncation"),
    "lexicase": ("accuracy_weight", "tournament_size", "truncation"),
    "novelty": ("accuracy_weight", "truncation"),
    "map_elites": ("tournament_size", "truncation"),
    "speciation": ("tournament_size", "truncation"),
    "drift": ("accuracy_weight", "tournament_size", "truncation"),
}
"""Keys of `selection` that a scheme does not look at: who sets one is warned, and labels leave them out. A scheme of
one's own has parameters and looks at none of these."""

SCHEMES: Final[Mapping[str, type[BaseModel] | None]] = MappingProxyType(
    {
        **dict.fromkeys(UNUSED),
        "lexicase": Lexicase,
        "novelty": Novelty,
        "map_elites": MapElites,
        "speciation": Speciation,
    }
)
"""Models of parameters by scheme; None of one that has none."""

BY_CLASS: Final = ("lexicase", "novelty")
"""Schemes that compare what is answered, class by class: without a task there is nothing to compare."""
