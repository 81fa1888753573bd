"""How every figure looks: one matplotlib style, its colours, and how it is saved. Nothing here needs a display."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from alife.errors import UserError
from analysis.run import Run

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

GENERATION_MAP: Final[Colormap] = LinearSegmentedColormap.from_list(
    "generation", mpl.colormaps["viridis"](range(0, 236))[:, :3]
)
"""Colours of time: viridis without its palest end, which white paper swallows."""
TRAIT_MAP: Final[Colormap] = mpl.colormaps["cividis"]
"""Colours of a trait."""
DIFFERENCE_MAP: Final[Colormap] = LinearSegmentedColormap.from_list(
    "difference", [OKABE_ITO["vermillion"], "#FFFFFF", OKABE_ITO["blue"]]
)
"""Colours of a difference, white where there is none."""

LOG_TICKS: Final[tuple[Sequence[float], ...]] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 2, 3, 4, 6, 8),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
)
"""Multiples of powers of ten to put at the ticks of a logarithmic axis: the first that give three. An
axis too short for any has ticks at even steps."""

FOUNDERS: Final = "generation 0: founders"
"""What every legend calls them."""

INK: Final = "#333333"
FAINT: Final = "#767676"

RC: Final[Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=CYCLE),
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "text.hinting": "none",
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 200,
    "svg.hashsalt": "alife",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}

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
    """The project's style while figures are drawn or saved; whatever was set before comes back."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


def new_figure(width: float = 5.6, height: float = 4.2) -> Figure:
    """An empty figure, in inches, that no window system knows of; a paper's column is 3.4 wide, its page 7."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
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
                figure.savefig(path, format=kind, dpi=dpi, metadata=METADATA.get(kind))
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


def legend(target: Axes, axes: Sequence[Axes] = (), below: float = 0) -> None:
    """Put a legend on `target` for all that `axes` name; what shares a name shares an entry, a line upon its band.

    Founders come last; long names go on in a second line. With `below`, it stands so many points under the axes,
    whatever their size.
    """
    groups: dict[str, list[Artist]] = {}
    for ax in axes or (target,):
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            groups.setdefault(label, []).append(handle)
    entries, handlers = {}, {}
    for label, handles in sorted(groups.items(), key=lambda group: group[0].startswith(FOUNDERS)):
        kinds = {type(handle): handle for handle in handles}
        looks = {str(handle.get_color()): handle for handle in handles if isinstance(handle, Line2D)}
        entry = tuple(looks.values()) if len(kinds) == 1 and len(looks) > 1 else tuple(kinds.values())
        handlers[entry] = HandlerTuple(ndivide=None if len(kinds) == 1 else 1)
        entries[label] = entry
    look: Any = {"handler_map": handlers, "loc": "upper left", "borderaxespad": 0, "labelspacing": 0.7}
    if below:
        down = ScaledTranslation(0, -below / 72, figure_of(target).dpi_scale_trans)
        look |= {"bbox_to_anchor": (0, 0), "bbox_transform": target.transAxes + down}
    if entries:
        length = int(16.5 * (_width(target) - 0.45))
        names = [textwrap.fill(_unbroken(label), length) for label in entries]
        for text in target.legend(list(entries.values()), names, handlelength=2.8, **look).get_texts():
            text.set_parse_math(False)


def _unbroken(label: str) -> str:
    """With no-break spaces where a line must not end."""
    for text in (" %", "n = ", "n ≤ "):
        label = label.replace(text, text.replace(" ", "\u00a0"))
    return label


def generation_axis(axis: Axis, first: int | None = None, last: int | None = None) -> None:
    """Ticks at round generations, and, if they are given, room for generations `first` to `last`."""
    axis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    if first is not None and last is not None:
        room = max(0.03 * (last - first), 0.6 if last - first < 20 else 0)
        axis.axes.set_xlim(first - room, last + room)


def title(ax: Axes, text: str) -> None:
    """A faint title, in as many lines as the width of the axes takes."""
    ax.set_title(fill(ax, text), color=FAINT, parse_math=False)


def fill(ax: Axes, text: str) -> str:
    """The text in lines that are not longer than the axes are wide."""
    return textwrap.fill(text, int(14 * _width(ax)))


def _width(ax: Axes) -> float:
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
