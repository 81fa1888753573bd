"""Strict quines: networks that print the present weights: vanilla, auxiliary over task weights, and exact ones.

`alife paper strict` calls `run` with each of its parts.
"""

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from alife.configuration.keys import RunConfig
from alife.evolution.habitat import Habitat
from alife.organism import measures as metrics
from alife.seed_paper.annealing import Stage, anneal, schedule
from alife.seed_paper.exact import PERFECT, refine
from alife.seed_paper.frame import Outcome, Settings, Work
from alife.seed_paper.habitat import Kind, configuration, floats, founders, habitat, measures, replication, rows

TASK_WEIGHTS: Final = {"auxiliary-low": (0.003, 0.01, 0.03), "auxiliary-high": (0.1, 0.3, 1.0)}
"""Of the mean cross-entropy beside ρ, by part."""

VANILLA: Final = {"vanilla-even": 0, "vanilla-odd": 1}
"""Which seeds, modulo 2, by part."""

EXACT: Final = "exact"
EXACT_HIDDEN: Final = 16

PARTS: Final = (*VANILLA, *TASK_WEIGHTS, EXACT)

STEPS: Final = {"vanilla": (6_000, 30_000), "auxiliary": (3_000, 30_000), EXACT: (1_500, 6_000)}
"""Of optimisation alone: (quick, full)."""

REFINEMENT: Final = (150, 600)
"""Steps of the method that takes networks to the last bit, at most."""

RATE: Final = 3e-3
COORDINATES: Final = 2048
AUXILIARY_COORDINATES: Final = 1024


def run(work: Work, part: str) -> Outcome:
    """One part of the study."""
    if part in VANILLA:
        return vanilla(work, part)
    return exact(work) if part == EXACT else auxiliary(work, part)


def place_of(settings: Settings, kind: Kind, hidden: int = 100) -> Habitat:
    """The world of strict networks: the paper's; small ones have the scale `unit`.

    The image is blank while a network prints and the coordinate while it classifies.
    """
    return habitat(configured(settings, kind, hidden))


def configured(settings: Settings, kind: Kind, hidden: int = 100, networks: int | None = None) -> RunConfig:
    """The configuration of that world; `networks` founders, one a seed if None."""
    config = configuration(settings, kind)
    projection = "paper" if hidden == 100 else "unit"
    sizes = {"hidden": hidden, "coordinate_units": hidden // 2, "projection": projection, "pairing": "blank"}
    population = config.population.model_copy(update={"size": networks or settings.seeds})
    return config.model_copy(update={"quine": config.quine.model_copy(update=sizes), "population": population})


def vanilla(work: Work, part: str) -> Outcome:
    """Networks of every other seed, under ρ alone."""
    settings = work.settings
    seeds = [k for k in range(settings.seeds) if k % 2 == VANILLA[part]]
    config = configured(settings, "vanilla")
    place, begin = habitat(config), founders(config)[seeds]
    stages = schedule(STEPS["vanilla"][settings.full], RATE, COORDINATES)
    if not seeds:
        return Outcome([], facts=facts(settings, stages))

    def look(step: int, networks: Tensor) -> list[dict[str, Any]]:
        return numbered(rows("strict", "vanilla", described(place, networks), epoch=step), seeds)

    networks, curve = anneal(work, place, begin, torch.zeros(len(seeds)), [(0, k) for k in seeds], stages, look)
    found = numbered(rows("strict", "vanilla", judged(place, networks, begin)), seeds)
    return Outcome(found, curve, {part: floats(networks)}, facts(settings, stages))


def auxiliary(work: Work, part: str) -> Outcome:
    """Every seed under every task weight of the part: points of the front of accuracy against ρ.

    Curves hold the accuracy on the images for selection; test images are met once, at the end.
    """
    settings, weights = work.settings, TASK_WEIGHTS[part]
    seeds = list(range(_auxiliary_seeds(settings)))
    config = configured(settings, "auxiliary")
    place, alike = habitat(config), founders(config)[seeds]
    begin = alike.repeat(len(weights), 1)
    names = [name_of(weight) for weight in weights]
    stages = schedule(STEPS["auxiliary"][settings.full], RATE, AUXILIARY_COORDINATES)

    def apart(measured: dict[str, Any], **common: Any) -> list[dict[str, Any]]:
        out = []
        for number, (name, weight) in enumerate(zip(names, weights, strict=True)):
            who = slice(number * len(seeds), (number + 1) * len(seeds))
            out += rows("strict", name, {k: v[who] for k, v in measured.items()}, task_weight=weight, **common)
        return out

    def look(step: int, networks: Tensor) -> list[dict[str, Any]]:
        return apart(described(place, networks) | {"select_accuracy": place.accuracy(networks, "select")}, epoch=step)

    task_weights = torch.tensor(weights).repeat_interleave(len(seeds))
    networks, curve = anneal(work, place, begin, task_weights, [(1, k) for k in seeds] * len(weights), stages, look)
    measured = judged(place, networks, begin) | {"select_accuracy": place.accuracy(networks, "select")}
    genomes = dict(zip(names, map(floats, networks.split(len(seeds))), strict=True))
    return Outcome(apart(measured), curve, genomes, facts(settings, stages))


def exact(work: Work) -> Outcome:
    """Small networks (H = 16), four a seed, refined to the last bit of float64 if they get there.

    `rho` is that of the weights in float32, `rho_float64` that before rounding.
    """
    settings = work.settings
    config = configured(settings, "vanilla", EXACT_HIDDEN, 4 * settings.seeds)
    place, begin = habitat(config), founders(config)
    seeds = list(range(len(begin)))
    stages = schedule(STEPS[EXACT][settings.full], RATE, 512)

    def look(step: int, networks: Tensor) -> list[dict[str, Any]]:
        return rows("strict", EXACT, described(place, networks), epoch=step)

    networks, curve = anneal(work, place, begin, torch.zeros(len(seeds)), [(2, k) for k in seeds], stages, look)
    features, fine, errors = place.features.coordinates.double(), [], []
    for number, network in enumerate(networks):
        refined, error = refine(network.double(), features, EXACT_HIDDEN, REFINEMENT[settings.full])
        fine.append(refined)
        errors.append(error)
        work.tell((number + 1) / len(networks), f"network {number + 1} of {len(networks)}")
    refined = torch.stack(fine)
    measured = judged(place, refined.float(), begin) | {"rho_float64": np.array(errors)}
    found = rows("strict", EXACT, measured)
    told = facts(settings, stages) | {"perfect": sum(error < PERFECT for error in errors)}
    return Outcome(found, curve, {EXACT: floats(refined)}, told)


def name_of(task_weight: float) -> str:
    """The variant of a task weight."""
    return f"auxiliary {task_weight:g}"


def described(place: Habitat, networks: Tensor) -> dict[str, Any]:
    """What can be told during training, test images unseen."""
    printed = place.emit(networks)
    out: dict[str, Any] = replication(metrics.replication_loss(printed, networks), networks)
    energy, fourth = networks.square().sum(1), networks.pow(4).sum(1)
    out["participation"] = (energy.square() / fourth / networks.shape[1]).numpy(force=True)
    return out


def judged(place: Habitat, networks: Tensor, begin: Tensor) -> dict[str, Any]:
    """All that is told at the end: with test accuracy, Σθ² relative to the founder's, and the participation ratio.

    `participation` is (Σθ²)²/(N·Σθ⁴), 1 for weights of equal size and 1/N for a single one.
    """
    kept = (metrics.squared_norm(networks) / metrics.squared_norm(begin)).numpy(force=True)
    return described(place, networks) | measures(place, networks) | {"norm_kept": kept}


def numbered(found: list[dict[str, Any]], seeds: list[int]) -> list[dict[str, Any]]:
    """Rows with the seeds that networks really have."""
    return [{**row, "seed": seeds[row["seed"]]} for row in found]


def facts(settings: Settings, stages: list[Stage]) -> dict[str, Any]:
    """How long it took."""
    steps = sum(stage.steps for stage in stages)
    return {"length": f"{steps:,} steps of Adam", "shortened": not settings.full, "steps": steps}


def _auxiliary_seeds(settings: Settings) -> int:
    return settings.seeds if settings.full else min(settings.seeds, 4)
