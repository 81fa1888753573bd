"""From a folder to its page and the figures beside it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from alife.errors import written
from alife.format.files import is_remote, local, replace
from analysis.data.run import load_run
from analysis.data.treatments import find_runs
from analysis.figures import making, saving
from analysis.report import of_run, of_sweep
from analysis.report.page import Page, render
from analysis.report.pictures import Files, run_pictures, sweep_pictures
from analysis.studies import treatments

NAME: Final = "report.html"


def report(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    digest: Callable[[str], str] | None = None,
    formats: Sequence[str] = saving.FORMATS,
    dpi: float | None = None,
) -> Path:
    """Write the page of a run, or of all runs below a folder, and its figures beside it.

    Args:
        path: The folder of a run, or of a sweep, or its address.
        out: The file to write; report.html in the folder if None, with figures in its folder figures, or, if that is
            not on this machine, NAME-report.html here. Figures of another FILE.html lie in FILE-figures.
        digest: Gives the SHA-256 over all births of a run, to be shown.
        formats: Of the figures beside the page; PNG, which it shows, comes first in any case.
        dpi: Pixels an inch of a PNG, 200 if None and nothing is set.

    Returns:
        The page.

    Raises:
        UserError: No run there, a damaged one, or a place that cannot be written.
    """
    folder = os.fspath(path)
    file, figures = places(folder, out)
    figures = making.own_folder(figures.parent, figures.name)
    said: list[str] = []
    files = Files(figures, file.parent, tuple(dict.fromkeys(("png", *formats))), dpi)
    if find_runs(folder) == [folder]:
        run = load_run(folder)
        pictures = [] if run.generations.empty else run_pictures(run, files, said.append)
        return save(of_run.page(run, pictures, said, digest(folder) if digest else None), file)
    sweep = treatments.load(folder)
    pictures = sweep_pictures(sweep, files, said.append)
    return save(of_sweep.page(sweep, pictures, said, file.parent), file)


def places(path: str, out: str | os.PathLike[str] | None) -> tuple[Path, Path]:
    """Where the page and its figures go."""
    if out is None and not is_remote(path):
        folder = local(path)
        return folder / NAME, folder / "figures"
    name = path.rstrip("/").rpartition("/")[2]
    file = Path(f"{name}-{NAME}" if out is None else out).expanduser()
    return file, file.with_name(f"{file.stem}-figures")


def save(page: Page, file: Path) -> Path:
    """Write the page.

    Raises:
        UserError: It cannot be written there.
    """
    with written(file):
        replace(file, render(page).encode(errors="backslashreplace"))
    return file
