"""Means over genomes that share their lives: both are random, so that intervals hold for other genomes in other lives.

A mean over genomes alone is one of these lives: what a life does to everybody who lives it does not average out.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.assays.components import Floats, mean_squares
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST


def mean(scores: ArrayLike, **names: Any) -> Estimate:
    """Mean over genomes and lives, with its 95 % interval over both.

    Args:
        scores: [P, R], genome × life; genomes with a value that is not finite are left out.
        names: What is estimated: fields of `Estimate`.

    Returns:
        The estimate; n is the number of genomes. It has no interval below `FEWEST` genomes or 2 lives.
    """
    return _estimate([_finite(scores)], names)


def difference(first: ArrayLike, second: ArrayLike, **names: Any) -> Estimate:
    """How much higher the mean of the first genomes is in the lives that both live; n is that of the smaller group.

    Args:
        first: [P, R], as in `mean`.
        second: [Q, R], other genomes in the same lives.
        names: As in `mean`.
    """
    return _estimate([_finite(first), _finite(second)], names)


def half_width(first: Floats, second: Floats | None = None, confidence: float = 0.95) -> Floats:
    """[...] half the interval of a mean, or of a difference, by the crossed random model.

    The variance is Σ σ²_G/P + σ²_L/R + Σ σ²_E/(P·R), sums over the groups, where σ²_L is the variance among lives of
    the mean, or of the difference of the means: a life that does the same to both groups is not in it, one that does
    different things is. It is estimated by Σ MS_G/(P·R) + (variance among the R values)/R − Σ MS_E/(P·R), never below
    either of its first two terms, and Student's t has Satterthwaite's degrees of freedom of these two (Gaylor and
    Hopper 1969, Technometrics 11, 691, on when a term may be subtracted).

    Of normal effects and 5 lives or more it covers 94 to 97 %, and up to 99 % where lives or genomes hardly matter
    beside chance: how little cannot be told from so few. With 3 lives it covers 92 % at least.

    Args:
        first: [..., P, R].
        second: [..., Q, R].
        confidence: Of the interval.
    """
    groups = [first] if second is None else [first, second]
    lives = first.shape[-1]
    of_life = first.mean(axis=-2) - (0 if second is None else second.mean(axis=-2))
    common = of_life.var(axis=-1, ddof=1) / lives
    genome, residual, spread = np.zeros_like(common), np.zeros_like(common), np.square(common) / (lives - 1)
    for scores in groups:
        ms, cells = mean_squares(scores), scores.shape[-2] * lives
        genome += ms.genome / cells
        residual += ms.residual / cells
        spread += np.square(ms.genome / cells) / ms.free
    variance = np.maximum(genome + common - residual, np.maximum(genome, common))
    free = np.square(variance) / np.where(spread > 0, spread, 1)
    return np.where(variance > 0, stats.t.ppf((1 + confidence) / 2, np.maximum(free, 1)) * np.sqrt(variance), 0.0)


def _estimate(groups: list[Floats], names: dict[str, Any]) -> Estimate:
    n, lives = min(len(scores) for scores in groups), groups[0].shape[-1]
    names = {"over": f"genomes × {lives} lives", **names}
    if not n:
        return Estimate(np.nan, np.nan, np.nan, n, **names)
    value = float(groups[0].mean() - sum(other.mean() for other in groups[1:]))
    second = groups[1] if len(groups) > 1 else None
    half = float(half_width(groups[0], second)) if n >= FEWEST and lives > 1 else np.nan
    return Estimate(value, value - half, value + half, n, **names)


def _finite(scores: ArrayLike) -> Floats:
    x = np.asarray(scores, np.float64)
    return x[np.isfinite(x).all(axis=-1)]
