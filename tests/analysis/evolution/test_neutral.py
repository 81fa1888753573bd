"""Neutral shadows keep a record's sizes, deaths and migration, and draw parents without regard to anything else."""

import numpy as np
import pytest

from analysis.evolution.islands import Demes, demes
from analysis.evolution.neutral import shadow
from analysis.lineage.phylogeny import NOBODY
from tests.analysis.evolution.test_dynamics import breed
from tests.support.planted import planted


@pytest.fixture(scope="module")
def record() -> Demes:
    return demes(breed(12, 3, 20, swaps=4, deaths=0.3, survivors=5, crossover=0.5))


@pytest.mark.parametrize("chances", ["uniform", "dealt"])
def test_children_are_conceived_where_they_were_by_those_who_lived(record, chances):
    parent, tree = shadow(record, chances=chances), record.tree
    known = tree.parent != NOBODY
    assert (parent[~known] == NOBODY).all()
    assert record.living[parent[known]].all()
    assert (record.home[parent[known]] == record.home[tree.parent[known]]).all()
    lives = np.bincount(parent[record.survivors], minlength=len(tree))
    assert lives.max() == 1
    assert (parent != tree.parent).any()


def test_shadows_are_keyed(record):
    assert (shadow(record, 3, seed=1) == shadow(record, 3, seed=1)).all()
    assert (shadow(record, 3, seed=1) != shadow(record, 4, seed=1)).any()
    assert (shadow(record, 3, seed=1) != shadow(record, 3, seed=2)).any()


def test_everybody_who_lived_is_drawn_alike():
    deaths = np.array([[True, False, False, False, False], [False] * 5])
    record = demes(planted([[1, 1, 1, 1, 2]], deaths=deaths))
    children = sum(np.bincount(shadow(record, number)[5:], minlength=5) for number in range(800))
    assert children[0] == 0
    assert children[1:] / 800 == pytest.approx(np.full(4, 1.25), abs=0.15)


def test_dealt_chances_are_as_unequal_as_the_schemes():
    """Truncation: in a shadow, too, the unselected share of a deme has no children; it is others each time."""
    record = demes(breed(2, 1, 40, scheme="truncation"))
    chosen = (record.expected > 0).sum()
    drawn = np.array([np.bincount(shadow(record, i, chances="dealt")[40:], minlength=40) > 0 for i in range(50)])
    assert chosen < 40
    assert drawn.sum(axis=1).max() <= chosen
    assert drawn.any(axis=0).sum() > chosen
