"""Every figure as a function, imported when it is first asked for.

Each takes its data, then optionally the matplotlib axes (`ax`) or, where it has several panels, the empty figure
(`figure`) to draw on, options by name, and properties of its main marks as matplotlib names them (`color`, `alpha`, …).
It returns the axes or the figure, and draws in the user's matplotlib style. `title`, `legend` and `colorbar` say what
stands beside the axes, `rc` has rcParams for one figure.

of a run                  plane, traits, hypervolume, selection, price, phylogeny, muller, descent, geneflow,
                          openness, coefficients, sweeps, response, inheritance
of several runs           traits, hypervolume, selection, price, attainment
of named treatments       sites, lives, genomes, luck, beyond, attainment_difference, transmission, survival,
                          and those of several runs
of an assay's result      garden, within_life, mutation, dfe, epistasis, complexity, fertility
of a run and its replays  futures
of the seed paper         experiment

Example:
    >>> import alife
    >>> ax = alife.figures.plane(alife.load_run("runs/first"), alpha=0.3)
    >>> ax.get_figure().savefig("plane.png")
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from analysis.figures.attainment import attainment, attainment_difference
    from analysis.figures.beyond import beyond
    from analysis.figures.complexity import complexity
    from analysis.figures.descent import descent
    from analysis.figures.fertility import fertility
    from analysis.figures.forces import price, selection
    from analysis.figures.futures import futures
    from analysis.figures.garden import garden
    from analysis.figures.gene_flow import geneflow
    from analysis.figures.hypervolume import hypervolume
    from analysis.figures.interactions import dfe, epistasis
    from analysis.figures.lineages import coefficients, sweeps
    from analysis.figures.luck import luck
    from analysis.figures.muller import muller
    from analysis.figures.mutation import mutation
    from analysis.figures.openness import openness
    from analysis.figures.phylogeny import phylogeny
    from analysis.figures.plane import plane
    from analysis.figures.response import inheritance, response
    from analysis.figures.seed_paper import experiment
    from analysis.figures.sites import sites
    from analysis.figures.survival import survival
    from analysis.figures.trades import genomes, lives
    from analysis.figures.trajectories import traits
    from analysis.figures.transmission import transmission
    from analysis.figures.within_life import within_life

__all__ = [
    "attainment",
    "attainment_difference",
    "beyond",
    "coefficients",
    "complexity",
    "descent",
    "dfe",
    "epistasis",
    "experiment",
    "fertility",
    "futures",
    "garden",
    "geneflow",
    "genomes",
    "hypervolume",
    "inheritance",
    "lives",
    "luck",
    "muller",
    "mutation",
    "openness",
    "phylogeny",
    "plane",
    "price",
    "response",
    "selection",
    "sites",
    "survival",
    "sweeps",
    "traits",
    "transmission",
    "within_life",
]

__getattr__, __dir__ = attach(__name__, dict.fromkeys(__all__, "analysis.figures.registry"))
