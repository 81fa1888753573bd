"""Types of individuals against a grid drawn and a line followed by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.errors import UserError
from analysis.data.validation import NOBODY
from analysis.evolution.islands import Demes, demes
from analysis.evolution.kinds import NONE, Handing, clades, classes, founded
from analysis.evolution.neutral import shadow
from analysis.lineage.phylogeny import phylogeny
from tests.support.genealogies import histories, lines, neutral, planted
from tests.support.synthetic import synthetic_run


def test_classes_are_cells_of_accuracy_and_copying_error():
    accuracy = [0.30, 0.34, 0.35, 0.39, 0.30, 0.30]
    copying = [0.01, 0.01, 0.01, 0.01, 0.017, 0.018]
    found = classes(planted([], accuracy, copying))
    same = found[:, None] == found
    assert same[0, 1]
    assert same[2, 3]
    assert same[0, 4]
    assert not same[0, 2]
    assert not same[0, 5]
    assert not same[2, 5]
    assert set(found) == {0, 1, 2}


def test_wider_classes_are_fewer():
    record = demes(synthetic_run(8, 2, 24))
    assert len(set(classes(record, 0.2, 1.0))) < len(set(classes(record, 0.01, 0.02)))


def test_who_died_early_or_has_no_value_is_of_no_class():
    found = classes(planted([], 0.5, [0.01, np.nan, 0.01, np.inf], [False, False, True, False]))
    assert found.tolist() == [0, NONE, NONE, NONE]
    assert classes(planted([], dead=True)).tolist() == [NONE]


def test_zero_and_huge_values_have_classes():
    found = classes(planted([], [0.0, -1e30, 1.0, 1.0], [0.0, 1e-3, 1e30, 1e-40]))
    assert len(set(found)) == 4
    assert found.min() == 0


def test_wrong_arguments():
    with pytest.raises(UserError, match="widths above 0"):
        classes(planted([]), copying=0)
    with pytest.raises(UserError, match="back = -1"):
        clades(planted([]), -1)


@settings(max_examples=30)
@given(histories(min_generations=2), st.integers(0, 4))
def test_clades_are_the_ancestors_so_many_generations_before(births, back):
    record = _as_demes(births)
    ancestry, ids = lines(record.tree.births), record.tree.births["id"].tolist()
    for row, clade in enumerate(clades(record, back).tolist()):
        line = ancestry[ids[row]]
        assert clade == (ids.index(line[back]) if back < len(line) else NONE)


@pytest.mark.parametrize("every", [1, 3, 20])
def test_founders_are_ancestors_in_the_latest_founding_generation(every):
    record = planted(neutral(8, 5, 0))
    tree = record.tree
    ancestry, ids = lines(tree.births), tree.births["id"].tolist()
    for row, founder in enumerate(founded(tree, tree.parent, every).tolist()):
        assert founder == ids.index(ancestry[ids[row]][tree.generation[row] % every])


def _as_demes(births):
    tree = phylogeny(births)
    living = np.ones(len(tree), bool)
    return Demes("history", (), tree, 1, tree.generation - tree.first, living, SimpleNamespace())


def test_types_that_breed_true_do_in_a_shadow():
    record = planted([[0, 1, 2, 3]] * 9)
    types = np.tile([0, 0, 1, NONE], 10)
    for number in range(5):
        parent = shadow(record, number)
        found = Handing(record, types).of(parent, np.random.default_rng(number))
        assert (found[:4] == types[:4]).all()
        assert (found[4:] == found[parent[4:]]).all()


def test_types_change_as_often_as_on_record():
    parents, draw = neutral(200, 50, 3), np.random.default_rng(3)
    record = planted(parents)
    types = np.zeros(len(record.tree), np.int64)
    for layer in record.tree.layers[1:]:
        above = types[record.tree.parent[layer]]
        types[layer] = np.where(draw.random(50) < np.where(above == 0, 0.2, 0.05), 1 - above, above)
    parent = shadow(record)
    found = Handing(record, types).of(parent, draw)
    later = np.arange(50, len(types))
    for kind, rate in ((0, 0.2), (1, 0.05)):
        from_it = later[found[parent[later]] == kind]
        assert (found[from_it] != kind).mean() == pytest.approx(rate, abs=0.02)


def test_a_type_that_never_had_children_is_handed_on_as_it_is():
    record = planted([[0, 0, 0]] * 2)
    types = np.array([0, 1, 2] * 3)
    found = Handing(record, types).of(np.array([NOBODY] * 3 + [1, 1, 2, 3, 4, 5]), np.random.default_rng(0))
    assert found.tolist() == [0, 1, 2, 1, 1, 2, 1, 1, 2]
