"""Where a chunk's activations lie in memory: call `layers` once for a chunk, with the sizes of its batches.

All batches lie behind one another in one buffer a layer: SELU takes one call a layer, products one a batch.
"""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

ROW_MAJOR_BELOW = 32
"""A batch as small as this runs faster as [batch, H] in memory than as [H, batch]."""


class Layers(NamedTuple):
    """Both activations, in units of `UNIT`, and a place for gradients: [c, H, batch], or flat [c·H·Σbatches].

    On the way back the gradient before SELU takes the place of a2, which nobody needs any more. `wide` is a2 in the
    weights' dtype: itself, unless products are bfloat16.
    """

    a1: Tensor
    a2: Tensor
    d: Tensor
    wide: Tensor


class Input(NamedTuple):
    """A kind of input, coordinates or images, with u units in the first layer.

    Attributes:
        table: [n, u] features of all there are, times `FIRST`.
        indices: [c, batch] int64, those of this step.
        x: [c, batch, u] their features.
        w: [c, H, u] its matrix of the first layer.
        g: [c, H, u] the gradient of that.
        block: Where its activations lie.
    """

    table: Tensor
    indices: Tensor
    x: Tensor
    w: Tensor
    g: Tensor
    block: Layers


def layers(c: int, h: int, batches: Sequence[int], narrow: Tensor, like: Tensor) -> tuple[Layers, list[Layers]]:
    """Buffers for c networks of H units: flat ones of all batches, and views [c, H, batch] of each batch.

    Args:
        c: Individuals.
        h: Hidden units.
        batches: Inputs of each batch.
        narrow: A tensor with the products' dtype.
        like: A tensor with the weights' dtype.
    """
    size = c * h * sum(batches)
    a1, a2, d = (narrow.new_empty(size) for _ in range(3))
    flat = Layers(a1, a2, d, a2 if narrow.dtype == like.dtype else like.new_empty(size))
    parts = zip(*(layer.split([c * h * rows for rows in batches]) for layer in flat), strict=True)
    blocks = [
        Layers(*(x.view(c, rows, h).mT if rows < ROW_MAJOR_BELOW else x.view(c, h, rows) for x in part))
        for part, rows in zip(parts, batches, strict=True)
    ]
    return flat, blocks
