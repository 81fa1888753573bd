"""What a run folder says: data frames, figures, statistics. Never imports torch or ray.

`load_run(uri)` reads a folder into a `Run`; `make(run)` draws its figures; `print_run(run)` prints its state.

data/        run folders as data frames
statistics/  intervals, tests and effect sizes over runs
evolution/   how populations evolve: selection, the Price equation, Pareto fronts
lineage/     who descends from whom
assays/      what assays of stored genomes say
studies/     what several runs say together
paper/       the seed paper's results beside this project's
figures/     every figure, as a function
report/      pages and files that hold all of it
viewer/      the page of a lineage: every birth, drawn in the browser
live/        runs that live, on a local page
gallery/     pictures and a page made from runs
templates/   the English of pages and tables
numbers.py   how numbers are written
tables.py    one table for pages, terminals and Markdown
"""

from typing import TYPE_CHECKING


def _find_alife() -> None:
    """Name what hides the package `alife`, before it is imported in its place."""
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("alife")
    folders = spec.submodule_search_locations or () if spec else ()
    if not any(Path(folder, "siblings.py").exists() for folder in folders):
        by = spec.origin or next(iter(folders)) if spec else "something"
        raise ImportError(f"{by}: hides the package 'alife' of this program: rename it, or work in another folder")


_find_alife()

from alife.lazy import attach  # noqa: E402

if TYPE_CHECKING:
    from analysis.data.run import Run, load_run
    from analysis.figures.making import make
    from analysis.report.notebook import run_summary, sweep_summary, view_runs
    from analysis.report.summary import print_run

__all__ = ["Run", "load_run", "make", "print_run", "run_summary", "sweep_summary", "view_runs"]

_HOMES = {
    "Run": "analysis.data.run",
    "load_run": "analysis.data.run",
    "make": "analysis.figures.making",
    "print_run": "analysis.report.summary",
    "run_summary": "analysis.report.notebook",
    "sweep_summary": "analysis.report.notebook",
    "view_runs": "analysis.report.notebook",
}

__getattr__, __dir__ = attach(__name__, _HOMES)
