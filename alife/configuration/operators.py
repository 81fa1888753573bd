"""The operators of mutation and of crossover that are shipped, by name, and the parameters of those that have any.

What they do is in `alife.evolution.mutation` and `alife.evolution.crossover`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, Field


class Sparse(BaseModel):
    """Parameters of `sparse`."""

    share: float = Field(0.1, gt=0, le=1, description="share of the weights that are perturbed, rounded up")


class LowRank(BaseModel):
    """Parameters of `low_rank`."""

    rank: int = Field(1, ge=1, le=4096, description="rank of the perturbation of each matrix, at most")


OPERATORS: Final[Mapping[str, type[BaseModel] | None]] = MappingProxyType(
    {"gaussian": None, "per_matrix": None, "sparse": Sparse, "low_rank": LowRank}
)
"""Models of parameters by operator of mutation; None of one that has none."""

CROSSOVERS: Final = ("units", "weights", "matrices")
"""Operators of crossover, which have no parameters."""
