"""The Price equation on all births: how much of each change is selection, chance, early death, biased inheritance,
survival or migration. It is an identity, not a statistic: the components of every deme add up to its change. All
islands together are in metapopulation.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from alife import schema
from alife.traits import measured
from analysis.data.once import once
from analysis.evolution.islands import Bools, Demes, Floats, Ints, chosen, ratio, totals
from analysis.lineage.phylogeny import NOBODY

COMPONENTS: Final = {
    "selection": "selection: the scheme's expected offspring",
    "sampling": "sampling: realised less expected offspring",
    "viability": "viability: whose offspring live to the end",
    "transmission": "transmission: offspring less parent",
    "survival": "survival: those who live on beside the offspring",
    "migration": "migration",
}
"""What a change is split into, in the order of a life cycle, and what each part is. Only runs with survivors have
`survival`."""

ROUNDING: Final = 1e-12
"""Components smaller than this are rounding, and 0."""


def price(record: Demes, traits: Sequence[str] | None = None) -> pd.DataFrame:
    """The change of each trait's mean in each deme, from a generation to the next, split (Price 1970).

    Means are over those that lived to the end of their generation, as everywhere; the early dead are counted. With z a
    trait, E the scheme's expected number of children of each, W the realised one, V those of them that lived to the
    end, each with half of a child of two parents:

    - selection: E-weighted mean z − mean z. It is 0 under `shuffled` and `drift`, whose expectation does not depend on
      scores: what parents differ by there is sampling;
    - sampling: W-weighted mean z − E-weighted mean z, of expectation 0 under every scheme;
    - viability: V-weighted mean z − W-weighted mean z, 0 where no child died early;
    - transmission: mean over the children that lived to the end of (child's z − its parent's z, or the mean of both),
      each measured on its own life;
    - survival, of a run with survivors: mean z of children and of those who survived beside them, measured on the life
      that follows − mean z of the children;
    - migration: mean z of those who then live on the island − mean z of those who were conceived or survived on it.

    Args:
        record: A run's births by deme.
        traits: Names in `alife.traits.STORED`; all on record if None.

    Returns:
        A row for each trait and deme whose children, or some of them, lived to the end: generation (the parents'),
        island, trait, born, dead (early), children, before, `COMPONENTS`, after; before + components = after up to
        rounding. No rows for one generation.

    Raises:
        UserError: A trait is not on record.
    """
    return pd.concat([_split(record, trait) for trait in chosen(record, traits)], ignore_index=True)


@once
def _split(record: Demes, trait: str) -> pd.DataFrame:
    nursery = _nursery(record)
    rows = nursery.rows
    means = [mean[rows] for mean in levels(record, trait).means]
    table = {
        "generation": record.generation[rows],
        "island": record.island[rows],
        "trait": trait,
        "born": record.size[rows].astype(np.int64),
        "dead": record.total(~record.living)[rows].astype(np.int64),
        "children": nursery.conceived[rows].astype(np.int64),
        "before": means[0],
        **{name: clean(after - before) for name, before, after in zip(COMPONENTS, means[:-1], means[1:], strict=True)},
        "after": means[-1],
    }
    if schema.AGE not in record.tree.births:
        del table["survival"]
    return pd.DataFrame(table).iloc[np.flatnonzero(np.isfinite(means).all(axis=0))]


@dataclass(frozen=True, eq=False)
class Levels:
    """Between what a trait's components lie, in each deme.

    Attributes:
        means: One [D] more than there are `COMPONENTS`; NaN where there is nobody to take it over.
        living: [D] those that lived to the end, with a finite value.
        natives: [D] those of the next generation that were conceived or survived here and lived to the end, wherever,
            with a finite value, as their parents have.
    """

    means: tuple[Floats, ...]
    living: Floats
    natives: Floats


@once
def levels(record: Demes, trait: str) -> Levels:
    """The means of a trait from a generation to the next, through the order of a life cycle."""
    nursery = _nursery(record)
    z = measured(trait, record.tree.births[trait])
    known = record.living & np.isfinite(z)
    z = np.where(known, z, 0.0)
    everybody = record.mean(z, known)
    raised = known[nursery.parents] & known[nursery.others]
    lived = known[record.children] & raised
    born = [totals(nursery.deme, each, record.count) for each in (z[record.children] * lived, lived)]
    stayed = [totals(nursery.before, each[record.survivors], record.count) for each in (z, known)]
    means = (
        everybody,
        record.mean(z, record.expected * known),
        record.mean(z, _children(record, nursery, raised)),
        record.mean(z, _children(record, nursery, lived)),
        ratio(born[0], born[1]),
        ratio(born[0] + stayed[0], born[1] + stayed[1]),
        _following(record, everybody),
    )
    return Levels(means, record.total(known), born[1] + stayed[1])


def clean(values: Floats) -> Floats:
    """The same without what is rounding."""
    return np.where(np.abs(values) < ROUNDING, 0.0, values)


@dataclass(frozen=True, eq=False)
class _Nursery:
    """Children by the deme that conceived them.

    Attributes:
        parents: [children] row of each one's first parent.
        others: [children] row of the second of those that have two, of the first of all others.
        deme: [children] where they were conceived: their parents' deme.
        before: [survivors] the deme of each one's life before.
        conceived: [D] children of each deme.
        rows: The demes with children that lived to the end, and with somebody who did on the island afterwards.
    """

    parents: Ints
    others: Ints
    deme: Ints
    before: Ints
    conceived: Floats
    rows: Ints


@once
def _nursery(record: Demes) -> _Nursery:
    parents, others = record.tree.parent[record.children], record.tree.second[record.children]
    deme = record.home[parents]
    lived = totals(deme, record.living[record.children], record.count)
    rows = np.flatnonzero((lived > 0) & (_following(record, record.total(record.living)) > 0))
    before = record.home[record.tree.parent[record.survivors]]
    others = np.where(others == NOBODY, parents, others)
    return _Nursery(parents, others, deme, before, totals(deme, np.ones(len(parents)), record.count), rows)


def _children(record: Demes, nursery: _Nursery, counted: Bools) -> Floats:
    """[n] how many of each one's children are counted, half of each that has two parents."""
    return (totals(nursery.parents, counted, len(record.tree)) + totals(nursery.others, counted, len(record.tree))) / 2


def _following(record: Demes, values: Floats) -> Floats:
    """[D] of the next generation of the same island."""
    return np.concatenate([values[record.islands :], np.full(record.islands, np.nan)])
