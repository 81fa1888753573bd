"""Optimiser updates over a whole population at once, in place and without allocation.

A room of its own because this registry is walked by the life kernel and by the tests. Each rule is torch's own, at
torch's default constants, so that a life can be checked against `torch.optim`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

EPS = 1e-8


@dataclass(frozen=True)
class Optimizer:
    """A rule: what it remembers, and how it turns a gradient into a step.

    Attributes:
        tensors: Number of tensors like the genomes, zero at birth, that hold its moments (and scratch).
        direction: (gradient, state, t) → None; overwrites the gradient with d of θ ← θ - rate·scale(t)·d, t = 1, 2, ….
        scale: t → the factor of the learning rate at step t (bias correction).
    """

    tensors: int
    direction: Callable[[Tensor, list[Tensor], int], None]
    scale: Callable[[int], float] = lambda t: 1.0


def _sgd(gradient: Tensor, state: list[Tensor], t: int) -> None:
    pass


def _momentum(gradient: Tensor, state: list[Tensor], t: int) -> None:
    (velocity,) = state
    velocity.mul_(0.9).add_(gradient)
    gradient.copy_(velocity)


def _adam(gradient: Tensor, state: list[Tensor], t: int) -> None:
    mean, square = state
    mean.lerp_(gradient, 0.1)
    square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
    torch.sqrt(square, out=gradient).mul_((1 - 0.999**t) ** -0.5).add_(EPS)
    torch.div(mean, gradient, out=gradient)


def _adamax(gradient: Tensor, state: list[Tensor], t: int) -> None:
    mean, peak = state
    mean.lerp_(gradient, 0.1)
    torch.maximum(peak.mul_(0.999), gradient.abs_().add_(EPS), out=peak)
    torch.div(mean, peak, out=gradient)


def _adagrad(gradient: Tensor, state: list[Tensor], t: int) -> None:
    total, root = state
    total.addcmul_(gradient, gradient)
    gradient.div_(torch.sqrt(total, out=root).add_(1e-10))


def _rmsprop(gradient: Tensor, state: list[Tensor], t: int) -> None:
    square, root = state
    square.mul_(0.99).addcmul_(gradient, gradient, value=0.01)
    gradient.div_(torch.sqrt(square, out=root).add_(EPS))


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(0, _sgd),
    "momentum": Optimizer(1, _momentum),
    "adam": Optimizer(2, _adam, lambda t: 1 / (1 - 0.9**t)),
    "adamax": Optimizer(2, _adamax, lambda t: 1 / (1 - 0.9**t)),
    "adagrad": Optimizer(2, _adagrad),
    "rmsprop": Optimizer(2, _rmsprop),
}
