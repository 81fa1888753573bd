"""Intervals against what is known of them, and how often they cover."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import intervals as say
from tests.support import coverage

values = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=3, max_size=8)


def test_interval_of_a_mean_is_students():
    sample = np.random.default_rng(1).normal(3, 2, 20)
    t = stats.t.interval(0.95, 19, sample.mean(), stats.sem(sample))
    got = say.interval(sample)
    assert (got.low, got.high) == pytest.approx(t)
    assert got.covers(sample.mean())
    assert not got.covers(0)


def test_interval_of_a_difference_is_welchs():
    draw = np.random.default_rng(7)
    a, b = draw.normal(1, 1, 6), draw.normal(0, 4, 9)
    got, ci = say.difference(a, b), stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (got.low, got.high, got.n) == pytest.approx((ci.low, ci.high, 6))


@pytest.mark.parametrize(("case", "n"), [("normal", 3), *product(coverage.DRAWS, (6, 8, 24))])
def test_intervals_cover_what_they_say(case, n):
    """3,000 draws a cell: a coverage of 0.95 is between 0.938 and 0.962 in all but one of 400 cells."""
    least, most = (0.90, 0.97) if case == "lognormal, σ = ½" else (0.93, 0.98)
    for one in coverage.of_centres(case, n, 3_000):
        assert least < one.covered < most, one


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
    there, back = say.difference(a, b), say.difference(b, a)
    assert there.value == pytest.approx(-back.value)
    assert there.low <= there.high
