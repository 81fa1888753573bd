"""Evolutionary activity: how long, and in how many, types or clades have lasted, beside neutral shadows of the run.

Bedau, Snyder and Packard (1998), A classification of long-term evolutionary dynamics, Artificial Life VI, 228–237. The
threshold for new activity is taken from the shadow, as by Rechtsteiner and Bedau (1999), A generic neutral model for
quantitative comparison of genotypic evolutionary activity, ECAL 99.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Final

import numpy as np
import pandas as pd

from alife.errors import UserError
from analysis.evolution.islands import Bools, Demes, Floats, Ints, ratio, totals
from analysis.evolution.kinds import NONE, Handing, classes, founded
from analysis.evolution.neutral import Chances, shadow

SHADOWS: Final = 39
"""Between whose least and greatest a neutral run lies in 95 % of cases: 38 of 40."""
QUANTILE: Final = 0.95
"""Of the activities in shadows: what is above it is more than chance gives 95 % of components."""
ROUNDING: Final = 1e-9
"""Activities that differ by less, relatively, are equal."""


def activity(
    record: Demes,
    types: Ints | None = None,
    *,
    by_persistence: bool = False,
    shadows: int = SHADOWS,
    quantile: float = QUANTILE,
    seed: int = 0,
    chances: Chances = "uniform",
) -> pd.DataFrame:
    """Activity statistics of types, beside those of shadows that hand types on as the run does (`kinds.Handing`).

    A component's activity is its share of those who lived to the end, summed over the generations up to this one; a
    type that comes again goes on where it was. Statistics are over the components that are there in a generation.

    Args:
        record: A run's births by deme; all its islands together.
        types: [n] type of each individual, `kinds.NONE` for those of none; `kinds.classes` if None.
        by_persistence: Sum generations in which a component was there, in the place of its shares.
        shadows: How many.
        quantile: Of the activities of all shadows' components: what is above it is taken for adaptive.
        seed: Of the shadows.
        chances: Of parents in shadows, as in `neutral.shadow`.

    Returns:
        A row for each generation: generation, diversity D, mean (cumulative activity A_cum / D), threshold (the
        quantile, of that generation), above (components above it), new (A_new: the activity of those that are above it
        for the first time, over D), shadow (the shadows' mean of `mean`), low and high (its least and greatest among
        them: a neutral run's `mean` lies between them with probability (shadows − 1) / (shadows + 1)). Means are NaN
        where nobody lived. The paper's A_new is of a strip above the threshold, in which a component may stay: here
        each counts once.

    Raises:
        UserError: There is no shadow, or the quantile is not between 0 and 1.

    Example:
        >>> import alife
        >>> from analysis.evolution import islands
        >>> from analysis.evolution.activity import activity
        >>> table = activity(islands.demes(alife.load_run("runs/first")))
        >>> bool((table["low"] <= table["high"]).all())
        True
    """
    types = classes(record) if types is None else types
    handed_on = Handing(record, types)
    neutral = (
        handed_on.of(shadow(record, each, seed, chances), np.random.default_rng([seed, each, 1])) for each in count()
    )
    return _beside(record, types, neutral, by_persistence, shadows, quantile)


def clade_activity(
    record: Demes,
    every: int = 50,
    *,
    by_persistence: bool = False,
    shadows: int = SHADOWS,
    quantile: float = QUANTILE,
    seed: int = 0,
    chances: Chances = "uniform",
) -> pd.DataFrame:
    """As `activity`, of clades: descent is inherited without error, so that the shadow needs no model of inheritance.

    Everybody of a founding generation founds a clade, which is followed until the next one; all activities begin at 0
    there. What is above the shadow has spread faster than drift spreads it, whatever it was that its members shared.

    Args:
        record: A run's births by deme; all its islands together.
        every: Generations from a founding generation to the next: many fewer than a population takes to coalesce by
            drift, or there is one clade left in the shadows, too.
        by_persistence: As in `activity`, as all that follow and what is returned.
        shadows: How many.
        quantile: Of the activities of all shadows' components.
        seed: Of the shadows.
        chances: Of parents in shadows, as in `neutral.shadow`.

    Raises:
        UserError: There is no shadow, the quantile is not between 0 and 1, or `every` is below 1.

    Example:
        >>> import alife
        >>> from analysis.evolution import islands
        >>> from analysis.evolution.activity import clade_activity
        >>> table = clade_activity(islands.demes(alife.load_run("runs/first")))
        >>> int(table["above"].iloc[0])
        0
    """
    if every < 1:
        raise UserError(f"every = {every}: clades are founded every 1 generation or more")
    tree = record.tree
    neutral = (founded(tree, shadow(record, each, seed, chances), every) for each in count())
    return _beside(record, founded(tree, tree.parent, every), neutral, by_persistence, shadows, quantile)


@dataclass(frozen=True, eq=False)
class _Counters:
    """Activities of components in the generations in which they are there, by component and then by generation.

    Attributes:
        component: [k].
        when: [k] generations since the first on record.
        activity: [k] up to and with that generation.
        diversity: [G] components of each generation.
        mean: [G] activity of each of them, NaN where there are none.
    """

    component: Ints
    when: Ints
    activity: Floats
    diversity: Floats
    mean: Floats


def _beside(
    record: Demes, types: Ints, neutral: Iterator[Ints], by_persistence: bool, shadows: int, quantile: float
) -> pd.DataFrame:
    if shadows < 1 or not 0 < quantile < 1:
        given = f"shadows = {shadows}, quantile = {quantile}"
        raise UserError(f"{given}: ask for a shadow or more, a quantile within 0 to 1")
    own = _counters(record, types, by_persistence)
    others = [_counters(record, each, by_persistence) for each in islice(neutral, shadows)]
    means = np.stack([other.mean for other in others])
    threshold = _quantiles(others, quantile)
    above = own.activity > threshold[own.when] * (1 + ROUNDING)
    first = _first(own, above)
    length = len(own.mean)
    return pd.DataFrame(
        {
            "generation": np.asarray(record.tree.generations, np.int64),
            "diversity": own.diversity.astype(np.int64),
            "mean": own.mean,
            "threshold": threshold,
            "above": np.bincount(own.when[above], minlength=length),
            "new": ratio(totals(own.when[first], own.activity[first], length), own.diversity),
            "shadow": means.mean(axis=0),
            "low": means.min(axis=0),
            "high": means.max(axis=0),
        }
    )


def _counters(record: Demes, types: Ints, by_persistence: bool) -> _Counters:
    length = len(record.tree.starts) - 1
    counted = record.living & (types != NONE)
    pairs, numbers = np.unique(types[counted] * length + record.home[counted] // record.islands, return_counts=True)
    component, when = np.divmod(pairs, length)
    each = np.ones(len(pairs)) if by_persistence else numbers / totals(when, numbers, length)[when]
    total = np.cumsum(each)
    start = np.searchsorted(component, component)
    activity = total - (total - each)[start]
    diversity = totals(when, np.ones(len(when)), length)
    return _Counters(component, when, activity, diversity, ratio(totals(when, activity, length), diversity))


def _quantiles(shadows: Sequence[_Counters], quantile: float) -> Floats:
    """[G] the least activity that at least this share of a generation's components do not exceed; NaN of none."""
    activity, when = (np.concatenate([getattr(each, name) for each in shadows]) for name in ("activity", "when"))
    ordered = activity[np.lexsort([activity, when])]
    number = np.sum([each.diversity for each in shadows], axis=0).astype(np.int64)
    place = np.cumsum(number) - number + np.ceil(quantile * number).astype(np.int64) - 1
    return np.where(number > 0, np.append(ordered, np.nan)[place], np.nan)


def _first(counters: _Counters, above: Bools) -> Ints:
    """Where each component is above for the first time."""
    found = np.flatnonzero(above)
    return found[np.unique(counters.component[found], return_index=True)[1]]
