"""Many islands: hosts on Ray, the selection controller, migration, and the record that must survive them.

from populations import evolve
evolve({"generations": 10, "population": {"islands": 2}}, "runs/first")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from populations.evolution import evolve, resume

__all__ = ["evolve", "resume"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from populations import evolution

        return getattr(evolution, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
