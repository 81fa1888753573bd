"""Traits through time over runs, beside the shuffled control and beside founders given the same life.

Call `trends` with the groups of `analysis.data.treatments`; measures of one run are in `analysis.evolution.dynamics`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from alife.errors import UserError
from alife.traits import measured
from analysis.data.controls import control, partners
from analysis.data.run import Run
from analysis.data.treatments import Groups, refuse_copies, seed_of
from analysis.evolution.trajectories import quantiles
from analysis.statistics.estimate import Estimate, frame
from analysis.statistics.intervals import differences, intervals


def trends(groups: Groups, traits: Sequence[str], null: str | None = None, points: int = 100) -> pd.DataFrame:
    """Traits through time with intervals over runs, against the control and against generation 0.

    A run's value is the median over its individuals of a generation on the scale of `alife.traits.STORED`, a
    treatment's the mean of its runs. Generation 0 are founders that live the same life as everybody: what evolution has
    added is "from founders", and what selection has added to that is "beyond".

    Args:
        groups: Runs by treatment, as `analysis.data.treatments.load_groups` gives them.
        traits: Names in `alife.traits.STORED`.
        null: Label of the control. If None it is the only group under `shuffled`; without one nothing is compared.
        points: Generations, evenly spaced, at most.

    Returns:
        The `frame` of an estimate for each treatment, trait and generation that all of its runs reached, and quantity:
        "value", "from founders" (without interval) and, but for the null, "beyond": less the null, paired by seed where
        the seeds match, NaN where it ended before.

    Raises:
        UserError: The null is no label, a run is there twice, or a trait is not on record.
    """
    null = control(groups) if null is None else null
    if null is not None and null not in groups:
        raise UserError(f"{null}: no such treatment: choose among {', '.join(groups)}")
    for runs in groups.values():
        refuse_copies(runs)
    found: list[Estimate] = []
    for trait in traits:
        medians = {label: _medians(runs, trait) for label, runs in groups.items()}
        for label in groups:
            table = medians[label].dropna()
            shown = np.unique(np.linspace(0, len(table) - 1, min(points, len(table))).round().astype(np.intp))
            table = table.iloc[shown]
            other = None if null in (None, label) else medians[null].reindex(table.index)
            found += _summary(table, other, {"treatment": label, "trait": trait})
    return frame(found)


def _medians(runs: Sequence[Run], trait: str) -> pd.DataFrame:
    """Rows generations, columns seeds; generations that not all runs reached are NaN somewhere."""
    if missing := [run.path for run in runs if trait not in run.births and f"{trait}_median" not in run.generations]:
        raise UserError(f"trait {trait}: not on record in {missing[0]}: choose another")
    series = {seed_of(run): quantiles(run, trait).set_index("generation")["median"] for run in runs}
    table = pd.DataFrame(series).sort_index()
    return table.apply(lambda medians: pd.Series(measured(trait, medians), medians.index))


def _summary(table: pd.DataFrame, other: pd.DataFrame | None, names: Mapping[str, Any]) -> list[Estimate]:
    values = table.to_numpy()
    value, none = values.mean(axis=1), np.full(len(table), np.nan)
    founders = value[0] if len(table) and table.index[0] == 0 else np.nan
    levels = {"value": (value, *intervals(values)), "from founders": (value - founders, none, none)}
    sizes = dict.fromkeys(levels, values.shape[1])
    if other is not None and len(table):
        seeds = partners(map(int, table.columns), map(int, other.columns))
        if seeds is None:
            gap = value - other.to_numpy().mean(axis=1)
            levels["beyond"] = (gap, *differences(values, other.to_numpy()))
            sizes["beyond"] = min(values.shape[1], other.shape[1])
        else:
            pairs = (table[seeds] - other[seeds]).to_numpy()
            levels["beyond"] = (pairs.mean(axis=1), *intervals(pairs))
            sizes["beyond"] = len(seeds)
    return [
        Estimate(float(x), float(low), float(high), sizes[quantity], quantity=quantity, generation=int(when), **names)
        for quantity, columns in levels.items()
        for when, x, low, high in zip(table.index, *columns, strict=True)
    ]
