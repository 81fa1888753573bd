"""E7, E8 and the trade-off: networks that print and classify real MNIST, coordinate and image together.

`alife paper E7 E8 tradeoff` calls them by `alife.seed_paper.registry`; `losses` are the paper's own. An epoch pairs
each coordinate with an image, as in the paper. Test images are touched at every look, as there; nothing is chosen by
them.
"""

from typing import Any, Final

import torch
from torch import Tensor

from alife.evolution.habitat import DenseLives, Habitat
from alife.organism import measures as metrics
from alife.seed_paper.frame import Floats, Outcome, Work
from alife.seed_paper.habitat import configuration, floats, founders, measures, rows
from alife.seed_paper.training import LAMBDA, TEMPERATURE, Training, last, train

EPOCHS: Final = 30
EARLY: Final = 2
"""Epochs that are looked at each, because most happens in them."""
ALONE: Final[dict[str, dict[str, Any]]] = {
    "classification": {},
    "99 units see the image": {"coordinate_units": 1},
    "the same, temperature 1": {"coordinate_units": 1, "temperature": 1.0},
}
"""What is changed of E8 to see where its accuracy comes from."""


def auxiliary(work: Work, part: str) -> Outcome:
    """E7: L_SR + λ·L_task with the paper's λ under Adamax."""
    return _run(work, "E7", "auxiliary", LAMBDA)


def classification(work: Work, part: str) -> Outcome:
    """E8: the same network, classification only."""
    return _run(work, "E8", part, LAMBDA, every=3, replication_weight=0.0, **ALONE[part])


def tradeoff(work: Work, part: str) -> Outcome:
    """The auxiliary quine under the λ that the part is called by."""
    return _run(work, "tradeoff", f"λ = {part}", float(part), every=3)


def _run(work: Work, experiment: str, variant: str, weight: float, every: int = 1, **other: Any) -> Outcome:
    start = founders(configuration(work.settings, "auxiliary"))
    weights = torch.full((len(start),), weight)
    training = Training(work.settings, experiment, "auxiliary", "adamax", start, weights, **other)

    def look(epoch: int, networks: Tensor) -> list[dict[str, Any]]:
        if epoch % every and epoch > EARLY:
            return []
        measured = measures(training.place, networks) | losses(training.place, networks)
        return rows(experiment, variant, measured, epoch=epoch, task_weight=weight)

    curve = train(work, training, EPOCHS, look)
    facts = {"length": f"{EPOCHS} epochs", "shortened": False, "task_weight": weight}
    return Outcome(last(curve, EPOCHS), curve, {variant: floats(training.networks())}, facts)


def losses(place: Habitat, networks: Tensor) -> dict[str, Floats]:
    """The paper's losses, with its λ whatever the networks were trained with.

    Over an epoch in which coordinate k meets image k of those to learn from: `L_SR_joint` and `rho_joint` of printing
    beside an image, `L_task`, the summed cross-entropy, and `L_aux` = L_SR_joint + λ·L_task. `L_aux_test` is L_SR of
    printing with the image blank + λ times the cross-entropy summed over the test images: what the paper's initial
    values of L_SR and L_aux, taken together, fit.
    """
    seen = place.features
    assert seen.images is not None
    assert seen.labels is not None
    assert isinstance(place.lives, DenseLives)
    n, forward = len(seen.coordinates), place.lives.forward
    beside = torch.arange(n) % len(seen.images)
    both = torch.cat([seen.coordinates, seen.images[beside]], 1)
    printed = forward.emit(networks, both)
    loss = (printed - networks).square().sum(1)
    entropy = forward.cross_entropy(networks, both, seen.labels[beside], TEMPERATURE) * n
    blank = metrics.replication_loss(forward.emit(networks, seen.coordinates), networks)
    images, labels = place.splits["test"]
    tested = forward.cross_entropy(networks, images, labels, TEMPERATURE) * len(labels)
    found = {
        "L_SR_joint": loss,
        "rho_joint": loss / networks.square().sum(1),
        "L_task": entropy,
        "L_aux": loss + LAMBDA * entropy,
        "L_aux_test": blank + LAMBDA * tested,
    }
    return {name: values.numpy() for name, values in found.items()}
