"""Phylogeny from births: damaged records are refused, and the rest agrees with slow definitions and with phyloframe."""

import warnings

import numpy as np
import pandas as pd
import pytest
import tskit
from hypothesis import given
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from analysis.data.validation import NOBODY
from analysis.lineage.export import for_phyloframe
from analysis.lineage.metrics import EVERYWHERE, METRICS, metrics_through_time, tree_sequence
from analysis.lineage.phylogeny import (
    ancestor_at,
    ancestors,
    ancestry_shares,
    dominant,
    line_of_descent,
    migrant_counts,
    mrca,
    of_run,
    phylogeny,
    prune,
)
from benchmarks.lineage import bench, neutral
from tests.support.genealogies import histories, lines, record, slow_metrics
from tests.support.synthetic import synthetic_run

PARTS = ({"name": "births/a.parquet", "first": 0, "last": 1}, {"name": "births/b.parquet", "first": 2, "last": 9})

#     0   1        founders
#    / \   \
#   0   1   2
#   |\   \
#   0 1   2         and 3 of 2
#   |     |\
#   0     1 2
SMALL = [[0, 0, 1], [0, 0, 1, 2], [0, 2, 2]]


def edit(births: pd.DataFrame, row: int, **values: int) -> pd.DataFrame:
    out = births.copy()
    for name, value in values.items():
        out.loc[row, name] = value
    return out


def identity(generation: int, slot: int) -> int:
    return schema.pack_id(0, generation, slot)


DAMAGE = {
    "twice": (lambda b: pd.concat([b, b.iloc[[6]]]), identity(2, 1), "there twice", "b.parquet"),
    "unknown": (lambda b: edit(b, 6, ancestor_id=identity(1, 9)), identity(2, 1), "not on record", "b.parquet"),
    "own": (lambda b: edit(b, 3, ancestor_id=identity(1, 1)), identity(1, 1), "its own ancestor", "a.parquet"),
    "cycle": (
        lambda b: edit(edit(b, 5, ancestor_id=identity(3, 0)), 9, ancestor_id=identity(2, 0)),
        identity(2, 0),
        "form a cycle",
        "b.parquet",
    ),
    "later": (lambda b: edit(b, 2, ancestor_id=identity(3, 1)), identity(1, 0), "not born before it", "a.parquet"),
    "same": (lambda b: edit(b, 3, ancestor_id=identity(1, 0)), identity(1, 1), "not born before it", "a.parquet"),
    "skipped": (
        lambda b: edit(b, 5, ancestor_id=identity(0, 0)), identity(2, 0), "not of the generation before", "b.parquet"
    ),
    "adopted": (lambda b: edit(b, 6, ancestor_id=identity(1, 1)), identity(1, 1), "more children", "a.parquet"),
    "lost": (lambda b: b.drop(6), identity(1, 0), "children are not on record", "a.parquet"),
    "founder": (lambda b: edit(b, 1, ancestor_id=identity(0, 0)), identity(0, 1), "first generation", "a.parquet"),
    "generation": (lambda b: edit(b, 4, generation=0), identity(1, 2), "not the one in its id", "a.parquet"),
    "origin": (lambda b: edit(b, 4, origin_time=0), identity(1, 2), "origin_time", "a.parquet"),
    "death": (lambda b: edit(b, 4, destruction_time=1), identity(1, 2), "dies before it is born", "a.parquet"),
    "negative": (lambda b: edit(b, 4, id=-5), -5, "a negative id", "a.parquet"),
}  # fmt: skip


def aged() -> pd.DataFrame:
    """SMALL, of whom row 0 lives on as 2 and 5, and row 7 as 10."""
    births = record(SMALL)
    for row, age in ((2, 1), (5, 2), (10, 1)):
        births.loc[births["id"] == births["ancestor_id"][row], "n_offspring"] -= 1
        births.loc[row, "age"] = age
    return births.fillna({"age": 0}).astype({"age": "int32"})


def test_survivors_are_no_children():
    tree = phylogeny(aged())
    assert np.flatnonzero(tree.survived).tolist() == [2, 5, 10]
    assert line_of_descent(tree, identity(3, 0))["age"].tolist() == [0, 1, 2, 0]
    assert not phylogeny(record(SMALL)).survived.any()


@pytest.mark.parametrize(
    ("row", "value", "who", "says"),
    [
        (9, 4, identity(3, 0), "more than the generations before it"),
        (9, -1, identity(3, 0), "more than the generations before it"),
        (5, 1, identity(2, 0), "not one more than in its life before"),
        (6, 2, identity(2, 0), "goes on in several"),
        (10, 0, identity(2, 2), "more children"),
        (8, 1, identity(1, 2), "children are not on record"),
    ],
)
def test_ages_that_cannot_be_are_refused(row, value, who, says):
    with pytest.raises(UserError, match=says) as error:
        phylogeny(edit(aged(), row, age=value), "runs/a", PARTS)
    assert f"id {who} " in str(error.value)


def crossed() -> pd.DataFrame:
    """SMALL, with 3 as the other parent of 6, and 8 of 11."""
    births = record(SMALL).assign(second_ancestor_id=schema.NO_ANCESTOR, n_shared=0)
    for child, other in ((6, 3), (11, 8)):
        births.loc[child, "second_ancestor_id"] = births["id"][other]
        births.loc[other, ["n_offspring", "n_shared"]] += 1
        births.loc[births["id"] == births["ancestor_id"][child], "n_shared"] += 1
    return births.astype({"n_shared": "int32"})


def test_trees_follow_the_first_of_two_parents_and_pedigrees_both():
    tree = phylogeny(crossed())
    np.testing.assert_array_equal(tree.parent, phylogeny(record(SMALL)).parent)
    assert {row: tree.second[row] for row in np.flatnonzero(tree.second != NOBODY)} == {6: 3, 11: 8}
    first, both = (np.flatnonzero(ancestors(tree, np.array([11]), way)).tolist() for way in (False, True))
    assert first == [0, 3, 7, 11]
    assert both == [0, 1, 3, 4, 7, 8, 11]
    assert line_of_descent(tree, identity(3, 2))["id"].tolist() == tree.births["id"][first].tolist()
    part = prune(tree, np.array([11]), both=True)
    assert part.births["id"].tolist() == tree.births["id"][both].tolist()
    assert part.second[-1] == 5


@pytest.mark.parametrize(
    ("changes", "who", "says"),
    [
        ({(6, "second_ancestor_id"): identity(1, 9)}, identity(2, 1), "second ancestor is not on record"),
        (
            {(6, "second_ancestor_id"): identity(0, 1)},
            identity(2, 1),
            "second ancestor is not of the generation before",
        ),
        ({(6, "second_ancestor_id"): identity(1, 0)}, identity(2, 1), "its two ancestors are one"),
        ({(6, "second_ancestor_id"): identity(1, 2)}, identity(1, 2), "more children on record than it conceived"),
        ({(0, "second_ancestor_id"): identity(0, 1)}, identity(0, 0), "it is a founder, and has a second ancestor"),
        ({(6, "second_ancestor_id"): -1}, identity(1, 0), "some of its children are not on record"),
        ({(3, "n_shared"): 0}, identity(1, 1), "more children with another parent on record"),
        ({(3, "n_shared"): 3}, identity(1, 1), "more children on record than it conceived"),
        ({(4, "n_shared"): 1}, identity(1, 2), "some of its children are not on record"),
    ],
)
def test_second_ancestors_that_cannot_be_are_refused(changes, who, says):
    births = crossed()
    for (row, column), value in changes.items():
        births.loc[row, column] = value
    with pytest.raises(UserError, match=says) as error:
        phylogeny(births, "runs/a", PARTS)
    assert f"id {who} " in str(error.value)


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_refused_with_its_file_and_id(name):
    spoil, who, says, file = DAMAGE[name]
    with pytest.raises(UserError, match=says) as error:
        phylogeny(spoil(record(SMALL)), "runs/a", PARTS)
    assert f"id {who} " in str(error.value)
    assert str(error.value).startswith(f"runs/a/births/{file}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b[b["generation"] != 1], "generation 1 is missing"),
        (lambda b: b[b["generation"] > 0], "generation 0 is missing"),
        (lambda b: b.drop(columns="ancestor_id"), "column ancestor_id is absent"),
        (lambda b: b.astype({"id": "float64"}), "column id is float64"),
        (lambda b: b.iloc[:0], "no births"),
    ],
)
def test_tables_that_are_no_whole_record_are_refused(spoil, says):
    with pytest.raises(UserError, match=says):
        phylogeny(spoil(record(SMALL)), "runs/a", PARTS)


@given(histories(min_generations=2), st.data())
def test_no_other_ancestor_passes(births, data):
    rows = births.index[births["generation"] > 0]
    row = data.draw(st.sampled_from(rows.tolist()))
    other = data.draw(st.sampled_from(births["id"].tolist()))
    if other == births["ancestor_id"][row]:
        phylogeny(births)
    else:
        with pytest.raises(UserError):
            phylogeny(edit(births, row, ancestor_id=other))


@given(histories(min_generations=2), st.data())
def test_no_lost_descendant_goes_unnoticed(births, data):
    row = data.draw(st.sampled_from(births.index[births["generation"] > 0].tolist()))
    rest = births.drop(row)
    if rest["generation"].max() == births["generation"].max():
        with pytest.raises(UserError):
            phylogeny(rest)


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(births, random):
    order = list(range(len(births)))
    random.shuffle(order)
    one, other = phylogeny(births), phylogeny(births.iloc[order])
    pd.testing.assert_frame_equal(one.births, other.births)
    assert one.parent.tolist() == other.parent.tolist()


@given(histories())
def test_trees_say_what_the_ids_say(births):
    tree = phylogeny(births)
    ancestry = lines(births)
    ids = tree.births["id"].to_numpy()
    tips = ids[tree.rows()].tolist()
    kept = sorted({i for tip in tips for i in ancestry[tip]})
    pruned = prune(tree)
    assert sorted(pruned.births["id"]) == kept
    again = phylogeny(pruned.births, pruned=True)
    assert again.parent.tolist() == pruned.parent.tolist()
    for tip in tips:
        assert line_of_descent(tree, tip)["id"].tolist() == ancestry[tip][::-1]
    common = mrca(tree)
    shared = [i for i in ancestry[tips[0]] if all(i in ancestry[tip] for tip in tips)]
    assert (None if common is None else ids[common]) == (shared[0] if shared else None)
    for back in (0, 1, 3, 100):
        expected = [ancestry[i][min(back, len(ancestry[i]) - 1)] for i in ids]
        assert ids[ancestor_at(tree, back)].tolist() == expected


@given(histories())
def test_pruning_agrees_with_tskit(births):
    tree = phylogeny(births)
    samples = tree.rows().astype(np.int32)
    _, places = tree_sequence(tree).simplify(samples, keep_unary=True, keep_input_roots=True, map_nodes=True)
    assert prune(tree).births["id"].tolist() == tree.births["id"][places != tskit.NULL].tolist()


@given(histories(), st.data())
def test_metrics_agree_with_their_slow_definitions(births, data):
    tree = phylogeny(births)
    generation = data.draw(st.sampled_from(list(tree.generations)))
    found = metrics_through_time(tree, [generation], by_island=False).iloc[0]
    for name, value in slow_metrics(births, generation).items():
        np.testing.assert_allclose(found[name], value, err_msg=name)


def test_metrics_of_a_tree_worked_out_by_hand():
    tree = phylogeny(record(SMALL))
    last = metrics_through_time(tree, [3]).iloc[0]
    expected = {
        "size": 3, "founders": 1, "mrca_generation": 0, "coalescence_time": 3, "phylogenetic_diversity": 7,
        "mean_pairwise_distance": (6 + 6 + 2) / 3, "effective_size_coalescence": 7 / 3, "sackin_index": 1 + 2 + 2,
        "mean_depth": 5 / 3, "b1_index": 1,
    }  # fmt: skip
    assert last[list(expected)].to_dict() == pytest.approx(expected)
    offspring = metrics_through_time(tree, [1]).iloc[0]["effective_size_offspring"]
    assert offspring == 4 * 3 / (2 * 1)  # of four children two pairs of siblings in six: (2, 1, 1) → 12 / 2


def test_metrics_agree_with_phyloframe():
    legacy = pytest.importorskip("phyloframe.legacy")
    births, _ = neutral(8, 300, seed=3)
    tree = phylogeny(births)
    assert mrca(tree) is not None
    found = metrics_through_time(tree, [tree.last], by_island=False).iloc[0]
    frame = for_phyloframe(tree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert legacy.alifestd_validate(frame)
        pruned = legacy.alifestd_prune_extinct_lineages_asexual(frame)
        assert pruned["id"].tolist() == np.flatnonzero(np.isin(tree.births["id"], prune(tree).births["id"])).tolist()
        ancestor = legacy.alifestd_find_mrca_id_asexual(frame, tree.rows().tolist())
        assert ancestor == mrca(tree)
        diversity = legacy.alifestd_mark_clade_faithpd_asexual(pruned).set_index("id")["clade_faithpd"]
        assert diversity[ancestor] == found["phylogenetic_diversity"]
        forked = legacy.alifestd_mark_sackin_index_asexual(legacy.alifestd_collapse_unifurcations(pruned))
        assert forked.set_index("id")["sackin_index"][ancestor] == found["sackin_index"]
        one, other = tree.rows()[[0, -1]].tolist()
        distance = legacy.alifestd_find_pair_distance_asexual(frame, one, other)
    pair = prune(tree, np.array([one, other]))
    assert distance == metrics_through_time(pair, [pair.last], by_island=False).iloc[0]["mean_pairwise_distance"]


def test_neutral_populations_have_their_textbook_effective_size():
    rng = np.random.default_rng(5)
    births = record([rng.integers(0, 50, 50).tolist() for _ in range(1499)], founders=50)
    table = metrics_through_time(phylogeny(births), range(600, 1500, 30), by_island=False)
    assert 1 / (1 / table["effective_size_offspring"]).mean() == pytest.approx(50, rel=0.1)
    assert table["effective_size_coalescence"].mean() == pytest.approx(50, rel=0.35)


def test_metrics_are_taken_overall_and_where_somebody_lives():
    run = synthetic_run(generations=12, dead_islands={1: 4})
    table = metrics_through_time(of_run(run), [3, 4, 5, 11])
    assert list(table) == ["generation", "island", *METRICS]
    assert table.loc[table["generation"] == 3, "island"].tolist() == [EVERYWHERE, 0, 1, 2, 3]
    assert table.loc[table["generation"] == 5, "island"].tolist() == [EVERYWHERE, 0, 2, 3]
    whole = table[table["island"] == EVERYWHERE].set_index("generation")
    parts = table[table["island"] != EVERYWHERE].groupby("generation")
    assert (parts["size"].sum() == whole["size"]).all()
    assert (parts["founders"].max() <= whole["founders"]).all()
    with pytest.raises(UserError, match="generation 12 is not on record: it holds 0 to 11"):
        metrics_through_time(of_run(run), [12])


def test_one_individual_is_its_own_ancestor_and_has_no_shape():
    table = metrics_through_time(phylogeny(record([[0], [0]])))
    assert table["mrca_generation"].tolist() == [0, 0, 1, 1, 2, 2]
    assert (table["coalescence_time"] == 0).all()
    assert table[["sackin_index", "b1_index", "mean_pairwise_distance"]].isna().all(axis=None)


def test_a_chain_as_long_as_a_long_run():
    tree = phylogeny(record([[0]] * 5999))
    assert len(line_of_descent(tree, identity(5999, 0))) == 6000
    assert len(prune(tree)) == 6000


def test_migrants_keep_their_ancestry():
    run = synthetic_run(generations=20, islands=3, size=10)
    tree = of_run(run)
    migrants = run.migrations.set_index("id")
    births = tree.births.set_index("id")
    parents = births.loc[births.loc[migrants.index, "ancestor_id"], "island"].to_numpy()
    assert (parents == migrants["from_island"]).all()
    assert (births.loc[migrants.index, "island"] == migrants["to_island"]).all()
    counts = migrant_counts(run.migrations, 3)
    assert counts.sum() == len(migrants)
    assert (counts == counts.T).all()
    assert counts.trace() == 0


def test_ancestry_shares_follow_a_single_generation_of_migrants():
    run = synthetic_run(generations=6, islands=3, size=10, migrate_every=5, migrants=2)
    shares = ancestry_shares(of_run(run), back=1)
    np.testing.assert_allclose(shares.groupby(["generation", "island"])["share"].sum(), 1)
    before = shares[shares["generation"] < 5]
    assert (before["island"] == before["ancestor_island"]).all()
    after = shares[shares["generation"] == 5].set_index(["island", "ancestor_island"])["share"]
    np.testing.assert_allclose([after[0, 0], after[0, 1], after[0, 2]], [0.6, 0.2, 0.2], rtol=1e-6)


def test_the_dominant_is_the_fittest_survivor():
    births = record(SMALL)
    births.loc[:, "fitness"] = np.arange(len(births), dtype=np.float32)
    assert dominant(phylogeny(births)) == identity(3, 2)
    births.loc[births.index[-1], "cause_of_death"] = "diverged"
    assert dominant(phylogeny(births)) == identity(3, 1)
    births.loc[births["generation"] == 3, "cause_of_death"] = "collapsed"
    assert dominant(phylogeny(births)) == identity(2, 3)
    births["cause_of_death"] = pd.Categorical(["diverged"] * len(births), schema.CAUSES)
    with pytest.raises(UserError, match="nobody lived to the end"):
        dominant(phylogeny(births))
    with pytest.raises(UserError, match="no column fitness"):
        dominant(phylogeny(births.drop(columns="fitness")))


def test_an_id_that_nobody_has():
    with pytest.raises(UserError, match="id 77: nobody on record has it"):
        line_of_descent(phylogeny(record(SMALL)), 77)


def test_a_fork_begins_where_its_ancestors_are_not_on_record():
    run = synthetic_run(generations=12)
    later = run.births[run.births["generation"] >= 7]
    tree = phylogeny(later, first=7)
    assert tree.generations == range(7, 12)
    assert (tree.parent[tree.rows(7)] == NOBODY).all()
    whole = metrics_through_time(of_run(run), [11], by_island=False)
    part = metrics_through_time(tree, [11], by_island=False)
    assert part["mean_pairwise_distance"][0] <= whole["mean_pairwise_distance"][0]
    with pytest.raises(UserError, match="generation 0 is missing"):
        phylogeny(later)
    with pytest.raises(UserError, match="it begins before generation 9"):
        phylogeny(later, first=9)


def test_an_extinct_run_ends_with_those_who_died():
    run = synthetic_run(generations=20, dead_islands=dict.fromkeys(range(4), 6))
    tree = of_run(run)
    assert tree.last == 6
    assert schema.unpack_id(dominant(tree))[1] == 5


def test_the_benchmark_measures_all_that_it_names():
    figures = {figure["name"]: figure for figure in bench(births=4000, drawn=4000)}
    assert figures["lineage_metrics"]["births"] == 4000
    assert {figure["unit"] for figure in figures.values()} == {"s", "GiB"}
    assert all(figure["value"] >= 0 for figure in figures.values())
    total = figures["lineage_total"]["value"]
    parts = sum(figures[f"lineage_{name}"]["value"] for name in ("load", "check", "prune", "metrics"))
    assert total == pytest.approx(parts, abs=0.01)
