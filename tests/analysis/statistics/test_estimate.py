"""An estimate on other scales, and many as a table."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.traits import TRAITS, measured
from analysis.statistics.estimate import COLUMNS, Estimate, frame


@given(numbers=st.tuples(*[st.floats(1e-6, 1e3)] * 3).map(sorted), trait=st.sampled_from(sorted(TRAITS)))
def test_natural_undoes_measured_and_keeps_the_ends_in_order(numbers, trait):
    low, value, high = measured(trait, numbers).tolist()
    e = Estimate(value, *sorted((low, high)), 5, trait=trait).natural()
    assert (e.low, e.value, e.high) == pytest.approx(tuple(numbers))
    assert (e.n, e.trait) == (5, trait)


def test_without_an_interval_there_is_none_on_any_scale():
    e = Estimate(2.0, math.nan, math.nan, 2).mapped(lambda x: -x)
    assert e.value == -2
    assert not e.known
    assert not e.covers(-2)


def test_estimates_become_a_long_table():
    table = frame([Estimate(1.0, 0.5, 2.0, 8, "w=0", "accuracy", "gain", 9), Estimate(1.0, 0.5, 2.0, 8)])
    assert tuple(table) == COLUMNS
    assert table["generation"].isna().tolist() == [False, True]
    assert table["treatment"].tolist() == ["w=0", ""]
    assert frame([]).empty
