"""How long the lines of a generation's individuals last, beside how long they last by drift.

Lines of one population end and go on together, as its size is what they share: an interval for independent deaths, as
Kaplan and Meier's, is too narrow here, and shadows stand in its place. Every population is left with one line in the
end; selection gets there sooner, and islands later.
"""

from typing import Final

import numpy as np
import pandas as pd

from analysis.evolution.clades import followed
from analysis.evolution.islands import SETTLED, Demes, Floats, Ints
from analysis.evolution.neutral import Chances, check, shadow

SHADOWS: Final = 39
"""Between whose least and greatest a neutral run lies in 95 % of cases: 38 of 40."""


def lines(
    record: Demes, first: int = SETTLED, shadows: int = SHADOWS, seed: int = 0, chances: Chances = "uniform"
) -> pd.DataFrame:
    """The share of a generation's individuals that have descendants, generation by generation from it on.

    Args:
        record: A run's births by deme; all its islands together.
        first: The generation, or the first on record.
        shadows: How many.
        seed: Their key.
        chances: As of `neutral.shadow`.

    Returns:
        A row for each generation from `first` on: generation, alive (share of the lines with somebody born into it),
        hazard (share of the lines alive before that ended with it, NaN in the first), neutral (the shadows' mean of
        alive), low, high (their least and greatest).

    Example:
        >>> import alife
        >>> from analysis.evolution.islands import demes
        >>> from analysis.evolution.lines import lines
        >>> table = lines(demes(alife.load_run("runs/first")))
        >>> bool(table["alive"].is_monotonic_decreasing)
        True
    """
    check(shadows)
    first = min(max(first, record.tree.first), record.tree.last)
    own = _alive(record, first, record.tree.parent)
    neutral = np.stack([_alive(record, first, shadow(record, each, seed, chances)) for each in range(shadows)])
    with np.errstate(invalid="ignore", divide="ignore"):
        hazard = np.append(np.nan, 1 - own[1:] / own[:-1])
    levels = {"neutral": neutral.mean(axis=0), "low": neutral.min(axis=0), "high": neutral.max(axis=0)}
    generation = np.arange(first, record.tree.last + 1)
    return pd.DataFrame({"generation": generation, "alive": own, "hazard": hazard, **levels})


def _alive(record: Demes, first: int, parent: Ints) -> Floats:
    """[generations] share of the lines with somebody."""
    span = record.tree.last - first
    return np.array([(share > 0).mean() for share in followed(record, first, span, parent)])
