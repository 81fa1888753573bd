"""A network that a configuration names, tried: call `on_trial` before anything is made."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from alife.configuration.keys import Life, RunConfig
from alife.evolution.networks import founder, made
from alife.organism.autograd import Autograd, AutogradLives, as_seen
from alife.organism.kernel.features import Features
from alife.organism.network import Network
from alife.plugins import Found
from alife.streams import Stream, rng
from alife.world.projections import Physics


def on_trial(found: Found, config: RunConfig, world: Physics) -> None:
    """Let two founders print, answer and learn, so that a network that is wrong is found before anything is made.

    Raises:
        UserError: It fails, or what it gives is not what is expected.
    """
    network, draw, where = made(config, world), founder(config, world), "on trial"
    assert draw is not None
    rows = np.stack([draw(0, 0), draw(0, 1)])
    if not np.array_equal(rows[0], draw(0, 0)):
        raise found.error("makes other weights when it is called again: draw from torch's generator alone")
    if config.population.founders is None and np.array_equal(*rows):
        raise found.error("makes the same weights under every seed: founders would be clones: seed nothing in it")
    genomes = torch.from_numpy(rows)
    images = torch.from_numpy(world.images["learn"][:3].copy()) if world.images else None
    with found.telling(where), torch.no_grad():
        printed = [network.emit(genomes[0]) for _ in range(2)]
        _check(found, "emit(codes)", printed, (network.shape.n_weights,))
        if torch.equal(printed[0], network.emit(genomes[1])):
            raise found.error("its emit(codes) gives the same whatever its weights: what it prints is to come of them")
        if images is not None:
            answers = [network.logits(genomes[0], as_seen(images)) for _ in range(2)]
            _check(found, "forward(images)", answers, (len(images), network.sizes.classes))
    labels = torch.from_numpy(world.labels["learn"][:3].copy()) if world.images else None
    features = Features(network.shape, network.codes, images, labels)
    with found.telling(f"{where}, with two individuals at once (torch.func.vmap)"):
        lives = AutogradLives(network, features, 2)
        lives.emit(genomes)
        if images is not None and labels is not None:
            score = lives.explained_variance if features.is_regression else lives.accuracy
            score(genomes, images, labels)
        if config.life.steps:
            _check_learning(found, lives, genomes, config.life)


def _check_learning(found: Found, lives: AutogradLives, genomes: Tensor, life: Life) -> None:
    """See that a life changes weights [P, N] as it should."""
    network, features = lives.network, lives.features
    few = life.model_copy(update={"steps": 2, "chunk": len(genomes)})
    ones = torch.ones(len(genomes))
    if type(network).live is Network.live:
        slope = Autograd(network, features, few, "blank", len(genomes), genomes)
        slope.begin(genomes, ones)
        images = None if features.images is None else torch.arange(len(features.images)).unsqueeze(0)
        gradient = slope(torch.arange(network.shape.n_weights).unsqueeze(0), images)
        if not bool(gradient.isfinite().all()):
            raise found.error("its loss has a gradient that is not finite on trial: a differentiable one is expected")
        if not bool(gradient.any()):
            raise found.error("its loss does not depend on its weights: networks that can learn are expected")
        if type(network).loss is Network.loss and life.replication_weight:
            slope.begin(genomes, 0 * ones)
            if not bool(slope(torch.arange(network.shape.n_weights).unsqueeze(0), images).any()):
                raise found.error("its emit(codes) has no gradient: it could not learn to print: detach nothing in it")
    adults = lives.live(genomes, few, 1e-6 * ones, ones, lambda slot: rng(0, Stream.LIFE, 0, 0, slot))
    if not isinstance(adults, Tensor) or adults.shape != genomes.shape or adults.dtype != torch.float32:
        what = f"{adults.dtype} of shape {tuple(adults.shape)}" if isinstance(adults, Tensor) else type(adults).__name__
        raise found.error(f"its live(genomes, conditions) gave {what}: [P, N] float32 adults are expected")


def _check(found: Found, method: str, given: list[Any], shape: tuple[int, ...]) -> None:
    """See that what a network says twice is a tensor of this shape, finite, and the same."""
    first = given[0]
    expected = f"a float32 tensor of shape {shape} is expected"
    if not isinstance(first, Tensor):
        raise found.error(f"its {method} gave a {type(first).__name__}: {expected}")
    if tuple(first.shape) != shape or first.dtype != torch.float32:
        raise found.error(f"its {method} gave {first.dtype} of shape {tuple(first.shape)}: {expected}")
    if not bool(first.isfinite().all()):
        raise found.error(f"its {method} gave values that are not finite, with a founder's weights: {expected}")
    if not torch.equal(first, given[1]):
        raise found.error(f"its {method} gave other values when it was called again: nothing may be random in it")
