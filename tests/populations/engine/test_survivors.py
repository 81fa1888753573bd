"""Runs with survivors: the same births everywhere, the same genomes in all their lives, and a lineage that is right."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alife import schema
from alife.errors import UserError
from alife.evolution import habitat
from alife.evolution.reproduction import birth
from alife.organism.shape import Shape
from analysis import load_run
from analysis.evolution.dynamics import differentials
from analysis.evolution.inheritance import heritability
from analysis.evolution.islands import demes
from analysis.evolution.price import price
from analysis.figures import forces
from analysis.lineage.export import export, read_alife
from analysis.lineage.phylogeny import line_of_descent, mrca, of_run, phylogeny
from analysis.report import report, summary
from populations import evolve, resume
from populations.engine.adults import load_network
from populations.engine.fork import fork
from populations.record.writer import digest, read_checkpoint, read_config
from populations.studies.assay_runner import Request, perform
from tests.support.bred import unexplained
from tests.support.own import same_births_everywhere

KEPT = {"checkpoint": {"every": 1, "keep": 100}}


def genomes(run: str, generations: range) -> dict[int, bytes]:
    """The genome of everybody in some generations, by id, as its checkpoints have it."""
    found = {}
    for generation in generations:
        for group in read_checkpoint(run, generation)[1].values():
            shape = Shape.of_genome(group.messages.shape[1], 12, 6)
            rows = birth(group, shape)
            found |= {int(i): row.tobytes() for i, row in zip(group.ids, rows, strict=True)}
    return found


def check_survivors(births: pd.DataFrame, known: dict[int, bytes]) -> int:
    """See that each survivor has the genome of its life before; how many there are."""
    old = births[births["age"] > 0]
    old = old[old["ancestor_id"].isin(list(known)) & old["id"].isin(list(known))]
    for row in old.itertuples():
        assert known[row.id] == known[row.ancestor_id]
    return len(old)


@pytest.mark.usefixtures("ray_8")
@pytest.mark.parametrize(
    ("rules", "workers"),
    [
        ({"survivors": 2}, (2,)),
        pytest.param({"survivors": 2}, (1, 4), marks=pytest.mark.nightly),
        ({"survivors": 3, "scheme": "truncation", "shuffled": True}, ()),
        ({"survivors": 5, "scheme": "nsga2"}, ()),
    ],
    ids=str,
)
def test_the_same_births_everywhere(rules, workers, small, tmp_path):
    config = {**small, "selection": rules, "reproduction": {"heritable": ["mutation"]}}
    run = load_run(same_births_everywhere(config, tmp_path, workers))
    births = run.births
    ages = births.groupby(["generation", "birth_island"])["age"]
    assert (ages.max() <= ages.max().index.get_level_values("generation")).all()
    assert (ages.apply(lambda age: (age > 0).sum())[1:][3:] == rules["survivors"]).all()
    assert (births["age"].max() > 1) == (rules["survivors"] > 1)
    old = births[births["age"] > 0].merge(births, left_on="ancestor_id", right_on="id", suffixes=("", "_before"))
    for same in ("squared_norm", "mutation"):
        np.testing.assert_array_equal(old[same], old[f"{same}_before"])
    np.testing.assert_array_equal(old["age"], old["age_before"] + 1)
    assert (old["accuracy"] != old["accuracy_before"]).any(), "each life is a new one"
    assert births["age"].dtype == np.int32


def test_genomes_are_the_same_to_the_bit_in_every_life(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, **KEPT, "selection.survivors": 2}, out, backend="local")
    run, known = load_run(out), genomes(out, range(6))
    assert check_survivors(run.births, known) == 5 * 3 * 2
    oldest = run.births.sort_values("age").iloc[-1]
    one = run.individual(oldest["id"])
    assert one.age == oldest["age"] == len(one.lives) > 1
    for identity in (one.id, *one.lives):
        assert run.individual(identity).genome().tobytes() == known[one.id]
        assert identity in one.line
    first = run.individual(one.lives[-1])
    assert (first.age, first.lives, first.parent) == (0, (), one.parent)
    lived = load_network(out, one.id).emit().numpy(force=True)
    again = load_network(out, one.lives[0]).emit().numpy(force=True)
    assert not np.array_equal(lived, again), "it learns in each life anew"


def test_a_genome_is_known_from_any_life_that_is_kept(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "generations": 5, "checkpoint": {"every": 5, "keep": 1}, "selection.survivors": 2}, out)
    run = load_run(out)
    born_before = run.births.query("generation == 4 and age > 0")["id"]
    known = genomes(out, range(4))
    for identity in born_before:
        one = run.individual(identity)
        assert one.genome().tobytes() == known[one.lives[0]]
    with pytest.raises(UserError, match="newborns of generation 4 are not kept"):
        run.individual(min(set(run.births.query("generation == 4 and age == 0")["id"]) - _stored(out))).genome()


def _stored(out: str) -> set[int]:
    from alife.format.checkpoints import adults_name, decode_adults

    return set(decode_adults(Path(out, adults_name(4)).read_bytes(), "here"))


def test_survivors_move_between_islands(small, tmp_path):
    out = str(tmp_path / "run")
    moves = {"every": 1, "migrants": 2}
    evolve({**small, **KEPT, "migration": moves, "selection.survivors": 5}, out, backend="local")
    run = load_run(out)
    moved = run.migrations.merge(run.births, on="id")
    assert (moved["age"] > 0).any()
    check_survivors(run.births, genomes(out, range(6)))
    assert of_run(run).survived.sum() == 5 * 3 * 5


def test_forks_carry_who_survived_whatever_they_change(small, tmp_path):
    parent, same, other, back = (str(tmp_path / name) for name in ("parent", "same", "other", "back"))
    operator = tmp_path / "own.py"
    operator.write_text(
        "def strike(message, sigma, random):\n    return message * random.uniform(0.9, 1.1, 1).astype('f')\n"
    )
    config = {**small, **KEPT, "selection.survivors": 2, "reproduction.operator": f"{operator}:strike"}
    evolve(config, parent, backend="local")
    assert fork(parent, 3, same, backend="local") == "finished"
    assert digest(same) == digest(parent, 3)

    changes = {"seed": 9, "reproduction.operator": "sparse", "generations": 5}
    assert fork(parent, 3, other, changes, backend="local") == "finished"
    whole = str(tmp_path / "whole")
    fork(parent, 3, whole, {**changes, "generations": 8}, backend="local")
    assert resume(other, generations=8, backend="local") == "finished"
    assert digest(other) == digest(whole)
    known = genomes(parent, range(4)) | genomes(other, range(3, 8))
    assert check_survivors(load_run(other).births, known) == 4 * 3 * 2 + 3 * 2
    eras = {era.noise_seed for generation in (4, 7) for era in read_checkpoint(other, generation)[1][0].past}
    assert eras == {0}

    assert fork(other, 5, back, {"seed": 11, "reproduction.operator": "gaussian"}, backend="local") == "finished"
    known |= genomes(back, range(5, 8))
    assert check_survivors(load_run(back).births, known) == 2 * 3 * 2 + 3 * 2
    recorded = json.loads(Path(back, "manifest.json").read_text())["objects"]
    assert recorded["fork.operator"]["name"] == f"{operator}:strike"
    one = load_run(back).births.query("generation == 6 and age > 0")["id"].min()
    assert load_run(back).individual(one).age == load_run(back).births.set_index("id")["age"][one]


def test_a_fork_of_a_fork_needs_the_operators_of_all_whose_survivors_live(small, tmp_path):
    names = []
    for number in (1, 2):
        body = f"return message * random.uniform(0.9, 1.1, 1).astype('f') + {number}e-3"
        (tmp_path / f"own{number}.py").write_text(f"def strike(message, sigma, random):\n    {body}\n")
        names.append(f"{tmp_path}/own{number}.py:strike")
    parent, one, two = (str(tmp_path / name) for name in ("parent", "one", "two"))
    config = {
        **small,
        **KEPT,
        "population": {"islands": 2, "size": 8},
        "selection": {"scheme": "drift", "survivors": 6},
    }
    evolve({**config, "reproduction.operator": names[0]}, parent, backend="local")
    fork(parent, 2, one, {"seed": 5, "reproduction.operator": names[1]}, backend="local")
    fork(one, 4, two, {"seed": 6, "reproduction.operator": "gaussian"}, backend="local")
    recorded = json.loads(Path(two, "manifest.json").read_text())["objects"]
    assert {key: each["name"] for key, each in recorded.items()} == {
        "fork.operator": names[1],
        "fork.operator.2": names[0],
    }
    known = genomes(parent, range(3)) | genomes(one, range(2, 5)) | genomes(two, range(4, 7))
    births = load_run(two).births
    assert (births["age"] > births["generation"] - 2).any(), "somebody was born in the first run"
    check_survivors(births, known)
    assert resume(two, generations=8, backend="local") == "finished"
    whole = str(tmp_path / "whole")
    fork(one, 4, whole, {"seed": 6, "reproduction.operator": "gaussian", "generations": 8}, backend="local")
    assert digest(two) == digest(whole)
    (tmp_path / "own1.py").unlink()
    with pytest.raises(UserError, match=r"^fork.operator.2: .*own1.py: no such file"):
        resume(two, generations=9, backend="local")


def test_a_fork_without_survivors_lets_the_thawed_live_once_more(small, tmp_path):
    parent, out, more = (str(tmp_path / name) for name in ("parent", "fork", "more"))
    evolve({**small, **KEPT, "selection.survivors": 3}, parent, backend="local")
    assert fork(parent, 4, out, {"selection.survivors": 0}, backend="local") == "finished"
    births = load_run(out).births
    assert "age" not in births
    before, after = (load_run(each).births.query("generation == 4").set_index("id") for each in (parent, out))
    pd.testing.assert_series_equal(before["accuracy"], after["accuracy"])
    of_run(load_run(out))
    assert fork(out, 4, more, {"selection.survivors": 3}, backend="local") == "finished"
    assert digest(more) == digest(parent, 4)


@pytest.mark.parametrize("assay", ["garden", "within_life", "mutation", "fertility"])
def test_assays_take_survivors_with_the_genomes_of_their_births(assay, small, tmp_path, monkeypatch):
    out, seen = str(tmp_path / "run"), {}
    evolve({**small, **KEPT, "selection.survivors": 4}, out, backend="local")

    def noted(newborns: Any, shape: Any) -> Any:
        rows = birth(newborns, shape)
        seen.update(zip(newborns.ids.tolist(), (row.tobytes() for row in rows), strict=True))
        return rows

    monkeypatch.setattr(habitat, "birth", noted)
    perform(out, Request(assay, [5], sample=12, replicates=5, descent=2, alone=True))
    known = genomes(out, range(6))
    births = load_run(out).births.set_index("id")
    assert seen.items() <= known.items()
    assert (births.loc[list(seen), "age"] > 0).any()


def test_own_schemes_may_look_at_ages(small, tmp_path):
    (tmp_path / "young.py").write_text(
        "def young(columns, living):\n    return living * (1.0 + (columns['age'] == columns['age'].min()))\n"
    )
    config = {**small, "selection": {"scheme": f"{tmp_path}/young.py:young", "survivors": 2}}
    assert evolve(config, str(tmp_path / "run"), backend="local") == "finished"
    births = load_run(str(tmp_path / "run")).births
    for _, group in births[births["generation"] > 0].groupby(["generation", "island"]):
        best = group["chance"] == group["chance"].max()
        assert (best == (group["age"] == group["age"].min())).all()
    config["selection"]["survivors"] = 0
    with pytest.raises(UserError, match="age: there are"):
        evolve(config, str(tmp_path / "none"), backend="local")


def test_survival_is_not_reproduction(small, tmp_path):
    """What the record and its analysis count as children are those that were conceived."""
    out = str(tmp_path / "run")
    evolve({**small, "generations": 8, "selection.survivors": 2}, out, backend="local")
    run = load_run(out)
    births = run.births
    conceived = births.groupby(["generation", "island"])["n_offspring"].sum()
    assert (conceived == 4).all()
    record = demes(run)
    np.testing.assert_allclose(record.total(record.expected), 4)
    assert len(record.children) + len(record.survivors) == (births["generation"] > 0).sum()
    split = price(record)
    assert "survival" in split
    assert unexplained(split).abs().max() < 1e-9
    realised = differentials(record, ["accuracy"])["realised"]
    np.testing.assert_allclose(realised, run.generations["accuracy_differential"], atol=1e-5)
    pairs = heritability(record, ["accuracy"], first=0)["pairs"].iloc[0]
    assert pairs == (births["age"] == 0).sum() - 18
    forces.price(run)
    forces.selection(run)


def test_the_lineage_of_a_run_with_survivors(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "generations": 8, "population": {"islands": 1, "size": 6}, "selection.survivors": 2}, out)
    run = load_run(out)
    tree = of_run(run)
    ages = tree.births["age"].to_numpy()
    oldest = tree.births.iloc[int(ages.argmax())]
    line = line_of_descent(tree, int(oldest["id"]))
    assert line["age"].to_numpy()[-1] == oldest["age"]
    assert line["id"].tolist() == list(run.individual(oldest["id"]).line)[::-1]
    a, b = tree.rows()[0], int(tree.births.index[tree.births["ancestor_id"] == tree.births["ancestor_id"].iloc[-1]][0])
    assert mrca(tree, np.array([a])) == a
    assert mrca(tree, np.array([len(tree) - 1, b])) is not None
    export(tree, tmp_path / "tree.csv", "alife")
    again = phylogeny(read_alife(tmp_path / "tree.csv"))
    np.testing.assert_array_equal(again.parent, tree.parent)
    np.testing.assert_array_equal(again.survived, tree.survived)
    export(tree, tmp_path / "pruned.csv", "alife", pruned=True)
    phylogeny(read_alife(tmp_path / "pruned.csv"), pruned=True)
    part = load_run(out, columns=["ancestor_id", "origin_time", "n_offspring"])
    assert (of_run(part).survived == tree.survived).all()
    page = Path(report(run)).read_text()
    assert "its own life before" in page
    shown = io.StringIO()
    summary.print_run(run, shown)
    said = " ".join(shown.getvalue().split())
    assert "2 of 6 survive into the next generation" in said
    assert "lives 48, one in each generation that somebody lives in; 0 died early" in said


def test_a_default_run_has_neither_column_nor_tensor_of_survivors(small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "generations": 2}, out, backend="local")
    assert set(load_run(out).births) == {*schema.BIRTHS, "replication_loss", "fitness", "birth_island", "test_accuracy"}
    for file in Path(out, "checkpoints").iterdir():
        assert b"origins" not in file.read_bytes()
    assert read_config(out).selection.survivors == 0
