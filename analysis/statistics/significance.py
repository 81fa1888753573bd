"""The test of "no difference" between two groups of runs, effect sizes, and corrections for how many tests there are.

Call `t_test`, then `correct` on all p-values of a table.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.intervals import FEWEST, Floats, finite, pairs, student, welch

Correction = Literal["holm", "bh", "by", "none"]

PAIRED: Final = "paired t"
UNPAIRED: Final = "Welch's t"


@dataclass(frozen=True)
class Test:
    """A two-sided test of "no difference", and the size of the effect.

    Attributes:
        name: Which test.
        p: Its p-value; NaN of fewer than `FEWEST` pairs, or runs of a group.
        superiority: Chance that a run of the first group is higher than one of the second (paired: than its partner),
            ties half; ½ is no effect.
    """

    name: str
    p: float
    superiority: float


def t_test(first: ArrayLike, second: ArrayLike, paired: bool = False) -> Test:
    """Whether two means differ: Student's t of paired differences, Welch's of two groups.

    p < 0.05 just where the interval of `intervals.difference` leaves 0 out. Where nothing varies p is 1 without a
    difference and 0 with one.

    Args:
        first: [n] one value a run.
        second: [m]; if paired, [n] in the same order. Values that are not finite are left out, with their partner.
        paired: Runs are paired.
    """
    a, b = pairs(first, second) if paired else (finite(first), finite(second))
    name, p = PAIRED if paired else UNPAIRED, math.nan
    if min(len(a), len(b)) >= FEWEST:
        gap = a.mean() - b.mean()
        error, degrees = student(a - b) if paired else welch(a, b)
        p = float(2 * stats.t.sf(abs(gap) / error, degrees)) if error > 0 else float(gap == 0)
    return Test(name, p, superiority(a, b, paired))


def superiority(first: ArrayLike, second: ArrayLike, paired: bool = False) -> float:
    """P(first > second) + ½·P(equal), over all pairs of runs or over the partners (Vargha and Delaney 2000's A)."""
    a, b = pairs(first, second) if paired else (finite(first), finite(second)[:, None])
    if not a.size or not b.size:
        return math.nan
    return float(np.mean((a > b) + 0.5 * (a == b)))


def correct(p: ArrayLike, method: Correction = "holm") -> Floats:
    """p-values adjusted for how many there are.

    Args:
        p: [k]; NaN are not counted and stay NaN.
        method: holm (Holm 1979) bounds the chance of any false claim; bh (Benjamini and Hochberg 1995) and by
            (Benjamini and Yekutieli 2001) bound the share of false claims; none.
    """
    values = np.asarray(p, np.float64)
    out, known = values.copy(), np.isfinite(values)
    if method == "none" or not known.any():
        return out
    if method == "holm":
        order = np.argsort(values[known], kind="stable")
        steps = values[known][order] * np.arange(len(order), 0, -1)
        adjusted = np.empty(len(order))
        adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
        out[known] = adjusted
    else:
        out[known] = stats.false_discovery_control(values[known], method=method)
    return out
