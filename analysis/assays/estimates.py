"""What the assays share: their tables, who is scored in them, and estimates by name."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife.traits import MAIN, TRAITS, measured
from analysis.statistics.estimate import Estimate

Floats = NDArray[np.float64]

Frames = Mapping[str, pd.DataFrame]
"""Experiment of an assay → its table."""
Named = Mapping[tuple[str, int | None], Estimate]
"""(quantity, generation of the run or of descent) → estimate."""


def by_name(rows: Iterable[Estimate]) -> Named:
    """Estimates by what they are of."""
    return {(row.quantity, row.generation): row for row in rows}


def assayed(lives: pd.DataFrame) -> list[int]:
    """Generations, ascending."""
    return sorted(int(generation) for generation in lives["generation"].unique())


def scored(lives: pd.DataFrame) -> list[str]:
    """The traits of `alife.traits.MAIN`; accuracy only if there is a task."""
    return [trait for trait in MAIN if not TRAITS[trait].needs_task or lives[trait].any()]


def by_life(lives: pd.DataFrame, trait: str, index: str | list[str] = "id", columns: str = "replicate") -> pd.DataFrame:
    """Values as `alife.traits.measured` gives them, NaN where an individual diverged: rows genomes, columns lives."""
    return lives.assign(value=measured(trait, lives[trait])).pivot(index=index, columns=columns, values="value")
