"""What a figure is drawn on, and what stands above and beside it: new or given figures and axes, faint titles that fit,
colour bars."""

import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure

from analysis.data.run import Run
from analysis.figures.palette import faint
from analysis.figures.style import FONT_SIZE, SET, WANTED, is_set, points


def new_figure(width: float = 5.6, height: float = 4.2) -> Figure:
    """An empty figure, in inches, that no window system knows of; a paper's column is 3.4 wide, its page 7.

    It grows with a font.size that the user has set, so that words keep their room; the user's own figure.figsize wins.
    """
    scale = SET["font.size"] / FONT_SIZE if is_set("font.size") else 1
    size = SET["figure.figsize"] if is_set("figure.figsize") else (scale * width, scale * height)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def own_figure(figure: Figure | None, width: float, height: float) -> Figure:
    """The empty figure given, laid out so that what stands outside its axes fits, or a new one."""
    if figure is None:
        return new_figure(width, height)
    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")
    return figure


def own_axes(ax: Axes | None, width: float = 5.6, height: float = 4.2) -> Axes:
    """The axes given, or the only ones of a new figure."""
    return new_figure(width, height).add_subplot() if ax is None else ax


def figure_of(drawn: Axes | Figure) -> Figure:
    """The whole figure that axes are on; of a figure, itself: what any function of a figure gives, to be saved."""
    figure = drawn.get_figure(root=True)
    assert figure is not None
    return figure


def title(drawn: Axes | Figure, *lines: str) -> None:
    """`write_above`, unless the caller wants no title, or another."""
    if WANTED.get().title:
        write_above(drawn, *lines)


def write_above(drawn: Axes | Figure, *lines: str) -> None:
    """Faint lines above axes, each wrapped to their width, or above a figure, from its left edge."""
    look: dict[str, Any] = {"color": faint(), "parse_math": False}
    if isinstance(drawn, Axes):
        drawn.set_title("\n".join(fill(drawn, line) for line in lines), **look)
        return
    size = points("axes.titlesize")
    width = int(14.5 * drawn.get_figwidth() * FONT_SIZE / size)
    text = "\n".join(part for line in lines for part in textwrap.wrap(line, width))
    drawn.suptitle(text, ha="left", x=0.01, fontsize=size, **look)


def colour_bar(mappable: ScalarMappable, label: str = "", **where: Any) -> Colorbar | None:
    """A bar without a frame, unless the caller wants none.

    Args:
        mappable: What has the colours.
        label: Beside it.
        where: As `Figure.colorbar` takes it, with the axes that it stands beside as `ax`.
    """
    if not WANTED.get().colorbar:
        return None
    beside = where["ax"]
    bar = figure_of(beside[0] if isinstance(beside, list) else beside).colorbar(mappable, **where)
    bar.set_label(label, parse_math=False)
    bar.outline.set_visible(False)
    return bar


def fill(ax: Axes, text: str) -> str:
    """The text in lines that are not longer than the axes are wide."""
    return textwrap.fill(text, max(int(14 * width_of(ax) * FONT_SIZE / points("axes.titlesize")), 8))


def width_of(ax: Axes) -> float:
    """Inches, about: the layout comes later."""
    place = ax.get_subplotspec()
    return 0.8 * figure_of(ax).get_figwidth() / (place.get_gridspec().ncols if place else 1)


def caption(run: Run) -> str:
    """One line that says what a run is: name, treatment, size, seed."""
    weight = f", w = {run.setting('selection.accuracy_weight'):g}" if run.is_weighted else ""
    weight += f", {survivors} survive" if (survivors := run.setting("selection.survivors")) else ""
    weight += f", crossover {share:g}" if (share := run.setting("reproduction.crossover")) else ""
    size = f"{run.setting('population.islands')} × {run.setting('population.size')}"
    name = run.name if len(run.name) <= 40 else f"{run.name[:39]}…"
    return f"{name}: {run.scheme}{weight}, {size} individuals, seed {run.manifest['seed']}"


def caption_of_lineage(run: Run) -> str:
    """`caption`, and whom lines follow where children may have two parents."""
    two = run.setting("reproduction.crossover") > 0
    return f"{caption(run)}; of two parents the first is followed" if two else caption(run)
