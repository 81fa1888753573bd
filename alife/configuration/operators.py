"""The mutation operators that are shipped, by name, and the parameters of each: what a configuration may say of them.

What they do is in `alife.evolution.mutation`.
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
"""Models of parameters by operator; None of one that has none."""
