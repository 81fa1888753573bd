"""Whether relatives resemble each other: phylogenetic signal of traits on a genealogy, and traits against each other
with relatedness taken out.

Under Brownian motion along the branches, the values of those who live at one time have the covariance σ²C, where C is
the time that two of them share from the root on (Felsenstein 1985, Am. Nat. 125, 1). `blomberg` and `pagel` say how
close the traits are to it, `regression` is that of independent contrasts. `signal` and `contrasts` do this for a
generation of a record; all else takes C and values, whatever they are of.

A trait is measured on one life: what lives differ by is in the values, and no part of descent. It lowers K and λ.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import optimize, stats

from alife.traits import measured
from analysis.evolution.islands import Demes, Floats, Ints, chosen
from analysis.lineage.phylogeny import NOBODY, Phylogeny
from analysis.statistics.estimate import Estimate

MOST: Final = 500
"""Individuals that are looked at; of more, so many drawn at random."""
FEWEST: Final = 5
"""Individuals that a genealogy must join at least."""
PERMUTATIONS: Final = 999
GRID: Final = 200
"""Values of λ that its likelihood is looked at first."""


def shared(tree: Phylogeny, rows: Ints) -> Floats:
    """[N, N] generations that contemporaries share, from their last common ancestor of all, or from the founders, on.

    Of a child of two parents the first is followed.
    """
    out, ancestor, age = np.zeros((len(rows), len(rows))), np.asarray(rows), 0
    lines, since, number = ancestor, 0, len(np.unique(ancestor))
    while number > 1 and (above := tree.parent[ancestor])[0] != NOBODY:
        ancestor, age = above, age + 1
        if (now := len(np.unique(ancestor))) < number:
            out += (age - since) * (lines[:, None] == lines)
            lines, since, number = ancestor, age, now
    return out + (age - since) * (lines[:, None] == lines) if number > 1 else out


def blomberg(covariance: Floats, values: Floats) -> float:
    """Blomberg's K: 1 where a trait varies among relatives as under Brownian motion, 0 where relatives are not alike.

    K = (MSE₀ / MSE) / E(MSE₀ / MSE), of the mean squares about the root's value without and with C, and what Brownian
    motion leads one to expect, (tr C − n / 1ᵀC⁻¹1) / (n − 1) (Blomberg, Garland and Ives 2003, Evolution 57, 717).

    Args:
        covariance: [N, N] C, positive definite.
        values: [N].

    Returns:
        NaN where the values do not vary.
    """
    if not np.ptp(values) > 0:
        return np.nan
    return float(_blomberg(_inverse(covariance), np.trace(covariance), values[None])[0])


def _blomberg(inverse: Floats, trace: float, values: Floats) -> Floats:
    """[M] K of M traits [M, N]."""
    n, total = len(inverse), inverse.sum()
    deviation = values - (values @ inverse.sum(axis=0) / total)[:, None]
    plain = np.square(deviation).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = plain / (deviation @ inverse * deviation).sum(axis=1)
    return ratio * (n - 1) / (trace - n / total)


def pagel(covariance: Floats, values: Floats, **names: Any) -> tuple[Estimate, float]:
    """Pagel's λ, the share of C off its diagonal that fits best, by maximum likelihood between 0 and 1 (Pagel 1999,
    Nature 401, 877), and p of λ = 0.

    Args:
        covariance: [N, N] C of contemporaries: its diagonal is the same everywhere.
        values: [N].
        names: What is estimated: fields of `Estimate`.

    Returns:
        λ with its 95 % interval by the likelihood's profile, and p of the likelihood ratio, half a χ² of 1 degree of
        freedom as 0 is the least that λ can be (Self and Liang 1987). NaN where the values do not vary.
    """
    n, height = len(values), covariance.diagonal().mean()
    if not np.ptp(values) > 0:
        return Estimate(np.nan, np.nan, np.nan, n, **names), np.nan
    spread, axes = np.linalg.eigh(covariance)
    turned, ones = axes.T @ values, axes.sum(axis=0)

    def loss(share: float) -> float:
        """−2 log-likelihood, up to a constant."""
        scale = share * spread + (1 - share) * height
        weight = 1 / scale
        centre = (ones * turned * weight).sum() / (ones**2 * weight).sum()
        return float(n * np.log((np.square(turned - centre * ones) * weight).mean()) + np.log(scale).sum())

    grid = np.linspace(0, 1, GRID)
    losses = np.array([loss(share) for share in grid])
    place = int(losses.argmin())
    near = grid[max(place - 1, 0)], grid[min(place + 1, GRID - 1)]
    best = optimize.minimize_scalar(loss, bounds=near, method="bounded", options={"xatol": 1e-6})
    value, least = (float(best.x), float(best.fun)) if best.fun < losses[place] else (float(grid[place]), losses[place])
    inside = grid[losses - least <= stats.chi2.ppf(0.95, 1)]
    low, high = min(value, inside.min(initial=value)), max(value, inside.max(initial=value))
    p = float(stats.chi2.sf(max(losses[0] - least, 0), 1)) / 2 if losses[0] > least else 1.0
    return Estimate(value, float(low), float(high), n, **names), p


def regression(covariance: Floats, x: Floats, y: Floats, **names: Any) -> Estimate:
    """Correlation of two traits' independent contrasts, with its 95 % interval.

    It is that through the origin of the N − 1 standardised contrasts (Felsenstein 1985), which generalised least
    squares with C give without drawing contrasts one by one (Blomberg, Lefevre, Wells and Waterhouse 2012, Syst. Biol.
    61, 382): polytomies need no order. The interval is Fisher's, of N − 1 pairs whose mean is known.
    """
    (xx, xy), (_, yy) = products(covariance, x, y)
    n = len(x)
    if not (xx > 0 and yy > 0 and n > 3):
        return Estimate(np.nan, np.nan, np.nan, n, **names)
    r = float(np.clip(xy / np.sqrt(xx * yy), -1, 1))
    half = stats.norm.ppf(0.975) / np.sqrt(n - 3)
    middle = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))
    return Estimate(r, float(np.tanh(middle - half)), float(np.tanh(middle + half)), n, **names)


def products(covariance: Floats, x: Floats, y: Floats) -> Floats:
    """[2, 2] sums of squares and products of the N − 1 standardised contrasts of two traits."""
    inverse = _inverse(covariance)
    both = np.stack([x, y])
    deviation = both - (both @ inverse.sum(axis=0) / inverse.sum())[:, None]
    return np.asarray(deviation @ inverse @ deviation.T)


def _known(covariance: Floats) -> bool:
    """Whether there are enough individuals, and time since the founders in which they could differ."""
    n = len(covariance)
    return n >= FEWEST and bool(np.linalg.matrix_rank(covariance, hermitian=True) == n)


def _inverse(covariance: Floats) -> Floats:
    return np.asarray(np.linalg.inv(covariance), np.float64)


def signal(
    record: Demes, traits: Sequence[str] | None = None, permutations: int = PERMUTATIONS, seed: int = 0
) -> pd.DataFrame:
    """Blomberg's K and Pagel's λ of those who lived to the end of the last generation.

    Args:
        record: A run's births by deme; all its islands together.
        traits: All on record if None.
        permutations: Of the values among the individuals, that K is held against.
        seed: Of what is drawn.

    Returns:
        A row for each trait: trait, n (individuals), k, p (the share of permutations, itself among them, with a K as
        large), lambda, low, high (its 95 % interval), lambda_p (of λ = 0). NaN where fewer than `FEWEST` live, values
        do not vary, or nobody has ancestors on record.

    Raises:
        UserError: A trait is not on record.

    Example:
        >>> import alife
        >>> from analysis.evolution.islands import demes
        >>> from analysis.evolution.signal import signal
        >>> table = signal(demes(alife.load_run("runs/first")), ["accuracy"], permutations=99)
        >>> table["trait"].tolist()
        ['accuracy']
    """
    rows = []
    for trait, values, covariance in _living(record, chosen(record, traits), seed):
        row = {"trait": trait, "n": len(values), "k": np.nan, "p": np.nan}
        known = _known(covariance)
        share, of_none = pagel(covariance, values) if known else (Estimate(np.nan, np.nan, np.nan, 0), np.nan)
        if known and np.ptp(values) > 0:
            inverse, draw = _inverse(covariance), np.random.default_rng(seed)
            drawn = draw.permuted(np.tile(values, (permutations, 1)), axis=1)
            own, *others = _blomberg(inverse, np.trace(covariance), np.vstack([values, drawn]))
            row |= {"k": own, "p": (1 + (np.array(others) >= own).sum()) / (1 + permutations)}
        rows.append(row | {"lambda": share.value, "low": share.low, "high": share.high, "lambda_p": of_none})
    return pd.DataFrame(rows)


def contrasts(record: Demes, traits: Sequence[str] | None = None, seed: int = 0) -> pd.DataFrame:
    """How traits go together in the last generation as they are, and once relatedness is taken out.

    Returns:
        A row for each pair of traits: trait, other, n, raw (correlation of the values), contrasts (that of `regression`
        ), low, high (its 95 % interval).

    Raises:
        UserError: A trait is not on record.
    """
    rows = []
    for trait, other in combinations(chosen(record, traits), 2):
        found = list(_living(record, [trait, other], seed, together=True))
        (_, x, covariance), (_, y, _) = found
        enough = _known(covariance) and np.ptp(x) > 0 and np.ptp(y) > 0
        both = regression(covariance, x, y) if enough else Estimate(np.nan, np.nan, np.nan, len(x))
        raw = float(np.corrcoef(x, y)[0, 1]) if enough else np.nan
        columns = {"raw": raw, "contrasts": both.value, "low": both.low, "high": both.high}
        rows.append({"trait": trait, "other": other, "n": len(x), **columns})
    return pd.DataFrame(rows, columns=["trait", "other", "n", "raw", "contrasts", "low", "high"])


def _living(
    record: Demes, traits: Sequence[str], seed: int, together: bool = False
) -> list[tuple[str, Floats, Floats]]:
    """Name, values [N] and C [N, N] of each trait; of individuals that have a value of it, or of all if `together`."""
    tree, out = record.tree, []
    rows = tree.rows()[record.living[tree.rows()]]
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng([seed, MOST]).choice(rows, MOST, replace=False))
    values = np.stack([measured(trait, tree.births[trait].iloc[rows]) for trait in traits])
    known = np.isfinite(values)
    known = np.broadcast_to(known.all(axis=0), known.shape) if together else known
    cache: dict[bytes, Floats] = {}
    for trait, own, use in zip(traits, values, known, strict=True):
        if use.tobytes() not in cache:
            cache[use.tobytes()] = shared(tree, rows[use])
        out.append((trait, own[use], cache[use.tobytes()]))
    return out
