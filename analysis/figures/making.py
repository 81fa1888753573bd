"""The figures of a run as files: `make` of a run that is read, `make_of` of one that need not fit into memory."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from alife.errors import UserError
from alife.format import files
from alife.words import size
from analysis.data.run import Run, load_run, name_of
from analysis.figures import registry
from analysis.figures.memory import free
from analysis.figures.saving import FORMATS, attempt

_log = logging.getLogger(__name__)

OF: Final = {"assay": "assays", "replays": "replays", "paper": "the seed paper", "treatments": "sweeps"}
"""Whose a figure is that is none of a run's."""
MANY: Final = 1_000_000
"""Births from which on a run is not read whole: each figure reads the columns that it is drawn from."""


def folder_of(path: str) -> Path:
    """Where the figures of a run go: `figures` in its folder or, if that is not on this machine, NAME-figures here.

    Raises:
        UserError: It is a link, and would lead elsewhere.
    """
    return Path(f"{name_of(path)}-figures") if files.is_remote(path) else own_folder(files.local(path), "figures")


def own_folder(root: Path, name: str) -> Path:
    """A folder for figures below one that somebody else may have made.

    Raises:
        UserError: It is a link, and would lead elsewhere.
    """
    try:
        return files.inside(root, name)
    except OSError as error:
        raise UserError(str(error.strerror)) from None


def make(
    run: Run,
    names: Sequence[str] | None = None,
    folder: str | Path | None = None,
    say: Callable[[str], None] = _log.warning,
    formats: Sequence[str] = FORMATS,
    dpi: float | None = None,
) -> list[Path]:
    """Draw figures of a run as PNG, SVG and PDF. One that cannot be drawn is reported in a line; the others are made.

    Args:
        run: With births.
        names: Keys of `registry.PLOTS`; all if None.
        folder: Where to save; `folder_of` the run if None.
        say: Takes the lines.
        formats: A file each.
        dpi: Pixels an inch of what is no vector graphic; matplotlib's savefig.dpi if None, here 200 unless it is set.

    Returns:
        The files, in the order of names and formats.

    Raises:
        UserError: A name is unknown, or the folder cannot be written.
    """
    wanted = list(registry.PLOTS) if names is None else list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in registry.PLOTS]:
        raise UserError(_unknown(unknown[0]))
    if run.generations.empty:
        say(f"{run.path}: no committed generation yet, nothing to draw: wait for its first")
        return []
    if folder is None:
        folder = folder_of(run.path)
    return [
        path
        for name in wanted
        for path in attempt(name, partial(registry.PLOTS[name].draw, run), folder, say, formats, dpi)
    ]


def _unknown(name: str) -> str:
    """Why a run has no such figure."""
    known = f"those of a run are {', '.join(registry.PLOTS)}"
    if name in registry.SWEEP:
        return f"{name}: a figure of sweeps, and this is a run: 'alife report SWEEP' draws it; {known}"
    if name in registry.FIGURES:
        return f"{name}: a figure of {OF[registry.FIGURES[name].takes]}, and this is a run; {known}"
    return f"{name}: no such figure: known are {', '.join(registry.PLOTS)}"


def make_of(
    uri: str,
    names: Sequence[str] | None = None,
    folder: str | Path | None = None,
    say: Callable[[str], None] = _log.warning,
    formats: Sequence[str] = FORMATS,
    dpi: float | None = None,
) -> list[Path]:
    """As `make`, of a run that need not fit into memory: of more than `MANY` births each figure reads its own.

    A figure that would take more memory than is free is left out with a line.
    """
    run = load_run(uri, births=False)
    born = sum(part["rows"] for part in run.manifest["parts"]["births"])
    if born <= MANY or run.generations.empty:
        return make(load_run(uri), names, folder, say, formats, dpi)
    made = make(run, [], folder, say, formats, dpi)  # names and folder are looked at before anything is read
    for name in dict.fromkeys(registry.PLOTS if names is None else names):
        plot, room = registry.PLOTS.get(name), free()
        if plot and plot.columns != () and (takes := born * plot.bytes) > room:
            why = f"of {born:,} births it takes about {size(takes)}, and {size(room)} are free here"
            say(f"figure {name} is left out: {why}: 'alife plot {uri} {name}' draws it on a larger machine")
            continue
        columns = plot.columns if plot else ()
        own = load_run(uri, births=columns != (), columns=columns)
        made += make(own, [name], folder, say, formats, dpi)
    return made
