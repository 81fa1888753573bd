"""Whether a genealogy is as balanced as chance alone makes it: the Sackin index beside neutral reproduction's.

Call `against_neutral`. Yule's expectation, `metrics.yule_sackin`, is of trees that fork in two; where a population is
small, many have more than two children that leave descendants, which is why the same demography is simulated.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from alife import schema
from alife.errors import UserError
from analysis.lineage.metrics import genealogy_of, yule_sackin
from analysis.lineage.phylogeny import NOBODY, Phylogeny


def against_neutral(
    tree: Phylogeny, generations: Sequence[int] | None = None, replicates: int = 100, seed: int = 0
) -> pd.DataFrame:
    """The Sackin index of those who live at some generations, all islands together, and that of neutral genealogies.

    Neutral is `dealt`: the same islands, sizes, early deaths, migrants and numbers of children, but whose they are is
    drawn anew in every generation, so that no line goes on having more than another but by chance. What lies outside of
    its bounds has inherited success: lines that keep having more children make a tree less balanced (higher), sweeps
    that found many lines at once put polytomies in the place of forks (lower).

    Args:
        tree: The full phylogeny, not pruned.
        generations: Which; the last if None.
        replicates: Neutral genealogies; the first are the same however many there are.
        seed: Of the draws.

    Returns:
        A row for each generation: generation, size, sackin_index, yule (`yule_sackin`, summed over founders), neutral
        (mean over replicates), low, high (between which 95 % of these lie), ratio (sackin_index / neutral), p (twice
        the share of the neutral that are as extreme on its side, itself counted among them); NaN where only one lives.

    Raises:
        UserError: A generation is not on record, or there is no replicate.
    """
    if replicates < 1:
        raise UserError("no neutral genealogy to compare with: ask for one replicate or more")
    chosen = [tree.last] if generations is None else list(generations)
    neutral = [dealt(tree, seed, number) for number in range(replicates)]
    rows = []
    for generation in chosen:
        index, yule, size = _sackin(tree, generation)
        values = np.array([_sackin(other, generation)[0] for other in neutral])
        row = {"generation": generation, "size": size, "sackin_index": index, "yule": yule}
        row |= {"neutral": values.mean(), "low": np.quantile(values, 0.025), "high": np.quantile(values, 0.975)}
        extreme = 1 + min((values >= index).sum(), (values <= index).sum())
        row["ratio"] = index / row["neutral"] if row["neutral"] else np.nan
        row["p"] = min(2 * extreme / (1 + replicates), 1.0) if size > 1 else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def dealt(tree: Phylogeny, seed: int, replicate: int) -> Phylogeny:
    """The same demography with all children of each parent given to another, drawn from those who lived beside it.

    Within an island in a generation, among those who lived to its end: the numbers of children that its scheme brought
    about stay, a survivor counted with its children. Draws are keyed by seed and replicate.
    """
    draw = np.random.default_rng([seed, replicate])
    births = tree.births
    living = np.flatnonzero((births["cause_of_death"] == schema.CAUSES[0]).to_numpy())
    home = np.stack([births[name].to_numpy()[living] for name in ("island", "generation")])
    order, shuffled = np.lexsort(home), np.lexsort([draw.random(len(living)), *home])
    given = np.arange(len(tree))
    given[living[order]] = living[shuffled]
    return replace(tree, parent=np.where(tree.parent == NOBODY, NOBODY, given[tree.parent]))


def _sackin(tree: Phylogeny, generation: int) -> tuple[float, float, int]:
    """Sackin index, Yule's expectation of it, individuals."""
    forest = genealogy_of(tree, generation).first(sample_lists=False)
    yule = sum(yule_sackin(forest.num_samples(root)) for root in forest.roots)
    return float(forest.sackin_index()), yule, forest.num_samples()
