"""Two static figures of a sweep's assays: what genomes trade, run by run, and the paths that more of the task takes.

Call `genomes` and `lives` for the page of a sweep with assays; sentences and tables beside them are in tradeoffs.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import TRAITS
from alife.words import count
from analysis.assays import of_runs
from analysis.data.run import Run
from analysis.figures import legends, style
from analysis.figures.estimates import draw_estimate
from analysis.report.tradeoffs import by_genomes
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST, interval

Family = Mapping[str, Sequence[Run]]

MEASURES: Final = {"correlation": "genetic correlation r_G", "coheritability": "genetic covariance r_G·h·h"}


def genomes(family: Family) -> Figure:
    """Correlation and covariance among the genomes of each run, by treatment.

    Raises:
        UserError: No run has a garden.
    """
    tables = {label: of_runs.among_genomes(runs) for label, runs in family.items()}
    tables = {label: table for label, table in tables.items() if len(table)}
    if not tables:
        raise UserError("no run has a common garden of what its last generation conceived")
    with style.styled():
        figure = style.new_figure(7.2, 1.9 + 0.62 * len(tables))
        axes = figure.subplots(1, 2, sharey=True).ravel().tolist()
        for ax, (measure, name) in zip(axes, MEASURES.items(), strict=True):
            _strips(ax, tables, measure, name)
        axes[0].set_yticks(range(len(tables)), list(tables), parse_math=False)
        axes[0].set_ylim(len(tables) - 0.5, -0.5)
        legends.of_figure(figure, axes)
    return figure


def _strips(ax: Axes, tables: Mapping[str, pd.DataFrame], measure: str, name: str) -> None:
    """A row a treatment, a dot a run, and the interval over runs."""
    ax.axvline(0, color=style.ink(), lw=0.8, ls=(0, (4, 2)))
    counts = {len(table) // 2 for table in tables.values()}
    for place, table in enumerate(tables.values()):
        for offset, (trait, colour) in zip(
            (-0.24, 0.12), zip(of_runs.FIDELITIES, ("blue", "vermillion"), strict=True), strict=True
        ):
            values = table.loc[table["trait"] == trait, measure].to_numpy(np.float64)
            look: dict[str, Any] = {"color": style.OKABE_ITO[colour]}
            ax.plot(values, np.full(len(values), place + offset + 0.1), "o", ms=3, mfc="none", mew=0.7, **look)
            n = f"n = {', '.join(map(str, sorted(counts)))} runs a treatment"
            has_bar = any(interval(t.loc[t["trait"] == trait, measure]).n >= FEWEST for t in tables.values())
            centre = f"IQM over runs, {'its 95 % bootstrap interval, ' * has_bar}each run"
            label = f"accuracy and {TRAITS[trait].fidelity}: {centre}; {n}"
            e = interval(values)
            look |= {"fmt": "D", "ms": 4.5, "capsize": 2.5, "lw": 1.4, "zorder": 4}
            draw_estimate(ax, e, place + offset, label=label, **look)
            if 0 < e.n < len(values):
                here = (1, place + offset)
                text = f"defined in {e.n} of {len(values)}"
                ax.annotate(text, here, xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=6.5)
    ax.set_xlabel(f"{name}\n(← a trade-off)")


def lives(family: Family) -> Figure:
    """Accuracy against ρ over task weights, founders and the children of the last generation apart.

    Raises:
        UserError: No run has the assay.
    """
    tables = {label: of_runs.curves(runs) for label, runs in family.items()}
    rows = by_genomes(tables)
    if not rows:
        raise UserError("no run has lived its genomes under several task weights")
    old = {who: table for who, table in rows.items() if (table["generation"] == 0).all()}
    late = {who: table for who, table in rows.items() if who not in old}
    panels = [group for group in (old, late) if group]
    with style.styled():
        figure = style.new_figure(7.6 if len(panels) > 1 else 4.8, 4.9)
        widths = [1.0 if group is old else 1.9 for group in panels]
        axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths).ravel().tolist()
        colours = {who: style.colour(i) for i, who in enumerate(late)}
        for ax, group in zip(axes, panels, strict=True):
            for who, table in group.items():
                _path(ax, table, who, colours.get(who, style.ink()))
            style.log_axis(ax, "x")
            ax.set(xlabel=TRAITS["replication_error"].directed, ylabel=TRAITS["accuracy"].directed)
            ax.set_title("founders" if group is old else "children of the last generation")
        legends.of_figure(figure, axes)
    return figure


def _path(ax: Axes, table: pd.DataFrame, who: str, colour: str) -> None:
    """Centres over runs at each positive task weight, joined, with their intervals."""
    centres = []
    for weight, rows in table[table["task_weight"] > 0].groupby("task_weight"):
        logs, y = interval(rows["replication_error"]), interval(rows["accuracy"])
        x = Estimate(10.0**logs.value, 10.0**logs.low, 10.0**logs.high, logs.n)
        label = f"{who}: IQM over runs{' and its 95 % bootstrap interval' * (y.n >= FEWEST)}, n = {count(y.n, 'run')}"
        look: dict[str, Any] = {"color": colour, "ms": 4, "lw": 1, "capsize": 1.5}
        draw_estimate(ax, x, y, fmt="o", zorder=4, label=label, **look)
        ax.annotate(f"{weight:g}", (x.value, y.value), xytext=(4, -8), textcoords="offset points", fontsize="small")
        centres.append((x.value, y.value))
    ax.plot(*np.array(centres).T, color=colour, lw=1.1, zorder=3)
