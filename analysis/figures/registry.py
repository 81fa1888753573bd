"""Every figure by name: what it shows, how it is read, what it is drawn of. `alife plot` and the pages walk it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

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

Data = Literal["run", "treatments", "assay", "replays", "paper"]
"""What a figure's first arguments are: a `Run`; named treatments; an assay's `Result`; a run and its replays; the seed
paper's `Results` and an experiment's name.
"""


@dataclass(frozen=True)
class PlotFunction:
    """One figure.

    Attributes:
        description: A line that says what it shows.
        draw: Draws it, and gives its axes or, if it has several panels, the figure.
        takes: What it is drawn of. Some of those of a run take several too, and named treatments of them.
        read: What to look for in it.
        among: The same where it is drawn of a sweep's treatments; "" if it is not.
        ends: Whether of treatments it is drawn from their runs' first and last generations alone.
        columns: Of births, that it is drawn from: all if None; of a large run none are read if there are none.
        bytes: Of memory that it takes for each birth, half as much again as was measured with 2 million.
    """

    description: str
    draw: Callable[..., Any]
    takes: Data = "run"
    read: str = ""
    among: str = ""
    ends: bool = False
    columns: tuple[str, ...] | None = None
    bytes: int = 450


_PLANE: Final[Any] = {"columns": ("replication_error", "accuracy", "cause_of_death"), "bytes": 190}
_LINES: Final = ("ancestor_id", "origin_time", "destruction_time", "n_offspring")
_LINED: Final = (*_LINES, "cause_of_death")
_TREE: Final[Any] = {"columns": (*_LINES, "accuracy"), "bytes": 260}

FIGURES: Final[dict[str, PlotFunction]] = {
    "plane": PlotFunction(
        "trade-off plane: accuracy against ρ, coloured by generation, with Pareto fronts and the noise floor",
        plane,
        read="Up and to the left is better. Each point is one individual; steps are the Pareto fronts of some "
        "generations. Founders stand far right: nobody printed their genomes.",
        **_PLANE,
    ),
    "traits": PlotFunction(
        "trajectories: accuracy, ρ and L_SR, copying error, self error, squared norm and deaths by generation",
        traits,
        read="Every panel has the generations below; where the islands' thin lines leave the band, islands differ.",
        among="Traits by generation: mean over runs and its 95 % interval. What shuffled does too is not selection.",
        columns=(),
    ),
    "hypervolume": PlotFunction(
        "hypervolume that each generation dominates on the trade-off plane",
        hypervolume,
        read="Higher: that generation's individuals dominate more of the plane, measured from chance.",
        among="Hypervolume by generation: mean over runs and its 95 % interval.",
        **_PLANE,
    ),
    "selection": PlotFunction(
        "selection differentials by trait, realised and expected",
        selection,
        read="Right of 0: parents have more of the trait than those they won from. Fidelity is −log₁₀ of an error.",
        among="Selection differentials, realised: right of 0, parents have more of the trait than those they beat.",
    ),
    "price": PlotFunction(
        "the Price equation by trait: components of change, cumulated",
        price,
        read="The black line is what changed; the others add up to it. What chance did is not selection.",
        among="The Price equation's components added up, by treatment.",
    ),
    "phylogeny": PlotFunction(
        "phylogeny through time: branches coloured by accuracy, islands at the tips, the MRCA",
        phylogeny,
        read="Time runs to the right; those alive at the end are the tips, and a fork is their common ancestor.",
        **_TREE,
    ),
    "phylogeny_rho": PlotFunction(
        "the same, branches coloured by log ρ",
        partial(phylogeny, trait="replication_error"),
        read="The same tree: bluer branches print their genomes better.",
        columns=(*_LINES, "replication_error"),
        bytes=260,
    ),
    "muller": PlotFunction(
        "Muller plot: shares of the clades that mattered",
        muller,
        read="Each colour is a clade, as high as its share of the generation; those that fill the picture swept.",
        **_TREE,
    ),
    "descent": PlotFunction(
        "the dominant's line of descent: its traits by generation, its path through the trade-off plane",
        descent,
        read="From founder to dominant, one individual a generation; in grey, everybody else.",
    ),
    "geneflow": PlotFunction(
        "gene flow: migrants, and where the ancestors of each island's residents lived",
        geneflow,
        read="How far migrants carried genomes: off the diagonal, ancestors lived on another island.",
        columns=_LINES,
        bytes=260,
    ),
    "openness": PlotFunction(
        "change, novelty and ecology (MODES), and activity of classes and clades beside neutral shadows",
        openness,
        read="Novelty that goes on is open-ended. Activity above the grey band is more than chance gives: what lasts "
        "there, lasts for a reason.",
    ),
    "coefficients": PlotFunction(
        "selection coefficients of clades, in their neutral bands",
        coefficients,
        read="Each mark is a clade; one beyond its grey bar has won, or lost, by more than drift has anybody do.",
        columns=_LINED,
        bytes=260,
    ),
    "sweeps": PlotFunction(
        "sweeps and clonal interference: the two largest clades by generation",
        sweeps,
        read="Dotted: how large neutral clades become. Where the two largest are above, lineages that are both better "
        "than most compete.",
        columns=_LINED,
        bytes=260,
    ),
    "response": PlotFunction(
        "the breeder's equation: responses to selection, predicted and as they came",
        response,
        read="On the dashed line selection and inheritance account for each generation's change; a cloud below it "
        "is what mutation takes.",
    ),
    "inheritance": PlotFunction(
        "G and P through time: what is inherited of each trait, and how steady its direction is",
        inheritance,
        read="A turn of G's leading axis counts where it is well above that between two halves of one window.",
    ),
    "sites": PlotFunction(
        "where treatments sit on the plane, with intervals over runs",
        sites,
        "treatments",
        among="Where the treatments sit on the plane: means over runs with 95 % intervals over "
        "runs, in the last generation. Up and to the left is better; a trade-off is a slope upwards to the right.",
        ends=True,
    ),
    "lives": PlotFunction(
        "what the same genomes trade over task weights, with intervals over runs",
        lives,
        "treatments",
        among="Within a life: the same genomes live for more and less of the task. Each path goes through task weights "
        "(beside the marks); one that climbs to the right buys accuracy with replication, one that climbs straight up "
        "has it for nothing.",
        ends=True,
    ),
    "genomes": PlotFunction(
        "genetic correlation and covariance of accuracy and fidelity, run by run",
        genomes,
        "treatments",
        among="Among genomes: what replicated lives of the children of a run's last generation say, within islands. "
        "Each circle is a run; left of 0, genomes with more accuracy print worse.",
        ends=True,
    ),
    "luck": PlotFunction(
        "fronts of one life, and of the same genomes in other lives: how much of them is luck",
        luck,
        "treatments",
        among="How much of a front is luck: genomes that are on the front of one life of a common garden (dotted, "
        "open), and what they score in its other lives (whole, filled). What genomes have in earnest stays.",
        ends=True,
    ),
    "beyond": PlotFunction(
        "traits by generation, and how far they are beyond the shuffled control",
        beyond,
        "treatments",
        among="Left: each trait by generation, and where founders are given the same life. Right: how far it is beyond "
        "the shuffled control of the same seeds; a band that leaves 0 is selection.",
    ),
    "surfaces": PlotFunction(
        "attainment surfaces of treatments",
        attainment,
        "treatments",
        among="Attainment surfaces in the last generation that all have: what half of a treatment's runs attain, and "
        "between what one and what all of them do. Further up and to the left is better.",
        ends=True,
    ),
    "attainment": PlotFunction(
        "where one treatment attains what the other does not",
        attainment_difference,
        "treatments",
        among="Where on the plane one treatment's runs attain what the other's do not, in the last generation that all "
        "have: blue is the first's, vermillion the second's.",
        ends=True,
    ),
    "survival": PlotFunction(
        "how long populations last, by treatment",
        survival,
        "treatments",
        among="How long populations last: the share of runs that are not extinct, by generation.",
        ends=True,
    ),
    "transmission": PlotFunction(
        "what children have more of Σg² than their parent, by how much the parent has",
        transmission,
        "treatments",
        among="What a birth does to the size of a genome: above 0 children are larger than their parent, whoever is "
        "selected. Where the line leaves 0 for good there is a point of no return.",
    ),
    "futures": PlotFunction("replays of one generation beside the run that they were forked from", futures, "replays"),
    "garden": PlotFunction("a common garden: genomes by generation, and heritability", garden, "assay"),
    "within_life": PlotFunction("the same genomes under several task weights", within_life, "assay"),
    "mutation": PlotFunction("birth noise: what is retained, and what it does", mutation, "assay"),
    "dfe": PlotFunction("effects of new mutations through time, noise of lives taken out", dfe, "assay"),
    "epistasis": PlotFunction("what two mutations do together, by what each does alone", epistasis, "assay"),
    "complexity": PlotFunction("parts of genomes knocked out, by what that does", complexity, "assay"),
    "fertility": PlotFunction("descent without selection", fertility, "assay"),
    "experiment": PlotFunction("an experiment of the seed paper", experiment, "paper"),
}
"""Every figure. A new one is one more entry, and a name in `alife/figures.py`."""

PLOTS: Final = {name: figure for name, figure in FIGURES.items() if figure.takes == "run"}
"""Those of a single run, in the order in which they are made."""
HISTORY: Final = ("openness", "coefficients", "sweeps", "response", "inheritance")
"""Those that stand with the natural history on a run's page."""
SWEEP: Final = (
    "sites",
    "lives",
    "genomes",
    "luck",
    "traits",
    "beyond",
    "hypervolume",
    "surfaces",
    "attainment",
    "selection",
    "price",
    "transmission",
    "survival",
)
"""Those of a sweep's page, in its order."""
