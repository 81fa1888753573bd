"""Shadows keep a record's demography and nothing else of it."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.data.validation import NOBODY
from analysis.evolution.islands import demes
from analysis.evolution.kinds import NONE
from analysis.evolution.shadows import Transmission, shadows
from tests.analysis.evolution.test_dynamics import breed
from tests.support.genealogies import neutral, planted


@settings(max_examples=10)
@given(st.integers(0, 99), st.integers(1, 3), st.integers(0, 3), st.floats(0, 0.5))
def test_parents_lived_where_those_on_record_did(seed, islands, survivors, deaths):
    record = demes(breed(6, islands, 8, seed=seed, survivors=survivors, deaths=deaths, swaps=int(islands > 1)))
    tree = record.tree
    for parent, _ in islice(shadows(record, seed), 2):
        assert ((parent == NOBODY) == (tree.parent == NOBODY)).all()
        known = parent != NOBODY
        assert (record.home[parent[known]] == record.home[tree.parent[known]]).all()
        assert record.living[parent[known]].all()
        lives_before = parent[record.survivors]
        assert len(np.unique(lives_before)) == len(lives_before)


def test_all_who_could_reproduce_are_drawn_alike():
    record = planted([[0] * 6] * 2, dead=[*[False] * 6, *[False] * 5, True, *[False] * 6])
    drawn = np.concatenate([parent[-6:] for parent, _ in islice(shadows(record), 500)])
    counts = np.bincount(drawn, minlength=18)[6:11]
    assert counts.sum() == 3000
    assert stats.chisquare(counts).pvalue > 0.01


def test_draws_are_keyed():
    record = planted(neutral(6, 5, 0))
    one, two, three = (list(islice(shadows(record, seed), 3)) for seed in (4, 4, 5))
    assert all((a == b).all() for (a, _), (b, _) in zip(one, two, strict=True))
    assert (one[0][0] != one[1][0]).any()
    assert (one[0][0] != three[0][0]).any()


def test_types_that_breed_true_do_in_a_shadow():
    record = planted([[0, 1, 2, 3]] * 9)
    types = np.tile([0, 0, 1, NONE], 10)
    for parent, draw in islice(shadows(record), 5):
        found = Transmission(record, types).of(parent, draw)
        assert (found[:4] == types[:4]).all()
        assert (found[4:] == found[parent[4:]]).all()


def test_types_change_as_often_as_on_record():
    parents, draw = neutral(200, 50, 3), np.random.default_rng(3)
    record = planted(parents)
    types = np.zeros(len(record.tree), np.int64)
    for layer in record.tree.layers[1:]:
        above = types[record.tree.parent[layer]]
        types[layer] = np.where(draw.random(50) < np.where(above == 0, 0.2, 0.05), 1 - above, above)
    parent, draw = next(shadows(record))
    found = Transmission(record, types).of(parent, draw)
    later = np.arange(50, len(types))
    for kind, rate in ((0, 0.2), (1, 0.05)):
        from_it = later[found[parent[later]] == kind]
        assert (found[from_it] != kind).mean() == pytest.approx(rate, abs=0.02)


def test_a_type_that_never_had_children_is_handed_on_as_it_is():
    record = planted([[0, 0, 0]] * 2)
    types = np.array([0, 1, 2] * 3)
    found = Transmission(record, types).of(np.array([NOBODY] * 3 + [1, 1, 2, 3, 4, 5]), np.random.default_rng(0))
    assert found.tolist() == [0, 1, 2, 1, 1, 2, 1, 1, 2]
