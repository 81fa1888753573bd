"""Intervals of means and of differences: `interval` and `difference` of one estimate, `intervals` of many at once.

Everything takes plain arrays with one value a run, and nothing here knows what a run is. What is estimated is a mean,
and its 95 % interval is Student's t: that of the mean of paired differences, or Welch's of two groups. An effect is
different from 0 by `significance.t_test` at 5 % where this interval leaves 0 out, and nowhere else. By simulation
(`tests.support.coverage`) it covers 94 to 97 % with 6 runs and more whose values are spread like a normal
distribution, evenly, with heavy tails or in two heaps, and 91 to 94 % where they are as skewed as a lognormal
distribution with σ = ½: errors and norms are compared as logarithms. With 3 runs it is 95 % of normal values, and 79 %
of values in two heaps, which may all come from one.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.statistics.estimate import Estimate

Floats = NDArray[np.float64]

FEWEST: Final = 3
"""Values from which an interval is drawn: of two it would be 13 standard errors to either side."""
CALLED: Final = "95 % interval"
"""What captions and legends call it."""


def interval(values: ArrayLike, confidence: float = 0.95, **names: Any) -> Estimate:
    """Mean of one value a run and its interval.

    Args:
        values: [n]; values that are not finite are left out.
        confidence: Of the interval.
        names: What is estimated: other fields of `Estimate`.

    Example:
        >>> from analysis.statistics.intervals import interval
        >>> mean = interval([0.71, 0.68, 0.74, 0.70])
        >>> print(f"{mean.value:.4f} [{mean.low:.3f}, {mean.high:.3f}], n = {mean.n}")
        0.7075 [0.668, 0.747], n = 4
    """
    sample = finite(values)
    low, high = intervals(sample, confidence)
    return Estimate(mean(sample), float(low), float(high), len(sample), **names)


def intervals(values: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Intervals of many means over the same runs, as along a trajectory: [..., n] → low and high [...].

    NaN where a row has a value that is not finite, or n < `FEWEST`.
    """
    sample = np.asarray(values, np.float64)
    if sample.shape[-1] < FEWEST:
        return np.full(sample.shape[:-1], np.nan), np.full(sample.shape[:-1], np.nan)
    return about(sample.mean(axis=-1), *student(sample), confidence)


def differences(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Intervals of the differences of two means, of groups whose variances may differ: [..., n] and [..., m]."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    gap = a.mean(axis=-1) - b.mean(axis=-1) if min(a.shape[-1], b.shape[-1]) else np.full(a.shape[:-1], np.nan)
    if min(a.shape[-1], b.shape[-1]) < FEWEST:
        return np.full_like(gap, np.nan), np.full_like(gap, np.nan)
    return about(gap, *welch(a, b), confidence)


def about(value: ArrayLike, error: ArrayLike, degrees: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Student's t interval of estimates with a standard error each, of so many degrees of freedom; arrays [...]."""
    reach = stats.t.ppf((1 + confidence) / 2, degrees) * error
    return np.asarray(value - reach), np.asarray(value + reach)


def student(sample: Floats) -> tuple[Floats, int]:
    """Standard error of a mean and its degrees of freedom: [..., n]."""
    n = sample.shape[-1]
    return sample.std(axis=-1, ddof=1) / math.sqrt(n), n - 1


def welch(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Standard error of a difference of means and its degrees of freedom (Welch 1947): [..., n] and [..., m]."""
    squared = [sample.var(axis=-1, ddof=1) / sample.shape[-1] for sample in (first, second)]
    free = [sample.shape[-1] - 1 for sample in (first, second)]
    total = squared[0] + squared[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = total**2 / (squared[0] ** 2 / free[0] + squared[1] ** 2 / free[1])
    return np.sqrt(total), np.where(total > 0, degrees, sum(free))


def difference(
    first: ArrayLike, second: ArrayLike, paired: bool = False, confidence: float = 0.95, **names: Any
) -> Estimate:
    """How much higher the mean of the first group is, with its interval over runs.

    Args:
        first: [n] one value a run.
        second: [m]; if paired, [n] in the same order.
        paired: The mean of the differences; pairs with a value that is not finite are left out.
        confidence: Of the interval.
        names: As in `interval`.

    Returns:
        The estimate; n is the number of pairs, or the size of the smaller group.
    """
    if paired:
        return interval(np.subtract(*pairs(first, second)), confidence, **names)
    a, b = finite(first), finite(second)
    low, high = differences(a, b, confidence)
    return Estimate(mean(a) - mean(b), float(low), float(high), min(len(a), len(b)), **names)


def mean(values: Floats) -> float:
    """Of no value NaN."""
    return float(values.mean()) if len(values) else math.nan


def finite(values: ArrayLike) -> Floats:
    """[n] the values that are finite."""
    sample = np.asarray(values, np.float64).ravel()
    return sample[np.isfinite(sample)]


def pairs(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    """[n] the pairs of which both values are finite."""
    a, b = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    both = np.isfinite(a) & np.isfinite(b)
    return a[both], b[both]
