"""What children have more of a trait than their parent, by how much the parent has: the map of a trait from a birth to
the next, without selection.

Where it is above 0 a trait grows by being handed on, whoever is selected; where it falls through 0 the trait is pulled
back, and where it rises through 0 there is a point of no return.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from alife.errors import UserError
from alife.traits import TRAITS, log10
from analysis.data.run import Run
from analysis.evolution.islands import SETTLED, Floats, chosen, demes, totals
from analysis.statistics.intervals import intervals

LEVELS: Final = 20
"""Classes of parents, each with as many of all treatments' births, or nearly, as any other."""
LEAST: Final = 5
"""Births of a class in a run from which it counts."""


def handed_on(run: Run, trait: str, first: int = SETTLED) -> tuple[Floats, Floats]:
    """Each child's value less its first parent's, and the parent's, [births]; logarithms (base 10) of errors and sizes.

    Of children that lived to the end. Of an error more is worse: the Price equation, which has −log₁₀ of it, has the
    other sign.

    Args:
        run: With births.
        trait: On record in every generation.
        first: Generation of the first parents that count.

    Raises:
        UserError: The trait is not on record.
    """
    record = demes(run)
    (name,) = chosen(record, [trait])
    values = record.tree.births[name].to_numpy(np.float64)
    values = log10(values) if TRAITS[name].log else values
    parents = record.tree.parent[record.children]
    own, theirs = values[record.children], values[parents]
    use = record.living[record.children] & (record.tree.generation[parents] >= first)
    use &= np.isfinite(own) & np.isfinite(theirs)
    return (own - theirs)[use], theirs[use]


def transmission(groups: Mapping[str, Sequence[Run]], trait: str, levels: int = LEVELS) -> pd.DataFrame:
    """The mean of `handed_on` by class of the parents, of each treatment, with its interval over runs.

    Args:
        groups: Runs by treatment.
        trait: On record in every generation.
        levels: Classes, the same for all treatments.

    Returns:
        A row for each treatment and class with at least `LEAST` births of a run: treatment, level (the median of its
        parents, in the trait's own unit), births, runs, change (mean over runs of each run's mean), low, high (its
        interval).

    Raises:
        UserError: The trait is not on record, or too few have a parent that counts.
    """
    found = {label: [handed_on(run, trait) for run in runs] for label, runs in groups.items()}
    parents = np.concatenate([theirs for pairs in found.values() for _, theirs in pairs])
    if not len(parents):
        raise UserError(f"no children of generation {SETTLED} or later are on record: take a longer run")
    edges = np.unique(np.quantile(parents, np.linspace(0, 1, levels + 1)[1:-1]))
    where = np.digitize(parents, edges)
    middles = [np.median(among) if (among := parents[where == each]).size else np.nan for each in range(len(edges) + 1)]
    rows = []
    for label, pairs in found.items():
        sums, counts = (np.stack(each) for each in zip(*(_by_class(*pair, edges) for pair in pairs), strict=True))
        for level, total, births in zip(middles, sums.T, counts.T, strict=True):
            means = total[births >= LEAST] / births[births >= LEAST]
            if len(means):
                own = 10.0**level if TRAITS[trait].log else level
                ends = (float(end) for end in intervals(means))
                rows.append((label, own, int(births.sum()), len(means), means.mean(), *ends))
    if not rows:
        raise UserError(f"fewer than {LEAST} births of any of {levels} classes of parents in a run: take longer runs")
    return pd.DataFrame(rows, columns=["treatment", "level", "births", "runs", "change", "low", "high"])


def _by_class(change: Floats, parents: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """Sums of changes and numbers of births, [classes]."""
    where, length = np.digitize(parents, edges), len(edges) + 1
    return totals(where, change, length), totals(where, np.ones(len(where)), length)
