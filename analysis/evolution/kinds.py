"""What counts as a type of individual, where evolution is measured by types: classes of phenotypes, or clades.

The record has what individuals scored and who descends from whom, not their genomes: two of a class may have genomes
that have little in common, and what is passed on unseen is of no class. Take `classes` to ask what populations do,
clades to ask who is left.
"""

from typing import Final

import numpy as np
from numpy.random import Generator

from alife.errors import UserError
from alife.traits import log10
from analysis.evolution.islands import Demes, Floats, Ints
from analysis.lineage.phylogeny import NOBODY, Phylogeny, ancestor_at

NONE: Final = -1
"""Stands where an individual is of no type."""

ACCURACY: Final = 0.05
"""Width of a class, a share."""
COPYING: Final = 0.25
"""Width of a class, log10 of the copying error: a factor of 1.78."""


def classes(record: Demes, accuracy: float = ACCURACY, copying: float = COPYING) -> Ints:
    """Classes of phenotypes: the cells of a grid over accuracy and log10 of the copying error that anybody is in.

    Both are measured on one life, so an individual near an edge may be in another class than its twin: let a class be
    wider than lives differ by chance. Without a task the copying error alone tells classes apart.

    Args:
        record: A run's births by deme.
        accuracy: Width of a cell, a share.
        copying: Width of a cell, powers of ten.

    Returns:
        [n] 0 … classes − 1; `NONE` for those that died early, or have no value.

    Raises:
        UserError: A width is not above 0.

    Example:
        >>> import alife
        >>> from analysis.evolution import islands, kinds
        >>> record = islands.demes(alife.load_run("runs/first"))
        >>> len(kinds.classes(record)) == len(record.tree)
        True
    """
    if not (accuracy > 0 and copying > 0):
        raise UserError(f"cells of {accuracy} by {copying}: give widths above 0")
    births = record.tree.births
    across = _cell(births["accuracy"].to_numpy(np.float64), accuracy)
    along = _cell(log10(births["copying_error"]), copying)
    known = record.living & np.isfinite(across) & np.isfinite(along)
    column, row = (np.unique(cell[known], return_inverse=True)[1] for cell in (across, along))
    out = np.full(len(known), NONE, np.int64)
    out[known] = np.unique(column * (row.max(initial=0) + 1) + row, return_inverse=True)[1]
    return out


def clades(record: Demes, back: int = 10) -> Ints:
    """Clades as `dynamics.interference` has them: each one's ancestor `back` generations before it.

    Clades of two generations are never the same: their ancestors lived in different ones.

    Returns:
        [n] row of the ancestor; `NONE` in the first `back` generations on record.

    Raises:
        UserError: `back` is below 0.
    """
    if back < 0:
        raise UserError(f"back = {back}: ancestors lived 0 generations before or more")
    out = ancestor_at(record.tree, back)
    out[: record.tree.starts[min(back, len(record.tree.starts) - 1)]] = NONE
    return out


def founded(tree: Phylogeny, parent: Ints, every: int) -> Ints:
    """Clades that last: each one's ancestor in the latest founding generation, which is one in every `every`.

    Args:
        tree: Whose generations count.
        parent: [n] row of the parent: `tree.parent`, or others in their place.
        every: Generations from the founding of clades to that of the next, the first on record being the first.

    Returns:
        [n] row of the founder; in a founding generation everybody's own.
    """
    out = np.arange(len(tree))
    for number, layer in enumerate(tree.layers):
        if number % every:
            out[layer] = out[parent[layer]]
    return out


def _cell(values: Floats, width: float) -> Floats:
    # Rounded first: 0.35 is a little less than 7 · 0.05 in float32.
    return np.floor(np.round(values / width, 4))


class Handing:
    """How types are handed on: those of the record's children, by the type of their parents, all generations together.

    A shadow's child is of the type of somebody whose parent on record had the type that its own has. What makes the
    types of parents and children differ (mutation, learning, the chance of one life) is so the record's, on the
    condition that a child's type depends on its parent's alone; where types hide what is inherited, it does not quite.
    Survivors are handed on as children are: in runs that have some, shadows lose types faster than they would.

    Args:
        record: A run's births by deme.
        types: [n] int64, at least −1, which stands for none and is handed on as the others are.
    """

    def __init__(self, record: Demes, types: Ints) -> None:
        tree = record.tree
        self.layers, self.types = tree.layers, types + 1
        children = np.flatnonzero(record.living & (tree.parent != NOBODY))
        above = self.types[tree.parent[children]]
        self.children = np.append(self.types[children[np.argsort(above, kind="stable")]], 0)
        self.number = np.bincount(above, minlength=int(self.types.max(initial=0)) + 1)
        self.start = np.cumsum(self.number) - self.number

    def of(self, parent: Ints, draw: Generator) -> Ints:
        """[n] types in a shadow; founders have their own, and a type without children on record is handed on as it is.

        Args:
            parent: [n] from `neutral.shadow`.
            draw: Of the types.
        """
        out, chance = self.types.copy(), draw.random(len(parent))
        for layer in self.layers[1:]:
            above = out[parent[layer]]
            place = self.start[above] + (chance[layer] * self.number[above]).astype(np.int64)
            out[layer] = np.where(self.number[above] > 0, self.children[place], above)
        return out - 1
