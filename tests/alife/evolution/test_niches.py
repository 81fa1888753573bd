"""Schemes by behaviour, by place on the trade-off plane and by descent, against chances worked out by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from alife.configuration.keys import Selection, parse_config
from alife.errors import UserError
from alife.evolution.niches import distances
from alife.evolution.selection import fitness, probabilities


def chances(scheme: str, accuracy: Any, rho: Any, living: Any = None, keys: Any = (), **offered: Any) -> np.ndarray:
    rules = Selection.model_validate({"scheme": scheme, **dict(keys)})
    alive = np.ones(len(accuracy), bool) if living is None else np.asarray(living, bool)
    return probabilities(rules, accuracy, rho, alive, **offered)


def confusions(first: list[float]) -> np.ndarray:
    """[P, 2, 2] of individuals that answer so much of the first class right, and the second always."""
    answers = np.zeros((len(first), 2, 2), np.float32)
    answers[:, 0, 0], answers[:, 0, 1], answers[:, 1, 1] = first, 1 - np.array(first), 1
    return answers


def test_novelty_is_the_distance_to_the_nearest_neighbours():
    behaviour = np.array([[0, 0], [3, 4], [0, 1], [30, 40]], np.float32)
    np.testing.assert_allclose(1e-6 * distances(behaviour, 1), [1, np.sqrt(18), 1, 45], atol=1e-6)
    np.testing.assert_allclose(
        1e-6 * distances(behaviour, 2), [3, (5 + np.sqrt(18)) / 2, (1 + np.sqrt(18)) / 2, 47.1], atol=0.1
    )
    assert distances(behaviour[:1], 5).tolist() == [0]


@settings(max_examples=40)
@given(behaviour=hnp.arrays(np.float32, (7, 4), elements=st.sampled_from([0, 0.1, 0.25, 0.5, 1])), k=st.integers(1, 9))
def test_novelty_is_that_of_all_pairs(behaviour, k):
    pairs = np.sqrt(((behaviour[:, None].astype(float) - behaviour[None]) ** 2).sum(2))
    pairs[np.diag_indices(7)] = np.inf
    expected = np.sort(pairs, axis=1)[:, : min(k, 6)].mean(1)
    np.testing.assert_allclose(1e-6 * distances(behaviour, k), expected, atol=1e-6)


def test_the_novel_win_tournaments_whatever_their_fitness():
    accuracy, rho = np.array([0.9, 0.9, 0.9, 0.1]), np.array([0.01, 0.01, 0.01, 0.9])
    keys = {"tournament_size": 2, "parameters": {"neighbours": 1}}
    got = chances("novelty", accuracy, rho, keys=keys, answers=confusions([0.8, 0.8, 0.7, 0.1]))
    # novelty 0, 0, 0.1·√2 and 0.6·√2: the best of two of four
    np.testing.assert_allclose(got, [2 / 16, 2 / 16, 5 / 16, 7 / 16])


def test_only_the_living_are_neighbours():
    keys = {"tournament_size": 2, "parameters": {"neighbours": 1}}
    answers = confusions([0.0, 0.5, 0.9, 1.0])
    living = np.array([1, 1, 0, 1], bool)
    got = chances("novelty", np.zeros(4), np.ones(4), living, keys, answers=answers)
    np.testing.assert_allclose(got, np.array([1, 1, 0, 1]) / 3)


def test_equal_counts_are_equally_novel_though_float32_rounds_them_apart():
    shares = np.array([1, 2, 3], np.float32) / 10
    assert shares[1] - shares[0] != shares[2] - shares[1]
    keys = {"parameters": {"neighbours": 1}}
    got = chances("novelty", np.zeros(3), np.ones(3), keys=keys, answers=confusions(shares.tolist()))
    np.testing.assert_allclose(got, 1 / 3)


def test_the_elite_of_each_cell_is_a_parent_and_cells_are_equal():
    accuracy = np.array([0.61, 0.62, 0.62, 0.91, 0.30])
    rho = np.array([0.012, 0.011, 0.011, 0.5, 0.012])
    keys = {"parameters": {"accuracy_step": 0.1, "error_step": 1}}
    got = chances("map_elites", accuracy, rho, keys=keys)
    np.testing.assert_allclose(got, [0, 1 / 6, 1 / 6, 1 / 3, 1 / 3])
    got = chances("map_elites", accuracy, rho, [1, 0, 0, 1, 1], keys)
    np.testing.assert_allclose(got, [1 / 3, 0, 0, 1 / 3, 1 / 3])


def test_the_weight_of_accuracy_says_who_is_the_elite():
    accuracy, rho = np.array([0.41, 0.49, 0.8]), np.array([0.011, 0.05, 0.5])
    for weight, elite in ((0, 0), (1, 1)):
        keys = {"accuracy_weight": weight, "parameters": {"accuracy_step": 0.1, "error_step": 1}}
        got = chances("map_elites", accuracy, rho, keys=keys)
        assert got[elite] == got[2] == 0.5


def test_cells_are_fixed_and_an_edge_is_in_the_cell_above_it():
    accuracy = np.array([0.69, 0.7, 0.7999, 0.8], np.float32)
    keys = {"accuracy_weight": 1, "parameters": {"accuracy_step": 0.1, "error_step": 1}}
    assert float(accuracy[1]) < 0.7, "float32 rounds it below its edge"
    np.testing.assert_allclose(chances("map_elites", accuracy, np.full(4, 0.05), keys=keys), [1 / 3, 0, 1 / 3, 1 / 3])
    shifted = chances("map_elites", accuracy - np.float32(0.05), np.full(4, 0.05), keys=keys)
    np.testing.assert_allclose(shifted, [0, 0.5, 0, 0.5])


def test_members_of_a_clade_share():
    accuracy = np.array([0.5, 0.5, 0.5, 0.5])
    got = chances("speciation", accuracy, np.full(4, 0.1), clades=np.array([7, 7, 7, 9]))
    np.testing.assert_allclose(got, [1 / 6, 1 / 6, 1 / 6, 1 / 2])
    got = chances("speciation", accuracy, np.full(4, 0.1), [1, 0, 1, 1], clades=np.array([7, 7, 7, 9]))
    np.testing.assert_allclose(got, [1 / 4, 0, 1 / 4, 1 / 2])


def test_within_and_among_clades_of_one_size_chances_are_roulette_s():
    draw = np.random.default_rng(0)
    accuracy, rho = draw.random(6), draw.random(6)
    weight = np.exp(fitness(accuracy, rho, 0.5, "tournament"))
    got = chances("speciation", accuracy, rho, clades=np.array([1, 1, 2, 2, 3, 3]))
    np.testing.assert_allclose(got, weight / weight.sum())
    alone = chances("speciation", accuracy, rho, clades=np.arange(6))
    np.testing.assert_allclose(alone, chances("roulette", accuracy, rho))


@pytest.mark.parametrize(
    ("scheme", "parameters"),
    [
        ("novelty", {"neighbours": 0}),
        ("map_elites", {"error_step": 0}),
        ("speciation", {"back": 0}),
        ("lexicase", {"tolerance": -1}),
        ("lexicase", {"epsilon": 1}),
    ],
)
def test_parameters_that_mean_nothing_are_refused(scheme, parameters):
    name = next(iter(parameters))
    with pytest.raises(UserError, match=rf"selection.parameters: {scheme}: .*{name}") as error:
        parse_config({"selection": {"scheme": scheme, "parameters": parameters}})
    assert "\n" not in str(error.value)
