"""Which lineages win: selection coefficients of clades in their neutral bands, sweeps and clonal interference."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from alife.errors import UserError
from alife.words import count
from analysis.data.run import Run
from analysis.evolution import clades, neutral
from analysis.evolution import sweeps as successions
from analysis.evolution.history import how_of
from analysis.evolution.islands import demes
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.style import look


@convention.figure
def coefficients(
    run: Run,
    ax: Axes | None = None,
    *,
    span: int | None = None,
    chances: neutral.Chances = "uniform",
    **style: Any,
) -> Axes:
    """Selection coefficients of clades by the generation that they were founded in, and who is outside of its band.

    A bar reaches as far as the most unusual clade of its cohort does in 95 % of 99 neutral shadows: a neutral run has
    somebody outside in 5 % of its cohorts.

    Args:
        run: With births.
        ax: Where to draw; a new figure if None.
        span: Generations that cohorts are followed; an eighth of the run if None, 3 to 50.
        chances: Of parents in shadows, as of `analysis.evolution.neutral.shadow`.
        style: Of the marks outside, as `Axes.plot` takes it.

    Raises:
        UserError: Nothing is on record, the span is below 1, or no clade is large enough for long enough.

    Example:
        >>> ax = alife.figures.coefficients(alife.load_run("runs/first"), span=3)
    """
    record = demes(run)
    how = how_of(record, span)
    table = clades.coefficients(record, back=how.span, first=how.first, chances=chances)
    if table.empty:
        raise UserError(
            f"{run.path}: no clade has {clades.LEAST} generations between {clades.BOUNDS[0]:.0%} and "
            f"{clades.BOUNDS[1]:.0%} of the population: take a longer run, or another span"
        )
    ax = canvas.own_axes(ax, 6.0, 4.0)
    number = table.groupby("founded").cumcount()
    among = table.groupby("founded")["id"].transform("size")
    x = (table["founded"] + 0.7 * how.span * ((number + 0.5) / among - 0.5)).to_numpy()
    beyond = table["outside"].to_numpy(bool)
    label = "neutral band: the most unusual clade of\nits cohort in 95 % of shadows"
    ax.vlines(x, -table["band"], table["band"], color=palette.faint(), lw=2.2, alpha=0.3, label=label)
    ax.axhline(0, color=palette.ink(), lw=0.8)
    inside = count(int((~beyond).sum()), "clade")
    ax.plot(
        x[~beyond], table["s"][~beyond], "o", ms=2.5, color=palette.ink(0.6), label=f"{inside} inside of it", zorder=3
    )
    own = look(style, ls="none", marker="D", ms=4.5, color=palette.OKABE_ITO["vermillion"], zorder=4)
    ax.plot(x[beyond], table["s"][beyond], **own, label=f"{count(int(beyond.sum()), 'clade')} outside")
    ax.set(xlabel="generation that clades were founded in", ylabel="selection coefficient s, a generation")
    scales.generation_axis(ax.xaxis)
    followed = f"cohorts are followed for {count(how.span, 'generation')}"
    canvas.title(ax, f"{canvas.caption(run)}; {followed}")
    legends.of_axes(ax, below=True)
    return ax


@convention.figure
def sweeps(
    run: Run,
    ax: Axes | None = None,
    *,
    span: int | None = None,
    chances: neutral.Chances = "uniform",
    **style: Any,
) -> Axes:
    """Shares of the largest and the second largest clade by generation with their neutral bands; sweeps as bars.

    Shaded generations have interference: both clades are larger than those of their rank in 95 % of 99 shadows.

    Args:
        run: With births.
        ax: Where to draw; a new figure if None.
        span: Generations before, in which the clades' founders lived; an eighth of the run if None, 3 to 50.
        chances: Of parents in shadows, as of `analysis.evolution.neutral.shadow`.
        style: Of the lines, as `Axes.plot` takes it.

    Raises:
        UserError: Nothing is on record, or the span is below 1.

    Example:
        >>> ax = alife.figures.sweeps(alife.load_run("runs/first"), span=2)
    """
    record = demes(run)
    how = how_of(record, span)
    table = successions.rivals(record, back=how.span, first=how.first, chances=chances)
    ax = canvas.own_axes(ax, 6.0, 4.0)
    if table.empty:
        words = f"too few generations for\nclades of {count(how.span, 'generation')}"
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center")
    both = table["interference"].to_numpy(bool)
    share = both.mean() if len(both) else 0.0
    label = f"interference: both above their bands,\n{share:.0%} of generations"
    ax.fill_between(
        table["generation"],
        0,
        1,
        where=both,
        step="mid",
        color=palette.OKABE_ITO["yellow"],
        alpha=0.25,
        lw=0,
        label=label,
    )
    for number, (name, words) in enumerate((("lead", "largest"), ("second", "second largest"))):
        looks = palette.of_group(number)
        ax.plot(table["generation"], table[name], **look(style, label=f"{words} clade", **looks))
        band = f"what 95 % of neutral ones\nhave at most: {words}"
        ax.plot(table["generation"], table[f"{name}_band"], color=looks["color"], lw=0.8, ls=(0, (1, 1)), label=band)
    found = successions.sweeps(record, first=how.first)
    heights = 1.03 + 0.04 * (np.arange(len(found)) % 2)
    label = f"{count(len(found), 'sweep')}, from below 10 % to above 90 %"
    if len(found):
        ax.hlines(heights, found["begins"], found["ends"], color=palette.ink(), lw=2.5, label=label)
    ax.set(xlabel="generation", ylabel="share of all who are born", ylim=(0, 1.12))
    scales.generation_axis(ax.xaxis, run.first, run.last)
    canvas.title(ax, f"{canvas.caption(run)}; clades of founders {count(how.span, 'generation')} before")
    legends.of_axes(ax, below=True)
    return ax
