"""Static figures on a page: drawn, or taken from beside it, each with a sentence on how to read it."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from alife.format.files import is_remote, local, read
from analysis.data.run import Run
from analysis.figures import registry
from analysis.report.page import Picture
from analysis.tables import Link

CSS_PIXELS: Final = 96
"""Of an inch: figures are shown at their size."""

MOST_PNG: Final = 1 << 25
"""Bytes of a figure on a page at most."""

HOW_TO_READ: Final = {
    "plane": "Up and to the left is better. Each point is one individual; steps are the Pareto fronts of some "
    "generations. Founders stand far right: nobody printed their genomes.",
    "traits": "Every panel has the generations below; where the islands' thin lines leave the band, islands differ.",
    "hypervolume": "Higher: that generation's individuals dominate more of the plane, measured from a fixed point.",
    "selection": "Right of 0: parents have more of the trait than those they won from. Fidelity is −log₁₀ of an error.",
    "price": "The black line is what changed; the others add up to it. What chance did is not selection.",
    "phylogeny": "Time runs to the right; those alive at the end are the tips, and a fork is their common ancestor.",
    "phylogeny_rho": "The same tree: bluer branches print their genomes better.",
    "muller": "Each colour is a clade, as high as its share of the generation; those that fill the picture swept.",
    "descent": "From founder to dominant, one individual a generation; in grey, everybody else.",
    "geneflow": "How far migrants carried genomes: off the diagonal, ancestors lived on another island.",
}
"""What to look for in a figure of `analysis.figures.registry.PLOTS`."""


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
    made = (
        {path.stem for path in registry.make(run, stale, files.folder, say, files.formats, files.dpi)}
        if stale
        else set()
    )
    return [_picture(name, files) for name in registry.PLOTS if name not in stale or name in made]


def _picture(name: str, files: Files) -> Picture:
    title = registry.PLOTS[name].description
    caption = f"{title[0].upper()}{title[1:]}. {HOW_TO_READ.get(name, '')}".strip()
    return picture(name, files.png(name), title, caption, files.links(name))


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
