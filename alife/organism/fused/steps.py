"""Steps of one individual's life: loops of numba around products of blocks. Call `begin`, then `learn`.

A step goes through its batch in blocks of columns: products of a block are small enough for BLAS to copy nothing, and
what lies between them never leaves the nearest cache. Numbers are the equations of docs/concepts/gradient.md.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from alife.organism.fused import passes
from alife.organism.fused.blas import multiply
from alife.organism.fused.loops import loop
from alife.organism.fused.passes import Array
from alife.organism.kernel.activation import LN_2, SECOND, UNIT
from alife.organism.kernel.gradient import TINY

TARGETS: Final = ("birth", "self", "epoch")
BIRTH, SELF, EPOCH = range(len(TARGETS))
NO, YES = np.float32(0), np.float32(1)
UNIT_, SECOND_, LN_2_, SQUARE = (np.float32(x) for x in (UNIT, SECOND, LN_2, UNIT * UNIT))


class World(NamedTuple):
    """What lives have in common.

    Attributes:
        sgemm: `SGEMM`.
        sizes: H, K, C, columns of a block.
        coordinates: [N, K] features times `FIRST`.
        images: [n, H - K] likewise; none without a task.
        labels: [n] of a classification.
        targets: [n, C] of a regression, else none.
        joint: Whether an image stands beside each coordinate.
        relative: Whether the loss is ρ and means, and not sums.
        target: BIRTH, SELF or EPOCH.
        epoch: Steps between aims.
        weights: Of the replication loss, and of logits: 1/(temperature·ln 2), or 1 of predictions.
        rule: Of `passes.RULES`.
    """

    sgemm: Any
    sizes: tuple[int, int, int, int]
    coordinates: Array
    images: Array
    labels: Array
    targets: Array
    joint: bool
    relative: bool
    target: int
    epoch: int
    weights: tuple[Any, Any]
    rule: int


class Being(NamedTuple):
    """An individual while it lives, [N] each: weights, gradient, target, and what the optimiser remembers."""

    weights: Array
    slopes: Array
    target: Array
    memory: Array
    more: Array


class Room(NamedTuple):
    """Buffers of a step, flat: features of a block and their transpose, activations, gradients, logits, errors [B]."""

    seen: Array
    turned: Array
    first: Array
    second: Array
    back: Array
    logits: Array
    errors: Array


@loop
def begin(given: tuple[Array, ...], genome: Array) -> None:
    """Birth: a genome [N], and no memory; `Being` comes as a tuple."""
    being = Being(*given)
    being.weights[:] = genome
    being.target[:] = genome
    being.memory[:] = NO
    being.more[:] = NO


@loop
def learn(
    same: Any, given: Any, buffers: Any, places: Array, images: Array, age: int, rate: Any, task_weight: Any
) -> None:
    """Steps age + 1, age + 2, … on coordinates [steps, B] and images [steps, B'].

    `World`, `Being` and `Room` come as tuples, whose types numba sees at a glance.
    """
    world, being, room = World(*same), Being(*given), Room(*buffers)
    b, n, weight = places.shape[1], images.shape[1], world.weights[0]
    scale = _scale(world, being, b)
    answers = task_weight * world.weights[1] * (LN_2_ if world.targets.size == 0 else YES)
    if world.relative and n:
        answers /= np.float32(n * (world.sizes[2] if world.targets.size else 1))  # of (10), (31)
    for step in range(len(places)):
        if world.target == SELF or (world.target == EPOCH and (age + step) % world.epoch == 0):
            being.target[:] = being.weights
            scale = _scale(world, being, b)
        being.slopes[:] = NO
        columns = world.sizes[3]
        for first in range(0, b, columns):
            block = slice(first, min(first + columns, b))
            if world.joint:
                _both(world, being, room, places[step, block], images[step, block], room.errors[block], scale, answers)
            else:
                _print(world, being, room, places[step, block], room.errors[block], scale)
        if not world.joint:
            for first in range(0, n, columns):
                _classify(world, being, room, images[step, first : min(first + columns, n)], answers)
        if world.target == SELF:
            _follow(world, being, places[step], room.errors, weight)
        passes.update(world.rule, being.weights, being.slopes, being.memory, being.more, age + step + 1, rate)


@loop
def _scale(world: World, being: Being, b: int) -> Any:
    """The factor of (9)."""
    twice = np.float32(2) * world.weights[0]
    if not world.relative:
        return twice
    energy = max(passes.dot(being.target, being.target), np.float32(TINY))
    return np.float32(twice * being.target.size / b / energy)


@loop
def _matrices(world: World, flat: Array) -> Any:
    """W₁ of coordinates and of images, W₂, w_out and W_class, as views of [N]."""
    h, k, classes, _ = world.sizes
    first, second = flat[: h * h].reshape(h, h), flat[h * h : 2 * h * h].reshape(h, h)
    out, rest = flat[2 * h * h : 2 * h * h + h], flat[2 * h * h + h :]
    return first[:, :k], first[:, k:], second, out, rest.reshape(classes, h)


@loop
def _block(flat: Array, rows: int, columns: int) -> Array:
    return flat[: rows * columns].reshape(rows, columns)


@loop
def _print(world: World, being: Being, room: Room, places: Array, errors: Array, scale: Any) -> None:
    """Add the gradient of printing a block of coordinates; errors [b] become δ_F."""
    h, k, b = world.sizes[0], world.sizes[1], places.size
    w, _, second, out, _ = _matrices(world, being.weights)
    g, _, g2, g_out, _ = _matrices(world, being.slopes)
    seen, turned = _block(room.seen, b, k), _block(room.turned, k, b)
    a1, a2, d = _layers(room, h, b)
    passes.look(world.coordinates, places, seen, turned)
    multiply(world.sgemm, a1, w, False, turned, False, YES, NO)  # (1), as (25)
    forward(world.sgemm, second, a1, a2)
    _err(being, a2, out, places, errors, scale)
    passes.answer_for(a2, out, errors, UNIT_, g_out)
    _backward(world, room, second, g2, a1, a2, d)
    multiply(world.sgemm, g, d, False, seen, False, YES, YES)  # (18)


@loop
def _classify(world: World, being: Being, room: Room, images: Array, answers: Any) -> None:
    """Add the gradient of answering to a block of images."""
    h, u, b = world.sizes[0], world.sizes[0] - world.sizes[1], images.size
    _, w, second, _, heads = _matrices(world, being.weights)
    _, g, g2, _, g_heads = _matrices(world, being.slopes)
    seen, turned = _block(room.seen, b, u), _block(room.turned, u, b)
    a1, a2, d = _layers(room, h, b)
    passes.look(world.images, images, seen, turned)
    multiply(world.sgemm, a1, w, False, turned, False, YES, NO)  # (1), as (25)
    forward(world.sgemm, second, a1, a2)
    z = _answer(world, room, heads, a2, images, answers)
    multiply(world.sgemm, g_heads, z, False, a2, True, UNIT_, YES)  # (12)
    multiply(world.sgemm, d, heads, True, z, False, YES, NO)  # (13)
    passes.bend_here(a2, d, SQUARE)  # (14), as (28)
    _backward(world, room, second, g2, a1, a2, d)
    multiply(world.sgemm, g, d, False, seen, False, YES, YES)  # (18)


@loop
def _both(
    world: World, being: Being, room: Room, places: Array, images: Array, errors: Array, scale: Any, answers: Any
) -> None:
    """Add the gradient of printing and answering of a block of coordinates with an image beside each."""
    h, k, b = world.sizes[0], world.sizes[1], places.size
    w, w_images, second, out, heads = _matrices(world, being.weights)
    g, g_images, g2, g_out, g_heads = _matrices(world, being.slopes)
    seen, turned = _block(room.seen, b, k), _block(room.turned, k, b)
    shown, shown_turned = _block(room.seen[k * b :], b, h - k), _block(room.turned[k * b :], h - k, b)
    a1, a2, d = _layers(room, h, b)
    passes.look(world.coordinates, places, seen, turned)
    passes.look(world.images, images, shown, shown_turned)
    multiply(world.sgemm, a1, w, False, turned, False, YES, NO)
    multiply(world.sgemm, a1, w_images, False, shown_turned, False, YES, YES)  # (1), as (25)
    forward(world.sgemm, second, a1, a2)
    _err(being, a2, out, places, errors, scale)
    z = _answer(world, room, heads, a2, images, answers)
    multiply(world.sgemm, g_heads, z, False, a2, True, UNIT_, YES)  # (12)
    for j in range(h):
        g_out[j] += UNIT_ * passes.dot(errors, a2[j])  # (11)
        d[j] = out[j] * errors
    multiply(world.sgemm, d, heads, True, z, False, YES, YES)  # (13)
    passes.bend_here(a2, d, SQUARE)  # (14), as (28)
    _backward(world, room, second, g2, a1, a2, d)
    multiply(world.sgemm, g, d, False, seen, False, YES, YES)
    multiply(world.sgemm, g_images, d, False, shown, False, YES, YES)  # (18)


@loop
def _layers(room: Room, h: int, b: int) -> tuple[Array, Array, Array]:
    """Both activations of a block, and a place for gradients, [H, b] each."""
    return _block(room.first, h, b), _block(room.second, h, b), _block(room.back, h, b)


@loop
def forward(sgemm: Any, second: Array, a1: Array, a2: Array) -> None:
    """From (2) to (3)."""
    passes.activate(a1)  # (2)
    multiply(sgemm, a2, second, False, a1, False, SECOND_, NO)  # (3), as (26)
    passes.activate(a2)  # (3)


@loop
def _err(being: Being, a2: Array, out: Array, places: Array, errors: Array, scale: Any) -> None:
    """errors [b] = δ_F."""
    passes.head(a2, out, UNIT_, errors)  # (4), as (27)
    for k in range(errors.size):
        errors[k] = scale * (errors[k] - being.target[places[k]])  # (9)


@loop
def _answer(world: World, room: Room, heads: Array, a2: Array, images: Array, answers: Any) -> Array:
    """δ_ℓ [C, b]."""
    z = _block(room.logits, heads.shape[0], images.size)
    multiply(world.sgemm, z, heads, False, a2, False, UNIT_ * world.weights[1], NO)  # (5), as (27)
    if world.targets.size:
        passes.miss(z, world.targets, images, answers)  # (31)
    else:
        passes.choose(z, world.labels, images, answers)  # (10)
    return z


@loop
def _backward(world: World, room: Room, second: Array, g2: Array, a1: Array, e2: Array, d: Array) -> None:
    """From UNIT·E₂ to E₁/FIRST, in d."""
    turned = _block(room.turned, a1.shape[1], a1.shape[0])
    passes.turn(a1, turned)
    multiply(world.sgemm, g2, e2, False, turned, False, YES, YES)  # (15); BLAS is slow where the second is transposed
    multiply(world.sgemm, d, second, True, e2, False, YES, NO)  # UNIT·D₁: (16)
    passes.bend(d, a1, LN_2_)  # (17), as (29)


@loop
def _follow(world: World, being: Being, places: Array, errors: Array, weight: Any) -> None:
    """Add what θ as the target adds."""
    if world.relative and weight:
        shrink = -passes.dot(errors, errors) * np.float32(errors.size / (2 * being.target.size)) / weight  # (21)
        for k in range(being.slopes.size):
            being.slopes[k] += shrink * being.target[k]  # (20)
    for k in range(errors.size):
        being.slopes[places[k]] -= errors[k]  # (19)
