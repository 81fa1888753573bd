"""What is measured of individuals: how well they print, and what kind of fixpoint they are. [P, N] in, [P] out.

Call `relative_error` for ρ and its kin, `fixpoint_class` for what a genome is under emission, `explained_variance` for
how well individuals predict.
"""

import torch
from torch import Tensor

DEAD_ZERO = 1e-3
"""‖θ‖ relative to the founders' median below which an individual has collapsed onto the zero genome."""


def relative_error(printed: Tensor, reference: Tensor) -> Tensor:
    """Σ(printed - reference)² / Σreference²: ρ, copying_error or self_error, by what the reference is.

    1 is no better than printing zeros, 0 is perfect, 1 - ρ is R² about zero; NaN for a zero reference.
    """
    difference = torch.linalg.vector_norm(printed - reference, dim=1)
    return (difference / torch.linalg.vector_norm(reference, dim=1)).square()


def replication_loss(printed: Tensor, reference: Tensor) -> Tensor:
    """L_SR = Σ(printed - reference)². It falls when weights merely shrink: never read it without ρ."""
    return (printed - reference).square().sum(1)


def squared_norm(genomes: Tensor) -> Tensor:
    """Σg², the squared norm."""
    return torch.linalg.vector_norm(genomes, dim=1).square()


def explained_variance(squares: Tensor, targets: Tensor) -> Tensor:
    """[P] float32 share of the variance of targets that predictions explain, from 0 to 1.

    max(0, 1 - Σ(prediction - target)² / Σ(target - mean)²) of each output, averaged over outputs: 0 is no better than
    to predict the mean, 1 is perfect. 0 of an output with a prediction that is not finite, or whose targets are all
    alike.

    Args:
        squares: [P, D] float64, Σ(prediction - target)² of each network and output.
        targets: [n, D].
    """
    exact = targets.to(torch.float64)
    shares = 1 - squares / (exact - exact.mean(0)).square().sum(0)
    return shares.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0).clamp_min(0).mean(1).to(torch.float32)


def fixpoint_class(genomes: Tensor, once: Tensor, twice: Tensor, tolerance: float = 1e-2) -> list[str]:
    """What each genome is under emission (Gabor et al. 2019): divergent, zero, fixpoint, second-order or none.

    Args:
        genomes: [P, N] weights.
        once: [P, N], what they print.
        twice: [P, N], what networks with those printed weights print.
        tolerance: Relative error below which two genomes count as the same.
    """
    finite = (genomes.isfinite() & once.isfinite() & twice.isfinite()).all(1)
    zero = squared_norm(once) <= tolerance * squared_norm(genomes)
    first = relative_error(once, genomes) <= tolerance
    second = relative_error(twice, genomes) <= tolerance
    names = []
    for f, z, a, b in zip(finite.tolist(), zero.tolist(), first.tolist(), second.tolist(), strict=True):
        names.append("divergent" if not f else "zero" if z else "fixpoint" if a else "second-order" if b else "none")
    return names
