"""What a generation of an island was like, in the statistics of `schema.GENERATIONS`: over those who lived to its end.

Call `statistics` for the rows of a generation. Those that died early have columns of their own (diverged, collapsed)
and are in no statistic of a trait. Rows that a run wrote under format 1 count them wherever they have a finite value;
`renewed` computes such rows again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from alife import schema
from alife.traits import measured

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

QUANTILES: Final = {"median": 0.5, "q05": 0.05, "q95": 0.95}
NEEDED: Final = ("generation", "island", *schema.SCORES, "n_offspring", "cause_of_death")
"""Columns of births that `renewed` reads."""
DUST: Final = 1e-12
"""Standard deviations below this, relative to the mean, are rounding: there is nothing to select."""


def statistics(
    births: Mapping[str, NDArray[Any]], deme: Ints, count: int, own: Iterable[str] = ()
) -> dict[str, Doubles]:
    """Statistics of every score by deme (an island in one generation), over those who lived to reproduce.

    Args:
        births: Columns of `schema.birth_columns`, [n] each: the scores, n_offspring and cause_of_death by name.
        deme: [n] number of the deme that each lives in.
        count: Demes, D.
        own: Columns that only this run has.

    Returns:
        T_mean, T_median, T_q05, T_q95 and T_differential for each T of `schema.SCORES` and `own`, [D] each. NaN where
        nobody has a finite value; the differential is 0 there, and where the trait does not vary.
    """
    living = np.asarray(births["cause_of_death"] == schema.CAUSES[0])
    out: dict[str, Doubles] = {}
    for name in (*schema.SCORES, *own):
        value = np.asarray(births[name], np.float64)
        known = living & np.isfinite(value)
        out |= {f"{name}_{key}": v for key, v in _moments(value[known], deme[known], count).items()}
        offspring = contributed(births)[known]
        out[f"{name}_differential"] = _differential(measured(name, value[known]), offspring, deme[known], count)
    return out


class Columns(Protocol):
    """A table: columns by name, a data frame or a mapping."""

    def __contains__(self, name: object, /) -> bool: ...
    def __getitem__(self, name: str, /) -> Any: ...


def contributed(births: Columns) -> Doubles:
    """[n] children of each, a child of two counting half for each parent: a deme's sum to those conceived in it.

    Args:
        births: Columns of `schema.birth_columns`: n_offspring, and n_shared where a run has it.
    """
    return np.asarray(births["n_offspring"], np.float64) - _shared(births) / 2


def siblings(births: Columns) -> Doubles:
    """[n] ordered pairs of children that have a weight from the same parent, from each: k(k−1) of k children alone.

    A child of two has a weight from either with equal chance. So with C as `contributed` it is C(C−1) + n_shared/4.
    """
    children = contributed(births)
    return children * (children - 1) + _shared(births) / 4


def _shared(births: Columns) -> Doubles:
    there = schema.SHARED in births
    return np.asarray(births[schema.SHARED], np.float64) if there else np.zeros(len(births["n_offspring"]))


def first_over_living(manifest: Mapping[str, Any]) -> int:
    """The generation from which a record's statistics are over the living alone: 0, or where format 2 took over."""
    starts = manifest.get("starts") or []
    return int(starts[0]["generation"]) if starts else int(manifest["generation"]) + 1


def outdated(generations: Mapping[str, NDArray[Any]], manifest: Mapping[str, Any]) -> NDArray[np.bool_]:
    """[rows] whether statistics count the early dead: rows that format 1 wrote, of demes where somebody died early."""
    early = np.asarray(generations["diverged"]) + np.asarray(generations["collapsed"]) > 0
    return early & (np.asarray(generations["generation"]) < first_over_living(manifest))


def renewed(
    generations: Mapping[str, NDArray[Any]], births: Mapping[str, NDArray[Any]], rows: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """The table with the statistics of some rows computed again from all births of the run.

    Args:
        generations: Columns of `schema.GENERATIONS`.
        births: Columns of `schema.BIRTHS`.
        rows: Which of the generations' rows.
    """
    table = {name: np.array(column) for name, column in generations.items()}
    where = np.flatnonzero(rows)
    keys = _deme(table)[where]
    order = np.argsort(keys)
    home = _deme(births)
    place = np.minimum(np.searchsorted(keys[order], home), max(len(where) - 1, 0))
    if not len(where):
        return table
    among = keys[order][place] == home
    some = {name: np.asarray(births[name])[among] for name in (*schema.SCORES, "n_offspring", "cause_of_death")}
    for name, values in statistics(some, place[among], len(where)).items():
        table[name][where[order]] = values
    return table


def _deme(table: Mapping[str, NDArray[Any]]) -> Ints:
    return np.asarray(table["generation"], np.int64) << schema.ISLAND_BITS | np.asarray(table["island"], np.int64)


def _moments(value: Doubles, deme: Ints, count: int) -> dict[str, Doubles]:
    """Means and quantiles (interpolated linearly) by deme."""
    number = np.bincount(deme, minlength=count)
    out = {"mean": _ratio(np.bincount(deme, value, count), number)}
    ranked = value[np.lexsort((value, deme))]
    start, there = np.cumsum(number) - number, number > 0
    for name, share in QUANTILES.items():
        place = share * (number[there] - 1)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, number[there] - 1)
        low, high = (ranked[start[there] + at] for at in (below, above))
        out[name] = np.full(count, np.nan)
        out[name][there] = low + (high - low) * (place - below)
    return out


def _differential(value: Doubles, offspring: Doubles, deme: Ints, count: int) -> Doubles:
    """Offspring-weighted mean less mean, in standard deviations."""
    number = np.bincount(deme, minlength=count)
    mean = _ratio(np.bincount(deme, value, count), number)
    deviation = value - mean[deme]
    sd = np.sqrt(_ratio(np.bincount(deme, np.square(deviation), count), number))
    shift = _ratio(np.bincount(deme, deviation * offspring, count), np.bincount(deme, offspring, count))
    varies = (sd > DUST * np.maximum(1.0, np.abs(mean))) & np.isfinite(shift)
    return np.divide(shift, sd, out=np.zeros(count), where=varies)


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> Doubles:
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
