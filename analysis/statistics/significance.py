"""Tests of "no difference" between two groups of runs, effect sizes, and corrections for how many tests there are.

Call `sign_flip` on runs paired by seed and `brunner_munzel` on others, then `correct` on all p-values of a table;
`too_few` says where no data of this size could show anything.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from alife.words import count
from analysis.statistics.intervals import RESAMPLES, Floats, finite, pairs

Correction = Literal["holm", "bh", "by", "none"]

EXACT_PAIRS: Final = 16
"""Pairs up to which all sign flips are gone through; of more, `RESAMPLES` at random."""


@dataclass(frozen=True)
class Test:
    """A two-sided test of "no difference", and the size of the effect.

    Attributes:
        name: Which test.
        p: Its p-value.
        smallest_p: The smallest p-value that any data of this size could have given.
        superiority: Chance that a run of the first group is higher than one of the second (paired: than its partner),
            ties half; ½ is no effect.
    """

    name: str
    p: float
    smallest_p: float
    superiority: float

    @property
    def cliffs_delta(self) -> float:
        """Cliff's δ = 2·superiority − 1: how much oftener the first group is higher than lower, in [−1, 1]."""
        return 2 * self.superiority - 1


def brunner_munzel(first: ArrayLike, second: ArrayLike) -> Test:
    """Whether a run of one group tends to be higher than one of the other (Brunner and Munzel 2000), unpaired.

    It compares neither means nor variances. Its t approximation has no lower bound in small samples (0 where the groups
    are apart), so p is never given as less than what a permutation of the runs could attain.
    """
    a, b = finite(first), finite(second)
    floor = smallest_p(len(a), len(b))
    above, p = superiority(a, b), floor
    if min(len(a), len(b)) < 2 or len(np.unique(np.concatenate([a, b]))) == 1:
        p = 1.0
    elif 0 < above < 1:
        p = max(float(stats.brunnermunzel(a, b).pvalue), floor)
    return Test("Brunner–Munzel", p, floor, above)


def sign_flip(first: ArrayLike, second: ArrayLike) -> Test:
    """Whether paired differences are symmetric about 0: Fisher's randomisation test of their mean (1935), exact.

    All 2^n sign flips up to `EXACT_PAIRS` pairs, beyond that `RESAMPLES` random ones.
    """
    a, b = pairs(first, second)
    floor = smallest_p(len(a), len(b), paired=True)
    p = 1.0
    if len(a) > 1 and (a != b).any():
        flips = 2**EXACT_PAIRS if len(a) <= EXACT_PAIRS else RESAMPLES
        p = stats.permutation_test((a - b,), np.mean, permutation_type="samples", n_resamples=flips, rng=0).pvalue
    return Test("sign-flip permutation", float(p), floor, superiority(a, b, paired=True))


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


def smallest_p(n: int, m: int, paired: bool = False) -> float:
    """The smallest two-sided p-value that a permutation of n and m runs (or of n pairs) can give; at most 1."""
    arrangements = 2**n if paired else math.comb(n + m, n)
    return min(2 / arrangements, 1.0)


def too_few(
    n: int,
    m: int,
    paired: bool = False,
    comparisons: int = 1,
    alpha: float = 0.05,
    correction: Correction = "holm",
) -> str | None:
    """Why so few runs cannot show a difference, or None if they can.

    Args:
        n: Runs of one group, or pairs.
        m: Runs of the other group.
        paired: Runs are paired.
        comparisons: p-values that the correction will count.
        alpha: Level of significance.
        correction: As in `correct`. The best case is that all comparisons give the smallest p-value: Holm multiplies it
            by how many there are, Benjamini and Yekutieli by the sum of 1/k over them, the others by 1.

    Returns:
        A clause such as "4 paired runs cannot give p < 0.05 (0.125 at best); 6 could".
    """
    times = {"holm": float(comparisons), "by": sum(1 / k for k in range(1, comparisons + 1))}.get(correction, 1.0)
    best = min(smallest_p(n, m, paired) * times, 1.0)
    if best < alpha:
        return None
    enough = next(k for k in range(1, 200) if smallest_p(k, k, paired) * times < alpha)
    have = f"{count(n, 'paired run')}" if paired else f"{n} and {count(m, 'run')}"
    among = f" among {comparisons} comparisons" if times > 1 else ""
    need = f"{enough} could" if paired else f"{enough} a group could"
    return f"{have} cannot give p < {alpha:g}{among} ({best:.3g} at best); {need}"
