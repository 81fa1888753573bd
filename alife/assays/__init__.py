"""What one does to stored genomes: experiments apart from evolution, as pure functions from newborns to columns.

garden.py       genomes of several generations live under the same lives
within_life.py  the same genomes live under several task weights
mutation.py     what becomes of birth noise: what is retained, what could be, what it does to traits
epistasis.py    whether two mutations together do what each does alone
complexity.py   which parts of a genome carry information: knock one out, and a trait falls
fertility.py    descent without selection
lives.py        what they share: lives under streams of an assay's own, and tidy columns

`ASSAYS` lists them. To add one, write a function of that shape and an entry here; reading genomes, writing results and
drawing them happen elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from alife.assays.complexity import complexity
from alife.assays.epistasis import epistasis
from alife.assays.fertility import DESCENT, fertility
from alife.assays.garden import MIN_LIVES, garden
from alife.assays.lives import Columns, Tell
from alife.assays.mutation import mutation, through_time
from alife.assays.within_life import TASK_WEIGHTS, within_life
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns

__all__ = [
    "ASSAYS",
    "Assay",
    "Columns",
    "Options",
    "Tell",
    "complexity",
    "epistasis",
    "fertility",
    "garden",
    "mutation",
    "through_time",
    "within_life",
]


@dataclass(frozen=True)
class Options:
    """What assays may be told.

    Attributes:
        replicates: Lives of each genome, lines of descent of each, or streams of each pair of sisters.
        descent: Emissions that lines are followed through.
        task_weights: That genomes live under, each; two or more.
    """

    replicates: int
    descent: int = DESCENT
    task_weights: tuple[float, ...] = TASK_WEIGHTS


@dataclass(frozen=True)
class Assay:
    """One experiment and how much of it is done if nobody says.

    Attributes:
        description: One line.
        run: (habitat, newborns by generation, options, tell) → tables by name.
        sample: Genomes of each generation.
        replicates: As in `Options`.
        fewest: The fewest replicates that the assay can do with.
        beside: Generations that a single one is compared with, where they are kept; empty for an assay of one alone.
        weighs: Whether task weights matter.
    """

    description: str
    run: Callable[[Habitat, Mapping[int, Newborns], Options, Tell], dict[str, Columns]]
    sample: int
    replicates: int
    fewest: int
    beside: tuple[int, ...] = ()
    weighs: bool = False


def _only(groups: Mapping[int, Newborns]) -> Newborns:
    (newborns,) = groups.values()
    return newborns


ASSAYS: Final[Mapping[str, Assay]] = MappingProxyType(
    {
        "garden": Assay(
            "genomes of several generations under common lives: differences between generations, heritability, and "
            "what trades against what among genomes",
            lambda habitat, groups, options, tell: garden(habitat, groups, options.replicates, tell),
            sample=96,
            replicates=5,
            fewest=MIN_LIVES,
            beside=(0, 3),
        ),
        "within_life": Assay(
            "the same genomes under several task weights: what accuracy costs in replication within a life",
            lambda habitat, groups, options, tell: within_life(
                habitat, groups, options.replicates, options.task_weights, tell
            ),
            sample=48,
            replicates=1,
            fewest=1,
            beside=(0,),
            weighs=True,
        ),
        "mutation": Assay(
            "birth noise: how much is retained after 1, 2, … emissions, how much could be, and what it does to traits",
            lambda habitat, groups, options, tell: mutation(habitat, _only(groups), options.replicates, tell=tell),
            sample=48,
            replicates=5,
            fewest=2,
        ),
        "dfe": Assay(
            "the distribution of effects of new mutations through time, with the noise of lives taken out",
            lambda habitat, groups, options, tell: through_time(habitat, groups, options.replicates, tell),
            sample=96,
            replicates=5,
            fewest=2,
            beside=(3,),
        ),
        "epistasis": Assay(
            "single and double mutants of genomes: whether mutations together do what each does alone",
            lambda habitat, groups, options, tell: epistasis(habitat, groups, options.replicates, tell),
            sample=48,
            replicates=5,
            fewest=2,
            beside=(3,),
        ),
        "complexity": Assay(
            "parts of genomes knocked out one by one: the share of them that carries information, of MODES' hallmarks",
            lambda habitat, groups, options, tell: complexity(habitat, groups, options.replicates, tell),
            sample=8,
            replicates=5,
            fewest=2,
            beside=(3,),
        ),
        "fertility": Assay(
            "generations of descent without selection, with and without learning, with and without birth noise",
            lambda habitat, groups, options, tell: fertility(
                habitat, _only(groups), options.descent, options.replicates, tell
            ),
            sample=48,
            replicates=1,
            fewest=1,
        ),
    }
)
"""Every assay by name: what `alife assay` offers. A garden compares with founders and with the first faithfully printed
generation, where they are kept."""
