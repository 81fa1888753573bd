"""Adaptation, chance and history where they are planted, and how often their intervals hold the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.errors import UserError
from analysis.evolution.partition import partition
from tests.support.coverage_series import of_partitions

BEFORE = [0.1, 0.5, 0.3, 0.4]


def test_replays_that_all_end_alike_are_adaptation_alone():
    parts = partition(BEFORE, [[1.0, 1.0, 1.0]] * 4)
    assert parts.adaptation.value == pytest.approx(1 - np.mean(BEFORE))
    assert parts.chance.value == parts.history.value == 0
    assert parts.before.value == pytest.approx(np.std(BEFORE, ddof=1))


def test_replays_that_stay_where_they_were_are_history_alone():
    parts = partition(BEFORE, [[x, x, x] for x in BEFORE])
    assert parts.adaptation.value == pytest.approx(0)
    assert parts.chance.value == pytest.approx(0)
    assert parts.history.value == pytest.approx(parts.before.value)


def test_replays_that_scatter_are_chance_alone():
    parts = partition(BEFORE, np.mean(BEFORE) + np.random.default_rng(0).normal(size=(4, 50)))
    assert parts.chance.covers(1)
    assert parts.adaptation.covers(0)
    assert parts.history.low == 0


@given(st.floats(-5, 5), st.floats(0.1, 10), st.integers(0, 99))
def test_a_shift_is_adaptation_and_a_scale_scales_all(shift, scale, seed):
    rng = np.random.default_rng(seed)
    before = rng.normal(size=4)
    after = [rng.normal(size=n) for n in (2, 3, 4, 5)]
    one = partition(before, after)
    moved = partition(before, [x + shift for x in after])
    assert moved.adaptation.value == pytest.approx(one.adaptation.value + shift, abs=1e-9)
    assert moved.history.value == pytest.approx(one.history.value, abs=1e-6)
    scaled = partition(scale * before, [scale * x for x in after])
    for a, b in zip(one.estimates, scaled.estimates, strict=True):
        assert (b.value, b.low, b.high) == pytest.approx((scale * a.value, scale * a.low, scale * a.high), abs=1e-6)


def test_what_cannot_be_told_is_not_said():
    parts = partition([0.0, 1.0], [[1.0, 2.0], [3.0, np.nan]])
    assert not parts.history.known
    assert not parts.adaptation.known
    assert not parts.before.known
    assert parts.chance.known
    alone = partition([0.0, 1.0, 2.0], [[1.0], [2.0], [3.0]])
    assert np.isnan(alone.history.value)
    assert alone.adaptation.value == 1
    with pytest.raises(UserError, match="needs two"):
        partition([0.0, 1.0], [[1.0], []])
    with pytest.raises(UserError, match="value before for each"):
        partition([0.0], [[1.0], [2.0]])


def test_intervals_hold_the_truth_as_often_as_said():
    for row in of_partitions(300, ((6, 4),)):
        print(row)
        least = 0.91 if row["case"].startswith("normal") else 0.0
        assert least <= row["after"] <= 1
