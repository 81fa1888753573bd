"""Replication against accuracy in figures: the trade-off plane, hypervolume by generation, attainment surfaces."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap, Normalize

from alife.traits import SMALLEST, TRAITS, log10
from alife.words import count
from analysis.data.run import Run
from analysis.evolution.fronts import (
    REFERENCE,
    Floats,
    attainment_rectangles,
    attainment_surface,
    common_generation,
    hypervolume,
    hypervolumes,
    pareto_front,
    points,
    survivors,
)
from analysis.figures import legends, style
from analysis.figures.bands import (
    Runs,
    bounds,
    draw_band,
    draw_members,
    draw_treatments,
    members,
    there,
    treatments,
    windows,
)

__all__ = [
    "attainment",
    "attainment_difference",
    "attainment_rectangles",
    "attainment_surface",
    "hypervolume",
    "hypervolume_by_generation",
    "hypervolumes",
    "pareto_front",
    "plane",
]

MAX_POINTS: Final = 8_000
"""Individuals that a plane shows at most; of more, so many are drawn at random, each with the same chance."""

BEYOND: Final = 1e30
"""ρ to which a surface is drawn: right of any axis."""


@style.styled()
def plane(run: Run, ax: Axes | None = None) -> Axes:
    """The trade-off plane of a run: x ρ on a log scale, y accuracy, coloured by generation.

    Founders stand apart, Pareto fronts of some generations are steps, and the floor that birth noise sets under ρ is
    a line. Those that died early are counted and left out.

    Args:
        run: With births.
        ax: Where to draw; a new figure if None.

    Raises:
        UserError: Nothing is committed, or as `survivors`.
    """
    treatments(run)
    alive = survivors(run)
    ax = style.own_axes(ax)
    shown = alive if len(alive) <= MAX_POINTS else alive.sample(MAX_POINTS, random_state=0)
    first = max(run.first, 1)
    scale = Normalize(first, max(run.last, first + 1))
    candidates = sorted({run.first, first, (first + run.last) // 2, run.last})
    fronts = {generation: _front(alive, generation) for generation in candidates}
    fronts = {generation: front for generation, front in fronts.items() if len(front)}
    seen = np.concatenate([points(shown), *fronts.values()])
    _limits(ax, seen, floor=float(run.setting("reproduction.mutation")) ** 2)
    _scatter(ax, shown, len(alive), len(run.births) - len(alive), scale)
    _draw_fronts(ax, fronts, scale)
    _draw_floor(ax, run)
    _finish(ax, note="" if len(alive) else "nobody survived")
    style.title(ax, style.caption(run))
    return ax


@style.styled()
def hypervolume_by_generation(runs: Runs, ax: Axes | None = None) -> Axes:
    """Hypervolume by generation; the reference point and the scale stand in the figure.

    Args:
        runs: One run: all its individuals together, and each island. Several, or named treatments of several: median
            over runs with its 95 % bootstrap interval over runs.
        ax: Where to draw; a new figure if None.

    Raises:
        UserError: Nothing is committed, or as `survivors`.
    """
    groups = treatments(runs)
    ax = style.own_axes(ax, 5.2, 3.8)
    tables = {name: [hypervolumes(run) for run in group] for name, group in groups.items()}
    if isinstance(runs, Run):
        _draw_volumes(ax, tables[""][0])
        style.title(ax, style.caption(runs))
    else:
        draw_treatments(ax, {name: [_together(table) for table in group] for name, group in tables.items()})
    rho, accuracy = REFERENCE
    reference = f"reference point: ρ = {rho:g}, accuracy = {accuracy:g}; ρ on a log10 scale"
    ax.set(xlabel="generation\n" + style.fill(ax, f"({reference})"), ylabel="hypervolume (decades × accuracy)")
    top = max(ax.get_ylim()[1], 0.1)
    ax.set_ylim(-0.03 * top, top)
    style.generation_axis(ax.xaxis, *bounds(members(groups)))
    legends.of_axes(ax, below=True)
    return ax


@style.styled()
def attainment(
    runs: Sequence[Run],
    ax: Axes | None = None,
    *,
    generation: int | None = None,
    label: str = "",
    colour: str = style.OKABE_ITO["blue"],
) -> Axes:
    """Empirical attainment across runs: the median surface, between what one and what all runs attain.

    Draw treatments on the same axes with a label and a colour each.

    Args:
        runs: Of one treatment.
        ax: Where to draw; a new figure if None.
        generation: Whose individuals; the last that all runs have if None.
        label: Names the treatment.
        colour: Of surface and band.

    Raises:
        UserError: As `attainment_surface`.
    """
    generation = common_generation(runs) if generation is None else generation
    n = len(runs)
    best, median, worst = (attainment_surface(runs, share, generation) for share in (100 / n, 50, 100))
    ax = style.own_axes(ax)
    _limits(ax, np.concatenate([best, median, worst]))
    name = f"{label}: " if label else ""
    if n > 1:
        x = np.unique(np.concatenate([best[:, 0], worst[:, 0], [BEYOND]]))
        low, high = _height(worst, x), _height(best, x)
        text = f"{name}from what all to what one of n = {count(n, 'run')} attain"
        ax.fill_between(x, low, high, step="post", color=colour, alpha=0.2, lw=0, label=text)
    _draw_surface(ax, median, f"{name}attained by half of n = {count(n, 'run')}, generation {generation}", color=colour)
    _finish(ax, note="" if len(best) else "nobody survived")
    return ax


@style.styled()
def attainment_difference(
    a: Sequence[Run],
    b: Sequence[Run],
    ax: Axes | None = None,
    *,
    generation: int | None = None,
    labels: tuple[str, str] = ("A", "B"),
) -> Axes:
    """Where one treatment's runs attain what the other's do not, with the median surface of each.

    Args:
        a: Runs of one treatment.
        b: Runs of the other.
        ax: Where to draw; a new figure if None.
        generation: Whose individuals; the last that all runs have if None.
        labels: Names of the treatments.

    Raises:
        UserError: As `attainment_surface`.
    """
    generation = common_generation([*a, *b]) if generation is None else generation
    ax = style.own_axes(ax)
    scale = Normalize(-100, 100)
    medians = [attainment_surface(runs, 50, generation) for runs in (a, b)]
    _limits(ax, np.concatenate([*medians, *(attainment_surface(runs, 100 / len(runs), generation) for runs in (a, b))]))
    tiles = attainment_rectangles(a, b, generation)
    tiles[:, :4] = np.clip(tiles[:, :4], [SMALLEST, -1, SMALLEST, -1], [BEYOND, 2, BEYOND, 2])
    corners = tiles[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    colours = style.difference_map()(scale(100 * tiles[:, 4]))
    ax.add_collection(PolyCollection(list(corners), facecolors=colours, edgecolors=colours, linewidths=0.2))
    for corners, runs, label, dash in zip(medians, (a, b), labels, style.DASHES, strict=False):
        text = f"{label}: attained by half of n = {count(len(runs), 'run')}"
        _draw_surface(ax, corners, text, color=style.ink(), ls=dash)
    _colour_bar(ax, scale, style.difference_map(), f"% of runs that attain it: {labels[0]} minus {labels[1]}")
    _finish(ax, note="" if len(tiles) else "both attain the same")
    style.title(ax, f"generation {generation}")
    return ax


def _scatter(ax: Axes, shown: pd.DataFrame, alive: int, dead: int, scale: Normalize) -> None:
    founding = (shown["generation"] == 0).to_numpy()
    founders, others = points(shown[founding]), shown[~founding].sample(frac=1, random_state=0)
    look: Any = {"s": np.clip(30_000 / max(len(shown), 1), 3, 16), "rasterized": len(shown) > 4_000}
    shares = count(alive, "individual")
    shares += f" ({len(shown):,} of them drawn, at random)" if len(shown) < alive else ""
    shares += f" ({dead:,} more died early)" if dead else ""
    if len(others):
        generation, (x, y) = others["generation"].to_numpy(), points(others).T
        colour: Any = {"c": generation, "norm": scale, "cmap": style.generation_map()}
        ax.scatter(x, y, lw=0, alpha=0.7, zorder=1.5, label=shares, **colour, **look)
        if generation.max() > generation.min():
            bar = _colour_bar(ax, scale, style.generation_map(), "generation")
            style.generation_axis(bar.ax.yaxis)
    if len(founders):
        label = style.FOUNDERS + ("" if len(others) else f", {shares}")
        edge: Any = {"edgecolors": style.OKABE_ITO["vermillion"], "facecolors": "none", "marker": "D", "lw": 0.6}
        ax.scatter(founders[:, 0], founders[:, 1], alpha=0.7, zorder=1.4, label=label, **edge, **look)


def _colour_bar(ax: Axes, scale: Normalize, colours: Colormap, label: str) -> Colorbar:
    bar = style.figure_of(ax).colorbar(ScalarMappable(scale, colours), ax=ax, aspect=30, pad=0.02)
    bar.set_label(label, parse_math=False)
    bar.outline.set_linewidth(0)
    return bar


def _front(alive: pd.DataFrame, generation: int) -> Floats:
    values = points(alive[alive["generation"] == generation])
    return values[pareto_front(values)]


def _draw_fronts(ax: Axes, fronts: dict[int, Floats], scale: Normalize) -> None:
    label = f"Pareto fronts of generations {', '.join(map(str, fronts))}"
    for generation, front in fronts.items():
        colour = style.generation_map()(scale(generation)) if generation else style.ink()
        look: Any = {"marker": "o", "ms": 2.2} if len(front) <= 12 else {}
        ax.plot(*front.T, drawstyle="steps-post", color=colour, path_effects=style.halo(), label=label, **look)


def _draw_floor(ax: Axes, run: Run) -> None:
    """The floor and ρ = 1 where the axis reaches them; a floor far below is told in words."""
    floor = float(run.setting("reproduction.mutation")) ** 2
    lines = {1.0: style.ZEROS}
    if floor:
        where = " at founding" if "mutation" in run.setting("reproduction.heritable") else ""
        lines[floor] = f"noise floor ρ = σ² = {floor:.2g}{where}"
    low, high = ax.get_xlim()
    for value, text in lines.items():
        if low <= value <= high:
            ax.axvline(value, color=style.ink(), lw=0.9, ls=(0, (4, 2)) if value == floor else ":", zorder=1.2)
            note = ax.annotate(
                text,
                (value, 0),
                xycoords=ax.get_xaxis_transform(),
                xytext=(-2, 4),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="bottom",
                fontsize="small",
                path_effects=style.halo(),
            )
            note.set_in_layout(False)
        elif value == floor:
            ax.set_xlabel(f"{ax.get_xlabel()}\n{style.fill(ax, f'({text}, outside this axis)')}")


def _draw_volumes(ax: Axes, table: pd.DataFrame) -> None:
    n = int(table.loc[table["island"] == -1, "n"].max())
    whole, note = windows(_together(table).to_frame())
    middle = whole["hypervolume"].to_numpy(np.float64)
    draw_band(
        ax,
        np.asarray(whole.index),
        (middle, middle, middle),
        label=f"all survivors together, n ≤ {n:,}{note}",
        banded=False,
    )
    islands = table[table["island"] >= 0]
    wide = islands.pivot(index="generation", columns="island", values="hypervolume")
    draw_members(ax, windows(wide)[0], f"each of {there(wide, 'island')}, n ≤ {int(islands['n'].max()):,}")


def _together(table: pd.DataFrame) -> pd.Series:
    return table[table["island"] == -1].set_index("generation")["hypervolume"]


def _draw_surface(ax: Axes, corners: Floats, label: str, **look: Any) -> None:
    if len(corners):
        x, y = (
            np.concatenate([corners[:1, 0], corners[:, 0], [BEYOND]]),
            np.concatenate([[-1], corners[:, 1], corners[-1:, 1]]),
        )
        ax.plot(x, y, drawstyle="steps-post", label=label, path_effects=style.halo(), **look)


def _height(corners: Floats, x: Floats) -> Floats:
    """Accuracy of a surface at each ρ, −1 where it is not attained at all."""
    return np.concatenate([[-1.0], corners[:, 1]])[np.searchsorted(corners[:, 0], x, side="right")]


def _limits(ax: Axes, values: Floats, floor: float = 0.0) -> None:
    """Axes that hold the values, what was drawn before, and the floor if it is not far below."""
    fresh = not ax.has_data()
    rho, accuracy = (values[:, 0], values[:, 1]) if len(values) else (np.array([0.01, 1.0]), np.array([0.0, 1.0]))
    rho = log10(rho)
    low, high = rho.min(), rho.max()
    if floor and low - 2 < log10(floor) < low:
        low = log10(floor)
    room = max(0.06 * (high - low), 0.08)
    x = (10 ** (low - room), 10 ** (high + room))
    room = max(0.07 * np.ptp(accuracy), 0.01)
    y = (accuracy.min() - room, accuracy.max() + room)
    ax.set_xlim(x if fresh else (min(x[0], ax.get_xlim()[0]), max(x[1], ax.get_xlim()[1])))
    ax.set_xlabel(TRAITS["replication_error"].directed)
    ax.set_ylabel(TRAITS["accuracy"].directed)
    ax.set_ylim(y if fresh else (min(y[0], ax.get_ylim()[0]), max(y[1], ax.get_ylim()[1])))
    style.log_axis(ax, "x")


def _finish(ax: Axes, note: str = "") -> None:
    if note:
        ax.text(0.5, 0.5, note, transform=ax.transAxes, ha="center", path_effects=style.halo())
    legends.of_axes(ax, below=True)
