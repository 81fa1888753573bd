"""Variance components of replicated lives: how much lies among genomes, with exact and nearly exact intervals.

All genomes share the lives, so that shares and standard deviations here are those within a common life. Tables are
[..., P, R], genome × life, one value a cell; with `groups` all is taken within them, on P − groups degrees of freedom.

Intervals are of normal effects. Of heavy-tailed ones (Student's t with 5 degrees of freedom) those of H² and √σ²_G
cover 92 to 94 % where H² is 0.1, 87 to 92 % where it is 0.5 and 84 to 91 % where it is 0.9, the less the more genomes
there are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.statistics.estimate import Estimate
from analysis.statistics.variances import large_sample

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanSquares:
    """Of the two-way analysis of variance, each [...].

    Attributes:
        genome: MS_G, on `free` degrees of freedom.
        replicate: MS_R, on groups·(R − 1).
        residual: MS_E, on free·(R − 1).
        free: P − groups.
        groups: How many.
        lives: R.
    """

    genome: Floats
    replicate: Floats
    residual: Floats
    free: int
    groups: int
    lives: int

    @property
    def bear_intervals(self) -> bool:
        """Whether there is a residual, and more than one degree of freedom among genomes."""
        return self.free > 1 and self.lives > 1


@dataclass(frozen=True)
class Components:
    """Unbiased estimates, which may be negative, each [...].

    Attributes:
        genome: σ²_G, among genomes.
        replicate: σ²_R, among replicates: what a life does to everybody who lives it.
        residual: σ²_E, what is left: chance, and genomes that do differently well in different lives.
    """

    genome: Floats
    replicate: Floats
    residual: Floats

    @property
    def heritability(self) -> Floats:
        """Broad-sense heritability within a common life, H² = σ²_G / (σ²_G + σ²_E).

        σ²_R is not in it: individuals of a run, who live a life each, differ by that too.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.genome / (self.genome + self.residual)

    @property
    def deviation(self) -> Floats:
        """√σ²_G, 0 where the estimate is negative."""
        return np.sqrt(np.maximum(self.genome, 0))


def mean_squares(scores: ArrayLike, groups: ArrayLike | None = None) -> MeanSquares:
    """Mean squares of genomes, lives and the residual.

    Args:
        scores: [..., P, R].
        groups: [P] labels; what differs between them is left out.
    """
    x = np.asarray(scores, np.float64)
    size, lives = x.shape[-2:]
    members = _members(groups, size)
    among, common, residual = (np.zeros(x.shape[:-2]) for _ in range(3))
    for rows in members:
        own = x[..., rows, :] - x[..., rows, :].mean(axis=(-2, -1), keepdims=True)
        of_genome, of_life = own.mean(axis=-1, keepdims=True), own.mean(axis=-2, keepdims=True)
        among += lives * np.square(of_genome).sum(axis=(-2, -1))
        common += len(rows) * np.square(of_life).sum(axis=(-2, -1))
        residual += np.square(own - of_genome - of_life).sum(axis=(-2, -1))
    free, k = size - len(members), len(members)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = among / free, common / (k * (lives - 1)), residual / np.float64(free * (lives - 1))
    return MeanSquares(*squares, free=free, groups=k, lives=lives)


def components(scores: ArrayLike, groups: ArrayLike | None = None) -> Components:
    """Two-way random effects, genome × replicate, by the analysis of variance.

    Expected mean squares: genome R·σ²_G + σ²_E, replicate P·σ²_R + σ²_E, residual σ²_E (Searle, Casella and McCulloch,
    *Variance Components*, 1992, chapter 4). Arguments as of `mean_squares`.
    """
    ms = mean_squares(scores, groups)
    with np.errstate(invalid="ignore"):
        of_lives = (ms.replicate - ms.residual) * ms.groups / (ms.free + ms.groups)
    return Components((ms.genome - ms.residual) / ms.lives, of_lives, ms.residual)


def heritability(scores: ArrayLike, groups: ArrayLike | None = None, **names: Any) -> Estimate:
    """H² within a common life, with its exact 95 % interval; as the estimate, its ends may be negative.

    Args:
        scores: [P, R]; genomes with a value that is not finite are left out.
        groups: [P] labels, as in `mean_squares`.
        names: What is estimated: fields of `Estimate`.

    Returns:
        The estimate; it has no interval unless P − groups and R are at least 2.
    """
    x, _, labels = whole(scores, scores, groups)
    return estimate(components(x, labels).heritability, heritabilities(mean_squares(x, labels)), len(x), names)


def deviation(scores: ArrayLike, groups: ArrayLike | None = None, **names: Any) -> Estimate:
    """√σ²_G with the interval of `deviations`, as `heritability`."""
    x, _, labels = whole(scores, scores, groups)
    return estimate(components(x, labels).deviation, deviations(mean_squares(x, labels)), len(x), names)


def heritabilities(ms: MeanSquares, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of H²: F = MS_G/MS_E over 1 + R·σ²_G/σ²_E has the F distribution (Searle, Casella and McCulloch
    1992; McGraw and Wong 1996, Psychol. Methods 1, 30, ICC(C,1)). Where H² is 0 and F small, both ends are negative.

    Returns:
        Low and high, [...]; NaN where there are no degrees of freedom for an interval.
    """
    if not ms.bear_intervals:
        return np.full(ms.genome.shape, np.nan), np.full(ms.genome.shape, np.nan)
    tail, free = (1 - confidence) / 2, (ms.free, ms.free * (ms.lives - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = ms.genome / ms.residual
        odds = [(ratio / stats.f.ppf(q, *free) - 1) / ms.lives for q in (1 - tail, tail)]
        low, high = (np.where(np.isinf(odd), 1.0, odd / (1 + odd)) for odd in odds)
    return low, high


def deviations(ms: MeanSquares, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Modified large-sample interval of √σ²_G, ends of σ²_G below 0 as 0 (Ting et al. 1990, J. Statist. Comput. Simul.
    35, 135; Burdick and Graybill, *Confidence Intervals on Variance Components*, 1992).

    Of normal effects it covers 94 to 96 % from 6 genomes and 3 lives on, and 100 % where σ²_G is 0.

    Returns:
        As `heritabilities`.
    """
    if not ms.bear_intervals:
        return np.full(ms.genome.shape, np.nan), np.full(ms.genome.shape, np.nan)
    return large_sample(ms.genome, ms.residual, (ms.free, ms.free * (ms.lives - 1)), ms.lives, confidence)


def whole(first: ArrayLike, second: ArrayLike, groups: ArrayLike | None) -> tuple[Floats, Floats, NDArray | None]:
    """The genomes whose values are all finite."""
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    rows = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    return x[rows], y[rows], None if groups is None else np.asarray(groups)[rows]


def estimate(value: Floats, ends: tuple[Floats, Floats], size: int, names: dict[str, Any]) -> Estimate:
    """Of so many genomes; without an interval where there is no value."""
    low, high = (float(end) if np.isfinite(value) else np.nan for end in ends)
    return Estimate(float(value), low, high, size, **{"over": "genomes", **names})


def _members(groups: ArrayLike | None, size: int) -> list[NDArray[np.intp]]:
    if groups is None:
        return [np.arange(size)] if size else []
    labels = np.asarray(groups)
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]
