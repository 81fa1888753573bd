"""Runs in which children may have two parents: the same births everywhere, both on record, and analysis knows it."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alife import schema
from alife.errors import UserError
from alife.evolution.reproduction import birth
from alife.evolution.succession import following
from alife.organism.shape import Shape
from analysis import load_run
from analysis.evolution.dynamics import differentials
from analysis.evolution.inheritance import heritability
from analysis.evolution.islands import demes
from analysis.evolution.price import price
from analysis.figures.registry import PLOTS
from analysis.lineage.export import export, read_alife
from analysis.lineage.metrics import metrics_through_time, tree_sequence
from analysis.lineage.newick import newick
from analysis.lineage.phylogeny import NOBODY, line_of_descent, of_run, phylogeny, prune
from analysis.report import report, summary
from analysis.studies.comparison import compare
from populations import evolve, resume
from populations.engine import worker
from populations.engine.fork import fork
from populations.record.writer import digest, read_checkpoint
from populations.studies.assay_runner import Request, perform
from tests.support.bred import unexplained
from tests.support.own import EXAMPLES, same_births_everywhere

BLEND = f"{EXAMPLES}/my_crossover.py:blend"
KEPT = {"checkpoint": {"every": 1, "keep": 100}}


def own(folder: Path, body: str) -> str:
    (folder / "own.py").write_text(f"import numpy as np\n\n\ndef cross(message, other, random):\n    {body}\n")
    return f"{folder}/own.py:cross"


@pytest.mark.usefixtures("ray_8")
@pytest.mark.parametrize(
    ("rules", "workers"),
    [
        ({"crossover": 0.6}, ()),
        pytest.param({"crossover": 0.6}, (1, 4), marks=pytest.mark.nightly),
        ({"crossover": 1, "crossover_operator": "matrices", "heritable": ["mutation"]}, ()),
        ({"crossover": 0.7, "crossover_operator": BLEND}, (2,)),
    ],
    ids=str,
)
@pytest.mark.parametrize("survivors", [0, 2])
def test_the_same_births_everywhere(rules, workers, survivors, small, tmp_path):
    config = {**small, "reproduction": rules, "selection.survivors": survivors}
    run = load_run(same_births_everywhere(config, tmp_path, workers if survivors else ()))
    births = run.births
    two = births[births["second_ancestor_id"] != schema.NO_ANCESTOR]
    conceived = births[births["generation"] > 0]
    if survivors:
        conceived = conceived[conceived["age"] == 0]
    assert 0.3 * rules["crossover"] < len(two) / len(conceived) < 1
    island = births.set_index("id")["island"]
    assert (island[two["ancestor_id"]].to_numpy() == island[two["second_ancestor_id"]].to_numpy()).all()
    assert (two["ancestor_id"] != two["second_ancestor_id"]).all()
    before = births[births["generation"] < run.last].set_index("id")
    first, second = (conceived[name].value_counts() for name in ("ancestor_id", "second_ancestor_id"))
    shared = two["ancestor_id"].value_counts().add(two["second_ancestor_id"].value_counts(), fill_value=0)
    counted = first.add(second.drop(schema.NO_ANCESTOR, errors="ignore"), fill_value=0)
    np.testing.assert_array_equal(before["n_offspring"], counted.reindex(before.index, fill_value=0))
    np.testing.assert_array_equal(before["n_shared"], shared.reindex(before.index, fill_value=0))
    assert births["second_ancestor_id"].dtype == np.int64


def test_a_child_has_weights_of_both_messages_alone(small, tmp_path, monkeypatch):
    """Each message is made of what its parents printed, and mutation strikes it afterwards."""
    made: list[Any] = []

    def noted(config: Any, emitted: Any, parents: Any, choice: Any, *rest: Any) -> Any:
        born = following(config, emitted, parents, choice, *rest)
        made.append((emitted.copy(), parents.ids.copy(), born))
        return born

    monkeypatch.setattr(worker, "following", noted)
    out = str(tmp_path / "run")
    evolve({**small, **KEPT, "reproduction.crossover": 0.8, "selection.survivors": 1}, out, backend="local")
    emissions = {int(i): row for emitted, ids, _ in made for i, row in zip(ids, emitted, strict=True)}
    crossed, mixed = 0, 0
    for group in (group for g in range(1, 7) for group in read_checkpoint(out, g)[1].values()):
        genomes = birth(group, Shape(12, 6, 10))
        for slot, age in enumerate(group.ages):
            if age:
                continue
            message, one = group.messages[slot], emissions[int(group.ancestors[slot])]
            assert not np.array_equal(genomes[slot], message)
            if group.second_ancestors[slot] == schema.NO_ANCESTOR:
                assert np.array_equal(message, one)
                continue
            other = emissions[int(group.second_ancestors[slot])]
            assert ((message == one) | (message == other)).all()
            crossed += 1
            mixed += 0.2 < (message == one).mean() < 0.8
    assert crossed > 20
    assert mixed > 0.8 * crossed


def test_survivors_have_no_second_ancestor_and_keep_their_parents(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "reproduction.crossover": 1, "selection.survivors": 2}, out, backend="local")
    run = load_run(out)
    old = run.births[run.births["age"] > 0]
    assert (old["second_ancestor_id"] == schema.NO_ANCESTOR).all()
    one = next(run.individual(i) for i in old["id"] if run.individual(i).second_parent is not None)
    born = run.births.set_index("id").loc[one.lives[-1]]
    assert (one.parent, one.second_parent) == (born["ancestor_id"], born["second_ancestor_id"])
    for identity in (one.parent, one.second_parent):
        assert one.lives[-1] in run.individual(identity).children


def test_analysis_counts_half_of_a_child_for_each_of_two(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "generations": 8, "reproduction.crossover": 0.7}, out, backend="local")
    run = load_run(out)
    record = demes(run)
    np.testing.assert_allclose(record.total(record.offspring), 6)
    np.testing.assert_allclose(record.total(record.expected), 6)
    split = price(record)
    assert unexplained(split).abs().max() < 1e-9
    realised = differentials(record, ["accuracy"])["realised"]
    np.testing.assert_allclose(realised, run.generations["accuracy_differential"], atol=1e-5)
    assert heritability(record, ["accuracy"], first=0)["pairs"].iloc[0] == 7 * 18
    assert (
        run.generations["parents"]
        == run.births.groupby(["generation", "island"])["n_offspring"].apply(lambda n: (n > 0).sum()).to_numpy()
    ).all()
    assert metrics_through_time(of_run(run))["effective_size_offspring"].min() >= 1


def test_the_lineage_of_a_run_with_two_parents(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "reproduction.crossover": 0.7}, out, backend="local")
    run = load_run(out)
    tree = of_run(run)
    births = tree.births
    ids = births["id"].to_numpy()
    two = tree.second != NOBODY
    assert (ids[tree.second[two]] == births["second_ancestor_id"][two]).all()
    export(tree, tmp_path / "tree.csv", "alife")
    lists = pd.read_csv(tmp_path / "tree.csv").set_index("id")["ancestor_list"]
    for row in births.itertuples():
        known = [row.ancestor_id] + ([row.second_ancestor_id] if row.second_ancestor_id >= 0 else [])
        assert lists[row.id] == ("[none]" if row.generation == 0 else f"[{','.join(map(str, known))}]")
    again = phylogeny(read_alife(tmp_path / "tree.csv"))
    np.testing.assert_array_equal(again.parent, tree.parent)
    np.testing.assert_array_equal(again.second, tree.second)

    export(tree, tmp_path / "pruned.csv", "alife", pruned=True)
    pruned = phylogeny(read_alife(tmp_path / "pruned.csv"), pruned=True)
    assert (pruned.second != NOBODY).sum() == two[prune_rows(tree, pruned)].sum(), "both parents are there"
    assert len(prune(tree)) < len(pruned) < len(tree)
    assert ",".join(newick(prune(tree))).count("[&") == len(prune(tree))
    line = line_of_descent(tree, int(ids[-1]))
    assert (line["ancestor_id"][1:].to_numpy() == line["id"][:-1].to_numpy()).all()
    with pytest.raises(UserError, match="some here have two parents, and tskit needs to know which weights are whose"):
        tree_sequence(tree)
    part = load_run(out, columns=["ancestor_id", "origin_time"])
    np.testing.assert_array_equal(of_run(part).second, tree.second)


def prune_rows(tree: Any, pruned: Any) -> np.ndarray:
    return np.flatnonzero(np.isin(tree.births["id"], pruned.births["id"]))


def test_it_is_shown_and_drawn_with_whom_lines_follow(small, tmp_path):
    out, plain = str(tmp_path / "run"), str(tmp_path / "plain")
    config = {**small, "generations": 9, "reproduction": {"crossover": 0.5, "crossover_operator": BLEND}}
    evolve(config, out, backend="local")
    run = load_run(out)
    shown = io.StringIO()
    summary.print_run(run, shown)
    said = " ".join(shown.getvalue().split())
    assert "a second parent drawn for 50% of children, crossed by my_crossover.py:blend" in said
    assert "second ancestor" in Path(report(run)).read_text()
    for name in ("phylogeny", "muller", "descent", "geneflow"):
        drawn = PLOTS[name].draw(run)
        figure = drawn.get_figure() or drawn
        words = " ".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))
        assert "of two parents the first is followed" in " ".join(words.split()), name
    evolve({**small, "generations": 9}, plain, backend="local")
    table = compare([run, plain])
    assert {table.against, *(row.label for row in table.rows)} >= {"crossover=0.5, my_crossover.py:blend"}


def test_forks_resumes_and_assays(small, tmp_path):
    parent, same, other = (str(tmp_path / name) for name in ("parent", "same", "other"))
    operator = own(tmp_path, "return (message + other) / np.float32(2)")
    config = {**small, **KEPT, "reproduction": {"crossover": 0.5, "crossover_operator": operator}}
    evolve(config, parent, backend="local")
    assert fork(parent, 3, same, backend="local") == "finished"
    assert digest(same) == digest(parent, 3)
    assert fork(parent, 3, other, {"reproduction.crossover": 0}, backend="local") == "finished"
    assert "second_ancestor_id" not in load_run(other).births
    of_run(load_run(other))
    objects = json.loads(Path(parent, "manifest.json").read_text())["objects"]
    assert objects["reproduction.crossover_operator"]["name"] == operator
    perform(parent, Request("garden", [5], sample=4, replicates=5, alone=True))

    own(tmp_path, "return (message + other) / np.float32(2)  # changed")
    for again in (
        lambda **how: resume(parent, generations=8, **how),
        lambda **how: fork(parent, 2, f"{parent}-2", **how),
    ):
        with pytest.raises(UserError, match=r"reproduction.crossover_operator: .*own.py:cross: its source was"):
            again(backend="local")
    assert resume(parent, generations=8, backend="local", allow_changed=True) == "finished"
    (tmp_path / "own.py").write_text("raise SystemExit('executed')")
    load_run(parent).fittest().genome()


@pytest.mark.parametrize("backend", ["local", "ray"])
@pytest.mark.usefixtures("ray_8")
def test_an_operator_that_fails_late_is_one_line_and_costs_no_birth(backend, small, tmp_path):
    late = "random.bit_generator.seed_seq.spawn_key[1] == 4"
    operator = own(tmp_path, f"return (message + other) * np.float32('nan' if {late} else 0.5)")
    config = {**small, "reproduction": {"crossover": 1, "crossover_operator": operator}}
    with pytest.raises(UserError) as error:
        evolve(config, str(tmp_path / "run"), backend=backend)
    assert str(error.value).startswith(
        f"reproduction.crossover_operator: {operator}: gave nan as weight 0 at a conception "
    )
    assert "for generation 4 on island " in str(error.value)
    manifest = load_run(str(tmp_path / "run")).manifest
    assert (manifest["status"], manifest["generation"], manifest["restarts"]) == ("interrupted", 2, [])


def test_a_wrong_operator_is_found_before_anything_is_made(small, tmp_path):
    with pytest.raises(UserError, match=r"^reproduction.crossover_operator: .*own.py:cross: gave a NoneType on trial"):
        evolve({**small, "reproduction.crossover_operator": own(tmp_path, "return None")}, str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_the_default_has_one_parent_and_no_column_of_another(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "generations": 2}, out, backend="local")
    assert not {"second_ancestor_id", "n_shared"} & set(load_run(out).births)
    for file in Path(out, "checkpoints").iterdir():
        assert b"second_ancestors" not in file.read_bytes()
