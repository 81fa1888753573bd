"""Figures that are drawn after the work is on record: one that cannot be drawn is a line and costs nothing else."""

import logging
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from alife.errors import UserError
from analysis.figures import style

_log = logging.getLogger(__name__)


def attempt(
    name: str,
    draw: Callable[[], Figure],
    folder: str | Path,
    say: Callable[[str], None],
    formats: Sequence[str] = style.FORMATS,
    dpi: float | None = None,
) -> list[Path]:
    """Draw a figure and save it.

    Args:
        name: Of its files.
        draw: Draws it.
        folder: Where it goes.
        say: Takes the line that says why there is none.
        formats: A file each.
        dpi: Pixels an inch of what is no vector graphic.

    Returns:
        The files; none if the figure was left out.

    Raises:
        style.CannotWrite: The folder cannot be written, so that no other figure can be saved either.
    """
    began = time.monotonic()
    try:
        files = style.save(draw(), folder, name, formats, dpi)
        _log.info("figure %s in %.1f s", name, time.monotonic() - began)
        return files
    except style.CannotWrite:
        raise
    except UserError as error:
        why = str(error)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    say(f"figure {name} is left out: {' '.join(why.split())}")
    return []
