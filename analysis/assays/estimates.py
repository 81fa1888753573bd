"""Estimates of an assay, and how they are written: what each assay's `summarise` makes its rows and sentences of."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from analysis.statistics.estimate import Estimate

Frames = Mapping[str, pd.DataFrame]
"""Experiment of an assay → its table."""


Named = Mapping[tuple[str, int | None], Estimate]
"""(quantity, generation of the run or of descent) → estimate."""


def by_name(rows: Iterable[Estimate]) -> Named:
    """Estimates by what they are of."""
    return {(row.quantity, row.generation): row for row in rows}


def number(value: float) -> str:
    """Four significant digits, with a real minus; a dash if there is no value."""
    return f"{value:.4g}".replace("-", "−") if np.isfinite(value) else "–"


def between(estimate: Estimate) -> str:
    """The interval, as in [0.1, 0.2]."""
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def words(estimate: Estimate) -> str:
    """Value and interval."""
    return f"{number(estimate.value)} {between(estimate)}"
