"""What every figure takes: wrap the function that draws one in `figure`.

It is drawn in the project's style, below the user's, and takes `title`, `legend`, `colorbar` and `rc` beside its own
arguments, which its signature and its docstring then have. What stands above, below and beside the axes goes through
`analysis.figures.canvas` and `analysis.figures.legends`, where `style.WANTED` is looked at.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, ParamSpec, TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import enter
from analysis.data.run import Run
from analysis.figures import canvas
from analysis.figures.style import WANTED, Wanted, styled

P = ParamSpec("P")
Drawn = TypeVar("Drawn", Axes, Figure)

TAKEN: Final[Mapping[str, tuple[Any, Any]]] = {
    "title": (bool | str | None, True),
    "legend": (bool, True),
    "colorbar": (bool, True),
    "rc": (Mapping[str, Any] | None, None),
}
"""Type and default of what every figure takes, by name."""
EXPLAINED: Final = """\
        title: Words to put in place of the figure's own above it; none if False or None.
        legend: Whether to draw it, if the figure has one.
        colorbar: Likewise; names of panels stay.
        rc: rcParams for this figure, before all others, also where they are matplotlib's defaults.
"""


def figure(draw: Callable[P, Drawn]) -> Callable[P, Drawn]:
    """A function of a figure from one that draws it."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Drawn:
        given: dict[str, Any] = {name: kwargs.pop(name, default) for name, (_, default) in TAKEN.items()}
        words = given["title"]
        enter(next(_manifests([*args, *kwargs.values()]), {}))
        wanted = WANTED.set(Wanted(words is True, bool(given["legend"]), bool(given["colorbar"])))
        try:
            with styled(given["rc"]):
                out = draw(*args, **kwargs)
                if isinstance(words, str):
                    canvas.write_above(out, words)
                return out
        finally:
            WANTED.reset(wanted)

    signature = inspect.signature(draw)
    *own, style = signature.parameters.values()
    more: list[inspect.Parameter] = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in TAKEN.items()
    ]
    drawn.__signature__ = signature.replace(parameters=[*own, *more, style])  # type: ignore[attr-defined]
    drawn.__doc__ = (draw.__doc__ or "").replace("        style: ", f"{EXPLAINED}        style: ", 1)
    return drawn


def _manifests(data: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """What is on record of each run, and of the run of each assay, among what a figure is drawn of."""
    for each in data:
        if isinstance(each, Run):
            yield each.manifest
        elif isinstance(about := getattr(each, "about", None), Mapping):
            yield {"task": about}
        elif isinstance(each, Mapping | list | tuple):
            yield from _manifests(each.values() if isinstance(each, Mapping) else each)
