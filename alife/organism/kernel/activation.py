"""SELU in three passes over memory, and the units that it needs; numbers are those of docs/concepts/gradient.md.

Make a `Selu` for activations like a tensor. They are kept in units of UNIT; in return W₁ has to be multiplied by FIRST
(25), W₂ by SECOND (26), and what else is made of an activation by UNIT (27).
"""

import torch
from torch import Tensor

SELU_SCALE = 1.0507009873554805  # s
SELU_ALPHA = 1.6732632423543772  # α
LN_2 = 0.6931471805599453

UNIT = SELU_SCALE * LN_2  # of an activation
FIRST = 1 / LN_2  # q = FIRST·z
SECOND = UNIT / LN_2  # q = SECOND·W₂ã


class Selu:
    """SELU (22) and its derivative, in place, for activations like one tensor.

    With q = z/ln 2 and κ = α/ln 2 it is UNIT·min(κ(2^q - 1), max(q, 0)) (23).
    """

    KNEE = SELU_ALPHA / LN_2  # κ

    def __init__(self, like: Tensor):
        self._zero, self._minus_knee = like.new_zeros(()), like.new_full((), -self.KNEE)

    def forward_(self, q: Tensor, scratch: Tensor) -> Tensor:
        """q = z/ln 2 → SELU(z)/UNIT; `scratch`, of the same shape, is overwritten."""
        torch.exp2(q, out=scratch)
        torch.add(self._minus_knee, scratch, alpha=self.KNEE, out=scratch)  # κ(2^q - 1)
        return torch.clamp(q, min=self._zero, max=scratch, out=q)  # (23)

    def backward(self, gradient: Tensor, activation: Tensor, factor: float, *, out: Tensor) -> Tensor:
        """Gradient at SELU's result → factor · gradient at z, from what `forward_` left; `out` may be either.

        torch's own kernel multiplies by its second constant where the activation ã is positive, and elsewhere by its
        third times (ã + first · second): here s, and UNIT·(ã + κ), both times `factor`. Which it is within rounding of
        z = 0, where the slope jumps, is left open.
        """
        knee, scale = self.KNEE / (factor * SELU_SCALE), factor * SELU_SCALE
        kernel = torch.ops.aten.elu_backward.grad_input
        return kernel(gradient, knee, scale, factor * UNIT, True, activation, grad_input=out)  # (24)
