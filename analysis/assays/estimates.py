"""What the assays share: their tables, who is scored in them, and estimates by name."""

from collections.abc import Iterable, Mapping, Sequence

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
    return lives.assign(value=_measured(lives, trait)).pivot(index=index, columns=columns, values="value")


def of_whole(lives: pd.DataFrame, trait: str, by: Sequence[str]) -> pd.Series:
    """[rows] values as `alife.traits.measured` gives them, NaN in all lives of a genome that diverged in one of them.

    Args:
        lives: Rows of an assay.
        trait: A column of scores.
        by: The columns whose values tell genomes apart, and what they lived under.
    """
    values = pd.Series(_measured(lives, trait), lives.index)
    return values.mask(values.isna().groupby([lives[name] for name in by]).transform("any"))


def diverged(lives: pd.DataFrame) -> tuple[int, int]:
    """How many lives diverged, and of how many: assays know no other early death."""
    return int(lives["replication_error"].isna().sum()), len(lives)


def _measured(lives: pd.DataFrame, trait: str) -> Floats:
    """NaN of those that diverged, to whom older assays give an accuracy."""
    return measured(trait, lives[trait].mask(lives["replication_error"].isna()))
