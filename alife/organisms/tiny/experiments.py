"""The experiments of Gabor et al. (2019) on tiny networks, as functions of a seed. Linear, float32, learning rate 0.01.

`applied`, `self_trained` and `disturbed` are of single networks, `souped` of soups. What is random of an individual is
keyed by the seed, the experiment and its number.
"""

import zlib
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alife.organisms.tiny.fixpoints import EPSILON, classes
from alife.organisms.tiny.networks import Tiny, made
from alife.organisms.tiny.soup import Rules, evolve
from alife.organisms.tiny.training import orders, trained

RATE: Final = 0.01
"""The learning rate of Keras' SGD."""

APPLICATIONS, PASSES, LONGEST, EPOCHS = 100, 1000, 100, 100
"""Applications of an untrained network to itself, passes of training, steps of a disturbed one, epochs of a soup."""

SCALES: Final = tuple(10.0**-power for power in range(10))
"""Of the noise that disturbs a fixpoint."""

Ints = NDArray[np.int64]


def applied(kind: str, nets: int, seed: int) -> Ints:
    """[nets] classes of untrained networks after 100 applications to themselves."""
    tiny = made(kind)
    weights = _founders(tiny, _randoms(seed, f"applied {kind}", nets))
    for _ in range(APPLICATIONS):
        weights = _to_itself(tiny, weights)
    return classified(tiny, weights)


def self_trained(kind: str, nets: int, seed: int) -> Ints:
    """[nets] classes of networks after 1,000 passes of training on their own weights."""
    tiny, randoms = made(kind), _randoms(seed, f"trained {kind}", nets)
    weights = _founders(tiny, randoms)
    order = np.stack([orders(tiny, PASSES, random) for random in randoms])
    return classified(tiny, trained(tiny, weights, order, torch.full((nets,), RATE)))


def disturbed(scale: float, trials: int, seed: int) -> tuple[Ints, Ints]:
    """What becomes of the identity of weights, disturbed: the weightwise network of f(w, position) = w.

    Noise U(-scale, scale) falls on each weight, and the network is applied to itself, 100 times at most.

    Returns:
        [trials] steps before it is zero or divergent, and [trials] steps of these at which it was a fixpoint, until it
        was none for the first time, counted as the authors count: one that is a fixpoint again counts on.
    """
    tiny = made("weightwise")
    noise = [random.uniform(-scale, scale, tiny.n_weights) for random in _randoms(seed, f"disturbed {scale:g}", trials)]
    weights = torch.from_numpy((_identity(tiny) + np.stack(noise)).astype(np.float32))
    going, fixed = np.ones(trials, bool), np.ones(trials, bool)
    steps, held = np.zeros(trials, np.int64), np.zeros(trials, np.int64)
    for _ in range(LONGEST):
        weights = _to_itself(tiny, weights)
        going &= ~(weights.abs() <= EPSILON).all(1).numpy() & weights.isfinite().all(1).numpy()
        fixpoint = classified(tiny, weights) == 2
        held += going & fixpoint & fixed
        fixed = np.where(going, fixpoint, fixed)
        steps += going
    return steps, held


def souped(rules: Rules, soups: int, size: int, epochs: int, seed: int) -> Ints:
    """[soups, size] classes of the individuals of soups after so many epochs."""
    tiny = made(rules.network, rules.activation)
    randoms = _randoms(seed, f"soup {rules.model_dump_json()}", soups * size)
    weights = _founders(tiny, randoms)
    rates = torch.full((len(weights),), RATE)
    return classified(tiny, evolve(tiny, weights, rules, rates, randoms, size, epochs)).reshape(soups, size)


def classified(tiny: Tiny, weights: Tensor) -> Ints:
    """[P] classes of weights [P, N] as the authors' code has them: of second order where f_θ(f_θ(θ)) = θ."""
    layers = tiny.matrices(weights)
    once = tiny.applied(layers, weights)
    return classes(weights.numpy(), once.numpy(), tiny.applied(layers, once).numpy())


def _to_itself(tiny: Tiny, weights: Tensor) -> Tensor:
    return tiny.applied(tiny.matrices(weights), weights)


def _founders(tiny: Tiny, randoms: list[np.random.Generator]) -> Tensor:
    return torch.stack([tiny.fresh(random) for random in randoms])


def _identity(tiny: Tiny) -> NDArray[np.float64]:
    """[N] weights of which the first unit of each layer hands on the first input."""
    weights = torch.zeros(tiny.n_weights, dtype=torch.float64)
    for matrix in tiny.matrices(weights):
        matrix[0, 0] = 1
    return weights.numpy()


def _randoms(seed: int, experiment: str, count: int) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, zlib.crc32(experiment.encode()), number]) for number in range(count)]
