"""Intervals of centres and of differences: `interval` and `difference` of one estimate, `intervals` of many at once.

Everything takes plain arrays with one value a run, and nothing here knows what a run is. Centres are interquartile
means (IQM: the mean of the middle half; Agarwal et al., NeurIPS 2021) unless asked otherwise, and intervals are
percentile bootstraps. Simulated with normal values, the 95 % interval of an IQM covers 91 % with 5 runs, 94 % with 8,
and only 77 % with 3; below `FEWEST` there is none.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.statistics.estimate import Estimate

Floats = NDArray[np.float64]
Centre = Literal["iqm", "median", "mean"]

RESAMPLES: Final = 9_999
"""Bootstrap resamples; the same data give the same interval."""
FEWEST: Final = 3
"""Values from which an interval is drawn."""
_BATCH: Final = 4_000_000


def iqm(values: ArrayLike, axis: int = -1) -> Floats:
    """Interquartile mean: the mean without the lowest and the highest quarter (rounded down) of the values."""
    return stats.trim_mean(np.asarray(values, np.float64), 0.25, axis=axis)


CENTRES: Final[dict[str, Callable[..., Floats]]] = {
    "iqm": iqm,
    "median": partial(np.median, axis=-1),
    "mean": partial[Any](np.mean, axis=-1),
}


def interval(values: ArrayLike, centre: Centre = "iqm", confidence: float = 0.95, **names: Any) -> Estimate:
    """Centre of one value a run and its percentile bootstrap interval over runs.

    Args:
        values: [n]; values that are not finite are left out.
        centre: iqm, median or mean.
        confidence: Of the interval.
        names: What is estimated: other fields of `Estimate`.
    """
    sample = finite(values)
    low, high = intervals(sample[None], centre, confidence)
    value = float(CENTRES[centre](sample)) if len(sample) else math.nan
    return Estimate(value, float(low[0]), float(high[0]), len(sample), **names)


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


def difference(
    first: ArrayLike,
    second: ArrayLike,
    paired: bool = False,
    centre: Centre = "iqm",
    confidence: float = 0.95,
    **names: Any,
) -> Estimate:
    """How much higher the first group is, with its percentile bootstrap interval over runs.

    Args:
        first: [n] one value a run.
        second: [m]; if paired, [n] in the same order.
        paired: The centre of the differences, pairs resampled; otherwise the difference of the centres, each group
            resampled by itself. Pairs with a value that is not finite are left out.
        centre: iqm, median or mean.
        confidence: Of the interval.
        names: As in `interval`.

    Returns:
        The estimate; n is the number of pairs, or the size of the smaller group.
    """
    if paired:
        return interval(np.subtract(*pairs(first, second)), centre, confidence, **names)
    a, b = finite(first), finite(second)
    n = min(len(a), len(b))
    low, high = differences(a[None], b[None], centre, confidence)
    value = float(CENTRES[centre](a) - CENTRES[centre](b)) if n else math.nan
    return Estimate(value, float(low[0]), float(high[0]), n, **names)


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


def finite(values: ArrayLike) -> Floats:
    """[n] the values that are finite."""
    sample = np.asarray(values, np.float64).ravel()
    return sample[np.isfinite(sample)]


def pairs(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    """[n] the pairs of which both values are finite."""
    a, b = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    both = np.isfinite(a) & np.isfinite(b)
    return a[both], b[both]
