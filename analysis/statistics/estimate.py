"""The estimate: a number, how sure it is, and of what; the only type that tables, figures and sentences draw one from.

`intervals.interval` and `difference` make estimates, `frame` makes many of them one long table.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.traits import natural


@dataclass(frozen=True)
class Estimate:
    """A number and how sure it is.

    Attributes:
        value: The estimate; NaN if there is none.
        low: Lower end of its 95 % interval; NaN if there are too few values for one.
        high: Upper end.
        n: How many values stand behind it, each one of `over`.
        treatment: Of which runs; "" if of one run.
        trait: Key of `alife.traits.TRAITS`; "" if it is of none alone.
        quantity: What is estimated, in words.
        generation: Of the run, or of descent; None if of no single one.
        over: What the interval is over, as in "runs", "genomes".
    """

    value: float
    low: float
    high: float
    n: int
    treatment: str = ""
    trait: str = ""
    quantity: str = ""
    generation: int | None = None
    over: str = "runs"

    @property
    def known(self) -> bool:
        """Whether it has an interval."""
        return bool(np.isfinite(self.low))

    def covers(self, value: float) -> bool:
        """Whether `value` is inside the interval."""
        return self.low <= value <= self.high

    def mapped(self, scale: Callable[[Any], Any]) -> "Estimate":
        """The estimate on another scale, of which `scale` is a monotone function of numbers."""
        value, *ends = (float(scale(x)) for x in (self.value, self.low, self.high))
        low, high = sorted(ends)
        return replace(self, value=value, low=low, high=high)

    def natural(self, trait: str = "") -> "Estimate":
        """In the trait's own unit, from the scale of `alife.traits.measured`.

        Args:
            trait: Whose scale; that of the estimate's own trait if "".
        """
        return self.mapped(lambda x: natural(trait or self.trait, x))


COLUMNS: Final = ("treatment", "trait", "quantity", "generation", "value", "low", "high", "n", "over")


def frame(estimates: Iterable[Estimate]) -> pd.DataFrame:
    """Estimates as a long table: a row each, columns `COLUMNS`; generation is a nullable Int64."""
    rows = [tuple(getattr(e, name) for name in COLUMNS) for e in estimates]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"generation": "Int64"})
