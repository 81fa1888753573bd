"""Signal and contrasts where they are published or can be had by hand, and on planted genealogies."""

import numpy as np
import pytest
from scipy import stats

from analysis.evolution.signal import blomberg, contrasts, pagel, products, regression, shared, signal
from tests.support.genealogies import neutral, planted, slow_metrics

PRIMATES = np.array(
    [
        [1.00, 0.79, 0.51, 0.38, 0.00],
        [0.79, 1.00, 0.51, 0.38, 0.00],
        [0.51, 0.51, 1.00, 0.38, 0.00],
        [0.38, 0.38, 0.38, 1.00, 0.00],
        [0.00, 0.00, 0.00, 0.00, 1.00],
    ]
)
"""Homo, Pongo, Macaca, Ateles, Galago: the tree of Lynch (1991, Evolution 45, 1065) that R's ape has as its example."""
MASS = np.array([4.09434, 3.61092, 2.37024, 2.02815, -1.46968])
LIFE = np.array([4.74493, 3.33220, 3.36730, 2.89037, 2.30259])
"""Logarithms of body mass and longevity."""
CONTRASTS = [3.3583189, 1.1929263, 1.5847416, 0.7459333], [0.8970604, 0.8678969, 0.7176125, 2.1798897]
"""As `pic` of ape prints them (Paradis, Analysis of Phylogenetics and Evolution with R, 2012, sec. 6.1.1)."""


def brownian(covariance, count, seed=0, noise=0.0):
    draw = np.random.default_rng(seed)
    own = np.linalg.cholesky(covariance) @ draw.standard_normal((len(covariance), count))
    return own + noise * draw.standard_normal(own.shape)


def test_contrasts_are_those_of_the_textbook():
    found = products(PRIMATES, MASS, LIFE)
    assert found == pytest.approx(np.array(CONTRASTS) @ np.array(CONTRASTS).T, rel=1e-6)
    slope = found[0, 1] / found[0, 0]
    assert slope == pytest.approx(0.4319, abs=1e-4)
    r = regression(PRIMATES, MASS, LIFE)
    assert r.value == pytest.approx(slope * np.sqrt(found[0, 0] / found[1, 1]))
    assert r.low < r.value < r.high


def test_k_of_three_tips_by_hand():
    """((A, B), C), all branches as long as to a root at 2: C⁻¹ = [[⅔, −⅓], [−⅓, ⅔]] and ½; the root is at 18/7."""
    covariance = np.array([[2.0, 1, 0], [1, 2, 0], [0, 0, 2]])
    a, b, c = np.array([1.0, 2, 4]) - 18 / 7
    mean_square = a * a + b * b + c * c
    with_tree = (2 * a * a - 2 * a * b + 2 * b * b) / 3 + c * c / 2
    expected = (6 - 3 / (7 / 6)) / 2
    assert blomberg(covariance, np.array([1.0, 2, 4])) == pytest.approx(mean_square / with_tree / expected)


def test_k_is_1_of_brownian_motion_and_lambda_too():
    record = planted(neutral(60, 40, 3))
    covariance = shared(record.tree, record.tree.rows())
    values = brownian(covariance + np.eye(40) * 1e-9, 400)
    assert np.mean([blomberg(covariance, each) for each in values.T]) == pytest.approx(1, abs=0.1)
    fits = [pagel(covariance, each) for each in values.T[:40]]
    assert np.mean([fit.value for fit, _ in fits]) > 0.9
    assert np.mean([p < 0.05 for _, p in fits]) > 0.9


def test_what_is_no_part_of_descent_is_no_signal():
    record = planted(neutral(60, 40, 3))
    covariance = shared(record.tree, record.tree.rows())
    values = np.random.default_rng(1).standard_normal((60, 40))
    fits = [pagel(covariance, each) for each in values]
    assert np.mean([fit.low == 0 for fit, _ in fits]) > 0.85
    assert np.mean([p < 0.05 for _, p in fits]) < 0.12
    constant = pagel(covariance, np.ones(40))
    assert np.isnan(constant[0].value)
    assert np.isnan(blomberg(covariance, np.ones(40)))


def test_half_of_the_variance_from_descent_is_a_lambda_of_half():
    """40 pairs of tips that part after three quarters of the time."""
    pairs = np.repeat(np.arange(40), 2)
    record = planted([*[list(range(40))] * 15, pairs.tolist(), *[list(range(80))] * 4])
    covariance = shared(record.tree, record.tree.rows())
    assert covariance[0].tolist() == [20, 15, *[0] * 78]
    values = brownian((covariance + 20 * np.eye(80)) / 2, 60)
    fits = [pagel(covariance, each)[0] for each in values.T]
    assert np.mean([fit.value for fit in fits]) == pytest.approx(0.5, abs=0.08)
    assert np.mean([fit.covers(0.5) for fit in fits]) > 0.85


def test_contrasts_undo_what_relatives_share():
    """Two traits that drift by themselves seem to go together more often than 5 % of the time; contrasts do not."""
    record = planted(neutral(60, 40, 3))
    covariance = shared(record.tree, record.tree.rows())
    x, y = brownian(covariance, 400).T.reshape(2, 200, 40)
    raw = [stats.pearsonr(a, b).pvalue < 0.05 for a, b in zip(x, y, strict=True)]
    found = [regression(covariance, a, b) for a, b in zip(x, y, strict=True)]
    assert np.mean(raw) > 0.3
    assert np.mean([e.covers(0) for e in found]) == pytest.approx(0.95, abs=0.04)


def test_shared_times_are_those_of_the_genealogy():
    record = planted(neutral(20, 8, 2))
    tree = record.tree
    found = shared(tree, tree.rows())
    slow = slow_metrics(tree.births, tree.last)
    assert found[0, 0] == slow["coalescence_time"]
    apart = 2 * (found[0, 0] - found)
    assert apart[np.triu_indices(8, 1)].mean() == pytest.approx(slow["mean_pairwise_distance"])


def test_founders_share_nothing():
    record = planted([[0, 1, 2, 3]] * 5)
    assert shared(record.tree, record.tree.rows()).tolist() == (5 * np.eye(4)).tolist()
    assert shared(planted([[0]] * 3).tree, np.array([3])).tolist() == [[0]]


def test_of_a_record_planted_by_descent():
    draw, parents = np.random.default_rng(0), neutral(40, 30, 4)
    accuracy = [0.5 + 0.05 * draw.standard_normal(30)]
    for row in parents:
        accuracy.append(accuracy[-1][row] + 0.01 * draw.standard_normal(30))
    copying = 10 ** (-2 + 0.1 * draw.standard_normal(40 * 30))
    record = planted(parents, np.ravel(accuracy), copying)
    table = signal(record).set_index("trait")
    assert table.loc["accuracy", "p"] < 0.05
    assert table.loc["accuracy", "lambda"] > 0.8
    assert table.loc["copying_error", "low"] == 0
    pair = contrasts(record).iloc[0]
    assert (pair["trait"], pair["other"], pair["n"]) == ("accuracy", "copying_error", 30)
    assert pair["low"] < 0 < pair["high"]


def test_few_and_dead_have_none():
    record = planted([[0, 1]] * 3)
    assert np.isnan(signal(record)["k"]).all()
    assert contrasts(record)["contrasts"].isna().all()
    nobody = planted([[0, 1]] * 3, dead=np.repeat(np.arange(4) == 3, 2))
    assert (signal(nobody)["n"] == 0).all()
