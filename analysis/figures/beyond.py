"""Traits through time beside founders given the same life, and how far they are beyond the shuffled control."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import MAIN, TRAITS, there
from alife.words import count
from analysis.data.controls import control
from analysis.data.run import Run
from analysis.evolution.islands import settled
from analysis.figures import canvas, convention, legends, palette
from analysis.figures.estimates import draw_band
from analysis.figures.style import look
from analysis.statistics.intervals import CALLED, FEWEST
from analysis.studies.trends import trends

FOUNDERS: Final = "founders given the same life"
SHOWN: Final = ("value", "beyond")
"""Quantities of `trends` that the panels of a row show."""


@convention.figure
def beyond(groups: Mapping[str, Sequence[Run]], figure: Figure | None = None, **style: Any) -> Figure:
    """Each trait's way from its founders, and how far it is beyond that of the shuffled control.

    Args:
        groups: Named treatments, one of them the shuffled control.
        figure: Empty; a new one if None.
        style: Of the lines, as `Axes.plot` takes it; bands have their colour.

    Raises:
        UserError: There is no control, or one generation alone.

    Example:
        >>> figure = alife.figures.beyond(alife.load_sweep("sweeps/first"))
    """
    null = control(groups)
    if null is None:
        raise UserError("no shuffled control to compare with: name runs with selection.shuffled: true, too")
    names = there(MAIN, all(run.has_task for runs in groups.values() for run in runs))
    table = trends(groups, names, null)
    if table["generation"].max() < 1:
        raise UserError("one generation has no trend: take longer runs")
    figure = canvas.own_figure(figure, 7.2, 0.9 + 1.9 * len(names))
    grid = figure.subplots(len(names), 2, squeeze=False, sharex=True)
    for row, name in zip(grid, names, strict=True):
        own = table[table["trait"] == name]
        for number, label in enumerate(groups):
            _draw(row, own[own["treatment"] == label], label, look(style, **palette.of_group(number)))
        _look_at(row, own[own["generation"] >= settled(int(table["generation"].max()))])
        _finish(row, name, own[(own["generation"] == 0) & (own["quantity"] == "value")]["value"].mean(), null)
    for ax in grid[-1]:
        ax.set_xlabel("generation")
    legends.of_figure(figure, [grid[0, 0]])
    return figure


def _draw(row: Sequence[Axes], rows: pd.DataFrame, label: str, style: dict[str, Any]) -> None:
    n = int(rows["n"].max()) if len(rows) else 0
    text = f"{label}: mean{f' and its {CALLED}' * (n >= FEWEST)}, n = {count(n, 'run')}"
    for ax, quantity in zip(row, SHOWN, strict=True):
        shown = rows[rows["quantity"] == quantity]
        if quantity == "value":
            shown = shown[shown["generation"] > 0]
        if quantity == "value" or len(shown):
            levels = (shown["low"], shown["value"], shown["high"])
            draw_band(ax, shown["generation"].astype(int), levels, **{"label": text, **style})


def _look_at(row: Sequence[Axes], rows: pd.DataFrame) -> None:
    """Axes for generations whose parents are of a kind; how genomes become printable is told by other figures."""
    for ax, quantity in zip(row, SHOWN, strict=True):
        values = rows[rows["quantity"] == quantity][["low", "value", "high"]].to_numpy(np.float64)
        values = values[np.isfinite(values)]
        if len(values):
            low, high = values.min(), values.max()
            room = 0.08 * (high - low) or 0.01
            ax.set_ylim(low - room, high + room)


def _finish(row: Sequence[Axes], name: str, founders: float, null: str) -> None:
    """Axes of one trait; founders as a line where the axis reaches them, and in words where not."""
    row[0].set_ylabel(TRAITS[name].measured_label.replace(", ", ",\n"))
    row[1].set_ylabel(f"beyond {null}", parse_math=False)
    row[1].axhline(0, color=palette.ink(), lw=0.9, zorder=1)
    low, high = row[0].get_ylim()
    room = 0.5 * (high - low)
    if low - room < founders < high + room:
        row[0].set_ylim(min(low, founders - 0.1 * room), max(high, founders + 0.1 * room))
        row[0].axhline(founders, color=palette.ink(), lw=0.9, ls=(0, (4, 2)), zorder=1, label=FOUNDERS)
    elif np.isfinite(founders):
        side, y, va = ("below", 0.04, "bottom") if founders < low else ("above", 0.96, "top")
        text = f"{FOUNDERS}: {founders:.2f}, {side} this axis".replace("-", "−")
        row[0].annotate(text, (0.98, y), xycoords="axes fraction", ha="right", va=va, fontsize="small")
