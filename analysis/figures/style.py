"""How every figure looks: one matplotlib style, below whatever the user has set, and how a figure is saved.

Nothing here needs a display. `styled()` is the only place that sets rcParams; functions that give colours and sizes
read them, so call those inside it.
"""

import functools
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from alife.errors import UserError
from alife.format import files
from analysis.data.run import Run

OKABE_ITO: Final = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
"""Colours that people with any colour vision tell apart (Okabe and Ito 2008), in the order in which they are used."""

CYCLE: Final = tuple(OKABE_ITO.values())
DASHES: Final = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))
"""Line styles that keep groups apart in greyscale, in the same order."""

LOG_TICKS: Final[tuple[Sequence[float], ...]] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 2, 3, 4, 6, 8),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
)
"""Multiples of powers of ten to put at the ticks of a logarithmic axis: the first that give three. An
axis too short for any has ticks at even steps."""

MAX_DECADES: Final = 8
"""Powers of ten at the ticks of a logarithmic axis; of more, every second or third."""

FOUNDERS: Final = "generation 0: founders"
"""What every legend calls them."""
ZEROS: Final = "ρ = 1: no better than printing zeros"
"""What is said of that line wherever ρ is drawn and reaches it."""

INK: Final = "#333333"
"""Of text and lines on white paper."""

SET: Final[Any] = mpl.rcParams
DEFAULTS: Final[Any] = mpl.rcParamsDefault

COLOURS: Final[dict[str, Any]] = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "grid.color": "#E4E4E4",
    "axes.grid": True,
}
"""They go together: whoever has set one of them, or the paper's colour, has chosen all."""

FONT_SIZE: Final = 8.5
SIZES: Final = {
    "axes.titlesize": 1.0,
    "axes.labelsize": 1.0,
    "xtick.labelsize": 0.88,
    "ytick.labelsize": 0.88,
    "legend.fontsize": 0.88,
    "legend.title_fontsize": 0.88,
    "figure.titlesize": 1.0,
}
"""Shares of font.size."""

RC: Final[dict[str, Any]] = {
    "axes.titlelocation": "left",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=CYCLE),
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "text.hinting": "none",
    "savefig.dpi": 200,
    "svg.hashsalt": "alife",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}

OTHER_SCRIPTS: Final = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo"),
    *("Yu Gothic", "Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS"),
)
"""Fonts that, where they are installed, draw the letters of names that DejaVu Sans lacks."""

FORMATS: Final = ("png", "svg", "pdf")
"""Of a figure's files, if nothing else is asked for."""

METADATA: Final[dict[str, dict[str, Any]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What formats would otherwise write of the time and the program: the same run gives the same file."""


class CannotWrite(UserError):
    """No figure can be saved there."""


@contextmanager
def styled() -> Iterator[None]:
    """The project's style while figures are drawn or saved, below whatever a matplotlibrc, a style or a hand has set.

    Whatever was set before comes back. Letters that no font has are drawn as boxes without a word.
    """
    with mpl.rc_context(_ours()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def _ours() -> Any:
    """What of the project's style the user has not set."""
    size = SET["font.size"] if _is_set("font.size") else FONT_SIZE
    ours = RC | {"font.size": size, "font.family": list(_families())}
    ours |= {name: share * size for name, share in SIZES.items()}
    if not any(map(_is_set, (*COLOURS, "axes.facecolor", "figure.facecolor"))):
        ours |= COLOURS
    return {name: value for name, value in ours.items() if not _is_set(name)}


def _is_set(name: str) -> bool:
    return bool(SET[name] != DEFAULTS[name])


@functools.cache
def _families() -> tuple[str, ...]:
    known = {font.name for font in fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in OTHER_SCRIPTS if name in known))


def paper() -> str:
    """The colour behind everything."""
    colours = (to_rgba(SET[name]) for name in ("axes.facecolor", "figure.facecolor"))
    return next((to_hex(colour) for colour in colours if colour[3]), "#ffffff")


def ink(strength: float = 1.0) -> str:
    """The colour of text and lines, or, with less strength, one between it and the paper."""
    black, white = to_rgba(SET["text.color"]), to_rgba(paper())
    red, green, blue = (strength * b + (1 - strength) * w for b, w in zip(black[:3], white[:3], strict=True))
    return to_hex((red, green, blue))


def faint() -> str:
    """The colour of what stands back."""
    return ink(0.67)


def halo(width: float = 2.4) -> list[AbstractPathEffect]:
    """What sets a line or a word off from what lies beneath."""
    return [withStroke(linewidth=width, foreground=paper())]


def cycle() -> tuple[str, ...]:
    """Colours of groups, in order."""
    return tuple(SET["axes.prop_cycle"].by_key().get("color", CYCLE))


def colour(number: int) -> str:
    """Of a group by its number, from 0; they come again after the last."""
    return cycle()[number % len(cycle())]


def generation_map() -> Colormap:
    """Colours of time: viridis without the end that the paper swallows."""
    return _ramp("viridis", 0.92)


def trait_map() -> Colormap:
    """Colours of a trait: cividis, without the end that would look extinct; what is not finite is vermillion."""
    return _ramp("cividis", 0.87).with_extremes(bad=OKABE_ITO["vermillion"])


def difference_map() -> Colormap:
    """Colours of a difference: the paper's where there is none."""
    return LinearSegmentedColormap.from_list("difference", [OKABE_ITO["vermillion"], paper(), OKABE_ITO["blue"]])


def _ramp(name: str, share: float) -> Colormap:
    low, high = (0.0, share) if np.mean(to_rgba(paper())[:3]) > 0.5 else (1 - share, 1.0)
    return LinearSegmentedColormap.from_list(name, mpl.colormaps[name](np.linspace(low, high, 256)))


def points(name: str) -> float:
    """Of an rcParam that is a size of text."""
    return float(FontProperties(size=SET[name]).get_size_in_points())


def new_figure(width: float = 5.6, height: float = 4.2) -> Figure:
    """An empty figure, in inches, that no window system knows of; a paper's column is 3.4 wide, its page 7.

    It grows with a font.size that the user has set, so that words keep their room; the user's own figure.figsize wins.
    """
    scale = SET["font.size"] / FONT_SIZE if _is_set("font.size") else 1
    size = SET["figure.figsize"] if _is_set("figure.figsize") else (scale * width, scale * height)
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


def figure_of(ax: Axes) -> Figure:
    """The whole figure that axes are on."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def save(
    figure: Figure, folder: str | Path, name: str, formats: Sequence[str] = FORMATS, dpi: float | None = None
) -> list[Path]:
    """Save a figure as folder/name.format in each format; the same figure gives the same bytes.

    Args:
        figure: Drawn.
        folder: Made if it is not there.
        name: Of the files, without the format.
        formats: Any that matplotlib writes.
        dpi: Pixels an inch of what is no vector graphic; matplotlib's savefig.dpi if None.

    Raises:
        CannotWrite: The folder cannot be written.
    """
    paths = [Path(folder) / f"{name}.{kind}" for kind in formats]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with styled(), _laid_out(figure):
            for path, kind in zip(paths, formats, strict=True):
                with files.beside(path) as file:
                    figure.savefig(file, format=kind, dpi=dpi, metadata=METADATA.get(kind))
    except OSError as error:
        raise CannotWrite(f"{folder}: figures cannot be written there: {error.strerror or error}") from None
    return paths


@contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """Lay out once for all formats; it takes longer than drawing."""
    engine = figure.get_layout_engine()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    yield
    figure.set_layout_engine(engine)


def log_axis(ax: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic with plain numbers at its ticks; call it when the limits stand."""
    getattr(ax, f"set_{which}scale")("log")
    axis = getattr(ax, f"{which}axis")
    low, high = axis.get_view_interval()
    exponents = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    exponents = exponents[exponents % -(-len(exponents) // MAX_DECADES) == 0]
    for subs in LOG_TICKS:
        ticks = np.multiply.outer(10**exponents, subs)
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        if len(ticks) >= 3:
            break
    else:
        ticks = MaxNLocator(nbins=5).tick_values(low, high)
    axis.set_major_locator(FixedLocator(np.sort(ticks).tolist()))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
    getattr(ax, f"set_{which}lim")(low, high)


def zeros(ax: Axes) -> None:
    """Draw ρ = 1 where what is drawn of ρ, along y, reaches it."""
    if ax.dataLim.y1 >= 1:
        ax.axhline(1, color=ink(), lw=0.9, ls=(0, (1, 2)), label=ZEROS, zorder=1.2)


def generation_axis(axis: Axis, first: int | None = None, last: int | None = None) -> None:
    """Ticks at round generations, and, if they are given, room for generations `first` to `last`."""
    axis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    if first is not None and last is not None:
        room = max(0.03 * (last - first), 0.6 if last - first < 20 else 0)
        axis.axes.set_xlim(first - room, last + room)


def title(ax: Axes, text: str) -> None:
    """A faint title, in as many lines as the width of the axes takes."""
    ax.set_title(fill(ax, text), color=faint(), parse_math=False)


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
    scheme = run.setting("selection.scheme")
    weight = "" if scheme in ("drift", "nsga2") else f", w = {run.setting('selection.accuracy_weight'):g}"
    size = f"{run.setting('population.islands')} × {run.setting('population.size')}"
    name = run.name if len(run.name) <= 40 else f"{run.name[:39]}…"
    return f"{name}: {scheme}{weight}, {size} individuals, seed {run.manifest['seed']}"
