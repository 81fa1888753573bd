"""Whatever was born is handed over whole: births, parents, generations and traits, in every format that has them."""

import json
import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
import tskit
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from analysis.lineage.export import FORMATS, ONE_PARENT, export, read_alife
from analysis.lineage.nested import About
from analysis.lineage.phylogeny import NOBODY, Phylogeny, phylogeny, prune
from tests.support.genealogies import histories, lines, record
from tests.support.handed import Births, from_auspice, from_nexus, from_taxonium, from_trees

READERS: dict[str, Callable[[Path], Births]] = {
    "nexus": from_nexus,
    "auspice": from_auspice,
    "taxonium": from_taxonium,
    "tskit": from_trees,
}
CALLED = {"nexus": {"replication_error": "rho"}}
"""What columns are called elsewhere."""
TRAITS = ("accuracy", "replication_error", "squared_norm", "fitness")
ODD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38, 0.1, 16777217.0, 1e-9])


@st.composite
def odd(draw: st.DrawFn) -> pd.DataFrame:
    """A history with values that few formats have a word for."""
    births = draw(histories(max_generations=5, max_size=4))
    for name in ("replication_error", "squared_norm"):
        values = draw(st.lists(ODD, min_size=len(births), max_size=len(births)))
        births[name] = np.array(values, np.float32)
    return births


def parents(births: pd.DataFrame) -> dict[int, int | None]:
    pairs = zip(births["id"].tolist(), births["ancestor_id"].tolist(), strict=True)
    return {one: None if one == other else other for one, other in pairs}


@pytest.mark.parametrize("format", READERS)
@settings(max_examples=25, deadline=None)
@given(births=odd())
def test_births_parents_generations_and_traits_come_back(tmp_path_factory, format, births):
    whole = phylogeny(births)
    path = export(whole, tmp_path_factory.mktemp("out") / "file", format)
    back = READERS[format](path)
    assert {one: known["parent"] for one, known in back.items()} == parents(births)
    for row in births.itertuples():
        known = back[row.id]
        for trait in TRAITS:
            value = np.float32(getattr(row, trait))
            there = known.get(CALLED.get(format, {}).get(trait, trait))
            if format == "tskit":
                np.testing.assert_array_equal(np.float32(there), value)
            elif np.isfinite(value):
                assert np.float32(there) == value
            else:
                assert there in (None, "")
        if format == "tskit":
            assert (known["generation"], known["ago"]) == (row.generation, whole.last - row.generation)
            assert known["cause_of_death"] == row.cause_of_death
        elif format != "nexus":
            assert known["generation"] == row.generation
            assert known["cause_of_death"] == row.cause_of_death
        else:
            assert (known["length"] or 0) == (row.generation > 0)
        assert int(known["island"]) == row.island


@settings(max_examples=25, deadline=None)
@given(births=odd())
def test_the_standard_comes_back(tmp_path_factory, births):
    path = export(phylogeny(births), tmp_path_factory.mktemp("out") / "file.csv", "alife")
    back = phylogeny(read_alife(path), str(path)).births
    for name in (*TRAITS, "id", "ancestor_id", "origin_time", "generation"):
        np.testing.assert_array_equal(back[name].to_numpy(), births[name].to_numpy(), err_msg=name)


@pytest.mark.parametrize("format", [name for name in READERS if name != "tskit"])
@settings(max_examples=25, deadline=None)
@given(births=histories())
def test_pruned_trees_keep_tips_forks_and_founders(tmp_path_factory, format, births):
    pruned = prune(phylogeny(births))
    back = READERS[format](export(phylogeny(births), tmp_path_factory.mktemp("out") / "file", format, pruned=True))
    ancestry = lines(births)
    children = pd.Series([known["parent"] for known in back.values()]).value_counts()
    assert set(pruned.births["id"][pruned.rows()]) == set(back) - set(children.index.dropna())
    for one, known in back.items():
        assert known["parent"] is None or known["parent"] in ancestry[one]
        assert known["parent"] is None or children.get(one) != 1
        assert (known["parent"] is None) == (len(ancestry[one]) == 1)


@settings(max_examples=25, deadline=None)
@given(births=histories())
def test_pruned_tskit_has_the_ancestors_of_the_last_generation(tmp_path_factory, births):
    pruned = prune(phylogeny(births))
    path = export(phylogeny(births), tmp_path_factory.mktemp("out") / "file", "tskit", pruned=True)
    assert {one: known["parent"] for one, known in from_trees(path).items()} == parents(pruned.births)
    assert tskit.load(path).num_samples == len(pruned.rows())


def small() -> Phylogeny:
    return phylogeny(record([[0, 0, 2], [0, 1, 1]]))


ODD_RECORDS = {
    "one individual": record([], 1),
    "one generation": record([], 5),
    "a chain": record([[0]] * 40),
    "many founders": record([[0, 1, 2, 3]] * 3),
    "one founder": record([[0, 0, 0], [0, 1, 2]], 1),
}


@pytest.mark.parametrize("format", READERS)
@pytest.mark.parametrize("kind", ODD_RECORDS)
@pytest.mark.parametrize("pruned", [False, True])
def test_odd_histories(tmp_path, format, kind, pruned):
    births = ODD_RECORDS[kind]
    back = READERS[format](export(phylogeny(births), tmp_path / "file", format, pruned))
    if not pruned:
        assert {one: known["parent"] for one, known in back.items()} == parents(births)
    assert set(births.loc[births["generation"] == births["generation"].max(), "id"]) <= set(back)


@pytest.mark.parametrize("format", READERS)
def test_all_died_early(tmp_path, format):
    births = record([[0, 0], [0, 1]])
    births["cause_of_death"] = pd.Categorical([schema.CAUSES[1]] * len(births), schema.CAUSES)
    for name in ("fitness", "copying_error"):
        births[name] = np.float32(np.nan)
    back = READERS[format](export(phylogeny(births), tmp_path / "file", format))
    assert len(back) == len(births)
    assert format == "nexus" or {known["cause_of_death"] for known in back.values()} == {"diverged"}


def crossed() -> Phylogeny:
    births = record([[0, 0, 1]], 2)
    births[schema.SECOND] = np.array([schema.NO_ANCESTOR] * 3 + [births["id"][1], schema.NO_ANCESTOR], np.int64)
    births[schema.SHARED] = np.array([1, 1, 0, 0, 0], np.int32)
    births.loc[1, "n_offspring"] = 2
    return phylogeny(births)


@pytest.mark.parametrize("format", ONE_PARENT)
def test_the_second_of_two_parents_is_named_beside_the_first(tmp_path, format):
    tree = crossed()
    child, other = tree.births["id"][3], tree.births["id"][1]
    path = export(tree, tmp_path / "file", format)
    if format == "newick":
        assert path.read_text().count(f"second={other}]") == 1
        return
    back = READERS[format](path)
    name = "second" if format == "nexus" else "second_parent"
    assert {one: int(known[name]) for one, known in back.items() if known.get(name)} == {child: other}
    assert back[child]["parent"] == tree.births["id"][0]


def test_tskit_cannot_say_two_parents(tmp_path):
    with pytest.raises(UserError, match=r"two parents.*'alife export --format alife' names both"):
        export(crossed(), tmp_path / "file", "tskit")
    assert not list(tmp_path.iterdir())


TITLE = 'a "run" </script> [&x] \\ ρ\n'


@pytest.mark.parametrize("format", FORMATS)
def test_names_that_mean_something_to_the_format(tmp_path, format):
    path = export(small(), tmp_path / "file", format, about=About(TITLE, "2026-01-02T03:04:05+00:00"))
    if format in READERS:
        assert len(READERS[format](path)) == len(small())
    if format == "auspice":
        meta = json.loads(path.read_text())["meta"]
        assert (meta["title"], meta["updated"]) == (TITLE, "2026-01-02")
    if format == "taxonium":
        config = json.loads(path.read_text().splitlines()[0])["config"]
        assert (config["title"], config["date_created"]) == (TITLE, "2026-01-02")
    if format == "tskit":
        assert tskit.load(path).metadata["run"] == TITLE


def test_columns_that_auspice_calls_something_else(tmp_path):
    births = small().births.assign(div=np.float32(0.5), author=np.float32(np.nan))
    data = json.loads(export(phylogeny(births), tmp_path / "file", "auspice").read_text())
    assert {node["div_"] for node in from_auspice(tmp_path / "file").values()} == {0.5}
    keys = [coloring["key"] for coloring in data["meta"]["colorings"]]
    assert "div_" in keys
    assert not {"div", "author", "author_"} & set(keys)


NODE: dict[str, Any] = {
    "type": "object",
    "required": ["name", "node_attrs"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": r"^\S+$"},
        "node_attrs": {
            "type": "object",
            "required": ["div"],
            "properties": {"div": {"type": "number"}, "hidden": {"enum": ["always"]}},
            "additionalProperties": {
                "type": "object",
                "required": ["value"],
                "properties": {"value": {"type": ["string", "number", "boolean"]}},
                "additionalProperties": False,
            },
        },
        "children": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/node"}},
    },
}
"""What dataset v2 of Nextstrain asks of a node, as far as these files have it."""


@settings(max_examples=10, deadline=None)
@given(births=odd())
def test_auspice_files_are_of_the_schema(tmp_path_factory, births):
    data = json.loads(export(phylogeny(births), tmp_path_factory.mktemp("out") / "a.json", "auspice").read_text())
    jsonschema.validate(data["tree"], {"$defs": {"node": NODE}, **NODE})
    assert set(data) == {"version", "meta", "tree"}
    there = {name for node in from_auspice_nodes(data["tree"]) for name in node["node_attrs"]}
    assert {coloring["key"] for coloring in data["meta"]["colorings"]} <= there


def from_auspice_nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for child in node.get("children", ()) for below in from_auspice_nodes(child))]


@pytest.mark.parametrize("kind", ODD_RECORDS)
def test_augur_finds_nothing_wrong(tmp_path, kind):
    augur = shutil.which("augur")
    if augur is None:
        pytest.skip(
            "no augur here: it asks for pandas 2, so 'pip install nextstrain-augur' elsewhere, and put it on PATH"
        )
    path = export(phylogeny(ODD_RECORDS[kind]), tmp_path / "a.json", "auspice", about=About("a run", "2026-01-02"))
    said = subprocess.run([augur, "validate", "export-v2", str(path)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "WARNING" not in said.stdout + said.stderr


def test_deep_trees_are_written_without_recursion(tmp_path):
    deep = phylogeny(record([[0]] * 5999))
    text = export(deep, tmp_path / "a.json", "auspice").read_text()
    assert text.count('"children":[') == 5999
    assert text.endswith("}" + "]}" * 5999 + "}\n")
    assert len(from_taxonium(export(deep, tmp_path / "a.jsonl", "taxonium"))) == 6000


def test_a_fork_begins_with_its_own_first_generation(tmp_path):
    births = record([[0, 0], [1, 1], [0, 1]])
    tree = phylogeny(births[births["generation"] >= 2], first=2)
    assert (tree.parent == NOBODY).sum() == 2
    back = from_auspice(export(tree, tmp_path / "a", "auspice"))
    assert sorted((known["div"], known["generation"]) for known in back.values()) == [(0, 2), (0, 2), (1, 3), (1, 3)]
    assert tskit.load(export(tree, tmp_path / "b", "tskit")).metadata["first_generation"] == 2
    assert all(
        math.isfinite(known["x_dist"]) for known in from_taxonium(export(tree, tmp_path / "c", "taxonium")).values()
    )
