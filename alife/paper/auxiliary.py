"""E7, E8 and the trade-off: networks that print and classify real MNIST, coordinate and image together.

An epoch pairs each coordinate with an image, as in the paper. Test images are touched at every look, as there; nothing
is chosen by them.
"""

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from alife.island import Habitat
from alife.paper.frame import Floats, Outcome, Settings, Work
from alife.paper.habitat import configuration, floats, founders, measures, rows
from alife.paper.training import LAMBDA, TEMPERATURE, Training, last, train

EPOCHS: Final = 30
ALONE: Final = 1e6
"""Task weight beside which the replication loss is nothing: classification only."""
WEIGHTS: Final = (0.0, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 1.0)
"""λ of the trade-off, the paper's among them."""


def auxiliary(work: Work, part: str) -> Outcome:
    """E7: L_SR + λ·L_task with the paper's λ under Adamax."""
    return _run(work, "E7", {"auxiliary": LAMBDA})


def classification(work: Work, part: str) -> Outcome:
    """E8: the same network, classification only."""
    return _run(work, "E8", {"classification": ALONE})


def tradeoff(work: Work, part: str) -> Outcome:
    """The auxiliary quine under several λ."""
    return _run(work, "tradeoff", {f"λ = {weight:g}": weight for weight in WEIGHTS})


def _run(work: Work, experiment: str, weights: dict[str, float]) -> Outcome:
    settings = work.settings
    start = founders(configuration(settings, "auxiliary")).repeat(len(weights), 1)
    each = torch.tensor([*weights.values()]).repeat_interleave(settings.seeds)
    training = Training(settings, experiment, "auxiliary", "adamax", start, each)

    def look(epoch: int, networks: Tensor) -> list[dict[str, Any]]:
        measured = measures(training.place, networks) | losses(training.place, networks)
        return by_variant(experiment, settings, [*weights], measured, epoch)

    curve = train(work, training, EPOCHS, look)
    networks = floats(training.networks())
    genomes = {name: networks[i * settings.seeds :][: settings.seeds] for i, name in enumerate(weights)}
    for row in curve:
        row["task_weight"] = weights[row["variant"]]
    return Outcome(last(curve, EPOCHS), curve, genomes, {"length": f"{EPOCHS} epochs", "shortened": False})


def losses(place: Habitat, networks: Tensor) -> dict[str, Floats]:
    """The paper's losses over an epoch in which coordinate k meets image k of those to learn from.

    `L_SR_joint`, `rho_joint`: printing beside an image; `L_task`: summed cross-entropy; `L_aux` = L_SR_joint + λ·L_task
    with the paper's λ, whatever the networks were trained with.
    """
    world = place.world
    assert world.images is not None
    assert world.labels is not None
    n = len(world.coordinates)
    beside = torch.arange(n) % len(world.images)
    features = torch.cat([world.coordinates, world.images[beside]], 1)
    printed = place.forward.emit(networks, features)
    loss = (printed - networks).square().sum(1)
    entropy = place.forward.cross_entropy(networks, features, world.labels[beside], TEMPERATURE) * n
    found = {
        "L_SR_joint": loss,
        "rho_joint": loss / networks.square().sum(1),
        "L_task": entropy,
        "L_aux": loss + LAMBDA * entropy,
    }
    return {name: values.numpy() for name, values in found.items()}


def by_variant(
    experiment: str, settings: Settings, variants: Sequence[str], measured: dict[str, Floats], epoch: int
) -> list[dict[str, Any]]:
    """Rows of networks that stand variant after variant in one population."""
    found = []
    for number, variant in enumerate(variants):
        these = slice(number * settings.seeds, (number + 1) * settings.seeds)
        found += rows(experiment, variant, {name: values[these] for name, values in measured.items()}, epoch=epoch)
    return found
