"""Figures as files: `save` gives the same bytes of the same figure, `attempt` says in a line why there is none."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.format import files
from analysis.figures.canvas import figure_of
from analysis.figures.style import styled

_log = logging.getLogger(__name__)

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


def save(
    drawn: Axes | Figure, folder: str | Path, name: str, formats: Sequence[str] = FORMATS, dpi: float | None = None
) -> list[Path]:
    """Save a figure as folder/name.format in each format; the same figure gives the same bytes.

    Args:
        drawn: A figure, or axes on it.
        folder: Made if it is not there.
        name: Of the files, without the format.
        formats: Any that matplotlib writes.
        dpi: Pixels an inch of what is no vector graphic; matplotlib's savefig.dpi if None.

    Raises:
        CannotWrite: The folder cannot be written.
    """
    figure = figure_of(drawn)
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
    with rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)  # with "none" savefig would draw each format twice
    yield
    figure.set_layout_engine(engine)


def attempt(
    name: str,
    draw: Callable[[], Axes | Figure],
    folder: str | Path,
    say: Callable[[str], None],
    formats: Sequence[str] = FORMATS,
    dpi: float | None = None,
) -> list[Path]:
    """Draw a figure and save it.

    Args:
        name: Of its files.
        draw: Draws it, and gives its axes or the figure.
        folder: Where it goes.
        say: Takes the line that says why there is none.
        formats: A file each.
        dpi: Pixels an inch of what is no vector graphic.

    Returns:
        The files; none if the figure was left out.

    Raises:
        CannotWrite: The folder cannot be written, so that no other figure can be saved either.
    """
    began = time.monotonic()
    try:
        made = save(draw(), folder, name, formats, dpi)
        _log.info("figure %s in %.1f s", name, time.monotonic() - began)
        return made
    except CannotWrite:
        raise
    except UserError as error:
        why = str(error)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    say(f"figure {name} is left out: {' '.join(why.split())}")
    return []
