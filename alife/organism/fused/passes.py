"""The loops between products, each one pass over a block of activations [H, b] or over a network's weights [N]."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife.organism.fused.loops import loop, summing
from alife.organism.fused.numbers import ZERO, factors, fma, selu, slope
from alife.organism.optimizers import EPS

Array = NDArray[Any]


RULES: Final = ("sgd", "momentum", "adamax", "adam", "adagrad", "rmsprop")
SGD, MOMENTUM, ADAMAX, ADAM, ADAGRAD, _ = range(len(RULES))

TENTH, NINE_TENTHS, HUNDREDTH, P001 = (np.float32(x) for x in (0.1, 0.9, 0.01, 0.001))
P99, P999, EPSILON, EPSILON_ADAGRAD = (np.float32(x) for x in (0.99, 0.999, EPS, 1e-10))


@loop
def look(table: Array, indices: Array, seen: Array, turned: Array) -> None:
    """seen [b, u] = table [n, u] at indices [b], and turned [u, b] the same transposed."""
    for k in range(indices.size):
        there, here = table[indices[k]], seen[k]
        for j in range(here.size):
            here[j] = there[j]
    turn(seen, turned)


@loop
def turn(x: Array, turned: Array) -> None:
    """turned [m, n] = x [n, m] transposed."""
    for j in range(turned.shape[0]):
        for k in range(turned.shape[1]):
            turned[j, k] = x[k, j]


@loop
def activate(q: Array) -> None:
    """q → SELU(z)/UNIT (2), (3)."""
    flat = q.reshape(-1)
    for k in range(flat.size):
        flat[k] = selu(flat[k])


@loop
def head(a: Array, w: Array, unit: Any, said: Array) -> None:
    """What the head w [H] says of activations a [H, b]: said [b] (4)."""
    said[:] = ZERO
    for j in range(a.shape[0]):
        row, weight = a[j], unit * w[j]
        for k in range(said.size):
            said[k] = fma(weight, row[k], said[k])


@loop
def answer_for(a: Array, w: Array, delta: Array, unit: Any, g: Array) -> None:
    """a [H, b] → UNIT·E₂ of the head w [H] whose errors are delta [b] (13), (14); g [H] gets its gradient (11)."""
    for j in range(a.shape[0]):
        row, weight = a[j], unit * unit * w[j]
        g[j] += unit * dot(delta, row)
        for k in range(row.size):
            row[k] = slope(row[k], weight) * delta[k]


@summing
def dot(a: Array, b: Array) -> Any:
    """Sum of products of [n] and [n]."""
    total = ZERO
    for k in range(a.size):
        total += a[k] * b[k]
    return total


@loop
def bend(d: Array, a: Array, factor: Any) -> None:
    """Gradient d at SELU's result a → factor · gradient at z, in units of UNIT (17)."""
    d, a = d.reshape(-1), a.reshape(-1)
    for k in range(d.size):
        d[k] *= slope(a[k], factor)


@loop
def bend_here(a: Array, d: Array, factor: Any) -> None:
    """`bend`, with the result in place of a (14)."""
    d, a = d.reshape(-1), a.reshape(-1)
    for k in range(d.size):
        a[k] = slope(a[k], factor) * d[k]


@loop
def choose(z: Array, labels: Array, images: Array, scale: Any) -> None:
    """Logits z [C, b], in units of ln 2 → scale · (softmax minus one-hot labels [n] of images [b]) (10)."""
    most, total = z[0].copy(), np.zeros(z.shape[1], np.float32)
    for j in range(1, z.shape[0]):
        for k in range(most.size):
            most[k] = z[j, k] if z[j, k] > most[k] else most[k]
    for j in range(z.shape[0]):
        for k in range(most.size):
            power, rest = factors(z[j, k] - most[k])
            z[j, k] = power * rest
            total[k] += z[j, k]
    for j in range(z.shape[0]):
        for k in range(most.size):
            z[j, k] *= scale / total[k]
    for k in range(most.size):
        z[labels[images[k]], k] -= scale


@loop
def miss(z: Array, targets: Array, images: Array, scale: Any) -> None:
    """Predictions z [C, b] → scale · (z minus targets [n, C] of images [b]) (31)."""
    for j in range(z.shape[0]):
        for k in range(z.shape[1]):
            z[j, k] = scale * (z[j, k] - targets[images[k], j])


@loop
def count(z: Array, labels: Array) -> int:
    """How many columns of logits z [C, b] are finite and largest at labels [b]."""
    right = 0
    for k in range(z.shape[1]):
        most, which, whole = z[0, k], 0, z[0, k] == z[0, k]
        for j in range(1, z.shape[0]):
            whole &= z[j, k] == z[j, k]
            if z[j, k] > most:
                most, which = z[j, k], j
        right += whole and which == labels[k] and abs(most) < np.inf
    return right


@loop
def update(rule: int, w: Array, g: Array, m: Array, v: Array, t: int, rate: Any) -> None:
    """Step t = 1, 2, … of the optimiser RULES[rule], as of `alife.organism.optimizers`; m and v are its memory."""
    if rule == SGD:
        for k in range(w.size):
            w[k] = fma(-rate, g[k], w[k])
    elif rule == MOMENTUM:
        for k in range(w.size):
            m[k] = fma(NINE_TENTHS, m[k], g[k])
            w[k] = fma(-rate, m[k], w[k])
    elif rule == ADAMAX:
        pace = np.float32(rate / (1 - 0.9**t))
        for k in range(w.size):
            m[k] = fma(TENTH, g[k] - m[k], m[k])
            here, before = abs(g[k]) + EPSILON, P999 * v[k]
            v[k] = before if before > here else here
            w[k] = fma(-pace, m[k] / v[k], w[k])
    elif rule == ADAM:
        pace, warm = np.float32(rate / (1 - 0.9**t)), np.float32(1 / np.sqrt(1 - 0.999**t))
        for k in range(w.size):
            m[k] = fma(TENTH, g[k] - m[k], m[k])
            v[k] = fma(P001 * g[k], g[k], P999 * v[k])
            w[k] = fma(-pace, m[k] / fma(np.sqrt(v[k]), warm, EPSILON), w[k])
    elif rule == ADAGRAD:
        for k in range(w.size):
            m[k] = fma(g[k], g[k], m[k])
            w[k] = fma(-rate, g[k] / (np.sqrt(m[k]) + EPSILON_ADAGRAD), w[k])
    else:  # RMSprop
        for k in range(w.size):
            m[k] = fma(HUNDREDTH * g[k], g[k], P99 * m[k])
            w[k] = fma(-rate, g[k] / (np.sqrt(m[k]) + EPSILON), w[k])
