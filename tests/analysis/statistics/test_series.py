"""Intervals over the generations of one run: how often they cover, and what they are of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.series import interval_of_mean, interval_of_ratio
from tests.support.coverage_series import (
    after_of_mean,
    after_of_ratio,
    autoregressions,
    before_of_mean,
    covered,
    of_contingency,
    regressions,
)

series = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=3, max_size=40)


@pytest.mark.parametrize(
    ("length", "alike", "least"),
    [(12, 0.0, 0.935), (12, 0.6, 0.90), (25, 0.3, 0.93), (25, 0.6, 0.915), (100, 0.6, 0.93), (300, 0.8, 0.925)],
)
def test_intervals_of_means_cover(length, alike, least):
    values = autoregressions(length, alike, count=3000, seed=5)
    assert least < covered(after_of_mean(values), 0) < 0.97


def test_intervals_of_means_cover_where_values_are_skewed():
    assert 0.92 < covered(after_of_mean(autoregressions(25, 0.3, skewed=True, count=3000)), 0) < 0.97
    assert 0.93 < covered(after_of_mean(autoregressions(300, 0.6, skewed=True, count=3000)), 0) < 0.97


def test_what_the_bootstrap_over_blocks_did():
    """It covers 72 % where it says 95: the tests above would see it."""
    values = autoregressions(25, 0.6, count=1000)
    assert covered(before_of_mean(values), 0) < 0.8


@pytest.mark.parametrize(("length", "alike", "least"), [(25, 0.3, 0.92), (100, 0.6, 0.93), (300, 0.3, 0.935)])
def test_intervals_of_slopes_cover(length, alike, least):
    assert least < covered(after_of_ratio(*regressions(length, alike, count=2000)), 0.5) < 0.97


def test_intervals_of_contingency_cover():
    for row in of_contingency(1500, (8,)):
        normal = "normal" in row["case"]
        assert row["after"] > (0.93 if normal else 0.82), row


def test_three_values_have_students_interval_if_they_are_not_alike():
    values = np.array([1.0, 4.0, 2.0])
    low, high, effective = interval_of_mean(values)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 2, values.mean(), stats.sem(values)))
    assert effective == 3


def test_effective_n_is_the_autoregressions():
    for alike in (0.0, 0.3, 0.6):
        effective = interval_of_mean(autoregressions(3000, alike, count=50))[2]
        assert effective.mean() == pytest.approx(3000 * (1 - alike) / (1 + alike), rel=0.05)


@settings(max_examples=50, deadline=None)
@given(series, st.floats(-5, 5).filter(lambda x: abs(x) > 1e-3))
def test_intervals_are_about_the_mean_and_go_along_with_scale(values, scale):
    low, high, effective = interval_of_mean(values)
    assert (low + high) / 2 == pytest.approx(np.mean(values), abs=1e-6)
    assert 0 < effective <= len(values)
    ends = sorted(float(scale * end + 1) for end in (low, high))
    got = interval_of_mean(scale * np.array(values) + 1)
    np.testing.assert_allclose(got[:2], ends, atol=1e-6)


def test_few_and_unknown_values_have_no_interval_and_constant_ones_are_known():
    assert np.isnan(interval_of_mean([1.0, 2.0])[:2]).all()
    assert interval_of_mean([1.0, 2.0])[2] == 2
    low, high, effective = interval_of_mean([[1.0, 2.0, np.nan, 4.0], [2.0, 2.0, 2.0, 2.0]])
    assert np.isnan([low[0], high[0], effective[0]]).all()
    assert (low[1], high[1], effective[1]) == (2, 2, 4)
    assert interval_of_mean(np.zeros((2, 0)))[0].shape == (2,)


def test_a_ratio_of_equal_weights_is_a_mean():
    values = autoregressions(40, 0.5, count=3)
    for got, expected in zip(
        interval_of_ratio(2 * values, np.full_like(values, 2.0)), interval_of_mean(values), strict=True
    ):
        np.testing.assert_allclose(got, expected)
    low, high, _ = interval_of_ratio([2.0, 4.0, 6.0, 1.0], [1.0, 2.0, 3.0, 0.5])
    assert (low, high) == pytest.approx((2, 2))
