"""Whether a genealogy is as balanced as chance alone makes it: the Sackin index beside neutral reproduction's.

Call `against_neutral`. Yule's expectation, `metrics.yule_sackin`, is of trees that fork in two; where a population is
small, many have more than two children that leave descendants, which is why the same demography is simulated.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from alife.errors import UserError
from analysis.evolution.islands import Demes
from analysis.evolution.neutral import shadow
from analysis.lineage.metrics import genealogy_of, yule_sackin
from analysis.lineage.phylogeny import Phylogeny


def against_neutral(
    record: Demes, generations: Sequence[int] | None = None, shadows: int = 100, seed: int = 0
) -> pd.DataFrame:
    """The Sackin index of those who live at some generations, all islands together, and that of neutral genealogies.

    Neutral is a "permuted" `neutral.shadow`: the same islands, sizes, early deaths, migrants and numbers of
    children, but whose they are is drawn anew in every generation, so that no line goes on having more than another
    but by chance. What lies outside of its bounds has inherited success: lines that keep having more children make
    a tree less balanced (higher), sweeps that found many lines at once put polytomies in the place of forks
    (lower).

    Args:
        record: A run's births by deme.
        generations: Which; the last if None.
        shadows: Neutral genealogies; the first are the same however many there are.
        seed: Of the draws.

    Returns:
        A row for each generation: generation, size, sackin_index, yule (`yule_sackin`, summed over founders), neutral
        (mean over shadows), low, high (between which 95 % of these lie), ratio (sackin_index / neutral), p (twice
        the share of the neutral that are as extreme on its side, itself counted among them); NaN where only one lives.

    Raises:
        UserError: A generation is not on record, or there is no replicate.
    """
    if shadows < 1:
        raise UserError("no neutral genealogy to compare with: ask for one replicate or more")
    tree = record.tree
    chosen = [tree.last] if generations is None else list(generations)
    neutral = [replace(tree, parent=shadow(record, number, seed, "permuted")) for number in range(shadows)]
    rows = []
    for generation in chosen:
        index, yule, size = _sackin(tree, generation)
        values = np.array([_sackin(other, generation)[0] for other in neutral])
        row = {"generation": generation, "size": size, "sackin_index": index, "yule": yule}
        row |= {"neutral": values.mean(), "low": np.quantile(values, 0.025), "high": np.quantile(values, 0.975)}
        extreme = 1 + min((values >= index).sum(), (values <= index).sum())
        row["ratio"] = index / row["neutral"] if row["neutral"] else np.nan
        row["p"] = min(2 * extreme / (1 + shadows), 1.0) if size > 1 else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def _sackin(tree: Phylogeny, generation: int) -> tuple[float, float, int]:
    """Sackin index, Yule's expectation of it, individuals."""
    forest = genealogy_of(tree, generation).first(sample_lists=False)
    yule = sum(yule_sackin(forest.num_samples(root)) for root in forest.roots)
    return float(forest.sackin_index()), yule, forest.num_samples()
