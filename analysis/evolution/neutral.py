"""The neutral shadow of a record: the same lives with other parents, drawn without regard to what anybody achieved.

Each row of the record keeps its generation, its island and whether it lives to the end; each child is conceived on the
island where it was. Sizes, early deaths and migration are those of the record, and only who descends from whom is drawn
again. What a measure of lineages gives in shadows is what chance alone gives it.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from alife.errors import UserError
from analysis.data.once import once
from analysis.evolution.islands import Demes, Floats, Ints
from analysis.lineage.phylogeny import NOBODY

Chances = Literal["uniform", "dealt", "permuted"]

SHADOWS: Final = 99
"""Shadows that a band is drawn from, unless said otherwise; the least p is 1 / (1 + shadows)."""


def shadow(record: Demes, number: int = 0, seed: int = 0, chances: Chances = "uniform") -> Ints:
    """[n] row of the parent of each in a neutral shadow; `NOBODY` of those whose parents are not on record.

    A child's (first) parent is drawn among those who lived to the end in the deme that it was conceived in, an island
    in one generation: demes are Wright–Fisher populations (Fisher 1930; Wright 1931) between which as many newborns
    move as did. Second parents are not drawn. Who survives into a generation is drawn among the same, nobody twice.

    Args:
        record: A run's births by deme.
        number: Which shadow; with the seed it is the key of all that is drawn.
        seed: Likewise.
        chances: "uniform" has each of them draw alike. "dealt" has them draw as unequally as the run's scheme does,
            but the chances dealt out anew in each generation (as `selection.shuffled` does): what lineages do if
            nothing of what selection sees is inherited. Draws are independent: lineages drift a little less where a
            scheme gives each of those chosen as many children. Survival is uniform in both. "permuted" gives all
            children of each, and its survival, to another of the deme: the numbers of children stay what they were.

    Example:
        >>> import alife
        >>> from analysis.evolution.islands import demes
        >>> from analysis.evolution.neutral import shadow
        >>> record = demes(alife.load_run("runs/first"))
        >>> parent, there = shadow(record), record.tree.parent >= 0
        >>> bool((record.home[parent[there]] == record.home[record.tree.parent[there]]).all())
        True
    """
    draw, lots = np.random.default_rng([seed, number]), _lots(record)
    parent = record.tree.parent.copy()
    if chances == "permuted":
        given, known = np.arange(len(parent)), parent != NOBODY
        given[lots.order] = _mixed(record, lots, draw)
        parent[known] = given[parent[known]]
        return parent
    deme = record.home[parent[record.children]]
    drawn = draw.random(len(deme))
    if chances == "uniform":
        place = lots.start[deme] + (drawn * lots.number[deme]).astype(np.int64)
    else:
        place = _unequal(lots, np.nan_to_num(record.dealt)[_mixed(record, lots, draw)], deme, drawn)
    parent[record.children] = lots.order[place]
    if len(record.survivors):
        deme = record.home[parent[record.survivors]]
        parent[record.survivors] = _mixed(record, lots, draw)[lots.start[deme] + _nth(deme)]
    return parent


def check(shadows: int) -> None:
    """Refuse to be held against no shadow.

    Raises:
        UserError: There is none.
    """
    if shadows < 1:
        raise UserError(f"shadows = {shadows}: ask for one or more")


@dataclass(frozen=True, eq=False)
class _Lots:
    """Those who lived to the end, deme by deme.

    Attributes:
        order: [living] their rows; those of a deme are beside each other.
        start: [D] int64, where each deme begins in `order`.
        number: [D] int64, how many of each deme there are.
    """

    order: Ints
    start: Ints
    number: Ints


@once
def _lots(record: Demes) -> _Lots:
    living = np.flatnonzero(record.living)
    number = record.total(record.living).astype(np.int64)
    return _Lots(living[np.argsort(record.home[living], kind="stable")], np.cumsum(number) - number, number)


def _mixed(record: Demes, lots: _Lots, draw: np.random.Generator) -> Ints:
    """[living] as `order`, with those of a deme in an order that is drawn."""
    rows = draw.permutation(lots.order)
    return rows[np.argsort(record.home[rows], kind="stable")]


def _unequal(lots: _Lots, weight: Floats, deme: Ints, drawn: Floats) -> Ints:
    """[children] places in `order`, by weights [living] of them and a number from 0 to 1 for each child."""
    above = np.cumsum(weight)
    ends = np.append(0.0, above)
    low, high = ends[lots.start[deme]], ends[lots.start[deme] + lots.number[deme]]
    place = np.searchsorted(above, low + drawn * (high - low), side="right")
    return np.clip(place, lots.start[deme], lots.start[deme] + lots.number[deme] - 1)


def _nth(deme: Ints) -> Ints:
    """[n] how many before it are of the same deme."""
    order = np.argsort(deme, kind="stable")
    _, start, number = np.unique(deme[order], return_index=True, return_counts=True)
    nth = np.empty(len(deme), np.int64)
    nth[order] = np.arange(len(deme)) - np.repeat(start, number)
    return nth
