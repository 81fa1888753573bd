"""A lifetime of learning over a whole population: analytic gradients, fused updates, chunks that stay in cache.

An individual minimises ρ(θ; g) + task_weight · cross-entropy on random coordinates and images (paper.md, section 3).
Its randomness comes from a stream of its own, so neither its neighbours nor the chunk it is computed in matter to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alife import config as configuration
from alife.optimizers import OPTIMIZERS
from alife.quine import Shape, selu_, selu_backward_, split

TINY = 1e-30  # keeps ρ of the zero genome finite while it lives
BLOCK = 64  # steps whose random indices are drawn at once: part of the random stream's definition


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


Indices = tuple[Tensor, Tensor | None]


def experiences(
    world: World, life: configuration.Life, pairing: str, streams: list[np.random.Generator]
) -> Iterator[Indices]:
    """What a chunk meets at each step: uniform coordinates [c, B] and images [c, B'], int64, with replacement.

    Args:
        world: Where from.
        life: Sizes of the batches.
        pairing: With "joint" there is an image to each coordinate.
        streams: One generator an individual; a single one if all share their environment.
    """
    n_images = batch_images(world, life, pairing)
    device = world.coordinates.device
    for first in range(0, life.steps, BLOCK):
        steps = min(BLOCK, life.steps - first)
        seen = np.stack([_draw(world, steps, life.coordinates, n_images, stream) for stream in streams], 1)
        block = torch.from_numpy(seen).to(device)
        for step in block:
            yield step[:, : life.coordinates], (step[:, life.coordinates :] if n_images else None)


def batch_images(world: World, life: configuration.Life, pairing: str) -> int:
    """B', images a step: none without a task, as many as coordinates with joint pairing."""
    if world.images is None:
        return 0
    return life.coordinates if pairing == "joint" else life.images


def _draw(world: World, steps: int, coordinates: int, images: int, stream: np.random.Generator) -> NDArray[np.int64]:
    c = stream.integers(0, len(world.coordinates), (steps, coordinates))
    if not images:
        return c
    assert world.images is not None
    return np.concatenate([c, stream.integers(0, len(world.images), (steps, images))], 1)


class Gradient:
    """The loss gradient of a chunk of individuals: replication and cross-entropy in one pass, into buffers made once.

    Args:
        world: Features and labels.
        chunk: Individuals at most.
        life: Batch sizes, target, temperature.
        pairing: "blank" (the batch is coordinates, then images) or "joint" (each row has both).
    """

    def __init__(self, world: World, chunk: int, life: configuration.Life, pairing: str):
        self.world, self.life = world, life
        s, like = world.shape, world.coordinates
        b = life.coordinates
        joint = pairing == "joint" and world.images is not None
        n_images = batch_images(world, life, pairing)
        self.copies, self.labelled = slice(0, b), slice(0, b) if joint else slice(b, b + n_images)
        rows, k, h = max(b, self.labelled.stop), s.coordinate_units, s.hidden
        whole = slice(0, rows)
        self.inputs = ([(whole, slice(0, h))] if joint else [(self.copies, slice(0, k)), (self.labelled, slice(k, h))])[
            : 1 if n_images == 0 else 2
        ]
        self.joint = joint
        self.features = [like.new_empty(chunk, r.stop - r.start, u.stop - u.start) for r, u in self.inputs]
        self.a1, self.a2, self.d1, self.d2 = (like.new_empty(chunk, h, rows) for _ in range(4))
        self.printed = like.new_empty(chunk, 1, b)
        self.targets = like.new_empty(chunk, 1, b)
        self.logits = like.new_empty(chunk, s.classes, n_images)
        self.gradient = like.new_zeros(chunk, s.n_weights)

    def __call__(self, theta: Tensor, target: Tensor, task_weight: Tensor, seen: Indices) -> Tensor:
        """Gradient [c, N] of ρ + task_weight · cross-entropy at theta [c, N], valid until the next call.

        Args:
            theta: Current weights.
            target: What to print: the genomes of birth, or theta itself (`target: self`).
            task_weight: [c, 1, 1].
            seen: Coordinates [c, B] and images [c, B'] of this step; [1, ·] if all individuals share them.
        """
        c = len(theta)
        coordinates = seen[0].expand(c, -1)
        images = None if seen[1] is None else seen[1].expand(c, -1)
        w, g = split(theta, self.world.shape), split(self.gradient[:c], self.world.shape)
        a1, a2, d1, d2 = (x[:c] for x in (self.a1, self.a2, self.d1, self.d2))
        features = [x[:c] for x in self.features]
        self._look(features, coordinates, images)

        for (rows, units), x in zip(self.inputs, features, strict=True):
            torch.bmm(w.w1[:, :, units], x.mT, out=a1[:, :, rows])
        selu_(a1, d1)
        torch.bmm(w.w2, a1, out=a2)
        selu_(a2, d2)

        self._replication_head(w.w_out, g.w_out, a2, d2, target, coordinates)
        if images is not None:
            self._task_head(w.w_class, g.w_class, a2, d2, task_weight, images)

        selu_backward_(d2, a2)
        torch.bmm(d2, a1.mT, out=g.w2)
        torch.bmm(w.w2.mT, d2, out=d1)
        selu_backward_(d1, a1)
        for (rows, units), x in zip(self.inputs, features, strict=True):
            torch.bmm(d1[:, :, rows], x, out=g.w1[:, :, units])
        if self.life.target == "self":
            self._target_gradient(theta, coordinates)
        return self.gradient[:c]

    def _look(self, features: list[Tensor], coordinates: Tensor, images: Tensor | None) -> None:
        tables = [(self.world.coordinates, coordinates), (self.world.images, images)]
        for i, (table, indices) in enumerate(tables):
            if table is None or indices is None:
                continue
            k = self.world.shape.coordinate_units
            if self.joint:
                features[0][:, :, slice(0, k) if i == 0 else slice(k, None)] = table[indices]
            else:
                torch.index_select(table, 0, indices.reshape(-1), out=features[i].view(-1, table.shape[1]))

    def _replication_head(
        self, w: Tensor, g: Tensor, a2: Tensor, d2: Tensor, target: Tensor, coordinates: Tensor
    ) -> None:
        """ρ̂ = (1/B)·Σ_b (f(c_b) - g_cb)² / mean(g²): its gradient at the output is 2(f - g)/(B·mean(g²))."""
        c, b = coordinates.shape
        rows = self.copies
        printed, targets = self.printed[:c], self.targets[:c]
        torch.bmm(w, a2[:, :, rows], out=printed)
        torch.gather(target, 1, coordinates, out=targets.view(c, b))
        self.scale = 2 * target.shape[1] / (b * torch.linalg.vector_norm(target, dim=1).square().clamp_min_(TINY))
        printed.sub_(targets).mul_(self.scale.view(c, 1, 1))
        torch.bmm(printed, a2[:, :, rows].mT, out=g)
        torch.mul(w.mT, printed, out=d2[:, :, rows])

    def _task_head(self, w: Tensor, g: Tensor, a2: Tensor, d2: Tensor, task_weight: Tensor, images: Tensor) -> None:
        """Cross-entropy: its gradient at the logits is (softmax - one-hot)/(B'·temperature)."""
        assert self.world.labels is not None
        c, b = images.shape
        rows, logits = self.labelled, self.logits[:c]
        torch.bmm(w, a2[:, :, rows], out=logits)
        torch.softmax(logits.div_(self.life.temperature), 1, out=logits)
        answers = self.world.labels[images].unsqueeze(1)
        logits.scatter_add_(1, answers, logits.new_full((1, 1, 1), -1.0).expand_as(answers))
        logits.mul_(task_weight / (b * self.life.temperature))
        torch.bmm(logits, a2[:, :, rows].mT, out=g)
        if self.joint:
            d2.baddbmm_(w.mT, logits)
        else:
            torch.bmm(w.mT, logits, out=d2[:, :, rows])

    def _target_gradient(self, theta: Tensor, coordinates: Tensor) -> None:
        """The strict target moves with θ: ∂ρ̂/∂θ also holds -2(f - θ)/(B·mean θ²) at the targets and -2ρ̂·θ/Σθ²."""
        c, b = coordinates.shape
        residual = self.printed[:c].view(c, b)
        energy = torch.linalg.vector_norm(theta, dim=1).square().clamp_min_(TINY)
        rho = residual.square().sum(1) / self.scale.square() / b * theta.shape[1] / energy
        gradient = self.gradient[:c]
        gradient.addcmul_(theta, (-2 * rho / energy).unsqueeze(1))
        gradient.scatter_add_(1, coordinates, -residual)


def live(
    world: World,
    genomes: Tensor,
    life: configuration.Life,
    pairing: str,
    rates: Tensor,
    task_weights: Tensor,
    streams: Callable[[int], np.random.Generator],
    chunk: int,
) -> Tensor:
    """Adults [P, N]: the genomes after a lifetime of learning, chunk after chunk.

    Args:
        world: Where they live.
        genomes: [P, N] float32 genomes of birth, left as they are.
        life: Steps, optimiser, batch sizes, target, environment.
        pairing: `quine.pairing`.
        rates: [P] learning rates.
        task_weights: [P] weights of the cross-entropy.
        streams: slot → the generator of that individual's experiences (slot 0's for all in a shared environment).
        chunk: Individuals computed together.
    """
    adults = genomes.clone()
    if life.steps == 0:
        return adults
    optimizer = OPTIMIZERS[life.optimizer]
    gradient_of = Gradient(world, min(chunk, len(genomes)), life, pairing)
    state = [torch.empty_like(genomes[:chunk]) for _ in range(optimizer.tensors)]
    shared = life.environment == "shared"
    for first in range(0, len(genomes), chunk):
        theta = adults[first : first + chunk]
        c = len(theta)
        slots = [0] if shared else range(first, first + c)
        born = theta if life.target == "self" else genomes[first : first + c]
        moments = [x[:c].zero_() for x in state]
        weight = task_weights[first : first + c].view(c, 1, 1)
        rate = rates[first : first + c].tolist()
        for t, seen in enumerate(experiences(world, life, pairing, [streams(s) for s in slots]), 1):
            gradient = gradient_of(theta, born, weight, seen)
            optimizer.direction(gradient, moments, t)
            _step(theta, gradient, rate, optimizer.scale(t))
    return adults


def _step(theta: Tensor, direction: Tensor, rates: list[float], scale: float) -> None:
    if len(set(rates)) == 1:
        theta.add_(direction, alpha=-rates[0] * scale)
        return
    for row, d, rate in zip(theta, direction, rates, strict=True):
        row.add_(d, alpha=-rate * scale)
