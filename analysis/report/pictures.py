"""Static figures on a page: drawn, or taken from beside it, each with a sentence on how to read it."""

import os
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from analysis import plots
from analysis.report.page import Link, Picture
from analysis.run import Run
from analysis.style import FORMATS

CSS_PIXELS: Final = 96 / 200
"""Of one of a figure's: figures are saved at 200 an inch and shown at their size."""

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
"""What to look for in a figure of `analysis.plots.PLOTS`."""


def run_pictures(run: Run, folder: Path, beside: Path, say: Callable[[str], None]) -> list[Picture]:
    """The figures of a run in the order of `PLOTS`; those already there that are younger than its last commit, and
    all others drawn.

    Args:
        run: With births.
        folder: Where they lie.
        beside: The page's folder.
        say: Takes a line for each that cannot be drawn.
    """
    stale = [name for name in plots.PLOTS if not _fresh(run, folder, name)]
    if stale:
        plots.make(run, stale, folder, say)
    there = [name for name in plots.PLOTS if name not in stale or (folder / f"{name}.png").exists()]
    return list(pictures(there, folder, beside))


def pictures(names: Iterable[str], folder: Path, beside: Path) -> Iterable[Picture]:
    """Figures that lie in a folder."""
    for name in names:
        png = (folder / f"{name}.png").read_bytes()
        files = [Link(kind.upper(), relative(folder / f"{name}.{kind}", beside)) for kind in FORMATS]
        title = plots.PLOTS[name].description
        caption = f"{title[0].upper()}{title[1:]}. {HOW_TO_READ.get(name, '')}".strip()
        yield picture(name, png, title, caption, files)


def picture(name: str, png: bytes, alt: str, caption: str, files: Iterable[Link] = ()) -> Picture:
    """A figure from the bytes of its PNG, in its real size."""
    width = struct.unpack(">I", png[16:20])[0]
    return Picture(name, png, round(width * CSS_PIXELS), alt, caption, tuple(files))


def _fresh(run: Run, folder: Path, name: str) -> bool:
    manifest = Path(run.path).expanduser() / "manifest.json"
    files = [folder / f"{name}.{kind}" for kind in FORMATS]
    if "://" in run.path or not all(file.exists() for file in files):
        return False
    return min(file.stat().st_mtime for file in files) > manifest.stat().st_mtime


def relative(file: Path, folder: Path) -> str:
    """The path from a page's folder to a file."""
    return Path(os.path.relpath(file, folder)).as_posix()
