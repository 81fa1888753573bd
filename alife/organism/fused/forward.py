"""Emission and classification, block after block of columns: make a `FusedForward` as a `Forward`."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from alife.organism.fused import passes
from alife.organism.fused.blas import SGEMM, multiply, share, width
from alife.organism.fused.loops import loop
from alife.organism.fused.memory import aligned
from alife.organism.fused.passes import Array
from alife.organism.fused.steps import NO, YES, forward
from alife.organism.kernel.activation import FIRST, UNIT
from alife.organism.quine import Forward
from alife.organism.shape import Shape

TOGETHER: Final = 8
"""Individuals whose weights stay in a core's own cache while a block of features goes by."""

FIRST_, UNIT_ = (np.float32(x) for x in (FIRST, UNIT))


class FusedForward(Forward):
    """A `Forward` on a CPU, in float32. Nothing that is computed of one individual depends on others.

    Args:
        shape: Sizes of the networks.
        chunk: Not minded.
        rows: Not minded.
        like: Not minded.
    """

    def __init__(self, shape: Shape, chunk: int, rows: int, like: Tensor):
        self.shape, self._columns = shape, width(shape.hidden)
        self._turned = lru_cache(maxsize=4)(self._turn)

    def emit(self, adults: Tensor, coordinates: Tensor) -> Tensor:
        adults = adults.contiguous()
        emitted = torch.empty_like(adults)
        sizes, turned = self._sizes(coordinates, 0), self._turned(coordinates)
        self._share(
            lambda who: _emit(SGEMM, sizes, adults[who].numpy(), turned, *self._room(), emitted[who].numpy()), adults
        )
        return emitted

    def accuracy(self, adults: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        adults, right = adults.contiguous(), torch.zeros(len(adults), dtype=torch.int64)
        sizes, turned = self._sizes(images, self.shape.hidden - images.shape[1]), self._turned(images)
        asked = turned, labels.numpy()
        self._share(
            lambda who: _count(SGEMM, sizes, adults[who].numpy(), *asked, *self._room(), right[who].numpy()), adults
        )
        return right.to(torch.float32) / max(1, len(images))

    def _logits(self, adults: Tensor, images: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
        sizes, turned = self._sizes(images, self.shape.hidden - images.shape[1]), self._turned(images)
        for first in range(0, len(adults), TOGETHER):
            group = adults[first : first + TOGETHER].contiguous()
            logits = torch.empty(len(group), self.shape.classes, len(images))

            def say(who: slice, group: Tensor = group, logits: Tensor = logits) -> None:
                _say(SGEMM, sizes, group[who].numpy(), turned, *self._room(), logits[who].numpy())

            self._share(say, group)
            yield slice(first, first + len(group)), slice(0, len(images)), logits

    def _share(self, do: Callable[[slice], None], networks: Tensor) -> None:
        """Do it for groups of at most TOGETHER networks, all of torch's threads busy."""
        threads = torch.get_num_threads()
        each = max(1, min(TOGETHER, -(-len(networks) // threads)))
        share(threads, do, [slice(first, first + each) for first in range(0, len(networks), each)])

    def _room(self) -> tuple[Array, Array, Array]:
        """Activations of both layers, and logits, of a block, flat."""
        size = self.shape.hidden * self._columns
        return aligned(size), aligned(size), aligned(self.shape.classes * self._columns)

    def _sizes(self, features: Tensor, first: int) -> tuple[int, int, int, int, int]:
        """H, C, columns of a block, the first unit that sees the features, and how many there are."""
        return self.shape.hidden, self.shape.classes, self._columns, first, len(features)

    def _turn(self, features: Tensor) -> Array:
        """Features [n, u], block after block, each transposed."""
        turned, start = aligned(features.numel()), 0
        for block in features.split(self._columns):
            turned[start : start + block.numel()] = block.numpy().T.reshape(-1)
            start += block.numel()
        return turned


@loop
def _hidden(
    sgemm: Any, sizes: Any, network: Array, turned: Array, first: int, a: Array, b: Array
) -> tuple[Array, Array]:
    """Second-layer activations [H, b] of the block from `first` on, and the network's heads, flat."""
    h, _, columns, unit, n = sizes
    size, units = min(columns, n - first), turned.size // n
    w1, w2 = network[: h * h].reshape(h, h), network[h * h : 2 * h * h].reshape(h, h)
    features = turned[first * units : (first + size) * units].reshape(units, size)
    a1, a2 = a[: h * size].reshape(h, size), b[: h * size].reshape(h, size)
    multiply(sgemm, a1, w1[:, unit : unit + units], False, features, False, FIRST_, NO)
    forward(sgemm, w2, a1, a2)
    return a2, network[2 * h * h :]


@loop
def _emit(sgemm: Any, sizes: Any, networks: Array, turned: Array, a: Array, b: Array, z: Array, emitted: Array) -> None:
    """What networks [c, N] print, [c, N]."""
    h, _, columns, _, n = sizes
    for first in range(0, n, columns):
        for i in range(len(networks)):
            a2, heads = _hidden(sgemm, sizes, networks[i], turned, first, a, b)
            passes.head(a2, heads[:h], UNIT_, emitted[i, first : first + a2.shape[1]])


@loop
def _answer(sgemm: Any, sizes: Any, heads: Array, a2: Array, z: Array) -> Array:
    """Logits [C, b] in units of UNIT."""
    h, classes = sizes[0], sizes[1]
    logits = z[: classes * a2.shape[1]].reshape(classes, a2.shape[1])
    multiply(sgemm, logits, heads[h:].reshape(classes, h), False, a2, False, YES, NO)
    return logits


@loop
def _count(
    sgemm: Any, sizes: Any, networks: Array, turned: Array, labels: Array, a: Array, b: Array, z: Array, right: Array
) -> None:
    """Add to right [c] of how many images networks [c, N] give the label of, [n]."""
    for first in range(0, sizes[4], sizes[2]):
        for i in range(len(networks)):
            a2, heads = _hidden(sgemm, sizes, networks[i], turned, first, a, b)
            logits = _answer(sgemm, sizes, heads, a2, z)
            right[i] += passes.count(logits, labels[first : first + a2.shape[1]])


@loop
def _say(sgemm: Any, sizes: Any, networks: Array, turned: Array, a: Array, b: Array, z: Array, logits: Array) -> None:
    """Logits [c, C, n] of networks [c, N], in units of UNIT."""
    for first in range(0, sizes[4], sizes[2]):
        for i in range(len(networks)):
            a2, heads = _hidden(sgemm, sizes, networks[i], turned, first, a, b)
            logits[i, :, first : first + a2.shape[1]] = _answer(sgemm, sizes, heads, a2, z)
