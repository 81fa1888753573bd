"""Exact quines: a nonlinear least-squares method that takes small networks to ρ = 0 within rounding.

Call `refine` on the weights of one trained network. It is dense linear algebra in float64: it sees all N coordinates at
once and solves for all N weights, N³ operations a step. What it solves, f_θ(C) = θ, are N equations for N weights, so
that solutions other than θ = 0 are isolated points, if there are any.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor

from alife.organism.kernel.activation import SELU_ALPHA, SELU_SCALE

PERFECT: Final = 1e-20
"""ρ below which a quine counts as exact: relative errors of 1e-10, where float32 begins at 6e-8."""

STUCK: Final = 1e3
"""Damping at which a step has become one of steepest descent that is too short to matter."""


class Layers(NamedTuple):
    """A network at all coordinates: what it prints [N], both activations and their slopes [N, H]."""

    printed: Tensor
    h1: Tensor
    d1: Tensor
    h2: Tensor
    d2: Tensor


def forward(network: Tensor, features: Tensor, hidden: int) -> Layers:
    """A vanilla network's emission.

    Args:
        network: [N].
        features: [N, H] of all coordinates.
        hidden: H.
    """
    w1, w2, out = _matrices(network, hidden)
    h1, d1 = _selu(features @ w1.T)
    h2, d2 = _selu(h1 @ w2.T)
    return Layers(h2 @ out, h1, d1, h2, d2)


def jacobian(network: Tensor, features: Tensor, hidden: int) -> tuple[Tensor, Tensor]:
    """([N, N] ∂f_θ(c)/∂θ, [N] f_θ(C)): how emission answers to each weight."""
    _, w2, out = _matrices(network, hidden)
    at = forward(network, features, hidden)
    back2 = out * at.d2
    back1 = (back2 @ w2) * at.d1
    first, second = back1[:, :, None] * features[:, None, :], back2[:, :, None] * at.h1[:, None, :]
    return torch.cat([first.flatten(1), second.flatten(1), at.h2], 1), at.printed


def refine(network: Tensor, features: Tensor, hidden: int, steps: int = 400) -> tuple[Tensor, float]:
    """Minimise ρ = |f_θ(C) - θ|²/|θ|² by Levenberg and Marquardt's method.

    Args:
        network: [N] float64 to begin with, near a quine.
        features: [N, H] float64.
        hidden: H.
        steps: At most.

    Returns:
        ([N], its ρ); of a network that is not finite, itself and NaN. Units whose input crosses zero make ρ a surface
        with kinks, in which the method may end before 0.
    """
    damping, identity = 1e-2, torch.eye(len(network), dtype=network.dtype)
    error = _residual(network, features, hidden).square().sum()
    if not error.isfinite():
        return network, float("nan")
    for _ in range(steps):
        answer, printed = jacobian(network, features, hidden)
        norm = torch.linalg.vector_norm(network)
        residual = (printed - network) / norm
        slope = (answer - identity) / norm - torch.outer(residual, network) / norm**2
        normal, downhill = slope.T @ slope, slope.T @ residual
        while damping < STUCK:
            factor, failed = torch.linalg.cholesky_ex(normal + damping * identity)
            if failed:
                damping *= 4
                continue
            step = -torch.cholesky_solve(downhill[:, None], factor)[:, 0]
            found = _residual(network + step, features, hidden).square().sum()
            promised = error - (residual + slope @ step).square().sum()
            kept = ((error - found) / promised.clamp_min(1e-300)).item()
            if kept > 0.05:
                break
            damping *= 4
        else:
            break
        network, error = network + step, found
        damping = max(damping * (0.3 if kept > 0.7 else 1 if kept > 0.3 else 2), 1e-14)
        if error < PERFECT / 100:
            break
    return network, error.item()


def _residual(network: Tensor, features: Tensor, hidden: int) -> Tensor:
    return (forward(network, features, hidden).printed - network) / torch.linalg.vector_norm(network)


def _matrices(network: Tensor, hidden: int) -> tuple[Tensor, Tensor, Tensor]:
    square = hidden * hidden
    return (
        network[:square].view(hidden, hidden),
        network[square : 2 * square].view(hidden, hidden),
        network[2 * square :],
    )


def _selu(z: Tensor) -> tuple[Tensor, Tensor]:
    """SELU and its slope."""
    grown = SELU_ALPHA * torch.exp(z.clamp_max(0))
    positive = z > 0
    return SELU_SCALE * torch.where(positive, z, grown - SELU_ALPHA), SELU_SCALE * torch.where(positive, 1.0, grown)
