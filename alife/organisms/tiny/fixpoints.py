"""The five classes of fixpoint of Gabor et al. (2019): divergent, zero, another fixpoint, second order, none.

`classes` sorts weights; `fixpoint_class` and `is_fixpoint` are measures, for any network that prints itself:

alife run --quine.network soup --task none --measures '{fixpoint: alife.organisms.tiny:fixpoint_class}' --out runs/soup
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

import alife

CLASSES: Final = ("divergent", "zero", "fixpoint", "second-order", "none")
"""By number."""

EPSILON: Final = 1e-4
"""What a weight may change, at most, for a fixpoint; and be, for zero: the authors' `epsilon`."""

Floats = NDArray[np.float32]


class Tolerance(BaseModel):
    """What a configuration may say of a measure here."""

    epsilon: float = Field(EPSILON, gt=0, description="what each weight of a fixpoint may change, at most")


def classes(weights: Floats, once: Floats, twice: Floats, epsilon: float = EPSILON) -> NDArray[np.int64]:
    """[P] numbers of `CLASSES`.

    A fixpoint is one of which no weight changes by ε or more; if no weight is beyond ±ε, it is zero. One that is none,
    but is there again after two applications, is of second order.

    Args:
        weights: [P, N].
        once: [P, N], what becomes of them.
        twice: [P, N], what becomes of that.
        epsilon: ε.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        first, second = ((np.abs(each - weights) < epsilon).all(1) for each in (once, twice))
        zero = first & (np.abs(weights) <= epsilon).all(1)
    divergent = ~np.isfinite(weights).all(1)
    return np.select([divergent, zero, first, second], [0, 1, 2, 3], 4)


@alife.measure(
    noun="fixpoint class", meaning="of the adult: 0 divergent, 1 zero, 2 another fixpoint, 3 second order, 4 none"
)
def fixpoint_class(life: alife.Life, parameters: Tolerance) -> NDArray[Any]:
    """[P] what adults are under emission; what is printed prints itself, for the second order."""
    return classes(life.adults, life.emitted, life.emit(life.emitted), parameters.epsilon)


@alife.measure(noun="fixpoints", scale="share", meaning="1 of an adult that prints itself and is not zero, else 0")
def is_fixpoint(life: alife.Life, parameters: Tolerance) -> NDArray[Any]:
    """[P] whether adults are fixpoints other than zero: the mean is their share."""
    return classes(life.adults, life.emitted, life.emitted, parameters.epsilon) == CLASSES.index("fixpoint")
