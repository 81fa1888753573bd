"""Hill climbing against the definition, network by network."""

import numpy as np
import torch

from alife.configuration.keys import Life
from alife.organism.hill_climbing import STRIDE, TABLE, Climbers
from alife.streams import Stream, rng
from tests.alife.organism.test_lifetime import features_of, forward, genomes_of


def slow_epoch(features, genomes, batch, sigma, stream):
    """One epoch as the paper words it: noise on all weights, kept if the minibatch's loss falls."""
    n = features.shape.n_weights
    steps = n // batch
    table = stream.standard_normal(TABLE, np.float32)
    begins = stream.integers(0, (TABLE - n) // STRIDE, (steps, len(genomes)))
    order = stream.permutation(n)[: steps * batch].reshape(steps, batch)
    out, kept = genomes.clone(), torch.zeros(len(genomes))

    def loss(theta, target, coordinates):
        printed = torch.stack(
            [forward(theta, features.shape, features.coordinates[c], theta[:0])[0] for c in coordinates]
        )
        return (printed - target[coordinates]).square().sum()

    for k, target in enumerate(genomes):
        for t in range(steps):
            noise = torch.from_numpy(table[begins[t, k] * STRIDE :][:n].copy())
            trial = out[k] + sigma * in_layout(noise, features.shape)
            if loss(trial, target, order[t]) < loss(out[k], target, order[t]):
                out[k] = trial
                kept[k] += 1
    return out, kept / steps


def in_layout(noise, shape):
    """Noise fills matrix after matrix, which without a task is a genome's own order."""
    assert shape.classes == 0
    return noise


def test_an_epoch_equals_the_definition():
    features = features_of(task=False, dtype=torch.float32)
    genomes, batch, sigma = genomes_of(features), 30, 0.02
    climbers = Climbers(features, Life(coordinates=batch), genomes, sigma)
    share = climbers.climb(rng(3, Stream.PAPER, 0))
    want, kept = slow_epoch(features, genomes, batch, sigma, rng(3, Stream.PAPER, 0))
    assert 0 < kept.mean() < 1
    assert torch.equal(share, kept)
    torch.testing.assert_close(climbers.networks(), want, rtol=1e-5, atol=1e-6)


def test_the_target_stays_for_an_epoch_and_then_follows():
    features = features_of(task=False, dtype=torch.float32)
    climbers = Climbers(features, Life(coordinates=30), genomes_of(features), 0.02)
    climbers.climb(rng(3, Stream.PAPER, 0))
    between = climbers.networks()
    climbers.climb(rng(3, Stream.PAPER, 1))
    again = Climbers(features, Life(coordinates=30), between, 0.02)
    again.climb(rng(3, Stream.PAPER, 1))
    assert torch.equal(again.networks(), climbers.networks())
    assert not torch.equal(between, climbers.networks())


def test_noise_of_no_size_changes_nothing():
    features = features_of(task=False, dtype=torch.float32)
    genomes = genomes_of(features)
    climbers = Climbers(features, Life(coordinates=30), genomes, 0.0)
    climbers.climb(rng(3, Stream.PAPER, 0))  # losses of the same weights may differ in their last bits, and so be kept
    assert torch.equal(climbers.networks(), genomes)
