"""How long populations last, by treatment."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from alife.words import count
from analysis.data.run import Run
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.bands import bounds, members, treatments
from analysis.figures.style import look
from analysis.studies.survival import survival as curves


@convention.figure
def survival(groups: Mapping[str, Sequence[Run]], ax: Axes | None = None, **style: Any) -> Axes:
    """Share of populations that live on, by generation (Kaplan–Meier), with 95 % log-log intervals.

    Runs that ended otherwise than by extinction are ticks, where they were last seen.

    Args:
        groups: Named treatments.
        ax: Where to draw; a new figure if None.
        style: Of the lines, as `Axes.plot` takes it.

    Raises:
        UserError: Nothing is committed.

    Example:
        >>> ax = alife.figures.survival(alife.load_sweep("sweeps/first"))
    """
    ax = canvas.own_axes(ax, 5.6, 3.9)
    table = curves(treatments(groups))
    for number, label in enumerate(groups):
        rows = table[table["treatment"] == label]
        x, y = np.append(0, rows["generation"]), np.append(1.0, rows["survival"])
        n, died = int(rows["at_risk"].iloc[0]), int(rows["died"].sum())
        own = look(style, label=f"{label}: {died} of {count(n, 'run')} died", **palette.of_group(number))
        (line,) = ax.step(x, y, where="post", **own)
        low, high = (np.append(1.0, rows[end].fillna(1.0 if not died else np.nan)) for end in ("low", "high"))
        ax.fill_between(x, low, high, step="post", color=line.get_color(), alpha=0.15, lw=0)
        left = rows[rows["at_risk"] - rows["died"] > rows["at_risk"].shift(-1, fill_value=0)]
        ax.plot(left["generation"], left["survival"], "|", color=line.get_color(), ms=7, zorder=4)
    ax.set(xlabel="generation", ylabel="share of populations alive", ylim=(-0.03, 1.05))
    scales.generation_axis(ax.xaxis, *bounds(members(groups)))
    canvas.title(ax, "survival of populations; bands: 95 % intervals, ticks: alive when the run ended")
    legends.of_axes(ax, below=True)
    return ax
