"""Where treatments sit on the plane of copying error and accuracy, with the intervals over their runs."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from alife.errors import UserError
from alife.traits import TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.bands import treatments
from analysis.figures.estimates import draw_estimate
from analysis.figures.style import look
from analysis.statistics.intervals import CALLED, FEWEST
from analysis.studies.treatments import at_the_end


@convention.figure
def sites(groups: Mapping[str, Sequence[Run]], ax: Axes | None = None, **style: Any) -> Axes:
    """Treatments on the plane of copying error and accuracy, in each run's last generation.

    Args:
        groups: Named treatments, runs with births.
        ax: Where to draw; a new figure if None.
        style: Of the marks, as `Axes.errorbar` takes it.

    Raises:
        UserError: The runs have no task, or nobody survived.

    Example:
        >>> ax = alife.figures.sites(alife.load_sweep("sweeps/first"), capsize=3)
    """
    if all(run.setting("task") == "none" for runs in treatments(groups).values() for run in runs):
        raise UserError("runs without a task have no accuracy to trade against replication: name some with a task")
    ends = {
        label: [at_the_end(runs, trait) for trait in ("copying_error", "accuracy")] for label, runs in groups.items()
    }
    ends = {label: pair for label, pair in ends.items() if np.isfinite([e.value for e in pair]).all()}
    if not ends:
        raise UserError("nobody lived to the end of the last generation of any run: name others")
    ax = canvas.own_axes(ax, 5.6, 4.6)
    looks = zip(itertools.cycle(palette.cycle()), itertools.cycle("osv^D*PX"), strict=False)
    for (label, (x, y)), (colour, marker) in zip(ends.items(), looks, strict=False):
        bar = "" if x.n < FEWEST else f" and its {CALLED}"
        few = f", too few for an interval: fewer than {FEWEST}" if x.n < FEWEST else ""
        ours: dict[str, Any] = {"color": colour, "marker": marker, "ms": 6, "elinewidth": 1.6, "capsize": 0}
        draw_estimate(ax, x, y, **look(style, label=f"{label}: mean{bar}, n = {count(x.n, 'run')}{few}", **ours))
    low, high = ax.get_xlim()
    ax.set_xlim(max(low, 0.5 * ax.dataLim.x0), high)
    scales.log_axis(ax, "x")
    ax.set(xlabel=TRAITS["copying_error"].directed, ylabel=TRAITS["accuracy"].directed)
    canvas.title(ax, "last generation; intervals over runs")
    legends.of_axes(ax, below=True)
    return ax
