"""One value a run, trait and generation: what comparisons start from. Call `value_of`, and `recorded_traits` before."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from alife.traits import STORED, TRAITS, log10, there
from analysis.data.run import Run, lived
from analysis.data.treatments import measures

COMPARED: Final = (*(name for name in TRAITS if name in (*STORED, "test_accuracy")), "early_deaths")
"""What can be compared, beside measures of the runs' own. Accuracy is told of the images that selection used and of the
test images, which drive nothing and are looked at for the last generation of a run alone."""


def births_at(run: Run, at: int | None) -> pd.DataFrame:
    """Births of the generation that is compared, the dead too."""
    return run.births[run.births["generation"] == (run.last if at is None else at)]


def only(run: Run, at: int | None) -> Run:
    """The run with the births that are compared, all of them if none are."""
    if births_at(run, at).empty:
        return run
    when = run.last if at is None else at
    compared = {when, *(run.taken(name, when) for name in (*run.measures, "newborn_accuracy"))}
    return replace(run, births=run.births[run.births["generation"].isin(compared)].copy())


def recorded_traits(runs: Sequence[Run], at: int | None) -> list[str]:
    """Those of `COMPARED`, and measures of their own, that all runs have in the generation that is compared, each run's
    last if `at` is None.
    """
    names = (*there(COMPARED, all(run.has_task for run in runs)), *measures(runs))
    return [name for name in names if all(_has(run, name, at) for run in runs)]


def untested(runs: Sequence[Run], at: int | None = None) -> list[str]:
    """Paths of runs with a task of which accuracy is known, and none on test images, in the generation compared."""
    with_task = [run for run in runs if run.has_task and len(lived(births_at(run, at)))]
    return [run.path for run in with_task if not _has(run, "test_accuracy", at)]


def _has(run: Run, trait: str, at: int | None) -> bool:
    """Whether it is on record; on the test images of all who lived to the end of the generation."""
    if trait == "test_accuracy":
        return bool(lived(births_at(run, at))[trait].notna().all())
    return trait == "early_deaths" or trait in run.births


def value_of(run: Run, trait: str, at: int | None) -> float:
    """A run's value: differences as they are, factors as log10; NaN if nobody lived to the end, or was born any more.

    A measure that is not taken in that generation has the value of the last one before in which it was.
    """
    births = births_at(run, run.taken(trait, run.last if at is None else at))
    alive = lived(births)
    if trait == "early_deaths":
        return 1 - len(alive) / len(births) if len(births) else np.nan
    values = alive[trait].to_numpy(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan
    median = float(np.median(values))
    return float(log10(median)) if TRAITS[trait].log else median
