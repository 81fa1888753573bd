"""Variance components of replicated lives: how much lies among genomes, and how traits of genomes go together.

All genomes share the lives, so that shares and standard deviations here are those within a common life.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST, RESAMPLES

Floats = NDArray[np.float64]

UNDEFINED: Final = 0.025
"""Share of resamples without a value from which there is no interval."""


@dataclass(frozen=True)
class Components:
    """Unbiased estimates, which may be negative; each a scalar, or [resamples].

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


def components(scores: ArrayLike, groups: ArrayLike | None = None, counts: ArrayLike | None = None) -> Components:
    """Two-way random effects, genome × replicate, one value a cell, by the analysis of variance.

    Expected mean squares: genome R·σ²_G + σ²_E, replicate P·σ²_R + σ²_E, residual σ²_E (Searle, Casella and McCulloch,
    *Variance Components*, 1992, chapter 4).

    Args:
        scores: [P, R].
        groups: [P] labels; with them all is taken within groups, so that what differs between them is left out.
        counts: [..., P] how often each genome counts, as in a bootstrap; as many in each group as it has. Once if None.
    """
    x = np.asarray(scores, np.float64)
    size, lives = x.shape
    weights = np.ones(size) if counts is None else np.asarray(counts, np.float64)
    members = _members(groups, size)
    among, residual, replicate = (np.zeros(weights.shape[:-1]) for _ in range(3))
    for rows in members:
        n, w = len(rows), weights[..., rows]
        own = x[rows] - x[rows].mean()
        common = w @ own / n
        grand = common.mean(axis=-1)
        of_genomes = lives * (w @ np.square(own.mean(axis=1)) - n * np.square(grand))
        of_lives = n * np.square(common - grand[..., None]).sum(axis=-1)
        total = w @ np.square(own).sum(axis=1) - n * lives * np.square(grand)
        among += of_genomes
        replicate += of_lives
        residual += np.maximum(total - of_genomes - of_lives, 0)
    free = size - len(members)
    with np.errstate(divide="ignore", invalid="ignore"):
        ms_among, ms_residual = among / free, residual / (free * (lives - 1))
        ms_replicate = replicate / (len(members) * (lives - 1))
    return Components((ms_among - ms_residual) / lives, (ms_replicate - ms_residual) * len(members) / size, ms_residual)


def heritability(scores: ArrayLike, groups: ArrayLike | None = None, **names: Any) -> Estimate:
    """H² within a common life, with its 95 % percentile bootstrap interval over genomes, resampled within their groups.

    Args:
        scores: [P, R]; genomes with a value that is not finite are left out.
        groups: [P] labels, as in `components`.
        names: What is estimated: fields of `Estimate`.
    """
    return _estimate(scores, groups, "heritability", names)


def deviation(scores: ArrayLike, groups: ArrayLike | None = None, **names: Any) -> Estimate:
    """√σ²_G, as `heritability`."""
    return _estimate(scores, groups, "deviation", names)


@dataclass(frozen=True)
class Joint:
    """Two traits scored in the same lives.

    Attributes:
        covariance: σ_G(x, y), among genomes.
        first: Components of x.
        second: Components of y.
    """

    covariance: Floats
    first: Components
    second: Components

    @property
    def correlation(self) -> Floats:
        """Genetic correlation σ_G(x, y) / √(σ²_G(x)·σ²_G(y)), within [−1, 1] where sampling would carry it out; NaN
        where a variance among genomes is not positive.
        """
        own, other = self.first.genome, self.second.genome
        with np.errstate(divide="ignore", invalid="ignore"):
            there = (own > 0) & (other > 0)
            return np.where(there, np.clip(self.covariance / np.sqrt(own * other), -1, 1), np.nan)

    @property
    def coheritability(self) -> Floats:
        """σ_G(x, y) in standard deviations √(σ²_G + σ²_E) within a common life, r_G·h(x)·h(y): defined where the
        correlation may not be.
        """
        spread = [part.genome + part.residual for part in (self.first, self.second)]
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.covariance / np.sqrt(spread[0] * spread[1])


def joint(
    first: ArrayLike, second: ArrayLike, groups: ArrayLike | None = None, counts: ArrayLike | None = None
) -> Joint:
    """Components of two traits, and their covariance (σ²_G(x + y) − σ²_G(x − y)) / 4: what a life does to both traits
    of a genome is in the residual and not in it (Falconer and Mackay, *Introduction to Quantitative Genetics*, 1996,
    chapter 19). Each trait is taken in its standard deviations.

    Args:
        first: [P, R].
        second: [P, R], the same genomes and lives.
        groups: [P] labels, as in `components`.
        counts: [..., P], as in `components`.
    """
    x, y = (values / (np.std(values) or 1.0) for values in (np.asarray(v, np.float64) for v in (first, second)))
    together, apart = (components(values, groups, counts).genome for values in (x + y, x - y))
    return Joint((together - apart) / 4, components(x, groups, counts), components(y, groups, counts))


def correlation(first: ArrayLike, second: ArrayLike, groups: ArrayLike | None = None, **names: Any) -> Estimate:
    """The genetic correlation with its 95 % percentile bootstrap interval over genomes, as `heritability`; those with a
    value that is not finite are left out.
    """
    x, y, labels = whole(first, second, groups)
    return _with_interval(lambda counts: joint(x, y, labels, counts).correlation, labels, x, names)


def whole(first: ArrayLike, second: ArrayLike, groups: ArrayLike | None) -> tuple[Floats, Floats, NDArray | None]:
    """The genomes whose values are all finite."""
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    rows = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    return x[rows], y[rows], None if groups is None else np.asarray(groups)[rows]


def _estimate(scores: ArrayLike, groups: ArrayLike | None, what: str, names: Mapping[str, Any]) -> Estimate:
    x, _, labels = whole(scores, scores, groups)
    return _with_interval(lambda counts: getattr(components(x, labels, counts), what), labels, x, names)


def _with_interval(
    statistic: Callable[[Floats | None], Floats], groups: NDArray | None, scores: Floats, names: Mapping[str, Any]
) -> Estimate:
    """A statistic of how often each genome counts, with its interval over genomes resampled within their groups.

    There is no interval where the statistic is undefined, or is so in more than `UNDEFINED` of the resamples: those
    that are left would say nothing of it. Neither of fewer than `FEWEST` genomes or of one life is there a value.
    """
    size, names = len(scores), {"over": "genomes", **names}
    if size < FEWEST or scores.shape[1] < 2:
        return Estimate(np.nan, np.nan, np.nan, size, **names)
    rng = np.random.default_rng(0)
    counts = np.zeros((RESAMPLES, size))
    for rows in _members(groups, size):
        counts[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), RESAMPLES)
    value, draws = float(statistic(None)), statistic(counts)
    known = np.isfinite(draws)
    if not np.isfinite(value) or known.mean() < 1 - UNDEFINED:
        return Estimate(value, np.nan, np.nan, size, **names)
    low, high = np.quantile(draws[known], [0.025, 0.975])
    return Estimate(value, float(low), float(high), size, **names)


def _members(groups: ArrayLike | None, size: int) -> list[NDArray[np.intp]]:
    if groups is None:
        return [np.arange(size)]
    labels = np.asarray(groups)
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]
