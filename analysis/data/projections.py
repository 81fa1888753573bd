"""Which runs share their fixed random features, those of `quine.projection_seed`: by default each run's seed.

`analysis.data.treatments.group` calls `crossed` and `words`; call `shared` for what must be said beside intervals.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final

from alife.configuration.networks import DENSE, unseen
from alife.words import count
from analysis.data.run import Run

KEY: Final = "quine.projection_seed"
OWN: Final = "own"
"""What a treatment has whose runs draw theirs from their own seeds."""
_MOST: Final = 6
"""Projections that are named."""
_NAMED: Final = 3
"""Treatments that are."""


def of(run: Run) -> int:
    """The number that a run's projections are drawn from."""
    given = run.config["quine"].get("projection_seed")
    return _seed(run) if given is None else int(given)


def of_all(runs: Iterable[Run]) -> int | str:
    """The one that all runs of a treatment share, or `OWN`."""
    found = {of(run) for run in runs}
    return found.pop() if len(found) == 1 else OWN


def crossed(runs: Sequence[Run]) -> bool:
    """Whether a seed is there under several projections: then these are what treatments differ by."""
    return len({_seed(run) for run in runs}) < len({(_seed(run), of(run)) for run in runs})


def words(runs: Sequence[Run], places: Sequence[str]) -> list[int | str]:
    """What to tell the treatments of some runs apart by: `OWN`, or the number where it is not that of every seed.

    Args:
        runs: Alike but for seeds and projections.
        places: The treatment that the sweep of each run names, "" outside of one: there a run under its own seed's
            projections has `OWN`, unless another run has the same.
    """
    given = {(place, of(run)) for run, place in zip(runs, places, strict=True) if of(run) != _seed(run)}
    return [of(run) if (place, of(run)) in given else OWN for run, place in zip(runs, places, strict=True)]


def shared(groups: Mapping[str, Sequence[Run]]) -> str:
    """A sentence if runs of one treatment share projections, so that they are not independent; else nothing."""
    found: dict[str, tuple[int, ...]] = {}
    for label, runs in groups.items():
        drawn = [of(run) for run in runs if _has_any(run)]
        if len(set(drawn)) < len(drawn):
            found[label] = tuple(sorted(set(drawn)))
    if not found:
        return ""
    each = [", ".join(map(str, numbers)) for numbers in sorted(set(found.values()))]
    more = [f"{len(each) - _MOST} more"] * (len(each) > _MOST)
    alone = "this projection" if len({*chain(*found.values())}) == 1 else "these projections"
    return (
        f"Runs of {_whose(list(found), len(groups))} share a projection ({KEY} {'; '.join([*each[:_MOST], *more])}): "
        f"intervals over them are about {alone} alone."
    )


def _has_any(run: Run) -> bool:
    """Whether its network sees coordinates by random features; the tiny ones know their own."""
    return "quine.coordinate_units" not in unseen(str(run.config["quine"].get("network", DENSE)))


def _whose(labels: Sequence[str], of_them: int) -> str:
    if len(labels) == of_them > 1:
        return "each treatment"
    return "; ".join(labels) if len(labels) <= _NAMED else count(len(labels), "treatment")


def _seed(run: Run) -> int:
    return int(run.manifest["seed"])
