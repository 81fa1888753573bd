"""SELU in three passes over memory, and the units that it needs.

Activations are kept in units of UNIT. In return W₁ has to be multiplied by FIRST, W₂ by SECOND, and what else is made
of an activation by UNIT.
"""

import torch
from torch import Tensor

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
LN_2 = 0.6931471805599453

UNIT = SELU_SCALE * LN_2
FIRST = 1 / LN_2
SECOND = UNIT / LN_2


class Selu:
    """SELU and its derivative, in place, for activations like one tensor.

    SELU(z) = λ·z for z > 0, else λα(eᶻ - 1). The second branch lies above the first where z > 0 and below 0 elsewhere,
    so SELU(z)/λ = min(α(eᶻ - 1), max(z, 0)). With q = z·log₂e that is ln 2·min(κ(2^q - 1), max(q, 0)), κ = α/ln 2.
    """

    KNEE = SELU_ALPHA / LN_2

    def __init__(self, like: Tensor):
        self._zero, self._minus_knee = like.new_zeros(()), like.new_full((), -self.KNEE)

    def forward_(self, q: Tensor, scratch: Tensor) -> Tensor:
        """q = z·log₂e → SELU(z)/UNIT; `scratch`, of the same shape, is overwritten."""
        torch.exp2(q, out=scratch)
        torch.add(self._minus_knee, scratch, alpha=self.KNEE, out=scratch)
        return torch.clamp(q, min=self._zero, max=scratch, out=q)

    def backward(self, gradient: Tensor, activation: Tensor, factor: float, *, out: Tensor) -> Tensor:
        """Gradient at SELU's result → factor · gradient at z, from what `forward_` left; `out` may be either.

        torch's own kernel multiplies by its second constant where the activation is positive, and elsewhere by its
        third times (activation + first · second): here λ, and UNIT·(activation + κ) = λα·eᶻ. Which it is within
        rounding of z = 0, where the slope jumps, is left open.
        """
        knee, scale = self.KNEE / (factor * SELU_SCALE), factor * SELU_SCALE
        kernel = torch.ops.aten.elu_backward.grad_input
        return kernel(gradient, knee, scale, factor * UNIT, True, activation, grad_input=out)
