"""A mark with its interval: `draw_estimate`, for every figure that shows estimates one by one."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from analysis.statistics.estimate import Estimate


def draw_estimate(ax: Axes, x: float | Estimate, y: float | Estimate, **look: Any) -> None:
    """Draw a mark, with the intervals of what has one; nothing where there is no value.

    Args:
        ax: Where.
        x: A place, or an estimate in the axis's own units.
        y: The same.
        look: As `Axes.errorbar` takes it.
    """
    across, up = (e.value if isinstance(e, Estimate) else e for e in (x, y))
    if np.isfinite([across, up]).all():
        ax.errorbar(across, up, xerr=_ends(x), yerr=_ends(y), **look)


def _ends(e: float | Estimate) -> list[list[float]] | None:
    """[2, 1] how far the interval reaches below and above, or None."""
    if not isinstance(e, Estimate) or not np.isfinite(e.low):
        return None
    return [[max(e.value - e.low, 0)], [max(e.high - e.value, 0)]]
