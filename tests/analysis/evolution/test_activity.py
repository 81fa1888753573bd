"""Activity where it is known, above the shadow where a clade was planted, and beside it where nothing is selected."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.errors import UserError
from analysis.evolution.activity import activity, clade_activity
from analysis.evolution.islands import demes
from analysis.evolution.kinds import NONE, founded
from tests.analysis.evolution.test_dynamics import breed
from tests.support.genealogies import neutral, planted
from tests.support.synthetic import EDGES, synthetic_run


def test_one_type_that_never_changes_gathers_activity_and_is_not_new():
    table = activity(planted(neutral(12, 6, 0)), shadows=5)
    assert table["mean"].to_numpy() == pytest.approx(np.arange(1, 13))
    assert table["low"].to_numpy() == pytest.approx(table["high"].to_numpy())
    assert (table["diversity"] == 1).all()
    assert (table[["above", "new"]] == 0).all(axis=None)


def test_shares_and_generations_are_summed():
    """Of four, one is of type 1, in the last generation three; type 2 comes once."""
    types = np.array([0, 0, 0, 1, 0, 0, 2, 1, 1, 1, 1, 0])
    record = planted([[0, 1, 2, 3]] * 2)
    shares = activity(record, types, shadows=1)
    assert shares["diversity"].tolist() == [2, 3, 2]
    assert shares["mean"].tolist() == pytest.approx([1 / 2, (1.25 + 0.5 + 0.25) / 3, (1.5 + 1.25) / 2])
    lasted = activity(record, types, by_persistence=True, shadows=1)
    assert lasted["mean"].tolist() == pytest.approx([1, 5 / 3, 3])


@settings(max_examples=15)
@given(st.integers(0, 99), st.booleans())
def test_against_counting_component_by_component(seed, by_persistence):
    draw = np.random.default_rng(seed)
    dead = draw.random(40) < 0.2
    dead[::5] = False
    record = planted([[0] * 5] * 7, dead=dead)
    types = np.where(dead, NONE, draw.integers(NONE, 4, 40))
    table = activity(record, types, by_persistence=by_persistence, shadows=2)
    total = dict.fromkeys(range(4), 0.0)
    for generation, row in enumerate(table.itertuples()):
        counts = pd.Series(types[5 * generation : 5 * generation + 5]).value_counts().drop(NONE, errors="ignore")
        for each, number in counts.items():
            total[each] += 1 if by_persistence else number / counts.sum()
        assert row.diversity == len(counts)
        here = [total[each] for each in counts.index]
        assert row.mean == pytest.approx(np.mean(here) if here else np.nan, nan_ok=True)


def test_a_clade_that_grows_whatever_its_luck_is_above_the_shadow():
    """The first of 40 founders has two children in each generation and so have these; the rest have what is left."""
    parents, share = [], 1
    for _ in range(5):
        grown = min(2 * share, 40)
        parents.append([*np.repeat(np.arange(share), 2)[:grown], *range(share, share + 40 - grown)])
        share = grown
    table = clade_activity(planted(parents), every=10)
    assert table["above"].tolist()[-2:] == [1, 1]
    assert table["new"].sum() > 0


def test_selection_is_above_the_shadow():
    table = clade_activity(demes(breed(16, 2, 60)), every=15)
    late = table[table["generation"].between(8, 14)]
    assert (late["mean"] > late["high"]).all()
    assert late["diversity"].max() < 40


def test_activities_begin_anew_with_each_founding_generation():
    table = clade_activity(planted(neutral(9, 10, 1)), every=4, shadows=3).set_index("generation")
    assert table.loc[[0, 4, 8], "mean"].tolist() == pytest.approx([0.1] * 3)
    assert table.loc[[0, 4, 8], "diversity"].tolist() == [10] * 3


def test_a_neutral_run_lies_among_its_shadows_in_95_of_100_cases():
    inside = []
    for seed in range(100):
        last = clade_activity(planted(neutral(13, 20, seed)), every=20, seed=seed).iloc[-1]
        inside.append(last["low"] <= last["mean"] <= last["high"])
    assert 90 <= sum(inside) <= 99


def test_so_do_types_that_are_handed_on_by_chance_alone():
    inside = []
    for seed in range(60):
        record = planted(neutral(30, 40, seed))
        draw, types = np.random.default_rng([seed, 1]), np.arange(len(record.tree)) % 6
        for layer in record.tree.layers[1:]:
            inherited = types[record.tree.parent[layer]]
            types[layer] = np.where(draw.random(40) < 0.1, draw.integers(0, 6, 40), inherited)
        last = activity(record, types, seed=seed).iloc[-1]
        inside.append(last["low"] <= last["mean"] <= last["high"])
    assert sum(inside) >= 51


def test_few_components_of_a_neutral_run_are_above_the_threshold():
    shares = []
    for seed in range(30):
        table = clade_activity(planted(neutral(6, 200, seed)), every=20, shadows=9, seed=seed).iloc[1:]
        shares.append((table["above"] / table["diversity"]).mean())
    assert np.mean(shares) < 0.06


def test_a_component_is_new_once():
    record = demes(breed(20, 1, 40))
    table = clade_activity(record, every=20, shadows=9)
    clades = founded(record.tree, record.tree.parent, 20)
    assert table["new"].sum() > 0
    crossings = (table["new"] * table["diversity"] > 0).sum()
    assert crossings <= len(np.unique(clades))


def test_the_same_seed_gives_the_same_table():
    record = demes(synthetic_run(12, 2, 12))
    assert activity(record, shadows=4).equals(activity(record, shadows=4))
    assert not activity(record, shadows=4).equals(activity(record, shadows=4, seed=1))


@pytest.mark.parametrize("world", EDGES.values(), ids=EDGES.keys())
def test_odd_runs_have_a_row_each_generation(world):
    record = demes(synthetic_run(**world))
    for table in (activity(record, shadows=3), clade_activity(record, 2, shadows=3)):
        assert table["generation"].tolist() == list(record.tree.generations)
        lived = table["diversity"] > 0
        assert np.isfinite(table.loc[lived, ["mean", "threshold", "low", "high"]]).all(axis=None)


def test_wrong_arguments():
    record = planted(neutral(3, 4, 0))
    for wrong in ({"shadows": 0}, {"quantile": 1.0}):
        with pytest.raises(UserError, match="ask for a shadow or more"):
            activity(record, **wrong)
    with pytest.raises(UserError, match="founded every 1 generation or more"):
        clade_activity(record, 0)
