"""The scales on which traits are compared and drawn, with one rule for zeros and for what is not finite.

Accuracies are taken as they are. Errors, norms and life-history traits are taken as log10; what is below `SMALLEST`,
zero too, counts as `SMALLEST`, and what is not finite, or negative, has no value (NaN) and is left out. Every table,
figure and statistic uses these functions. `alife.evolution.selection` has a floor of its own, which is part of what is
born.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alife import schema

Doubles = NDArray[np.float64]

SMALLEST: Final = 1e-15
"""What a logarithm is taken of at least: a relative squared error of this size is float32's own rounding."""

OF_A_TASK: Final = ("accuracy", "newborn_accuracy", "test_accuracy")
"""Traits that only a run with a task has; they are shares, and the only ones that are not taken as log10."""


def floored(values: ArrayLike) -> Doubles:
    """[...] values as a logarithmic axis holds them: at least `SMALLEST`, NaN where not finite or negative."""
    array = np.asarray(values, np.float64)
    return np.where(np.isfinite(array) & (array >= 0), np.maximum(array, SMALLEST), np.nan)


def log10(values: ArrayLike) -> Doubles:
    """[...] log10 of `floored` values."""
    return np.log10(floored(values))


def measured(trait: str, values: ArrayLike) -> Doubles:
    """[...] values of a trait on the scale on which more is fitter: shares as they are, −log10 of errors, log10 else.

    NaN where there is no value.
    """
    array = np.asarray(values, np.float64)
    if trait in OF_A_TASK:
        return np.where(np.isfinite(array), array, np.nan)
    return -log10(array) if trait in schema.ERRORS else log10(array)
