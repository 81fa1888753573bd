"""The fan of futures: replays of history from one generation beside the original."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import MAIN, TRAITS, measured, natural
from analysis.data.run import Run, lived
from analysis.evolution.islands import settled
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.style import look
from analysis.studies import futures as replayed


@convention.figure
def futures(
    original: Run,
    replays: Sequence[Run],
    figure: Figure | None = None,
    *,
    traits: Sequence[str] = MAIN,
    **style: Any,
) -> Figure:
    """The fan of each trait: the original thick, its replays thin, and at the right what they end at.

    Args:
        original: With births.
        replays: Forks of one generation of it, with births, all different.
        figure: Empty; a new one if None.
        traits: Names in `alife.traits.STORED`; accuracy is left out without a task.
        style: Of the replays' lines, as `Axes.plot` takes it.

    Raises:
        UserError: As `analysis.studies.futures.futures`.

    Example:
        >>> replays = alife.replay("runs/first", 3, replicates=2)
        >>> figure = alife.figures.futures(replays.original, replays.runs)
    """
    fans = replayed.futures(original, replays, traits)
    figure = canvas.own_figure(figure, 7.2, 1.6 + 1.5 * len(fans))
    grid = figure.subplots(len(fans), 2, squeeze=False, sharex="col", sharey="row", width_ratios=[4, 1.3])
    for (ax, side), future in zip(grid, fans, strict=True):
        _draw_fan(ax, future, style)
        _draw_ends(side, future, original)
    grid[-1][0].set_xlabel("generation")
    scales.generation_axis(grid[-1][0].xaxis)
    legends.of_figure(figure, [grid[0][0]], 2)
    canvas.title(figure, f"{canvas.caption(original)}; replayed from generation {fans[0].forked}")
    return figure


def _draw_fan(ax: Axes, future: replayed.Future, style: Mapping[str, Any]) -> None:
    values = natural(future.trait, future.replays)
    lines = ax.plot(future.replays.index, values, **look(style, color=palette.OKABE_ITO["sky"], lw=0.9))
    if "label" not in style:
        lines[0].set_label(f"median of each replay, n = {future.replays.shape[1]}")
    before = future.original.loc[min(settled(future.last), future.forked) :]
    label = f"median of the original, from generation {before.index[0]} on"
    ax.plot(before.index, natural(future.trait, before), color=palette.ink(), lw=2.2, label=label, zorder=3)
    ax.axvline(future.forked, color=palette.OKABE_ITO["vermillion"], lw=0.9, ls=(0, (4, 2)), label="fork")
    c = future.contingency
    share = f"{c.value:.2f} [{c.low:.2f}, {c.high:.2f}]" if np.isfinite(c.low) else "no interval"
    ax.set_title(f"share of chance in the change: {share}: {future.verdict}", loc="left")
    ax.set_ylabel(TRAITS[future.trait].axis)


def _draw_ends(ax: Axes, future: replayed.Future, original: Run) -> None:
    rows = lived(original.births[original.births["generation"] == min(future.last, original.last)])
    values = pd.Series(measured(future.trait, rows[future.trait]))
    low, high = natural(future.trait, np.quantile(values[np.isfinite(values)], [0.05, 0.95]))
    ax.vlines(0, low, high, color=palette.faint(), lw=4, alpha=0.6)
    islands, ends = values.groupby(rows["island"].to_numpy()).median(), future.replays.loc[future.last]
    for place, shown, marker, colour in ((1, islands, "s", "green"), (2, ends, "o", "blue")):
        own: dict[str, Any] = {"marker": marker, "ms": 4, "mew": 0, "color": palette.OKABE_ITO[colour], "ls": "none"}
        ax.plot(np.full(len(shown), place), natural(future.trait, shown), alpha=0.8, **own)
    ax.set_xticks([0, 1, 2], ["its individuals,\n5–95 %", "its islands", "replays"], rotation=45, ha="right")
    ax.set_xlim(-0.6, 2.6)
    ax.set_title(f"the original and replays at {future.last}", loc="right")
    if TRAITS[future.trait].log:
        scales.log_axis(ax, "y")
