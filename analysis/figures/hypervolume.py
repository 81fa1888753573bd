"""The hypervolume that generations dominate on the trade-off plane, of one run or of several."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from alife.traits import score
from analysis.data.run import Run
from analysis.evolution.fronts import hypervolumes, reference
from analysis.figures import canvas, convention, legends, scales
from analysis.figures.bands import (
    Runs,
    bounds,
    draw_generations,
    draw_members,
    draw_treatments,
    members,
    there,
    treatments,
    windows,
)


@convention.figure
def hypervolume(runs: Runs, ax: Axes | None = None, **style: Any) -> Axes:
    """Hypervolume by generation; the reference point and the scale stand in the figure.

    Args:
        runs: One run: all its individuals together, and each island. Several, or named treatments of several: mean
            over runs with its 95 % interval.
        ax: Where to draw; a new figure if None.
        style: Of the lines, as `Axes.plot` takes it.

    Raises:
        UserError: Nothing is committed, or as `analysis.evolution.fronts.survivors`.

    Example:
        >>> ax = alife.figures.hypervolume(alife.load_run("runs/first"))
    """
    groups = treatments(runs)
    ax = canvas.own_axes(ax, 5.2, 3.8)
    tables = {name: [hypervolumes(run) for run in group] for name, group in groups.items()}
    if isinstance(runs, Run):
        _draw_volumes(ax, tables[""][0], style)
        canvas.title(ax, canvas.caption(runs))
    else:
        draw_treatments(ax, {name: [_together(table) for table in group] for name, group in tables.items()}, **style)
    ax.set(xlabel="generation\n" + canvas.fill(ax, f"({_origin(runs)})"), ylabel=f"hypervolume (decades × {score()})")
    top = max(ax.get_ylim()[1], 0.1)
    ax.set_ylim(-0.03 * top, top)
    scales.generation_axis(ax.xaxis, *bounds(members(groups)))
    legends.of_axes(ax, below=True)
    return ax


def _origin(runs: Runs) -> str:
    """The reference point in words; of runs on other data theirs, too."""
    points = sorted({reference(run) for run in members(treatments(runs))})
    levels = " or ".join(f"{accuracy:.3g}" for _, accuracy in points)
    chance = " (chance)" if points[-1][1] > 0 else ""
    return f"reference point: ρ = {points[0][0]:g}, {score()} = {levels}{chance}; ρ on a log10 scale"


def _draw_volumes(ax: Axes, table: pd.DataFrame, style: dict[str, Any]) -> None:
    n = int(table.loc[table["island"] == -1, "n"].max())
    whole, note = windows(_together(table).to_frame())
    middle = whole["hypervolume"].to_numpy(np.float64)
    none = np.full(len(middle), np.nan)
    label = f"all survivors together, n ≤ {n:,}{note}"
    draw_generations(ax, np.asarray(whole.index), (none, middle, none), **{"label": label, **style})
    islands = table[table["island"] >= 0]
    wide = islands.pivot(index="generation", columns="island", values="hypervolume")
    draw_members(ax, windows(wide)[0], f"each of {there(wide, 'island')}, n ≤ {int(islands['n'].max()):,}")


def _together(table: pd.DataFrame) -> pd.Series:
    return table[table["island"] == -1].set_index("generation")["hypervolume"]
