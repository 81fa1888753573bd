"""A life against autograd and torch.optim, for every optimiser, target, environment and pairing."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from alife.configuration.keys import Life
from alife.organism.genome import split
from alife.organism.kernel.features import Features
from alife.organism.kernel.gradient import Gradient
from alife.organism.kernel.layout import ROW_MAJOR_BELOW
from alife.organism.lifetime import experiences, live
from alife.organism.optimizers import OPTIMIZERS
from alife.organism.shape import Shape
from alife.streams import Stream, rng

TORCH = {
    "sgd": torch.optim.SGD,
    "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
    "adam": torch.optim.Adam,
    "adamax": torch.optim.Adamax,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
}


def features_of(hidden=12, units=5, classes=3, dtype=torch.float64, task=True, regression=False) -> Features:
    shape = Shape(hidden, units if task else hidden, classes if task else 0)
    draw = np.random.default_rng(1)

    def tensor(*size):
        return torch.from_numpy(draw.normal(size=size)).to(dtype)

    coordinates = tensor(shape.n_weights, shape.coordinate_units)
    if not task:
        return Features(shape, coordinates, None, None)
    images = tensor(40, hidden - units)
    labels = tensor(40, classes) if regression else torch.from_numpy(draw.integers(0, classes, 40))
    return Features(shape, coordinates, images, labels)


def genomes_of(features: Features, p=3) -> torch.Tensor:
    draw = np.random.default_rng(2)
    return torch.from_numpy(draw.normal(scale=0.3, size=(p, features.shape.n_weights))).to(features.coordinates.dtype)


def stream(slot: int) -> np.random.Generator:
    return rng(7, Stream.LIFE, 0, 0, slot)


def forward(theta, shape, coordinate, image):
    """One row of input, written out as the definition says."""
    w = split(theta.unsqueeze(0), shape)
    hidden = F.selu(w.w2[0] @ F.selu(w.w1[0] @ torch.cat([coordinate, image])))
    return (w.w_out[0] @ hidden)[0], w.w_class[0] @ hidden


def loss(theta, born, features, life, pairing, coordinates, images, weight):
    """ρ, or L_SR, over the coordinates + weight · cross-entropy over the images, one row after another.

    In a regression it is half the squared error in place of the cross-entropy.
    """
    shape = features.shape
    no_image = theta.new_zeros(shape.hidden - shape.coordinate_units)
    no_coordinate = theta.new_zeros(shape.coordinate_units)
    target = theta if life.target == "self" else born
    squared, entropy = [], []

    def missed(logits, i):
        if features.labels.is_floating_point():
            errors = 0.5 * (logits - features.labels[i]) ** 2
            return errors.sum() if life.loss == "sum" else errors.mean()
        return F.cross_entropy(logits / life.temperature, features.labels[i])

    for i, c in enumerate(coordinates.tolist()):
        image = features.images[images[i]] if pairing == "joint" and images is not None else no_image
        printed, logits = forward(theta, shape, features.coordinates[c], image)
        squared.append((printed - target[c]) ** 2)
        if pairing == "joint" and images is not None:
            entropy.append(missed(logits, images[i]))
    if pairing == "blank" and images is not None:
        for i in images.tolist():
            _, logits = forward(theta, shape, no_coordinate, features.images[i])
            entropy.append(missed(logits, i))
    if life.loss == "sum":
        return life.replication_weight * torch.stack(squared).sum() + (
            weight * torch.stack(entropy).sum() if entropy else 0
        )
    rho = torch.stack(squared).mean() / target.square().mean()
    return life.replication_weight * rho + (weight * torch.stack(entropy).mean() if entropy else 0)


def slow_life(features, genomes, life, pairing, rates, weights):
    adults = []
    for slot, born in enumerate(genomes):
        theta = born.clone().requires_grad_()
        optimizer = TORCH[life.optimizer]([theta], lr=rates[slot].item())
        one = stream(0 if life.environment == "shared" else slot)
        target = born
        for step, (coordinates, images) in enumerate(experiences(features, life, pairing, [one])):
            if life.target == "epoch" and step % (features.shape.n_weights // life.coordinates) == 0:
                target = theta.detach().clone()
            optimizer.zero_grad()
            images = None if images is None else images[0]
            loss(theta, target, features, life, pairing, coordinates[0], images, weights[slot]).backward()
            optimizer.step()
        adults.append(theta.detach())
    return torch.stack(adults)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("target", ["birth", "self"])
@pytest.mark.parametrize("pairing", ["blank", "joint"])
@pytest.mark.parametrize("environment", ["individual", "shared"])
def test_life_equals_autograd(optimizer, target, pairing, environment):
    features = features_of()
    genomes = genomes_of(features)
    life = Life(
        steps=4, optimizer=optimizer, coordinates=6, images=6, target=target, environment=environment, temperature=0.7
    )
    rates, weights = torch.tensor([0.01, 0.02, 0.01]).double(), torch.tensor([0.1, 0.5, 0.0]).double()
    got = live(features, genomes, life, pairing, rates, weights, stream, chunk=2)
    torch.testing.assert_close(got, slow_life(features, genomes, life, pairing, rates, weights), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("target", ["birth", "self", "epoch"])
@pytest.mark.parametrize("loss", ["relative", "sum"])
@pytest.mark.parametrize("pairing", ["blank", "joint"])
def test_epochs_with_their_targets_and_summed_losses_equal_autograd(target, loss, pairing):
    features = features_of()
    genomes = genomes_of(features)
    life = Life(steps=7, coordinates=100, images=30, target=target, loss=loss, sampling="epoch", optimizer="adamax")
    assert features.shape.n_weights // life.coordinates == 3, "targets change twice"
    rates, weights = torch.full((3,), 0.01).double(), torch.tensor([0.1, 0.5, 0.0]).double()
    got = live(features, genomes, life, pairing, rates, weights, stream, chunk=2)
    torch.testing.assert_close(got, slow_life(features, genomes, life, pairing, rates, weights), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("pairing", ["blank", "joint"])
@pytest.mark.parametrize("loss", ["relative", "sum"])
@pytest.mark.parametrize("target", ["birth", "self"])
@pytest.mark.parametrize("outputs", [1, 4])
def test_regressions_equal_autograd(outputs, target, loss, pairing):
    features = features_of(classes=outputs, regression=True)
    genomes = genomes_of(features)
    life = Life(steps=4, coordinates=6, images=6, target=target, loss=loss, optimizer="sgd", temperature=0.7)
    rates, weights = torch.full((3,), 0.01).double(), torch.tensor([0.1, 0.5, 0.0]).double()
    got = live(features, genomes, life, pairing, rates, weights, stream, chunk=2)
    slow = slow_life(features, genomes, life, pairing, rates, weights)
    torch.testing.assert_close(got, slow, rtol=1e-9, atol=1e-11)
    hot = live(features, genomes, life.model_copy(update={"temperature": 3.0}), pairing, rates, weights, stream, 2)
    assert torch.equal(hot, got), "there is no softmax whose temperature it could be"


@pytest.mark.parametrize("target", ["birth", "self"])
@pytest.mark.parametrize("loss", ["relative", "sum"])
@pytest.mark.parametrize("heavy", [0.0, 3.0])
def test_the_replication_loss_has_a_weight(target, loss, heavy):
    features = features_of()
    genomes = genomes_of(features)
    life = Life(steps=4, coordinates=6, images=6, target=target, loss=loss, replication_weight=heavy, optimizer="adam")
    rates, weights = torch.full((3,), 0.01).double(), torch.tensor([0.1, 0.5, 1.0]).double()
    got = live(features, genomes, life, "blank", rates, weights, stream, chunk=2)
    torch.testing.assert_close(got, slow_life(features, genomes, life, "blank", rates, weights), rtol=1e-6, atol=1e-7)


@given(
    batch=st.integers(1, 336),
    images=st.integers(1, 50),
    pairing=st.sampled_from(["blank", "joint"]),
    sampling=st.sampled_from(["epoch", "restarting"]),
)
def test_an_epoch_shows_each_coordinate_once_and_a_life_no_image_twice_before_all(batch, images, pairing, sampling):
    features = features_of()
    steps = features.shape.n_weights // batch
    life = Life(steps=2 * steps, coordinates=batch, images=images, sampling=sampling)
    assert features.epoch(life) == steps
    seen = list(experiences(features, life, pairing, [stream(0)]))
    epochs = seen[:steps], seen[steps:]
    for coordinates in (torch.cat([c.flatten() for c, _ in epoch]) for epoch in epochs):
        assert len(coordinates) == steps * batch == len(coordinates.unique())
    for shown in [seen] if sampling == "epoch" else epochs:  # restarting ones are dealt anew with each epoch
        counts = torch.bincount(torch.cat([i.flatten() for _, i in shown]), minlength=len(features.images))
        assert counts.max() - counts.min() <= 1
    assert not torch.equal(seen[0][0], seen[steps][0]) or batch < 3


def test_vanilla_life_equals_autograd():
    features = features_of(task=False)
    genomes = genomes_of(features)
    life = Life(steps=4, coordinates=7)
    rates, weights = torch.full((3,), 0.01).double(), torch.zeros(3).double()
    got = live(features, genomes, life, "blank", rates, weights, stream, chunk=3)
    torch.testing.assert_close(got, slow_life(features, genomes, life, "blank", rates, weights), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("pairing", ["blank", "joint"])
def test_large_batches_equal_autograd_too(pairing):
    """They lie otherwise in memory; here coordinates one way and images the other."""
    features = features_of()
    genomes = genomes_of(features)
    life = Life(steps=3, coordinates=ROW_MAJOR_BELOW + 5, images=ROW_MAJOR_BELOW - 1)
    rates, weights = torch.full((3,), 0.01).double(), torch.tensor([0.1, 0.5, 0.0]).double()
    got = live(features, genomes, life, pairing, rates, weights, stream, chunk=2)
    torch.testing.assert_close(got, slow_life(features, genomes, life, pairing, rates, weights), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_learns_at_its_own_rate_whatever_its_neighbours_do(optimizer):
    features = features_of()
    genomes = genomes_of(features)
    life = Life(steps=5, coordinates=6, images=6, optimizer=optimizer)
    rates, weights = torch.tensor([0.01, 0.02, 0.04]).double(), torch.full((3,), 0.1).double()
    together = live(features, genomes, life, "blank", rates, weights, stream, chunk=3)
    torch.testing.assert_close(together, live(features, genomes, life, "blank", rates, weights, stream, chunk=1))


def test_strict_targets_are_added_up_in_order_however_many_threads_there_are():
    features = features_of(dtype=torch.float32, task=False)
    genomes = genomes_of(features)
    gradient = Gradient(features, Life(coordinates=20_000, target="self", loss="sum"), "blank", 3, genomes)
    gradient.see(torch.randint(features.shape.n_weights, (3, 20_000)), None)
    gradient._residual.normal_()
    more, expected = torch.empty_like(genomes), np.zeros(genomes.shape, np.float32)
    for row, coordinates, residual in zip(expected, gradient._coordinates, gradient._residual, strict=True):
        np.subtract.at(row, coordinates.numpy(), residual[0].numpy())
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        gradient._follow(more)
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(more.numpy(), expected)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("pairing", ["blank", "joint"])
@pytest.mark.parametrize("regression", [False, True])
def test_a_step_allocates_no_memory(optimizer, pairing, regression):
    features = features_of(dtype=torch.float32, regression=regression)
    genomes = genomes_of(features)
    life = Life(coordinates=40, images=40, optimizer=optimizer)
    gradient = Gradient(features, life, pairing, 3, genomes)
    gradient.begin(genomes, torch.full((3,), 0.1))
    rule = OPTIMIZERS[optimizer]
    moments = [torch.zeros_like(gradient.weights.flat) for _ in range(rule.moments)]
    seen = torch.randint(features.shape.n_weights, (3, 40)), torch.randint(40, (3, 40))
    with torch.profiler.profile(profile_memory=True) as profile:
        rule.update(gradient.weights.flat, gradient(*seen), moments, 1, 0.01)
    allocated = [event.self_cpu_memory_usage for event in profile.events() if event.self_cpu_memory_usage > 0]
    assert sum(allocated) < 256, "no more than a few scalars"


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_chunks_agree_to_rounding_in_float32(chunk):
    features = features_of(dtype=torch.float32)
    genomes = genomes_of(features, p=5)
    life = Life(steps=10, coordinates=16, images=8)
    rates, weights = torch.full((5,), 0.005), torch.full((5,), 0.1)
    whole = live(features, genomes, life, "blank", rates, weights, stream, chunk=4)
    torch.testing.assert_close(
        live(features, genomes, life, "blank", rates, weights, stream, chunk=chunk), whole, rtol=1e-4, atol=1e-5
    )


def test_no_steps_is_no_life():
    features = features_of()
    genomes = genomes_of(features)
    one = torch.ones(3).double()
    got = live(features, genomes, Life(steps=0), "blank", one, one, stream, chunk=2)
    assert torch.equal(got, genomes)
    assert got.data_ptr() != genomes.data_ptr()
