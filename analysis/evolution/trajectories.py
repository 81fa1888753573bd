"""Traits by generation: over the individuals of a run, and over each of its islands. Figures, tables and trends
start from it.
"""

import numpy as np
import pandas as pd

from analysis.data.once import once
from analysis.data.run import Run, lived


@once
def quantiles(run: Run, trait: str) -> pd.DataFrame:
    """Quantiles of a trait by generation, over the individuals that lived to its end and have a finite value.

    Returns:
        Columns generation, q05, median, q95, n. Of a run loaded without births, they are the medians over its islands
        of each island's quantiles, and n counts islands.
    """
    if run.births.empty:
        return _island_quantiles(run, trait)
    alive = lived(run.births)
    alive = alive[np.isfinite(alive[trait].to_numpy(np.float64))]
    generations, starts = np.unique(alive["generation"].to_numpy(), return_index=True)
    rows = []
    for generation, among in zip(generations, np.split(alive[trait].to_numpy(np.float64), starts)[1:], strict=True):
        rows.append((generation, *np.quantile(among, [0.05, 0.5, 0.95]), len(among)))
    kinds = {"generation": np.int64, "q05": np.float64, "median": np.float64, "q95": np.float64, "n": np.int64}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def deaths(run: Run) -> pd.DataFrame:
    """Shares of the newborns of each generation that died early: columns generation, diverged, collapsed, n."""
    sums = run.generations.groupby("generation")[["diverged", "collapsed", "size"]].sum()
    shares = sums[["diverged", "collapsed"]].div(sums["size"].clip(lower=1), axis=0)
    return shares.assign(n=sums["size"]).reset_index()


def island_medians(run: Run, name: str) -> pd.DataFrame:
    """Rows generations, columns islands."""
    if f"{name}_median" in run.generations:
        return run.generations.pivot(index="generation", columns="island", values=f"{name}_median")
    return lived(run.births).groupby(["generation", "island"])[name].median().unstack()


def _island_quantiles(run: Run, trait: str) -> pd.DataFrame:
    columns = {f"{trait}_{level}": level for level in ("q05", "median", "q95")}
    table = run.generations[["generation", *columns]].rename(columns=columns).dropna()
    return table.groupby("generation").median().assign(n=table.groupby("generation").size()).reset_index()
