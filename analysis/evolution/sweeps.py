"""Sweeps and clonal interference, and how much of either a neutral population has.

What a clade is, and what is neutral, is said in clades.py: all descendants of one individual, by first parents, as a
share of all who are born into a generation on all islands; parents are drawn and fitness is relative within demes.
"""

from functools import partial

import numpy as np
import pandas as pd

from analysis.evolution.clades import CONFIDENCE, followed, identities
from analysis.evolution.islands import SETTLED, Demes, Floats, Ints
from analysis.evolution.neutral import SHADOWS, Chances, check, shadow


def sweeps(
    record: Demes, first: int = SETTLED, low: float = 0.1, high: float = 0.9, parent: Ints | None = None
) -> pd.DataFrame:
    """Sweeps, one after the other: each is of a clade founded where the one before it ended.

    The clades of generation `first` are followed until one has a share above `high`; then those that are founded in
    that generation, and so on. So nested clades, which rise together, count once. Every population without migration
    barriers has them, and a neutral one of effective size N about every 2N generations: see `sweep_rate`.

    Returns:
        A row for each: founded, id (the founder's), begins (the last generation with a share below `low`, or that it
        was founded in), ends (the first above `high`), duration (ends − begins, generations).

    Example:
        >>> import alife
        >>> from analysis.evolution.islands import demes
        >>> from analysis.evolution.sweeps import sweeps
        >>> table = sweeps(demes(alife.load_run("runs/first")), first=0)
        >>> bool((table["duration"] > 0).all())
        True
    """
    rows: list[tuple[int, ...]] = []
    founded = max(first, record.tree.first)
    while record.tree.last > founded:
        path = _until(record, founded, high, parent)
        winner = int(path[-1].argmax())
        if not path[-1][winner] > high:
            break
        below = np.flatnonzero([share[winner] < low for share in path])
        (identity,) = identities(record, founded, np.array([winner])).tolist()
        begins, ends = founded + int(below.max(initial=0)), founded + len(path) - 1
        rows.append((founded, identity, begins, ends))
        founded = ends
    table = pd.DataFrame(rows, columns=["founded", "id", "begins", "ends"], dtype=np.int64)
    return table.assign(duration=table["ends"] - table["begins"])


def sweep_rate(
    record: Demes, first: int = SETTLED, shadows: int = SHADOWS, seed: int = 0, chances: Chances = "uniform"
) -> pd.Series:
    """Sweeps in 100 generations, and how many there are without selection.

    Returns:
        per_100; neutral (mean over shadows), low, high (95 % of shadows lie between); p (the share of the record and
        its shadows with at least as many); duration (the mean, generations; NaN of none); generations.
    """
    check(shadows)
    count = partial(sweeps, record, first)
    found, span = count(), record.tree.last - max(first, record.tree.first)
    neutral = np.array([len(count(parent=shadow(record, i, seed, chances))) for i in range(shadows)])
    low, high = np.quantile(neutral, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    rates = np.array([len(found), neutral.mean(), low, high]) * (100 / span if span > 0 else np.nan)
    names = dict(zip(("per_100", "neutral", "low", "high"), rates, strict=True))
    p = (1 + (neutral >= len(found)).sum()) / (1 + shadows)
    return pd.Series({**names, "p": p, "duration": found["duration"].mean(), "generations": span})


def rivals(
    record: Demes,
    back: int = 20,
    first: int = SETTLED,
    threshold: float = 0.1,
    shadows: int = SHADOWS,
    seed: int = 0,
    chances: Chances = "uniform",
) -> pd.DataFrame:
    """Clonal interference, generation by generation: two clades at a time that drift would not have let grow so large.

    Clades are of individuals that lived `back` generations before, as in `dynamics.interference`. The largest and the
    second largest each have a neutral band of their own: what those of the same rank have in that generation in 95 % of
    shadows. Interference is where both are at least `threshold` and above their bands (Gerrish and Lenski 1998 define
    it; `interference.mean()` is its share of generations). Bands are by generation: a neutral record has its largest
    clade above in 5 % of generations, and both above in fewer.

    Returns:
        A row for each generation with clades founded in `first` or later: generation, lead, second (their shares),
        lead_band, second_band, interference.

    Example:
        >>> import alife
        >>> from analysis.evolution.islands import demes
        >>> from analysis.evolution.sweeps import rivals
        >>> table = rivals(demes(alife.load_run("runs/first")), back=3, first=0, shadows=19)
        >>> table["generation"].tolist()
        [3, 4, 5]
    """
    check(shadows)
    first = max(first, record.tree.first)
    found = _leading(record, record.tree.parent, back, first)
    neutral = [_leading(record, shadow(record, i, seed, chances), back, first) for i in range(shadows)]
    bands = np.quantile(neutral, CONFIDENCE, axis=0, method="inverted_cdf")
    both = np.logical_and.reduce((found >= threshold) & (found > bands))
    names = ("lead", "second", "lead_band", "second_band")
    generation = np.arange(first + back, first + back + found.shape[1])
    columns = dict(zip(names, [*found, *bands], strict=True))
    return pd.DataFrame({"generation": generation, **columns, "interference": both})


def _until(record: Demes, founded: int, high: float, parent: Ints | None) -> list[Floats]:
    """Shares [K] of clades by generation, until one is above `high` or the record ends; two generations at least."""
    path: list[Floats] = []
    for share in followed(record, founded, record.tree.last - founded, parent):
        path.append(share)
        if len(path) > 1 and share.max() > high:
            break
    return path


def _leading(record: Demes, parent: Ints, back: int, first: int) -> Floats:
    """[2, generations] shares of the largest and the second largest clade founded `back` generations before."""
    tree = record.tree
    start = first - tree.first
    count = len(tree.generations) - start - back
    if count <= 0:
        return np.zeros((2, 0))
    ancestor = np.arange(tree.starts[start + back], len(tree))
    for _ in range(back):
        ancestor = parent[ancestor]
    begin, born = tree.starts[start], np.diff(tree.starts)[start:]
    founders = born[:count]
    number = np.bincount(ancestor - begin, minlength=int(founders.sum()))
    share = number / np.repeat(born[back:], founders)
    edges = np.cumsum(founders) - founders
    lead = np.maximum.reduceat(share, edges)
    leads = share == np.repeat(lead, founders)
    rest = np.maximum.reduceat(np.where(leads, 0.0, share), edges)
    return np.stack([lead, np.where(np.add.reduceat(leads, edges, dtype=np.int64) > 1, lead, rest)])
