"""Stochastic gradient descent of many tiny networks at once, sample after sample: call `trained`.

It is what the authors let Keras do: `fit` of batch size 1 with `optimizer="sgd"` and `loss="mse"`. A pass takes the
samples of weights θ̄ once, and holds them: θ̄ is input and target, and no gradient goes through it. Then each sample, in
random order, moves the weights against the gradient of its mean squared error.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alife.organisms.tiny.networks import Tiny


def orders(tiny: Tiny, passes: int, random: np.random.Generator) -> NDArray[np.int64]:
    """[passes, S] in what order a network meets the samples of each pass."""
    straight = np.tile(np.arange(tiny.samples), (passes, 1))
    return random.permuted(straight, axis=1) if tiny.samples > 1 else straight


def trained(
    tiny: Tiny, weights: Tensor, order: NDArray[np.int64], rates: Tensor, models: Tensor | None = None
) -> Tensor:
    """[R, N] weights after passes over what there is to learn.

    Args:
        tiny: Their kind.
        weights: [R, N], left as they are.
        order: [R, passes, S], as of `orders`.
        rates: [R] learning rates.
        models: [R, N] weights to map onto themselves; None: one's own, as they are when a pass begins.
    """
    layers = [matrix.detach().clone().requires_grad_() for matrix in tiny.matrices(weights)]
    back = -rates[:, None, None]
    for number in torch.from_numpy(order).to(weights.device).unbind(1):
        given = _rows(layers) if models is None else models
        index = number.unsqueeze(-1)
        seen, wanted = (each.take_along_dim(index, 1).split(1, 1) for each in (tiny.seen(given), tiny.wanted(given)))
        for sample, aim in zip(seen, wanted, strict=True):
            _step(tiny, layers, sample, aim, back)
    return _rows(layers)


def _step(tiny: Tiny, layers: list[Tensor], seen: Tensor, wanted: Tensor, back: Tensor) -> None:
    """Move matrices [R, in, out] by `back` [R, 1, 1] times the gradient of mean((f(seen) - wanted)²), [R, 1, G]."""
    with torch.enable_grad():
        said = tiny.answer(layers, seen)
    error = (said.detach() - wanted) * (2 / said.shape[-1])
    slopes = torch.autograd.grad(said, layers, error)
    with torch.no_grad():
        for layer, slope in zip(layers, slopes, strict=True):
            layer.addcmul_(back, slope)


def _rows(layers: list[Tensor]) -> Tensor:
    """[R, N] of matrices [R, in, out]."""
    return torch.cat([layer.detach().flatten(1) for layer in layers], 1)
