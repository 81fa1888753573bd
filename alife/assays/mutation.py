"""What becomes of birth noise: how much the next emissions retain, how much they could, and what it does to traits.

Call `mutation` with newborns, as `alife assay RUN mutation` does. The comparison is always between sisters: one born
with noise, one born without, who then live the same lives (common random numbers). What differs between them later is
the noise's doing.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from alife.assays.lives import Columns, Tell, Use, accuracy, grow, numbers, of_each, silent, stacked, who
from alife.errors import UserError
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns
from alife.organism import measures

EMISSIONS = 5
"""How many emissions the noise is followed through."""
PROBES = 4
"""Random probes of the heritable dimension for each individual."""
EPSILON = 0.02
"""Size of a probe relative to the RMS of the genome; half of it is tried too. Far below, what a life makes of rounding
and of the signs of tiny gradients outweighs the slope."""


def mutation(
    habitat: Habitat,
    newborns: Newborns,
    replicates: int = 5,
    *,
    probes: int = PROBES,
    epsilon: float = EPSILON,
    tell: Tell = silent,
) -> dict[str, Columns]:
    """The three experiments on birth noise: `retention`, `dimension` and `effects`, each a table.

    Raises:
        UserError: Nobody was born with noise.
    """
    if not (newborns.noise > 0).any():
        raise UserError(
            "mutation: these newborns have no birth noise (founders, or a run without): choose another generation"
        )
    newborns = newborns.take(np.flatnonzero(newborns.noise > 0))
    steps = [EMISSIONS, probes, replicates]

    def part(number: int) -> Tell:
        return lambda done, of: tell(sum(steps[:number]) + done, sum(steps))

    return {
        "retention": retention(habitat, newborns, EMISSIONS, part(0)),
        "dimension": dimension(habitat, newborns, probes, epsilon, part(1)),
        "effects": effects(habitat, newborns, replicates, part(2)),
    }


def retention(habitat: Habitat, newborns: Newborns, emissions: int = EMISSIONS, tell: Tell = silent) -> Columns:
    """Follow birth noise n through emissions: Δ_k = ĝ_k(noisy) − ĝ_k(its noise-free sister), no further noise.

    Returns:
        id, island, emission k, projection b_k = ⟨Δ_k, n⟩/‖n‖² (1: all of the noise is there, 0: none), size
        ‖Δ_k‖²/‖n‖² (what differs, in whatever direction), and carried, ⟨Δ_k, Δ_{k-1}⟩/‖Δ_{k-1}‖² with Δ_0 = n (how much
        of what differed before is handed on).
    """
    sisters, genomes = _sisters(habitat, newborns)
    noise = genomes[: len(newborns)] - genomes[len(newborns) :]
    before = noise = noise.double()
    energy = noise.square().sum(1)
    rows = []
    for k in range(1, emissions + 1):
        stream = of_each(habitat.config.seed, Use.RETENTION, sisters.ids.tolist(), k)
        genomes = grow(habitat, genomes, sisters, stream)[1]
        difference = (genomes[: len(newborns)] - genomes[len(newborns) :]).double()
        rows.append(
            {
                **who(newborns, emission=k),
                "projection": numbers((difference * noise).sum(1) / energy),
                "size": numbers(difference.square().sum(1) / energy),
                "carried": numbers((difference * before).sum(1) / before.square().sum(1)),
            }
        )
        before = difference
        tell(k, emissions)
    return stacked(rows)


def dimension(
    habitat: Habitat, newborns: Newborns, probes: int = PROBES, epsilon: float = EPSILON, tell: Tell = silent
) -> Columns:
    """The effective heritable dimension tr ∂ĝ/∂g at birth genomes: how many directions an emission hands on.

    Hutchinson's estimator (1990) on central differences of size ε and ε/2, each probe under a life of its own that
    both ends share.

    Returns:
        id, island, probe, epsilon, trace, and gain: what differs between the two emissions, in whatever direction, as a
        share of the probe's energy. Were emission differentiable at this scale, it would not depend on ε.
    """
    genomes = habitat.born(newborns)
    twice = newborns.take(np.tile(np.arange(len(newborns)), 2))
    seed, ids = habitat.config.seed, twice.ids.tolist()
    rows = []
    for probe in range(probes):
        draw = of_each(seed, Use.PROBES, ids, probe)
        signs = np.stack([draw(slot).integers(0, 2, genomes.shape[1]) for slot in range(len(newborns))])
        direction = habitat.tensor((2 * signs - 1).astype(np.float32))

        def emit(ends: Tensor, probe: int = probe) -> Tensor:
            return grow(habitat, ends, twice, of_each(seed, Use.DIMENSION, ids, probe))[1]

        for size in (epsilon, epsilon / 2):
            trace, gain = slope(emit, genomes, direction, size)
            rows.append({**who(newborns, probe=probe, epsilon=size), "trace": numbers(trace), "gain": numbers(gain)})
        tell(probe + 1, probes)
    return stacked(rows)


def slope(f: Callable[[Tensor], Tensor], points: Tensor, directions: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """⟨v, Jv⟩ and ‖Jv‖²/‖v‖² of the Jacobian J = ∂f/∂x by central differences.

    Over random signs v the mean of the first is the trace of J, that of the second the mean square of its singular
    values.

    Args:
        f: [2P, N] → [2P, N], row by row.
        points: [P, N] where.
        directions: [P, N], v, of ±1.
        epsilon: Half the distance of the two ends, relative to the RMS of each point.

    Returns:
        Two of [P] float64.
    """
    step = epsilon * points.square().mean(1, keepdim=True).sqrt()
    ends = torch.cat([points + step * directions, points - step * directions])
    plus, minus = f(ends).double().chunk(2)
    change = (plus - minus) / (2 * step.double())
    return (change * directions).sum(1), change.square().mean(1)


def effects(habitat: Habitat, newborns: Newborns, replicates: int = 5, tell: Tell = silent) -> Columns:
    """The distribution of fitness effects of new mutations: traits of noisy and noise-free sisters in several lives.

    Returns:
        id, island, replicate, noisy (bool), accuracy, replication_error (each against her own genome), copying_error
        (against the message that both were born of; for the noise-free sister it is ρ). NaN where an individual
        diverged.
    """
    sisters, genomes = _sisters(habitat, newborns)
    messages = habitat.tensor(sisters.messages)
    rows = []
    for r in range(replicates):
        stream = of_each(habitat.config.seed, Use.EFFECTS, sisters.ids.tolist(), r)
        adults, emitted = grow(habitat, genomes, sisters, stream)
        errors = measures.relative_error(emitted, genomes)
        noisy = np.repeat([True, False], len(newborns))
        rows.append(
            {
                **who(sisters, replicate=r),
                "noisy": noisy,
                "accuracy": accuracy(habitat, adults, errors),
                "replication_error": numbers(errors),
                "copying_error": numbers(measures.relative_error(emitted, messages)),
            }
        )
        tell(r + 1, replicates)
    return stacked(rows)


def through_time(
    habitat: Habitat, groups: Mapping[int, Newborns], replicates: int = 5, tell: Tell = silent
) -> dict[str, Columns]:
    """`effects` of several generations: one table, `effects`, with a column generation.

    Raises:
        UserError: In one of them nobody was born with noise.
    """
    rows, done, of = [], 0, len(groups) * replicates
    for generation, newborns in groups.items():
        if not (newborns.noise > 0).any():
            raise UserError(
                f"dfe: nobody of generation {generation} was born with birth noise (founders, or a run without): "
                "choose other generations"
            )
        start, newborns = done, newborns.take(np.flatnonzero(newborns.noise > 0))
        table = effects(habitat, newborns, replicates, lambda n, _, start=start: tell(start + n, of))  # type: ignore[misc]
        rows.append({**table, "generation": np.full(len(table["id"]), generation, np.int32)})
        done += replicates
    return {"effects": stacked(rows)}


def _sisters(habitat: Habitat, newborns: Newborns) -> tuple[Newborns, Tensor]:
    """Everybody twice, and their genomes [2P, N]: first with their birth noise, then without."""
    sisters = newborns.take(np.tile(np.arange(len(newborns)), 2))
    return sisters, torch.cat([habitat.born(newborns), habitat.tensor(newborns.messages)])
