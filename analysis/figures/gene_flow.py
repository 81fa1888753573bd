"""Gene flow between islands: who moved, and whose descendants live where, through time."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecBase
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from alife.errors import UserError
from analysis.data.run import Run
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.style import look
from analysis.lineage.phylogeny import Phylogeny, ancestry_shares, migrant_counts, of_run

Floats = NDArray[np.float64]

STACKED: Final = 8
"""Islands up to which ancestry is stacked by the ancestors' island; of more, only the share from elsewhere is shown."""
BACK: Final = 5
"""Migrations that ancestry looks back: over a long run everybody descends from one founder's island."""
SHADES: Final[Colormap] = LinearSegmentedColormap.from_list("shares", ["#FFFFFF", "#9ECAE1", "#0B3C6F"])
HATCHES: Final = ("", "//", "..", "xx")


@convention.figure
def geneflow(run: Run, figure: Figure | None = None, **style: Any) -> Figure:
    """Draw migrants and where the ancestors of each island's residents lived `BACK` migrations before.

    Args:
        run: With births and migrations.
        figure: Empty, to be filled; a new one if None.
        style: Of the panels of shares by generation: of their bands, as `Axes.stackplot` takes it, or, of more than
            `STACKED` islands, of their image.

    Raises:
        UserError: The record is damaged, or of one island or one generation.

    Example:
        >>> figure = alife.figures.geneflow(alife.load_run("runs/first"))
    """
    tree = of_run(run)
    islands = int(run.setting("population.islands"))
    if islands < 2 or tree.last == tree.first:
        raise UserError(
            f"{run.path}: one {'island' if islands < 2 else 'generation'}: nothing flows between islands: "
            "take a run of several"
        )
    back = BACK * int(run.setting("migration.every"))
    shares = ancestry_cube(tree, islands, back)
    figure = canvas.own_figure(figure, 7.2, 4.4)
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.9))
    moved = migrant_counts(run.migrations, islands)
    name = f"migrants, all generations\n(n = {moved.sum():,})"
    _matrix(figure.add_subplot(grid[0, 0]), moved, name, ("to island", "from island"), "{:,.0f}")
    name = f"residents of generation {tree.last}, %"
    _matrix(figure.add_subplot(grid[1, 0]), 100 * shares[-1].T, name, ("on island", "ancestors on"), "{:.0f}")
    generations = np.array(tree.generations)
    if islands <= STACKED:
        _stack(figure, grid[:, 1].subgridspec(islands, 1), generations, shares, style)
    else:
        _elsewhere(figure.add_subplot(grid[:, 1]), generations, shares, style)
    note = f"ancestors: of residents, {back} generations before, or founders where there are fewer generations"
    canvas.title(figure, canvas.caption_of_lineage(run), note)
    return figure


def ancestry_cube(tree: Phylogeny, islands: int, back: int) -> Floats:
    """`ancestry_shares` as an array.

    Returns:
        [generations, islands, islands] shares of (residents' island, ancestors' island), NaN where nobody lives.
    """
    table = ancestry_shares(tree, back)
    cube = np.zeros((len(tree.generations), islands, islands))
    where = (table["generation"].to_numpy() - tree.first, table["island"], table["ancestor_island"])
    cube[where] = table["share"]
    cube[cube.sum(axis=2) == 0] = np.nan
    return cube


def _matrix(axes: Axes, values: NDArray[Any], name: str, labels: tuple[str, str], form: str) -> None:
    shown = np.ma.masked_invalid(values.astype(np.float64))
    image = axes.imshow(shown, cmap=SHADES.with_extremes(bad="#EEEEEE"), vmin=0, vmax=max(shown.max(), 1e-9))
    axes.set(title=name, xlabel=labels[0], ylabel=labels[1])
    axes.grid(False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    if len(values) <= STACKED:
        for row, column in np.ndindex(*values.shape):
            value = shown[row, column]
            text = "–" if np.ma.is_masked(value) else form.format(value)
            dark = not np.ma.is_masked(value) and value > 0.55 * shown.max()
            axes.text(
                column, row, text, ha="center", va="center", fontsize="small", color="white" if dark else palette.INK
            )
    else:
        canvas.colour_bar(image, ax=axes)


def _stack(
    figure: Figure, grid: GridSpecBase, generations: NDArray[np.int64], shares: Floats, style: Mapping[str, Any]
) -> None:
    panels: list[Axes] = []
    names = [str(island) for island in range(shares.shape[2])]
    ours: dict[str, Any] = {"colors": palette.cycle(), "hatch": HATCHES}
    own = look(style, PolyCollection, lw=0.4, edgecolor=palette.paper()) | (ours if "color" not in style else {})
    for island in range(shares.shape[1]):
        axes = figure.add_subplot(grid[island, 0], sharex=panels[0] if panels else None)
        there = np.nan_to_num(shares[:, island]).T
        axes.stackplot(generations, there, labels=names, **own)
        axes.set(ylim=(0, 1), yticks=(0, 1), xlim=(generations[0], generations[-1]))
        axes.set_ylabel(f"island {island}", rotation=0, ha="right", va="center")
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(False)
        axes.tick_params(labelbottom=island == shares.shape[1] - 1)
        panels.append(axes)
    scales.generation_axis(panels[-1].xaxis)
    panels[-1].set_xlabel("generation")
    panels[0].set_title("where the ancestors of an island's residents lived")
    legends.of_figure(figure, panels[:1], 8, "right", title="ancestors on island", handlelength=2)


def _elsewhere(axes: Axes, generations: NDArray[np.int64], shares: Floats, style: Mapping[str, Any]) -> None:
    own = np.diagonal(shares, axis1=1, axis2=2)
    place = (generations[0] - 0.5, generations[-1] + 0.5, own.shape[1] - 0.5, -0.5)
    ours: dict[str, Any] = {"aspect": "auto", "extent": place, "interpolation": "nearest"}
    ours |= {"cmap": SHADES.with_extremes(bad="#EEEEEE"), "vmin": 0, "vmax": 100}
    image = axes.imshow(100 * (1 - own).T, **ours | dict(style))
    axes.set(xlabel="generation", ylabel="island", title="residents whose ancestors lived elsewhere")
    axes.grid(False)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    scales.generation_axis(axes.xaxis)
    canvas.colour_bar(image, "% of the island's residents", ax=axes)
