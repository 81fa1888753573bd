"""Tests against published examples, and what they say of samples too small to say anything."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import significance as say

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
