"""What the figures of assays share: a mark with its interval, and the legend and title of a whole figure."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import legends, style
from analysis.statistics.estimate import Estimate


def draw_estimate(ax: Axes, place: float, estimate: Estimate, upright: bool = True, **look: Any) -> None:
    """A mark with its interval at a place along the other axis."""
    ends = [[max(estimate.value - estimate.low, 0)], [max(estimate.high - estimate.value, 0)]]
    looks: dict[str, Any] = {"fmt": "o", "ms": 4, "capsize": 2.5, "lw": 1.2, "color": style.ink(), **look}
    if upright:
        ax.errorbar(place, estimate.value, yerr=ends, **looks)
    else:
        ax.errorbar(estimate.value, place, xerr=ends, **looks)


def finish(figure: Figure, axes: Sequence[Axes], title: str) -> Figure:
    """Put one legend below all panels, and a title above."""
    legends.of_figure(figure, axes, 2)
    style.heading(figure, title)
    return figure
