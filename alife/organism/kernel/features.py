"""What a network sees of coordinates and images, on one device and in one dtype: make `Features` once for many lives.

`alife.world.projections` draws the numbers, `alife.evolution.island.Habitat` puts them on a device.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from torch import Tensor

from alife.configuration import keys as configuration
from alife.organism.kernel.activation import FIRST
from alife.organism.shape import Anatomy

Body = TypeVar("Body", bound=Anatomy)


@dataclass(frozen=True)
class Features(Generic[Body]):
    """The inputs of a life, and the answers to its images.

    Attributes:
        shape: Of the networks.
        coordinates: [N, K] features of the coordinates.
        images: [n, H - K] features of the images to learn from, or None without a task; [n, …] of other networks.
        labels: [n] int64, or of a regression [n, C] of the weights' dtype, standardised targets; or None.
    """

    shape: Body
    coordinates: Tensor
    images: Tensor | None
    labels: Tensor | None

    @cached_property
    def fed(self) -> tuple[Tensor, Tensor | None]:
        """Features of coordinates and images times `FIRST`: a copy, so that weights need none each step."""
        return self.coordinates * FIRST, None if self.images is None else self.images * FIRST

    @cached_property
    def halved(self) -> tuple[Tensor, Tensor | None]:
        """`fed` in bfloat16."""
        coordinates, images = self.fed
        return coordinates.bfloat16(), None if images is None else images.bfloat16()

    @property
    def is_regression(self) -> bool:
        """Whether images are to be answered with numbers, and not with classes."""
        return self.labels is not None and self.labels.is_floating_point()

    def epoch(self, life: configuration.Life) -> int:
        """Steps in which each of the N coordinates comes once; up to B - 1 that are left over come in none."""
        return max(1, len(self.coordinates) // life.coordinates)

    def batch_images(self, life: configuration.Life, pairing: str) -> int:
        """B', images a step: none without a task, as many as coordinates with joint pairing."""
        if self.images is None:
            return 0
        return life.coordinates if pairing == "joint" else life.images
