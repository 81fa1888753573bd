"""The static figure of trends: traits beside founders given the same life, and beyond the shuffled control.

Call `beyond` for the figure; its numbers come from `analysis.studies.trends`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import MAIN, OF_A_TASK, TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.data.treatments import control
from analysis.evolution.islands import settled
from analysis.figures import legends, style
from analysis.statistics.intervals import FEWEST
from analysis.studies.trends import trends

FOUNDERS: Final = "founders given the same life"


def beyond(family: Mapping[str, Sequence[Run]]) -> Figure:
    """Each trait's way from its founders, and how far it is beyond that of the shuffled control.

    Raises:
        UserError: There is no control, or one generation alone.
    """
    null = control(family)
    if null is None:
        raise UserError("no shuffled control to compare with")
    has_task = all(run.setting("task") != "none" for runs in family.values() for run in runs)
    names = [name for name in MAIN if has_task or name not in OF_A_TASK]
    table = trends(family, names, null)
    if table["generation"].max() < 1:
        raise UserError("one generation has no trend")
    with style.styled():
        figure = style.new_figure(7.2, 0.9 + 1.9 * len(names))
        grid = figure.subplots(len(names), 2, squeeze=False, sharex=True)
        for row, name in zip(grid, names, strict=True):
            for number, label in enumerate(family):
                rows = table[(table["label"] == label) & (table["trait"] == name)]
                look: dict[str, Any] = {"color": style.colour(number)}
                look["ls"] = style.DASHES[number % len(style.DASHES)]
                n = int(rows["runs"].max()) if len(rows) else 0
                text = f"{label}: IQM{' and its 95 % bootstrap interval' * (n >= FEWEST)}, n = {count(n, 'run')}"
                _band(row[0], rows[rows["generation"] > 0], "value", ("low", "high"), text, look)
                if label != null:
                    _band(row[1], rows, "beyond", ("beyond_low", "beyond_high"), text, look)
            first = settled(int(table["generation"].max()))
            _look_at(row, table[(table["trait"] == name) & (table["generation"] >= first)])
            founders = table[(table["trait"] == name) & (table["generation"] == 0)]["value"].mean()
            _finish(row, name, founders, null)
        for ax in grid[-1]:
            ax.set_xlabel("generation")
        legends.of_figure(figure, [grid[0, 0]])
    return figure


def _band(ax: Axes, rows: pd.DataFrame, middle: str, ends: tuple[str, str], label: str, look: dict[str, Any]) -> None:
    x = rows["generation"].to_numpy()
    low, high = (rows[end].to_numpy(np.float64) for end in ends)
    ax.plot(x, rows[middle].to_numpy(np.float64), label=label, zorder=3, **look)
    if np.isfinite(low).any():
        ax.fill_between(x, low, high, color=look["color"], alpha=0.18, lw=0)


def _look_at(row: Sequence[Axes], rows: pd.DataFrame) -> None:
    """Axes for generations whose parents are of a kind; how genomes become printable is told by other figures."""
    for ax, names in zip(row, (("value", "low", "high"), ("beyond", "beyond_low", "beyond_high")), strict=True):
        values = rows[list(names)].to_numpy(np.float64)
        values = values[np.isfinite(values)]
        if len(values):
            low, high = values.min(), values.max()
            room = 0.08 * (high - low) or 0.01
            ax.set_ylim(low - room, high + room)


def _finish(row: Sequence[Axes], name: str, founders: float, null: str) -> None:
    """Axes of one trait; founders as a line where the axis reaches them, and in words where not."""
    row[0].set_ylabel(TRAITS[name].measured_label.replace(", ", ",\n"))
    row[1].set_ylabel(f"beyond {null}", parse_math=False)
    row[1].axhline(0, color=style.ink(), lw=0.9, zorder=1)
    low, high = row[0].get_ylim()
    room = 0.5 * (high - low)
    if low - room < founders < high + room:
        row[0].set_ylim(min(low, founders - 0.1 * room), max(high, founders + 0.1 * room))
        row[0].axhline(founders, color=style.ink(), lw=0.9, ls=(0, (4, 2)), zorder=1, label=FOUNDERS)
    elif np.isfinite(founders):
        place = (0.98, 0.04 if founders < low else 0.96)
        side = "below" if founders < low else "above"
        text = f"{FOUNDERS}: {founders:.2f}, {side} this axis".replace("-", "−")
        row[0].annotate(
            text,
            place,
            xycoords="axes fraction",
            ha="right",
            va="bottom" if side == "below" else "top",
            fontsize="small",
        )
