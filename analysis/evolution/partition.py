"""Adaptation, chance and history: what replays of several histories change by, and what they differ by afterwards.

Travisano, Mongold, Bennett and Lenski (1995), Experimental tests of the roles of adaptation, chance, and history in
evolution, Science 267, 87–90. Call `partition` with one number a replay, grouped by the history that it started from;
`analysis.studies.histories` takes these numbers from runs. `contingency` is of the replays of a single history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from alife.errors import UserError
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST, interval
from analysis.statistics.variances import large_sample

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Partition:
    """All on the scale of the values, so that they compare.

    Attributes:
        adaptation: Mean change, of histories of equal weight; its interval is Student's over histories.
        chance: Standard deviation of replays of one history; its interval is exact for normal values (χ²).
        history: Standard deviation of histories after the change, without that of their replays; its interval is a
            modified large-sample one (`analysis.statistics.variances`).
        before: Standard deviation of histories before it, with the exact interval: what history was to begin with.
    """

    adaptation: Estimate
    chance: Estimate
    history: Estimate
    before: Estimate

    @property
    def estimates(self) -> tuple[Estimate, Estimate, Estimate, Estimate]:
        """All four."""
        return self.adaptation, self.chance, self.history, self.before


def partition(before: ArrayLike, after: Sequence[ArrayLike], **names: Any) -> Partition:
    """Part what replays of several histories did into adaptation, chance and history.

    The nested analysis of variance, replays within histories, both random. Where histories have different numbers of
    replays, the mean square among histories is that of unweighted means, times the harmonic mean of these numbers
    (Thomas and Hultquist 1978, Ann. Stat. 6, 582; Burdick and Graybill 1992, section 4.3).

    Args:
        before: [K] value of each history before its replays began.
        after: K arrays, a value a replay of that history; those that are not finite are left out.
        names: What is measured: fields of `Estimate`.

    Returns:
        The parts. Without an interval are adaptation, history and before below `FEWEST` histories, and chance where no
        history has two replays.

    Raises:
        UserError: There are not as many histories before as after, or fewer than two with a replay.

    Example:
        >>> from analysis.evolution.partition import partition
        >>> parts = partition([0.50, 0.60, 0.55], [[0.70, 0.72], [0.71, 0.70], [0.69, 0.71]])
        >>> round(parts.adaptation.value, 3), round(parts.chance.value, 3), round(parts.history.value, 3)
        (0.155, 0.012, 0.0)
    """
    start = np.asarray(before, np.float64)
    groups = [np.asarray(values, np.float64)[np.isfinite(values)] for values in after]
    if len(groups) != len(start):
        raise UserError(f"{len(start)} histories before and {len(groups)} after: give a value before for each")
    known = [k for k, group in enumerate(groups) if len(group) and np.isfinite(start[k])]
    if len(known) < 2:
        raise UserError(f"{len(known)} histories with a replay: what is history needs two, and an interval {FEWEST}")
    start, groups = start[known], [groups[k] for k in known]
    means = np.array([group.mean() for group in groups])
    k, n = len(groups), sum(map(len, groups))
    within = sum(float(np.square(group - group.mean()).sum()) for group in groups) / (n - k) if n > k else np.nan
    spread = {"over": "histories", **names}
    return Partition(
        adaptation=interval(means - start, **{"quantity": "adaptation: mean change", **spread}),
        chance=_deviation(within, n - k, n, {"quantity": "chance: sd among replays of a history", **names}),
        history=_history(means, within, [len(group) for group in groups], spread),
        before=_deviation(start.var(ddof=1), k - 1, k, {"quantity": "sd among histories before", **spread}, FEWEST - 1),
    )


def _deviation(variance: float, free: int, n: int, names: dict[str, Any], fewest: int = 1) -> Estimate:
    """√ of a mean square on so many degrees of freedom, with its exact interval."""
    names = {"over": "replays", **names}
    if free < fewest:
        return Estimate(float(np.sqrt(variance)), np.nan, np.nan, n, **names)
    low, high = (np.sqrt(free * variance / stats.chi2.ppf(q, free)) for q in (0.975, 0.025))
    return Estimate(float(np.sqrt(variance)), float(low), float(high), n, **names)


def _history(means: Floats, within: float, sizes: Sequence[int], names: dict[str, Any]) -> Estimate:
    """√σ² among histories, of unweighted means."""
    k, harmonic = len(means), len(means) / sum(1 / size for size in sizes)
    names = {"quantity": "history: sd among histories after, without chance", **names}
    if not np.isfinite(within):
        return Estimate(np.nan, np.nan, np.nan, k, **names)
    among = harmonic * means.var(ddof=1)
    value = float(np.sqrt(max((among - within) / harmonic, 0)))
    if k < FEWEST:
        return Estimate(value, np.nan, np.nan, k, **names)
    low, high = large_sample(np.asarray(among), np.asarray(within), (k - 1, sum(sizes) - k), harmonic)
    return Estimate(value, float(low), float(high), k, **names)
