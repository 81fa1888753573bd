"""Statistics against textbook examples, and what they say of samples too small to say anything."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, stats

from analysis.statistics import intervals as say

ZEA_MAYS = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
"""Darwin's crossed less self-fertilised maize, eighths of an inch (Fisher 1935, section 17)."""
PAIN_A = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
PAIN_B = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
"""Pain scores of Brunner and Munzel (2000)."""
ANGINA = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]
"""The p-values of Benjamini and Hochberg (1995, section 4)."""

values = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=3, max_size=8)


def test_sign_flips_give_fishers_exact_p_of_darwins_maize():
    test = say.sign_flip(ZEA_MAYS, np.zeros(15))
    assert test.p == pytest.approx(1726 / 2**15)
    assert test.superiority == pytest.approx(13 / 15)


def test_brunner_munzel_gives_the_published_p_and_relative_effect():
    test = say.brunner_munzel(PAIN_A, PAIN_B)
    assert test.p == pytest.approx(0.0057862, abs=5e-8)
    assert 1 - test.superiority == pytest.approx(0.788961)
    assert test.cliffs_delta == pytest.approx(1 - 2 * 0.788961, abs=1e-5)


def test_groups_apart_get_the_permutations_p_and_not_zero():
    test = say.brunner_munzel([1, 2, 3, 4], [5, 6, 7, 8])
    assert test.p == test.smallest_p == pytest.approx(2 / 70)
    assert test.superiority == 0


def test_cliffs_delta_by_hand():
    test = say.brunner_munzel([1, 2, 3], [2, 3, 4])
    assert test.cliffs_delta == pytest.approx((1 - 6) / 9)


def test_holm_by_hand():
    np.testing.assert_allclose(say.correct([0.01, 0.04, 0.03, 0.005], "holm"), [0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochbergs_own_example_rejects_four_and_holm_three():
    assert (say.correct(ANGINA, "bh") <= 0.05).sum() == 4
    assert (say.correct(ANGINA, "holm") <= 0.05).sum() == 3
    assert (say.correct(ANGINA, "by") >= say.correct(ANGINA, "bh")).all()
    np.testing.assert_array_equal(say.correct(ANGINA, "none"), ANGINA)


def test_correction_passes_over_what_is_undefined():
    out = say.correct([0.01, np.nan, 0.02], "holm")
    np.testing.assert_allclose(out, [0.02, np.nan, 0.02])
    assert np.isnan(say.correct([np.nan], "bh")).all()


def test_iqm_is_the_mean_of_the_middle_half():
    assert say.iqm([1, 2, 3, 4, 5, 6, 7, 100]) == pytest.approx(4.5)
    assert say.iqm([1, 2, 100]) == pytest.approx(103 / 3)


def test_interval_of_a_mean_agrees_with_students_for_many_runs():
    sample = np.random.default_rng(1).normal(3, 2, 200)
    t = stats.t.interval(0.95, 199, sample.mean(), stats.sem(sample))
    got = say.interval(sample, "mean")
    assert (got.low, got.high) == pytest.approx(t, abs=0.03)
    assert got.covers(sample.mean())
    assert not got.covers(0)


@pytest.mark.parametrize(("n", "least"), [(5, 0.84), (8, 0.88)])
def test_intervals_cover_about_as_often_as_they_say(n, least):
    sample = np.random.default_rng(2).normal(size=(300, n))
    low, high = say.intervals(sample)
    assert least < ((low <= 0) & (high >= 0)).mean() < 0.99


def test_paired_differences_see_what_unpaired_ones_do_not():
    draw = np.random.default_rng(3)
    seeds = draw.normal(0, 10, 8)
    treated, plain = seeds + 1 + draw.normal(0, 0.1, 8), seeds + draw.normal(0, 0.1, 8)
    paired, unpaired = (say.difference(treated, plain, paired=is_paired) for is_paired in (True, False))
    assert paired.low > 0.8
    assert unpaired.low < 0 < unpaired.high
    assert (paired.n, unpaired.n) == (8, 8)


def test_few_runs_bear_an_estimate_but_no_interval():
    got = say.interval([1.0, 3.0])
    assert (got.value, got.n) == (2.0, 2)
    assert math.isnan(got.low)
    assert not got.covers(2)
    assert math.isnan(say.interval([]).value)
    assert math.isnan(say.difference([1.0], [2.0, 3.0, 4.0]).low)
    assert say.difference([1.0], [2.0, 3.0, 4.0]).value == pytest.approx(-2)
    assert math.isnan(say.difference([], [1.0]).value)


def test_what_is_not_finite_is_left_out_with_its_partner():
    got = say.difference([1, 2, np.nan, 4, 5], [0, 1, 2, np.inf, 4], paired=True)
    assert (got.n, got.value) == (3, 1.0)
    assert say.interval([1, 2, 3, np.nan]).n == 3


def test_intervals_of_rows_are_those_of_each_row_alone():
    rows = np.random.default_rng(4).normal(size=(4, 6))
    rows[2, 3] = np.nan
    low, high = say.intervals(rows)
    for i in (0, 1, 3):
        alone = say.interval(rows[i])
        assert (low[i], high[i]) == pytest.approx((alone.low, alone.high))
    assert np.isnan(low[2])


def test_smallest_p_is_attained_by_the_most_extreme_data():
    assert say.sign_flip([1, 2, 3, 4, 5], np.zeros(5)).p == say.smallest_p(5, 5, paired=True) == 2 / 32
    extreme = stats.permutation_test(
        ([1, 2, 3], [4, 5, 6, 7]), lambda a, b: np.mean(a) - np.mean(b), n_resamples=np.inf
    )
    assert extreme.pvalue == pytest.approx(say.smallest_p(3, 4))
    assert say.smallest_p(1, 1, paired=True) == say.smallest_p(0, 0) == 1


def test_too_few_runs_are_told_so():
    assert say.too_few(5, 5, paired=True) == "5 paired runs cannot give p < 0.05 (0.0625 at best); 6 could"
    assert say.too_few(6, 6, paired=True) is None
    assert say.too_few(3, 3) == "3 and 3 runs cannot give p < 0.05 (0.1 at best); 4 a group could"
    assert say.too_few(4, 4) is None
    assert "among 7 comparisons (0.0547 at best); 9 could" in str(say.too_few(8, 8, paired=True, comparisons=7))


@pytest.mark.parametrize("method", ["holm", "bh", "by", "none"])
@pytest.mark.parametrize("comparisons", [1, 2, 5])
def test_too_few_agrees_with_the_best_that_the_correction_gives(method, comparisons):
    for n in range(3, 11):
        best = say.correct([say.smallest_p(n, n, paired=True)] * comparisons, method)[0]
        told = say.too_few(n, n, paired=True, comparisons=comparisons, correction=method)
        assert (told is None) == (best < 0.05)
        assert told is None or f"({best:.3g} at best)" in told


def test_no_difference_is_no_evidence():
    assert say.sign_flip([1, 1, 2], [1, 1, 2]).p == 1
    assert say.brunner_munzel([1, 1], [1, 1]).p == 1
    assert say.brunner_munzel([1], [2, 3]).p == 1
    assert say.sign_flip([1], [2]).p == 1
    assert math.isnan(say.sign_flip([], []).superiority)


SEVEN = ((0, 2), (2, 4), (4, 7))
"""Where the blocks of seven values begin and end."""


def test_blocks_keep_the_mean_and_bound_the_number():
    series = np.random.default_rng(5).normal(size=(2, 1000))
    got = say.blocks(series, 100)
    assert got.shape == (2, 100)
    np.testing.assert_allclose(got.mean(axis=1), series.mean(axis=1))
    np.testing.assert_allclose(say.blocks(series[:, :5]), series[:, :5])
    assert say.block_sums(series[0, :7]).tolist() == pytest.approx([sum(series[0, i:j]) for i, j in SEVEN])
    assert say.blocks(series[:, :0]).shape == (2, 0)
    for length, count in ((6, 3), (7, 3), (30, 10), (100, 20), (997, 99), (5000, 100)):
        long = np.random.default_rng(6).normal(3, 0.1, size=length)
        got = say.blocks(long)
        assert got.shape == (count,)
        assert got.mean() == pytest.approx(long.mean(), abs=1e-9)
        assert np.abs(got - 3).max() < 0.4, "blocks of unequal lengths differ by what is in them alone"


def test_blocks_see_that_neighbours_are_alike():
    """100 values of an autoregression of ½, whose mean varies three times as much as that of independent ones."""
    shocks = np.random.default_rng(8).normal(size=(200, 150))
    series = signal.lfilter([1.0], [1.0, -0.5], shocks)[:, 50:]
    covered = []
    for rows in (series, say.blocks(series)):
        low, high = say.intervals(rows, "mean", resamples=999)
        covered.append(((low <= 0) & (high >= 0)).mean())
    assert covered[0] < 0.8
    assert covered[1] > 0.84


@settings(max_examples=25, deadline=None)
@given(a=values, b=values)
def test_tests_are_symmetric_and_never_below_what_the_size_allows(a, b):
    for test, other in (
        (say.brunner_munzel(a, b), say.brunner_munzel(b, a)),
        (say.sign_flip(a[:3], b[:3]), say.sign_flip(b[:3], a[:3])),
    ):
        assert test.p == pytest.approx(other.p)
        assert test.smallest_p <= test.p * (1 + 1e-9) <= 1 + 1e-6
        assert test.superiority == pytest.approx(1 - other.superiority)
    there, back = say.difference(a, b, centre="median"), say.difference(b, a, centre="median")
    assert there.value == pytest.approx(-back.value)
    assert there.low <= there.high
