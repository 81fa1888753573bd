"""Intervals of assays hold the truth as often as they say, from six genomes on."""

import numpy as np
import pytest
from scipy import stats

from analysis.assays import components, correlations, crossed
from analysis.statistics import centres
from tests.support import coverage_assays as simulated

TRIALS = 1500


@pytest.mark.parametrize("n", [6, 24])
@pytest.mark.parametrize(
    "case",
    [
        simulated.shares(0.1),
        simulated.shares(0.9),
        simulated.shares_within(0.5),
        simulated.spread(0.1),
        simulated.spread(0.9),
        simulated.mean(0.3, 3),
        simulated.gain(0.3, 3),
        simulated.chance(),
        simulated.middle("median", 0.0),
    ],
    ids=lambda case: case.name,
)
def test_intervals_cover(case, n):
    assert 0.93 <= simulated.coverage(case, n, 5, trials=TRIALS).coverage <= 0.97


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_intervals_of_genetic_correlations_cover(share):
    assert 0.92 <= simulated.coverage(simulated.together(share, -0.7), 6, 5, trials=300).coverage <= 0.98


def test_a_bootstrap_over_genomes_would_not_cover():
    """What the simulation can tell: of heritability it holds the truth too rarely, and of means as lives differ."""
    for case in (simulated.shares(0.5), simulated.mean(0.3, 3)):
        assert simulated.coverage(case, 8, 5, trials=100, bootstrap=True).bootstrap < 0.9


def test_a_mean_without_effects_of_lives_is_not_held_to_be_surer_than_its_genomes():
    assert simulated.coverage(simulated.mean(0.3, 0), 6, 5, trials=TRIALS).coverage > 0.95
    assert simulated.coverage(simulated.gain(0.0, 0), 6, 5, trials=TRIALS).coverage > 0.95


def test_the_interval_of_a_difference_leaves_out_what_lives_do_to_both():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 8, 5))
    shared = 100 * rng.normal(size=5)
    bare, common = crossed.difference(first, second), crossed.difference(first + shared, second + shared)
    assert [common.value, common.low, common.high] == pytest.approx([bare.value, bare.low, bare.high])
    alone = crossed.mean(first + shared)
    assert alone.high - alone.low > 10 * (bare.high - bare.low)
    assert bare.over == "genomes × 5 lives"


def test_heritability_has_the_ends_of_the_intraclass_correlation():
    """Shrout and Fleiss (1979), six targets and four judges: ICC(3,1) is 0.71, MS_G 11.24 and MS_E 1.02."""
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    found = components.heritability(ratings)
    assert (found.value, found.low, found.high) == pytest.approx((0.715, 0.342, 0.946), abs=0.001)


def test_what_does_not_differ_in_lives_is_wholly_heritable():
    found = components.heritability(np.arange(5.0)[:, None] + np.zeros((5, 3)))
    assert (found.value, found.low, found.high) == (1, 1, 1)


def test_two_genomes_or_one_life_have_no_interval():
    rng = np.random.default_rng(1)
    for scores in (rng.normal(size=(2, 5)), rng.normal(size=(5, 1))):
        for found in (components.heritability(scores), components.deviation(scores), crossed.mean(scores)):
            assert not found.known
    assert not correlations.correlation(*rng.normal(size=(2, 2, 5))).known


def test_genomes_that_hardly_differ_have_a_correlation_that_may_be_anything():
    low, high = correlations.correlations(*np.random.default_rng(2).normal(size=(2, 20, 4)))
    assert low < -0.9
    assert high > 0.9


def test_a_share_of_nobody_is_not_certain():
    none = centres.share(np.zeros(8))
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(stats.binomtest(0, 8).proportion_ci().high)
    assert centres.share([0.5] * 4 + [0.4] * 4).low > centres.share([1.0, 0.0] * 4).low, "many lines a founder"


def test_shares_of_units_with_several_lines_cover():
    """Founders differ: beta-distributed chances with mean ½, 20 lines each; 500 draws have an se of 0.01."""
    draw = np.random.default_rng(3)
    for n in (3, 6, 12):
        shares = draw.binomial(20, draw.beta(2, 2, (500, n))) / 20
        assert np.mean([centres.share(each).covers(0.5) for each in shares]) > 0.92


def test_the_mean_of_what_is_all_zero_but_one_has_no_interval():
    assert not centres.positive_mean([0.0, 0.0, 5.0]).known
    assert centres.positive_mean([0.0, 0.0, 0.0]).known


def test_medians_of_few_have_their_range_or_nothing():
    five = centres.median([5.0, 1.0, 2.0, 4.0, np.nan, 3.0])
    assert (five.value, five.low, five.high, five.n) == (3, 1, 5, 5)
    assert not centres.median([1.0, 2.0, 3.0, 4.0]).known
