"""Many islands: hosts on Ray, the selection controller, migration, and the record that must survive them.

from populations import evolve, load_network
evolve({"generations": 10, "population": {"islands": 2}}, "runs/first")
network = load_network("runs/first", 42)    # an individual as a torch module, by its id
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from populations.adults import load_network
    from populations.evolution import evolve, resume

__all__ = ["evolve", "load_network", "resume"]

__getattr__, __dir__ = attach(
    __name__, {**dict.fromkeys(__all__, "populations.evolution"), "load_network": "populations.adults"}
)
