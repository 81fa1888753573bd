"""The project's matplotlib style, below whatever the user has set: `styled` around all that draws or saves, and `look`
for the properties that a caller of a figure gives.

`styled` is the only place that sets rcParams.
"""

import functools
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.cbook import normalize_kwargs
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.lines import Line2D

from analysis.figures.palette import CYCLE, INK

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


@dataclass(frozen=True)
class Wanted:
    """What stands beside the axes of the figure that is drawn."""

    title: bool = True
    legend: bool = True
    colorbar: bool = True


_WHOLE: Final = Wanted()
WANTED: Final = ContextVar("WANTED", default=_WHOLE)
"""Of the figure that is drawn now."""
_GIVEN: Final[ContextVar[Collection[str]]] = ContextVar("_GIVEN", default=())


@contextmanager
def styled(rc: Mapping[str, Any] | None = None) -> Iterator[None]:
    """The project's style while figures are drawn or saved, below whatever a matplotlibrc, a style or a hand has set.

    Whatever was set before comes back. Letters that no font has are drawn as boxes without a word.

    Args:
        rc: rcParams that go before all others; they count as set where they are matplotlib's defaults, too.
    """
    given: Any = {name: value for name, value in (rc or {}).items() if not name.startswith("backend")}
    before = _GIVEN.set({*_GIVEN.get(), *given})
    try:
        with mpl.rc_context(given), mpl.rc_context(_ours()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            yield
    finally:
        _GIVEN.reset(before)


def _ours() -> Any:
    """What of the project's style the user has not set."""
    size = SET["font.size"] if is_set("font.size") else FONT_SIZE
    ours = RC | {"font.size": size, "font.family": list(_families())}
    ours |= {name: share * size for name, share in SIZES.items()}
    if not any(map(is_set, (*COLOURS, "axes.facecolor", "figure.facecolor"))):
        ours |= COLOURS
    return {name: value for name, value in ours.items() if not is_set(name)}


def is_set(name: str) -> bool:
    """Whether the user has: for this figure, in a matplotlibrc, or to something else than matplotlib's default."""
    return name in _GIVEN.get() or name in _in_matplotlibrc() or bool(SET[name] != DEFAULTS[name])


@functools.cache
def _in_matplotlibrc() -> Collection[str]:
    file = mpl.matplotlib_fname()
    return frozenset(mpl.rc_params_from_file(file, fail_on_error=False, use_default_template=False))


@functools.cache
def _families() -> tuple[str, ...]:
    known = {font.name for font in fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in OTHER_SCRIPTS if name in known))


def points(name: str) -> float:
    """Of an rcParam that is a size of text."""
    return float(FontProperties(size=SET[name]).get_size_in_points())


def look(given: Mapping[str, Any], kind: type[Artist] = Line2D, **ours: Any) -> dict[str, Any]:
    """The project's properties of a mark, below those that the caller has given, under matplotlib's full names.

    A `color` that is given takes the place of colours that stand for values.
    """
    asked = normalize_kwargs(dict(given), kind)
    mine = normalize_kwargs(ours, kind)
    if "color" in asked:
        mine = {name: value for name, value in mine.items() if name not in ("c", "cmap", "norm", "edgecolor")}
    return mine | asked
