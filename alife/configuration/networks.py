"""The networks that are shipped, by name, and where their makers are: what a configuration may say of them.

What makers are is in `alife.evolution.networks`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DENSE: Final = "dense"
"""The network of `alife.organism.quine`, the default."""

NETWORKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "heritable": "alife.organisms.heritable.network:heritable",
        "weightwise": "alife.organisms.tiny:Weightwise",
        "aggregating": "alife.organisms.tiny:Aggregating",
        "recurrent": "alife.organisms.tiny:Recurrent",
        "soup": "alife.organisms.tiny:Soup",
    }
)
"""Makers of the others."""

UNCLASSED: Final = ("weightwise", "aggregating", "recurrent", "soup")
"""Those that name no classes of images: they live without a task."""

UNSEEN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "weightwise": ("quine.coordinate_units",),
        "aggregating": ("quine.coordinate_units",),
        "recurrent": ("quine.coordinate_units",),
        "soup": (
            *("quine.coordinate_units", "life.optimizer", "life.coordinates", "life.images", "life.task_weight"),
            *("life.replication_weight", "life.temperature", "life.target", "life.loss", "life.sampling"),
            "life.environment",
        ),
    }
)
"""Keys that a network does not look at: who sets one is warned, and labels leave them out."""

PRINT_ALL: Final = ("heritable",)
"""Those that print all coordinates at each step of a life, however many `life.coordinates` says."""
