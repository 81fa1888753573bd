"""The world's fixed part: random projections of coordinates and pixels, drawn once, shared by all islands.

A room of its own because the data set and the network meet only here; hosts get its arrays and never touch a data file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alife.config import RunConfig
from alife.errors import UserError
from alife.quine import SELU_ALPHA, SELU_SCALE, Shape
from alife.streams import Stream, rng
from alife.tasks import Task


@dataclass(frozen=True)
class Physics:
    """The world that all islands share: what a network sees of each coordinate and each image.

    Attributes:
        shape: Sizes of the networks that live in it.
        coordinates: [N, K] float32, SELU of the projected one-hot coordinates.
        images: {"learn", "select", "test"} → [n, H - K] float32, SELU of the projected pixels; empty without a task.
        labels: The same keys → [n] int64.
    """

    shape: Shape
    coordinates: NDArray[np.float32]
    images: dict[str, NDArray[np.float32]]
    labels: dict[str, NDArray[np.int64]]


def make_physics(config: RunConfig, task: Task | None) -> Physics:
    """Draw the projections from the run's seed and apply them once to every coordinate and image.

    With `quine.projection: paper` the coordinate projection has the standard deviation of the initial weights,
    1/√(3·H), and the pixel projection, of pixels in [0, 1], 1/√(3·pixels): the scales that give the initial losses
    which Chang & Lipson (2018) report. With `unit` both are scaled so that what they feed to the network has variance 1
    over coordinates and over the images to learn from. Computed in float64, so that the rounded features do not depend
    on how a machine orders its sums.

    Raises:
        UserError: They do not fit into memory.
    """
    try:
        return _drawn(config, task)
    except MemoryError:
        h = config.quine.hidden
        raise UserError(
            f"quine.hidden: {h}: the features of {2 * h * h + h:,} weights do not fit into memory: choose fewer units"
        ) from None


def _drawn(config: RunConfig, task: Task | None) -> Physics:
    seed = config.quine.projection_seed if config.quine.projection_seed is not None else config.seed
    unit = config.quine.projection == "unit"
    h = config.quine.hidden
    shape = Shape(h, config.quine.coordinate_units if task else h, task.classes if task else 0)
    coordinates = _projection(seed, 0, (shape.n_weights, shape.coordinate_units), 1.0 if unit else (3 * h) ** -0.5)
    images: dict[str, NDArray[np.float32]] = {}
    labels: dict[str, NDArray[np.int64]] = {}
    if task:
        energy = sum(float(np.square(block).sum()) for block in _unit_blocks(task.learn_images)) / len(
            task.learn_images
        )
        deviation = max(energy, 1e-12) ** -0.5 if unit else (3 * task.pixels) ** -0.5
        pixels = _projection(seed, 1, (task.pixels, h - shape.coordinate_units), deviation)
        for name in ("learn", "select", "test"):
            raw = getattr(task, f"{name}_images")
            images[name] = np.concatenate([_selu64(block @ pixels) for block in _unit_blocks(raw)])
            labels[name] = getattr(task, f"{name}_labels")
    return Physics(shape, _selu64(coordinates), images, labels)


def _projection(seed: int, which: int, size: tuple[int, int], deviation: float) -> NDArray[np.float64]:
    bound = 3**0.5 * deviation
    return rng(seed, Stream.PROJECTION, which).uniform(-bound, bound, size)


def _unit_blocks(images: NDArray[np.uint8], rows: int = 4096) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(images), rows):
        yield images[start : start + rows].astype(np.float64) / 255


def _selu64(z: NDArray[np.float64]) -> NDArray[np.float32]:
    return (SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0)))).astype(np.float32)
