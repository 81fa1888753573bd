"""A lifetime of learning over a whole population, chunk after chunk that stays in cache.

An individual minimises ρ(θ; g) + task_weight · cross-entropy on random coordinates and images. `live` is a whole
lifetime; `Learners` are a chunk of individuals that one can stop to look at.
Its randomness comes from a stream of its own, so neither its neighbours nor the chunk it is computed in matter to it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alife.configuration import keys as configuration
from alife.organism.kernel.features import Features
from alife.organism.kernel.gradient import Gradient
from alife.organism.optimizers import OPTIMIZERS, Optimizer

BLOCK = 64  # steps whose random indices are drawn at once: part of the random stream's definition

Step = tuple[Tensor, Tensor | None]


class Learning(Protocol):
    """The weights of c networks while they learn."""

    flat: Tensor  # [c·N], in whatever order

    def read(self, genomes: Tensor) -> None:
        """Take the values of [c, N] genomes."""

    def write(self, genomes: Tensor) -> None:
        """Give the values to [c, N] genomes."""

    def spread(self, values: Tensor) -> Tensor:
        """Like `flat`, with the value [c] of each network at all of its weights."""


class Slope(Protocol):
    """The gradient of a life's loss for c individuals; `alife.organism.kernel.gradient.Gradient` is the fast one."""

    @property
    def weights(self) -> Learning: ...
    def begin(self, genomes: Tensor, task_weights: Tensor) -> None:
        """Birth: [c, N] genomes, left as they are, and the weights [c] of their cross-entropy."""

    def aim(self) -> None:
        """Make the present weights the target."""

    def __call__(self, coordinates: Tensor, images: Tensor | None) -> Tensor:
        """The gradient at `weights`, like `weights.flat`, of a `Step`."""


MakeSlope = Callable[[Features[Any], configuration.Life, str, int, Tensor], Slope]
"""(features, life, pairing, c, a tensor with the genomes' dtype and device) → slope."""

Dealer = Callable[[int], tuple[NDArray[np.int64], NDArray[np.int64]]]
"""The next so many steps of one individual: coordinates [steps, B] and images [steps, B']."""


def experiences(
    features: Features[Any], life: configuration.Life, pairing: str, streams: list[np.random.Generator]
) -> Iterator[Step]:
    """What a chunk meets at each step: random coordinates [c, B] and images [c, B'], int64.

    With `life.sampling: epoch` they are without replacement; a life's first step opens an epoch.

    Args:
        features: Of what.
        life: Sizes of the batches.
        pairing: With "joint" there is an image to each coordinate.
        streams: One generator an individual; a single one if all share their environment.
    """
    parts = zip(*(dealt(features, life, pairing, stream) for stream in streams), strict=True)
    for drawn in parts:
        coordinates, images = (
            torch.from_numpy(np.stack(each, 1)).to(features.coordinates.device) for each in zip(*drawn, strict=True)
        )
        yield from zip(coordinates, images if images.shape[2] else [None] * len(images), strict=True)


def dealt(
    features: Features[Any], life: configuration.Life, pairing: str, stream: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """What one individual meets, some steps after others: coordinates [steps, B] and images [steps, B'].

    Arguments as of `experiences`, but for the one generator.
    """
    dealing, block = (_drawing, BLOCK) if life.sampling == "replacement" else (_dealing, features.epoch(life))
    deal = dealing(features, life, features.batch_images(life, pairing), stream)
    for first in range(0, life.steps, block):
        yield deal(min(block, life.steps - first))


def _drawing(features: Features[Any], life: configuration.Life, images: int, stream: np.random.Generator) -> Dealer:
    """With replacement."""
    n = 1 if features.images is None else len(features.images)

    def draw(steps: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        c = stream.integers(0, len(features.coordinates), (steps, life.coordinates))
        return c, stream.integers(0, n, (steps, images))

    return draw


def _dealing(features: Features[Any], life: configuration.Life, images: int, stream: np.random.Generator) -> Dealer:
    """From shuffled decks: no coordinate twice in an epoch, no image again before all have come."""
    n = 1 if features.images is None else len(features.images)
    deck = np.empty(0, np.int64)

    def deal(steps: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        nonlocal deck
        c = stream.permutation(len(features.coordinates))[: steps * life.coordinates]
        missing = steps * images - len(deck)
        deck = np.concatenate([deck, *(stream.permutation(n) for _ in range(-(-missing // n)))])
        i, rest = np.split(deck, [steps * images])
        deck = rest if life.sampling == "epoch" else rest[:0]
        return c.reshape(steps, life.coordinates), i.reshape(steps, images)

    return deal


def live(
    features: Features[Any],
    genomes: Tensor,
    life: configuration.Life,
    pairing: str,
    rates: Tensor,
    task_weights: Tensor,
    streams: Callable[[int], np.random.Generator],
    chunk: int,
    slope: MakeSlope = Gradient,
) -> Tensor:
    """Adults [P, N]: the genomes after a lifetime of learning, chunk after chunk.

    Args:
        features: What they see.
        genomes: [P, N] float32 genomes of birth, left as they are.
        life: Steps, optimiser, batch sizes, target, environment, precision.
        pairing: `quine.pairing`.
        rates: [P] learning rates.
        task_weights: [P] weights of the cross-entropy.
        streams: slot → the generator of that individual's experiences (slot 0's for all in a shared environment).
        chunk: Individuals computed together.
        slope: Makes their gradient.
    """
    adults = genomes.clone()
    if life.steps == 0:
        return adults
    for first in range(0, len(genomes), chunk):
        these = slice(first, min(first + chunk, len(genomes)))
        if first == 0 or these.stop - first < chunk:
            gradient = slope(features, life, pairing, these.stop - first, genomes)
        learners = Learners(features, life, gradient, genomes[these], rates[these], task_weights[these])
        slots = [0] if life.environment == "shared" else range(these.start, these.stop)
        learners.learn(experiences(features, life, pairing, [streams(s) for s in slots]))
        gradient.weights.write(adults[these])
    return adults


class Learners:
    """A chunk of individuals that learn.

    Args:
        features: What they see.
        life: As in `live`; its `steps` do not matter here.
        gradient: Theirs from now on.
        genomes: [c, N] weights at birth.
        rates: [c] learning rates.
        task_weights: [c] weights of the cross-entropy.

    Attributes:
        weights: Their present weights.
        moments: What the optimiser remembers, each like `weights.flat`.
        age: Steps learned.
    """

    def __init__(
        self,
        features: Features[Any],
        life: configuration.Life,
        gradient: Slope,
        genomes: Tensor,
        rates: Tensor,
        task_weights: Tensor,
    ):
        self._gradient, self._epoch = gradient, features.epoch(life) if life.target == "epoch" else 0
        gradient.begin(genomes, task_weights)
        rule, self.weights, self.age = OPTIMIZERS[life.optimizer], gradient.weights, 0
        self.moments = [torch.zeros_like(self.weights.flat) for _ in range(rule.moments)]
        self._update = _updating(rule, self.weights, self.moments, rates)

    def learn(self, seen: Iterable[Step]) -> None:
        """One step for each (coordinates, images) of `seen`."""
        for coordinates, images in seen:
            if self._epoch and self.age % self._epoch == 0:
                self._gradient.aim()
            self.age += 1
            self._update(self._gradient(coordinates, images), self.age)


def _updating(
    rule: Optimizer, weights: Learning, moments: list[Tensor], rates: Tensor
) -> Callable[[Tensor, int], None]:
    """(gradient, t) → None: step t of each individual, at its own rate."""
    if len(set(rates.tolist())) == 1:
        rate = rates[0].item()
        return lambda gradient, t: rule.update(weights.flat, gradient, moments, t, rate)
    step, rate_of = torch.empty_like(weights.flat), weights.spread(rates)

    def learn(gradient: Tensor, t: int) -> None:
        rule.update(step.zero_(), gradient, moments, t, 1.0)
        weights.flat.addcmul_(step, rate_of)

    return learn
