"""Intervals of variance components: the modified large-sample one of Ting et al. (1990, J. Statist. Comput. Simul. 35,
135; Burdick and Graybill, *Confidence Intervals on Variance Components*, 1992).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


def large_sample(
    among: Floats, residual: Floats, free: tuple[int, int], lives: float, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """√σ² of what the first of two mean squares [...] holds `lives` times beyond the second, each on so many degrees of
    freedom; ends below 0 as 0.
    """
    tail, (n, m) = (1 - confidence) / 2, free
    ends = []
    for sign, q in ((-1, 1 - tail), (1, tail)):
        f = stats.f.ppf(q, n, m)
        g = abs(1 - n / stats.chi2.ppf(q, n))
        h = abs(1 - m / stats.chi2.ppf(1 - q, m))
        cross = (np.square(f - 1) - np.square(g * f) - np.square(h)) / f
        spread = np.square(g * among) + np.square(h * residual) + cross * among * residual
        variance = (among - residual + sign * np.sqrt(np.maximum(spread, 0))) / lives
        ends.append(np.sqrt(np.maximum(variance, 0)))
    return ends[0], ends[1]
