"""Strict quines and their fertility: sentences that hold what was measured."""

from collections.abc import Hashable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from analysis.paper.results import Results
from analysis.templates import sentences

GOAL: Final = 0.001
DEEP: Final = 10
"""Generations of descent that are the goal."""
WEIGHT: Final = "task_weight"
CLASSES: Final = ("divergent", "zero", "fixpoint", "second-order", "none")


def attempts(results: Results) -> Iterator[str]:
    """A sentence an attempt."""
    told = {facts["part"]: facts.get("what", "") for facts in results.facts if facts["experiment"] == "contraction"}
    for name, some in results.of("contraction").groupby("variant", sort=False):
        ranges = _ranges(some, "rho", "radius", "depth", noisy="depth_0.05", noisier="depth_0.2")
        enough = {"enough": _deep(some["depth"]), "enough_noisy": _deep(some["depth_0.05"])}
        yield _said("contraction", name, some, what=told.get(str(name), ""), **ranges, **enough)


def statements(results: Results) -> Iterator[str]:
    """What came of strict quines."""
    for name, some in results.of("strict").groupby("variant", sort=False):
        ranges = _ranges(
            some, **{column: column for column in ("rho", "L_SR", "norm_kept", "participation", "accuracy")}
        )
        measured = "rho_float64" in some and some["rho_float64"].notna().any()
        exact = int((some["rho_float64"] < 1e-20).sum()) if measured else None
        yield _said("strict", name, some, exact=exact, **ranges)


def fertility(results: Results) -> Iterator[str]:
    """How deep lines go."""
    for name, some in results.of("fertility").groupby("variant", sort=False):
        counts = some["class"].value_counts()
        classes = {kind: counts[kind] for kind in CLASSES if kind in counts}
        ranges = _ranges(some, "depth", "noisy_depth", "rho", "radius", "degree")
        yield _said("fertility", name, some, classes=classes, enough=_deep(some["depth"]), **ranges)


def _said(of: str, name: Hashable, some: pd.DataFrame, **data: Any) -> str:
    return sentences("paper", of=of, name=name, n=len(some), deep=DEEP, **data)[0]


def _deep(depths: pd.Series) -> int:
    return int((depths >= DEEP).sum())


def _ranges(some: pd.DataFrame, *same: str, **columns: str) -> dict[str, list[float]]:
    """By name: median, lowest and highest of a column; NaN alone where no value is finite, nothing of no accuracy."""
    found = {}
    for name, column in {**dict(zip(same, same, strict=True)), **columns}.items():
        values = some[column].to_numpy(float) if column in some else np.empty(0)
        known = values[np.isfinite(values)]
        missing = [] if name == "accuracy" else [float("nan")]
        found[name] = [float(f(known)) for f in (np.median, np.min, np.max)] if len(known) else missing
    return found
