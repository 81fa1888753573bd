"""Many islands: hosts on Ray, the selection controller, migration, and the record that must survive them.

from populations import evolve
evolve({"generations": 10, "population": {"islands": 2}}, "runs/first")
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from populations.evolution import evolve, resume

__all__ = ["evolve", "resume"]

__getattr__, __dir__ = attach(__name__, dict.fromkeys(__all__, "populations.evolution"))
