"""The trade-off plane of a run: ρ against accuracy, individual by individual, and the axes of every plane."""

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize

from alife.traits import TRAITS, log10
from alife.words import count
from analysis.data.run import Run
from analysis.evolution.fronts import Floats, pareto_front, points, survivors
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.bands import treatments
from analysis.figures.style import look

MAX_POINTS: Final = 8_000
"""Individuals that a plane shows at most; of more, so many are drawn at random, each with the same chance."""


@convention.figure
def plane(run: Run, ax: Axes | None = None, **style: Any) -> Axes:
    """The trade-off plane of a run: x ρ on a log scale, y accuracy, coloured by generation.

    Founders stand apart, Pareto fronts of some generations are steps, and the floor that birth noise sets under ρ is
    a line. Those that died early are counted and left out.

    Args:
        run: With births.
        ax: Where to draw; a new figure if None.
        style: Of the points of individuals, as `Axes.scatter` takes it.

    Raises:
        UserError: Nothing is committed, or as `survivors`.

    Example:
        >>> ax = alife.figures.plane(alife.load_run("runs/first"), alpha=0.3)
    """
    treatments(run)
    alive = survivors(run)
    ax = canvas.own_axes(ax)
    shown = alive if len(alive) <= MAX_POINTS else alive.sample(MAX_POINTS, random_state=0)
    first = max(run.first, 1)
    scale = Normalize(first, max(run.last, first + 1))
    candidates = sorted({run.first, first, (first + run.last) // 2, run.last})
    fronts = {generation: _front(alive, generation) for generation in candidates}
    fronts = {generation: front for generation, front in fronts.items() if len(front)}
    seen = np.concatenate([points(shown), *fronts.values()])
    limits(ax, seen, floor=run.noise_floor or 0.0)
    _scatter(ax, shown, len(alive), len(run.births) - len(alive), scale, style)
    _draw_fronts(ax, fronts, scale)
    _draw_floor(ax, run)
    finish(ax, note="" if len(alive) else "nobody survived")
    canvas.title(ax, canvas.caption(run))
    return ax


def _scatter(ax: Axes, shown: pd.DataFrame, alive: int, dead: int, scale: Normalize, style: dict[str, Any]) -> None:
    founding = (shown["generation"] == 0).to_numpy()
    founders, others = points(shown[founding]), shown[~founding].sample(frac=1, random_state=0)
    size: Any = {"s": np.clip(30_000 / max(len(shown), 1), 3, 16), "rasterized": len(shown) > 4_000}
    shares = count(alive, "individual")
    shares += f" ({len(shown):,} of them drawn, at random)" if len(shown) < alive else ""
    shares += f" ({dead:,} more died early)" if dead else ""
    if len(others):
        generation, (x, y) = others["generation"].to_numpy(), points(others).T
        colour: Any = {"c": generation, "norm": scale, "cmap": palette.generation_map()}
        own: Any = look(style, PathCollection, lw=0, alpha=0.7, zorder=1.5, label=shares, **colour, **size)
        ax.scatter(x, y, **own)
        if generation.max() > generation.min() and "color" not in own:
            colours = ScalarMappable(scale, palette.generation_map())
            if bar := canvas.colour_bar(colours, "generation", ax=ax, aspect=30, pad=0.02):
                scales.generation_axis(bar.ax.yaxis)
    if len(founders):
        label = scales.FOUNDERS + ("" if len(others) else f", {shares}")
        edge: Any = {"edgecolors": palette.OKABE_ITO["vermillion"], "facecolors": "none", "marker": "D", "lw": 0.6}
        ax.scatter(founders[:, 0], founders[:, 1], alpha=0.7, zorder=1.4, label=label, **edge, **size)


def _front(alive: pd.DataFrame, generation: int) -> Floats:
    values = points(alive[alive["generation"] == generation])
    return values[pareto_front(values)]


def _draw_fronts(ax: Axes, fronts: dict[int, Floats], scale: Normalize) -> None:
    label = f"Pareto fronts of generations {', '.join(map(str, fronts))}"
    for generation, front in fronts.items():
        colour = palette.generation_map()(scale(generation)) if generation else palette.ink()
        marks: Any = {"marker": "o", "ms": 2.2} if len(front) <= 12 else {}
        ax.plot(*front.T, drawstyle="steps-post", color=colour, path_effects=palette.halo(), label=label, **marks)


def _draw_floor(ax: Axes, run: Run) -> None:
    """The floor and ρ = 1 where the axis reaches them; a floor far below is told in words."""
    floor = run.noise_floor
    lines = {1.0: scales.ZEROS}
    if floor:
        where = " at founding" if "mutation" in run.setting("reproduction.heritable") else ""
        lines[floor] = f"noise floor ρ = σ² = {floor:.2g}{where}"
    low, high = ax.get_xlim()
    for value, text in lines.items():
        if low <= value <= high:
            ax.axvline(value, color=palette.ink(), lw=0.9, ls=(0, (4, 2)) if value == floor else ":", zorder=1.2)
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
                path_effects=palette.halo(),
            )
            note.set_in_layout(False)
        elif value == floor:
            ax.set_xlabel(f"{ax.get_xlabel()}\n{canvas.fill(ax, f'({text}, outside this axis)')}")


def limits(ax: Axes, values: Floats, floor: float = 0.0) -> None:
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
    scales.log_axis(ax, "x")


def finish(ax: Axes, note: str = "") -> None:
    """The legend, and a note where there is nothing to see."""
    if note:
        ax.text(0.5, 0.5, note, transform=ax.transAxes, ha="center", path_effects=palette.halo())
    legends.of_axes(ax, below=True)
