"""Operators of mutation: what each does to a message, how strong it is, and what is refused of one's own."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alife.configuration import operators
from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.evolution import mutation
from alife.evolution.mutation import GAUSSIAN, OPERATORS, Mutation
from alife.organism.shape import Shape
from tests.support.own import EXAMPLES

SHAPE = Shape(hidden=12, coordinate_units=6, classes=5)
SCRAMBLE = f"{EXAMPLES}/my_mutation.py:scramble"
MUTATIONS = [
    GAUSSIAN,
    Mutation("per_matrix", {}),
    Mutation("sparse", {}),
    Mutation("sparse", {"share": 0.003}),
    Mutation("low_rank", {}),
    Mutation("low_rank", {"rank": 3}),
    Mutation(SCRAMBLE, {"share": 0.25}),
]


def message(shape: Shape = SHAPE) -> np.ndarray:
    """Weights whose matrices differ in size by an order of magnitude."""
    row = np.random.default_rng(7).uniform(-0.3, 0.3, shape.n_weights).astype(np.float32)
    for factor, matrix in zip((1, 0.3, 4, 10), shape.matrices(row), strict=False):
        matrix *= factor
    return row


def perturbations(how: Mutation, sigma: float, number: int, shape: Shape = SHAPE) -> np.ndarray:
    """[number, N] float64 δ = genome − message."""
    operator, row = mutation.operator(how, shape), message(shape)
    children = [operator(row, sigma, np.random.default_rng(seed), lambda: "here") for seed in range(number)]
    assert all(child.dtype == np.float32 for child in children)
    return np.stack(children).astype(np.float64) - row


def rms(row: np.ndarray) -> float:
    return math.sqrt(np.mean(np.square(row, dtype=np.float64)))


def variance(how: Mutation, row: np.ndarray) -> float:
    """Of Σδ² in units of σ⁴, by hand: sums of χ² and of products of Wishart matrices."""
    n, scale = len(row), rms(row) ** 4
    if how.operator == "per_matrix":
        return sum(2 * matrix.size * rms(matrix) ** 4 for matrix in SHAPE.matrices(row))
    if how.operator == "sparse":
        k = math.ceil(how.parameters.get("share", 0.1) * n)
        return 2 * scale * n**2 / k
    if how.operator == "low_rank":
        r = how.parameters.get("rank", 1)
        moments = (
            (2 * a * r * b * (b + r + 1) + a**2 * (2 * b * r + b**2 * r**2)) / r**2 - (a * b) ** 2
            for a, b in (matrix.shape for matrix in SHAPE.matrices(row))
        )
        return scale * sum(moments)
    if how.operator == "gaussian":
        return 2 * n * scale
    share, units = how.parameters["share"], [unit for matrix in SHAPE.matrices(row) for unit in matrix]
    return sum(rms(u) ** 4 * ((2 * len(u) + len(u) ** 2) / share - len(u) ** 2) for u in units)


def test_registry_is_what_the_configuration_allows():
    assert list(OPERATORS) == list(operators.OPERATORS)
    for how in MUTATIONS:
        rules = parse_config({"reproduction": {"operator": how.operator, "parameters": how.parameters}}).reproduction
        assert mutation.of_rules(rules) == how
        assert mutation.parse(mutation.dump(how)) == pickle.loads(pickle.dumps(how)) == how


@pytest.mark.parametrize("how", MUTATIONS, ids=str)
def test_expected_strength_is_that_of_the_gaussian(how):
    sigma, number = 0.3, 3000
    row, delta = message(), perturbations(how, sigma, number)
    energy = np.square(delta).sum(1)
    wanted = sigma**2 * np.square(row, dtype=np.float64).sum()
    error = sigma**2 * math.sqrt(variance(how, row) / number)
    assert abs(energy.mean() - wanted) < 4 * error
    assert error < 0.06 * wanted, "a bound that could fail"
    mean = delta.mean(0) / (delta.std(0) / math.sqrt(number) + 1e-12)
    assert np.abs(mean[delta.any(0)]).max() < stats.norm.isf(1e-6 / len(row)), "E δ = 0"


@pytest.mark.parametrize("how", MUTATIONS, ids=str)
def test_strength_is_in_proportion_to_sigma(how):
    one, two = (perturbations(how, sigma, 20) for sigma in (0.1, 0.2))
    np.testing.assert_allclose(two, 2 * one, rtol=1e-3, atol=2e-6)
    assert one.any(1).all()


def test_the_gaussian_is_what_births_always_were():
    row = message()
    draw = np.random.default_rng(3)
    wanted = row.copy()
    wanted += np.float32(0.05 * np.sqrt(np.mean(np.square(row, dtype=np.float64)))) * draw.standard_normal(
        row.shape, dtype=np.float32
    )
    assert np.array_equal(mutation.gaussian(row, 0.05, np.random.default_rng(3)), wanted)


def test_per_matrix_is_relative_to_each_matrix():
    for noise, matrix in zip(
        zip(*(SHAPE.matrices(delta) for delta in perturbations(MUTATIONS[1], 0.2, 400)), strict=True),
        SHAPE.matrices(message()),
        strict=True,
    ):
        draws = 400 * matrix.size
        assert abs(rms(np.stack(noise)) / (0.2 * rms(matrix)) - 1) < 4 / math.sqrt(2 * draws)


@given(st.floats(1e-4, 1), st.integers(0, 2**32))
@settings(max_examples=60)
def test_sparse_strikes_its_share_exactly(share, seed):
    row = message()
    genome = mutation.sparse(row, 0.3, np.random.default_rng(seed), operators.Sparse(share=share))
    assert (genome != row).sum() == math.ceil(share * len(row) - 1e-9)


def test_sparse_strikes_every_weight_alike():
    struck = (perturbations(Mutation("sparse", {"share": 0.2}), 0.3, 2000) != 0).sum(0)
    k = math.ceil(0.2 * SHAPE.n_weights)
    assert stats.chisquare(struck, np.full(SHAPE.n_weights, 2000 * k / SHAPE.n_weights)).pvalue > 1e-4


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_low_rank_has_its_rank_in_each_matrix(rank):
    for delta in perturbations(Mutation("low_rank", {"rank": rank}), 0.5, 3):
        for matrix in SHAPE.matrices(delta):
            values = np.linalg.svd(matrix, compute_uv=False)
            assert (values > 1e-4 * values[0]).sum() == min(rank, *matrix.shape)


@given(st.integers(2, 20), st.integers(0, 12), st.integers(0, len(MUTATIONS) - 1), st.floats(1e-6, 1e6))
@settings(max_examples=80)
def test_any_shape_any_sigma_the_message_stays(hidden, classes, which, sigma):
    shape = Shape(hidden, hidden if not classes else 1, classes)
    row = message(shape)
    before = row.copy()
    operator = mutation.operator(MUTATIONS[which], shape)
    one, again = (operator(row, sigma, np.random.default_rng(5), lambda: "here") for _ in range(2))
    assert np.array_equal(one, again)
    assert one.shape == row.shape
    assert np.isfinite(one).all()
    assert np.array_equal(row, before)


@pytest.mark.parametrize("classes", [0, 3])
def test_matrices_are_views_that_cover_a_genome_once(classes):
    shape = Shape(hidden=4, coordinate_units=2, classes=classes)
    row = np.zeros(shape.n_weights, np.float32)
    matrices = shape.matrices(row)
    assert [matrix.shape for matrix in matrices] == [(4, 4), (4, 4), (1, 4), (3, 4)][: len(matrices)]
    for matrix in matrices:
        matrix += 1
    assert (row == 1).all()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"operator": "cauchy", "parameters": {}}',
        '{"operator": 3, "parameters": {}}',
        '{"operator": "sparse", "parameters": {"share": 7}}',
        '{"operator": "gaussian", "parameters": {"share": 0.5}}',
        '{"operator": "gaussian", "parameters": 5}',
    ],
)
def test_what_names_no_mutation_is_not_parsed(text):
    with pytest.raises(ValueError, match=r"."):
        mutation.parse(text)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"operator": "spars"}, "'spars' is not allowed: did you mean sparse?"),
        ({"operator": "sparse", "parameters": {"shares": 1}}, "sparse: has no parameter shares; it has share"),
        ({"operator": "sparse", "parameters": {"share": 0}}, "sparse: share: input should be greater than 0"),
        ({"operator": "low_rank", "parameters": {"rank": 1.5}}, "low_rank: rank: input should be a valid integer"),
        ({"parameters": {"share": 0.5}}, "gaussian: takes no parameters, and share is given"),
    ],
)
def test_parameters_of_shipped_operators_are_checked_with_the_configuration(rules, said):
    with pytest.raises(UserError, match=r"^configuration: reproduction\.") as error:
        parse_config({"reproduction": rules})
    assert said in str(error.value)
