"""The network: emission of the genome, classification or regression. Whole populations at once.

Make a `Forward` for a population; `emit` prints genomes, `accuracy` and `answers` classify, `explained_variance`
predicts. Fixed features of a coordinate and of an image (`alife.world.projections`) pass through two SELU layers to two
linear heads, one that prints a weight and one that names a class (Chang & Lipson 2018, section 2), or gives the numbers
of a regression. No biases. Activations are [P, H, batch].

Activations are kept in units of UNIT (`alife.organism.kernel.activation`).
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from alife.organism.genome import Weights, split
from alife.organism.kernel.activation import FIRST, SECOND, UNIT, Selu
from alife.organism.kernel.products import product
from alife.organism.measures import explained_variance
from alife.organism.shape import Shape


class Layers(NamedTuple):
    """Weights of c networks as `Forward` takes them: [c·H, u] FIRST·W₁ for u inputs, [c, H, H] SECOND·W₂, and heads."""

    first: Tensor
    second: Tensor
    heads: Weights


class Forward:
    """Emission and classification of chunks of individuals in blocks of rows, so that activations stay in cache.

    Args:
        shape: Sizes of the networks.
        chunk: Individuals at most that are computed together.
        rows: Coordinates or images at most that are computed together.
        like: A tensor whose dtype and device to compute in.
    """

    def __init__(self, shape: Shape, chunk: int, rows: int, like: Tensor):
        self.shape, self.chunk, self.rows = shape, chunk, rows
        self._selu = Selu(like)
        self._buffers = [like.new_empty(chunk * shape.hidden * rows) for _ in range(3)]

    def _scaled(self, networks: Tensor, units: slice) -> Iterator[tuple[slice, Layers]]:
        """Chunk after chunk: whose they are, and the weights that `hidden` takes."""
        for first in range(0, len(networks), self.chunk):
            w = split(networks[first : first + self.chunk], self.shape)
            yield slice(first, first + len(w.w1)), Layers((w.w1[:, :, units] * FIRST).flatten(0, 1), w.w2 * SECOND, w)

    def hidden(self, layers: Layers, features: Tensor) -> Tensor:
        """Second-layer activations [c, H, r], in units of UNIT, of features [r, u]; valid until the next call."""
        c, h, r = len(layers.second), self.shape.hidden, len(features)
        a, b, scratch = (x[: c * h * r].view(c, h, r) for x in self._buffers)
        product(a.view(1, c * h, r), layers.first.unsqueeze(0), features.T.unsqueeze(0))()
        self._selu.forward_(a, scratch)
        product(b, layers.second, a)()
        return self._selu.forward_(b, scratch)

    def emit(self, adults: Tensor, coordinates: Tensor) -> Tensor:
        """What each adult prints of its own genome, the image blank.

        Args:
            adults: [P, N] weights.
            coordinates: [N, K] features of all coordinates, or [N, H] with an image's beside each.

        Returns:
            [P, N], f_θ(c) for every coordinate c.
        """
        emitted = torch.empty_like(adults)
        for who, layers in self._scaled(adults, slice(0, coordinates.shape[1])):
            out = emitted[who].unsqueeze(1)
            for row in range(0, len(coordinates), self.rows):
                a = self.hidden(layers, coordinates[row : row + self.rows])
                product(out[:, :, row : row + self.rows], layers.heads.w_out, a, UNIT)()
        return emitted

    def accuracy(self, adults: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Share [P] of images whose largest logit is their label's; a network without a finite answer is wrong.

        Args:
            adults: [P, N] weights.
            images: [n, u] features that feed the last u units: H - K with the coordinate blank, H with one beside it.
            labels: [n].
        """
        right = torch.zeros(len(adults), dtype=torch.int64, device=adults.device)
        for who, rows, logits in self._logits(adults, images):
            best, answer = logits.max(1)
            right[who] += ((answer == labels[rows]) & best.isfinite()).sum(1)
        return right.to(torch.float32) / max(1, len(images))

    def answers(self, adults: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Confusion [P, C, C] float32: of the images of class a, the share that each answers b.

        An image without a finite answer is in no column; a class without images is a row of zeros. Arguments as of
        `accuracy`.
        """
        classes = self.shape.classes
        given = torch.zeros(len(adults), classes * classes, dtype=torch.int64, device=adults.device)
        for who, rows, logits in self._logits(adults, images):
            best, answer = logits.max(1)
            given[who].scatter_add_(1, labels[rows] * classes + answer, best.isfinite().to(torch.int64))
        shown = torch.bincount(labels, minlength=classes).clamp(min=1)
        return (given.view(-1, classes, classes) / shown[:, None]).to(torch.float32)

    def explained_variance(self, adults: Tensor, images: Tensor, targets: Tensor) -> Tensor:
        """Share [P] of the variance of targets [n, C] that answers to images explain: `measures.explained_variance`.

        Args:
            adults: [P, N] weights.
            images: As in `accuracy`.
            targets: [n, C], standardised.
        """
        squares = torch.zeros(len(adults), self.shape.classes, dtype=torch.float64, device=adults.device)
        for who, rows, answers in self._logits(adults, images):
            squares[who] += (answers.to(torch.float64) * UNIT - targets[rows].T).square().sum(2)
        return explained_variance(squares, targets)

    def cross_entropy(self, adults: Tensor, images: Tensor, labels: Tensor, temperature: float) -> Tensor:
        """Mean cross-entropy [P] of softmax(logits/temperature), of images and labels as in `accuracy`."""
        total = torch.zeros(len(adults), dtype=torch.float64, device=adults.device)
        for who, rows, logits in self._logits(adults, images):
            answers = labels[rows].expand(len(logits), -1)
            total[who] += F.cross_entropy(logits * (UNIT / temperature), answers, reduction="none").sum(1)
        return (total / max(1, len(images))).to(torch.float32)

    def _logits(self, adults: Tensor, images: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
        """Block after block: whose, of which images, and logits [c, C, r] in units of UNIT."""
        for who, layers in self._scaled(adults, slice(self.shape.hidden - images.shape[1], None)):
            for row in range(0, len(images), self.rows):
                activations = self.hidden(layers, images[row : row + self.rows])
                yield who, slice(row, row + self.rows), torch.bmm(layers.heads.w_class, activations)
