"""The figures of a run by name: what `alife plot` offers and what every run ends with."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from alife import files
from alife.errors import UserError
from analysis import clades, descent, forces, geneflow, style, tradeoff, trajectories, trees
from analysis.drawing import attempt
from analysis.run import Run, name_of


@dataclass(frozen=True)
class PlotFunction:
    """One figure: a line that says what it shows, and the function that draws it."""

    description: str
    draw: Callable[[Run], Figure]


PLOTS: dict[str, PlotFunction] = {
    "plane": PlotFunction(
        "trade-off plane: accuracy against ρ, coloured by generation, with Pareto fronts and the noise floor",
        lambda run: style.figure_of(tradeoff.plane(run)),
    ),
    "traits": PlotFunction(
        "trajectories: accuracy, ρ and L_SR, copying error, self error, squared genome norm and deaths by generation",
        trajectories.traits,
    ),
    "hypervolume": PlotFunction(
        "hypervolume that each generation dominates on the trade-off plane",
        lambda run: style.figure_of(tradeoff.hypervolume_by_generation(run)),
    ),
    "selection": PlotFunction("selection differentials by trait, realised and expected", forces.selection),
    "price": PlotFunction("the Price equation by trait: components of change, cumulated", forces.cumulated),
    "phylogeny": PlotFunction(
        "phylogeny through time: branches coloured by accuracy, islands at the tips, the MRCA", trees.time_phylogeny
    ),
    "phylogeny_rho": PlotFunction(
        "the same, branches coloured by log ρ", lambda run: trees.time_phylogeny(run, "replication_error")
    ),
    "muller": PlotFunction("Muller plot: shares of the clades that mattered", clades.muller),
    "descent": PlotFunction(
        "the dominant's line of descent: its traits by generation, its path through the trade-off plane",
        descent.descent,
    ),
    "geneflow": PlotFunction(
        "gene flow: migrants, and where the ancestors of each island's residents lived", geneflow.geneflow
    ),
}
"""Every figure of a single run, in the order in which they are made. A new one is one more entry."""


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


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
    say: Callable[[str], None] = _to_stderr,
    formats: Sequence[str] = style.FORMATS,
    dpi: float | None = None,
) -> list[Path]:
    """Draw figures of a run as PNG, SVG and PDF. One that cannot be drawn is reported in a line; the others are made.

    Args:
        run: With births.
        names: Keys of `PLOTS`; all if None.
        folder: Where to save; `folder_of` the run if None.
        say: Takes the lines.
        formats: A file each.
        dpi: Pixels an inch of what is no vector graphic; matplotlib's savefig.dpi if None, here 200 unless it is set.

    Returns:
        The files, in the order of names and formats.

    Raises:
        UserError: A name is unknown, or the folder cannot be written.
    """
    wanted = list(PLOTS) if names is None else list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in PLOTS]:
        raise UserError(f"{unknown[0]}: no such figure: known are {', '.join(PLOTS)}")
    if run.generations.empty:
        say(f"{run.path}: no committed generation yet: nothing to draw")
        return []
    if folder is None:
        folder = folder_of(run.path)
    return [
        path for name in wanted for path in attempt(name, partial(PLOTS[name].draw, run), folder, say, formats, dpi)
    ]
