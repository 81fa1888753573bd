"""How often intervals of assays hold the truth, simulated, beside a percentile bootstrap over genomes.

`python -m tests.support.coverage_assays [TRIALS]` of a checkout prints the table of `cases`, in some minutes, and that
of `complexities`: of the share of parts that inform, beside the share of parts whose mean over lives is beyond it.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from analysis.assays import components, correlations, crossed
from analysis.assays.complexity import informative
from analysis.statistics import centres

Floats = np.ndarray[Any, Any]
Sample = tuple[Floats, ...]
"""Tables [trials, P, R] of the same genomes, which are resampled together."""
Ends = tuple[Floats, Floats]

BATCH = 100
"""Trials at once where an interval draws thousands of values for each."""
RESAMPLES = 200
LIVES = (3, 5, 8)
GENOMES = (6, 8, 24)


class Row(NamedTuple):
    """A cell of the table; `bootstrap` is the coverage of the percentile bootstrap over genomes, NaN if not asked."""

    name: str
    n: int
    lives: int
    distribution: str
    coverage: float
    bootstrap: float


@dataclass(frozen=True)
class Case:
    """What is estimated.

    Attributes:
        name: In words.
        draw: (noise, P, R) → samples.
        truth: Of the estimate.
        ends: Samples → low and high [trials], by the project.
        statistic: Samples → estimates [...].
    """

    name: str
    draw: Callable[[Callable[..., Floats], int, int], tuple[Sample, ...]]
    truth: float
    ends: Callable[[tuple[Sample, ...]], Ends]
    statistic: Callable[[tuple[Sample, ...]], Floats]


def noise(distribution: str, trials: int, seed: int = 0) -> Callable[..., Floats]:
    """shape → [trials, *shape] values of mean 0 and variance 1: normal, t5 or skewed (exponential)."""
    rng = np.random.default_rng(seed)
    draws: dict[str, Callable[[tuple[int, ...]], Floats]] = {
        "normal": lambda shape: rng.normal(size=shape),
        "t5": lambda shape: rng.standard_t(5, size=shape) / (5 / 3) ** 0.5,
        "skewed": lambda shape: rng.exponential(size=shape) - 1,
    }
    return lambda *shape: draws[distribution]((trials, *shape))


def crossed_lives(z: Callable[..., Floats], size: int, lives: int, share: float, common: float) -> Floats:
    """[trials, P, R] with σ²_G = share, σ²_R = common, σ²_E = 1 − share."""
    residual = (1 - share) ** 0.5 * z(size, lives)
    return share**0.5 * z(size, 1) + common**0.5 * z(1, lives) + residual


def shares(share: float) -> Case:
    """H²."""
    return Case(
        f"H² = {share:g}",
        lambda z, size, lives: ((crossed_lives(z, size, lives, share, 0.5),),),
        share,
        lambda data: components.heritabilities(components.mean_squares(data[0][0])),
        lambda data: components.components(data[0][0]).heritability,
    )


def shares_within(share: float) -> Case:
    """H² within islands of two genomes, which differ by 3."""

    def islands(x: Floats) -> Floats:
        return np.arange(x.shape[-2]) // 2

    def of_pairs(x: Floats) -> Floats:
        return x + 3.0 * islands(x)[:, None]

    return Case(
        f"H² = {share:g} within islands of two",
        lambda z, size, lives: ((of_pairs(crossed_lives(z, size, lives, share, 0.5)),),),
        share,
        lambda data: components.heritabilities(components.mean_squares(data[0][0], islands(data[0][0]))),
        lambda data: np.full(data[0][0].shape[0], np.nan),
    )


def spread(share: float) -> Case:
    """√σ²_G."""
    return Case(
        f"√σ²_G, H² = {share:g}",
        lambda z, size, lives: ((crossed_lives(z, size, lives, share, 0.5),),),
        share**0.5,
        lambda data: components.deviations(components.mean_squares(data[0][0])),
        lambda data: components.components(data[0][0]).deviation,
    )


def together(share: float, correlation: float) -> Case:
    """r_G, with what a life does to both traits of a genome correlated by −½."""

    def draw(z: Callable[..., Floats], size: int, lives: int) -> tuple[Sample, ...]:
        genome, other = z(size, 1), z(size, 1)
        luck, chance = z(size, lives), z(size, lives)
        x = share**0.5 * genome + (1 - share) ** 0.5 * luck
        both = correlation * genome + (1 - correlation**2) ** 0.5 * other
        return ((x, share**0.5 * both + (1 - share) ** 0.5 * (0.75**0.5 * chance - 0.5 * luck)),)

    def ends(data: tuple[Sample, ...]) -> Ends:
        x, y = data[0]
        parts = [correlations.correlations(x[k : k + BATCH], y[k : k + BATCH]) for k in range(0, len(x), BATCH)]
        defined = np.isfinite(statistic(data))
        low, high = (np.where(defined, np.concatenate(end), np.nan) for end in zip(*parts, strict=True))
        return low, high

    def statistic(data: tuple[Sample, ...]) -> Floats:
        x, y = data[0]
        both, apart = (components.components(v).genome for v in (x + y, x - y))
        own, other = (components.components(v) for v in (x, y))
        return correlations.Joint((both - apart) / 4, own, other).correlation

    return Case(f"r_G = {correlation:g}, H² = {share:g}", draw, correlation, ends, statistic)


def mean(share: float, common: float) -> Case:
    """The mean over genomes and lives."""

    def value(data: tuple[Sample, ...]) -> Floats:
        return data[0][0].mean(axis=(-2, -1))

    return Case(
        f"mean, H² = {share:g}, σ²_R = {common:g}",
        lambda z, size, lives: ((crossed_lives(z, size, lives, share, common),),),
        0.0,
        lambda data: _around(value(data), crossed.half_width(data[0][0])),
        value,
    )


def gain(share: float, common: float) -> Case:
    """A difference of two generations in the same lives, whose own effects on either have the variance `common`."""

    def value(data: tuple[Sample, ...]) -> Floats:
        first, second = (tables.mean(axis=(-2, -1)) for (tables,) in data)
        return first - second

    def draw(z: Callable[..., Floats], size: int, lives: int) -> tuple[Sample, ...]:
        shared = 3 * z(1, lives)
        first, second = (crossed_lives(z, size, lives, share, common) + shared for _ in range(2))
        return (first,), (second,)

    return Case(
        f"difference, H² = {share:g}, lives differ by generation with σ² = {common:g}",
        draw,
        0.0,
        lambda data: _around(value(data), crossed.half_width(data[0][0], data[1][0])),
        value,
    )


def chance() -> Case:
    """The standard deviation of the difference between two lives of one genome."""

    def value(data: tuple[Sample, ...]) -> Floats:
        return 2 * data[0][0].var(axis=-1, ddof=1)

    def ends(data: tuple[Sample, ...]) -> Ends:
        middle, half = np.log(value(data).mean(axis=-1)), centres.half_widths(value(data))
        return np.exp((middle - half) / 2), np.exp((middle + half) / 2)

    def statistic(data: tuple[Sample, ...]) -> Floats:
        return value(data).mean(axis=-1) ** 0.5

    return Case("sd of two lives' difference", lambda z, n, r: ((z(n, r),),), 2**0.5, ends, statistic)


def middle(name: str, truth: float) -> Case:
    """The median of one value a genome."""
    return Case(
        name,
        lambda z, size, lives: ((z(size, 1),),),
        truth,
        lambda data: centres.medians(np.sort(data[0][0][..., 0], axis=-1)),
        lambda data: np.median(data[0][0][..., 0], axis=-1),
    )


def coverage(
    case: Case, n: int, lives: int, distribution: str = "normal", trials: int = 2000, bootstrap: bool = False
) -> Row:
    """How often the 95 % interval holds the truth, of the trials that have one."""
    data = case.draw(noise(distribution, trials), n, lives)
    low, high = case.ends(data)
    before = _held(*_percentiles(case, data), case.truth) if bootstrap else np.nan
    return Row(case.name, n, lives, distribution, _held(low, high, case.truth), before)


def cases(trials: int = 2000, bootstrap: bool = True) -> Iterator[Row]:
    """The table, row by row."""
    of_components = [f(share) for f in (shares, spread) for share in (0.1, 0.5, 0.9)] + [shares_within(0.5)]
    of_components += [together(0.3, 0.0), together(0.5, -0.7), together(0.9, 0.5)]
    of_means = [f(share, common) for f in (mean, gain) for share, common in ((0, 0), (0.3, 0), (0.3, 0.3), (0.3, 3))]
    for case in (*of_components, *of_means, chance()):
        for n in GENOMES:
            for lives in LIVES:
                yield coverage(case, n, lives, "normal", trials, bootstrap)
            yield coverage(case, n, 5, "t5", trials, bootstrap)
    for n in GENOMES:
        yield coverage(middle("median", 0.0), n, 1, "normal", trials, bootstrap)
        yield coverage(middle("median", np.log(2) - 1), n, 1, "skewed", trials, bootstrap)


PARTS = 16
KNOCKED: dict[str, tuple[float, Callable[[np.random.Generator, tuple[int, int]], Floats]]] = {
    "none": (0.0, lambda rng, shape: np.zeros(shape)),
    "8 % of -3": (0.08, lambda rng, shape: np.where(rng.random(shape) < 0.08, -3.0, 0.0)),
    "half of -3": (0.5, lambda rng, shape: np.where(rng.random(shape) < 0.5, -3.0, 0.0)),
    "of each genome another share of -3": (
        0.5,
        lambda rng, shape: np.where(rng.random(shape) < rng.beta(2, 2, (shape[0], 1)), -3.0, 0.0),
    ),
    "90 % of -5": (0.9, lambda rng, shape: np.where(rng.random(shape) < 0.9, -5.0, 0.0)),
    "exponential": (float(np.exp(-1 / 1.5)), lambda rng, shape: -rng.exponential(1.5, shape)),
    "normal about the margin": (0.5, lambda rng, shape: rng.normal(-1.0, 1.0, shape)),
    "all": (1.0, lambda rng, shape: rng.normal(-10.0, 1.0, shape)),
}
"""Effects of knock-outs in standard deviations of a life's noise, and the share of them that is below -1."""


def knocked(name: str, n: int, lives: int, trials: int, *, uneven: bool = False, seed: int = 0) -> tuple[Row, float]:
    """How often the interval of the share of parts that inform holds the truth, and the mean of that share.

    `bootstrap` of the row is the mean share of parts whose mean over lives is below the margin. Half of the noise is
    that of the intact sister, which all parts of a genome share.

    Args:
        name: One of `KNOCKED`.
        n: Genomes.
        lives: Of each.
        trials: How many.
        uneven: Whether lives differ by more where the effect is large.
        seed: Of all of it.
    """
    rng, (truth, draw) = np.random.default_rng(seed), KNOCKED[name]
    held, values, naive = [], [], []
    for _ in range(trials):
        true = draw(rng, (n, PARTS))
        shared, own = rng.normal(size=(n, 1, lives)), rng.normal(size=(n, PARTS, lives))
        own *= (1 + uneven * np.square(true / 2))[..., None] ** 0.5
        effects = true[..., None] + 0.5**0.5 * (shared + own)
        found = informative(effects, 1.0)
        held.append(found.covers(truth))
        values.append(found.value)
        naive.append((effects.mean(axis=2) < -1).mean())
    called = f"share that informs, {truth:.2f}: {name}{', uneven noise' if uneven else ''}"
    return Row(called, n, lives, "normal", float(np.mean(held)), float(np.mean(naive))), float(np.mean(values))


def complexities(trials: int = 2000) -> Iterator[tuple[Row, float]]:
    """The table of `knocked`, row by row."""
    for name in KNOCKED:
        for n, lives in ((6, 3), (8, 5), (24, 5)):
            yield knocked(name, n, lives, trials)
    yield knocked("exponential", 8, 5, trials, uneven=True)


def _around(value: Floats, half: Floats) -> Ends:
    return value - half, value + half


def _held(low: Floats, high: Floats, truth: float) -> float:
    known = np.isfinite(low)
    return float(((low <= truth) & (truth <= high))[known].mean()) if known.any() else np.nan


def _percentiles(case: Case, data: tuple[Sample, ...]) -> Ends:
    """Percentile bootstrap over genomes, each sample resampled by itself, where the estimate is defined."""
    rng, values = np.random.default_rng(1), case.statistic(data)
    ends = np.full((2, len(values)), np.nan)
    for trial in np.flatnonzero(np.isfinite(values)):
        again = []
        for sample in data:
            taken = rng.integers(sample[0].shape[-2], size=(RESAMPLES, sample[0].shape[-2]))
            again.append(tuple(table[trial][taken] for table in sample))
        found = case.statistic(tuple(again))
        ends[:, trial] = np.nanquantile(found, [0.025, 0.975])
    return ends[0], ends[1]


if __name__ == "__main__":
    print(f"{'':66} {'n':>3} {'R':>3} {'effects':>8} {'covers':>7} {'bootstrap':>10}")
    for row in cases(int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        end = f"{row.coverage:7.3f} {row.bootstrap:10.3f}"
        print(f"{row.name:66} {row.n:3} {row.lives:3} {row.distribution:>8} {end}", flush=True)
    print(f"\n{'':66} {'n':>3} {'R':>3} {'covers':>7} {'mean':>7} {'by means over lives':>20}")
    for row, value in complexities(int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        print(
            f"{row.name:66} {row.n:3} {row.lives:3} {row.coverage:7.3f} {value:7.3f} {row.bootstrap:20.3f}", flush=True
        )
