"""How a population evolves: selection differentials, effective size, rival clades.

All of it is by deme (an island in one generation) or from one generation to the next; correlations pooled over
generations are nowhere, since they mix what selection does with what time does. Inheritance is in inheritance.py, and
trends of many runs are in trends.py; change itself is split in price.py.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from alife.errors import UserError
from alife.format.summary import siblings
from alife.traits import measured
from analysis.data.once import once
from analysis.evolution.islands import SETTLED, Demes, chosen, ratio
from analysis.lineage.phylogeny import NOBODY
from analysis.statistics.series import interval_of_mean

DUST: Final = 1e-12
"""Standard deviations below this, relative to the mean, and differentials below it are rounding."""


def differentials(record: Demes, traits: Sequence[str] | None = None) -> pd.DataFrame:
    """Standardised selection differentials by deme: how many standard deviations parents are above those they won from.

    Among those that lived to reproduce, as in `schema.GENERATIONS`, so that under `shuffled` and `drift` the realised
    ones are 0 on average. On the scale of `alife.traits.measured`; 0 where the trait does not vary.

    Args:
        record: A run's births by deme.
        traits: All on record if None.

    Returns:
        A row for each deme with children and trait: generation, island, trait, realised (weighted by children
        conceived), expected (by the scheme's expectation, 0 under a control), sd, n (individuals that count).

    Raises:
        UserError: A trait is not on record.
    """
    return pd.concat([_differentials(record, trait) for trait in chosen(record, traits)], ignore_index=True)


@once
def _differentials(record: Demes, trait: str) -> pd.DataFrame:
    rows = np.flatnonzero(record.total(record.offspring) > 0)
    z = measured(trait, record.tree.births[trait])
    known = record.living & np.isfinite(z)
    mean = record.mean(np.where(known, z, 0.0), known)
    deviation = np.where(known, z - mean[record.home], 0.0)
    sd = np.sqrt(record.mean(np.square(deviation), known))
    varies = sd > DUST * np.maximum(1.0, np.abs(mean))
    columns = {}
    for name, weight in (("realised", record.offspring), ("expected", record.expected)):
        shift = record.mean(deviation, weight * known)
        shift = np.divide(shift, sd, out=np.zeros_like(sd), where=varies & np.isfinite(shift))[rows]
        columns[name] = np.where(np.abs(shift) > DUST, shift, 0.0)
    keys = {"generation": record.generation[rows], "island": record.island[rows], "trait": trait}
    number = record.total(known)[rows].astype(np.int64)
    return pd.DataFrame({**keys, **columns, "sd": sd[rows], "n": number})


def mean_differentials(table: pd.DataFrame, first: int = SETTLED) -> pd.DataFrame:
    """Differentials of one run, averaged over islands and then over generations from `first` on.

    Returns:
        A row for each trait: realised, low, high (its 95 % interval over consecutive generations, as
        `analysis.statistics.series.interval_of_mean`: about this run, not about its treatment), expected, generations,
        effective_generations (how many independent ones would say as much).

    Raises:
        UserError: There is no such generation.
    """
    table = table[table["generation"] >= first]
    if table.empty:
        raise UserError(
            f"no parents of generation {first} or later are on record to measure selection by: take a longer run"
        )
    means = table.groupby(["trait", "generation"], sort=False)[["realised", "expected"]].mean()
    rows = []
    for trait, among in means.groupby(level="trait", sort=False):
        realised = among["realised"].to_numpy()
        low, high, effective = map(float, interval_of_mean(realised))
        rows.append((trait, realised.mean(), low, high, among["expected"].mean(), len(realised), effective))
    names = ["trait", "realised", "low", "high", "expected", "generations", "effective_generations"]
    return pd.DataFrame(rows, columns=names)


def effective_size(record: Demes) -> pd.DataFrame:
    """Effective population size of each deme from how unequally its individuals reproduce, dead ones included.

    It is of the children of one generation: where some survive, who lives long has more of them than this counts. A
    child of two has each weight from either parent with equal chance: siblings are those that have one from the same.

    The inbreeding effective size of haploids: 1 / P(two children share their parent) = C(C−1) / ΣW(W−1), with W each
    one's children and C their sum; it equals (N·k̄−1) / (V/k̄+k̄−1) with k̄ and V the mean and variance of W (Kimura and
    Crow 1963; Crow and Denniston 1988). Its harmonic mean over generations is 1 / mean(coalescence).

    It is within demes, and says nothing of several islands together: children of different islands share no parent, and
    how soon their lineages meet is a matter of migration. For the metapopulation `analysis.lineage.metrics` has
    `effective_size_coalescence`, from how far back pairs from anywhere have met.

    Returns:
        A row for each deme with at least two children: generation, island, born, parents, children, variance (of W),
        coalescence (the probability above), effective (its inverse, inf if no two share), expected (what the scheme
        leads one to expect: 1 / Σp², with p the chance that a child is this one's; under `shuffled` the tournament's).
    """
    offspring = record.offspring
    children = record.total(offspring)
    rows = np.flatnonzero(children > 1)
    mean = ratio(children, record.size)
    shared = record.total(siblings(record.tree.births)) / np.maximum(children * (children - 1), 1)
    with np.errstate(divide="ignore"):
        effective = 1 / shared
    table = {
        "generation": record.generation,
        "island": record.island,
        "born": record.size.astype(np.int64),
        "parents": record.total(offspring > 0).astype(np.int64),
        "children": children.astype(np.int64),
        "variance": ratio(record.total(np.square(offspring)), record.size) - mean**2,
        "coalescence": shared,
        "effective": effective,
        "expected": ratio(np.square(children), record.total(np.square(record.dealt))),
    }
    return pd.DataFrame({name: values[rows] for name, values in table.items()})


def interference(record: Demes, back: int = 10, threshold: float = 0.05) -> pd.DataFrame:
    """Rival clades: how many lineages that parted `back` generations ago still share each generation.

    Clonal interference is several large clades at a time that replace each other; one after the other is a series of
    sweeps. Drift alone makes some of both: read it beside the shuffled control.

    Args:
        record: A run's births by deme; all its islands together.
        back: A clade is all descendants, `back` generations later, of one individual.
        threshold: Share of a generation from which a clade counts.

    Returns:
        A row for each generation with ancestors that far back: generation, clades (of at least `threshold`), effective
        (inverse Simpson: 1 / Σ share²), lead (share of the largest), turnover (1 if the largest clade does not descend
        from what was the largest one generation before, 0 if it does, NaN in the first row).
    """
    tree = record.tree
    parent = np.append(tree.parent, NOBODY)
    ancestor = np.arange(len(tree))
    for _ in range(back):
        ancestor = parent[ancestor]
    starts, counted = tree.starts[:-1], len(tree.starts) - 1 - back
    if counted <= 0:
        return pd.DataFrame(columns=["generation", "clades", "effective", "lead", "turnover"])
    founded = np.bincount(ancestor[ancestor != NOBODY], minlength=len(tree))[: tree.starts[counted]]
    born = np.diff(tree.starts)
    share = founded / np.repeat(born[back:], born[:counted])
    lead = np.maximum.reduceat(share, starts[:counted])
    leads = share == np.repeat(lead, born[:counted])
    above = tree.parent[: len(leads)]
    stays = leads & (above != NOBODY) & leads[above]
    turnover = 1.0 - np.logical_or.reduceat(stays, starts[:counted])
    turnover[0] = np.nan
    return pd.DataFrame(
        {
            "generation": np.arange(tree.first + back, tree.first + back + counted),
            "clades": np.add.reduceat((share >= threshold).astype(np.int64), starts[:counted]),
            "effective": 1 / np.add.reduceat(np.square(share), starts[:counted]),
            "lead": lead,
            "turnover": turnover,
        }
    )
