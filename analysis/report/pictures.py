"""Static figures on a page: drawn, or taken from beside it, each with a sentence on how to read it."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from alife.errors import UserError
from alife.format.files import is_remote, local, read
from alife.traits import spoken
from analysis.data.run import Run
from analysis.data.sweep import Sweep
from analysis.figures import making, registry
from analysis.figures.saving import attempt
from analysis.report.page import Picture
from analysis.studies.treatments import families
from analysis.tables import Link

CSS_PIXELS: Final = 96
"""Of an inch: figures are shown at their size."""

MOST_PNG: Final = 1 << 25
"""Bytes of a figure on a page at most."""


@dataclass(frozen=True)
class Files:
    """Where a page's figures lie, and what they are saved as.

    Attributes:
        folder: Theirs.
        beside: The page's.
        formats: PNG first.
        dpi: Pixels an inch of a PNG, if not the style's.
    """

    folder: Path
    beside: Path
    formats: Sequence[str]
    dpi: float | None = None

    def links(self, name: str) -> list[Link]:
        """To the files of a figure."""
        return [Link(kind.upper(), relative(self.folder / f"{name}.{kind}", self.beside)) for kind in self.formats]

    def png(self, name: str) -> bytes:
        """The picture of a figure, cut where it is too large for a page."""
        return read(self.folder, f"{name}.png", MOST_PNG)


def run_pictures(run: Run, files: Files, say: Callable[[str], None]) -> list[Picture]:
    """The figures of a run in the order of `PLOTS`; those already there that are younger than its last commit, and
    all others drawn.

    Args:
        run: With births.
        files: Where they lie.
        say: Takes a line for each that cannot be drawn.
    """
    stale = [name for name in registry.PLOTS if not _fresh(run, files, name)]
    drawn = making.make(run, stale, files.folder, say, files.formats, files.dpi) if stale else []
    made = {path.stem for path in drawn}
    return [_picture(name, files) for name in registry.PLOTS if name not in stale or name in made]


def _picture(name: str, files: Files) -> Picture:
    title = spoken(registry.PLOTS[name].description)
    caption = f"{title[0].upper()}{title[1:]}. {spoken(registry.PLOTS[name].read)}".strip()
    return picture(name, files.png(name), title, caption, files.links(name))


def sweep_pictures(sweep: Sweep, files: Files, say: Callable[[str], None]) -> list[Picture]:
    """All figures of a sweep, drawn: one set for each group of treatments that differ by selection alone.

    Args:
        sweep: From `analysis.studies.treatments.load`.
        files: Where they go.
        say: Takes a line for each that cannot be drawn.
    """
    out = []
    groups = families(sweep.groups, "selection")
    alone = {label: runs for label, runs in sweep.groups.items() if not any(label in family for family in groups)}
    for number, family in enumerate([*groups, *([alone] if alone else [])]):
        whose = ", ".join(family)
        for name in registry.SWEEP:
            stem, how = name if number == 0 else f"{name}-{number + 1}", spoken(registry.FIGURES[name].among)
            draw, said = partial(_of_family, name, family, sweep.whole), list[str]()
            if attempt(stem, draw, files.folder, said.append, files.formats, files.dpi):
                out.append(picture(stem, files.png(stem), f"{how} Treatments: {whose}.", how, files.links(stem)))
            for line in said:
                say(f"{line} (treatments: {whose})")
    return out


def _of_family(name: str, family: Mapping[str, Sequence[Run]], whole: bool) -> Any:
    if not (whole or registry.FIGURES[name].ends):
        raise UserError("the sweep is too large for it: name fewer runs")
    return registry.FIGURES[name].draw(family)


def picture(name: str, png: bytes, alt: str, caption: str, links: Iterable[Link] = ()) -> Picture:
    """A figure from the bytes of its PNG, in its real size."""
    return Picture(name, png, round(inches(png) * CSS_PIXELS), alt, caption, tuple(links))


def inches(png: bytes) -> float:
    """How wide a PNG is meant to be.

    Raises:
        ValueError: It is none, or does not say so.
    """
    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            return float(image.width / image.info["dpi"][0])
    except (OSError, SyntaxError, KeyError, ArithmeticError, Image.DecompressionBombError) as error:
        raise ValueError(f"not a figure: {error}") from None


def _fresh(run: Run, files: Files, name: str) -> bool:
    if files.dpi or is_remote(run.path):
        return False
    manifest = local(run.path) / "manifest.json"
    paths = [files.folder / f"{name}.{kind}" for kind in files.formats]
    if any(path.is_symlink() or not path.is_file() for path in paths):
        return False
    try:
        inches(files.png(name))
    except (OSError, ValueError):
        return False
    return min(path.stat().st_mtime for path in paths) > manifest.stat().st_mtime


def relative(file: Path, folder: Path) -> str:
    """The path from a page's folder to a file."""
    return Path(os.path.relpath(file, folder)).as_posix()
