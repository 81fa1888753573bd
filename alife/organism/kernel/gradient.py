"""The gradient of a life's loss for a chunk of individuals: one analytic pass, replication and cross-entropy together.

Make a `Gradient` for a life and call it at each step; `alife.organism.lifetime` does. Here is decided which products
there are, where their operands lie in memory, and which buffers are made once for a life and used again at each step.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import torch
from torch import Tensor

from alife.configuration import keys as configuration
from alife.organism.genome import Shape
from alife.organism.kernel.activation import FIRST, SECOND, UNIT, Selu
from alife.organism.kernel.matrices import Matrices
from alife.organism.kernel.products import Call, product

SERIAL = 32_767  # numbers that torch adds to a tensor on a CPU in their order; more it shares among threads
TINY = 1e-30  # keeps ρ of the zero genome finite while it lives
ROW_MAJOR_BELOW = 32  # a batch as small as this runs faster as [batch, H] in memory than as [H, batch]

Calls = Iterator[Call]


@dataclass(frozen=True)
class World:
    """What a life is lived in, on one device and in one dtype.

    Attributes:
        shape: Sizes of the networks.
        coordinates: [N, K] features of the coordinates.
        images: [n, H - K] features of the images to learn from, or None without a task.
        labels: [n] int64, or None.
    """

    shape: Shape
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

    def epoch(self, life: configuration.Life) -> int:
        """Steps in which each of the N coordinates comes once; up to B - 1 that are left over come in none."""
        return max(1, len(self.coordinates) // life.coordinates)

    def batch_images(self, life: configuration.Life, pairing: str) -> int:
        """B', images a step: none without a task, as many as coordinates with joint pairing."""
        if self.images is None:
            return 0
        return life.coordinates if pairing == "joint" else life.images


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
    """A kind of input: its table of features [n, u], indices [c, batch], the features, matrix, gradient, rows."""

    table: Tensor
    indices: Tensor
    x: Tensor
    w: Tensor
    g: Tensor
    block: Layers


class Gradient:
    """The weights of c individuals while they live, and the gradient of their loss ρ + task_weight · cross-entropy.

    With `life.loss: sum` it is that of L_SR + task_weight · cross-entropy, both summed over the batch.

    The pass is written down once, as a list of calls on fixed memory, and a step runs down that list. With
    `life.precision: bfloat16` the layers' products and what lies between them are bfloat16; weights, SELU, heads,
    losses and the gradient that an optimiser sees stay float32.

    Args:
        world: Features and labels.
        life: Batch sizes, target, temperature, precision.
        pairing: "blank" (coordinates and images are batches apart) or "joint" (coordinate and image in each row).
        c: Individuals.
        like: A tensor with the genomes' dtype and device.

    Attributes:
        weights: `begin` sets them to the genomes of birth; whoever learns changes them between calls.
        gradient: The result of the last call.
        program: What a call does with what it was made to `see`, in order.
    """

    def __init__(self, world: World, life: configuration.Life, pairing: str, c: int, like: Tensor):
        self._mixed = life.precision == "bfloat16"
        coordinates, images = world.halved if self._mixed else world.fed
        self._world, self._life, self._like, self._narrow = world, life, like, coordinates
        shape, b, n = world.shape, life.coordinates, world.batch_images(life, pairing)
        h, k = shape.hidden, shape.coordinate_units
        self._joint = pairing == "joint" and n > 0
        self._selu = Selu(like)

        self.weights, self.gradient = Matrices(shape, c, like), Matrices(shape, c, like)
        self._w = Matrices(shape, c, self._narrow) if self._mixed else self.weights
        self._g = Matrices(shape, c, self._narrow) if self._mixed else self.gradient
        self._target = like.new_empty(c, shape.n_weights)
        self._scale, self._task_scale = like.new_empty(c, 1, 1), like.new_empty(c, 1, 1)
        self._coordinates = torch.empty(c, b, dtype=torch.int64, device=like.device)
        self._images = torch.zeros(c, n, dtype=torch.int64, device=like.device)

        batches = [b, n] if n and not self._joint else [b]
        size = c * h * sum(batches)
        a1, a2, d = (self._narrow.new_empty(size) for _ in range(3))
        self._flat = Layers(a1, a2, d, like.new_empty(size) if self._mixed else a2)
        self._scratch = like.new_empty(size) if self._mixed else d
        parts = zip(*(layer.split([c * h * rows for rows in batches]) for layer in self._flat), strict=True)
        self._blocks = [
            Layers(*(x.view(c, rows, h).mT if rows < ROW_MAJOR_BELOW else x.view(c, h, rows) for x in part))
            for part, rows in zip(parts, batches, strict=True)
        ]
        self._inputs = [
            Input(
                coordinates,
                self._coordinates,
                self._narrow.new_empty(c, b, k),
                self._w.coordinate,
                self._g.coordinate,
                self._blocks[0],
            )
        ]
        if images is not None:
            x = self._narrow.new_empty(c, n, h - k)
            self._inputs.append(Input(images, self._images, x, self._w.image, self._g.image, self._blocks[-1]))
        self._printing = [*self._look(), *self._forward(), *self._print()]
        self.program = [*self._printing, *self._replicate(), *self._classify(), *self._backward()]

    def begin(self, genomes: Tensor, task_weights: Tensor) -> None:
        """Birth: [c, N] genomes, left as they are, and the weights [c] of their cross-entropy."""
        self.weights.read(genomes)
        self._target.copy_(genomes)
        self._weigh()
        n = 1 if self._life.loss == "sum" else max(1, self._images.shape[1])
        self._task_scale.copy_((task_weights / (n * self._life.temperature)).view(-1, 1, 1))

    def aim(self) -> None:
        """Make the present weights the target."""
        self.weights.write(self._target)
        self._weigh()

    def __call__(self, coordinates: Tensor, images: Tensor | None) -> Tensor:
        """The gradient at `weights`, as `gradient.flat`; valid until the next call. Arguments as of `see`."""
        self.see(coordinates, images)
        for call in self.program:
            call()
        return self.gradient.flat

    def see(self, coordinates: Tensor, images: Tensor | None) -> None:
        """Set what `program` is about.

        Args:
            coordinates: [c, B] of this step, or [1, B] if all individuals share them.
            images: [c, B'] or [1, B'], or None without a task.
        """
        self._coordinates.copy_(coordinates)
        if images is not None:
            self._images.copy_(images)

    def residuals(self, coordinates: Tensor) -> Tensor:
        """[c, B] f_θ(c) minus its target, of coordinates [c, B] or [1, B]; valid until the next call of anything."""
        self.see(coordinates, None)
        for call in self._printing:
            call()
        return self._residual.squeeze(1)

    def _look(self) -> Calls:
        """The features of this step, and the weights in the products' dtype."""
        if self._mixed:
            yield partial(self._w.flat.copy_, self.weights.flat)
        for i in self._inputs:
            yield partial(torch.index_select, i.table, 0, i.indices.view(-1), out=i.x.view(-1, i.x.shape[2]))

    def _forward(self) -> Calls:
        """Both layers."""
        for number, i in enumerate(self._inputs):
            yield product(i.block.a1, i.w, i.x.mT, add=self._joint and number > 0)
        yield from self._activate(self._flat.a1)
        for block in self._blocks:
            yield product(block.a2, self._w.second, block.a1, SECOND)
        yield from self._activate(self._flat.a2)

    def _activate(self, layer: Tensor) -> Calls:
        wide = self._flat.wide if self._mixed else layer
        if self._mixed:
            yield partial(wide.copy_, layer)
        yield partial(self._selu.forward_, wide, self._scratch)
        if self._mixed:
            yield partial(layer.copy_, wide)

    def _print(self) -> Calls:
        """What each coordinate of the batch prints, minus its target."""
        block, indices = self._blocks[0], self._coordinates
        residual = self._residual = self._like.new_empty(len(indices), 1, indices.shape[1])
        targets = torch.empty_like(residual)
        if self._life.target == "self":
            yield self.aim
        yield product(residual, self.weights.out, block.wide, UNIT)
        yield partial(torch.gather, self._target, 1, indices, out=targets.squeeze(1))
        yield partial(residual.sub_, targets)

    def _replicate(self) -> Calls:
        """ρ̂ = (1/B)·Σ_b (f(c_b) - g_cb)² / mean(g²): its gradient at the output is 2(f - g)/(B·mean(g²))."""
        block, residual = self._blocks[0], self._residual
        yield partial(residual.mul_, self._scale)
        yield product(self.gradient.out, residual, block.wide.mT, UNIT)
        narrow = yield from self._narrowed(residual)
        out = self._w.out.mT
        # torch multiplies bfloat16 row by column slowly, but as matrices fast; float32 the other way round
        yield product(block.d, out, narrow) if self._mixed else partial(torch.mul, out, narrow, out=block.d)

    def _classify(self) -> Calls:
        """Cross-entropy: its gradient at the logits is (softmax - one-hot)/(B'·temperature)."""
        if self._world.images is None:
            return
        assert self._world.labels is not None
        block, (c, n) = self._blocks[-1], self._images.shape
        z = self._like.new_empty(c, self._world.shape.classes, n)
        answers = torch.empty_like(self._images)
        minus_one = self._like.new_full((1, 1, 1), -1.0).expand(c, 1, n)
        yield partial(torch.index_select, self._world.labels, 0, self._images.view(-1), out=answers.view(-1))
        yield product(z, self.weights.classes, block.wide, UNIT / self._life.temperature)
        yield partial(torch.softmax, z, 1, out=z)
        yield partial(z.scatter_add_, 1, answers.unsqueeze(1), minus_one)
        yield partial(z.mul_, self._task_scale)
        yield product(self.gradient.classes, z, block.wide.mT, UNIT)
        narrow = yield from self._narrowed(z)
        yield product(block.d, self._w.classes.mT, narrow, add=self._joint)

    def _narrowed(self, x: Tensor) -> Generator[Call, None, Tensor]:
        """x, or a copy of it in the products' dtype."""
        if not self._mixed:
            return x
        narrow = torch.empty_like(x, dtype=self._narrow.dtype)
        yield partial(narrow.copy_, x)
        return narrow

    def _backward(self) -> Calls:
        """Back through both layers.

        The gradient at z₂ comes times UNIT, which is what W₂'s needs; that at z₁ over FIRST, which W₁'s needs.
        """
        a1, a2, d, _ = self._flat
        yield partial(self._selu.backward, d, a2, UNIT, out=a2)
        for number, block in enumerate(self._blocks):
            yield product(self._g.second, block.a2, block.a1.mT, add=number > 0)
            yield product(block.d, self._w.second.mT, block.a2)
        yield partial(self._selu.backward, d, a1, 1 / (FIRST * UNIT), out=d)
        for i in self._inputs:
            yield product(i.g, i.block.d, i.x)
        if self._mixed:
            yield partial(self.gradient.layers[0].copy_, self._g.layers[0])
        if self._life.target == "self":
            yield partial(self._follow, torch.empty_like(self._target))

    def _weigh(self) -> None:
        """The factor of the residuals, 2/(B·mean(g²)), from the target g, or 2 for sums, by their weight."""
        twice = 2 * self._life.replication_weight
        if self._life.loss == "sum":
            self._scale.fill_(twice)
            return
        energy = torch.linalg.vector_norm(self._target, dim=1).square().clamp_min_(TINY)
        self._scale.copy_((twice * self._target.shape[1] / self._coordinates.shape[1] / energy).view(-1, 1, 1))

    def _follow(self, more: Tensor) -> None:
        """The strict target moves with θ: ∂ρ̂/∂θ also holds -2(f - θ)/(B·mean θ²) at the targets and -2ρ̂·θ/Σθ²."""
        residual, b = self._residual.squeeze(1), self._coordinates.shape[1]
        weight = self._life.replication_weight
        if self._life.loss == "sum" or weight == 0:
            more.zero_()
        else:
            # ρ̂ = Σ(f - θ)²/(B·mean θ²) = ½·Σ residual²/scale, and 1/Σθ² = B·scale/(2·N), both at weight 1
            shrink = residual.square().sum(1, keepdim=True).mul_(-b / (2 * self._target.shape[1]) / weight)
            torch.mul(self._target, shrink, out=more)
        # one coordinate may come twice, and on GPUs only this way of adding has a fixed order; on CPUs only of few
        where = self._coordinates + torch.arange(len(more), device=more.device).unsqueeze(1) * more.shape[1]
        most = where.numel() if more.is_cuda else SERIAL
        for places, values in zip(where.view(-1).split(most), residual.flatten().neg().split(most), strict=True):
            more.view(-1).index_put_((places,), values, accumulate=True)
        for here, there in self.gradient.beside(more):
            here.add_(there)
