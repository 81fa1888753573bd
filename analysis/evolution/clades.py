"""Lineages that win: selection coefficients of clades, beside the band that neutral ones stay in.

A clade is one individual and all its descendants, by first parents; one that survives is its own descendant. Its share
is of all who are born into a generation, on all islands together, those that then die early too. Parents are drawn,
and fitness is relative, within a deme (an island in one generation): a clade can only win another island by migration,
and shadows (neutral.py) keep to the same. What is called neutral is what `shadow` draws. Sweeps are in sweeps.py.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from analysis.evolution.islands import SETTLED, Demes, Floats, Ints
from analysis.evolution.neutral import SHADOWS, Chances, check, shadow

LEAST: Final = 3
"""Generations within bounds from which a clade has a slope."""
BOUNDS: Final = (0.05, 0.95)
"""Shares between which the logit of a clade's share is followed: outside, single individuals make it jump."""
CONFIDENCE: Final = 0.95
"""Of neutral bands: the share of neutral records that stay inside."""
ROUNDING: Final = 1e-9
"""p up to this above 5 % counts as 5 %: 5 of 100 is not 1 − 0.95 in floating point."""


def shares(record: Demes, founded: int, back: int, parent: Ints | None = None) -> Floats:
    """[generations, K] share of each clade that one of the K individuals of a generation founds, from there on.

    Args:
        record: A run's births by deme.
        founded: The generation of the founders, on record.
        back: Generations that are followed, or until the record ends.
        parent: [n] rows of parents, as from `shadow`; the record's if None.
    """
    return np.stack(list(followed(record, founded, back, parent)))


def followed(record: Demes, founded: int, back: int, parent: Ints | None = None) -> Iterator[Floats]:
    """The rows of `shares`, generation by generation."""
    parent = record.tree.parent if parent is None else parent
    start = founded - record.tree.first
    edges = record.tree.starts[start : start + back + 2].tolist()
    founders = edges[1] - edges[0]
    clade = np.arange(founders)
    yield np.full(founders, 1 / founders)
    for above, begin, end in zip(edges, edges[1:], edges[2:], strict=False):
        clade = clade[parent[begin:end] - above]
        yield np.bincount(clade, minlength=founders) / len(clade)


def identities(record: Demes, founded: int, clades: Ints) -> Ints:
    """[k] ids of the founders of clades, which are numbers 0 … K − 1 among those of a generation."""
    return record.tree.births["id"].to_numpy()[record.tree.rows(founded)[clades]]


def coefficients(
    record: Demes,
    back: int = 100,
    first: int = SETTLED,
    bounds: tuple[float, float] = BOUNDS,
    shadows: int = SHADOWS,
    seed: int = 0,
    chances: Chances = "uniform",
) -> pd.DataFrame:
    """Selection coefficients of clades, each beside the band that neutral clades stay in.

    Cohorts are founded every `back` generations from `first` on, and followed for `back` generations. The coefficient s
    a generation is the slope of logit share over time, ln(p / (1 − p)) = a + s·t (Crow and Kimura 1970, sec. 5.3), by
    least squares over the generations in which p is within the bounds, weighted by n·p·(1 − p), the inverse of the
    logit's binomial variance, n being all who are born in the generation.

    Drift adds up from generation to generation, so residuals say little of how sure s is. By drift alone the logit
    moves by a variance of about 1 / (n·p·(1 − p)) a generation, and s of that by 1 / Σ n·p·(1 − p) (the information on
    s of a diffusion). So `drift`, 1 / √Σ n·p·(1 − p), is the yardstick, and s is unusual where |s| / drift is above
    what the most unusual clade of the same cohort has in most shadows. This is a test of all clades of a cohort at a
    time (Westfall and Young 1993): a neutral record has a clade outside in 5 % of its cohorts. Where a scheme deals out
    unequal chances, lineages drift further than where all draw alike, even if none is inherited: `chances="dealt"`
    allows for it.

    Args:
        record: A run's births by deme.
        back: Generations that a cohort is followed; fewer if the record is shorter.
        first: Generation of the first founders, or the first on record.
        bounds: Shares between which a clade counts.
        shadows: Shadows to draw, one at least.
        seed: Their key.
        chances: As of `shadow`.

    Returns:
        A row for each clade with at least `LEAST` generations within the bounds: founded, id (the founder's),
        generations (within the bounds), peak (its largest share), s, drift, band (|s| above which it is outside of the
        neutral band), p (the share, of the record and its shadows, whose most unusual clade is as unusual as this one
        or more), outside (p ≤ 0.05).

    Example:
        >>> import alife
        >>> from analysis.evolution.clades import coefficients
        >>> from analysis.evolution.islands import demes
        >>> table = coefficients(demes(alife.load_run("runs/first")), back=10, first=0, shadows=19)
        >>> bool((table["outside"] == (table["p"] <= 0.05)).all())
        True
    """
    check(shadows)
    tree = record.tree
    first = max(first, tree.first)
    back = min(back, tree.last - first)
    cohorts = range(first, tree.last - back + 1, back) if back >= LEAST - 1 else range(0)
    found = [_table(record, founded, *_slopes(record, founded, back, bounds, tree.parent)) for founded in cohorts]
    most = np.zeros((shadows, len(cohorts)))
    for number in range(shadows):
        parent = shadow(record, number, seed, chances)
        for place, founded in enumerate(cohorts):
            _, (_, _, s, drift) = _slopes(record, founded, back, bounds, parent)
            most[number, place] = (np.abs(s) / drift).max(initial=0.0)
    tables = [_judged(table, of_cohort) for table, of_cohort in zip(found, most.T, strict=True)]
    nobody = _judged(_table(record, tree.first, np.arange(0), np.zeros((4, 0))), np.zeros(shadows))
    return pd.concat(tables or [nobody], ignore_index=True)


def _slopes(record: Demes, founded: int, back: int, bounds: Sequence[float], parent: Ints) -> tuple[Ints, Floats]:
    """Which clades of a cohort have a slope [k], and [4, k] their generations within bounds, peak, s and drift."""
    path = shares(record, founded, back, parent)
    inside = (path > bounds[0]) & (path < bounds[1])
    kept = np.flatnonzero(inside.sum(axis=0) >= LEAST)
    inside, path = inside[:, kept], path[:, kept]
    start = founded - record.tree.first
    born = np.diff(record.tree.starts)[start : start + len(path)]
    p = np.where(inside, path, 0.5)
    weight = born[:, None] * p * (1 - p) * inside
    total, time = weight.sum(axis=0), np.arange(len(path), dtype=np.float64)
    centred = time[:, None] - (weight * time[:, None]).sum(axis=0) / total
    s = (weight * centred * np.log(p / (1 - p))).sum(axis=0) / (weight * centred**2).sum(axis=0)
    return kept, np.stack([inside.sum(axis=0), path.max(axis=0), s, 1 / np.sqrt(total)])


def _table(record: Demes, founded: int, clades: Ints, slopes: Floats) -> pd.DataFrame:
    number, *rest = slopes
    keys = {"founded": np.full(len(clades), founded), "id": identities(record, founded, clades)}
    columns = {"generations": number.astype(np.int64), **dict(zip(("peak", "s", "drift"), rest, strict=True))}
    return pd.DataFrame({**keys, **columns})


def _judged(table: pd.DataFrame, most: Floats) -> pd.DataFrame:
    """The table of a cohort, with what the most unusual clades of shadows [shadows] say of it."""
    unusual = (table["s"].abs() / table["drift"]).to_numpy()
    p = (1 + (most[:, None] >= unusual).sum(axis=0)) / (1 + len(most))
    edge = np.quantile(most, CONFIDENCE, method="inverted_cdf")
    return table.assign(band=edge * table["drift"], p=p, outside=p <= 1 - CONFIDENCE + ROUNDING)
