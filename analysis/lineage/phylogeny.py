"""Phylogeny from the record of births: checked, ordered, pruned; lines of descent, common ancestors, gene flow.

`phylogeny(births)` is the only way in: it refuses a damaged record, so everything built on a `Phylogeny` may trust it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife.errors import UserError
from analysis.data.individual import fittest
from analysis.data.once import once
from analysis.data.run import Run
from analysis.data.validation import NOBODY, check_births, check_columns, order_key, second_parents, survived

Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Phylogeny:
    """Every individual of a record and its parent.

    A row is the life of one generation. One that survived has a row in each, and stands below its life before as a
    child stands below its parent: `survived` tells them apart. A child of two parents stands below the first; trees,
    lines of descent and common ancestors follow that one alone, and `second` is the other.

    Attributes:
        births: [n] rows, ordered by generation and then by id, with a fresh index; all columns that were given.
        parent: [n] int64, row of the parent, or of the life before; `NOBODY` for the founders.
        starts: [generations + 1] int64, the first row of each generation on record, and n.
        first: The first generation on record, 0 but for a fork.
    """

    births: pd.DataFrame
    parent: Rows
    starts: Rows
    first: int

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def survived(self) -> Bools:
        """[n] who survived into its generation, and was not conceived for it."""
        return survived(self.births)

    @cached_property
    def second(self) -> Rows:
        """[n] int64, row of the second parent; `NOBODY` where there is none, or it is not on record."""
        return np.maximum(second_parents(self.births), NOBODY)

    @property
    def last(self) -> int:
        """The last generation on record."""
        return self.first + len(self.starts) - 2

    @property
    def generations(self) -> range:
        """The generations on record."""
        return range(self.first, self.last + 1)

    @property
    def layers(self) -> list[slice]:
        """Rows of each generation, the first first."""
        return [slice(a, b) for a, b in pairwise(self.starts.tolist())]

    @property
    def generation(self) -> Rows:
        """[n] int64 generation of each row."""
        return np.repeat(np.arange(self.first, self.last + 1), np.diff(self.starts))

    def rows(self, generation: int | None = None) -> Rows:
        """Rows of those who lived in a generation, the last one if None.

        Raises:
            UserError: The generation is not on record.
        """
        generation = self.last if generation is None else generation
        if generation not in self.generations:
            raise UserError(f"generation {generation} is not on record: it holds {self.first} to {self.last}")
        place = generation - self.first
        return np.arange(self.starts[place], self.starts[place + 1])


def phylogeny(
    births: pd.DataFrame,
    source: str = "births",
    parts: Sequence[Mapping[str, Any]] = (),
    first: int = 0,
    pruned: bool = False,
) -> Phylogeny:
    """The phylogeny of a record of births.

    Args:
        births: Columns of `schema.BIRTHS`, in any order of rows; more columns are kept as traits.
        source: The file or folder, for errors.
        parts: The manifest's list of birth parts, so that an error names the file.
        first: The first generation on record; its ancestors are not on record if it is not 0.
        pruned: Only ancestors of the last generation are on record.

    Raises:
        UserError: The record is damaged (`check_births`).
    """
    check_columns(births, source)
    key = order_key(births["id"].to_numpy())
    if not (np.diff(key) >= 0).all():
        births = births.iloc[np.argsort(key, kind="stable")]
    births = births.reset_index(drop=True)
    parent = check_births(births, source, parts, first, pruned)
    last = int(births["generation"].iloc[-1])
    starts = np.searchsorted(births["generation"].to_numpy(), np.arange(first, last + 2))
    return Phylogeny(births, parent, starts, first)


@once
def of_run(run: Run) -> Phylogeny:
    """The phylogeny of a run, built once; its generations begin where its first part does.

    Raises:
        UserError: The record is damaged; names the file and the id.
    """
    parts = run.manifest["parts"]["births"]
    return phylogeny(run.births, run.path, parts, min((part["first"] for part in parts), default=0))


def ancestors(tree: Phylogeny, rows: Rows, both: bool = False) -> Bools:
    """[n] bool: who is one of `rows` or an ancestor of one; by `both` parents of whoever has two, or by the first."""
    keep = np.zeros(len(tree), bool)
    keep[rows] = True
    for start, stop in zip(tree.starts[-2:0:-1], tree.starts[:1:-1], strict=True):
        kept = keep[start:stop]
        keep[tree.parent[start:stop][kept]] = True
        if both:
            second = tree.second[start:stop][kept]
            keep[second[second != NOBODY]] = True
    return keep


def prune(tree: Phylogeny, rows: Rows | None = None, both: bool = False) -> Phylogeny:
    """The phylogeny of `rows`, of the last generation if None, and all their `ancestors`, each a node of its own."""
    keep = ancestors(tree, tree.rows() if rows is None else rows, both)
    place = np.cumsum(keep) - 1
    parent = tree.parent[keep]
    counts = np.add.reduceat(keep, tree.starts[:-1], dtype=np.int64)
    counts = counts[: np.flatnonzero(counts)[-1] + 1]
    return Phylogeny(
        births=tree.births[keep].reset_index(drop=True),
        parent=np.where(parent == NOBODY, NOBODY, place[parent]),
        starts=np.concatenate([[0], np.cumsum(counts)]),
        first=tree.first,
    )


def row_of(tree: Phylogeny, identity: int) -> int:
    """The row of an id.

    Raises:
        UserError: Nobody on record has it.
    """
    found = np.flatnonzero(tree.births["id"].to_numpy() == identity)
    if not len(found):
        raise UserError(f"id {identity}: nobody on record has it: choose one from the births")
    return int(found[0])


def with_descendants(tree: Phylogeny, values: NDArray[Any]) -> NDArray[Any]:
    """[n] the sum of `values` over each individual and all its descendants."""
    total, layers = values.copy(), tree.layers
    for layer, above in zip(layers[:0:-1], layers[-2::-1], strict=True):
        parent = tree.parent[layer] - above.start
        total[above] += np.bincount(parent, total[layer], above.stop - above.start).astype(total.dtype)
    return total


def line_of_descent(tree: Phylogeny, identity: int) -> pd.DataFrame:
    """Births of an individual's ancestors and itself, founder first, and of all of them each life.

    Of two parents the first is followed, here and wherever ancestors are counted.

    Raises:
        UserError: Nobody on record has the id.
    """
    row, line = row_of(tree, identity), []
    while row != NOBODY:
        line.append(row)
        row = int(tree.parent[row])
    return tree.births.iloc[line[::-1]].reset_index(drop=True)


def dominant(tree: Phylogeny) -> int:
    """The id of the dominant: the highest fitness in the last generation with survivors, the lowest id among equals.

    A survivor lives to the end of its generation; fitness is relative to its island (`analysis.data.derived`).

    Raises:
        UserError: Nobody ever survived, or the births have no fitness.
    """
    return fittest(tree.births)


def mrca(tree: Phylogeny, rows: Rows | None = None) -> int | None:
    """Row of the most recent common ancestor of contemporaries, of the last generation if None; or None."""
    rows = tree.rows() if rows is None else np.unique(rows)
    while len(rows) > 1:
        rows = np.unique(tree.parent[rows])
        if rows[0] == NOBODY:
            return None
    return int(rows[0])


def ancestor_at(tree: Phylogeny, back: int) -> Rows:
    """[n] int64: the row of each one's ancestor so many generations before it, or of its founder if there are fewer."""
    step = np.where(tree.parent == NOBODY, np.arange(len(tree)), tree.parent)
    out = np.arange(len(tree))
    back = min(back, len(tree.generations))
    while back:
        if back & 1:
            out = step[out]
        step, back = step[step], back >> 1
    return out


def founders(tree: Phylogeny) -> Rows:
    """[n] int64: the row of the founder of each."""
    return ancestor_at(tree, len(tree.generations))


def ancestry_shares(tree: Phylogeny, back: int) -> pd.DataFrame:
    """Where the ancestors of each island's residents lived some generations before.

    Args:
        tree: The full phylogeny.
        back: How many generations; founders stand in for ancestors before them.

    Returns:
        generation, island (of residence), ancestor_island (where the ancestor lived), share (of the island's residents
        of that generation; they sum to 1), one row for each combination that occurs.
    """
    place = ["generation", "island"]
    there = tree.births["island"].to_numpy()[ancestor_at(tree, back)]
    frame = tree.births[place].assign(ancestor_island=there)
    counts = frame.value_counts(sort=False).sort_index().rename("share").reset_index()
    return counts.assign(share=counts["share"] / counts.groupby(place)["share"].transform("sum"))


def migrant_counts(migrations: pd.DataFrame, islands: int) -> NDArray[np.int64]:
    """[islands, islands] migrants over the whole record, from row to column."""
    counts = np.zeros((islands, islands), np.int64)
    np.add.at(counts, (migrations["from_island"].to_numpy(), migrations["to_island"].to_numpy()), 1)
    return counts
