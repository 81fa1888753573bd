"""Training that makes emission contract: attempts at fertility without learning, what each buys and what it costs.

`alife paper contraction` calls `run` with each of `ATTEMPTS`. All attempts minimise ρ and something more, over the same
small networks (H = 8, N = 136) under Adam. What stands in the way is known: a network of SELU units without biases is
nearly homogeneous of degree d = 2 to 3 in its weights, so at a quine θ the answer to θ itself is d·θ (Euler): an error
of scale grows d-fold each generation, whatever else is trained. "Scaled" attempts remove that one direction: a newborn
is scaled to the norm of its parent, so that one number is handed on by copying.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from alife.organism import measures
from alife.seed_paper import strict
from alife.seed_paper.fertility import Emit, answers, depths, median
from alife.seed_paper.frame import Outcome, Work
from alife.seed_paper.habitat import floats, founders, habitat, replication, rows, stream

HIDDEN: Final = 8
STEPS: Final = (3_000, 20_000)
"""(quick, full)."""
RATE: Final = 5e-3
NETWORKS: Final = 4
"""A seed, at first sizes that are spread evenly in their logarithm over SIZES."""
SIZES: Final = (0.16, 1.6)
"""Relative to a founder's weights."""
DISTURBED: Final = 3
"""Disturbed versions of each network at each step."""
DESCENT: Final = 50
NOISES: Final = (0.01, 0.05, 0.2)
"""Of noisy copies, relative to the RMS of the weights."""
COPIES: Final = 20


@dataclass(frozen=True)
class Attempt:
    """One way of training.

    Attributes:
        what: In words.
        disturbance: What ρ is joined by; see `_loss`.
        weight: Of that.
        size: Of a disturbance, relative to the network.
        scaled: Whether newborns have their parent's norm.
    """

    what: str
    disturbance: str
    weight: float = 0.0
    size: float = 0.0
    scaled: bool = False


ATTEMPTS: Final[dict[str, Attempt]] = {
    "replicate": Attempt("ρ alone", "none"),
    "denoise": Attempt("noisy copies print the clean weights", "noise", 1.0, 0.2),
    "unroll": Attempt("emissions of emissions print the founder", "unroll", 1.0),
    "scale": Attempt("copies 20 % larger and smaller print the founder", "scale", 1.0, 0.2),
    "pool": Attempt("errors that emission itself made are undone", "pool", 1.0, 0.1),
    "gain": Attempt("errors that grow fastest are damped", "gain", 0.02, 0.02),
    "replicate-scaled": Attempt("ρ alone; newborns scaled", "none", scaled=True),
    "pool-scaled": Attempt("errors that emission itself made are undone; newborns scaled", "pool", 1.0, 0.1, True),
    "gain-scaled": Attempt("errors that grow fastest are damped; newborns scaled", "gain", 0.02, 0.02, True),
}
"""By part."""


def run(work: Work, part: str) -> Outcome:
    """One attempt.

    Rows, one a network: ρ and `radius`, `degree`, `gain` (see `fertility.follow`) of emission as the attempt has it,
    `depth` of its lines without learning and `depth_SIGMA` of noisy copies (medians), at most DESCENT.
    """
    attempt, settings = ATTEMPTS[part], work.settings
    count, steps = NETWORKS * settings.seeds, STEPS[settings.full]
    config = strict.configured(settings, "vanilla", HIDDEN, count)
    features = habitat(config).features.coordinates
    sizes = torch.logspace(math.log10(SIZES[0]), math.log10(SIZES[1]), count)[:, None]
    number = list(ATTEMPTS).index(part)
    draw = torch.Generator().manual_seed(int(stream(settings, "contraction", number).integers(1 << 62)))
    emit = emission(features, attempt.scaled)
    with torch.enable_grad():
        networks, curve = _train(work, part, attempt, founders(config) * sizes, emit, steps, draw)
    measured = _measured(networks, emit) | answers(emit, networks, stream(settings, "contraction", number, 1))
    measured["depth"] = depths(emit, networks, networks, DESCENT)
    for noise in NOISES:
        scale = noise * networks.square().mean(1, keepdim=True).sqrt()
        copies = [networks + scale * torch.randn(networks.shape, generator=draw) for _ in range(COPIES)]
        deep = torch.stack([depths(emit, copy, networks, DESCENT) for copy in copies])
        measured[f"depth_{noise:g}"] = median(deep)
    found = rows("contraction", part, {name: values.numpy(force=True) for name, values in measured.items()})
    facts = {"length": f"{steps:,} steps of Adam", "shortened": not settings.full, "what": attempt.what}
    return Outcome(found, curve, {part: floats(networks)}, facts)


def emission(features: Tensor, scaled: bool) -> Emit:
    """What networks [..., N] print, as a differentiable function; `scaled` to the norm of who prints."""
    n, hidden = features.shape
    square = hidden * hidden

    def emit(networks: Tensor) -> Tensor:
        flat = networks.reshape(-1, n)
        w1, w2 = (flat[:, i * square : (i + 1) * square].reshape(-1, hidden, hidden) for i in (0, 1))
        activation = torch.selu(w2 @ torch.selu(w1 @ features.T))
        printed = (flat[:, None, 2 * square :] @ activation).view(networks.shape)
        return printed * (_norm(networks) / _norm(printed).clamp_min(1e-9)) if scaled else printed

    return emit


def _train(
    work: Work, part: str, attempt: Attempt, begin: Tensor, emit: Emit, steps: int, draw: torch.Generator
) -> tuple[Tensor, list[dict[str, Any]]]:
    networks = begin.clone().requires_grad_()
    adam = torch.optim.Adam([networks], lr=RATE)
    errors = torch.randn(len(begin), DISTURBED, begin.shape[1], generator=draw)
    curve: list[dict[str, Any]] = []
    for t in range(steps + 1):
        if t % max(1, steps // 30) == 0 or t == steps:
            with torch.no_grad():
                told = {name: values.numpy() for name, values in _measured(networks, emit).items()}
            curve += rows("contraction", part, told, epoch=t)
            work.tell(t / steps, f"step {t} of {steps}")
        if t == steps:
            break
        adam.param_groups[0]["lr"] = RATE * (0.02 + 0.49 * (1 + math.cos(math.pi * t / steps)))
        loss, errors = _loss(attempt, networks, errors, emit, draw)
        adam.zero_grad()
        loss.nan_to_num(0, 0, 0).sum().backward()
        assert networks.grad is not None
        networks.grad.nan_to_num_(0, 0, 0).div_(_norm(networks.grad).clamp_min(1))
        adam.step()
    return networks.detach(), curve


def _loss(
    attempt: Attempt, networks: Tensor, errors: Tensor, emit: Emit, draw: torch.Generator
) -> tuple[Tensor, Tensor]:
    """([K] loss, what errors [K, DISTURBED, N] have become by emission).

    With R emission and e an error of `size`·|θ|: ρ(θ) = |R(θ) - θ|²/|θ|² and `weight` times the mean of
    noise, pool, scale: |R(θ + e) - θ|²/|θ|², for e random, or the last error after an emission, or ±size·θ;
    gain: max(0, |R(θ + e) - R(θ)|²/|e|² - ½), e the last difference after an emission: power iteration;
    unroll: ln(1 + |R(R(θ)) - θ|²/|θ|²) and the same for a third emission.
    """
    clean, size = networks[:, None], attempt.size * _norm(networks).detach()[:, None]
    if attempt.disturbance in ("none", "unroll"):
        once = emit(networks)
        loss = measures.relative_error(once, networks)
        for _ in range(2 if attempt.disturbance == "unroll" else 0):
            once = emit(once)
            loss = loss + attempt.weight * measures.relative_error(once, networks).log1p()
        return loss, errors
    fresh = torch.randn(errors.shape, generator=draw) / errors.shape[2] ** 0.5
    if attempt.disturbance == "noise":
        errors = size * fresh
    elif attempt.disturbance == "scale":
        errors = torch.tensor([-1.0, 1.0, 0.0])[:, None] * attempt.size * clean
    elif attempt.disturbance == "pool":
        errors = errors * (size / _norm(errors).clamp_min(1e-12)).clamp_max(1) + 0.1 * size * fresh
    else:
        errors = errors * (size / _norm(errors).clamp_min(1e-12))
    printed = emit(torch.cat([clean, clean + errors], 1))
    off = ((printed - clean) / _norm(clean)).square().sum(2)
    answer = printed[:, 1:] - printed[:, :1]
    if attempt.disturbance == "gain":
        extra = ((_norm(answer) / _norm(errors))[..., 0].square() - 0.5).relu().mean(1)
        after = answer.detach()
    else:
        extra, after = off[:, 1:].log1p().mean(1), (printed[:, 1:] - clean).detach()
    again = torch.rand(errors.shape[:2], generator=draw)[..., None] < 0.05
    return off[:, 0] + attempt.weight * extra, torch.where(again, size * fresh, after.nan_to_num(0, 0, 0))


def _measured(networks: Tensor, emit: Emit) -> dict[str, Tensor]:
    loss = measures.replication_loss(emit(networks), networks)
    return {name: torch.from_numpy(values) for name, values in replication(loss, networks).items()}


def _norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dim=-1, keepdim=True)
