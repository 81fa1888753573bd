"""The runs of a sweep by treatment, and one value a run and generation: what its page, charts and figures start from.

A run's value is the median over its individuals that lived to the end of the generation; the run is the unit.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from alife.errors import UserError
from alife.traits import DRAWN, TOLD, TRAITS, log10, there
from analysis.data.controls import families
from analysis.data.once import once
from analysis.data.run import Run, lived, load_run
from analysis.data.sweep import Sweep
from analysis.data.treatments import find_runs, group, measures, named
from analysis.evolution.trajectories import deaths
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import Floats, interval, intervals

MOST_BIRTHS: Final = 5_000_000
"""Births of a sweep that are held at a time; of a larger one, those of each run's first and last generations."""
WEIGHT: Final = "selection.accuracy_weight"
TASK_WEIGHT: Final = "life.task_weight"
DEATHS: Final = "early_deaths"


def load(path: str | os.PathLike[str]) -> Sweep:
    """The runs at or below a folder that can be looked at, and what is said of the others.

    Raises:
        UserError: No run there, or two are the same.
    """
    known, empty, unread = [], [], {}
    for name in find_runs(path):
        try:
            run = load_run(name, births=False)
        except UserError as error:
            unread[name] = str(error)
        else:
            if run.generations.empty:
                empty.append(name)
            else:
                known.append(run)
    whole = sum(int(run.generations["size"].sum()) for run in known) <= MOST_BIRTHS
    common = min((run.last for run in known), default=0)
    runs = []
    for run in known:
        full = load_run(run.path)
        kept = full.births if whole else full.births[full.births["generation"].isin([run.first, common, run.last])]
        runs.append(full if whole else replace(full, births=kept.reset_index(drop=True)))
    return Sweep(os.fspath(path), _ordered(named(group(runs))) if runs else {}, empty, unread, whole)


def _ordered(groups: Mapping[str, Sequence[Run]]) -> dict[str, Sequence[Run]]:
    """By task weight and w, controls last."""

    def place(label: str) -> tuple[bool, float, float, str]:
        run = groups[label][0]
        return run.is_control, float(run.setting(TASK_WEIGHT)), float(run.setting(WEIGHT)), label

    return {label: groups[label] for label in sorted(groups, key=place)}


@once
def medians(run: Run) -> pd.DataFrame:
    """One value a trait of `TOLD`, and a measure of the run's own, for each generation with survivors.

    Rows are generations; log10 of errors and norms.
    """
    names = [*TOLD, *run.measures]
    table = lived(run.births).groupby("generation")[names].median().astype(np.float64)
    logarithmic = [name for name in names if TRAITS[name].log]
    table[logarithmic] = log10(table[logarithmic])
    return table


def at_the_end(runs: Sequence[Run], trait: str) -> Estimate:
    """Mean over runs of each one's value in its last generation, with its interval, in its own units."""
    return at(runs, trait, [run.last for run in runs])


def at(runs: Sequence[Run], trait: str, generations: Sequence[int]) -> Estimate:
    """The same of a generation of each run, or of the last one before in which a measure was taken."""
    when = [run.taken(trait, generation) for run, generation in zip(runs, generations, strict=True)]
    values = [_values(run, trait).get(one, np.nan) for run, one in zip(runs, when, strict=True)]
    found = interval(values, trait=trait)
    return found.mapped(lambda x: 10.0**x) if TRAITS[trait].log else found


def _values(run: Run, trait: str) -> pd.Series:
    """By generation: `medians`, or the share that died early."""
    if trait != DEATHS:
        return medians(run)[trait]
    return deaths(run).set_index("generation")[["diverged", "collapsed"]].sum(axis=1)


def told(sweep: Sweep) -> dict[str, str]:
    """Traits of `TOLD`, measures of their own, and early deaths if any, that the runs have; what tables call them."""
    tested = any(run.tests for run in sweep.runs)
    names = [*there(TOLD, any(run.has_task for run in sweep.runs)), *measures(sweep.runs)]
    died = any(run.generations[["diverged", "collapsed"]].to_numpy().any() for run in sweep.runs)
    names += [DEATHS] if died else []
    return {name: TRAITS[name].short for name in names if tested or name != "test_accuracy"}


def trajectories(runs: Sequence[Run]) -> pd.DataFrame:
    """Means over runs and their intervals by generation: generation, n, and of each trait trait, trait_low, trait_high.

    Of the generations that all of the runs have survivors in; on a log10 scale for errors and norms.
    """
    tables = pd.concat([medians(run) for run in runs], axis=1, keys=range(len(runs)), join="inner").sort_index()
    out: dict[str, Floats] = {}
    for trait in (*DRAWN, *measures(runs)):
        values = tables.xs(trait, axis=1, level=1).to_numpy()
        out[trait] = values.mean(axis=1)
        out[f"{trait}_low"], out[f"{trait}_high"] = intervals(values)
    return pd.DataFrame({"generation": tables.index, "n": len(runs), **out})


def ends(family: Mapping[str, Sequence[Run]], key: str) -> tuple[str, str]:
    """Labels of the lowest and the highest value of a key."""
    order = sorted(family, key=lambda label: float(family[label][0].setting(key)))
    return order[0], order[-1]


def weighted(groups: Mapping[str, Sequence[Run]]) -> list[dict[str, Sequence[Run]]]:
    """Families over w, of schemes whose parents depend on it."""
    return families(
        {name: runs for name, runs in groups.items() if not runs[0].is_control and runs[0].is_weighted}, WEIGHT
    )
