"""The networks that are shipped, by name, and where their makers are: what a configuration may say of them.

What makers are is in `alife.evolution.networks`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DENSE: Final = "dense"
"""The network of `alife.organism.quine`, the default."""

NETWORKS: Final[Mapping[str, str]] = MappingProxyType({"heritable": "alife.organisms.heritable.network:heritable"})
"""Makers of the others."""

PRINT_ALL: Final = ("heritable",)
"""Those that print all coordinates at each step of a life, however many `life.coordinates` says."""
