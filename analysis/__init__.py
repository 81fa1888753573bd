"""What a run folder says: data frames, figures, statistics. Never imports torch or ray.

`load_run(uri)` reads a folder into a `Run`; `make(run)` draws its figures; `print_run(run)` prints its state.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.plots import make
    from analysis.run import Run, load_run
    from analysis.show import print_run

__all__ = ["Run", "load_run", "make", "print_run"]

_HOMES = {"Run": "run", "load_run": "run", "make": "plots", "print_run": "show"}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for: pandas and matplotlib are slow to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
