"""Legends: what shares a name shares an entry, long names go on in a second line, and none is cut off."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from analysis.figures import canvas, scales, style


def of_axes(target: Axes, axes: Sequence[Axes] = (), below: bool = False) -> None:
    """Put a legend on `target` for all that `axes` name, a line upon its band; founders come last.

    With `below`, it stands under the axis label, if the figure makes room for it; else inside the axes, where there is
    most room.
    """
    if not style.WANTED.get().legend:
        return
    entries, handlers = {}, {}
    for label, handles in sorted(_groups(axes or (target,)).items(), key=lambda g: g[0].startswith(scales.FOUNDERS)):
        kinds = {type(handle): handle for handle in handles}
        lines = ((handle[0] if isinstance(handle, ErrorbarContainer) else handle, handle) for handle in handles)
        looks = {str(line.get_color()): handle for line, handle in lines if isinstance(line, Line2D)}
        entry = tuple(looks.values()) if len(kinds) == 1 and len(looks) > 1 else tuple(kinds.values())
        handlers[entry] = HandlerTuple(ndivide=None if len(kinds) == 1 else 1)
        entries[label] = entry
    if not entries:
        return
    size = style.points("legend.fontsize") / (style.FONT_SIZE * style.SIZES["legend.fontsize"])
    look: dict[str, Any] = {"loc": "upper left", "borderaxespad": 0}
    if below and _makes_room(canvas.figure_of(target)):
        down = (34 + 11 * target.get_xlabel().count("\n")) * size
        shift = ScaledTranslation(0, -down / 72, canvas.figure_of(target).dpi_scale_trans)
        look |= {"bbox_to_anchor": (0, 0), "bbox_transform": target.transAxes + shift}
    elif below:
        look = {"loc": "best", "frameon": True, "framealpha": 0.8}
    length = max(int(16.5 * (canvas.width_of(target) - 0.45) / size), 12)
    names = [textwrap.fill(_unbroken(label), length) for label in entries]
    look |= {"handler_map": handlers, "labelspacing": 0.7, "handlelength": 2.8}
    _plain(target.legend(list(entries.values()), names, **look))


def of_figure(figure: Figure, axes: Iterable[Axes], columns: int = 1, place: str = "left", **look: Any) -> None:
    """Put one legend for all axes below them, each name once."""
    if not style.WANTED.get().legend:
        return
    handles: dict[str, Artist] = {}
    for label, group in _groups(axes).items():
        handles[label] = group[0]
    if handles:
        where: Any = f"outside lower {place}"
        _plain(figure.legend([*handles.values()], [*handles], loc=where, ncols=columns, **look))


def _groups(axes: Iterable[Axes]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            groups.setdefault(label, []).append(handle)
    return groups


def _makes_room(figure: Figure) -> bool:
    engine = figure.get_layout_engine()
    return engine is not None and not isinstance(engine, PlaceHolderLayoutEngine)


def _plain(legend: Legend) -> None:
    """Names are shown as they are written."""
    for text in legend.get_texts():
        text.set_parse_math(False)


def _unbroken(label: str) -> str:
    """With no-break spaces where a line must not end."""
    for text in (" %", "n = ", "n ≤ "):
        label = label.replace(text, text.replace(" ", "\u00a0"))
    return label
