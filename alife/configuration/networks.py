"""The networks that are shipped, by name, and where their makers are: what a configuration may say of them.

What makers are is in `alife.evolution.networks`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DENSE: Final = "dense"
"""The network of `alife.organism.quine`, the default."""


@dataclass(frozen=True)
class Shipped:
    """A network that goes by a word.

    Attributes:
        maker: Where its maker is, as `package.module:object`.
        answers: Whether it names classes of images; if not, it lives without a task.
        prints_all: Whether it prints all coordinates at each step of a life, however many `life.coordinates` says.
        unseen: Keys that it does not look at, beside those of the dense one alone.
    """

    maker: str
    answers: bool = True
    prints_all: bool = False
    unseen: tuple[str, ...] = ()


_UNITS: Final = ("quine.coordinate_units",)
_LEARNING: Final = (
    *("life.optimizer", "life.coordinates", "life.images", "life.task_weight", "life.replication_weight"),
    *("life.temperature", "life.target", "life.loss", "life.sampling", "life.environment"),
)

NETWORKS: Final[Mapping[str, Shipped]] = MappingProxyType(
    {
        "heritable": Shipped("alife.organisms.heritable.network:heritable", prints_all=True),
        "weightwise": Shipped("alife.organisms.tiny:Weightwise", answers=False, unseen=_UNITS),
        "aggregating": Shipped("alife.organisms.tiny:Aggregating", answers=False, unseen=_UNITS),
        "recurrent": Shipped("alife.organisms.tiny:Recurrent", answers=False, unseen=_UNITS),
        "soup": Shipped("alife.organisms.tiny:Soup", answers=False, unseen=(*_UNITS, *_LEARNING)),
    }
)
"""All but the dense one."""


def unseen(network: str) -> tuple[str, ...]:
    """Keys that a network does not look at: who sets one is warned, and labels leave them out."""
    own = ("quine.parameters",) if network == DENSE else ("quine.hidden", "quine.projection")
    return (*own, *shipped(network).unseen)


def shipped(network: str) -> Shipped:
    """What is known of the network that a configuration names; of one's own nothing but its name."""
    return NETWORKS.get(network, Shipped(network))
