"""Hallmarks of open-ended evolution by generation, and activity beside its neutral shadows."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.run import Run
from analysis.evolution import activity as activities
from analysis.evolution.history import how_of
from analysis.evolution.islands import demes
from analysis.evolution.modes import modes
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.bands import windows
from analysis.figures.style import look

COUNTS = {"types": "classes that persist", "change": "not at the step before", "novelty": "at no step before"}
"""Lines of the panel of MODES, in words."""


@convention.figure
def openness(run: Run, figure: Figure | None = None, *, span: int | None = None, **style: Any) -> Figure:
    """Change, novelty and ecology of MODES by step; activity of classes of phenotypes and of clades by generation.

    Bands hold 39 neutral shadows: the same lives with parents drawn alike. Neutral runs are inside in 95 % of
    generations.

    Args:
        run: With births.
        figure: Empty; a new one if None.
        span: Generations of a step, of its filter, and of a cohort of clades; an eighth of the run if None, 3 to 50.
        style: Of the run's own lines, as `Axes.plot` takes it.

    Raises:
        UserError: Nothing is on record, or the span is below 1.

    Example:
        >>> figure = alife.figures.openness(alife.load_run("runs/first"), span=3)
    """
    record = demes(run)
    length = how_of(record, span).span
    figure = canvas.own_figure(figure, 7.2, 5.0)
    panels = figure.subplots(2, 2).ravel().tolist()
    hallmarks = modes(record, every=length, persistence=length)
    _draw_counts(panels[0], hallmarks, style)
    panels[1].plot(
        hallmarks["generation"], hallmarks["ecology"], **look(style, color=palette.colour(0), marker="o", ms=3)
    )
    panels[1].set(ylabel="ecology: entropy of classes\nthat persist, bits")
    _draw_activity(panels[2], activities.activity(record), style)
    panels[2].set(ylabel="mean activity of\nclasses of phenotypes")
    _draw_activity(panels[3], activities.clade_activity(record, length), style)
    panels[3].set(ylabel=f"mean activity of clades,\nfounded every {length} generations")
    for panel in panels:
        scales.generation_axis(panel.xaxis, run.first, run.last)
        panel.set_ylim(bottom=0)
    for panel in panels[2:]:
        panel.set_xlabel("generation")
    legends.of_figure(figure, panels, 2)
    canvas.title(figure, canvas.caption(run), f"a step, and how long a class must persist: {length} generations")
    return figure


def _draw_counts(ax: Axes, table: pd.DataFrame, style: dict[str, Any]) -> None:
    for number, (name, label) in enumerate(COUNTS.items()):
        own = look(style, label=f"{name}: {label}", marker="osv"[number], ms=3, **palette.of_group(number))
        ax.plot(table["generation"], table[name], **own)
    ax.set(ylabel="classes of phenotypes")


def _draw_activity(ax: Axes, table: pd.DataFrame, style: dict[str, Any]) -> None:
    short, note = windows(table.set_index("generation"))
    shade: dict[str, Any] = {"color": palette.faint(), "lw": 0, "alpha": 0.3}
    ax.fill_between(
        short.index, short["low"], short["high"], label="between least and greatest of neutral shadows", **shade
    )
    ax.plot(
        short.index, short["shadow"], color=palette.faint(), lw=1, ls=palette.DASHES[1], label="mean of neutral shadows"
    )
    ax.plot(short.index, short["mean"], **look(style, color=palette.colour(0), label=f"activity of this run{note}"))
