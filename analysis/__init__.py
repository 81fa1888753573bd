"""What a run folder says: data frames, figures, statistics. Never imports torch or ray.

`load_run(uri)` reads a folder into a `Run`; `make(run)` draws its figures; `print_run(run)` prints its state.
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from analysis.plots import make
    from analysis.run import Run, load_run
    from analysis.show import print_run

__all__ = ["Run", "load_run", "make", "print_run"]

_HOMES = {"Run": "analysis.run", "load_run": "analysis.run", "make": "analysis.plots", "print_run": "analysis.show"}

__getattr__, __dir__ = attach(__name__, _HOMES)
