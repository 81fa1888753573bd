"""What a life is measured against: the same steps by one network after another, and by JAX.

A room of its own because nothing that evolves uses it. The rivals are written as their own documentation would have
them, with the same features, batches and optimiser as `alife.life`, and replication alone.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from alife import config as configuration
from alife.life import World, experiences

Call = Callable[[], object]


def one_after_another(world: World, life: configuration.Life, *, optimizer: bool) -> Call:
    """A life of a single network by autograd and torch.optim.Adamax, or its gradients alone."""
    h = world.shape.hidden
    draw = np.random.default_rng(0)
    born = torch.from_numpy(draw.uniform(-(h**-0.5), h**-0.5, world.shape.n_weights).astype(np.float32))
    theta = born.clone().requires_grad_()
    w1, w2, w_out = (slice(0, h * h), slice(h * h, 2 * h * h), slice(2 * h * h, 2 * h * h + h))
    scale = born.square().mean()
    adamax = torch.optim.Adamax([theta], lr=life.learning_rate)

    def run() -> None:
        for coordinates, _ in experiences(world, life, "blank", [np.random.default_rng(1)]):
            c = coordinates[0]
            hidden = F.selu(F.selu(world.coordinates[c] @ theta[w1].view(h, h).T) @ theta[w2].view(h, h).T)
            rho = (hidden @ theta[w_out] - born[c]).square().mean() / scale
            if not optimizer:
                torch.autograd.grad(rho, theta)
                continue
            adamax.zero_grad()
            rho.backward()
            adamax.step()

    return run


def jax_population(world: World, life: configuration.Life, individuals: int) -> Call | None:
    """Lives of a population by vmap, grad, scan and jit, index draws included; None where JAX is not installed."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return None
    h = world.shape.hidden
    features = jnp.asarray(world.coordinates.numpy())
    draw = np.random.default_rng(0)
    size = (individuals, world.shape.n_weights)
    genomes = jnp.asarray(draw.uniform(-(h**-0.5), h**-0.5, size).astype(np.float32))
    streams = [np.random.default_rng(i) for i in range(individuals)]

    def rho(theta, born, c):
        first, second = theta[: h * h].reshape(h, h), theta[h * h : 2 * h * h].reshape(h, h)
        hidden = jax.nn.selu(jax.nn.selu(features[c] @ first.T) @ second.T)
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

    def run() -> None:
        seen = [c.numpy() for c, _ in experiences(world, life, "blank", streams)]
        lives(genomes, np.stack(seen).astype(np.int32)).block_until_ready()

    return run
