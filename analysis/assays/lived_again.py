"""How much of a Pareto front is luck: fronts chosen in one of the lives that genomes share, valued in all others.

Who stands on the front of values measured once is there because it is good or because it was lucky, and the
hypervolume counts both. Genomes of a common garden have lived several times. So each life in turn chooses a front, as
a record of one life does, and its hypervolume is taken twice from the same sum over its steps,
Σ (accuracy − reference) · (decades of ρ up to the next step): `raw` in the life that chose it, `again` in the others.

The sum is linear in accuracy and in log10 ρ, and the two come from different lives. So `again` is, without bias, what
the steps are worth by what their genomes score on average; the hypervolume of those averages would not be, as it is
the area of the best of them and profits from what noise is left. Steps whose genomes are in truth not in this order
count against each other, so that `again` may be less than what the same genomes dominate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alife.traits import log10
from analysis.assays.components import whole
from analysis.evolution.fronts import REFERENCE, pareto_front

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

FEWEST_LIVES: Final = 3
"""One that chooses, and two that value."""


@dataclass(frozen=True)
class Worth:
    """Hypervolumes in decades of ρ × accuracy, means over the lives that chose.

    Attributes:
        raw: Of fronts in the lives that chose them.
        again: Of the same fronts in the other lives; may be negative.
        typical: Of the mean genome, in the same sense; no front is needed for it.
        members: Genomes on a front.
        stay: Share of them that are on the front of the means over the other lives too; NaN where nobody is on one.
    """

    raw: float
    again: float
    typical: float
    members: float
    stay: float

    @property
    def luck(self) -> float:
        """What of `raw` is not there again."""
        return self.raw - self.again

    @property
    def share(self) -> float:
        """The luck as a share of `raw`; NaN where that is 0."""
        return self.luck / self.raw if self.raw else np.nan

    @property
    def share_of_lead(self) -> float:
        """The luck as a share of what `raw` has beyond `typical`, 1 of equal genomes; NaN where it has nothing."""
        lead = self.raw - self.typical
        return self.luck / lead if lead > 0 else np.nan


def worth(fidelity: ArrayLike, accuracy: ArrayLike, reference: tuple[float, float] = REFERENCE) -> Worth:
    """What fronts are worth in the lives that chose them, and in the others.

    Args:
        fidelity: [P, R] −log10 ρ of genomes in lives that all share; a genome with a value that is not finite is left
            out.
        accuracy: [P, R].
        reference: (ρ, accuracy) that hypervolume is measured from.

    Raises:
        ValueError: R is below `FEWEST_LIVES`.
    """
    depth, gain = _above(fidelity, accuracy, reference)
    found = []
    for steps, here, others in _chosen(depth, gain):
        raw, again = (_area(depth[np.ix_(steps, lives)], gain[np.ix_(steps, lives)]) for lives in (here, others))
        later = _front(depth[:, others].mean(axis=1), gain[:, others].mean(axis=1))
        found.append((raw, again, len(steps), np.isin(steps, later).sum()))
    raw, again, members, stay = np.array(found, np.float64).mean(axis=0)
    typical = _area(depth.mean(axis=0, keepdims=True), gain.mean(axis=0, keepdims=True)) if len(depth) else np.nan
    return Worth(raw, again, typical, members, stay / members if members else np.nan)


def fronts(
    fidelity: ArrayLike, accuracy: ArrayLike, reference: tuple[float, float] = REFERENCE
) -> tuple[list[Floats], list[Floats]]:
    """The front of each life, and the same genomes at their means over the other lives.

    Args and errors as of `worth`.

    Returns:
        Twice R arrays [k, 2] of (ρ, accuracy), in the order of the steps that the life chose; k may be 0.
    """
    depth, gain = _above(fidelity, accuracy, reference)
    raw: list[Floats] = []
    again: list[Floats] = []
    for steps, here, others in _chosen(depth, gain):
        for out, lives in ((raw, here), (again, others)):
            deep, high = (x[np.ix_(steps, lives)].mean(axis=1) for x in (depth, gain))
            out.append(np.column_stack([reference[0] * 10.0**-deep, reference[1] + high]))
    return raw, again


def _above(fidelity: ArrayLike, accuracy: ArrayLike, reference: tuple[float, float]) -> tuple[Floats, Floats]:
    """[P, R] decades of ρ and accuracy beyond the reference."""
    x, y, _ = whole(fidelity, accuracy, None)
    if x.shape[1] < FEWEST_LIVES:
        raise ValueError(f"{x.shape[1]} lives: fronts that are lived again need {FEWEST_LIVES}")
    return x + float(log10(reference[0])), y - reference[1]


def _chosen(depth: Floats, gain: Floats) -> Iterator[tuple[Ints, Ints, Ints]]:
    """For each life the rows on its front, deepest first; that life; the others."""
    lives = np.arange(depth.shape[1])
    for life in lives:
        yield _front(depth[:, life], gain[:, life]), lives[life : life + 1], np.delete(lives, life)


def _front(deep: Floats, high: Floats) -> Ints:
    """Rows that are beyond the reference and dominated by none, deepest first."""
    beyond = np.flatnonzero((deep > 0) & (high > 0))
    return beyond[pareto_front(np.column_stack([10.0 ** -deep[beyond], high[beyond]]))]


def _area(deep: Floats, high: Floats) -> float:
    """Below steps [k, n] in this order, widths and heights of different lives where n is more than 1."""
    widths = deep - np.vstack([deep[1:], np.zeros((1, deep.shape[1]))])[: len(deep)]
    n = deep.shape[1]
    if n == 1:
        return float((widths * high).sum())
    pairs = widths.sum(axis=1) * high.sum(axis=1) - (widths * high).sum(axis=1)
    return float(pairs.sum() / (n * (n - 1)))
