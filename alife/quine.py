"""The network: genome layout, emission of the genome, classification. Whole populations at once.

Fixed features of a coordinate and of an image (`alife.physics`) pass through two SELU layers to two linear heads, one
that prints a weight and one that names a class (Chang & Lipson 2018, section 2). No biases. Activations are
feature-major, [P, H, batch]: the layout in which batched products run fastest.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
_LOG2_E = 1.4426950408889634
_SCALED = SELU_SCALE * SELU_ALPHA


@dataclass(frozen=True)
class Shape:
    """Sizes of a network: H hidden units, the first K of its inputs fed by the coordinate, C classes (0: no task)."""

    hidden: int
    coordinate_units: int
    classes: int

    @property
    def n_weights(self) -> int:
        """N = 2·H² + H + C·H."""
        return self.hidden * (2 * self.hidden + 1 + self.classes)


class Weights(NamedTuple):
    """Views into [P, N] genomes: w1, w2 [P, H, H] (out, in), w_out [P, 1, H], w_class [P, C, H]."""

    w1: Tensor
    w2: Tensor
    w_out: Tensor
    w_class: Tensor


def split(genomes: Tensor, shape: Shape) -> Weights:
    """The four weight matrices inside [P, N] genomes, as views."""
    h = shape.hidden
    return Weights(
        genomes[:, : h * h].unflatten(1, (h, h)),
        genomes[:, h * h : 2 * h * h].unflatten(1, (h, h)),
        genomes[:, 2 * h * h : 2 * h * h + h].unflatten(1, (1, h)),
        genomes[:, 2 * h * h + h :].unflatten(1, (shape.classes, h)),
    )


def selu_(z: Tensor, scratch: Tensor) -> Tensor:
    """SELU in place: λ·max(z, 0) + λα·(min(eᶻ, 1) - 1), through exp2, several times faster than torch's selu.

    Args:
        z: Any shape, overwritten with the result.
        scratch: As z; overwritten.
    """
    torch.mul(z, _LOG2_E, out=scratch)
    scratch.exp2_().clamp_max_(1).sub_(1)
    z.relu_().mul_(SELU_SCALE)
    return z.add_(scratch, alpha=_SCALED)


def selu_backward_(gradient: Tensor, activation: Tensor) -> Tensor:
    """In place, the gradient before SELU from the gradient after it and SELU's *result*."""
    return torch.ops.aten.elu_backward.grad_input(
        gradient, SELU_ALPHA, SELU_SCALE, 1.0, True, activation, grad_input=gradient
    )


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
        self._buffers = [like.new_empty(chunk, shape.hidden, rows) for _ in range(3)]

    def hidden(self, w: Weights, units: slice, features: Tensor) -> Tensor:
        """Second-layer activations [c, H, r] of features [r, |units|] fed to `units` of the input, the others blank."""
        a, b, scratch = (x[: len(w.w1), :, : len(features)] for x in self._buffers)
        for i in range(len(w.w1)):
            torch.mm(w.w1[i, :, units], features.T, out=a[i])
        selu_(a, scratch)
        torch.bmm(w.w2, a, out=b)
        return selu_(b, scratch)

    def emit(self, adults: Tensor, coordinates: Tensor) -> Tensor:
        """What each adult prints of its own genome, the image blank.

        Args:
            adults: [P, N] weights.
            coordinates: [N, K] features of all coordinates.

        Returns:
            [P, N], f_θ(c) for every coordinate c.
        """
        emitted = torch.empty_like(adults)
        for first in range(0, len(adults), self.chunk):
            w = split(adults[first : first + self.chunk], self.shape)
            out = emitted[first : first + self.chunk].unsqueeze(1)
            for row in range(0, len(coordinates), self.rows):
                block = coordinates[row : row + self.rows]
                torch.bmm(
                    w.w_out,
                    self.hidden(w, slice(0, self.shape.coordinate_units), block),
                    out=out[:, :, row : row + len(block)],
                )
        return emitted

    def accuracy(self, adults: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Share [P] of images whose largest logit is their label's; a network without a finite answer is wrong.

        Args:
            adults: [P, N] weights.
            images: [n, u] features that feed the last u units: H - K with the coordinate blank, H with one beside it.
            labels: [n].
        """
        units = slice(self.shape.hidden - images.shape[1], None)
        right = torch.zeros(len(adults), dtype=torch.int64, device=adults.device)
        for first in range(0, len(adults), self.chunk):
            w = split(adults[first : first + self.chunk], self.shape)
            for row in range(0, len(images), self.rows):
                block = images[row : row + self.rows]
                logits = torch.bmm(w.w_class, self.hidden(w, units, block))
                best, answer = logits.max(1)
                right[first : first + self.chunk] += ((answer == labels[row : row + self.rows]) & best.isfinite()).sum(
                    1
                )
        return right.to(torch.float32) / max(1, len(images))
