"""The heritable quine by itself: held to numpy, to finite differences and to what its parameters say."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import alife
from alife.configuration.keys import parse_config
from alife.configuration.remarks import warnings
from alife.organisms.heritable.network import Heritable, Parameters, heritable

SIZES = alife.Sizes(channels=1, rows=5, columns=4, classes=3, units=4)
N = 2 * 9 * 9 + 9 + 3 * 9


def made(seed: int = 0, sizes: alife.Sizes = SIZES, **parameters: Any) -> Heritable:
    """A network of nine units a layer, with codes of its coordinates."""
    torch.manual_seed(seed)
    network = heritable(sizes, Parameters(**{"hidden": 9, **parameters}))
    return network.on(torch.randn(network.shape.n_weights, sizes.units))  # type: ignore[return-value]


def lesson(network: Heritable, life: dict[str, Any], target: torch.Tensor, task_weight: float) -> alife.Lesson:
    features = network.module.features(torch.rand(7, 1, 5, 4))  # type: ignore[operator]
    section = parse_config({"life": life}).life
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0])
    return alife.Lesson(section, torch.tensor([3]), features, labels, target, torch.tensor(task_weight))


def selu(z: np.ndarray) -> np.ndarray:
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def by_hand(weights: np.ndarray, inputs: np.ndarray, images: bool) -> np.ndarray:
    """What weights [N] print of codes [n, 4], or answer to features [n, 5], before anything is scaled."""
    first, second, out, classes = np.split(weights.astype(np.float64), np.cumsum([81, 81, 9]))
    units = slice(4, None) if images else slice(0, 4)
    hidden = selu(selu(inputs @ first.reshape(9, 9)[:, units].T) @ second.reshape(9, 9).T)
    return hidden @ (classes.reshape(3, 9).T if images else out)


def scaled(printed: np.ndarray, norm: float) -> np.ndarray:
    return printed * math.sqrt(norm / np.square(printed).sum())


@given(st.integers(2, 20), st.integers(1, 19), st.integers(0, 12))
def test_it_has_the_default_organism_s_weights(hidden: int, units: int, classes: int) -> None:
    sizes = alife.Sizes(1, 2, 2, classes, units)
    if classes and units >= hidden:
        with pytest.raises(alife.UserError, match=r"quine\.coordinate_units: .* fewer than its"):
            heritable(sizes, Parameters(hidden=hidden))
        return
    n = heritable(sizes, Parameters(hidden=hidden)).shape.n_weights
    assert n == (2 * hidden**2 + hidden + classes * hidden if classes else units * hidden + hidden**2 + hidden)


@given(st.integers(0, 1000), st.floats(0.1, 1000))
@settings(max_examples=20)
def test_it_prints_what_numpy_prints_at_its_norm(seed: int, norm: float) -> None:
    network = made(seed, norm=norm)
    weights = torch.randn(N) * 0.3
    printed = network.emit(weights)
    expected = scaled(by_hand(weights.numpy(), network.codes.numpy(), images=False), norm)
    np.testing.assert_allclose(printed.numpy(), expected, rtol=1e-3, atol=1e-4 * math.sqrt(norm / N))
    assert float(printed.square().sum()) == pytest.approx(norm, rel=1e-4)
    assert float(network.initial().square().sum()) == pytest.approx(norm, rel=1e-4)


def test_without_a_norm_prints_and_founders_are_as_they_come() -> None:
    network = made(scaled=False)
    weights = torch.randn(N) * 0.3
    expected = by_hand(weights.numpy(), network.codes.numpy(), images=False)
    np.testing.assert_allclose(network.emit(weights).numpy(), expected, rtol=1e-4, atol=1e-5)
    assert float(network.initial().abs().max()) <= 1 / 3, "torch's default for nine inputs"


def test_the_norm_of_founders_is_what_torch_s_default_makes_of_the_sizes() -> None:
    drawn = [float(made(seed, scaled=False).initial().square().sum()) for seed in range(200)]
    assert made().norm == pytest.approx(np.mean(drawn), rel=0.03)
    assert made().norm == N / (3 * 9)


@given(st.lists(st.integers(0, N - 1), min_size=1, max_size=30))
@settings(max_examples=20)
def test_what_is_asked_of_a_print_does_not_change_it(places: list[int]) -> None:
    network = made()
    weights = network.initial()
    torch.testing.assert_close(network.emit(weights, torch.tensor(places)), network.emit(weights)[places])


@pytest.mark.parametrize("loss", ["relative", "sum"])
@pytest.mark.parametrize("asked", ["printed", "adult"])
def test_its_loss_is_rho_and_the_cross_entropy_of_whom_is_asked(asked: str, loss: str) -> None:
    network = made(asked=asked)
    weights, target = torch.randn(2, N) * 0.3
    met = lesson(network, {"replication_weight": 0.7, "temperature": 0.5, "loss": loss}, target, 2.0)
    printed = scaled(by_hand(weights.numpy(), network.codes.numpy(), images=False), network.norm)
    whom = printed if asked == "printed" else weights.numpy()
    assert met.images is not None
    logits = by_hand(whom, met.images.numpy(), images=True) / 0.5
    entropies = np.log(np.exp(logits).sum(1)) - logits[range(7), [0, 1, 2, 0, 1, 2, 0]]
    error = np.square(printed - target.numpy()).sum()
    relative = error / np.square(target.numpy()).sum()
    expected = 0.7 * relative + 2 * entropies.mean() if loss == "relative" else 0.7 * error + 2 * entropies.sum()
    assert float(network.loss(weights, met)) == pytest.approx(expected, rel=1e-4)


def test_without_a_task_its_loss_is_rho_alone() -> None:
    network = made(sizes=alife.Sizes(0, 0, 0, 0, units=4))
    weights, target = torch.randn(2, network.shape.n_weights) * 0.3
    met = alife.Lesson(parse_config({}).life, torch.tensor([0]), None, None, target, torch.tensor(3.0))
    error = (network.emit(weights) - target).square().sum() / target.square().sum()
    torch.testing.assert_close(network.loss(weights, met), error)


def test_the_classes_are_learned_through_the_print() -> None:
    network = made()
    network.codes = network.codes.double()
    weights = torch.randn(N, dtype=torch.float64) * 0.3
    met = lesson(network, {"replication_weight": 0.0}, weights, 1.0)
    assert met.images is not None
    met = replace(met, images=met.images.double())
    slope = torch.func.grad(network.loss)(weights, met)
    for step in 1e-5 * torch.nn.functional.normalize(torch.randn(5, N, dtype=torch.float64), dim=1):
        change = (network.loss(weights + step, met) - network.loss(weights - step, met)) / 2
        assert float(change) == pytest.approx(float(slope @ step), rel=1e-4, abs=1e-12)
    assert float(slope[-27:].abs().max()) == 0, "the classifying head prints nothing: only what prints it is changed"


def test_images_go_in_with_mean_square_one_however_bright_they_are() -> None:
    sizes = alife.Sizes(1, 8, 8, 3, units=2)
    network = made(sizes=sizes, hidden=256)
    images = torch.rand(20, 1, 8, 8)
    features = network.module.features(images)  # type: ignore[operator]
    torch.testing.assert_close(network.module.features(images / 2), features)  # type: ignore[operator]
    z = features.double() / 1.0507009873554805
    before = torch.where(z > 0, z, torch.log1p(z / 1.6732632423543772))
    assert float(before.square().mean()) == pytest.approx(1, rel=0.15)
    assert float(network.module.features(torch.zeros(1, 1, 8, 8)).abs().max()) == 0, "a blank image"  # type: ignore[operator]


@pytest.mark.parametrize("wrong", [{"norm": 0}, {"norm": -1.0}, {"norm": math.inf}, {"hidden": 1}, {"asked": "nobody"}])
def test_parameters_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Parameters(**wrong)


def test_coordinates_of_a_step_are_said_to_be_in_vain() -> None:
    config = parse_config({"quine": {"network": "heritable"}, "life.coordinates": 3})
    assert "life.coordinates: 3: heritable prints all coordinates at each step (quine.network)" in warnings(config)
    own = parse_config({"quine": {"network": "heritable"}, "quine.hidden": 12})
    assert "quine.hidden: 12: changes nothing under quine.network heritable" in warnings(own)
    assert not warnings(parse_config({"quine": {"network": "heritable"}}))
