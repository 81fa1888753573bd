"""The world's fixed part: random projections of coordinates and pixels, drawn once, shared by all islands.

Call `make_physics` once a run. The data set and the network meet only here; workers get its arrays and never touch a
data file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.organism.kernel.activation import SELU_ALPHA, SELU_SCALE
from alife.organism.shape import Shape, Tensors
from alife.streams import Stream, rng
from alife.world.arrays import Span
from alife.world.targets import Scale
from alife.world.task import Task

if TYPE_CHECKING:
    from alife.organism.network import Sizes

ROWS = 4096
"""Coordinates or images whose features are computed together, in float64."""


@dataclass(frozen=True)
class Optics:
    """What makes an image's features of its pixels p in [0, 1]: SELU((p - mean) @ projection).

    p is uint8 / 255, or floats by their place in the span of their task.

    Attributes:
        projection: [pixels, H - K] float64.
        mean: [pixels] float64, the mean image to learn from with `quine.projection: centred`, else 0.
    """

    projection: NDArray[np.float64]
    mean: NDArray[np.float64]

    def features(self, images: NDArray[Any], span: Span) -> NDArray[np.float32]:
        """[n, H - K] of images [n, pixels], uint8 or floats; `span` is that of their task."""
        blocks = unit_blocks(images, span)
        return np.concatenate([selu((block - self.mean) @ self.projection) for block in blocks])


@dataclass(frozen=True)
class Physics:
    """The world that all islands share: what a network sees of each coordinate and each image.

    Attributes:
        shape: Of the networks that live in it.
        coordinates: [N, K] float32, SELU of the projected one-hot coordinates; of networks of a maker, their codes.
        images: {"learn", "select", "test"} → [n, H - K] float32, SELU of the projected pixels; empty without a task. Of
            networks of a maker what they see: [n, channels, rows, columns] uint8 or float32, or [n, …] float32.
        labels: The same keys → [n] int64; of a regression [n, D] float32, standardised targets (`scale`).
        optics: How images become features; None without a task.
        task: `Task.recorded`; None without a task.
        sizes: What networks of a maker have to fit; None of the dense network.
        span: `Task.span` of the data.
        scale: `Task.scale` of the data: of a regression, and None of classes.
    """

    shape: Shape | Tensors
    coordinates: NDArray[np.float32]
    images: dict[str, NDArray[np.float32]]
    labels: dict[str, NDArray[Any]]
    optics: Optics | None = None
    task: Mapping[str, Any] | None = None
    sizes: "Sizes | None" = None
    span: Span = (0.0, 1.0)
    scale: Scale | None = None


def make_physics(config: RunConfig, task: Task | None) -> Physics:
    """Draw the projections from the run's seed and apply them once to every coordinate and image.

    With `quine.projection: paper` the coordinate projection has the standard deviation of the initial weights,
    1/√(3·H), and the pixel projection, of pixels in [0, 1], 1/√(3·pixels): the scales that give the initial losses
    which Chang & Lipson (2018) report. With `unit` both are scaled so that what goes into SELU has a mean square of 1,
    over coordinates and over the images to learn from. Of coordinates that is their variance; of MNIST's images
    variance is 0.6 of it, and the rest an offset of each unit that all images share. With `centred` the mean image is
    taken away first, so that images, too, go in with variance 1. Computed in float64, so that the rounded features do
    not depend on how a machine orders its sums.

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


def shape_of(config: RunConfig, task: Task | None) -> Shape:
    """Sizes of the networks of a configuration that learn a task."""
    h = config.quine.hidden
    return Shape(h, config.quine.coordinate_units if task else h, task.classes if task else 0)


def _drawn(config: RunConfig, task: Task | None) -> Physics:
    seed = config.quine.projection_seed if config.quine.projection_seed is not None else config.seed
    shape, paper = shape_of(config, task), config.quine.projection == "paper"
    deviation = (3 * shape.hidden) ** -0.5 if paper else 1.0
    coordinates = random_codes(seed, shape.n_weights, shape.coordinate_units, deviation)
    if task is None:
        return Physics(shape, coordinates, {}, {})
    optics = _optics(config, task, seed, shape)
    images = {name: optics.features(getattr(task, f"{name}_images"), task.span) for name in ("learn", "select", "test")}
    labels = {name: task.answers(name) for name in images}
    told = task.recorded(config.task)
    return Physics(shape, coordinates, images, labels, optics, told, span=task.span, scale=task.scale)


def random_codes(seed: int, n: int, units: int, deviation: float = 1.0) -> NDArray[np.float32]:
    """[n, units] SELU of uniform numbers of this deviation, some rows at a time: float64 never takes much memory."""
    draw, bound = rng(seed, Stream.PROJECTION, 0), 3**0.5 * deviation
    features = np.empty((n, units), np.float32)
    for first in range(0, n, ROWS):
        rows = features[first : first + ROWS]
        rows[:] = selu(draw.uniform(-bound, bound, rows.shape))
    return features


def _optics(config: RunConfig, task: Task, seed: int, shape: Shape) -> Optics:
    mean = np.zeros(task.pixels)
    if config.quine.projection == "centred":
        mean = _mean(task.learn_images, task.span)
    energy = sum(float(np.square(block - mean).sum()) for block in unit_blocks(task.learn_images, task.span))
    energy /= len(task.learn_images)
    deviation = (3 * task.pixels) ** -0.5 if config.quine.projection == "paper" else max(energy, 1e-12) ** -0.5
    bound = 3**0.5 * deviation
    size = task.pixels, shape.hidden - shape.coordinate_units
    return Optics(rng(seed, Stream.PROJECTION, 1).uniform(-bound, bound, size), mean)


def _mean(images: NDArray[Any], span: Span) -> NDArray[np.float64]:
    """[pixels] of images [n, pixels]; of uint8 exact but for one division."""
    if images.dtype == np.uint8:
        return np.asarray(images.sum(0, dtype=np.int64) / (255 * len(images)))
    return np.asarray(sum(block.sum(0) for block in unit_blocks(images, span)) / len(images))


def unit_blocks(images: NDArray[Any], span: Span) -> Iterator[NDArray[np.float64]]:
    """Some rows at a time, with what counts as 0 and 1 (`span`, of uint8 0 and 255) at 0 and 1."""
    low, high = (0.0, 255.0) if images.dtype == np.uint8 else span
    for first in range(0, len(images), ROWS):
        block = images[first : first + ROWS].astype(np.float64)
        if low:
            block -= low
        block /= high - low
        yield block


def selu(z: NDArray[np.float64]) -> NDArray[np.float32]:
    """SELU, computed in float64."""
    return (SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0)))).astype(np.float32)
