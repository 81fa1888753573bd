"""The network: genome layout, emission of the genome, classification. Whole populations at once.

Fixed features of a coordinate and of an image (`alife.world.projections`) pass through two SELU layers to two linear
heads, one that prints a weight and one that names a class (Chang & Lipson 2018, section 2). No biases. Activations are
[P, H, batch].

Activations are kept in units of UNIT, in which SELU is three passes over memory (`Selu`). In return W₁ has to be
multiplied by FIRST, W₂ by SECOND, and what else is made of an activation by UNIT.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from alife.organism.kernel.products import product

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
LN_2 = 0.6931471805599453

UNIT = SELU_SCALE * LN_2
FIRST = 1 / LN_2
SECOND = UNIT / LN_2


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
    """The weights of P networks: w1, w2 [P, H, H] (out, in), w_out [P, 1, H], w_class [P, C, H]."""

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


class Selu:
    """SELU and its derivative, in place, for activations like one tensor.

    SELU(z) = λ·z for z > 0, else λα(eᶻ - 1). The second branch lies above the first where z > 0 and below 0 elsewhere,
    so SELU(z)/λ = min(α(eᶻ - 1), max(z, 0)). With q = z·log₂e that is ln 2·min(κ(2^q - 1), max(q, 0)), κ = α/ln 2.
    """

    KNEE = SELU_ALPHA / LN_2

    def __init__(self, like: Tensor):
        self._zero, self._minus_knee = like.new_zeros(()), like.new_full((), -self.KNEE)

    def forward_(self, q: Tensor, scratch: Tensor) -> Tensor:
        """q = z·log₂e → SELU(z)/UNIT; `scratch`, of the same shape, is overwritten."""
        torch.exp2(q, out=scratch)
        torch.add(self._minus_knee, scratch, alpha=self.KNEE, out=scratch)
        return torch.clamp(q, min=self._zero, max=scratch, out=q)

    def backward(self, gradient: Tensor, activation: Tensor, factor: float, *, out: Tensor) -> Tensor:
        """Gradient at SELU's result → factor · gradient at z, from what `forward_` left; `out` may be either.

        torch's own kernel multiplies by its second constant where the activation is positive, and elsewhere by its
        third times (activation + first · second): here λ, and UNIT·(activation + κ) = λα·eᶻ. Which it is within
        rounding of z = 0, where the slope jumps, is left open.
        """
        knee, scale = self.KNEE / (factor * SELU_SCALE), factor * SELU_SCALE
        kernel = torch.ops.aten.elu_backward.grad_input
        return kernel(gradient, knee, scale, factor * UNIT, True, activation, grad_input=out)


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
