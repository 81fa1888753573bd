"""Hill climbing on the replication loss, a whole population at once: the seed paper's method without gradients.

Make `Climbers` of K rows of weights and call `climb` for each step. Learning by gradients is `alife.organism.lifetime`.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from alife.configuration import keys as configuration
from alife.organism.kernel.features import Features
from alife.organism.kernel.gradient import Gradient
from alife.organism.shape import Shape

TABLE: Final = 1 << 21
"""Normal numbers drawn at once. Each step takes a slice for each network (Salimans et al. 2017, section 2.1): to draw
afresh would take longer than all else in a step."""
STRIDE: Final = 16
"""Numbers between two places where a slice may begin: a cache line."""


class Climbers:
    """K networks that climb, each on its own: a step adds noise to all weights, and keeps it if the batch's loss falls.

    Args:
        features: What they see, without a task.
        life: Its `coordinates` is the batch.
        genomes: [K, N] weights to start from.
        sigma: Standard deviation of the noise.
    """

    def __init__(self, features: Features[Shape], life: configuration.Life, genomes: Tensor, sigma: float):
        self._sigma, (self._k, n) = sigma, genomes.shape
        self._epoch, self._batch = features.epoch(life), life.coordinates
        self._gradient = Gradient(features, life, "blank", 2 * self._k, genomes)
        self._kick, self._kept = torch.empty_like(genomes), genomes.new_empty(self._k, 1, 1)
        sizes = [part[0].numel() for part in self._gradient.weights.parts]
        kicks = self._kick.split(sizes, 1)
        parts = [part for part in zip(self._gradient.weights.parts, kicks, strict=True) if part[1].numel()]
        self._parts = [(w[: self._k], w[self._k :], kick.unflatten(1, w.shape[1:])) for w, kick in parts]
        self._starts = (TABLE - n) // STRIDE
        self.replace(genomes)

    def replace(self, genomes: Tensor) -> None:
        """Go on from [K, N] weights, which become the target too."""
        self._gradient.begin(torch.cat([genomes, genomes]), genomes.new_zeros(2 * self._k))

    def networks(self) -> Tensor:
        """[K, N] present weights."""
        both = self._kick.new_empty(2 * self._k, self._kick.shape[1])
        self._gradient.weights.write(both)
        return both[: self._k].clone()

    def climb(self, stream: np.random.Generator) -> Tensor:
        """One epoch towards the weights that they have at its beginning.

        Args:
            stream: Of noise, and of the order of coordinates, which all share.

        Returns:
            [K] share of steps that were kept.
        """
        self.replace(self.networks())
        n = self._kick.shape[1]
        table = torch.from_numpy(stream.standard_normal(TABLE, np.float32))
        slices = table.as_strided((self._starts, n), (STRIDE, 1))
        begins = torch.from_numpy(stream.integers(0, self._starts, (self._epoch, self._k)))
        order = torch.from_numpy(stream.permutation(n)[: self._epoch * self._batch].reshape(self._epoch, 1, -1))
        total = torch.zeros_like(self._kept)
        for begin, coordinates in zip(begins, order, strict=True):
            torch.index_select(slices, 0, begin, out=self._kick)
            for here, there, kick in self._parts:
                torch.add(here, kick, alpha=self._sigma, out=there)
            loss = self._gradient.residuals(coordinates).square_().sum(1)
            torch.lt(loss[self._k :], loss[: self._k], out=self._kept.view(-1))
            for here, _, kick in self._parts:
                here.addcmul_(kick, self._kept, value=self._sigma)
            total += self._kept
        return total.view(-1) / self._epoch
