"""A lifetime of learning over a whole population, chunk after chunk that stays in cache.

An individual minimises ρ(θ; g) + task_weight · cross-entropy on random coordinates and images.
Its randomness comes from a stream of its own, so neither its neighbours nor the chunk it is computed in matter to it.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alife import config as configuration
from alife.gradient import Gradient, Matrices, World
from alife.optimizers import OPTIMIZERS, Optimizer

BLOCK = 64  # steps whose random indices are drawn at once: part of the random stream's definition

Step = tuple[Tensor, Tensor | None]


def experiences(
    world: World, life: configuration.Life, pairing: str, streams: list[np.random.Generator]
) -> Iterator[Step]:
    """What a chunk meets at each step: uniform coordinates [c, B] and images [c, B'], int64, with replacement.

    Args:
        world: Where from.
        life: Sizes of the batches.
        pairing: With "joint" there is an image to each coordinate.
        streams: One generator an individual; a single one if all share their environment.
    """
    n_images = world.batch_images(life, pairing)
    for first in range(0, life.steps, BLOCK):
        steps = min(BLOCK, life.steps - first)
        drawn = [_draw(world, steps, life.coordinates, n_images, stream) for stream in streams]
        coordinates, images = (
            torch.from_numpy(np.stack(each, 1)).to(world.coordinates.device) for each in zip(*drawn, strict=True)
        )
        yield from zip(coordinates, images if n_images else [None] * steps, strict=True)


def _draw(
    world: World, steps: int, coordinates: int, images: int, stream: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    c = stream.integers(0, len(world.coordinates), (steps, coordinates))
    n = 1 if world.images is None else len(world.images)
    return c, stream.integers(0, n, (steps, images))


def live(
    world: World,
    genomes: Tensor,
    life: configuration.Life,
    pairing: str,
    rates: Tensor,
    task_weights: Tensor,
    streams: Callable[[int], np.random.Generator],
    chunk: int,
) -> Tensor:
    """Adults [P, N]: the genomes after a lifetime of learning, chunk after chunk.

    Args:
        world: Where they live.
        genomes: [P, N] float32 genomes of birth, left as they are.
        life: Steps, optimiser, batch sizes, target, environment, precision.
        pairing: `quine.pairing`.
        rates: [P] learning rates.
        task_weights: [P] weights of the cross-entropy.
        streams: slot → the generator of that individual's experiences (slot 0's for all in a shared environment).
        chunk: Individuals computed together.
    """
    adults = genomes.clone()
    if life.steps == 0:
        return adults
    place = world.halved if life.precision == "bfloat16" else world
    for first in range(0, len(genomes), chunk):
        these = slice(first, min(first + chunk, len(genomes)))
        if first == 0 or these.stop - first < chunk:
            gradient = Gradient(place, life, pairing, these.stop - first, genomes)
        gradient.begin(genomes[these], task_weights[these])
        learn = _learning(OPTIMIZERS[life.optimizer], gradient.weights, rates[these])
        slots = [0] if life.environment == "shared" else range(these.start, these.stop)
        for t, seen in enumerate(experiences(world, life, pairing, [streams(s) for s in slots]), 1):
            learn(gradient(*seen), t)
        gradient.weights.write(adults[these])
    return adults


def _learning(rule: Optimizer, weights: Matrices, rates: Tensor) -> Callable[[Tensor, int], None]:
    """(gradient, t) → None: step t of each individual, at its own rate."""
    moments = [torch.zeros_like(weights.flat) for _ in range(rule.moments)]
    if len(set(rates.tolist())) == 1:
        rate = rates[0].item()
        return lambda gradient, t: rule.update(weights.flat, gradient, moments, t, rate)
    step, rate_of = torch.empty_like(weights.flat), Matrices(weights.shape, len(rates), weights.flat)
    rate_of.read(rates.unsqueeze(1).expand(-1, weights.shape.n_weights))

    def learn(gradient: Tensor, t: int) -> None:
        rule.update(step.zero_(), gradient, moments, t, 1.0)
        weights.flat.addcmul_(step, rate_of.flat)

    return learn
