"""E5 and E6: networks whose weights are replaced, again and again, by what they print (the paper's regeneration).

`alife paper E5 E6` calls them by `alife.seed_paper.registry`.
"""

from typing import Any

import torch
from torch import Tensor

from alife.evolution.habitat import Habitat
from alife.organism import measures as metrics
from alife.seed_paper.frame import Outcome, Work
from alife.seed_paper.habitat import configuration, floats, founders, habitat, measures, rows
from alife.seed_paper.training import Training, last, train

GENERATIONS = 10


def alternate(work: Work, part: str) -> Outcome:
    """E5: an epoch of Adamax, then regeneration, for 10 generations. Curves hold both moments of each generation."""
    networks = founders(configuration(work.settings, "vanilla"))
    training = Training(work.settings, "E5", "vanilla", "adamax", networks)
    place = training.place

    def look(epoch: int, networks: Tensor) -> list[dict[str, Any]]:
        printed = regenerate(place, networks)
        found = [] if epoch else rows("E5", "start", measures(place, networks), epoch=0)
        if epoch:
            found += rows("E5", "optimised", measures(place, networks), epoch=epoch)
            found += rows("E5", "regenerated", measures(place, printed), epoch=epoch)
        return found

    def between(training: Training) -> None:
        if training.epoch:
            training.replace(regenerate(place, training.networks()))

    curve = train(work, training, GENERATIONS, look, between)
    adults = training.networks()
    genomes = {"optimised": floats(adults), "regenerated": floats(regenerate(place, adults))}
    facts = {"length": f"{GENERATIONS} generations of 1 epoch", "shortened": False}
    return Outcome(last(curve, GENERATIONS), curve, genomes, facts)


def alone(work: Work, part: str) -> Outcome:
    """E6: regeneration with no learning, of random networks and of those that Adamax made (E1)."""
    config = configuration(work.settings, "vanilla")
    place = habitat(config)
    starts = {"random": founders(config), "adamax": torch.from_numpy(work.earlier("E1")["adamax"].copy())}
    curve, genomes = [], {}
    for variant, networks in starts.items():
        for epoch in range(GENERATIONS + 1):
            if epoch:
                networks = regenerate(place, networks)
            curve += rows("E6", variant, measures(place, networks), epoch=epoch)
        genomes[variant] = floats(networks)
    facts = {"length": f"{GENERATIONS} generations without learning", "shortened": False}
    return Outcome(last(curve, GENERATIONS), curve, genomes, facts)


def regenerate(place: Habitat, networks: Tensor) -> Tensor:
    """[K, N] what the networks print; NaN for a network whose Σθ² then leaves float32: it has diverged."""
    printed = place.emit(networks)
    printed[~metrics.squared_norm(printed).isfinite()] = float("nan")
    return printed
