"""What children have more of a trait than their parent, by how much of it the parent has."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from alife.traits import TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.evolution.transmission import transmission as table_of
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.bands import treatments
from analysis.figures.estimates import draw_band
from analysis.figures.style import look
from analysis.statistics.intervals import CALLED, FEWEST


@convention.figure
def transmission(
    groups: Mapping[str, Sequence[Run]], ax: Axes | None = None, *, trait: str = "squared_norm", **style: Any
) -> Axes:
    """The change of a trait from parent to child against the parent's: mean of the births of a class of parents.

    Args:
        groups: Named treatments, runs with births.
        ax: Where to draw; a new figure if None.
        trait: On record in every generation.
        style: Of the lines, as `Axes.plot` takes it.

    Raises:
        UserError: The trait is not on record, or nobody has a parent that counts.

    Example:
        >>> ax = alife.figures.transmission(alife.load_sweep("sweeps/first"), trait="copying_error")
    """
    table = table_of(treatments(groups), trait)
    ax = canvas.own_axes(ax, 5.6, 4.1)
    for number, label in enumerate(groups):
        rows = table[table["treatment"] == label]
        n = int(rows["runs"].max()) if len(rows) else 0
        text = f"{label}: mean{f' and its {CALLED}' * (n >= FEWEST)}, n ≤ {count(n, 'run')}"
        levels = tuple(rows[name].to_numpy(np.float64) for name in ("low", "change", "high"))
        own = look(style, marker="o", ms=3, label=text, **palette.of_group(number))
        draw_band(ax, rows["level"], levels, **own)  # type: ignore[arg-type]
    ax.axhline(0, color=palette.ink(), lw=0.9, zorder=1)
    about = TRAITS[trait]
    if about.log:
        scales.log_axis(ax, "x")
        ax.set_yscale("symlog", linthresh=0.01)
    unit = "log₁₀ of child's / parent's" if about.log else "child's less parent's"
    ax.set(xlabel=f"{about.label} of the parent", ylabel=f"change a birth: {unit}")
    canvas.title(ax, "above 0 it grows by being handed on")
    legends.of_axes(ax, below=True)
    return ax
