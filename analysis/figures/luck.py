"""Fronts as one life draws them, and lived again: what of a treatment's front is luck."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import score
from analysis.assays import of_runs
from analysis.data.run import Run
from analysis.evolution.fronts import Floats, surface
from analysis.figures import canvas, convention, legends, palette
from analysis.figures.attainment import draw_surface
from analysis.figures.estimates import draw_estimate
from analysis.figures.plane import limits
from analysis.figures.style import look
from analysis.statistics.intervals import CALLED, FEWEST, interval


@convention.figure
def luck(groups: Mapping[str, Sequence[Run]], figure: Figure | None = None, **style: Any) -> Figure:
    """Fronts of genomes that a run's last generation conceived: of one life, and of the same genomes in other lives.

    Args:
        groups: Named treatments, runs with common gardens.
        figure: Empty; a new one if None.
        style: Of the surfaces lived again, as `Axes.plot` takes it.

    Raises:
        UserError: No run has a common garden with enough lives.

    Example:
        >>> figure = alife.figures.luck(alife.load_sweep("sweeps/first"))
    """
    tables = {label: of_runs.lived_again(runs) for label, runs in groups.items()}
    tables = {label: table for label, table in tables.items() if len(table)}
    if not tables:
        raise UserError(
            "no run has a common garden of what its last generation conceived, of three lives or more: make them with "
            "'alife assay RUN garden'"
        )
    figure = canvas.own_figure(figure, 8.2, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1]).ravel().tolist()
    for number, label in enumerate(tables):
        raw, again = of_runs.fronts_again(groups[label])
        _draw_fronts(left, raw, again, palette.colour(number), label, style)
    _draw_volumes(right, tables)
    legends.of_figure(figure, [left, right])
    return figure


def _draw_fronts(
    ax: Axes, raw: Sequence[Floats], again: Sequence[Floats], colour: Any, name: str, style: Mapping[str, Any]
) -> None:
    """What half of the lives of all runs attain."""
    medians = [surface(fronts, 50) for fronts in (raw, again)]
    limits(ax, np.concatenate(medians))
    dotted: dict[str, Any] = {"color": colour, "ls": (0, (2, 1.5)), "lw": 1.0}
    draw_surface(ax, medians[0], {**dotted, "label": f"{name}: in the life that chose"})
    draw_surface(ax, medians[1], look(style, color=colour, label=f"{name}: the same genomes in other lives"))


def _draw_volumes(ax: Axes, tables: Mapping[str, pd.DataFrame]) -> None:
    """A line a run from its raw hypervolume to that lived again, and the means over runs."""
    wide = 0.22
    for place, table in enumerate(tables.values()):
        both = table[["raw", "again"]].to_numpy(np.float64)
        ends, colour = place + wide * np.array([-1, 1]), palette.colour(place)
        ax.plot(ends, both.T, "-", lw=0.6, alpha=0.6, color=colour)
        for x, values, face in zip(ends, both.T, (palette.paper(), colour), strict=True):
            draw_estimate(ax, float(x), interval(values), color=colour, marker="D", mfc=face)
    runs = sorted({len(table) for table in tables.values()})
    ax.set_xticks(range(len(tables)), list(tables), parse_math=False, rotation=30, ha="right")
    known = f" and its {CALLED}" if runs[-1] >= FEWEST else ""
    ax.set_xlabel(f"each run; mean{known}, n = {', '.join(map(str, runs))}")
    ax.set_ylabel(f"hypervolume (decades × {score()})")
