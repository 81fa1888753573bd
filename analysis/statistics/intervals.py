"""Statements about treatments, with runs as the unit of replication: intervals, tests, effect sizes, corrections.

Everything takes plain arrays with one value a run, and nothing here knows what a run is. Centres are interquartile
means (IQM: the mean of the middle half; Agarwal et al., NeurIPS 2021) unless asked otherwise, and intervals are
percentile bootstraps. Simulated with normal values, the 95 % interval of an IQM covers 91 % with 5 runs, 94 % with 8,
and only 77 % with 3; below `FEWEST` there is none.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from alife.words import count

Floats = NDArray[np.float64]
Centre = Literal["iqm", "median", "mean"]
Correction = Literal["holm", "bh", "by", "none"]

RESAMPLES: Final = 9_999
"""Bootstrap resamples; the same data give the same interval."""
FEWEST: Final = 3
"""Values from which an interval is drawn."""
EXACT_PAIRS: Final = 16
"""Pairs up to which all sign flips are gone through; of more, `RESAMPLES` at random."""
_BATCH: Final = 4_000_000


def iqm(values: ArrayLike, axis: int = -1) -> Floats:
    """Interquartile mean: the mean without the lowest and the highest quarter (rounded down) of the values."""
    return stats.trim_mean(np.asarray(values, np.float64), 0.25, axis=axis)


def _mean(values: ArrayLike, axis: int = -1) -> Floats:
    return np.mean(np.asarray(values, np.float64), axis=axis)


def _median(values: ArrayLike, axis: int = -1) -> Floats:
    return np.median(np.asarray(values, np.float64), axis=axis)


CENTRES: Final[dict[str, Callable[..., Floats]]] = {"iqm": iqm, "median": _median, "mean": _mean}


@dataclass(frozen=True)
class Estimate:
    """A number and how sure it is.

    Attributes:
        value: The estimate.
        low: Lower end of its interval, NaN if there are too few values for one.
        high: Upper end.
        n: How many runs, or pairs of runs, stand behind it.
    """

    value: float
    low: float
    high: float
    n: int

    def covers(self, value: float) -> bool:
        """Whether `value` is inside the interval."""
        return self.low <= value <= self.high


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


def interval(values: ArrayLike, centre: Centre = "iqm", confidence: float = 0.95) -> Estimate:
    """Centre of one value a run and its percentile bootstrap interval over runs.

    Args:
        values: [n]; values that are not finite are left out.
        centre: iqm, median or mean.
        confidence: Of the interval.
    """
    sample = _finite(values)
    low, high = intervals(sample[None], centre, confidence)
    value = float(CENTRES[centre](sample)) if len(sample) else math.nan
    return Estimate(value, float(low[0]), float(high[0]), len(sample))


def intervals(
    values: ArrayLike, centre: Centre = "iqm", confidence: float = 0.95, resamples: int = RESAMPLES
) -> tuple[Floats, Floats]:
    """Bootstrap intervals of many centres over the same runs, as along a trajectory: [..., n] → low and high [...].

    Runs are resampled alike for all rows. NaN where a row has a value that is not finite, or n < `FEWEST`.
    """
    return _bootstrap((np.asarray(values, np.float64),), CENTRES[centre], confidence, resamples)


def differences(
    first: ArrayLike, second: ArrayLike, centre: Centre = "iqm", confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Bootstrap intervals of the difference of two centres, each group resampled by itself: [..., n] and [..., m]."""
    middle = CENTRES[centre]
    samples = np.asarray(first, np.float64), np.asarray(second, np.float64)
    return _bootstrap(samples, lambda a, b, axis=-1: middle(a, axis=axis) - middle(b, axis=axis), confidence)


def blocks(series: Floats, most: int = 100) -> Floats:
    """Means of stretches of consecutive values: [..., T] → [..., blocks], of which `most` at most.

    Resampling stretches instead of single generations lets a bootstrap see that neighbours are alike. Stretches are
    T^⅓ values long, two at least (Künsch 1989), and longer where there would be more than `most`; fewer than six values
    stay as they are. Lengths differ by one at most: deviations from the mean of all are weighted by length, so that the
    mean of the blocks is the mean of the series.
    """
    if not series.shape[-1]:
        return series
    mean = series.mean(axis=-1, keepdims=True)
    sums = block_sums(series - mean, most)
    return mean + sums * sums.shape[-1] / series.shape[-1]


def block_sums(series: Floats, most: int = 100) -> Floats:
    """Sums over the stretches of `blocks`: a ratio of such sums needs no weights."""
    length = series.shape[-1]
    if length < 2 * FEWEST:
        return series
    count = min(length // max(2, round(length ** (1 / 3))), most)
    edges = np.linspace(0, length, count + 1).astype(np.intp)
    return np.add.reduceat(series, edges[:-1], axis=-1)


def difference(
    first: ArrayLike, second: ArrayLike, paired: bool = False, centre: Centre = "iqm", confidence: float = 0.95
) -> Estimate:
    """How much higher the first group is, with its percentile bootstrap interval over runs.

    Args:
        first: [n] one value a run.
        second: [m]; if paired, [n] in the same order.
        paired: The centre of the differences, pairs resampled; otherwise the difference of the centres, each group
            resampled by itself. Pairs with a value that is not finite are left out.
        centre: iqm, median or mean.
        confidence: Of the interval.

    Returns:
        The estimate; n is the number of pairs, or the size of the smaller group.
    """
    if paired:
        return interval(np.subtract(*_pairs(first, second)), centre, confidence)
    a, b = _finite(first), _finite(second)
    n = min(len(a), len(b))
    low, high = differences(a[None], b[None], centre, confidence)
    value = float(CENTRES[centre](a) - CENTRES[centre](b)) if n else math.nan
    return Estimate(value, float(low[0]), float(high[0]), n)


def brunner_munzel(first: ArrayLike, second: ArrayLike) -> Test:
    """Whether a run of one group tends to be higher than one of the other (Brunner and Munzel 2000), unpaired.

    It compares neither means nor variances. Its t approximation has no lower bound in small samples (0 where the groups
    are apart), so p is never given as less than what a permutation of the runs could attain.
    """
    a, b = _finite(first), _finite(second)
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
    a, b = _pairs(first, second)
    floor = smallest_p(len(a), len(b), paired=True)
    p = 1.0
    if len(a) > 1 and (a != b).any():
        flips = 2**EXACT_PAIRS if len(a) <= EXACT_PAIRS else RESAMPLES
        p = stats.permutation_test((a - b,), _mean, permutation_type="samples", n_resamples=flips, rng=0).pvalue
    return Test("sign-flip permutation", float(p), floor, superiority(a, b, paired=True))


def superiority(first: ArrayLike, second: ArrayLike, paired: bool = False) -> float:
    """P(first > second) + ½·P(equal), over all pairs of runs or over the partners (Vargha and Delaney 2000's A)."""
    a, b = _pairs(first, second) if paired else (_finite(first), _finite(second)[:, None])
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


def _bootstrap(
    samples: tuple[Floats, ...], statistic: Callable[..., Floats], confidence: float, resamples: int = RESAMPLES
) -> tuple[Floats, Floats]:
    """Percentile intervals of rows; NaN where a row is not finite or a sample has fewer than `FEWEST` values."""
    whole = np.all([np.isfinite(sample).all(axis=-1) for sample in samples], axis=0)
    low, high = np.full(whole.shape, np.nan), np.full(whole.shape, np.nan)
    if min(sample.shape[-1] for sample in samples) >= FEWEST and whole.any():
        rows = tuple(sample[whole] for sample in samples)
        result = stats.bootstrap(
            rows,
            statistic,
            n_resamples=resamples,
            confidence_level=confidence,
            method="percentile",
            axis=-1,
            batch=max(_BATCH // sum(row.size for row in rows), 1),
            rng=0,
        )
        low[whole], high[whole] = result.confidence_interval
    return low, high


def _finite(values: ArrayLike) -> Floats:
    sample = np.asarray(values, np.float64).ravel()
    return sample[np.isfinite(sample)]


def _pairs(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    both = np.isfinite(a) & np.isfinite(b)
    return a[both], b[both]
