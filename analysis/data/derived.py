"""Columns of births that are computed on load and never stored: call `derive`; `load_run` has done so."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife import schema
from alife.evolution import selection
from alife.format.tested import OnTestImages

DERIVED: Final = ("replication_loss", "fitness", "birth_island", "test_accuracy")
"""Columns of `Run.births` that are computed on load and never stored."""

MADE_OF: Final = {
    "replication_loss": ("replication_error", "squared_norm"),
    "fitness": ("accuracy", "replication_error", "cause_of_death", "chance"),
}
"""Stored columns from which a derived one is computed."""


def derive(
    births: pd.DataFrame,
    rules: selection.Rules,
    tests: Sequence[OnTestImages] = (),
    columns: Collection[str] | None = None,
) -> pd.DataFrame:
    """The births with `DERIVED` columns, or with those that are among `columns`.

    replication_loss is L_SR = ρ·Σg² (Chang and Lipson 2018), float32. fitness is `alife.evolution.selection.fitness`
    within (generation, island) among those that did not die early, float32, NaN for the early dead; under a scheme
    whose chances are on record (`selection.is_recorded`) it is the chance of parenthood. birth_island is
    where the individual was conceived, int32; `island` is where it lives. test_accuracy is that on the test images,
    float32, of those that lived to the end of a generation that was tested, else NaN.
    """
    ids = births["id"].to_numpy()
    derived: dict[str, Callable[[], Any]] = {
        "replication_loss": lambda: births["replication_error"] * births["squared_norm"],
        "fitness": lambda: _fitness(births, rules),
        "birth_island": lambda: (ids >> (schema.GENERATION_BITS + schema.SLOT_BITS)).astype(np.int32),
        "test_accuracy": lambda: _test_accuracy(ids, tests),
    }
    return births.assign(**{name: make() for name, make in derived.items() if columns is None or name in columns})


def _test_accuracy(ids: NDArray[np.int64], tests: Sequence[OnTestImages]) -> NDArray[np.float32]:
    out = np.full(len(ids), np.nan, np.float32)
    known = {identity: accuracy for tested in tests for identity, accuracy in tested.accuracy.items()}
    for row in np.flatnonzero(np.isin(ids, np.fromiter(known, np.int64, len(known)))).tolist():
        out[row] = known[int(ids[row])]
    return out


def _fitness(births: pd.DataFrame, rules: selection.Rules) -> NDArray[np.float32]:
    """Demes of equal size are scored together, a row each."""
    dead = (births["cause_of_death"] != schema.CAUSES[0]).to_numpy()
    if selection.is_recorded(rules.scheme):
        return np.where(dead, np.float32(np.nan), births["chance"].to_numpy())
    accuracy, error = (np.where(dead, np.nan, births[trait]) for trait in ("accuracy", "replication_error"))
    deme = births["generation"].to_numpy(np.int64) << schema.ISLAND_BITS | births["island"].to_numpy(np.int64)
    order = np.argsort(deme, kind="stable")
    starts = np.flatnonzero(np.diff(deme[order], prepend=-1))
    sizes = np.diff(starts, append=len(deme))
    out = np.full(len(births), np.nan, np.float32)
    for size in np.unique(sizes):
        rows = order[starts[sizes == size][:, None] + np.arange(size)]
        out[rows] = selection.fitness(accuracy[rows], error[rows], rules.accuracy_weight, rules.scheme)
    out[dead] = np.nan
    return out
