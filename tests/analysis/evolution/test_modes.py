"""Change, novelty and ecology where they are known, and against lines followed one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.errors import UserError
from analysis.evolution.islands import demes
from analysis.evolution.kinds import NONE, clades
from analysis.evolution.modes import entropy, modes, persistent
from tests.support.genealogies import lines, neutral, planted
from tests.support.synthetic import synthetic_run

STILL = [list(range(8))] * 20
"""Everybody has one child for 20 generations."""


def by_generation(values):
    """A value of each generation of `STILL` as one of each individual."""
    return np.repeat(values, 8)


def test_one_type_that_never_changes():
    table = modes(planted(STILL), every=5, persistence=5)
    assert table["generation"].tolist() == [0, 5, 10, 15]
    assert (table["types"] == 1).all()
    assert (table["ecology"] == 0).all()
    assert table[["change", "novelty"]].iloc[0].isna().all()
    assert (table[["change", "novelty"]].iloc[1:] == 0).all(axis=None)


def test_a_new_type_takes_over_every_four_generations():
    record = planted(STILL, by_generation(np.arange(21) // 4 / 10))
    table = modes(record, every=4, persistence=2)
    assert table["change"].tolist()[1:] == table["novelty"].tolist()[1:] == [1, 1, 1, 1]
    assert (table["types"] == 1).all()
    assert (table["ecology"] == 0).all()
    assert modes(record, every=2, persistence=2)["novelty"].tolist()[1:] == [0, 1, 0, 1, 0, 1, 0, 1, 0]


def test_types_that_take_turns_are_change_and_soon_no_novelty():
    table = modes(planted(STILL, by_generation(np.arange(21) // 4 % 2 / 2)), every=4, persistence=2)
    assert table["change"].tolist()[1:] == [1, 1, 1, 1]
    assert table["novelty"].tolist()[1:] == [1, 0, 0, 0]


@pytest.mark.parametrize("number", [1, 2, 4, 8])
def test_uniform_over_m_types_is_log2_m_bits(number):
    table = modes(planted(STILL, np.tile(np.arange(8) % number / 10, 21)))
    assert table["ecology"].to_numpy() == pytest.approx(np.log2(number))
    assert (table["types"] == number).all()


def test_mutants_without_descendants_are_filtered_out():
    """All descend from the first of each generation; the seven others are of types of their own."""
    record = planted([[0] * 8] * 20, np.tile(np.arange(8) / 10, 21))
    assert (modes(record, every=1, persistence=0)["types"] == 8).all()
    filtered = modes(record, every=1, persistence=3)
    assert (filtered["types"] == 1).all()
    assert (filtered["ecology"] == 0).all()
    assert len(filtered) == 18


def test_descendants_that_died_early_do_not_make_a_type_persist():
    dead = np.zeros((21, 8), bool)
    dead[3, 1:] = True
    record = planted([*STILL[:3], *[[0] * 8] * 17], np.tile(np.arange(8) / 10, 21), dead=dead.ravel())
    assert persistent(record, 1).reshape(21, 8)[2].tolist() == [True] + [False] * 7
    assert persistent(record, 0).sum() == 21 * 8 - 7


def test_where_nobody_is_left_there_are_no_types():
    dead = np.repeat(np.arange(4) == 3, 2)
    table = modes(planted([[0, 1]] * 3, dead=dead), every=1, persistence=1)
    assert table["types"].tolist() == [1, 1, 0]
    assert np.isnan(table["ecology"].iloc[-1])
    assert table["change"].iloc[-1] == 0


def test_clades_are_new_at_each_step_and_their_ecology_is_that_of_descent():
    record = planted(neutral(30, 12, 1))
    table = modes(record, clades(record, 5), every=5, persistence=5).iloc[1:]
    assert (table["change"] == table["types"]).all()
    assert (table["novelty"] == table["types"]).all()
    still = planted(STILL)
    ecology = modes(still, clades(still, 4), every=4, persistence=4)["ecology"]
    assert ecology.tolist() == pytest.approx([np.nan, 3, 3, 3, 3], nan_ok=True)


@settings(max_examples=25)
@given(st.integers(0, 99), st.integers(0, 4), st.integers(1, 3), st.integers(1, 4))
def test_against_counting_by_hand(seed, persistence, every, number):
    record = planted(neutral(8, 5, seed), np.random.default_rng(seed).integers(0, number, 40) / 10)
    births = record.tree.births
    ancestry = lines(births)
    level = dict(zip(births["id"], births["accuracy"], strict=True))
    seen = []
    for row in modes(record, every=every, persistence=persistence).itertuples():
        later = births.loc[births["generation"] == row.generation + persistence, "id"]
        kept = {ancestry[each][persistence] for each in later}
        types = {level[each] for each in kept}
        assert row.types == len(types)
        if seen:
            assert row.change == len(types - seen[-1])
            assert row.novelty == len(types - set.union(*seen))
        share = np.array([sum(level[each] == one for each in kept) for one in types]) / len(kept)
        assert row.ecology == pytest.approx(-(share * np.log2(share)).sum())
        seen.append(types)


@settings(max_examples=25)
@given(st.integers(0, 99))
def test_names_of_types_and_those_without_one_do_not_matter(seed):
    record = planted(neutral(10, 6, seed))
    types = np.random.default_rng(seed).integers(NONE, 3, 60)
    renamed = np.where(types == NONE, NONE, 7 * (3 - types))
    table = modes(record, types, every=2, persistence=1)
    assert table.equals(modes(record, renamed, every=2, persistence=1))
    assert (table["types"] <= 3).all()
    assert not (table["ecology"] > np.log2(3) + 1e-12).any()


@given(st.lists(st.integers(1, 50), min_size=1))
def test_entropy_is_between_that_of_one_and_of_equals(counts):
    assert 0 <= entropy(np.array(counts)) <= np.log2(len(counts)) + 1e-9


def test_short_runs_and_wrong_arguments():
    assert modes(demes(synthetic_run(3, 1, 4))).empty
    assert len(modes(demes(synthetic_run(1, 2, 6)), persistence=0)) == 1
    for wrong in ({"every": 0}, {"persistence": -1}):
        with pytest.raises(UserError, match="at least 1 and at least 0 generations"):
            modes(planted(STILL), **wrong)


def test_without_a_task_the_copying_error_tells_types_apart():
    table = modes(demes(synthetic_run(12, 2, 12, has_task=False)), every=2, persistence=2)
    assert table["types"].min() >= 1
