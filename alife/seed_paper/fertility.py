"""Fertility without learning: how many emissions a solution lasts, and what its emission does to an error.

`alife paper fertility` calls `run` with solutions of other experiments.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from alife.evolution.habitat import Habitat
from alife.organism import measures
from alife.seed_paper import strict
from alife.seed_paper.frame import Floats, Outcome, Settings, Work
from alife.seed_paper.habitat import Kind, configuration, habitat, replication, stream

SOURCES: Final = ("E1", "E2", "E5", "E7", "strict")
"""Experiments whose solutions are followed."""

DESCENT: Final = (20, 50)
"""Emissions: (quick, full)."""

COPIES: Final = 20
NOISE: Final = 0.05
"""Of a noisy copy, relative to the RMS of the weights: what the organism's births have."""

SMALL: Final = 2_000
"""Weights up to which all seeds are followed: that takes seconds."""

Emit = Callable[[Tensor], Tensor]

FERTILE: Final = 0.5
"""ρ against the founder below which a descendant counts as its kind."""
WITHIN: Final = 2.0
"""Factor that its norm may differ by."""

PROBE: Final = 3e-3
"""Size of a disturbance relative to the network, where an answer is to be linear and float32 still shows it."""


def run(work: Work, part: str) -> Outcome:
    """Follow the solutions of all SOURCES; seeds beyond the fourth of large networks only in full."""
    found, curves, settings = [], [], work.settings
    for number, source in enumerate(SOURCES):
        solutions = together(work.earlier(source))
        for which, (variant, genomes) in enumerate(solutions.items()):
            few = not settings.full and genomes.shape[1] > SMALL
            networks = torch.from_numpy(genomes.copy())[: 4 if few else None]
            seeds = networks.isfinite().all(1).nonzero()[:, 0].tolist()
            if not seeds:
                continue
            name, place = f"{source} {variant}", place_of(settings, source, variant, networks)
            new, lines = follow(settings, place, name, networks[seeds], (number, which))
            new, lines = strict.numbered(new, seeds), strict.numbered(lines, seeds)
            found += new
            curves += lines
            work.tell((number + (which + 1) / len(solutions)) / len(SOURCES), name)
    facts = {"length": f"{DESCENT[settings.full]} emissions", "shortened": not settings.full, "noise": NOISE}
    return Outcome(found, curves, facts=facts)


def together(genomes: Mapping[str, Floats]) -> dict[str, Floats]:
    """Genomes by variant, the two halves of the vanilla strict quines as one, seeds in order."""
    halves = [genomes[part] for part in strict.VANILLA if part in genomes]
    rest = {variant: g for variant, g in genomes.items() if variant not in strict.VANILLA}
    if not halves:
        return rest
    order = [half[k] for k in range(len(halves[0])) for half in halves if k < len(half)]
    return {"vanilla": np.stack(order), **rest}


def place_of(settings: Settings, source: str, variant: str, networks: Tensor) -> Habitat:
    """The world that a solution lives in, told from where it comes; exact quines by how many weights they have."""
    kind: Kind = "auxiliary" if source == "E7" or variant.startswith("auxiliary") else "vanilla"
    if source == "strict":
        return strict.place_of(settings, kind, 100 if kind == "auxiliary" else int((networks.shape[1] / 2) ** 0.5))
    return habitat(configuration(settings, kind))


def follow(
    settings: Settings, place: Habitat, name: str, networks: Tensor, key: tuple[int, ...]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Descent from networks [K, N] without learning.

    Returns:
        Rows, one a network: `depth`, `noisy_depth` (median over COPIES copies with NOISE, each against the network
        that it is a copy of), `class` (`metrics.fixpoint_class`), and what emission does to small disturbances:
        `gain`, the squared growth of one isotropic disturbance; `radius`, the spectral radius of emission's derivative,
        by which a disturbance that is emitted again and again grows each time in the long run (a single emission may
        enlarge others by more); `degree`, the exponent with which what is printed grows with the network's scale.
        Curves: by generation of descent,
        `rho` (against itself, the parent), `founder_rho`, `norm_ratio` and, with a task, `select_accuracy`.
    """
    lines, generations = [], DESCENT[settings.full]

    def emit(parents: Tensor) -> Tensor:
        return place.emit(parents)

    printed = [networks]
    for _ in range(generations):
        printed.append(emit(printed[-1]))
    for generation, (parents, children) in enumerate(pairwise(printed), 1):
        measured = {
            "rho": measures.relative_error(children, parents),
            "founder_rho": measures.relative_error(children, networks),
            "norm_ratio": torch.linalg.vector_norm(children, dim=1) / torch.linalg.vector_norm(networks, dim=1),
        }
        if "select" in place.splits:
            measured["select_accuracy"] = torch.from_numpy(place.accuracy(children, "select"))
        lines += _rows(name, measured, generation=generation)
    noisy = torch.stack([_copies(settings, network, (*key, k)) for k, network in enumerate(networks)])
    measured = {
        **_tensors(replication(measures.replication_loss(printed[1], networks), networks)),
        "depth": depths(emit, networks, networks, generations),
        "noisy_depth": torch.stack(
            [median(depths(emit, c, n.expand_as(c), generations)) for c, n in zip(noisy, networks, strict=True)]
        ),
        **answers(emit, networks, stream(settings, "fertility", *key, 1 << 20)),
    }
    found = _rows(name, measured)
    for row, kind in zip(found, measures.fixpoint_class(networks, printed[1], printed[2]), strict=True):
        row["class"] = kind
    return found, lines


def depths(emit: Emit, begin: Tensor, founders: Tensor, generations: int) -> Tensor:
    """[n] the last generation up to which all descend well: ρ to the founder below FERTILE, norm within WITHIN.

    Args:
        emit: What networks [n, N] print.
        begin: [n, N] networks that found lines.
        founders: [n, N] what descendants are compared with.
        generations: To follow, at most.
    """
    depth, living = torch.zeros(len(begin)), torch.arange(len(begin))
    norms = torch.linalg.vector_norm(founders, dim=1)
    networks = begin
    for _ in range(generations):
        networks = emit(networks)
        ratio = torch.linalg.vector_norm(networks, dim=1) / norms[living]
        alike = measures.relative_error(networks, founders[living]) < FERTILE
        well = alike & (ratio < WITHIN) & (ratio > 1 / WITHIN)
        living, networks = living[well], networks[well]
        depth[living] += 1
        if not len(living):
            break
    return depth


def median(values: Tensor) -> Tensor:
    """[...] median over the first axis; of an even number the mean of the middle two, which `Tensor.median` is not."""
    return values.quantile(0.5, dim=0)


def answers(emit: Emit, networks: Tensor, draw: np.random.Generator) -> dict[str, Tensor]:
    """`gain`, `radius` and `degree` [K] of networks' emission; the radius by power iteration with small differences."""
    base, size = emit(networks), torch.linalg.vector_norm(networks, dim=1, keepdim=True)
    at = torch.from_numpy(draw.standard_normal(tuple(networks.shape), dtype=np.float32))
    growths = []
    for _ in range(30):
        at = at * (PROBE * size / torch.linalg.vector_norm(at, dim=1, keepdim=True))
        after = emit(networks + at) - base
        growths.append(torch.linalg.vector_norm(after, dim=1) / (PROBE * size[:, 0]))
        at = after
    scaled = emit(networks * (1 + PROBE)) - emit(networks * (1 - PROBE))
    degree = (scaled * base).sum(1) / (2 * PROBE * measures.squared_norm(base))
    radius = torch.stack(growths[15:]).log().mean(0).exp()
    return {"gain": growths[0].square(), "radius": radius, "degree": degree}


def _tensors(measured: Mapping[str, Floats]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values) for name, values in measured.items()}


def _copies(settings: Settings, network: Tensor, key: tuple[int, ...]) -> Tensor:
    """[COPIES, N] the network with noise."""
    draw = stream(settings, "fertility", *key).standard_normal((COPIES, len(network)), dtype=np.float32)
    return network + NOISE * network.square().mean().sqrt() * torch.from_numpy(draw)


def _rows(variant: str, measured: Mapping[str, Tensor], **common: Any) -> list[dict[str, Any]]:
    """A dict a network; None where a line has left what float32 holds."""
    values = {name: column.tolist() for name, column in measured.items()}
    return [
        {
            "experiment": "fertility",
            "variant": variant,
            "seed": k,
            **common,
            **{name: column[k] if np.isfinite(column[k]) else None for name, column in values.items()},
        }
        for k in range(len(next(iter(values.values()))))
    ]
