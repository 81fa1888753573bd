"""Optimiser updates over all weights of a chunk at once, in place.

`OPTIMIZERS` has them by the name in `life.optimizer`; a new one is an entry there. Each rule is torch's own, at torch's
default constants, so that a life can be checked against `torch.optim`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

EPS = 1e-8


@dataclass(frozen=True)
class Optimizer:
    """A rule: what it remembers, and how it steps.

    Attributes:
        moments: Number of tensors like the weights, zero at birth, that it remembers (or scribbles on).
        update: (weights, gradient, moments, t, rate) → None: step t = 1, 2, … in place; overwrites the gradient too.
    """

    moments: int
    update: Callable[[Tensor, Tensor, list[Tensor], int, float], None]


def _sgd(weights: Tensor, gradient: Tensor, moments: list[Tensor], t: int, rate: float) -> None:
    weights.add_(gradient, alpha=-rate)


def _momentum(weights: Tensor, gradient: Tensor, moments: list[Tensor], t: int, rate: float) -> None:
    (velocity,) = moments
    torch.add(gradient, velocity, alpha=0.9, out=velocity)
    weights.add_(velocity, alpha=-rate)


def _adam(weights: Tensor, gradient: Tensor, moments: list[Tensor], t: int, rate: float) -> None:
    """In one pass, by the kernel of `torch.optim.Adam(fused=True)`."""
    mean, square = moments
    torch._fused_adam_(
        [weights],
        [gradient],
        [mean],
        [square],
        [],
        [weights.new_full((), t, dtype=torch.float32)],
        lr=rate,
        beta1=0.9,
        beta2=0.999,
        weight_decay=0.0,
        eps=EPS,
        amsgrad=False,
        maximize=False,
    )


def _adamax(weights: Tensor, gradient: Tensor, moments: list[Tensor], t: int, rate: float) -> None:
    mean, peak = moments
    mean.lerp_(gradient, 0.1)
    torch.maximum(peak.mul_(0.999), gradient.abs_().add_(EPS), out=peak)
    weights.addcdiv_(mean, peak, value=-rate / (1 - 0.9**t))


def _adagrad(weights: Tensor, gradient: Tensor, moments: list[Tensor], t: int, rate: float) -> None:
    total, root = moments
    total.addcmul_(gradient, gradient)
    weights.addcdiv_(gradient, torch.sqrt(total, out=root).add_(1e-10), value=-rate)


def _rmsprop(weights: Tensor, gradient: Tensor, moments: list[Tensor], t: int, rate: float) -> None:
    square, root = moments
    square.mul_(0.99).addcmul_(gradient, gradient, value=0.01)
    weights.addcdiv_(gradient, torch.sqrt(square, out=root).add_(EPS), value=-rate)


OPTIMIZERS: Final[Mapping[str, Optimizer]] = MappingProxyType(
    {
        "sgd": Optimizer(0, _sgd),
        "momentum": Optimizer(1, _momentum),
        "adam": Optimizer(2, _adam),
        "adamax": Optimizer(2, _adamax),
        "adagrad": Optimizer(2, _adagrad),
        "rmsprop": Optimizer(2, _rmsprop),
    }
)
