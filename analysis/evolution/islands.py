"""Births by deme, who lived to the end there, and what selection led one to expect of each.

Every measure of evolution within populations (price.py, dynamics.py) starts from it. A deme is an island in one
generation; demes are numbered generation by generation.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife import schema
from alife.errors import UserError
from alife.evolution import selection
from alife.format.summary import contributed
from alife.traits import STORED, there
from analysis.data.once import once
from analysis.data.run import Run
from analysis.lineage.phylogeny import Phylogeny, of_run

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


SETTLED: Final = 3
"""Generation from which parents are of a kind. Founders' genomes were never printed, their children's were printed by
those; what they all differ by would dwarf what follows."""

CHUNK: Final = 1 << 19
"""Individuals whose expectation is computed together."""


@dataclass(frozen=True, eq=False)
class Demes:
    """A run's births by deme.

    Attributes:
        source: The run's path, for errors and captions.
        traits: Those of `alife.traits.STORED` that the run records, and measures of its own, if they are taken in
            every generation.
        tree: The births, by generation and then by id, and their parents; n rows.
        islands: I, the islands that a generation could have.
        home: [n] int64, the deme where each lives: (generation − first on record)·I + island.
        living: [n] bool, who lived to the end of its generation and could reproduce.
        rules: The run's selection.
    """

    source: str
    traits: tuple[str, ...]
    tree: Phylogeny
    islands: int
    home: Ints
    living: Bools
    rules: SimpleNamespace

    @property
    def count(self) -> int:
        """Demes that the record could hold, D; some may be empty."""
        return (len(self.tree.starts) - 1) * self.islands

    @property
    def generation(self) -> Ints:
        """[D] int64."""
        return np.repeat(np.asarray(self.tree.generations, np.int64), self.islands)

    @property
    def island(self) -> Ints:
        """[D] int64."""
        return np.tile(np.arange(self.islands), len(self.tree.starts) - 1)

    @cached_property
    def size(self) -> Floats:
        """[D] how many live in each."""
        return self.total(np.ones(len(self.home)))

    @cached_property
    def children(self) -> Ints:
        """Rows of those whose parents are on record: everybody conceived after the first generation."""
        return self.tree.starts[1] + np.flatnonzero(~self.tree.survived[self.tree.starts[1] :])

    @cached_property
    def survivors(self) -> Ints:
        """Rows of those who survived into their generation, and whose life before is on record."""
        return self.tree.starts[1] + np.flatnonzero(self.tree.survived[self.tree.starts[1] :])

    @cached_property
    def offspring(self) -> Floats:
        """[n] children that each conceived, survival being none, and a child of two counting half for each.

        On record they are one generation later.
        """
        return contributed(self.tree.births)

    @cached_property
    def expected(self) -> Floats:
        """[n] children that the run's scheme leads one to expect of each, given the scores; 0 for the dead.

        A deme's sum to those that it conceived: to its size less those who survive.
        """
        if selection.is_recorded(self.rules.scheme) and not self.rules.shuffled:
            return self.dealt
        return _children(self, selection.expected_offspring)

    @cached_property
    def dealt(self) -> Floats:
        """[n] as `expected`, but with `shuffled` before chances are dealt out: how unequal, but not whose.

        Those that do not follow from scores alone are on record, as births' column "chance".
        """
        if selection.is_recorded(self.rules.scheme):
            chance = self.tree.births["chance"].to_numpy(np.float64) * self.living
            return chance * ratio(self.total(self.offspring), self.total(chance))[self.home]
        if not self.rules.shuffled:
            return self.expected
        return _children(
            self, lambda rules, *scores: scores[-1][:, None] * selection.probabilities(rules, *scores[:-1])
        )

    def total(self, values: NDArray[Any]) -> Floats:
        """[D] sums over those who live in each deme, of [n] values."""
        return totals(self.home, values, self.count)

    def mean(self, values: NDArray[Any], weights: NDArray[Any]) -> Floats:
        """[D] weighted means over those who live in each deme; NaN where the weights sum to 0."""
        return ratio(self.total(values * weights), self.total(weights))


@once
def demes(run: Run) -> Demes:
    """A run's births by deme, arranged once.

    Raises:
        UserError: Nothing is on record, the record is damaged, or it was loaded without births.
    """
    run.need_births()
    tree = of_run(run)
    islands = int(tree.births["island"].max()) + 1
    home = (tree.births["generation"].to_numpy(np.int64) - tree.first) * islands
    home += tree.births["island"].to_numpy()
    living = (tree.births["cause_of_death"] == schema.CAUSES[0]).to_numpy()
    names = (*there(STORED, run.has_task), *run.measures)
    traits = tuple(name for name in names if name in run.births and run.every(name) == 1)
    return Demes(run.path, traits, tree, islands, home, living, SimpleNamespace(**run.setting("selection")))


def chosen(record: Demes, names: Sequence[str] | None = None) -> Sequence[str]:
    """The traits named, or all on record if None.

    Raises:
        UserError: A name is none of the traits on record.
    """
    if unknown := [name for name in names or () if name not in record.traits]:
        raise UserError(
            f"trait {unknown[0]}: not on record in {record.source}: choose among {', '.join(record.traits)}"
        )
    return names or record.traits


def settled(last: int) -> int:
    """The generation to begin with: `SETTLED`, or 1 in a record that ends too early for it."""
    return SETTLED if last > SETTLED + 1 else 1


def totals(where: Ints, values: NDArray[Any], count: int) -> Floats:
    """[count] sums of `values` by their place in 0 … count − 1."""
    return np.asarray(np.bincount(where, weights=values, minlength=count), np.float64)


def ratio(above: Floats, below: Floats) -> Floats:
    """above / below, NaN where below is 0."""
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below != 0)


def _children(demes: Demes, expectation: Callable[..., Floats]) -> Floats:
    out = np.zeros(len(demes.home))
    births = demes.tree.births
    accuracy, error = (births[trait].to_numpy() for trait in ("accuracy", "replication_error"))
    children = demes.total(demes.offspring)
    for deme, rows, real in _tables(demes):
        alive = demes.living[rows] & real
        number = expectation(demes.rules, accuracy[rows], error[rows], alive, children[deme])
        out[rows[real]] = number[real]
    return out


def _tables(demes: Demes) -> Iterator[tuple[Ints, Ints, Bools]]:
    """Chunks of demes as tables: (deme [d], rows [d, P], which of these are real [d, P]); short demes are padded."""
    order = np.argsort(demes.home, kind="stable")
    size = demes.size.astype(np.int64)
    start = np.cumsum(size) - size
    inhabited = np.flatnonzero(size)
    width = int(size.max())
    step = max(CHUNK // width, 1)
    for first in range(0, len(inhabited), step):
        deme = inhabited[first : first + step]
        place = start[deme][:, None] + np.arange(width)
        real = np.arange(width) < size[deme][:, None]
        yield deme, order[np.where(real, place, 0)], real
