"""From a folder to its page and the figures beside it."""

import os
from pathlib import Path
from typing import Final

from alife.errors import UserError
from analysis.report import of_run
from analysis.report.page import Page, render
from analysis.report.pictures import run_pictures
from analysis.run import load_run

NAME: Final = "report.html"


def report(path: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, digest: str | None = None) -> Path:
    """Write the page of a run, and its figures beside it.

    Args:
        path: The run's folder, or its address.
        out: The file to write; report.html in the run's folder if None, with figures in its folder figures, or, if that
            is not on this machine, NAME-report.html here. Figures of another FILE.html lie in FILE-figures.
        digest: SHA-256 over all births, to be shown.

    Returns:
        The page.

    Raises:
        UserError: No run there, a damaged one, or a place that cannot be written.
    """
    run = load_run(path)
    file, figures = places(os.fspath(path), run.name, out)
    said: list[str] = []
    pictures = run_pictures(run, figures, file.parent, said.append)
    return save(of_run.page(run, pictures, said, digest), file)


def places(path: str, name: str, out: str | os.PathLike[str] | None) -> tuple[Path, Path]:
    """Where the page and its figures go."""
    if out is None and "://" not in path:
        folder = Path(path).expanduser()
        return folder / NAME, folder / "figures"
    file = Path(f"{name}-{NAME}" if out is None else out).expanduser()
    return file, file.with_name(f"{file.stem}-figures")


def save(page: Page, file: Path) -> Path:
    """Write the page.

    Raises:
        UserError: It cannot be written there.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(render(page), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
    return file
