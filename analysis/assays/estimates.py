"""Estimates of an assay, and how they are written: what each assay's `summarise` makes its rows and sentences of."""

from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.statistics.estimate import Estimate

Frames = Mapping[str, pd.DataFrame]
"""Experiment of an assay → its table."""


Named = Mapping[tuple[str, int | None], Estimate]
"""(quantity, generation of the run or of descent) → estimate."""


def by_name(rows: Iterable[Estimate]) -> Named:
    """Estimates by what they are of."""
    return {(row.quantity, row.generation): row for row in rows}
