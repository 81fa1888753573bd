"""Where individuals live: a run's physics on one device, with what its kind of network needs to live in it.

Make a `Habitat` once a worker. `alife.evolution.island` and the assays let populations live, print and answer through
it, whatever their networks are.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alife.configuration.keys import Life, RunConfig
from alife.configuration.networks import DENSE
from alife.configuration.together import TOGETHER, together
from alife.errors import Unfit
from alife.evolution import networks
from alife.evolution.reproduction import Floats, Newborns, birth
from alife.evolution.sampling import shown
from alife.organism.autograd import AutogradLives
from alife.organism.kernel.features import Features
from alife.organism.passes import check, kernel
from alife.organism.shape import Shape
from alife.world.projections import Physics

ROWS = 256
"""Rows of a forward pass computed together on a CPU, as `TOGETHER` individuals are."""

MOST = 4096
"""Individuals computed together on a GPU at most, so that memory stays bounded."""

CACHE = 8_000_000
"""Bytes that a chunk's activations and weights may take on a CPU. Larger chunks leave the cache, smaller
ones pay more for each call; `alife bench life` shows where the optimum lies."""

WEIGHTS = 1 << 15
"""Of networks of a maker that are computed together on a CPU: many tiny ones, or few large ones."""

Images = tuple[Tensor, Tensor]
"""Features of images and what they are to be answered."""

Streams = Callable[[int], np.random.Generator]
"""Slot → the generator of that individual's experiences (slot 0's for all in a shared environment)."""


class Lives(Protocol):
    """How populations of one kind of network live, print and answer."""

    def live(self, genomes: Tensor, life: Life, rates: Tensor, task_weights: Tensor, streams: Streams) -> Tensor:
        """Adults [P, N] of genomes [P, N], with learning rates [P] and weights [P] of the task."""

    def emit(self, networks: Tensor) -> Tensor:
        """[P, N] that networks [P, N] print."""

    def accuracy(self, networks: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """[P] float32 share of images [n, …] that networks [P, N] give the label of, [n]."""

    def answers(self, networks: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """[P, C, C] float32: of the images of class a, the share answered b."""

    def explained_variance(self, networks: Tensor, images: Tensor, targets: Tensor) -> Tensor:
        """[P] float32 share of the variance of targets [n, D] that networks [P, N] explain by images [n, …]."""


class DenseLives:
    """Lives of the dense network, by its analytic gradient and blocked passes.

    Args:
        features: Of coordinates and of the images to learn from, and labels.
        pairing: `quine.pairing`.
        together: Individuals of a forward pass computed together.
        passes: `life.passes`.
    """

    def __init__(self, features: Features[Shape], pairing: str, together: int, passes: str):
        self.features, self._pairing, self._kernel = features, pairing, kernel(passes)
        self.forward = self._kernel.forward(features.shape, together, ROWS, features.coordinates)

    def live(self, genomes: Tensor, life: Life, rates: Tensor, task_weights: Tensor, streams: Streams) -> Tensor:
        """As of `Lives`."""
        assert life.chunk is not None
        how = self._pairing, rates, task_weights, streams, life.chunk
        return self._kernel.live(self.features, genomes, life, *how)

    def emit(self, networks: Tensor) -> Tensor:
        """As of `Lives`."""
        return self.forward.emit(networks, self.features.coordinates)

    def accuracy(self, networks: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """As of `Lives`."""
        return self.forward.accuracy(networks, images, labels)

    def answers(self, networks: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """As of `Lives`."""
        return self.forward.answers(networks, images, labels)

    def explained_variance(self, networks: Tensor, images: Tensor, targets: Tensor) -> Tensor:
        """As of `Lives`."""
        return self.forward.explained_variance(networks, images, targets)


class Habitat:
    """The physics on one device, with the buffers to live in it. One a worker, used by its islands one after another.

    Args:
        config: Resolved: `device` and `life.chunk` are set.
        physics: What the run's seed drew.

    Raises:
        Unfit: `life.precision: bfloat16` on a device that has no such arithmetic; `life.passes: fused` without numba.
        UserError: The run's network is of the user's own, and cannot be had here.
    """

    def __init__(self, config: RunConfig, physics: Physics):
        self.config, self.shape = config, physics.shape
        self.device = torch.device(config.device)
        check_precision(config)
        check(config)
        learn = self.tensor(physics.images["learn"]) if physics.images else None
        labels = self.tensor(physics.labels["learn"]) if physics.images else None
        self.features: Features[Any] = Features(physics.shape, self.tensor(physics.coordinates), learn, labels)
        self.own = networks.own(config)
        self.together = together(config)
        self.lives = self._lives(physics)
        self.splits: dict[str, Images] = {
            name: (self._beside(images), self.tensor(physics.labels[name]))
            for name, images in physics.images.items()
            if name != "learn"
        }

    def _lives(self, physics: Physics) -> Lives:
        features, config = self.features, self.config
        if isinstance(physics.shape, Shape):
            most = MOST if config.device == "cuda" else TOGETHER
            return DenseLives(features, config.quine.pairing, min(config.population.size, most), config.life.passes)
        network = networks.made(config, physics).on(features.coordinates)
        return AutogradLives(network, features, default_chunk(config, physics.shape.n_weights))

    def tensor(self, array: NDArray) -> Tensor:
        """An array on the device."""
        return torch.from_numpy(np.require(array, requirements="W")).to(self.device)

    def _beside(self, images: NDArray) -> Tensor:
        """Features to classify: with joint pairing, image k beside coordinate k mod N; else the coordinate blank."""
        features = self.tensor(images)
        if self.config.quine.pairing == "blank":
            return features
        beside = torch.arange(len(features), device=self.device) % len(self.features.coordinates)
        return torch.cat([self.features.coordinates[beside], features], 1)

    def born(self, newborns: Newborns) -> Tensor:
        """[P, N] genomes that newborns live with."""
        return self.tensor(birth(newborns, self.shape))

    def live(self, genomes: Tensor, life: Life, rates: Floats, task_weights: Floats, streams: Streams) -> Tensor:
        """[P, N] adults of genomes [P, N], after a life with learning rates [P] and weights [P] of the task."""
        return self.lives.live(genomes, life, self.tensor(rates), self.tensor(task_weights), streams)

    def emit(self, networks: Tensor) -> Tensor:
        """[P, N] that networks [P, N] print."""
        return self.lives.emit(networks)

    def shown(self, generation: int, island: int) -> Images | None:
        """Images that selection uses in a generation of an island, with their answers; None without a task."""
        if "select" not in self.splits:
            return None
        images, answers = self.splits["select"]
        which = shown(self.config, len(images), generation, island)
        return (images, answers) if which is None else (images[self.tensor(which)], answers[self.tensor(which)])

    def accuracy(self, networks: Tensor, split: str) -> Floats:
        """[P] float32 accuracy on "select" or "test", in a regression the explained variance; zeros without a task."""
        return self.accuracy_on(self.splits.get(split), networks)

    def accuracy_on(self, images: Images | None, networks: Tensor) -> Floats:
        """`accuracy` on images with their answers; zeros without."""
        if images is None:
            return np.zeros(len(networks), np.float32)
        score = self.lives.explained_variance if self.features.is_regression else self.lives.accuracy
        return score(networks, *images).numpy(force=True)

    def answers(self, networks: Tensor, images: Images) -> Floats:
        """[P, C, C] float32: of the images of class a, the share that each answers b."""
        return self.lives.answers(networks, *images).numpy(force=True)

    def emitted(self, networks: Floats) -> Floats:
        """[n, N] float32 that networks [n, N] print."""
        return self.emit(self.tensor(networks)).numpy(force=True)

    def telling(self, where: str) -> AbstractContextManager[None]:
        """What a network of the user's own raises inside is a `UserError` that names it, and where."""
        return nullcontext() if self.own is None else self.own.telling(where)


def default_chunk(config: RunConfig, n_weights: int) -> int:
    """Individuals that learn together: on a CPU an equal share of the island that CACHE holds, at most 32.

    Of an island that is larger than `TOGETHER` it is a divisor of that, so that workers can share the island between
    blocks (`together`). Of networks of a maker it is as many as have `WEIGHTS` together, at most 32; on a GPU the
    island. A rule, not a measurement, so that the same configuration gives the same bits on every run.
    """
    life = config.life
    if config.device == "cuda":
        return min(config.population.size, MOST)
    if config.quine.network != DENSE:
        return max(1, min(32, config.population.size, WEIGHTS // n_weights))
    rows = life.coordinates + (0 if config.task == "none" or config.quine.pairing == "joint" else life.images)
    buffers = 5 if life.precision == "float32" else 3
    floats = buffers * config.quine.hidden * rows + 2 * n_weights
    most = max(1, min(32, CACHE // (4 * floats)))
    if config.population.size > TOGETHER:
        return max(each for each in range(1, min(most, TOGETHER) + 1) if TOGETHER % each == 0)
    return math.ceil(config.population.size / math.ceil(config.population.size / most))


def check_precision(config: RunConfig) -> None:
    """Refuse bfloat16 where it would only be slow.

    Raises:
        Unfit: The device that `config.device` names has no bfloat16 products.
    """
    if config.life.precision == "float32":
        return
    if config.device == "cuda":
        able = torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    if not able:
        what = "GPU (compute capability 8.0 or later)" if config.device == "cuda" else "CPU (AVX512-BF16 or AMX)"
        raise Unfit(
            f"life.precision: bfloat16: this machine has no {what} that computes in it; use --life.precision float32"
        )
