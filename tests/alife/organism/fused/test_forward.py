"""Emission and classification in fused passes against torch's."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.organism.fused.blas import WIDEST
from alife.organism.fused.forward import TOGETHER, FusedForward
from alife.organism.measures import relative_error
from alife.organism.quine import Forward
from tests.alife.organism.test_lifetime import features_of, genomes_of

NUMBERS = st.integers(1, 2 * WIDEST + 3) | st.sampled_from([WIDEST, 2 * WIDEST])


def world(p=5, n=100, regression=False, **what):
    """Features, p networks, n images of other numbers, and the answers to these."""
    features = features_of(dtype=torch.float32, regression=regression, **what)
    draw, shape = torch.Generator().manual_seed(3), features.shape
    images = torch.randn(n, shape.hidden - shape.coordinate_units, generator=draw)
    labels = torch.randn(n, shape.classes, generator=draw) if regression else torch.arange(n) % shape.classes
    return features, genomes_of(features, p), images, labels


def both(features):
    """What is tested, and what it is tested against."""
    likewise = features.shape, 3, 50, features.coordinates
    return FusedForward(*likewise), Forward(*likewise)


@given(p=st.integers(0, 2 * TOGETHER + 1), hidden=st.integers(2, 40), classes=st.integers(1, 12), n=NUMBERS)
@settings(deadline=None, max_examples=20)
def test_whatever_sizes_what_is_said_is_torch_s(p, hidden, classes, n):
    features, networks, images, labels = world(p, n, hidden=hidden, units=hidden // 2, classes=classes)
    fused, torchs = both(features)
    got, expected = (f.emit(networks, features.coordinates) for f in (fused, torchs))
    assert got.shape == expected.shape
    assert not p or relative_error(got, expected).max() < 1e-10
    assert torch.equal(fused.accuracy(networks, images, labels), torchs.accuracy(networks, images, labels))
    assert torch.equal(fused.answers(networks, images, labels), torchs.answers(networks, images, labels))
    entropies = [f.cross_entropy(networks, images, labels, 0.7) for f in (fused, torchs)]
    torch.testing.assert_close(*entropies, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("outputs", [1, 4])
@pytest.mark.parametrize("n", [2, WIDEST, 150])
def test_the_explained_variance_is_torch_s(outputs, n):
    features, networks, images, targets = world(n=n, classes=outputs, regression=True)
    fused, torchs = both(features)
    said = torch.cat([z for _, _, z in torchs._logits(networks[2:3], images)], 2)[0].T
    targets = said + targets * said.std(0) / 3
    got, expected = (f.explained_variance(networks, images, targets) for f in (fused, torchs))
    assert 0.5 < expected[2] < 1
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)


def test_images_beside_coordinates_are_seen_by_all_units():
    features, networks, images, labels = world()
    beside = torch.cat([features.coordinates[: len(images)], images], 1)
    fused, torchs = both(features)
    assert torch.equal(fused.accuracy(networks, beside, labels), torchs.accuracy(networks, beside, labels))
    everything = torch.cat([features.coordinates, features.coordinates], 1)[:, : features.shape.hidden]
    got, expected = (f.emit(networks, everything) for f in (fused, torchs))
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("ill", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("weight", [20, 200, 310, -1, slice(None)])
def test_a_network_with_weights_that_are_not_finite_says_what_torch_s_says(ill, weight):
    features, networks, images, labels = world()
    networks[1, weight] = ill
    fused, torchs = both(features)
    got, expected = (
        [f.accuracy(networks, images, labels), f.answers(networks, images, labels)] for f in (fused, torchs)
    )
    assert torch.equal(got[0], expected[0])
    assert torch.equal(got[1], expected[1])
    assert expected[0][0] > 0
    emitted = fused.emit(networks, features.coordinates)
    assert torch.equal(emitted[1].isfinite(), torchs.emit(networks, features.coordinates)[1].isfinite())
    assert emitted[[0, 2, 3, 4]].isfinite().all()


@pytest.mark.parametrize("ill", [torch.nan, torch.inf])
def test_a_network_without_a_finite_answer_is_wrong(ill):
    features, networks, images, labels = world()
    networks[1] = ill
    fused, _ = both(features)
    assert fused.accuracy(networks, images, labels)[1] == 0
    assert not fused.answers(networks, images, labels)[1].any()
    targets = torch.randn(len(images), features.shape.classes)
    assert fused.explained_variance(networks, images, targets)[1] == 0


def test_no_images_are_no_trouble():
    features, networks, images, labels = world()
    fused, _ = both(features)
    assert fused.accuracy(networks, images[:0], labels[:0]).tolist() == [0] * 5
    assert not fused.answers(networks, images[:0], labels[:0]).any()


def test_the_accuracy_is_that_of_the_confusion():
    features, networks, images, labels = world(n=99)
    fused, _ = both(features)
    answers, accuracy = fused.answers(networks, images, labels), fused.accuracy(networks, images, labels)
    torch.testing.assert_close(answers.diagonal(dim1=1, dim2=2).mean(1), accuracy)
    assert ((accuracy > 0) & (accuracy < 1)).all()


@pytest.fixture
def threads():
    """Sets torch's, which are afterwards as they were."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_neighbours_their_order_and_threads_do_not_matter_to_what_a_network_says(number, threads):
    features, networks, images, labels = world(p=19, hidden=37, units=18)
    before, who = networks.clone(), [18, 3, 4, 0, 11]

    def said(networks, chunk=24, labels=labels):
        forward = FusedForward(features.shape, chunk, 256, features.coordinates)
        answers = forward.accuracy(networks, images, labels), forward.answers(networks, images, labels)
        entropy = forward.cross_entropy(networks, images, labels, 1.0)
        return [forward.emit(networks, features.coordinates), *answers, entropy]

    threads(1)
    whole = said(networks)
    threads(number)
    parts = [[torch.cat(each) for each in zip(said(networks[:7]), said(networks[7:]), strict=True)]]
    for again in (said(networks), said(networks, chunk=1), *parts):
        assert all(torch.equal(*pair) for pair in zip(again, whole, strict=True))
    assert all(torch.equal(some, each[who]) for some, each in zip(said(networks[who]), whole, strict=True))
    assert torch.equal(networks, before)


def test_networks_and_features_may_lie_anyhow_in_memory():
    features, networks, images, labels = world()
    fused, _ = both(features)
    expected = fused.emit(networks, features.coordinates), fused.answers(networks, images, labels)
    odd = torch.stack([networks, networks], 2)[:, :, 1], networks.T.contiguous().T
    for those in odd:
        assert not those.is_contiguous()
        turned = features.coordinates.T.contiguous().T, images.T.contiguous().T
        assert torch.equal(fused.emit(those, turned[0]), expected[0])
        assert torch.equal(fused.answers(those, turned[1], labels), expected[1])
        assert torch.equal(fused.accuracy(those, turned[1], labels), fused.accuracy(networks, images, labels))
