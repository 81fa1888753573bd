"""What runs attain on the trade-off plane: surfaces of treatments, and where one attains what the other does not."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize

from alife.errors import UserError
from alife.traits import SMALLEST
from alife.words import count
from analysis.data.controls import control
from analysis.data.run import Run
from analysis.evolution.fronts import Floats, attainment_rectangles, attainment_surface, common_generation
from analysis.figures import canvas, convention, palette
from analysis.figures.bands import Runs, members, treatments
from analysis.figures.plane import finish, limits
from analysis.figures.style import look
from analysis.studies.treatments import WEIGHT, ends, weighted

BEYOND: Final = 1e30
"""ρ to which a surface is drawn: right of any axis."""


@convention.figure
def attainment(runs: Runs, ax: Axes | None = None, *, generation: int | None = None, **style: Any) -> Axes:
    """Empirical attainment across runs: the median surface, between what one and what all runs attain.

    Args:
        runs: One, several of a treatment, or named treatments, a colour each.
        ax: Where to draw; a new figure if None.
        generation: Whose individuals; the last that all runs have if None.
        style: Of the median surfaces, as `Axes.plot` takes it; bands have their colour.

    Raises:
        UserError: As `analysis.evolution.fronts.attainment_surface`.

    Example:
        >>> ax = alife.figures.attainment(alife.load_sweep("sweeps/first"))
    """
    groups = treatments(runs)
    generation = common_generation(members(groups)) if generation is None else generation
    ax = canvas.own_axes(ax, 5.6, 4.2 if len(groups) == 1 else 5.2)
    for (label, group), colour in zip(groups.items(), itertools.cycle(palette.cycle()), strict=False):
        _draw_attainment(ax, group, generation, f"{label}: " if label else "", look(style, color=colour))
    finish(ax, note="" if ax.lines else "nobody survived")
    return ax


@convention.figure
def attainment_difference(
    groups: Mapping[str, Sequence[Run]], ax: Axes | None = None, *, generation: int | None = None, **style: Any
) -> Axes:
    """Where the runs of one treatment attain what the other's do not, with the median surface of each.

    Args:
        groups: Named treatments: of the heaviest w less the lightest, or the first less the control, or the second.
        ax: Where to draw; a new figure if None.
        generation: Whose individuals; the last that all runs have if None.
        style: Of the median surfaces, as `Axes.plot` takes it.

    Raises:
        UserError: There is one treatment, or as `analysis.evolution.fronts.attainment_surface`.

    Example:
        >>> ax = alife.figures.attainment_difference(alife.load_sweep("sweeps/first"))
    """
    labels = _opposites(groups)
    a, b = (groups[label] for label in labels)
    generation = common_generation([*a, *b]) if generation is None else generation
    ax = canvas.own_axes(ax)
    scale = Normalize(-100, 100)
    medians = [attainment_surface(runs, 50, generation) for runs in (a, b)]
    limits(ax, np.concatenate([*medians, *(attainment_surface(runs, 100 / len(runs), generation) for runs in (a, b))]))
    tiles = attainment_rectangles(a, b, generation)
    tiles[:, :4] = np.clip(tiles[:, :4], [SMALLEST, -1, SMALLEST, -1], [BEYOND, 2, BEYOND, 2])
    corners = tiles[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    colours = palette.difference_map()(scale(100 * tiles[:, 4]))
    ax.add_collection(PolyCollection(list(corners), facecolors=colours, edgecolors=colours, linewidths=0.2))
    for surface, runs, label, dash in zip(medians, (a, b), labels, palette.DASHES, strict=False):
        text = f"{label}: attained by half of n = {count(len(runs), 'run')}"
        draw_surface(ax, surface, look(style, color=palette.ink(), ls=dash, label=text))
    label = f"% of runs that attain it: {labels[0]} minus {labels[1]}"
    canvas.colour_bar(ScalarMappable(scale, palette.difference_map()), label, ax=ax, aspect=30, pad=0.02)
    finish(ax, note="" if len(tiles) else "both attain the same")
    canvas.title(ax, f"generation {generation}")
    return ax


def _opposites(groups: Mapping[str, Sequence[Run]]) -> tuple[str, str]:
    """The treatments that are compared."""
    if over_w := weighted(groups):
        low, high = ends(over_w[0], WEIGHT)
        return high, low
    if len(groups) < 2:
        raise UserError("there is one treatment, nothing to compare: name runs of another one too")
    null = control(groups)
    others = [label for label in groups if label != null]
    return others[0], null or others[1]


def _draw_attainment(ax: Axes, runs: Sequence[Run], generation: int, name: str, style: dict[str, Any]) -> None:
    n = len(runs)
    best, median, worst = (attainment_surface(runs, share, generation) for share in (100 / n, 50, 100))
    limits(ax, np.concatenate([best, median, worst]))
    if n > 1:
        x = np.unique(np.concatenate([best[:, 0], worst[:, 0], [BEYOND]]))
        text = f"{name}from what all to what one of n = {count(n, 'run')} attain"
        band: dict[str, Any] = {"color": style["color"], "alpha": 0.2, "lw": 0, "label": text}
        ax.fill_between(x, _height(worst, x), _height(best, x), step="post", **band)
    text = f"{name}attained by half of n = {count(n, 'run')}, generation {generation}"
    draw_surface(ax, median, {"label": text, **style})


def draw_surface(ax: Axes, corners: Floats, style: dict[str, Any]) -> None:
    """Draw the corners of an attainment surface as steps, with `style` as `Axes.plot` takes it."""
    if len(corners):
        x = np.concatenate([corners[:1, 0], corners[:, 0], [BEYOND]])
        y = np.concatenate([[-1], corners[:, 1], corners[-1:, 1]])
        ax.plot(x, y, **look(style, drawstyle="steps-post", path_effects=palette.halo()))


def _height(corners: Floats, x: Floats) -> Floats:
    """Accuracy of a surface at each ρ, −1 where it is not attained at all."""
    return np.concatenate([[-1.0], corners[:, 1]])[np.searchsorted(corners[:, 0], x, side="right")]
