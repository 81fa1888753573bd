"""Intervals against what is known of them, and how often they cover."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import intervals as say

values = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=3, max_size=8)


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


@settings(max_examples=25, deadline=None)
@given(a=values, b=values)
def test_differences_turn_around_with_their_groups(a, b):
    there, back = say.difference(a, b, centre="median"), say.difference(b, a, centre="median")
    assert there.value == pytest.approx(-back.value)
    assert there.low <= there.high
