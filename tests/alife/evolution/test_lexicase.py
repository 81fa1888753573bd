"""Lexicase selection: chances against the procedure itself, order by order."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from alife.configuration.keys import Selection
from alife.configuration.schemes import Lexicase
from alife.evolution import lexicase
from alife.evolution.lexicase import by_all_orders, by_some_orders
from alife.evolution.selection import probabilities


def by_hand(cases: np.ndarray, tolerance: np.ndarray) -> np.ndarray:
    """Chances by each order of the cases in turn."""
    n, m = cases.shape
    chance = np.zeros(n)
    orders = list(itertools.permutations(range(m)))
    for order in orders:
        left = list(range(n))
        for case in order:
            best = max(cases[i, case] for i in left)
            left = [i for i in left if cases[i, case] >= best - tolerance[case]]
        chance[left] += 1 / len(left) / len(orders)
    return chance


def chances(accuracies: Any, rho: Any, living: Any = None, **parameters: float) -> np.ndarray:
    """Of individuals with these accuracies [P, C], by the scheme."""
    shares = np.asarray(accuracies, np.float32)
    answers = np.zeros((*shares.shape, shares.shape[1]), np.float32)
    for a in range(shares.shape[1]):
        answers[:, a, a], answers[:, a, a - 1] = shares[:, a], 1 - shares[:, a]
    rules = Selection.model_validate({"scheme": "lexicase", "parameters": parameters})
    alive = np.ones(len(shares), bool) if living is None else np.asarray(living, bool)
    return probabilities(rules, shares.mean(1), rho, alive, answers=answers, random=np.random.default_rng(0))


few = st.integers(1, 9).flatmap(
    lambda n: st.integers(1, 6).flatmap(lambda m: hnp.arrays(np.int64, (n, m), elements=st.integers(0, 3)))
)


@settings(max_examples=150)
@given(cases=few, tolerance=st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_exact_chances_are_those_of_all_orders(cases, tolerance):
    below = np.zeros(cases.shape[1])
    below[-1] = tolerance
    exact = by_all_orders(cases.astype(float), below)
    np.testing.assert_allclose(exact, by_hand(cases, below), atol=1e-12)


@pytest.mark.parametrize("tolerance", [0.0, 1.0])
def test_some_orders_come_close_and_follow_the_individuals(tolerance):
    draw = np.random.default_rng(2)
    cases = draw.integers(0, 4, (12, 6)).astype(float)
    below = np.array([0.0] * 5 + [tolerance])
    exact = by_all_orders(cases, below)
    some = by_some_orders(cases, below, np.random.default_rng(3))
    assert exact is not None
    sd = np.sqrt(exact * (1 - exact) / lexicase.ORDERS)
    assert (np.abs(some - exact) <= 4.5 * sd + 1e-12).all()
    turned = draw.permutation(12)
    np.testing.assert_allclose(by_some_orders(cases[turned], below, np.random.default_rng(3)), some[turned], atol=1e-12)
    assert not np.array_equal(by_some_orders(cases, below, np.random.default_rng(4)), some)


def test_too_many_pools_are_estimated_from_orders_that_the_key_says():
    draw = np.random.default_rng(0)
    accuracies = draw.integers(0, 2, (400, 40)) / 1
    rho = draw.random(400) + 0.01
    assert by_all_orders(np.column_stack([accuracies, -np.log(rho)]), np.zeros(41)) is None
    first, again = (chances(accuracies, rho) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.sum() == pytest.approx(1)


def test_specialists_of_a_class_are_parents_and_the_mediocre_are_not():
    accuracies = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.9, 0.9, 0.9]]
    got = chances(accuracies, [0.1, 0.2, 0.3, 0.1], tolerance=0)
    # a class first, 3 of 4 times: its specialist; ρ first: individuals 0 and 3, of whom a class then tells them apart
    np.testing.assert_allclose(got, [1 / 4 + 1 / 4 / 3, 1 / 4, 1 / 4, 1 / 4 * 2 / 3])


def test_replication_is_a_case_and_those_within_its_tolerance_pass():
    accuracies = np.full((5, 2), 0.5)
    rho = np.exp(-np.array([0.0, 1.0, 2.0, 3.0, 9.0]))
    assert chances(accuracies, rho, tolerance=0).tolist() == [0, 0, 0, 0, 1]
    # the median deviation from the median, 2, is 1
    np.testing.assert_allclose(chances(accuracies, rho, tolerance=6), [0, 0, 0, 0.5, 0.5])
    living = np.array([1, 1, 1, 1, 0], bool)
    # without the best one the median is 1.5, its median deviation 1
    np.testing.assert_allclose(chances(accuracies, rho, living), [0, 0, 0.5, 0.5, 0])


def test_the_default_tolerance_is_one_median_absolute_deviation():
    assert Lexicase().tolerance == 1
