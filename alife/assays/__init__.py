"""What one does to stored genomes: experiments apart from evolution, as pure functions from newborns to columns.

- `garden.py`: genomes of several generations live under the same lives.
- `mutation.py`: what becomes of birth noise: what is retained, what could be, what it does to traits.
- `fertility.py`: descent without selection.
- `lives.py`: what they share: lives under streams of an assay's own, and tidy columns.

`ASSAYS` lists them. To add one, write a function of that shape and an entry here; reading genomes, writing results and
drawing them happen elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alife.assays.fertility import fertility
from alife.assays.garden import MIN_LIVES, garden
from alife.assays.lives import Columns, Tell
from alife.assays.mutation import mutation
from alife.island import Habitat
from alife.reproduction import Newborns

__all__ = ["ASSAYS", "Assay", "Columns", "Tell", "fertility", "garden", "mutation"]


@dataclass(frozen=True)
class Assay:
    """One experiment and how much of it is done if nobody says.

    Attributes:
        description: One line.
        run: (habitat, newborns by generation, replicates, descent, tell) → tables by name.
        sample: Genomes of each generation.
        replicates: Lives of each genome, lines of descent of each, or streams of each pair of sisters.
        fewest: The fewest replicates that the assay can do with.
        generations: How many generations it takes; 0 for any number.
    """

    description: str
    run: Callable[[Habitat, Mapping[int, Newborns], int, int, Tell], dict[str, Columns]]
    sample: int
    replicates: int
    fewest: int
    generations: int = 1


def _only(groups: Mapping[int, Newborns]) -> Newborns:
    (newborns,) = groups.values()
    return newborns


ASSAYS: dict[str, Assay] = {
    "garden": Assay(
        "genomes of several generations under common lives: differences between generations, heritability",
        lambda habitat, groups, replicates, descent, tell: garden(habitat, groups, replicates, tell),
        sample=96,
        replicates=5,
        fewest=MIN_LIVES,
        generations=0,
    ),
    "mutation": Assay(
        "birth noise: how much is retained after 1, 2, … emissions, how much could be, and what it does to traits",
        lambda habitat, groups, replicates, descent, tell: mutation(habitat, _only(groups), replicates, tell=tell),
        sample=48,
        replicates=5,
        fewest=2,
    ),
    "fertility": Assay(
        "generations of descent without selection, with and without learning, with and without birth noise",
        lambda habitat, groups, replicates, descent, tell: fertility(habitat, _only(groups), descent, replicates, tell),
        sample=48,
        replicates=1,
        fewest=1,
    ),
}
"""Every assay by name: what `alife assay` offers."""
