"""Marks with intervals and lines in bands: the only place that draws how sure an estimate is.

`draw_estimate` for estimates one by one, `draw_band` for a line of them.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from analysis.figures.palette import ink
from analysis.figures.style import look
from analysis.statistics.estimate import Estimate


def draw_estimate(ax: Axes, x: float | Estimate, y: float | Estimate, **style: Any) -> None:
    """Draw a mark, with the intervals of what has one; nothing where there is no value.

    Args:
        ax: Where.
        x: A place, or an estimate in the axis's own units.
        y: The same.
        style: As `Axes.errorbar` takes it; a round mark in the colour of text, with caps, if nothing is said.
    """
    across, up = (e.value if isinstance(e, Estimate) else e for e in (x, y))
    if np.isfinite([across, up]).all():
        ours: dict[str, Any] = {"marker": "o", "ms": 4, "capsize": 2.5, "elinewidth": 1.2, "zorder": 4}
        drawn = look(style, linestyle="none", color=ink(), **ours)
        ax.errorbar(across, up, xerr=_ends(x), yerr=_ends(y), **drawn)


def draw_band(ax: Axes, x: ArrayLike, levels: tuple[ArrayLike, ArrayLike, ArrayLike], **style: Any) -> None:
    """Draw a line in its band, both under one label; no band where no interval is finite.

    Args:
        ax: Where.
        x: [n], ascending.
        levels: (low, middle, high), each [n].
        style: As `Axes.plot` takes it, for the line; the band has its colour.
    """
    low, middle, high = (np.asarray(level, np.float64) for level in levels)
    (line,) = ax.plot(x, middle, **look(style, zorder=3))
    if np.isfinite(low).any():
        ax.fill_between(np.asarray(x), low, high, color=line.get_color(), alpha=0.2, lw=0, label=line.get_label())


def _ends(e: float | Estimate) -> list[list[float]] | None:
    """[2, 1] how far the interval reaches below and above, or None."""
    if not isinstance(e, Estimate) or not np.isfinite(e.low):
        return None
    return [[max(e.value - e.low, 0)], [max(e.high - e.value, 0)]]
