"""The gradient of a life's loss for a chunk of individuals: one analytic pass, replication and the task together.

Make a `Gradient` for a life and call it at each step; `alife.organism.lifetime` does. Numbers in parentheses are the
equations of docs/concepts/gradient.md, each beside the line that computes it.
"""

from collections.abc import Generator, Iterator
from functools import partial

import torch
from torch import Tensor

from alife.configuration import keys as configuration
from alife.organism.kernel.activation import FIRST, SECOND, UNIT, Selu
from alife.organism.kernel.features import Features
from alife.organism.kernel.layout import Input, layers
from alife.organism.kernel.matrices import Matrices
from alife.organism.kernel.products import Call, product
from alife.organism.shape import Shape

SERIAL = 32_767  # numbers that torch adds to a tensor on a CPU in their order; more it shares among threads
TINY = 1e-30  # keeps ρ of the zero genome finite while it lives

Calls = Iterator[Call]


class Gradient:
    """The weights of c individuals while they live, and the gradient of their loss ρ + task_weight · cross-entropy.

    That is (6)–(8), of which no value is needed. With `life.loss: sum` it is L_SR + task_weight · cross-entropy, both
    summed over the batch. In a regression half the squared error takes the place of the cross-entropy (30).

    The pass is written down once, as a list of calls on fixed memory, and a step runs down that list. With
    `life.precision: bfloat16` the layers' products and what lies between them are bfloat16; weights, SELU, heads,
    losses and the gradient that an optimiser sees stay float32.

    Args:
        features: Of coordinates and images, and labels.
        life: Batch sizes, target, temperature, precision.
        pairing: "blank" (coordinates and images are batches apart) or "joint" (coordinate and image in each row).
        c: Individuals.
        like: A tensor with the genomes' dtype and device.

    Attributes:
        weights: `begin` sets them to the genomes of birth; whoever learns changes them between calls.
        gradient: The result of the last call.
        program: What a call does with what it was made to `see`, in order.
    """

    def __init__(self, features: Features[Shape], life: configuration.Life, pairing: str, c: int, like: Tensor):
        self._features, self._life, self._like = features, life, like
        shape, b, n = features.shape, life.coordinates, features.batch_images(life, pairing)
        self._mixed, self._joint = life.precision == "bfloat16", pairing == "joint" and n > 0
        coordinates, images = features.halved if self._mixed else features.fed
        self._narrow, self._selu = coordinates, Selu(like)

        # θ and ∂θ, in the weights' dtype and in that of products; the target g; factors of the losses
        self.weights, self.gradient = Matrices(shape, c, like), Matrices(shape, c, like)
        self._w = Matrices(shape, c, self._narrow) if self._mixed else self.weights
        self._g = Matrices(shape, c, self._narrow) if self._mixed else self.gradient
        self._target = like.new_empty(c, shape.n_weights)
        self._scale, self._task_scale = like.new_empty(c, 1, 1), like.new_empty(c, 1, 1)

        # The batch: indices, features, activations; with joint pairing both inputs share one block
        batches = [b, n] if n and not self._joint else [b]
        self._flat, self._blocks = layers(c, shape.hidden, batches, self._narrow, like)
        self._scratch = torch.empty_like(self._flat.wide) if self._mixed else self._flat.d
        self._coordinates = torch.empty(c, b, dtype=torch.int64, device=like.device)
        self._images = torch.zeros(c, n, dtype=torch.int64, device=like.device)
        self._inputs = [self._input(coordinates, self._coordinates, self._w.coordinate, self._g.coordinate, 0)]
        if images is not None:
            self._inputs.append(self._input(images, self._images, self._w.image, self._g.image, -1))

        # Forward: features of the batch, both layers, what is printed
        self._printing = [*self._look(), *self._forward(), *self._print()]
        self.program = [
            *self._printing,
            # Backward: each head, both layers, and the target where it moves with θ
            *self._replicate(),
            *self._answer(),
            *self._backward(),
            *self._strict(),
        ]

    def _input(self, table: Tensor, indices: Tensor, w: Tensor, g: Tensor, block: int) -> Input:
        return Input(table, indices, self._narrow.new_empty(*indices.shape, w.shape[2]), w, g, self._blocks[block])

    def begin(self, genomes: Tensor, task_weights: Tensor) -> None:
        """Birth: [c, N] genomes, left as they are, and the weights [c] of their cross-entropy, or squared error."""
        self.weights.read(genomes)
        self._target.copy_(genomes)
        self._weigh()
        n = 1 if self._life.loss == "sum" else max(1, self._images.shape[1])
        if not self._features.is_regression:
            self._task_scale.copy_((task_weights / (n * self._life.temperature)).view(-1, 1, 1))  # of (10)
            return
        n *= 1 if self._life.loss == "sum" else self._features.shape.classes
        self._task_scale.copy_((task_weights / n).view(-1, 1, 1))  # of (31)

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

    # Forward: (1)–(5), in units of UNIT (25)–(27)

    def _look(self) -> Calls:
        """The features of this step, and the weights in the products' dtype."""
        if self._mixed:
            yield partial(self._w.flat.copy_, self.weights.flat)
        for i in self._inputs:
            yield partial(torch.index_select, i.table, 0, i.indices.view(-1), out=i.x.view(-1, i.x.shape[2]))

    def _forward(self) -> Calls:
        """Both layers."""
        for number, i in enumerate(self._inputs):
            yield product(i.block.a1, i.w, i.x.mT, add=self._joint and number > 0)  # (1), as (25)
        yield from self._activate(self._flat.a1)  # (2)
        for block in self._blocks:
            yield product(block.a2, self._w.second, block.a1, SECOND)  # (3), as (26)
        yield from self._activate(self._flat.a2)  # (3)

    def _activate(self, layer: Tensor) -> Calls:
        """SELU of a flat layer, in the weights' dtype."""
        wide = self._flat.wide if self._mixed else layer
        if self._mixed:
            yield partial(wide.copy_, layer)
        yield partial(self._selu.forward_, wide, self._scratch)
        if self._mixed:
            yield partial(layer.copy_, wide)

    def _print(self) -> Calls:
        """F - g: what each coordinate of the batch prints, minus its target."""
        block, indices = self._blocks[0], self._coordinates
        residual = self._residual = self._like.new_empty(len(indices), 1, indices.shape[1])
        targets = torch.empty_like(residual)
        if self._life.target == "self":
            yield self.aim
        yield product(residual, self.weights.out, block.wide, UNIT)  # (4), as (27)
        yield partial(torch.gather, self._target, 1, indices, out=targets.squeeze(1))
        yield partial(residual.sub_, targets)

    # Backward from the heads: (9)–(13)

    def _replicate(self) -> Calls:
        """From what was printed."""
        block, residual = self._blocks[0], self._residual
        yield partial(residual.mul_, self._scale)  # δ_F: (9)
        yield product(self.gradient.out, residual, block.wide.mT, UNIT)  # (11)
        narrow = yield from self._narrowed(residual)
        out = self._w.out.mT
        # torch multiplies bfloat16 row by column slowly, but as matrices fast; float32 the other way round
        yield product(block.d, out, narrow) if self._mixed else partial(torch.mul, out, narrow, out=block.d)  # (13)

    def _answer(self) -> Calls:
        """From the answers to images, which are asked for here."""
        if self._features.images is None:
            return
        assert self._features.labels is not None
        block, (c, n) = self._blocks[-1], self._images.shape
        z = self._like.new_empty(c, self._features.shape.classes, n)
        ask = self._regress if self._features.is_regression else self._classify
        yield from ask(z, self._features.labels, block.wide)
        yield partial(z.mul_, self._task_scale)  # δ_ℓ: (10), (31)
        yield product(self.gradient.classes, z, block.wide.mT, UNIT)  # (12)
        narrow = yield from self._narrowed(z)
        yield product(block.d, self._w.classes.mT, narrow, add=self._joint)  # (13)

    def _classify(self, z: Tensor, labels: Tensor, a2: Tensor) -> Calls:
        """Make z [c, C, B'] the softmax of logits minus the one-hot labels."""
        c, _, n = z.shape
        answers = torch.empty_like(self._images)
        minus_one = self._like.new_full((1, 1, 1), -1.0).expand(c, 1, n)
        yield partial(torch.index_select, labels, 0, self._images.view(-1), out=answers.view(-1))
        yield product(z, self.weights.classes, a2, UNIT / self._life.temperature)  # ℓ/τ: (5), as (27)
        yield partial(torch.softmax, z, 1, out=z)
        yield partial(z.scatter_add_, 1, answers.unsqueeze(1), minus_one)

    def _regress(self, z: Tensor, targets: Tensor, a2: Tensor) -> Calls:
        """Make z [c, C, B'] predictions minus targets."""
        c, outputs, n = z.shape
        wanted = self._like.new_empty(c, n, outputs)
        yield partial(torch.index_select, targets, 0, self._images.view(-1), out=wanted.view(-1, outputs))
        yield product(z, self.weights.classes, a2, UNIT)  # ℓ: (5), as (27)
        yield partial(z.sub_, wanted.mT)

    def _narrowed(self, x: Tensor) -> Generator[Call, None, Tensor]:
        """x, or a copy of it in the products' dtype."""
        if not self._mixed:
            return x
        narrow = torch.empty_like(x, dtype=self._narrow.dtype)
        yield partial(narrow.copy_, x)
        return narrow

    # Backward through both layers: (14)–(18), in the units of (28) and (29)

    def _backward(self) -> Calls:
        """From D₂, in d, to both layers' gradients; E₂ takes the place of A₂, and E₁ that of D₁."""
        a1, a2, d, _ = self._flat
        yield partial(self._selu.backward, d, a2, UNIT, out=a2)  # UNIT·E₂: (14), as (28)
        for number, block in enumerate(self._blocks):
            yield product(self._g.second, block.a2, block.a1.mT, add=number > 0)  # (15)
            yield product(block.d, self._w.second.mT, block.a2)  # UNIT·D₁: (16)
        yield partial(self._selu.backward, d, a1, 1 / (FIRST * UNIT), out=d)  # E₁/FIRST: (17), as (29)
        for i in self._inputs:
            yield product(i.g, i.block.d, i.x)  # (18)
        if self._mixed:
            yield partial(self.gradient.layers[0].copy_, self._g.layers[0])

    # Where the target is θ itself: (19)–(21)

    def _strict(self) -> Calls:
        """What θ as the target adds to the gradient."""
        if self._life.target == "self":
            yield partial(self._follow, torch.empty_like(self._target))

    def _follow(self, more: Tensor) -> None:
        """Add it; `more` [c, N] is overwritten."""
        residual, b = self._residual.squeeze(1), self._coordinates.shape[1]  # δ_F
        weight = self._life.replication_weight
        if self._life.loss == "sum" or weight == 0:
            more.zero_()
        else:
            shrink = residual.square().sum(1, keepdim=True).mul_(-b / (2 * self._target.shape[1]) / weight)  # (21)
            torch.mul(self._target, shrink, out=more)  # (20)
        # one coordinate may come twice, and on GPUs only this way of adding has a fixed order; on CPUs only of few
        where = self._coordinates + torch.arange(len(more), device=more.device).unsqueeze(1) * more.shape[1]
        most = where.numel() if more.is_cuda else SERIAL
        for places, values in zip(where.view(-1).split(most), residual.flatten().neg().split(most), strict=True):
            more.view(-1).index_put_((places,), values, accumulate=True)  # (19)
        for here, there in self.gradient.beside(more):
            here.add_(there)

    def _weigh(self) -> None:
        """The factor of (9) from the target."""
        twice = 2 * self._life.replication_weight
        if self._life.loss == "sum":
            self._scale.fill_(twice)
            return
        energy = torch.linalg.vector_norm(self._target, dim=1).square().clamp_min_(TINY)
        self._scale.copy_((twice * self._target.shape[1] / self._coordinates.shape[1] / energy).view(-1, 1, 1))
