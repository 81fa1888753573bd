"""Types of individuals against a grid drawn and a line followed by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.errors import UserError
from analysis.evolution.islands import Demes, demes
from analysis.evolution.kinds import NONE, clades, classes, founded
from analysis.lineage.phylogeny import phylogeny
from tests.support.genealogies import histories, lines
from tests.support.genealogies import neutral, planted
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
