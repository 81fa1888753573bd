"""Tests against published examples, and beside the interval that goes with them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics import significance as say
from analysis.statistics.intervals import difference

ZEA_MAYS = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
"""Darwin's crossed less self-fertilised maize, eighths of an inch (Fisher 1935, section 17)."""
PAIN_A = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
PAIN_B = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
"""Pain scores of Brunner and Munzel (2000)."""
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
"""Hours of sleep gained under two drugs by ten patients (Student 1908)."""
ANGINA = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]
"""The p-values of Benjamini and Hochberg (1995, section 4)."""

values = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=3, max_size=8)


def test_paired_t_gives_fishers_t_of_darwins_maize():
    test = say.t_test(ZEA_MAYS, np.zeros(15), paired=True)
    assert test.p == pytest.approx(0.0497, abs=5e-5), "t = 2.148 of 14 degrees of freedom"
    assert test.superiority == pytest.approx(13 / 15)


def test_welchs_t_gives_the_p_of_the_sleep_data_unpaired():
    test = say.t_test(SLEEP_1, SLEEP_2)
    assert test.p == pytest.approx(0.07939, abs=5e-6), "t = −1.8608 of 17.776 degrees of freedom"
    assert say.t_test(SLEEP_1, SLEEP_2, paired=True).p == pytest.approx(0.002833, abs=5e-7)


def test_superiority_is_the_published_relative_effect():
    assert 1 - say.superiority(PAIN_A, PAIN_B) == pytest.approx(0.788961)


def test_superiority_by_hand():
    """Of nine pairs one is higher, two are equal and six are lower."""
    assert say.t_test([1, 2, 3], [2, 3, 4]).superiority == pytest.approx((1 + 2 / 2) / 9)


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


def test_no_difference_is_no_evidence():
    assert say.t_test([1, 1, 2], [1, 1, 2], paired=True).p == 1
    assert say.t_test([1, 1, 1], [1, 1, 1]).p == 1
    assert say.t_test([1, 1, 1], [2, 2, 2]).p == 0


def test_fewer_than_three_are_not_tested():
    assert math.isnan(say.t_test([1], [2, 3]).p)
    assert math.isnan(say.t_test([1, 2], [2, 5], paired=True).p)
    assert math.isnan(say.t_test([], []).superiority)


@settings(max_examples=50, deadline=None)
@given(a=values, b=values, paired=st.booleans())
def test_an_effect_is_there_just_where_its_interval_leaves_out_nothing(a, b, paired):
    if paired:
        a, b = a[: len(b)], b[: len(a)]
    test, effect = say.t_test(a, b, paired), difference(a, b, paired)
    assert (test.p < 0.05) == (not effect.covers(0))
    other = say.t_test(b, a, paired)
    assert test.p == pytest.approx(other.p)
    assert test.superiority == pytest.approx(1 - other.superiority)
