"""How heritable rates evolve: mutation, learning rate and task weight through time, beside what drift makes of them.

They are on record of each individual where `reproduction.heritable` names them, and step at each birth by a log-normal
factor without direction. So what moves their mean over drift's reach is selection, of the rate itself or of what it
comes with.
"""

from typing import Final

import numpy as np
import pandas as pd

from alife import schema
from alife.traits import measured, natural
from analysis.evolution.islands import SETTLED, Demes, Floats, Ints, totals
from analysis.evolution.neutral import Chances, check, shadow
from analysis.lineage.phylogeny import NOBODY

SHADOWS: Final = 39
"""Between whose least and greatest a neutral run lies in 95 % of cases: 38 of 40."""

ROUNDING: Final = 1e-9
"""Powers of ten by which means may differ and be equal."""
COLUMNS: Final = ("trait", "generation", "mean", "neutral", "low", "high", "outside")


def rates(
    record: Demes, first: int = SETTLED, shadows: int = SHADOWS, seed: int = 0, chances: Chances = "uniform"
) -> pd.DataFrame:
    """Means of the heritable rates by generation, each beside its neutral shadows.

    In a shadow (`neutral.shadow`) a child has its drawn parent's rate times the factor by which it differs from its
    parent on record: the same steps along other lines. Shadows part from the record at generation `first`. Of two
    parents the first is followed, and what the second brought is part of the step.

    Args:
        record: A run's births by deme; all its islands together.
        first: Generation from which on parents are drawn, or the first on record.
        shadows: How many.
        seed: Their key.
        chances: As of `shadow`.

    Returns:
        A row for each heritable rate and generation from `first` on: trait, generation, mean (geometric, of all who are
        born), neutral (the shadows' mean), low, high (their least and greatest), outside (whether the record's mean is
        beyond either: of 39 shadows a neutral record is in 5 % of generations). No row in a run without such rates.

    Example:
        >>> import alife
        >>> from analysis.evolution.islands import demes
        >>> from analysis.evolution.rates import rates
        >>> rates(demes(alife.load_run("runs/first"))).empty
        True
    """
    check(shadows)
    names = [name for name in schema.LIFE_HISTORY if name in record.traits]
    first = max(first, record.tree.first)
    if not names or first > record.tree.last:
        return pd.DataFrame(columns=list(COLUMNS))
    values = np.stack([measured(name, record.tree.births[name]) for name in names])
    values = np.where(np.isfinite(values), values, 0.0)
    own = _means(record, values)
    drawn = (shadow(record, each, seed, chances) for each in range(shadows))
    neutral = np.stack([_means(record, _handed_on(record, values, parent, first)) for parent in drawn])
    start, tables = first - record.tree.first, []
    for place, name in enumerate(names):
        others = neutral[:, place]
        levels = own[place], others.mean(axis=0), others.min(axis=0), others.max(axis=0)
        mean, middle, low, high = (natural(name, level[start:]) for level in levels)
        keys = {"trait": name, "generation": np.arange(first, record.tree.last + 1), "mean": mean, "neutral": middle}
        beyond = (own[place] < levels[2] - ROUNDING) | (own[place] > levels[3] + ROUNDING)
        tables.append(pd.DataFrame({**keys, "low": low, "high": high, "outside": beyond[start:]}))
    return pd.concat(tables, ignore_index=True)


def _handed_on(record: Demes, values: Floats, parent: Ints, first: int) -> Floats:
    """[T, n] values in a shadow: those of its parents, and the record's steps."""
    tree, out = record.tree, values.copy()
    step = np.where(tree.parent == NOBODY, 0.0, values - values[:, tree.parent])
    for layer in tree.layers[first - tree.first + 1 :]:
        out[:, layer] = out[:, parent[layer]] + step[:, layer]
    return out


def _means(record: Demes, values: Floats) -> Floats:
    """[T, generations] means of all who are born."""
    when, length = record.tree.generation - record.tree.first, len(record.tree.starts) - 1
    born = np.diff(record.tree.starts)
    return np.stack([totals(when, each, length) / born for each in values])
