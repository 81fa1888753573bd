"""Traits through time over runs, beside the shuffled control and beside founders given the same life.

Call `trends` with the groups of `analysis.data.treatments`; measures of one run are in `analysis.evolution.dynamics`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alife.errors import UserError
from alife.traits import measured
from analysis.data.run import Run
from analysis.data.treatments import Groups, control, partners, refuse_copies, seed_of
from analysis.evolution.islands import Floats
from analysis.evolution.trajectories import quantiles
from analysis.statistics.intervals import CENTRES, Centre, differences, intervals


def trends(
    groups: Groups, traits: Sequence[str], null: str | None = None, centre: Centre = "iqm", points: int = 100
) -> pd.DataFrame:
    """Traits through time with intervals over runs, against the control and against generation 0.

    A run's value is the median over its individuals of a generation, on the scale of
    `alife.traits.STORED`. Generation 0 are founders that live the same life as everybody: what evolution
    has added is `from_founders`, and what selection has added to that is `beyond`.

    Args:
        groups: Runs by treatment, as `analysis.data.treatments.load_groups` gives them.
        traits: Names in `alife.traits.STORED`.
        null: Label of the control. If None it is the only group under `shuffled`; without one nothing is compared.
        centre: Of the runs.
        points: Generations, evenly spaced, at most.

    Returns:
        A row for each label, trait and generation that all runs of the label reached: value, low, high (95 % bootstrap
        interval over runs), runs, from_founders, and beyond, beyond_low, beyond_high (less the null, paired by seed
        where the seeds match; NaN for the null itself, without one, and where it ended before).

    Raises:
        UserError: The null is no label, a run is there twice, or a trait is not on record.
    """
    null = control(groups) if null is None else null
    if null is not None and null not in groups:
        raise UserError(f"{null}: no such treatment: choose among {', '.join(groups)}")
    for runs in groups.values():
        refuse_copies(runs)
    tables = []
    for trait in traits:
        medians = {label: _medians(runs, trait) for label, runs in groups.items()}
        for label in groups:
            table = medians[label].dropna()
            shown = np.unique(np.linspace(0, len(table) - 1, min(points, len(table))).round().astype(np.intp))
            table = table.iloc[shown]
            other = None if null in (None, label) else medians[null].reindex(table.index)
            tables.append(_summary(table, other, centre).assign(label=label, trait=trait))
    columns = pd.concat(tables, ignore_index=True)
    return columns[["label", "trait", *(name for name in columns if name not in ("label", "trait"))]]


def _medians(runs: Sequence[Run], trait: str) -> pd.DataFrame:
    """Rows generations, columns seeds; generations that not all runs reached are NaN somewhere."""
    if missing := [run.path for run in runs if trait not in run.births and f"{trait}_median" not in run.generations]:
        raise UserError(f"trait {trait}: not on record in {missing[0]}")
    series = {seed_of(run): quantiles(run, trait).set_index("generation")["median"] for run in runs}
    table = pd.DataFrame(series).sort_index()
    return table.apply(lambda medians: pd.Series(measured(trait, medians), medians.index))


def _summary(table: pd.DataFrame, other: pd.DataFrame | None, centre: Centre) -> pd.DataFrame:
    values, middle = table.to_numpy(), CENTRES[centre]
    low, high = intervals(values, centre)
    value = middle(values)
    founders = value[0] if len(table) and table.index[0] == 0 else np.nan
    beyond: tuple[Floats, ...] = (np.full(len(table), np.nan),) * 3
    if other is not None and len(table):
        seeds = partners(map(int, table.columns), map(int, other.columns))
        if seeds is None:
            gap = middle(values) - middle(other.to_numpy())
            beyond = (gap, *differences(values, other.to_numpy(), centre))
        else:
            pairs = (table[seeds] - other[seeds]).to_numpy()
            beyond = (middle(pairs), *intervals(pairs, centre))
    columns = {"generation": table.index, "value": value, "low": low, "high": high, "runs": values.shape[1]}
    columns |= {"from_founders": value - founders}
    columns |= dict(zip(("beyond", "beyond_low", "beyond_high"), beyond, strict=True))
    return pd.DataFrame(columns)
