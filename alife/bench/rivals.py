"""What a life is measured against: the same steps by one network after another, and by JAX.

Call `one_after_another` or `jax_population` for a contestant, and what it returns to let it live. They are written as
their own documentation would have them, with the same features, batches and optimiser as `alife.organism.lifetime`, and
replication alone.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from alife.bench.timing import Call
from alife.configuration import keys as configuration
from alife.organism.kernel.features import Features
from alife.organism.lifetime import experiences
from alife.organism.shape import Shape


def one_after_another(
    features: Features[Shape], life: configuration.Life, born: Tensor, stream: int, *, optimizer: bool
) -> Call:
    """A life of a single genome [N] by autograd and torch.optim.Adamax, or its gradients alone; returns the adult."""
    h = features.shape.hidden
    w1, w2, w_out = (slice(0, h * h), slice(h * h, 2 * h * h), slice(2 * h * h, 2 * h * h + h))
    scale = born.square().mean()

    def run() -> Tensor:
        theta = born.clone().requires_grad_()
        adamax = torch.optim.Adamax([theta], lr=life.learning_rate)
        for coordinates, _ in experiences(features, life, "blank", [np.random.default_rng(stream)]):
            c = coordinates[0]
            hidden = F.selu(F.selu(features.coordinates[c] @ theta[w1].view(h, h).T) @ theta[w2].view(h, h).T)
            rho = (hidden @ theta[w_out] - born[c]).square().mean() / scale
            if not optimizer:
                torch.autograd.grad(rho, theta)
                continue
            adamax.zero_grad()
            rho.backward()
            adamax.step()
        return theta.detach()

    return run


def jax_population(features: Features[Shape], life: configuration.Life, born: Tensor) -> Call:
    """Lives of [P, N] genomes by vmap, grad, scan and jit, random draws included; returns the adults.

    Individual i draws from generator i. JAX counts the cores that it may use when it starts.
    """
    import jax
    import jax.numpy as jnp

    h = features.shape.hidden
    inputs, genomes = jnp.asarray(features.coordinates.numpy()), jnp.asarray(born.numpy())

    def rho(theta, born, c):
        first, second = theta[: h * h].reshape(h, h), theta[h * h : 2 * h * h].reshape(h, h)
        hidden = jax.nn.selu(jax.nn.selu(inputs[c] @ first.T) @ second.T)
        return jnp.mean((hidden @ theta[2 * h * h : 2 * h * h + h] - born[c]) ** 2) / jnp.mean(born**2)

    gradients = jax.vmap(jax.grad(rho))

    def step(state, now):
        theta, mean, peak = state
        t, c = now
        g = gradients(theta, genomes, c)
        mean = 0.9 * mean + 0.1 * g
        peak = jnp.maximum(0.999 * peak, jnp.abs(g) + 1e-8)
        return (theta - life.learning_rate / (1 - 0.9**t) * mean / peak, mean, peak), None

    @jax.jit
    def lives(theta, coordinates):
        times = jnp.arange(1, len(coordinates) + 1)
        zeros = jnp.zeros_like(theta)
        return jax.lax.scan(step, (theta, zeros, zeros), (times, coordinates))[0][0]

    def run() -> Tensor:
        streams = [np.random.default_rng(i) for i in range(len(born))]
        seen = [c.numpy() for c, _ in experiences(features, life, "blank", streams)]
        return torch.from_numpy(np.array(lives(genomes, np.stack(seen).astype(np.int32)).block_until_ready()))

    return run
