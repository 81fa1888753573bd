"""What children show of their parents: the parent–offspring regression within demes, and its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.once import once
from analysis.evolution.dynamics import DUST
from analysis.evolution.islands import SETTLED, Demes, Floats, Ints, chosen
from analysis.evolution.moments import paired
from analysis.statistics.series import interval_of_ratio


def heritability(record: Demes, traits: Sequence[str] | None = None, first: int = SETTLED) -> pd.DataFrame:
    """Parent–offspring regression on deviations within the deme of conception, all demes together.

    The slope itself is the share of a parent's deviation that its children show: heritability as in Falconer and Mackay
    (1996, ch. 10), with the only parent of a child in the place of the mean of both, where it has one. Deviations are
    from the mean of the children conceived on an island in a generation, and from their parents' mean: neither time nor
    place is in it. Only children that lived to the end count; who survived is nobody's child in that generation.

    Args:
        record: A run's births by deme.
        traits: All on record if None.
        first: Generation of the first parents that count.

    Returns:
        A row for each trait: slope, low, high (its 95 % interval over consecutive generations, as
        `analysis.statistics.series.interval_of_ratio`), NaN if parents do not vary;
        effective_generations (how many independent ones would say as much); correlation; pairs; generations.

    Raises:
        UserError: A trait is not on record.
    """
    rows = [(trait, *_row(regression(record, trait, first))) for trait in chosen(record, traits)]
    names = ["trait", "slope", "low", "high", "effective_generations", "correlation", "pairs", "generations"]
    return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True, eq=False)
class Regression:
    """Children on parents, deviations within demes: sums over the pairs of each generation that has any.

    Attributes:
        generation: [G] int64, the parents'.
        xy: [G] of products of parents' and children's deviations.
        xx: [G] of squares of parents'.
        yy: [G] of squares of children's.
        pairs: How many.
    """

    generation: Ints
    xy: Floats
    xx: Floats
    yy: Floats
    pairs: int

    @property
    def slope(self) -> float:
        """NaN if parents do not vary."""
        return float(self.xy.sum() / self.xx.sum()) if self.xx.sum() > DUST else np.nan

    @property
    def influence(self) -> Floats:
        """[G] what each generation moves the slope by, times G: of mean 0; 0 without a slope (delta method)."""
        if np.isnan(self.slope):
            return np.zeros_like(self.xx)
        return (self.xy - self.slope * self.xx) / self.xx.mean()


@once
def regression(record: Demes, trait: str, first: int) -> Regression:
    """The sums behind `heritability` of one trait."""
    found = paired(record, [trait], first)
    xy, xx, yy = (sums[:, 0, 0] for sums in (found.inherited, found.parents, found.children))
    return Regression(found.generation, xy, xx, yy, int(found.pairs.sum()))


def _row(found: Regression) -> tuple[float, ...]:
    """Slope, its interval and effective generations, correlation, pairs, generations."""
    counts = found.pairs, len(found.generation)
    if np.isnan(found.slope):
        return *(np.nan,) * 5, *counts
    scale = np.sqrt(found.xx.sum() * found.yy.sum())
    correlation = found.xy.sum() / scale if scale > 0 else np.nan
    return found.slope, *map(float, interval_of_ratio(found.xy, found.xx)), correlation, *counts
