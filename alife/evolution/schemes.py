"""The shipped schemes of selection: from scores to each individual's chance to be the parent of a child.

`alife.evolution.selection` draws parents by them. A new one is a function in `SCHEMES`, under a name of its own; the
command and the tests walk that registry. Rows of [..., P] are islands or generations that do not compete.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

import moocore
import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DUST: Final = 1e-6
"""Scores of an island that span no more than this (accuracy, or log ρ) are float32 rounding, and count as equal."""


class Rules(Protocol):
    """What selection reads of a configuration; `alife.configuration.keys.Selection` is one."""

    @property
    def scheme(self) -> str: ...
    @property
    def shuffled(self) -> bool: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def accuracy_weight(self) -> float: ...
    @property
    def tournament_size(self) -> int: ...
    @property
    def truncation(self) -> float: ...
    @property
    def survivors(self) -> int: ...


def objectives(accuracy: ArrayLike, replication_error: ArrayLike) -> tuple[Doubles, Doubles]:
    """What selection compares: accuracy, and −log ρ."""
    rho = np.maximum(np.asarray(replication_error, np.float64), np.finfo(np.float32).tiny)
    return np.asarray(accuracy, np.float64), -np.log(rho)


def mixed(scores: tuple[Doubles, Doubles], living: Bools, weight: float) -> Doubles:
    """w·z(accuracy) + (1 − w)·z(−log ρ), z over the last axis."""
    accuracy, fidelity = (_standardise(score, living) for score in scores)
    return weight * accuracy + (1 - weight) * fidelity


def _standardise(score: Doubles, living: Bools) -> Doubles:
    counted = living & np.isfinite(score)
    value = np.where(counted, score, 0.0)
    number = np.maximum(counted.sum(-1, keepdims=True), 1)
    deviation = np.where(counted, value - value.sum(-1, keepdims=True) / number, 0.0)
    sd = np.sqrt(np.square(deviation).sum(-1, keepdims=True) / number)
    span = np.ptp(deviation, axis=-1, keepdims=True)
    return np.divide(deviation, sd, out=np.zeros_like(deviation), where=span > DUST)


def _places(value: Doubles, living: Bools) -> tuple[Ints, Ints, Ints]:
    """How many of the living are worse than each, [..., P], how many no better, and how many there are, [..., 1]."""
    value = np.where(living, value, -np.inf)
    order = np.argsort(value, axis=-1)
    ranked = np.take_along_axis(value, order, -1)
    here = np.broadcast_to(np.arange(value.shape[-1]), value.shape)
    step = ranked[..., 1:] != ranked[..., :-1]
    edge = np.ones((*value.shape[:-1], 1), bool)
    first = np.maximum.accumulate(np.where(np.concatenate([edge, step], -1), here, 0), axis=-1)
    last = np.where(np.concatenate([step, edge], -1), here, value.shape[-1])
    last = np.minimum.accumulate(last[..., ::-1], axis=-1)[..., ::-1]
    worse, no_better = np.empty_like(order), np.empty_like(order)
    np.put_along_axis(worse, order, first, -1)
    np.put_along_axis(no_better, order, last + 1, -1)
    dead = (~living).sum(-1, keepdims=True)
    return worse - dead, no_better - dead, value.shape[-1] - dead


def _winners(value: Doubles, living: Bools, size: int) -> Doubles:
    """The best of `size` drawn with replacement; equals share: ((no better)^k − (worse)^k) / n^k / ties."""
    worse, no_better, number = _places(value, living)
    number = np.maximum(number, 1)
    chance = ((no_better / number) ** size - (worse / number) ** size) / np.maximum(no_better - worse, 1)
    return np.where(living, chance, 0.0)


def _tournament(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """The fittest of `selection.tournament_size` drawn with replacement."""
    return _winners(mixed(scores, living, rules.accuracy_weight), living, rules.tournament_size)


def _truncation(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Uniform over the fittest share of the living, rounded up; equals at its edge share what is left."""
    worse, no_better, number = _places(mixed(scores, living, rules.accuracy_weight), living)
    kept = np.maximum(np.ceil(rules.truncation * number - 1e-9), 1)
    inside = np.clip(no_better - np.maximum(worse, number - kept), 0, None)
    return np.where(living, inside / np.maximum(no_better - worse, 1) / kept, 0.0)


def _roulette(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """In proportion to exp(fitness)."""
    mix = np.where(living, mixed(scores, living, rules.accuracy_weight), -np.inf)
    best = mix.max(-1, keepdims=True, initial=-np.inf)
    weight = np.exp(mix - np.where(np.isfinite(best), best, 0.0))
    total = weight.sum(-1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def _nsga2(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Binary tournament on Pareto rank, then crowding distance (Deb et al. 2002); no weight."""
    points = np.stack([_standardise(score, living) for score in scores], axis=-1)
    order = np.zeros(living.shape)
    for row in np.ndindex(living.shape[:-1]):
        alive = living[row]
        if alive.any():
            order[row][alive] = _crowded_order(points[row][alive])
    return _winners(order, living, 2)


def _crowded_order(points: Doubles) -> Ints:
    """[P] integers that are larger for a better point of [P, 2], both coordinates maximised, and equal for equals.

    Crowding is over distinct points (Fortin & Parizeau, GECCO 2013), so that clones are equals instead of being
    favoured by their order.
    """
    unique, inverse = np.unique(points, axis=0, return_inverse=True)
    front = moocore.pareto_rank(unique, maximise=True)
    along = np.lexsort((unique[:, 0], front))
    span = np.ptp(unique, axis=0)
    gap = np.abs(unique[along[2:]] - unique[along[:-2]]) / np.where(span > 0, span, 1.0)
    inner = front[along[2:]] == front[along[:-2]]
    crowding = np.full(len(unique), np.inf)
    crowding[along[1:-1]] = np.where(inner, gap.sum(axis=-1), np.inf)
    _, place = np.unique(np.stack([-front.astype(np.float64), crowding], axis=-1), axis=0, return_inverse=True)
    return place.reshape(-1)[inverse.reshape(-1)]


def _drift(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Equal chances: nobody is selected."""
    return share(living)


def share(living: Bools) -> Doubles:
    """Equal chances of the living."""
    return living / np.maximum(living.sum(-1, keepdims=True), 1)


SCHEMES: Final[Mapping[str, Callable[[tuple[Doubles, Doubles], Bools, Rules], Doubles]]] = MappingProxyType(
    {
        "tournament": _tournament,
        "truncation": _truncation,
        "roulette": _roulette,
        "nsga2": _nsga2,
        "drift": _drift,
    }
)
"""Chances of parenthood, [..., P], from (accuracy, −log ρ), who lives, and the rules. Read-only: what is patched in at
run time would go on record under the name of the shipped one."""
