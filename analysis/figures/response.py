"""The breeder's equation and what it rests on: responses predicted and realised, G and P through time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife import schema
from alife.traits import MAIN, TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.evolution import matrices
from analysis.evolution.breeder import agreement, responses
from analysis.evolution.history import how_of, told
from analysis.evolution.islands import Demes, chosen, demes
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.style import look


@convention.figure
def response(run: Run, figure: Figure | None = None, *, traits: Sequence[str] | None = None, **style: Any) -> Figure:
    """Response of each generation as it came, by the response that h²·S predicts; a panel a trait.

    h² is of other generations than the one that is predicted. On the dashed line predictions are right; the solid line
    is the regression of what came on what was predicted.

    Args:
        run: With births.
        figure: Empty; a new one if None.
        traits: Those that trade, and heritable rates, if None.
        style: Of the marks, as `Axes.plot` takes it.

    Raises:
        UserError: A trait is not on record, or nobody has a parent that counts.

    Example:
        >>> figure = alife.figures.response(alife.load_run("runs/first"), traits=["accuracy"])
    """
    record = demes(run)
    names = _names(record, traits)
    table = responses(record, names, how_of(record).first)
    lines = agreement(table).set_index("trait")
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = canvas.own_figure(figure, max(2.5 * columns, 5), 0.9 + 2.5 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for ax, name in zip(panels, names, strict=False):
        own = table[table["trait"] == name]
        x, y = own["predicted"].to_numpy(), own["realised"].to_numpy()
        ax.axhline(0, color=palette.ink(), lw=0.5, zorder=1)
        label = f"a generation, {count(len(own), 'generation')}"
        ax.plot(
            x, y, **look(style, ls="none", marker="o", ms=3, alpha=0.6, color=palette.colour(0), label=label, zorder=3)
        )
        _lines(ax, x, y, lines["slope"][name])
        ax.set_title(TRAITS[name].measured_label, parse_math=False)
        ax.set(xlabel=f"predicted, h²·S\nslope {lines['slope'][name]:.2g}, bias {lines['bias'][name]:.2g}")
        ax.locator_params(nbins=5)
    panels[0].set(ylabel="response as it came")
    for ax in panels[len(names) :]:
        ax.set_axis_off()
    legends.of_figure(figure, panels, 3)
    canvas.title(figure, canvas.caption(run))
    return figure


def _lines(ax: Axes, x: Any, y: Any, slope: float) -> None:
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return
    ends = np.array([x[known].min(), x[known].max()])
    ax.plot(ends, ends, color=palette.ink(), lw=1, ls=palette.DASHES[1], label="predictions are right", zorder=2)
    if np.isfinite(slope):
        level = y[known].mean() + slope * (ends - x[known].mean())
        ax.plot(ends, level, color=palette.OKABE_ITO["vermillion"], lw=1.4, label="regression", zorder=4)


@convention.figure
def inheritance(
    run: Run,
    figure: Figure | None = None,
    *,
    traits: Sequence[str] | None = None,
    span: int | None = None,
    **style: Any,
) -> Figure:
    """G and P by windows of generations: variances of each trait, leading eigenvalues, and how far G's axis turns.

    Args:
        run: With births.
        figure: Empty; a new one if None.
        traits: Those that tables tell, and heritable rates, if None.
        span: Generations of a window; an eighth of the run if None, 3 to 50.
        style: Of the lines of G, as `Axes.plot` takes it.

    Raises:
        UserError: A trait is not on record, the span is below 1, or too few generations have parents that count.

    Example:
        >>> figure = alife.figures.inheritance(alife.load_run("runs/first"), span=2)
    """
    record = demes(run)
    how, names = how_of(record, span), chosen(record, traits or told(record))
    cells = matrices.matrices(record, names, how.span, how.first)
    table = matrices.axes(record, names, how.span, how.first)
    middle = (table["first"] + table["last"]).to_numpy() / 2
    figure = canvas.own_figure(figure, 7.2, 3.4)
    panels = figure.subplots(1, 3).tolist()
    for number, name in enumerate(names):
        own = cells[(cells["trait"] == name) & (cells["other"] == name)]
        share = (own["genetic"] / own["phenotypic"]).to_numpy()
        panels[0].plot(
            middle, share, **look(style, label=TRAITS[name].short, marker="o", ms=3, **palette.of_group(number))
        )
    panels[0].axhline(0, color=palette.ink(), lw=0.6)
    panels[0].set(ylabel="share of a trait's variance\nthat is inherited, G / P")
    eigenvalues = look(style, marker="o", ms=3, color=palette.ink())
    panels[1].plot(middle, table["genetic"], **eigenvalues, label="G: leading eigenvalue")
    panels[1].plot(
        middle, table["phenotypic"], color=palette.faint(), ls=palette.DASHES[1], label="P: leading eigenvalue"
    )
    panels[1].set(ylabel="variance along the leading axis,\nstandardised traits", ylim=(0, None))
    turned = look(style, marker="o", ms=3, color=palette.OKABE_ITO["vermillion"])
    panels[2].plot(middle, table["angle"], **turned, label="from the window before")
    panels[2].plot(
        middle, table["within"], color=palette.faint(), ls=palette.DASHES[1], label="between halves of a window"
    )
    panels[2].set(ylabel="turn of G's leading axis, degrees", ylim=(0, 92))
    for panel in panels:
        panel.set_xlabel("generation")
        scales.generation_axis(panel.xaxis, run.first, run.last)
    legends.of_figure(figure, panels, 3)
    canvas.title(figure, canvas.caption(run), f"windows of {count(how.span, 'generation')}")
    return figure


def _names(record: Demes, traits: Sequence[str] | None) -> Sequence[str]:
    known = [name for name in (*MAIN, *schema.LIFE_HISTORY) if name in record.traits]
    return chosen(record, traits or known)
