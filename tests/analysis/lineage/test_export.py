"""What is handed over reads back, in independent readers, as the same tree with the same traits."""

import re
import sys
import warnings

import dendropy
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from alife.errors import UserError
from analysis.data.validation import NOBODY
from analysis.lineage import export as module
from analysis.lineage.export import FORMATS, export, phyloframe, read_alife, standard, validate
from analysis.lineage.newick import newick
from analysis.lineage.phylogeny import Phylogeny, ancestor_at, of_run, phylogeny, prune
from tests.support.genealogies import histories, lines, record
from tests.support.synthetic import synthetic_run


def read_newick(text: str) -> list[dendropy.Tree]:
    """Trees that DendroPy reads, which recurses once a generation."""
    kinds = {"suppress_internal_node_taxa": True, "suppress_leaf_node_taxa": True, "rooting": "force-rooted"}
    return list(dendropy.TreeList.get(data=text, schema="newick", extract_comment_metadata=True, **kinds))


def parents_of(trees: list[dendropy.Tree]) -> dict[int, int]:
    """{id: id of the node above it}, a root's own."""
    pairs = ((node, node.parent_node or node) for tree in trees for node in tree.preorder_node_iter())
    return {int(node.label): int(above.label) for node, above in pairs}


@pytest.fixture(scope="module")
def tree() -> Phylogeny:
    return of_run(synthetic_run(generations=15, islands=3, size=8, death_rate=0.1))


@given(histories())
def test_dendropy_reads_every_birth_below_its_ancestor(births):
    whole = phylogeny(births)
    trees = read_newick("\n".join(newick(whole)))
    assert len(trees) == (whole.parent == NOBODY).sum()
    assert parents_of(trees) == dict(zip(births["id"].tolist(), births["ancestor_id"].tolist(), strict=True))
    assert all(node.edge_length == 1 for tree in trees for node in tree if node.parent_node)


@given(histories())
def test_the_collapsed_newick_keeps_tips_forks_founders_and_distances(births):
    pruned = prune(phylogeny(births))
    ancestry = lines(births)
    tips = pruned.births["id"][pruned.rows()].tolist()
    trees = read_newick("\n".join(newick(pruned, collapse=True)))
    assert sorted(int(leaf.label) for tree in trees for leaf in tree.leaf_node_iter()) == sorted(tips)
    for one in trees:
        founder = one.seed_node
        for node in one.preorder_node_iter():
            assert node is founder or node.num_child_nodes() != 1
            line = ancestry[int(node.label)]
            assert line[-1] == int(founder.label)
            assert node.distance_from_root() == len(line) - 1
            assert node is founder or int(node.parent_node.label) in line


def test_annotations_are_the_traits(tree):
    written = {}
    for one in read_newick("\n".join(newick(tree))):
        for node in one:
            alone = node is one.seed_node and node.is_leaf()  # DendroPy gives such a node's comments to its tree
            written[int(node.label)] = (one if alone else node).annotations.values_as_dict()
    births = tree.births.set_index("id")
    for identity, row in births.iterrows():
        notes = written[identity]
        assert float(notes["accuracy"]) == pytest.approx(row["accuracy"], rel=1e-6)
        assert float(notes["squared_norm"]) == pytest.approx(row["squared_norm"], rel=1e-6)
        assert int(notes["island"]) == row["island"]
        assert ("rho" in notes) == np.isfinite(row["replication_error"])
    assert births["replication_error"].isna().any()


def test_a_chain_of_six_thousand_generations():
    (text,) = newick(phylogeny(record([[0]] * 5999)))
    assert text.count("(") == text.count(")") == 5999
    assert re.sub(r"\[[^]]*\]", "", text).endswith(":1)1048576:1)0;")


@pytest.mark.parametrize("pruned", [False, True])
def test_phyloframe_accepts_the_standard_and_reads_the_same_tree(tree, tmp_path, pruned):
    legacy = pytest.importorskip("phyloframe.legacy")
    path = export(tree, tmp_path / "phylogeny.csv", "alife", pruned)
    validate(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = legacy.alifestd_try_add_ancestor_id_col(pd.read_csv(path))
        kept = legacy.alifestd_prune_extinct_lineages_asexual(frame)
    written = prune(tree).births if pruned else tree.births
    assert dict(zip(frame["id"], frame["ancestor_id"], strict=True)) == dict(
        zip(written["id"], written["ancestor_id"], strict=True)
    )
    assert sorted(kept["id"]) == sorted(prune(tree).births["id"])
    with path.open() as file:
        assert file.readline().replace('"', "").startswith("id,ancestor_list,origin_time,destruction_time,extant,")


@pytest.mark.parametrize("pruned", [False, True])
def test_the_standard_reads_back_with_all_its_traits(tree, tmp_path, pruned):
    path = export(tree, tmp_path / "phylogeny.csv", "alife", pruned)
    again = phylogeny(read_alife(path), str(path), pruned=pruned)
    expected = (prune(tree) if pruned else tree).births
    for name in expected:
        np.testing.assert_array_equal(again.births[name].to_numpy(), expected[name].to_numpy(), err_msg=name)


def test_a_fork_is_exported_with_its_own_first_generation_as_founders(tmp_path):
    births = synthetic_run(generations=9, islands=2, size=5).births
    tree = phylogeny(births[births["generation"] >= 4], first=4)
    frame = standard(tree)
    assert (frame.loc[frame["origin_time"] == 4, "ancestor_list"] == "[none]").all()
    pytest.importorskip("phyloframe")
    validate(export(tree, tmp_path / "fork.csv", "alife"))


def test_parquet_holds_the_births(tree, tmp_path):
    for pruned in (False, True):
        table = pq.read_table(export(tree, tmp_path / "a.parquet", "parquet", pruned)).to_pandas()
        expected = prune(tree).births if pruned else tree.births
        pd.testing.assert_frame_equal(table.drop(columns="extant"), expected, check_categorical=False)
        assert table["extant"].sum() == len(tree.rows())


def test_newick_files_hold_a_tree_a_line(tree, tmp_path):
    path = export(tree, tmp_path / "a.nwk", "newick", pruned=True)
    founders = set(ancestor_at(tree, len(tree))[tree.rows()].tolist())
    assert len(path.read_text().splitlines()) == len(founders)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_is_there_whole_or_not_at_all(tree, tmp_path, monkeypatch, format):
    path = tmp_path / "out"
    path.write_text("before")

    def fail(whole, temporary, pruned, about):
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(FORMATS, format, fail)
    with pytest.raises(UserError, match=r"out: cannot be written: No space left on device"):
        export(tree, path, format)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_what_cannot_be_written_is_one_line(tree, tmp_path):
    with pytest.raises(UserError, match=r"absent/a\.csv: cannot be written"):
        export(tree, tmp_path / "absent" / "a.csv", "alife")
    with pytest.raises(UserError, match=r"^format phyloxml: not among alife, newick, nexus, auspice"):
        export(tree, tmp_path / "a", "phyloxml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,origin_time\n1,0\n", "no column ancestor_list"),
        ("id,ancestor_list,origin_time\n1,[none],0\n2,1,1\n", r"line 3: ancestor_list is '1'"),
        ("id,ancestor_list,origin_time\n1,[none],0\n2,,1\n", "line 3: ancestor_list is nan"),
        ("id,ancestor_list,origin_time,accuracy\n1,[none],0,high\n", "cannot be read as CSV"),
        ("", "cannot be read as CSV"),
    ],
)
def test_files_that_are_not_of_the_standard_are_refused(tmp_path, text, says):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=says) as error:
        read_alife(path)
    assert str(path) in str(error.value)


def test_the_validator_says_what_is_wrong(tmp_path):
    pytest.importorskip("phyloframe")
    path = tmp_path / "a.csv"
    path.write_text("id,ancestor_list\n1,[none]\n2,[7]\n")
    with pytest.raises(UserError, match="not of the ALife data standard"):
        validate(path)


def test_an_absent_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "phyloframe", None)
    with pytest.raises(UserError, match=r"pip install 'alife-quines\[lineage\]'"):
        phyloframe()
    assert module.FORMATS  # writing needs no extra
