"""Axes of traits and generations: logarithmic ones with plain numbers, round generations, and the lines that ρ has."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from analysis.figures.palette import ink

LOG_TICKS: Final[tuple[Sequence[float], ...]] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 2, 3, 4, 6, 8),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
)
"""Multiples of powers of ten to put at the ticks of a logarithmic axis: the first that give three. An
axis too short for any has ticks at even steps."""

MAX_DECADES: Final = 8
"""Powers of ten at the ticks of a logarithmic axis; of more, every second or third."""

FOUNDERS: Final = "generation 0: founders"
"""What every legend calls them."""
ZEROS: Final = "ρ = 1: no better than printing zeros"
"""What is said of that line wherever ρ is drawn and reaches it."""


def log_axis(ax: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic with plain numbers at its ticks; call it when the limits stand."""
    getattr(ax, f"set_{which}scale")("log")
    axis = getattr(ax, f"{which}axis")
    low, high = axis.get_view_interval()
    if not 0 < low < high < np.inf:  # nothing that a logarithm can be taken of
        return
    exponents = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    exponents = exponents[exponents % -(-len(exponents) // MAX_DECADES) == 0]
    for subs in LOG_TICKS:
        ticks = np.multiply.outer(10**exponents, subs)
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        if len(ticks) >= 3:
            break
    else:
        ticks = MaxNLocator(nbins=5).tick_values(low, high)
    axis.set_major_locator(FixedLocator(np.sort(ticks).tolist()))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
    getattr(ax, f"set_{which}lim")(low, high)


def zeros(ax: Axes) -> None:
    """Draw ρ = 1 where what is drawn of ρ, along y, reaches it."""
    if ax.dataLim.y1 >= 1:
        ax.axhline(1, color=ink(), lw=0.9, ls=(0, (1, 2)), label=ZEROS, zorder=1.2)


def generation_axis(axis: Axis, first: int | None = None, last: int | None = None) -> None:
    """Ticks at round generations, and, if they are given, room for generations `first` to `last`."""
    axis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    if first is not None and last is not None:
        room = max(0.03 * (last - first), 0.6 if last - first < 20 else 0)
        axis.axes.set_xlim(first - room, last + room)
