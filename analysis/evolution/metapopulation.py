"""The Price equation of all islands together: a generation's change in parts that add up to it, and their means.

An identity as in price.py, with selection among islands as a part of its own; only the split of transmission into
regression to the mean and bias is a statistic.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from alife import schema
from alife.errors import UserError
from analysis.evolution.inheritance import regression
from analysis.evolution.islands import SETTLED, Demes, Floats, chosen, ratio
from analysis.evolution.price import COMPONENTS, clean, levels, price
from analysis.statistics.series import interval_of_mean

AMONG: Final = "among"
PARTS: Final = {AMONG: "among islands: whose natives become more", **COMPONENTS}
"""What the change of all islands together is split into."""
TRANSMISSION: Final = {
    "regression": "regression: of children to the mean",
    "bias": "bias: the rest of transmission",
}
"""The two parts of transmission."""


def by_generation(record: Demes, traits: Sequence[str] | None = None, first: int = SETTLED) -> pd.DataFrame:
    """The change of the mean over all who lived to the end, on any island, from a generation to the next, split.

    With q the share of an island among the living, and w its natives' share among those of the next generation (who
    were conceived or survived on it and lived to the end, wherever they then live), after − before is

    - among: Σ(w − q)·z̄, the covariance of an island's mean z̄ with w/q: 0 where all islands have the same share of
      their living and of their natives, as where nobody dies early and islands are of one size;
    - each of `COMPONENTS` within islands, weighted by w. On an island of survivors alone their change is survival;
    - migration: 0, since who moves stays among all; otherwise what values that are not finite leave.

    Transmission has two parts. Children of parents that stand out by S resemble them by the slope b alone, so that
    (b − 1)·S is regression to the mean, whatever the inheritance; bias is the rest of transmission: by how much
    children differ from what the slope leads one to expect. S is the mean of those whose children lived to the end
    less that of their island (selection + sampling + viability), and b the parent–offspring slope of
    `inheritance.heritability` over the same generations of the same run, within demes. b is estimated: their sum is an
    identity, how it is divided is not. Where b is unknown, since parents do not vary, all is bias.

    Args:
        record: A run's births by deme.
        traits: All on record if None.
        first: Generation of the first parents that count, also for b.

    Returns:
        A row for each trait and generation after which anybody lived: generation (the parents'), trait, before,
        those of `PARTS` that a run can have, `TRANSMISSION`, change (after − before, the sum of `PARTS`).

    Raises:
        UserError: A trait is not on record.
    """
    tables = [_generations(record, name, _slope(record, name, first), first) for name in chosen(record, traits)]
    return pd.concat(tables, ignore_index=True)


def summary(record: Demes, traits: Sequence[str] | None = None, first: int = SETTLED) -> pd.DataFrame:
    """The parts of one run a generation, means over its generations: they add up to the mean change.

    Generations are not replicates of a treatment: such an interval is about this run. For a treatment, take each run's
    `per_generation` and ask `analysis.statistics.intervals.interval`.

    Args:
        record: A run's births by deme.
        traits: All on record if None.
        first: Generation of the first parents that count.

    Returns:
        A row for each trait and component (`PARTS`, `TRANSMISSION`, change): per_generation (mean), low, high (its
        95 % interval over consecutive generations, as `analysis.statistics.series.interval_of_mean`, with the error
        of b in those of `TRANSMISSION`), rms (root mean square over demes, of `among` over generations: how much there
        is of what is 0 on average), generations, effective_generations (how many independent ones would say as much).

    Raises:
        UserError: There is no such generation, or a trait is not on record.
    """
    whole = by_generation(record, traits, first)
    if whole.empty:
        raise UserError(
            f"no children of generation {first} or later are on record to split a change by: take a longer run"
        )
    names = [str(name) for name in whole if name not in ("generation", "trait", "before")]
    demes = price(record, traits)
    demes = demes[demes["generation"] >= first]
    tables = []
    for trait, table in whole.groupby("trait", sort=False):
        values = _series(record, str(trait), first, table, names)
        low, high, effective = interval_of_mean(values)
        among = _divided(demes[demes["trait"] == trait], _slope(record, str(trait), first))
        rms = [_root_mean_square(table[AMONG] if name == AMONG else among[name]) for name in names]
        row = {"per_generation": values.mean(axis=1), "low": low, "high": high, "rms": rms}
        counts = {"generations": values.shape[1], "effective_generations": effective}
        tables.append(pd.DataFrame({"trait": trait, "component": names, **row, **counts}))
    return pd.concat(tables, ignore_index=True)


def _slope(record: Demes, trait: str, first: int) -> float:
    """The parent–offspring slope, 1 where parents do not vary: nothing regresses."""
    slope = regression(record, trait, first).slope
    return slope if np.isfinite(slope) else 1.0


def _series(record: Demes, trait: str, first: int, table: pd.DataFrame, names: Sequence[str]) -> Floats:
    """[names, T] series whose means are those of the parts and vary as these do.

    The slope is estimated from the same generations: what each of them moves it by is in the two parts of transmission,
    times the mean of S.
    """
    found = regression(record, trait, first)
    moved = pd.Series(found.influence, found.generation).reindex(table["generation"]).fillna(0.0).to_numpy()
    shift = (moved - moved.mean()) * table[["selection", "sampling", "viability"]].sum(axis=1).mean()
    shifted = table.assign(regression=table["regression"] + shift, bias=table["bias"] - shift)
    return shifted[names].to_numpy().T


def _generations(record: Demes, trait: str, slope: float, first: int) -> pd.DataFrame:
    """The rows of one trait."""
    found = levels(record, trait)
    shape = (-1, record.islands)
    means = np.stack(found.means[:-1]).reshape(len(COMPONENTS), *shape)
    living, natives = found.living.reshape(shape), (found.natives * np.isfinite(found.means[0])).reshape(shape)
    before = _mean(means[0], living)
    after = np.append(before[1:], np.nan)
    steps = [before, *(_mean(level, natives) for level in _carried(means)), after]
    pairs = zip(PARTS, steps[:-1], steps[1:], strict=True)
    table = {"generation": np.asarray(record.tree.generations, np.int64), "trait": trait, "before": before}
    table |= {name: clean(late - early) for name, early, late in pairs} | {"after": after}
    unknown = [name for name, there in _there(record).items() if not there]
    rows = _divided(pd.DataFrame(table), slope).drop(columns=["after", *unknown])
    return rows.loc[np.isfinite(steps).all(axis=0) & rows["generation"].ge(first).to_numpy()]


def _there(record: Demes) -> dict[str, bool]:
    """Whether a run can have the parts that not every run has."""
    return {AMONG: record.islands > 1, "survival": schema.AGE in record.tree.births}


def _divided(table: pd.DataFrame, slope: float) -> pd.DataFrame:
    """A table of components with `TRANSMISSION`, and change, beside them."""
    regression = clean((slope - 1) * (table["selection"] + table["sampling"] + table["viability"]).to_numpy())
    bias = clean(table["transmission"].to_numpy() - regression)
    change = clean((table["after"] - table["before"]).to_numpy())
    return table.assign(regression=regression, bias=bias, change=change)


def _carried(means: Floats) -> Floats:
    """[levels, G, I] with the level before in the place of one that is of nobody: no change there."""
    means = means.copy()
    for number in range(1, len(means)):
        means[number] = np.where(np.isfinite(means[number]), means[number], means[number - 1])
    return means


def _mean(values: Floats, weights: Floats) -> Floats:
    """[G] weighted means over islands; NaN where the weights sum to 0."""
    return ratio(np.where(weights > 0, values * weights, 0.0).sum(axis=1), weights.sum(axis=1))


def _root_mean_square(values: pd.Series) -> float:
    return float(np.sqrt(np.square(values).mean()))
