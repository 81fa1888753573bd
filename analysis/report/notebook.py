"""How runs and sweeps are shown in a notebook: a summary with a figure, and every birth in a frame.

`Run` and `Sweep` call these: `run_summary` and `sweep_summary` as the last line of a cell, `view_runs` when asked.
Nothing is loaded from elsewhere, no script runs but the viewer's own, and that within its frame.
"""

import base64
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alife.errors import UserError
from alife.traits import enter
from alife.words import count
from analysis import templates
from analysis.data.once import once
from analysis.data.run import Run
from analysis.data.sweep import Sweep
from analysis.figures.plane import plane
from analysis.figures.saving import attempt
from analysis.figures.sites import sites
from analysis.figures.trajectories import traits
from analysis.report.summary import facts
from analysis.viewer.document import render
from analysis.viewer.record import record
from analysis.viewer.write import MOST

DPI: Final = 80
"""Pixels an inch of a figure."""
HEIGHT: Final = 820
"""CSS pixels of the viewer's frame."""
MOST_ROWS: Final = 50
"""Treatments that are listed."""


@dataclass(frozen=True, repr=False)
class Shown:
    """HTML that a notebook shows.

    Attributes:
        html: It.
        what: In a line, where there is no notebook.
    """

    html: str
    what: str

    def __repr__(self) -> str:
        """A line."""
        return f"<{self.what}: shown in a notebook>"

    def _repr_html_(self) -> str:
        return self.html


@once
def run_summary(run: Run) -> str:
    """The state of a run and its trade-off plane as HTML; its traits by generation where births were not loaded."""
    enter(run.manifest)
    with_plane = run.has_task and len(run.births) > 0
    name, draw = ("plane", plane) if with_plane else ("traits", traits)
    shown = [] if run.generations.empty else _figure(name, lambda: draw(run))
    return templates.render("notebook.html", title=run.name, facts=facts(run, page=True), rows=[], more=0, **_of(shown))


@once
def sweep_summary(sweep: Sweep) -> str:
    """The treatments of a sweep, and where they sit on the plane, as HTML."""
    for run in sweep.runs[:1]:
        enter(run.manifest)
    rows = [
        (label, len(runs), sum(run.manifest["status"] != "finished" for run in runs), min(run.last + 1 for run in runs))
        for label, runs in sweep.items()
    ]
    known = [("sweep", sweep.path), ("runs", count(len(sweep.runs), "run"))]
    known += [("failed", f"{name}: {why}") for name, why in sweep.failed.items()]
    known += [("stopped", "the same call goes on")] * bool(sweep.stopped)
    shown = _figure("sites", lambda: sites(sweep))
    more = max(len(rows) - MOST_ROWS, 0)
    return templates.render("notebook.html", title="", facts=known, rows=rows[:MOST_ROWS], more=more, **_of(shown))


def view_runs(runs: Sequence[Run], height: int = HEIGHT) -> Shown:
    """Every birth of some runs in the page of lineages, within a frame of its own that reaches nothing outside it.

    Args:
        runs: With births; the first is shown, and the others are there to choose from.
        height: Of the frame, in CSS pixels.

    Raises:
        UserError: One was loaded without births, has none or is damaged, or all have more than `MOST`.
    """
    for run in runs:
        run.need_births()
    if sum(len(run.births) for run in runs) > MOST:
        raise UserError(f"{runs[0].path}: more than {count(MOST, 'birth')} for one page: view fewer runs")
    records = []
    for run in runs:
        records.append(record(run))
        records[-1].head["path"] = run.path
    title = f"Lineage of {runs[0].name}" + (" and others" if len(runs) > 1 else "")
    html = templates.render("notebook_frame.html", title=title, page=render(title, records), height=int(height))
    return Shown(html, title)


def _figure(name: str, draw: Callable[[], Any]) -> list[bytes | str]:
    """A figure's PNG, or why there is none."""
    said: list[bytes | str] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = attempt(name, draw, folder, said.append, ("png",), DPI)
        return [paths[0].read_bytes()] if paths else said


def _of(shown: Sequence[bytes | str]) -> dict[str, Any]:
    """What the template takes of a figure."""
    png = next((base64.b64encode(each).decode() for each in shown if isinstance(each, bytes)), "")
    return {"png": png, "said": [each for each in shown if isinstance(each, str)]}
