"""Neutral shadows of a run: the same births, deaths and migrations, and nobody better than another.

A shadow has a record's islands, generations, sizes, early deaths, migrants and survivors. Only whose child each one is
is drawn anew, uniformly among those who lived to the end where it was conceived. No networks are needed.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
from numpy.random import Generator, default_rng

from analysis.evolution.islands import Demes, Ints
from analysis.lineage.phylogeny import NOBODY


def shadows(record: Demes, seed: int = 0) -> Iterator[tuple[Ints, Generator]]:
    """Shadows of a record, as many as are taken; the first are the same however many these are.

    A child's parents may be anybody who could reproduce in the deme of its first parent, all alike. Survivors, of a run
    that has them, are as many and different individuals of it. So chances are even where a scheme's may be unequal at
    random, as those of `shuffled` are: such a run is no shadow of itself.

    Args:
        record: A run's births by deme.
        seed: Of the draws, which are keyed by it and the shadow's number.

    Yields:
        parent: [n] row of each one's parent, as `Phylogeny.parent`.
        draw: The shadow's own randomness, to go on with.

    Example:
        >>> import alife
        >>> from analysis.evolution import islands
        >>> from analysis.evolution.shadows import shadows
        >>> record = islands.demes(alife.load_run("runs/first"))
        >>> parent, _ = next(shadows(record))
        >>> bool(record.living[parent[record.children]].all())
        True
    """
    tree = record.tree
    living = np.flatnonzero(record.living)
    order = living[np.argsort(record.home[living], kind="stable")]
    number = np.bincount(record.home[living], minlength=record.count)
    start = np.cumsum(number) - number
    conceived, stayed = (record.home[tree.parent[rows]] for rows in (record.children, record.survivors))
    for each in count():
        draw = default_rng([seed, each])
        parent = np.full(len(tree), NOBODY, np.int64)
        parent[record.children] = order[start[conceived] + draw.integers(0, number[conceived])]
        if len(stayed):
            mixed = order[np.lexsort([draw.random(len(order)), record.home[order]])]
            parent[record.survivors] = mixed[start[stayed] + _ranks(stayed)]
        yield parent, draw


class Transmission:
    """How types are handed on: those of the record's children, by the type of their parents, all generations together.

    A shadow's child is of the type of somebody whose parent on record had the type that its own has. What makes the
    types of parents and children differ (mutation, learning, the chance of one life) is so the record's, on the
    condition that a child's type depends on its parent's alone; where types hide what is inherited, it does not quite.

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
            parent: [n] from `shadows`.
            draw: The shadow's.
        """
        out, chance = self.types.copy(), draw.random(len(parent))
        for layer in self.layers[1:]:
            above = out[parent[layer]]
            place = self.start[above] + (chance[layer] * self.number[above]).astype(np.int64)
            out[layer] = np.where(self.number[above] > 0, self.children[place], above)
        return out - 1


def _ranks(groups: Ints) -> Ints:
    """[n] how many of the same group stand before each."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    out = np.empty(len(groups), np.int64)
    out[order] = np.arange(len(groups)) - np.searchsorted(ordered, ordered)
    return out
