"""What replays of a run's history say: `publish` gives a sentence a trait, and draws their fan."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from alife.format import files
from analysis.data.run import Run
from analysis.figures.futures import futures as fan
from analysis.figures.saving import FORMATS, attempt
from analysis.studies.futures import futures, say


def publish(
    original: Run,
    replays: Sequence[Run],
    folder: str | None,
    formats: Sequence[str] = FORMATS,
    dpi: float | None = None,
) -> list[str]:
    """A sentence for each trait, and the fan drawn as FOLDER/figures/futures.png, .svg and .pdf.

    Args:
        original: With births.
        replays: As in `futures`.
        folder: That of the replays; without one nothing is drawn. If it is not on this machine the figure goes to a
            folder NAME-figures here.
        formats: A file each.
        dpi: Pixels an inch of what is no vector graphic.

    Raises:
        UserError: As `futures`, or nothing can be written there.
    """
    fans = futures(original, replays)
    lines = [say(future) for future in fans]
    if folder is not None and fans:
        name = PurePosixPath(folder.rstrip("/")).name
        place = Path(f"{name}-figures") if files.is_remote(folder) else files.local(folder) / "figures"
        drawn = attempt("futures", partial(fan, original, replays), place, lines.append, formats, dpi)
        lines += [", ".join(map(str, drawn))] if drawn else []
    return lines
