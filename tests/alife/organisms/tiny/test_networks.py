"""The three networks against the paper's words, weight by weight."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import alife
from alife.organisms.tiny.networks import ACTIVATIONS, KINDS, Tiny, made

SIZES = alife.Sizes(0, 0, 0, 0, units=3)


def weights_of(tiny: Tiny, seed: int, rows: int = 3) -> Tensor:
    return torch.stack([tiny.fresh(np.random.default_rng([seed, row])) for row in range(rows)])


def listed(tiny: Tiny, row: Tensor) -> list[list[list[float]]]:
    """Matrices as nested lists: layer, row (the authors' cell), column (their weight)."""
    return [matrix.tolist() for matrix in tiny.matrices(row)]


def weightwise(
    theta: list[list[list[float]]], w: list[list[list[float]]], act: Callable[[float], float]
) -> list[float]:
    """Each weight of w from its value and its position, over the largest number on each axis if that is above 1."""
    out = []
    for layer, matrix in enumerate(w):
        for row, cells in enumerate(matrix):
            for column, value in enumerate(cells):
                norms = len(w) - 1, len(matrix) - 1, len(cells) - 1
                place = [n / m if m > 1 else float(n) for n, m in zip((layer, row, column), norms, strict=True)]
                out.append(fed(theta, [value, *place], act)[0])
    return out


def aggregating(
    theta: list[list[list[float]]], w: list[list[list[float]]], act: Callable[[float], float]
) -> list[float]:
    flat = [value for matrix in w for row in matrix for value in row]
    means = [sum(flat[5 * group : 5 * group + 5]) / 5 for group in range(4)]
    return [answer for answer in fed(theta, means, act) for _ in range(5)]


def recurrent(theta: list[list[list[float]]], w: list[list[list[float]]], act: Callable[[float], float]) -> list[float]:
    states = [[0.0] * len(theta[layer + 1]) for layer in (0, 2, 4)]
    out = []
    for value in (value for matrix in w for row in matrix for value in row):
        told = [value]
        for number in range(3):
            inner, onward = theta[2 * number], theta[2 * number + 1]
            before = states[number]
            told = [
                act(
                    sum(x * inner[i][j] for i, x in enumerate(told))
                    + sum(h * onward[i][j] for i, h in enumerate(before))
                )
                for j in range(len(onward))
            ]
            states[number] = told
        out.append(told[0])
    return out


def fed(theta: list[list[list[float]]], x: list[float], act: Callable[[float], float]) -> list[float]:
    for matrix in theta:
        x = [act(sum(value * matrix[i][j] for i, value in enumerate(x))) for j in range(len(matrix[0]))]
    return x


WORDS = {"weightwise": weightwise, "aggregating": aggregating, "recurrent": recurrent}


@pytest.mark.parametrize(("kind", "n"), [("weightwise", 14), ("aggregating", 20), ("recurrent", 17)])
def test_how_many_weights(kind: str, n: int) -> None:
    network = alife.Network(made(kind), SIZES)
    assert network.shape.n_weights == n == made(kind).n_weights


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 1 << 32))
def test_applied_to_weights_as_the_paper_says(kind: str, activation: str, seed: int) -> None:
    tiny = made(kind, activation)  # type: ignore[arg-type]
    theta, w = weights_of(tiny, seed, 2).double()
    tiny.double()
    found = tiny.applied(tiny.matrices(theta), w)

    def act(x: float) -> float:
        return ACTIVATIONS[activation](torch.tensor(x, dtype=torch.float64)).item()

    expected = WORDS[kind](listed(tiny, theta), listed(tiny, w), act)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_emits_is_its_application_to_itself(kind: str) -> None:
    tiny = made(kind)
    network = alife.Network(tiny, SIZES).on(torch.zeros(tiny.n_weights, 3))
    weights = weights_of(tiny, 1)
    expected = tiny.applied(tiny.matrices(weights), weights)
    torch.testing.assert_close(torch.func.vmap(network.emit)(weights), expected)
    places = torch.tensor([3, 0, 3])
    torch.testing.assert_close(network.emit(weights[0], places), expected[0, places])


def test_the_identity_of_weights_is_a_fixpoint() -> None:
    tiny = made("weightwise")
    weights = torch.zeros(14)
    for matrix in tiny.matrices(weights):
        matrix[0, 0] = 1
    assert torch.equal(tiny.applied(tiny.matrices(weights), weights), weights)


def test_a_weight_is_coded_by_its_position() -> None:
    codes = made("weightwise").codes()  # type: ignore[operator]
    assert codes[0].tolist() == [0, 0, 0]
    torch.testing.assert_close(codes[7], torch.tensor([0, 1, 1.0]))
    torch.testing.assert_close(codes[2], torch.tensor([0, 1 / 3, 0]))
    assert codes[-1].tolist() == [1, 1, 0]
    assert len(codes.unique(dim=0)) == 14


@pytest.mark.parametrize("kind", KINDS)
def test_fresh_weights_follow_from_the_generator_alone(kind: str) -> None:
    tiny = made(kind)
    first, again, other = (tiny.fresh(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("kind", KINDS)
def test_fresh_weights_are_drawn_as_keras_draws_them(kind: str) -> None:
    tiny = made(kind)
    drawn = tiny.matrices(weights_of(tiny, 3, rows=400))
    for number, matrix in enumerate(drawn):
        if number in tiny.recurrent:
            torch.testing.assert_close(matrix @ matrix.mT, torch.eye(matrix.shape[1]).expand_as(matrix))
        else:
            limit = (6 / sum(matrix.shape[1:])) ** 0.5
            assert 0.98 * limit < matrix.abs().max() <= limit
            assert matrix.std().item() == pytest.approx(limit / 3**0.5, rel=0.06)


def test_recurrent_matrices_of_two_units_are_reflections() -> None:
    tiny = made("recurrent")
    drawn = tiny.matrices(weights_of(tiny, 3, rows=400))
    assert torch.linalg.det(drawn[1]).round().unique().tolist() == [-1]
    assert (drawn[1][:, 0, 0] < 0).float().mean() > 0.7
    assert sorted(drawn[5].round().unique().tolist()) == [-1, 1]
