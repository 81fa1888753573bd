"""What a figure is drawn on, and what stands above it: new or given figures and axes, faint titles that fit."""

import textwrap

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.data.run import Run
from analysis.figures.palette import faint
from analysis.figures.style import FONT_SIZE, SET, is_set, points


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


def title(ax: Axes, *lines: str) -> None:
    """Faint lines above axes, each wrapped to their width."""
    ax.set_title("\n".join(fill(ax, line) for line in lines), color=faint(), parse_math=False)


def heading(figure: Figure, *lines: str) -> None:
    """Faint lines above a figure, from its left edge, wrapped to its width."""
    size = points("axes.titlesize")
    width = int(14.5 * figure.get_figwidth() * FONT_SIZE / size)
    text = "\n".join(part for line in lines for part in textwrap.wrap(line, width))
    figure.suptitle(text, ha="left", x=0.01, fontsize=size, color=faint(), parse_math=False)


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
    size = f"{run.setting('population.islands')} × {run.setting('population.size')}"
    name = run.name if len(run.name) <= 40 else f"{run.name[:39]}…"
    return f"{name}: {run.scheme}{weight}, {size} individuals, seed {run.manifest['seed']}"
