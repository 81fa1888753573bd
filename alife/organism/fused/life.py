"""A lifetime of one individual after another, each with all it needs in a core's own cache: call `live`."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from alife.configuration import keys as configuration
from alife.organism.fused.blas import SGEMM, share, width
from alife.organism.fused.memory import aligned
from alife.organism.fused.passes import RULES
from alife.organism.fused.steps import TARGETS, Being, Room, World, begin, learn
from alife.organism.kernel.activation import LN_2
from alife.organism.kernel.features import Features
from alife.organism.lifetime import dealt
from alife.organism.shape import Shape


def live(
    features: Features[Shape],
    genomes: Tensor,
    life: configuration.Life,
    pairing: str,
    rates: Tensor,
    task_weights: Tensor,
    streams: Callable[[int], np.random.Generator],
    chunk: int = 1,
) -> Tensor:
    """Adults [P, N] of genomes [P, N]; arguments as of `alife.organism.lifetime.live`, where `chunk` is not minded.

    Individuals are shared among `life.threads`, and nothing that becomes of one depends on another.
    """
    adults = genomes.clone()
    if life.steps == 0:
        return adults
    world, rows = world_of(features, life, pairing), adults.numpy()

    def grow(slots: range) -> None:
        being, room = _being(rows.shape[1]), _room(world, life)
        for slot in slots:
            begin(tuple(being), rows[slot])
            stream = streams(0 if life.environment == "shared" else slot)
            rate, weight, age = np.float32(rates[slot]), np.float32(task_weights[slot]), 0
            for places, images in dealt(features, life, pairing, stream):
                learn(tuple(world), tuple(being), tuple(room), places, images, age, rate, weight)
                age += len(places)
            rows[slot] = being.weights

    share(life.threads, grow, [range(first, len(rows), life.threads) for first in range(min(life.threads, len(rows)))])
    return adults


def world_of(features: Features[Shape], life: configuration.Life, pairing: str) -> World:
    """What the lives of a configuration have in common."""
    shape, regression = features.shape, features.is_regression
    coordinates, images = features.fed
    none, labels = np.zeros((0, 0), np.float32), features.labels
    return World(
        SGEMM,
        (shape.hidden, shape.coordinate_units, shape.classes, width(shape.hidden)),
        coordinates.numpy(),
        none if images is None else images.numpy(),
        np.zeros(0, np.int64) if labels is None or regression else labels.numpy(),
        labels.numpy() if labels is not None and regression else none,
        pairing == "joint" and images is not None,
        life.loss == "relative",
        TARGETS.index(life.target),
        features.epoch(life),
        (np.float32(life.replication_weight), np.float32(1 if regression else 1 / (life.temperature * LN_2))),
        RULES.index(life.optimizer),
    )


def _being(n: int) -> Being:
    return Being(*(aligned(n) for _ in Being._fields))


def _room(world: World, life: configuration.Life) -> Room:
    h, _, classes, columns = world.sizes
    sizes = [h * columns] * 5
    return Room(*(aligned(size) for size in [*sizes, classes * columns, life.coordinates]))
