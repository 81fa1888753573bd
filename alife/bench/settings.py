"""What is measured: lives of islands with random features, as none of the figures depends on what there is to learn.

Take a `Setting`, or vary one by `but`; `life_of` makes it a contestant. FLOPs are counted in two ways. By convention a
step costs 6·N·batch, two for each weight and row on the way forward and four on the way back. What it really needs is
less: nobody asks for gradients at the inputs, and with blank pairing half of the first layer and one of the heads see
nothing.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from alife.bench.timing import Call
from alife.configuration.keys import RunConfig, parse_config
from alife.evolution.habitat import default_chunk
from alife.organism.kernel.features import Features
from alife.organism.passes import can_fuse, kernel
from alife.organism.shape import Shape
from alife.streams import Stream, rng
from alife.world.projections import Physics

CLASSES, LEARN, SELECT = 10, 50_000, 10_000
ISLAND, STEPS = 24, 40
"""The default size of an island and length of a life."""


@dataclass(frozen=True)
class Setting:
    """A configuration to measure: batch sizes, and where it differs from the default."""

    name: str
    coordinates: int
    images: int = 0
    hidden: int = 100
    steps: int = STEPS
    precision: str = "float32"
    size: int = ISLAND
    chunk: int | None = None
    passes: str = "fused" if can_fuse() else "torch"

    def but(self, **values: object) -> "Setting":
        """The same with other values."""
        return replace(self, **values)  # type: ignore[arg-type]

    @property
    def config(self) -> RunConfig:
        """Resolved."""
        config = parse_config(
            {
                "device": "cpu",
                "task": "mnist" if self.images else "none",
                "quine": {"hidden": self.hidden, "coordinate_units": self.hidden // 2},
                "population": {"size": self.size},
                "life": {
                    "coordinates": self.coordinates,
                    "images": self.images or 1,
                    "steps": self.steps,
                    "precision": self.precision,
                    "passes": self.passes if self.precision == "float32" else "torch",
                },
            }
        )
        chunk = self.chunk or default_chunk(config, self.shape.n_weights)
        return config.model_copy(update={"life": config.life.model_copy(update={"chunk": chunk})})

    @property
    def shape(self) -> Shape:
        """Vanilla without images, auxiliary with."""
        return Shape(self.hidden, self.hidden // 2, CLASSES) if self.images else Shape(self.hidden, self.hidden, 0)

    @property
    def individual_steps(self) -> int:
        """Steps that all individuals of the island take together."""
        return self.size * self.steps

    @property
    def conventional(self) -> int:
        """FLOPs of an individual's step, as everybody counts them."""
        return 6 * self.shape.n_weights * (self.coordinates + self.images)

    @property
    def needed(self) -> int:
        """FLOPs of an individual's step, as they are needed."""
        h, k, b, n = self.hidden, self.shape.coordinate_units, self.coordinates, self.images
        return 4 * h * (k * b + (h - k) * n) + 6 * h * h * (b + n) + 6 * h * (b + self.shape.classes * n)


VANILLA = Setting("256 coordinates", 256)
DEFAULT = Setting("256 coordinates + 128 images", 256, 128)
SMALL = Setting("minibatch 64", 64)
TINY = Setting("minibatch 10", 10)
ALL = VANILLA, DEFAULT, SMALL, TINY


def life_of(setting: Setting) -> Call:
    """The life of an island, optimiser and random draws included."""
    config, features, size = setting.config, features_of(setting.shape), setting.size
    genomes, rates, weights = genomes_of(setting.shape, size), torch.full((size,), 0.005), torch.full((size,), 0.1)

    def stream(slot: int) -> np.random.Generator:
        return rng(0, Stream.LIFE, 0, 0, slot)

    made = kernel(config.life.passes)

    def run() -> None:
        assert config.life.chunk is not None
        made.live(features, genomes, config.life, "blank", rates, weights, stream, config.life.chunk)

    return run


def genomes_of(shape: Shape, size: int = ISLAND) -> Tensor:
    """[size, N] float32 founders."""
    bound = shape.hidden**-0.5
    draw = np.random.default_rng(1).uniform(-bound, bound, (size, shape.n_weights))
    return torch.from_numpy(draw.astype(np.float32))


@cache
def features_of(shape: Shape) -> Features[Shape]:
    """Where they live."""
    physics = physics_of(shape, select=1)
    images = torch.from_numpy(physics.images["learn"]) if shape.classes else None
    labels = torch.from_numpy(physics.labels["learn"]) if shape.classes else None
    return Features(shape, torch.from_numpy(physics.coordinates), images, labels)


def physics_of(shape: Shape, select: int = SELECT) -> Physics:
    """As many features as with MNIST, `select` of them to select on."""
    draw = np.random.default_rng(0)
    coordinates = draw.standard_normal((shape.n_weights, shape.coordinate_units), dtype=np.float32)
    sizes = {"learn": LEARN, "select": select} if shape.classes else {}
    u = shape.hidden - shape.coordinate_units
    images = {name: draw.standard_normal((size, u), dtype=np.float32) for name, size in sizes.items()}
    return Physics(shape, coordinates, images, {n: draw.integers(0, CLASSES, s) for n, s in sizes.items()})
