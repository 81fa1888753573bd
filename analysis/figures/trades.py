"""What a sweep's assays found, runs as units: `genomes`, and `lives` under more and less of the task."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import TRAITS, score
from alife.words import count
from analysis.assays import of_runs
from analysis.data.run import Run
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.estimates import draw_estimate
from analysis.figures.style import look
from analysis.statistics.intervals import CALLED, FEWEST, interval

MEASURES: Final = {"correlation": "genetic correlation r_G", "coheritability": "genetic covariance r_G·h·h"}
ROWS: Final = dict(zip(of_runs.FIDELITIES, ((-0.24, "blue"), (0.12, "vermillion")), strict=True))
"""Where a trait's mark stands beside the middle of a treatment's row, and its colour."""


@convention.figure
def genomes(groups: Mapping[str, Sequence[Run]], figure: Figure | None = None, **style: Any) -> Figure:
    """Correlation and covariance of accuracy and fidelity among the genomes of each run, by treatment.

    Args:
        groups: Named treatments.
        figure: Empty; a new one if None.
        style: Of the centres over runs, as `Axes.errorbar` takes it.

    Raises:
        UserError: No run has a common garden of what its last generation conceived.

    Example:
        >>> figure = alife.figures.genomes(alife.load_sweep("sweeps/first"))
    """
    tables = {label: of_runs.among_genomes(runs) for label, runs in groups.items()}
    tables = {label: table for label, table in tables.items() if len(table)}
    if not tables:
        raise UserError(
            "no run has a common garden of what its last generation conceived: make them with 'alife assay RUN garden'"
        )
    figure = canvas.own_figure(figure, 7.2, 1.9 + 0.62 * len(tables))
    axes = figure.subplots(1, 2, sharey=True).ravel().tolist()
    for ax, (measure, name) in zip(axes, MEASURES.items(), strict=True):
        ax.axvline(0, color=palette.ink(), lw=0.8, ls=(0, (4, 2)))
        for trait in ROWS:
            _draw_strip(
                ax, [t.loc[t["trait"] == trait, measure].to_numpy(np.float64) for t in tables.values()], trait, style
            )
        ax.set_xlabel(f"{name}\n(← a trade-off)")
    axes[0].set_yticks(range(len(tables)), list(tables), parse_math=False)
    axes[0].set_ylim(len(tables) - 0.5, -0.5)
    legends.of_figure(figure, axes)
    return figure


def _draw_strip(ax: Axes, treatments: Sequence[np.ndarray], trait: str, style: Mapping[str, Any]) -> None:
    """A row a treatment: a dot a run, and their mean with its interval."""
    offset, colour = ROWS[trait][0], palette.OKABE_ITO[ROWS[trait][1]]
    estimates = [interval(values) for values in treatments]
    centre = f"mean over runs, {f'its {CALLED}, ' * any(e.n >= FEWEST for e in estimates)}each run"
    n = f"n = {', '.join(map(str, sorted({len(values) for values in treatments})))} runs a treatment"
    label = f"{score()} and {TRAITS[trait].fidelity}: {centre}; {n}"
    for place, (values, e) in enumerate(zip(treatments, estimates, strict=True)):
        ax.plot(values, np.full(len(values), place + offset + 0.1), "o", ms=3, mfc="none", mew=0.7, color=colour)
        own = look(style, marker="D", ms=4.5, elinewidth=1.4, color=colour, label=label)
        draw_estimate(ax, e, place + offset, **own)
        if 0 < e.n < len(values):
            here, text = (1, place + offset), f"defined in {e.n} of {len(values)}"
            ax.annotate(text, here, xycoords=("axes fraction", "data"), ha="right", va="center", fontsize="x-small")


@convention.figure
def lives(groups: Mapping[str, Sequence[Run]], figure: Figure | None = None, **style: Any) -> Figure:
    """Accuracy against ρ over task weights, founders and the children of the last generation apart.

    Args:
        groups: Named treatments.
        figure: Empty; a new one if None.
        style: Of the paths, as `Axes.plot` takes it; marks have their colour.

    Raises:
        UserError: No run has lived its genomes under several task weights.

    Example:
        >>> figure = alife.figures.lives(alife.load_sweep("sweeps/first"))
    """
    rows = of_runs.by_genomes({label: of_runs.curves(runs) for label, runs in groups.items()})
    if not rows:
        raise UserError(
            "no run has lived its genomes under several task weights: make them with 'alife assay RUN within_life'"
        )
    old = {who: table for who, table in rows.items() if (table["generation"] == 0).all()}
    late = {who: table for who, table in rows.items() if who not in old}
    panels = [group for group in (old, late) if group]
    figure = canvas.own_figure(figure, 7.6 if len(panels) > 1 else 4.8, 4.9)
    widths = [1.0 if group is old else 1.9 for group in panels]
    axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths).ravel().tolist()
    colours = {who: palette.colour(i) for i, who in enumerate(late)}
    for ax, group in zip(axes, panels, strict=True):
        for who, table in group.items():
            _draw_path(ax, table, who, look(style, color=colours.get(who, palette.ink()), lw=1.1, zorder=3))
        scales.log_axis(ax, "x")
        ax.set(xlabel=TRAITS["replication_error"].directed, ylabel=TRAITS["accuracy"].directed)
        ax.set_title("founders" if group is old else "children of the last generation")
    legends.of_figure(figure, axes)
    return figure


def _draw_path(ax: Axes, table: pd.DataFrame, who: str, style: dict[str, Any]) -> None:
    """Centres over runs at each positive task weight, joined, with their intervals."""
    centres = []
    for weight, rows in table[table["task_weight"] > 0].groupby("task_weight"):
        x, y = interval(rows["replication_error"]).mapped(lambda log: 10.0**log), interval(rows["accuracy"])
        label = f"{who}: mean over runs{f' and its {CALLED}' * (y.n >= FEWEST)}, n = {count(y.n, 'run')}"
        draw_estimate(ax, x, y, color=style["color"], capsize=1.5, elinewidth=1, label=label)
        ax.annotate(f"{weight:g}", (x.value, y.value), xytext=(4, -8), textcoords="offset points", fontsize="small")
        centres.append((x.value, y.value))
    ax.plot(*np.array(centres).T, **style)
