"""How traits change over the generations: within a run over its individuals, across runs over the runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import SCORED, SMALLEST, TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.data.treatments import measures
from analysis.evolution.trajectories import deaths, island_medians, quantiles
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.bands import (
    Runs,
    bounds,
    draw_generations,
    draw_members,
    draw_treatments,
    members,
    there,
    treatments,
    windows,
)

DEATHS: Final = "early_deaths"
SHOWN: Final = (*(name for name in SCORED if name != "test_accuracy"), DEATHS)
"""What `traits` shows, in this order; measures of the runs' own follow."""

Table = TypeVar("Table", pd.Series, pd.DataFrame)


@convention.figure
def traits(runs: Runs, figure: Figure | None = None, *, names: Sequence[str] | None = None, **style: Any) -> Figure:
    """Traits by generation, one panel each, with the noise floor of ρ and the deaths; founders stand apart.

    Args:
        runs: One run: median and 5–95 % of its individuals, and each island's median. Several, or named treatments of
            several: mean over runs of each run's median, with its 95 % interval over runs.
        figure: Empty; a new one if None.
        names: Keys of `SHOWN`, or measures of the runs' own; those that the runs have if None.
        style: Of the lines, as `Axes.plot` takes it.

    Raises:
        UserError: Nothing is committed, or a name is unknown.

    Example:
        >>> figure = alife.figures.traits(alife.load_run("runs/first"), names=["accuracy"])
    """
    groups = treatments(runs)
    names = _shown(members(groups), names)
    rows = -(-(len(names) + 1) // 3)
    figure = canvas.own_figure(figure, 7.2, 0.4 + 1.85 * rows)
    panels = figure.subplots(rows, 3, squeeze=False).ravel().tolist()
    for ax, name in zip(panels, names, strict=False):
        if name != DEATHS or any(_early(run) for run in members(groups)):
            _draw(ax, runs, groups, name, style)
        _finish(ax, name, members(groups))
    for ax in panels[max(len(names) - 3, 0) : len(names)]:
        ax.set_xlabel("generation")
    for ax in panels[len(names) :]:
        ax.set_axis_off()
    legends.of_axes(panels[len(names)], panels[: len(names)])
    if isinstance(runs, Run):
        canvas.title(figure, canvas.caption(runs))
    return figure


def _draw(ax: Axes, runs: Runs, groups: Mapping[str, Sequence[Run]], name: str, style: dict[str, Any]) -> None:
    if not isinstance(runs, Run):
        medians = {label: [_medians(run, name) for run in group] for label, group in groups.items()}
        draw_treatments(ax, medians, **style)
    elif name == DEATHS:
        _draw_deaths(ax, runs)
    else:
        _draw_run(ax, runs, name, style)


def _shown(runs: Sequence[Run], names: Sequence[str] | None) -> list[str]:
    every = (*SHOWN, *measures(runs))
    if unknown := sorted(set(names or ()) - {*every}):
        raise UserError(f"{unknown[0]}: no such trait: known are {', '.join(every)}")
    absent = set()
    if any(run.births.empty for run in runs):
        absent.add("replication_loss")
    if all(run.setting("task") == "none" for run in runs):
        absent |= {"accuracy", "newborn_accuracy"}
    shown = [name for name in names or every if name not in absent]
    if not shown:
        raise UserError(f"{runs[0].path}: it has no {', '.join(names or every)}, nothing to draw: name other traits")
    return shown


def _medians(run: Run, name: str) -> pd.Series:
    if name == DEATHS:
        shares = deaths(run).set_index("generation")
        return shares["diverged"] + shares["collapsed"]
    return _drawn(name, quantiles(run, name).set_index("generation")["median"])


def _draw_run(ax: Axes, run: Run, name: str, style: dict[str, Any]) -> None:
    table, note = windows(quantiles(run, name).set_index("generation"))
    n = int(table["n"].max()) if len(table) else 0
    label = f"median and 5–95 % of individuals that lived to the end, n ≤ {n:,} a generation{note}"
    if run.births.empty:
        n = run.generations["island"].nunique()
        label = f"median and 5–95 % of an island's individuals, medians of n = {count(n, 'island')}{note}"
        label += f"\n({run.outdated})" if run.outdated else ""
    low, middle, high = (_drawn(name, table[level]).to_numpy(np.float64) for level in ("q05", "median", "q95"))
    draw_generations(ax, np.asarray(table.index), (low, middle, high), **{"label": label, **style})
    islands = _drawn(name, island_medians(run, name).dropna(how="all"))
    draw_members(ax, windows(islands)[0], f"median of each of {there(islands, 'island')}")


def _drawn(name: str, values: Table) -> Table:
    """Values as the trait's axis holds them (`alife.traits.floored`)."""
    if not TRAITS[name].log:
        return values
    return values.where(np.isfinite(values) & (values >= 0)).clip(lower=SMALLEST)


def _draw_deaths(ax: Axes, run: Run) -> None:
    shares, note = windows(deaths(run).set_index("generation"))
    x, below = np.asarray(shares.index), np.zeros(len(shares))
    for cause, colour, hatch in (("diverged", "vermillion", ""), ("collapsed", "sky", "////")):
        share = shares[cause].to_numpy()
        if share.any():
            look: Any = {"color": palette.OKABE_ITO[colour], "label": f"died early: {cause}{note}"}
            if len(x) > 100:
                ax.fill_between(x, below, below + share, step="mid", lw=0, **look)
            else:
                ax.bar(x, share, bottom=below, width=0.9, hatch=hatch, edgecolor=palette.paper(), lw=0, **look)
        below = below + share


def _finish(ax: Axes, name: str, runs: Sequence[Run]) -> None:
    ax.set_ylabel(TRAITS[name].axis)
    scales.generation_axis(ax.xaxis, *bounds(runs))
    if not ax.has_data():
        words = f"none among\n{count(_born(runs), 'newborn')}" if name == DEATHS else "no finite value"
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center")
        ax.set_yticks([])
        return
    if name == "replication_error":
        scales.zeros(ax)
        for floor in sorted({run.noise_floor for run in runs if run.noise_floor}):
            ax.axhline(floor, color=palette.ink(), lw=0.9, ls=(0, (4, 2)), label="noise floor ρ = σ²")
    if TRAITS[name].log:
        ax.set_yscale("log")
        scales.log_axis(ax, "y")
    if name == DEATHS:
        ax.set_ylim(0, 1.08 * max(ax.get_ylim()[1], 0.01))
    extinct = [run.last for run in runs if run.manifest["status"] == "extinct"]
    if extinct:
        ax.vlines(
            extinct, 0, 1, transform=ax.get_xaxis_transform(), color=palette.OKABE_ITO["purple"], lw=1, label="extinct"
        )


def _born(runs: Sequence[Run]) -> int:
    return sum(int(run.generations["size"].sum()) for run in runs)


def _early(run: Run) -> int:
    return int(run.generations[["diverged", "collapsed"]].to_numpy().sum())
