"""The dominant's line of descent: its traits by generation, and its path through the trade-off plane."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from numpy.typing import NDArray

from alife.traits import TRAITS, drawn
from alife.words import count
from analysis.data.run import Run, lived
from analysis.evolution.fronts import points
from analysis.evolution.trajectories import quantiles
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.phylogeny import SETTLED
from analysis.figures.style import look
from analysis.lineage.phylogeny import dominant, line_of_descent, of_run

Floats = NDArray[np.float64]

PANELS: Final = (("accuracy",), ("replication_error", "copying_error"), ("squared_norm",))
LONG: Final = 120
"""Generations from which a running median is drawn over the single values."""
BACKGROUND: Final = 3_000
"""Individuals that the plane shows behind the path at most, drawn at random of more."""


@convention.figure
def descent(run: Run, figure: Figure | None = None, *, individual: int | None = None, **style: Any) -> Figure:
    """Draw a line of descent from its founder on.

    Args:
        run: With births.
        figure: Empty, to be filled; a new one if None.
        individual: Whose, an id; the dominant's (`analysis.lineage.phylogeny.dominant`) if None.
        style: Of the lines of its traits, as `Axes.plot` takes it.

    Raises:
        UserError: The record is damaged, nobody has that id, or nobody ever survived.

    Example:
        >>> figure = alife.figures.descent(alife.load_run("runs/first"))
    """
    tree = of_run(run)
    identity = dominant(tree) if individual is None else individual
    line = line_of_descent(tree, identity)
    figure = canvas.own_figure(figure, 7.2, 5.0)
    has_task = run.setting("task") != "none"
    panels = PANELS if has_task else PANELS[1:]
    grid = figure.add_gridspec(1, 2 if has_task else 1, width_ratios=(1, 1.15) if has_task else None)
    left = grid[0].subgridspec(len(panels), 1)
    rows: list[Axes] = []
    window = max(len(line) // 60, 1) | 1 if len(line) >= LONG else 1
    for place, traits in enumerate(panels):
        rows.append(figure.add_subplot(left[place], sharex=rows[0] if rows else None))
        rows[-1].tick_params(labelbottom=place == len(panels) - 1)
        _draw_traits(rows[-1], run, line, traits, window, style)
    _finish_generations(rows[-1], line, tree.last)
    if has_task:
        rows += _draw_plane(figure, grid[1], run, line, window)
    legends.of_figure(figure, rows, 3, columnspacing=1.2)
    canvas.title(figure, canvas.caption_of_lineage(run), _explain(line, individual is None, window))
    return figure


def running_median(values: NDArray[Any], window: int) -> Floats:
    """[n] median over an odd window centred on each, of what there is at the ends."""
    return pd.Series(values, dtype=float).rolling(window, center=True, min_periods=1).median().to_numpy(copy=True)


def _draw_traits(
    axes: Axes, run: Run, line: pd.DataFrame, traits: tuple[str, ...], window: int, style: Mapping[str, Any]
) -> None:
    band = quantiles(run, traits[0])
    band = band.assign(**{level: drawn(traits[0], band[level]) for level in ("q05", "q95")})
    n = f"{int(band['n'].max()):,}" if len(band) else "0"
    axes.fill_between(
        band["generation"],
        band["q05"],
        band["q95"],
        color=palette.ink(0.17),
        lw=0,
        step=None,
        label=f"5–95 % of those that lived to the end\n(n ≤ {n} a generation)",
    )
    generation = line["generation"].to_numpy()
    for trait, colour, dash in zip(traits, palette.cycle(), palette.DASHES, strict=False):
        name = f"{TRAITS[trait].label} on it" if trait == "copying_error" else "the line of descent"
        values = drawn(trait, line[trait])
        if window > 1:
            axes.plot(generation, values, color=colour, lw=0.4, alpha=0.45)
        marks: dict[str, Any] = {"marker": "o", "ms": 2.4} if len(line) <= 40 else {"path_effects": palette.halo()}
        own = look(style, color=colour, ls=dash, lw=1.2, label=name, **marks)
        axes.plot(generation, running_median(values, window), **own)
    if traits[0] == "replication_error" and (floor := run.noise_floor):
        axes.axhline(floor, color=palette.ink(), lw=0.9, ls=(0, (4, 2)), label="noise floor ρ = σ²")
    if traits[0] == "replication_error":
        scales.zeros(axes)
    axes.set_ylabel(", ".join(TRAITS[trait].short for trait in traits))
    if TRAITS[traits[0]].log:
        axes.set_yscale("log")
        scales.log_axis(axes, "y")


def _finish_generations(axes: Axes, line: pd.DataFrame, last: int) -> None:
    generation, island = line["generation"].to_numpy(), line["island"].to_numpy()
    moved = generation[1:][island[1:] != island[:-1]]
    if len(moved):
        name = f"moved to another island ({len(moved)}×)"
        foot = axes.get_xaxis_transform()
        axes.plot(moved, np.full(len(moved), 0.05), "|", color=palette.ink(), ms=6, mew=1, transform=foot, label=name)
    room = max(0.03 * (last - generation[0]), 0.3)
    axes.set(xlabel="generation", xlim=(generation[0] - room, last + room))
    scales.generation_axis(axes.xaxis)


def _draw_plane(figure: Figure, place: SubplotSpec, run: Run, line: pd.DataFrame, window: int) -> list[Axes]:
    """The whole path above, and below, larger, that without the first generations, which are far from all others."""
    alive = lived(run.births)
    start = run.births["generation"].min() + (SETTLED if len(line) > 2 * SETTLED else 1)
    later, rest = alive[alive["generation"] >= start], line[line["generation"] >= start]
    if rest.empty:
        whole = figure.add_subplot(place)
        _draw_path(whole, run, alive, line, window)
        whole.set_xlabel(TRAITS["replication_error"].label)
        return [whole]
    grid = place.subgridspec(2, 1, height_ratios=(1, 2))
    whole, close = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    path = _draw_path(whole, run, alive, line, window)
    _draw_path(close, run, later, rest, window)
    close.set(xlabel=TRAITS["replication_error"].label, title=f"from generation {start} on")
    if bar := canvas.colour_bar(path, "generation", ax=[whole, close], aspect=40, pad=0.02):
        scales.generation_axis(bar.ax.yaxis)
    return [whole, close]


def _draw_path(axes: Axes, run: Run, alive: pd.DataFrame, line: pd.DataFrame, window: int) -> LineCollection:
    crowd = alive if len(alive) <= BACKGROUND else alive.sample(BACKGROUND, random_state=0)
    grey: dict[str, Any] = {"color": palette.ink(0.29), "lw": 0}
    rho, accuracy = points(crowd).T
    axes.scatter(rho, accuracy, s=4, rasterized=len(crowd) > 2000, **grey)
    start = int(run.births["generation"].min())
    whole = line["generation"].iloc[0] == start
    if whole:
        share = f"{len(crowd):,} of " if len(crowd) < len(alive) else ""
        axes.plot([], [], "o", ms=3, label=f"{share}{count(len(alive), 'survivor')}", **grey)
    x, y = (running_median(column, window) for column in points(line).T)
    x[0], y[0] = points(line)[0]
    stops = np.stack([x, y], -1)
    steps = list(np.stack([stops[:-1], stops[1:]], 1))
    generation = line["generation"].to_numpy()
    scale = Normalize(max(start, 1), max(run.last, start + 1, 2))
    path = LineCollection(
        steps, cmap=palette.generation_map(), norm=scale, lw=1.2, path_effects=palette.halo(), zorder=3
    )
    path.set_array(generation[1:])
    axes.add_collection(path)
    if window == 1:
        axes.scatter(x, y, c=generation, cmap=palette.generation_map(), norm=scale, s=14, lw=0, zorder=4)
    ends: dict[str, Any] = {"mec": palette.ink(), "mew": 0.9, "ls": "", "zorder": 5}
    if whole:
        name = "its founder" if start == 0 else f"its ancestor of generation {start}"
        axes.plot(x[:1], y[:1], "D", mfc=palette.paper(), ms=5.5, label=name, **ends)
    axes.plot(x[-1:], y[-1:], "*", mfc=palette.OKABE_ITO["orange"], ms=11, label="its last individual", **ends)
    _finish_plane(axes, np.concatenate([rho, x]), run.noise_floor)
    return path


def _finish_plane(axes: Axes, rho: Floats, floor: float | None) -> None:
    axes.set_ylabel(TRAITS["accuracy"].label)
    rho = rho[np.isfinite(rho)]
    if len(rho):
        low = floor if floor and rho.min() / 30 < floor < rho.min() else rho.min()
        axes.set_xlim(low / 1.15, rho.max() * 1.15)
        if rho.max() > 2 * low:
            scales.log_axis(axes, "x")
    if len(rho) and rho.max() >= 1:
        axes.axvline(1, color=palette.ink(), lw=0.9, ls=(0, (1, 2)), zorder=1)
    if floor:
        axes.axvline(floor, color=palette.ink(), lw=0.9, ls=(0, (4, 2)), zorder=1)


def _explain(line: pd.DataFrame, is_dominant: bool, window: int) -> str:
    last = line.iloc[-1]
    generation = last["generation"]
    who = (
        f"dominant: the fittest, relative to its island, of those that lived to the end of generation {generation}"
        if is_dominant
        else f"individual born in generation {generation}"
    )
    smooth = f"; running median of {window} generations" if window > 1 else ""
    return f"Line of descent of the {who}: island {last['island']}, id {last['id']}{smooth}"
