"""The fan of futures: replays of history from one generation, beside the original, and whether they went the same way.

Contingency or convergence (Gould's tape of life; Travisano et al., Science 267, 1995, part change into what replays
share and chance): the share of replays' mean squared change since the fork that is their variance and no common change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife.errors import UserError
from alife.traits import MAIN, measured, there
from analysis.data.run import Run, lived
from analysis.evolution.contingency import contingency
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST, interval
from analysis.templates import sentences

Floats = NDArray[np.float64]

HALF: Final = 0.5
"""Share of contingency at which chance and common change weigh the same."""


@dataclass(frozen=True)
class Future:
    """One trait in the original and its replays, on the scale of `alife.traits.measured`.

    Attributes:
        trait: Its name.
        forked: The generation that was thawed.
        last: The last generation that original and replays share.
        original: Median over individuals by generation, from the original's first.
        replays: The same, a column a replay, from the fork on.
        change: Mean over replays of the median at `last` less the original's at the fork.
        contingency: Var / (Var + change²) of the replays' changes: 0 if all change alike, 1 if they change at random.
        among_replays: Standard deviation of the replays' medians at `last`.
        among_islands: The same of a replay's island medians, pooled over replays; NaN with a single island.
        among_individuals: The same of individuals within an island, pooled.
    """

    trait: str
    forked: int
    last: int
    original: pd.Series
    replays: pd.DataFrame
    change: Estimate
    contingency: Estimate
    among_replays: float
    among_islands: float
    among_individuals: float

    @property
    def verdict(self) -> Literal["convergence", "contingency", "undecided"]:
        """What the interval of the contingency allows to say."""
        if self.contingency.high < HALF:
            return "convergence"
        return "contingency" if self.contingency.low > HALF else "undecided"


def futures(original: Run, replays: Sequence[Run], traits: Sequence[str] = MAIN) -> list[Future]:
    """Compare replays with each other and with the run that they were forked from.

    Args:
        original: With births.
        replays: Forks of one generation of it, with births, all different.
        traits: Names in `alife.traits.STORED`; accuracy is left out without a task.

    Raises:
        UserError: There is no replay, one has nothing on record, or they were not forked from one generation.
    """
    if not replays:
        raise UserError(f"{original.path}: no replay of it to compare: make some with 'alife fork --replicates'")
    for run in (original, *replays):
        if run.births.empty:
            raise UserError(f"{run.path}: no births on record: wait for its first commit")
    starts = {_first(run) for run in replays}
    if len(starts) > 1:
        raise UserError(f"{replays[0].path}: replays from generations {sorted(starts)}: compare those of one at a time")
    forked = starts.pop()
    if forked not in set(original.births["generation"]):
        raise UserError(f"{original.path}: has no generation {forked}, where its replays begin: name their original")
    last = min(run.last for run in replays)
    return [_future(original, replays, trait, forked, last) for trait in there(traits, original.has_task)]


def _future(original: Run, replays: Sequence[Run], trait: str, forked: int, last: int) -> Future:
    fan = pd.DataFrame({_label(number, run): _medians(run, trait) for number, run in enumerate(replays)})
    before = _medians(original, trait)
    changes = fan.loc[last].to_numpy() - before.loc[forked]
    islands, individuals = _spreads(replays, trait, last)
    return Future(
        trait=trait,
        forked=forked,
        last=last,
        original=before,
        replays=fan,
        change=interval(changes),
        contingency=contingency(changes),
        among_replays=float(np.std(changes, ddof=1)) if len(changes) > 1 else float("nan"),
        among_islands=islands,
        among_individuals=individuals,
    )


def _first(run: Run) -> int:
    return int(run.births["generation"].min())


def _label(number: int, run: Run) -> str:
    return f"{number}: {run.name}"


def _medians(run: Run, trait: str) -> pd.Series:
    """By generation, over the individuals that lived to its end."""
    alive = lived(run.births)
    return pd.Series(measured(trait, alive[trait])).groupby(alive["generation"].to_numpy()).median()


def _spreads(replays: Sequence[Run], trait: str, last: int) -> tuple[float, float]:
    """Pooled standard deviations at `last`: of a run's island medians, and of an island's individuals."""
    among, within = [], []
    for run in replays:
        rows = lived(run.births[run.births["generation"] == last])
        values = pd.Series(measured(trait, rows[trait]))
        islands = values.groupby(rows["island"].to_numpy())
        among.append(islands.median().var(ddof=1))
        within.extend(islands.var(ddof=1).tolist())
    return _root_mean(among), _root_mean(within)


def _root_mean(variances: Sequence[float]) -> float:
    known = [v for v in variances if np.isfinite(v)]
    return float(np.sqrt(np.mean(known))) if known else float("nan")


def say(future: Future) -> str:
    """A sentence on one trait: what changed, what the share of chance is, and how far replays lie apart."""
    return sentences("futures", future=future, fewest=FEWEST)[0]
