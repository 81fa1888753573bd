"""What selection compares: the fitness mix, places among equals, and the chances that follow from them.

The schemes of selection (`alife.evolution.schemes`) are made of these. Rows of [..., P] are islands or generations that
do not compete.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DUST: Final = 1e-6
"""Scores of an island that span no more than this (accuracy, or log ρ) are float32 rounding, and count as equal."""

DECADE: Final = float(np.log(10))
"""How much higher −log ρ is where ρ is a tenth."""


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
    accuracy, fidelity = (standardise(score, living) for score in scores)
    return weight * accuracy + (1 - weight) * fidelity


def standardise(score: Doubles, living: Bools) -> Doubles:
    counted = living & np.isfinite(score)
    value = np.where(counted, score, 0.0)
    number = np.maximum(counted.sum(-1, keepdims=True), 1)
    deviation = np.where(counted, value - value.sum(-1, keepdims=True) / number, 0.0)
    sd = np.sqrt(np.square(deviation).sum(-1, keepdims=True) / number)
    span = np.ptp(deviation, axis=-1, keepdims=True)
    return np.divide(deviation, sd, out=np.zeros_like(deviation), where=span > DUST)


def places(value: Doubles, living: Bools) -> tuple[Ints, Ints, Ints]:
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


def winners(value: Doubles, living: Bools, size: int) -> Doubles:
    """The best of `size` drawn with replacement; equals share: ((no better)^k − (worse)^k) / n^k / ties."""
    worse, no_better, number = places(value, living)
    number = np.maximum(number, 1)
    chance = ((no_better / number) ** size - (worse / number) ** size) / np.maximum(no_better - worse, 1)
    return np.where(living, chance, 0.0)


def proportional(weight: Doubles, living: Bools) -> Doubles:
    """Chances in proportion to [..., P] weights of the living; a row of zeros where none lives."""
    weight = np.where(living, weight, 0.0)
    total = weight.sum(-1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def exponential(value: Doubles, living: Bools) -> Doubles:
    """exp(value) up to a factor a row, so that none is too large; 0 for the dead."""
    value = np.where(living, value, -np.inf)
    best = value.max(-1, keepdims=True, initial=-np.inf)
    return np.exp(value - np.where(np.isfinite(best), best, 0.0))


def share(living: Bools) -> Doubles:
    """Equal chances of the living."""
    return living / np.maximum(living.sum(-1, keepdims=True), 1)
