"""Networks by autograd: the dense one written as a module has the kernel's gradient, prints and answers as it does."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from alife.configuration.keys import Life
from alife.organism.autograd import Autograd, AutogradLives, as_seen
from alife.organism.codes import position_code, positions
from alife.organism.kernel.features import Features
from alife.organism.kernel.gradient import Gradient
from alife.organism.lifetime import live
from alife.organism.network import Network, Sizes
from alife.organism.quine import Forward
from alife.organism.shape import Tensors
from tests.alife.organism.test_lifetime import features_of, genomes_of, stream


class Dense(nn.Module):
    """The dense network, its parameters in the order of its genome."""

    def __init__(self, shape):
        super().__init__()
        h, self.k = shape.hidden, shape.coordinate_units
        rows = {"first": h, "second": h, "out": 1, **({"classes": shape.classes} if shape.classes else {})}
        for name, n in rows.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(n, h, dtype=torch.float64)))

    def hidden(self, inputs):
        return F.selu(F.linear(F.selu(F.linear(inputs, self.first)), self.second))

    def emit(self, codes):
        return F.linear(self.hidden(F.pad(codes, (0, self.first.shape[0] - self.k))), self.out).squeeze(-1)

    def forward(self, images):
        return F.linear(self.hidden(F.pad(images, (self.k, 0))), self.classes)


def by_autograd(features):
    """The same features for the module, and the module as a network."""
    shape = features.shape
    network = Network(Dense(shape), Sizes(1, 1, shape.hidden - shape.coordinate_units, shape.classes, 5))
    network.codes = features.coordinates
    return network, Features(network.shape, features.coordinates, features.images, features.labels)


@pytest.mark.parametrize("task", ["classes", "regression", ""])
@pytest.mark.parametrize("target", ["birth", "self", "epoch"])
@pytest.mark.parametrize("loss", ["relative", "sum"])
def test_the_gradient_is_the_kernel_s(task, target, loss):
    features = features_of(task=bool(task), regression=task == "regression")
    network, same = by_autograd(features)
    genomes, life = genomes_of(features), Life(coordinates=7, images=6, target=target, loss=loss, temperature=0.7)
    kernel = Gradient(features, life, "blank", 3, genomes)
    autograd = Autograd(network, same, life, "blank", 3, genomes)
    draw = np.random.default_rng(3)
    coordinates = torch.from_numpy(draw.integers(0, len(features.coordinates), (3, 7)))
    images = torch.from_numpy(draw.integers(0, 40, (3, 6))) if task else None
    moved = genomes + 0.05 * torch.from_numpy(draw.normal(size=genomes.shape))
    found = []
    for gradient in (kernel, autograd):
        gradient.begin(genomes, torch.tensor([0.1, 0.0, 2.0], dtype=torch.float64))
        gradient.weights.read(moved)
        if target == "epoch":
            gradient.aim()
        flat, out = gradient(coordinates, images).clone(), torch.empty_like(genomes)
        gradient.weights.flat.copy_(flat)
        gradient.weights.write(out)
        found.append(out)
    torch.testing.assert_close(found[1], found[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("environment", ["individual", "shared"])
@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_lives_are_those_of_the_kernel(environment, chunk):
    features = features_of()
    network, same = by_autograd(features)
    genomes, life = genomes_of(features), Life(steps=5, coordinates=6, images=4, environment=environment, chunk=chunk)
    rates, weights = torch.tensor([0.01, 0.02, 0.03]).double(), torch.tensor([0.1, 1.0, 0.0]).double()
    lives = AutogradLives(network, same, 2)
    adults = lives.live(genomes, life, rates, weights, stream)
    torch.testing.assert_close(adults, live(features, genomes, life, "blank", rates, weights, stream, 2))
    forward = Forward(features.shape, 3, 10, features.coordinates)
    torch.testing.assert_close(lives.emit(adults), forward.emit(adults, features.coordinates))
    labels, images = features.labels, features.images
    torch.testing.assert_close(lives.accuracy(adults, images, labels), forward.accuracy(adults, images, labels))
    torch.testing.assert_close(lives.answers(adults, images, labels), forward.answers(adults, images, labels))


def test_a_regression_is_learned_and_scored_as_by_the_kernel():
    features = features_of(regression=True)
    network, same = by_autograd(features)
    genomes, life = genomes_of(features), Life(steps=5, coordinates=6, images=30, replication_weight=0, chunk=2)
    rates, weights = torch.full((3,), 0.02).double(), torch.tensor([1.0, 3.0, 0.0]).double()
    lives = AutogradLives(network, same, 2)
    adults = lives.live(genomes, life, rates, weights, stream)
    torch.testing.assert_close(adults, live(features, genomes, life, "blank", rates, weights, stream, 2))
    forward = Forward(features.shape, 3, 10, features.coordinates)
    seen = features.images[:, :4].repeat(1, 2)[:, :7], features.labels
    adults *= 0.1
    scores = [each.explained_variance(adults, *seen) for each in (lives, forward)]
    torch.testing.assert_close(*scores)
    adults[1] = torch.nan
    assert AutogradLives(network, same, 2).explained_variance(adults, *seen)[1] == 0


def test_no_finite_answer_is_a_wrong_one():
    features = features_of()
    network, same = by_autograd(features)
    genomes = torch.full_like(genomes_of(features), torch.nan)
    lives = AutogradLives(network, same, 2)
    assert not lives.accuracy(genomes, features.images, features.labels).any()
    assert not lives.answers(genomes, features.images, features.labels).any()


class Asking(nn.Module):
    """Prints its own weights as it is given them."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.randn(3)), nn.Parameter(torch.randn(2, 2))

    def emit(self, codes, places, weights):
        return weights[places]


def test_a_module_may_ask_for_its_weights_and_the_coordinates():
    network = Network(Asking(), Sizes(0, 0, 0, 0, 4))
    network.codes = torch.zeros(7, 4)
    genomes = torch.randn(5, 7)
    lives = AutogradLives(network, Features(network.shape, network.codes, None, None), 2)
    assert torch.equal(lives.emit(genomes), genomes)
    assert torch.equal(network.initial(), torch.cat([network.module.a, network.module.b.flatten()]))
    assert network.shape == Tensors(((3,), (2, 2)), 0)


def test_bytes_are_seen_from_0_to_1():
    assert as_seen(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist() == pytest.approx([0, 0.2, 1])
    floats = torch.tensor([-1.0, 2.0])
    assert as_seen(floats) is floats


shapes = st.lists(st.lists(st.integers(1, 5), min_size=0, max_size=3).map(tuple), min_size=1, max_size=4).map(tuple)


@given(shapes)
def test_matrices_are_the_genome_in_parts(sizes):
    tensors = Tensors(sizes, classes=0)
    row = np.arange(tensors.n_weights, dtype=np.float32)
    parts = tensors.matrices(row)
    np.testing.assert_array_equal(np.concatenate([part.ravel() for part in parts]), row)
    assert all(part.ndim == 2 and np.shares_memory(part, row) for part in parts)


@given(shapes, st.integers(6, 40))
def test_positions_tell_all_weights_apart(sizes, units):
    class Some(nn.Module):
        def __init__(self):
            super().__init__()
            self.all = nn.ParameterList([nn.Parameter(torch.zeros(size)) for size in sizes])

    places = positions(Tensors(sizes, 0))
    assert len(np.unique(places, axis=0)) == len(places)
    assert places.min() >= 0
    assert places.max() < 1
    code = position_code(Some(), units)
    assert code.shape == (len(places), units)
    assert code.dtype == torch.float32
    octave = 2 * places.shape[1]
    if units >= octave:
        assert len(np.unique(code[:, :octave].numpy().round(5), axis=0)) == len(places)
