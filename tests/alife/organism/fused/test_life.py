"""A life in fused passes against torch's, and that nothing but itself decides its bits."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.configuration.keys import Life
from alife.organism import lifetime
from alife.organism.fused.blas import WIDEST
from alife.organism.fused.life import live
from alife.organism.optimizers import OPTIMIZERS
from tests.alife.organism.test_lifetime import features_of, genomes_of, stream

PAIRINGS, TARGETS, LOSSES = ["blank", "joint"], ["birth", "self", "epoch"], ["relative", "sum"]
SAMPLING, ENVIRONMENTS = ["replacement", "epoch", "restarting"], ["individual", "shared"]
RATES, WEIGHTS = torch.tensor([0.003, 0.001, 0.002]), torch.tensor([0.1, 0.5, 0.0])
HARD = {"coordinates": 130, "images": 70, "temperature": 0.7, "replication_weight": 1.5}
"""Of a life whose last blocks are narrower than others."""


def inputs(**what):
    """Features and three genomes, in float32."""
    features = features_of(dtype=torch.float32, **what)
    return features, genomes_of(features)


def check(life, pairing="blank", rates=RATES, **what):
    """Adults of three are torch's, in units of how far these have come."""
    features, genomes = inputs(**what)
    if life.loss == "sum" and life.optimizer in ("sgd", "momentum"):
        rates = rates / 300  # gradients are sums
    expected = lifetime.live(features, genomes, life, pairing, rates, WEIGHTS, stream, chunk=2)
    got = live(features, genomes, life, pairing, rates, WEIGHTS, stream)
    far = (expected - genomes).abs().max(1, keepdim=True).values
    torch.testing.assert_close((got - expected) / far, torch.zeros_like(got), rtol=0, atol=2e-4)
    return got, genomes


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sampling", SAMPLING)
@pytest.mark.parametrize("regression", [False, True])
def test_adults_are_torch_s(pairing, target, loss, sampling, regression):
    life = Life(steps=5, target=target, loss=loss, sampling=sampling, optimizer="sgd", **HARD)
    check(life, pairing, regression=regression)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_optimiser_is_torch_s(optimizer, pairing, environment):
    check(Life(steps=8, optimizer=optimizer, environment=environment, **HARD), pairing)
    alike = torch.full((3,), 0.002)
    check(Life(steps=8, optimizer=optimizer, environment=environment, **HARD), pairing, rates=alike)


@given(
    batch=st.integers(1, 2 * WIDEST + 3) | st.sampled_from([WIDEST, 2 * WIDEST]),
    images=st.integers(1, 2 * WIDEST + 3) | st.sampled_from([WIDEST, 2 * WIDEST]),
    hidden=st.integers(2, 40),
    classes=st.integers(1, 12),
    weight=st.sampled_from([0.0, 0.3, 1.0, 20.0]),
    temperature=st.floats(0.3, 5),
    pairing=st.sampled_from(PAIRINGS),
    target=st.sampled_from(TARGETS),
    loss=st.sampled_from(LOSSES),
    regression=st.booleans(),
)
@settings(deadline=None, max_examples=40)
def test_sizes_and_weights_of_all_kinds_are_torch_s(
    batch, images, hidden, classes, weight, temperature, pairing, target, loss, regression
):
    life = Life(
        **{"steps": 3, "coordinates": batch, "images": images, "replication_weight": weight, "optimizer": "sgd"},
        **{"temperature": temperature, "target": target, "loss": loss},
    )
    features, genomes = inputs(hidden=hidden, units=hidden // 2, classes=classes, regression=regression)
    weights = torch.tensor([0.1, 0.5, 2.0])
    # rates with which weights come about 0.02 far at a step
    first = life.model_copy(update={"steps": 1})
    step = lifetime.live(features, genomes, first, pairing, torch.full((3,), 1e-3), weights, stream, 1) - genomes
    rates = 1e-3 * 0.02 / step.abs().amax(1).clamp(min=1e-5)
    expected = lifetime.live(features, genomes, life, pairing, rates, weights, stream, chunk=2)
    got = live(features, genomes, life, pairing, rates, weights, stream)
    far = (expected - genomes).abs().amax(1, keepdim=True).clamp(min=1e-3)
    torch.testing.assert_close((got - expected) / far, torch.zeros_like(got), rtol=0, atol=2e-4)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("coordinates", [7, WIDEST, 2 * WIDEST, 200])
@pytest.mark.parametrize("pairing", PAIRINGS)
def test_lives_without_a_task_are_torch_s(target, coordinates, pairing):
    check(Life(steps=6, target=target, coordinates=coordinates, optimizer="momentum"), pairing, task=False)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("target", TARGETS)
def test_without_replication_only_the_task_is_learned(loss, target):
    features, genomes = inputs()
    life = Life(steps=4, replication_weight=0, loss=loss, target=target, coordinates=10, images=80, optimizer="sgd")
    adults = live(features, genomes, life, "blank", RATES, WEIGHTS, stream)
    assert [torch.equal(*pair) for pair in zip(adults, genomes, strict=True)] == [False, False, True]
    expected = lifetime.live(features, genomes, life, "blank", RATES, WEIGHTS, stream, chunk=3)
    torch.testing.assert_close(adults, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_coordinate_that_comes_twice_pulls_twice(loss):
    features, _ = inputs(task=False)
    assert features.shape.n_weights < 500, "some come twice"
    check(Life(steps=2, target="self", loss=loss, coordinates=500, optimizer="sgd"), task=False)


@pytest.mark.parametrize("sampling", SAMPLING)
@pytest.mark.parametrize("target", TARGETS)
def test_long_lives_are_torch_s(sampling, target):
    life = Life(steps=lifetime.BLOCK + 9, sampling=sampling, target=target, coordinates=20, images=9)
    check(life, rates=RATES / 3)


def test_no_steps_is_no_life():
    features, genomes = inputs()
    adults = live(features, genomes, Life(steps=0), "blank", RATES, WEIGHTS, stream)
    assert torch.equal(adults, genomes)
    assert adults.data_ptr() != genomes.data_ptr()


def test_nobody_is_no_trouble():
    features, genomes = inputs()
    assert live(features, genomes[:0], Life(steps=2), "blank", RATES[:0], WEIGHTS[:0], stream).shape == (0, 336)


def test_genomes_that_are_not_finite_are_left_to_themselves():
    features, genomes = inputs()
    ill = genomes.clone()
    ill[1, 5], ill[0] = torch.nan, 0
    life = Life(steps=3, coordinates=70, images=70)
    healthy, beside = (live(features, g, life, "blank", RATES, WEIGHTS, stream) for g in (genomes, ill))
    assert torch.equal(healthy[2], beside[2])
    assert beside[1].isnan().any()
    assert beside[0].isfinite().all(), "zeros have a ρ while they live"


# Nothing but itself decides an individual's bits


LIVES = st.builds(
    Life,
    steps=st.just(3),
    coordinates=st.integers(1, 80),
    images=st.integers(1, 80),
    target=st.sampled_from(TARGETS),
    sampling=st.sampled_from(SAMPLING),
    environment=st.sampled_from(ENVIRONMENTS),
    optimizer=st.sampled_from([*OPTIMIZERS]),
)


@given(
    life=LIVES,
    pairing=st.sampled_from(PAIRINGS),
    who=st.permutations(range(7)),
    some=st.integers(1, 7),
    threads=st.integers(1, 3),
    chunk=st.integers(1, 9),
)
@settings(deadline=None, max_examples=25)
def test_neighbours_their_order_threads_and_chunks_do_not_matter(life, pairing, who, some, threads, chunk):
    features = features_of(hidden=37, units=18, classes=3, dtype=torch.float32)
    genomes, rates, weights = genomes_of(features, p=7), torch.linspace(0.001, 0.01, 7), torch.linspace(0, 1, 7)
    before = genomes.clone()
    whole = live(features, genomes, life, pairing, rates, weights, stream)
    assert torch.equal(whole, live(features, genomes, life, pairing, rates, weights, stream)), "again"
    who = who[:some]

    def theirs(slot):
        return stream(0 if life.environment == "shared" else who[slot])

    shared = life.model_copy(update={"threads": threads, "chunk": chunk})
    part = live(features, genomes[who], shared, pairing, rates[who], weights[who], theirs, chunk)
    assert torch.equal(part, whole[who])
    assert torch.equal(genomes, before), "as they were handed over"


@pytest.mark.parametrize("parts", [[1, 6], [3, 4], [2, 2, 2, 1]])
def test_an_island_lived_in_parts_is_the_whole(parts):
    features = features_of(hidden=37, units=18, dtype=torch.float32)
    genomes, rates, weights = genomes_of(features, p=7), torch.linspace(0.001, 0.01, 7), torch.linspace(0, 1, 7)
    life, lived, first = Life(steps=4, coordinates=70, images=30), [], 0
    for size in parts:
        those, start = slice(first, first + size), first
        given_to = genomes[those], life, "blank", rates[those], weights[those]
        lived.append(live(features, *given_to, lambda slot, start=start: stream(start + slot)))
        first += size
    assert torch.equal(torch.cat(lived), live(features, genomes, life, "blank", rates, weights, stream))


def test_genomes_may_lie_anyhow_in_memory():
    features, genomes = inputs()
    life = Life(steps=2, coordinates=40, images=9)
    expected = live(features, genomes, life, "blank", RATES, WEIGHTS, stream)
    for odd in (genomes.T.contiguous().T, torch.stack([genomes, genomes], 2)[:, :, 1]):
        assert not odd.is_contiguous()
        assert torch.equal(live(features, odd, life, "blank", RATES, WEIGHTS, stream), expected)
