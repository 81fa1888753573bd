"""Operators of mutation in whole runs: the same births everywhere, forks, assays, and each mistake in a line."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alife.cli.main import main
from alife.configuration.parsing import merge
from alife.errors import UserError
from alife.evolution.mutation import GAUSSIAN, Mutation
from alife.format import checkpoints
from analysis import load_run
from analysis.report import report, summary
from analysis.studies.comparison import compare
from populations import evolve, resume
from populations.engine.adults import load_network
from populations.engine.fork import fork
from populations.record.writer import digest, read_checkpoint
from populations.studies.assay_runner import Request, perform
from tests.support.own import EXAMPLES, everywhere, same_births_everywhere

SCRAMBLE = f"{EXAMPLES}/my_mutation.py:scramble"
WORKS = "return message + np.float32(sigma) * random.standard_normal(len(message), dtype=np.float32)"


def own(folder: Path, body: str, arguments: str = "message, sigma, random", name: str = "own") -> str:
    """The name of an operator with this body."""
    (folder / f"{name}.py").write_text(f"import numpy as np\n\n\ndef strike({arguments}):\n    {body}\n")
    return f"{folder}/{name}.py:strike"


def objects(run: Path | str) -> dict[str, Any]:
    return dict(json.loads(Path(run, "manifest.json").read_text())["objects"])


@pytest.mark.usefixtures("ray_8")
@everywhere
def test_the_example_gives_the_same_births_everywhere_and_is_shown(workers, small, tmp_path):
    rules = {"operator": SCRAMBLE, "parameters": {"share": 0.4}}
    run = load_run(same_births_everywhere({**small, "reproduction": rules}, tmp_path, workers))
    shown = io.StringIO()
    summary.print_run(run, shown)
    said = " ".join(shown.getvalue().split())
    assert "σ = 0.05 by my_mutation.py:scramble (share 0.4) (noise floor of ρ: not known)" in said
    evolve({**small, "seed": 1, "reproduction": rules}, str(tmp_path / "other"), backend="local")
    gaussian = [str(tmp_path / f"gaussian-{seed}") for seed in range(2)]
    for seed, folder in enumerate(gaussian):
        evolve({**small, "seed": seed}, folder, backend="local")
    table = compare([run, tmp_path / "other", *gaussian])
    assert {table.against, *(row.label for row in table.rows)} == {"my_mutation.py:scramble, share=0.4", "gaussian"}
    assert digest(run) != digest(gaussian[0])


@pytest.mark.nightly
def test_a_page_names_the_operator(small, tmp_path):
    evolve({**small, "generations": 2, "reproduction.operator": SCRAMBLE}, str(tmp_path / "run"), backend="local")
    assert "my_mutation.py:scramble" in Path(report(load_run(tmp_path / "run"))).read_text()


@pytest.mark.parametrize(
    "rules",
    [
        {"operator": "per_matrix"},
        {"operator": "sparse", "parameters": {"share": 0.2}},
        {"operator": "low_rank", "parameters": {"rank": 2}},
    ],
    ids=str,
)
def test_shipped_operators_live_are_resumed_and_shown(rules, small, tmp_path):
    whole, parts = str(tmp_path / "whole"), str(tmp_path / "parts")
    config = {**small, "reproduction": rules}
    assert evolve(config, whole, backend="local") == "finished"
    evolve({**config, "generations": 3}, parts, backend="local")
    assert resume(parts, generations=6, backend="local") == "finished"
    assert digest(whole) == digest(parts)
    assert objects(whole) == {}
    shown = io.StringIO()
    summary.print_run(load_run(whole), shown)
    said = " ".join(shown.getvalue().split())
    assert f"by {rules['operator']}" in said
    assert "(noise floor of ρ: 0.0025)" in said


def test_a_fork_s_thawed_are_born_as_in_the_parent_and_their_children_by_its_own(small, tmp_path):
    parent, other = str(tmp_path / "parent"), str(tmp_path / "other")
    evolve({**small, "reproduction.operator": "sparse"}, parent, backend="local")
    assert fork(parent, 3, other, {"reproduction.operator": SCRAMBLE}, backend="local") == "finished"
    assert digest(other, 3, 3) == digest(parent, 3, 3)
    assert digest(other, 4, 4) != digest(parent, 4, 4)
    kinds = [read_checkpoint(other, g)[1][0].mutation.operator for g in (3, 5)]
    assert kinds == ["sparse", SCRAMBLE]
    again = str(tmp_path / "again")
    assert fork(parent, 3, again, {"generations": 6}, backend="local") == "finished"
    assert digest(again) == digest(parent, 3)


def test_parameters_go_with_the_operator_that_they_belong_to(small, tmp_path):
    parent, other = str(tmp_path / "parent"), str(tmp_path / "other")
    rules = {"operator": SCRAMBLE, "parameters": {"share": 0.4}}
    evolve({**small, "generations": 2, "reproduction": rules}, parent, backend="local")
    keys = {"reproduction.operator": "gaussian", "generations": 3}
    assert fork(parent, 2, other, keys, backend="local") == "finished"
    assert load_run(other).setting("reproduction.parameters") == {}
    base = {"reproduction": {"operator": "sparse", "parameters": {"share": 0.4}}}
    assert merge(base, {"reproduction": {"operator": "sparse"}}) == base
    assert merge(base, {"reproduction": {"mutation": 0}})["reproduction"]["parameters"] == {"share": 0.4}
    assert merge(base, {"reproduction": {"operator": "low_rank"}}) == {"reproduction": {"operator": "low_rank"}}


def test_a_fork_keeps_the_operator_of_its_parent_for_those_it_thaws(small, tmp_path):
    parent, out, back = (str(tmp_path / name) for name in ("parent", "fork", "back"))
    operator = own(tmp_path, WORKS)
    evolve({**small, "reproduction.operator": operator}, parent, backend="local")
    assert fork(parent, 3, out, {"reproduction.operator": "gaussian"}, backend="local") == "finished"
    assert digest(out, 3, 3) == digest(parent, 3, 3)
    assert objects(out)["fork.operator"] == objects(parent)["reproduction.operator"]
    assert "reproduction.operator" not in objects(out)
    assert fork(out, 3, back, {"reproduction.operator": operator}, backend="local") == "finished"
    assert digest(back) == digest(parent, 3)
    shown = [run_of(out, 3), run_of(parent, 3)]
    np.testing.assert_array_equal(*shown)
    own(tmp_path, WORKS + "  # another source")
    for call in (
        lambda: fork(out, 3, str(tmp_path / "no"), {"seed": 5}, backend="local"),
        lambda: run_of(out, 3),
        lambda: perform(out, Request("garden", [3], sample=2, replicates=5)),
    ):
        with pytest.raises(UserError, match=r"own.py:strike: its source was .* restore it"):
            call()
    assert resume(out, generations=8, backend="local") == "finished"
    assert "fork.operator" in objects(out)


def run_of(run: str, generation: int) -> Any:
    """What the first newborn of a generation becomes, lived again."""
    births = load_run(run).births
    return load_network(run, births.query("generation == @generation")["id"].min()).emit().numpy(force=True)


@pytest.mark.parametrize("assay", ["garden", "within_life", "mutation", "fertility"])
def test_assays_let_newborns_be_born_by_the_run_s_operator(assay, small, tmp_path):
    run = str(tmp_path / "run")
    evolve({**small, "reproduction.operator": own(tmp_path, WORKS)}, run, backend="local")
    request = Request(assay, [5], sample=3, replicates=5, descent=3, alone=True)
    about, tables = perform(run, request)
    assert about["operator"] == "own.py:strike"
    own(tmp_path, "return np.full_like(message, 1e-3) * random.standard_normal(1, dtype=np.float32)")
    with pytest.raises(UserError, match=r"its source was .* and is .* now: restore it"):
        perform(run, request)
    other = str(tmp_path / "gaussian")
    evolve({**small, "reproduction.operator": "sparse"}, other, backend="local")
    others = perform(other, request)[1]
    assert any(not np.array_equal(tables[name][c], others[name][c]) for name in tables for c in tables[name])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return message[1:].copy()", "gave float32 of shape (419,) on trial, with a made-up message: a new genome"),
        ("return message.reshape(1, -1).copy()", "an array of float32 of shape (420,), as the message is"),
        ("return message + random.standard_normal(len(message))", "gave float64 of shape (420,)"),
        ("return message + random.standard_normal(len(message))", ": end with .astype(np.float32)"),
        ("return message.astype(np.float16)", "gave float16"),
        ("return None", "gave a NoneType on trial"),
        ("return message.tolist()", "gave a list on trial"),
        ("import torch; return torch.zeros(len(message))", "gave a Tensor on trial"),
        ("return message", "gave the message itself on trial, with a made-up message, or a view of it"),
        ("return message[::-1]", "or a view of it: a new genome is expected"),
        ("return message * np.float32('nan')", "gave nan as weight 0 on trial"),
        ("return message + np.float32('inf')", "gave inf as weight 0 on trial"),
        ("message *= 2; return message", "line 5: ValueError: output array is read-only"),
        ("message[0] = 2; return message.copy()", "line 5: ValueError: assignment destination is read-only"),
        ("return message + np.float32(sigma) * np.random.rand(len(message)).astype('f')", "gave two genomes for one"),
        ("return genome", "line 5: NameError: name 'genome' is not defined"),
        ("raise SystemExit(3)", "it failed on trial, with a made-up message: line 5: SystemExit: 3"),
        ("raise ValueError('one\\ntwo')", "line 5: ValueError: one two"),
    ],
)
def test_a_wrong_operator_is_found_before_anything_is_made(body, said, small, tmp_path, capsys):
    operator, out = own(tmp_path, body), tmp_path / "run"
    with pytest.raises(UserError) as error:
        evolve({**small, "reproduction.operator": operator}, str(out), backend="local")
    assert str(error.value).startswith(f"reproduction.operator: {tmp_path}/own.py:strike: ")
    assert said in str(error.value)
    assert not out.exists()
    if "shape (4" in said:
        keys = ["--task", "none", "--quine.hidden", "6", "--generations", "2", "--life.steps", "0"]
        code = main(["run", *keys, "--out", str(out), "--backend", "local", "--reproduction.operator", operator])
        err = capsys.readouterr().err
        assert (code, err.count("\n"), out.exists()) == (2, 1, False)
        assert err.startswith("alife: error: reproduction.operator: ")


@pytest.mark.parametrize(
    ("arguments", "parameters", "said"),
    [
        ("message, sigma", {}, "takes 2 arguments: a function of (message, sigma, random), or of"),
        ("message, sigma, random, more, parameters", {}, "takes 5 arguments"),
        ("message, sigma, random, *, world", {}, "asks for 'world', which nobody gives"),
        ("message, sigma, random, parameters", {}, "annotate 'parameters' with a pydantic model"),
        ("message, sigma, random", {"share": 0.5}, "takes no parameters, and share is given"),
        ("message, sigma, random, shape, parameters: dict = None", {}, None),
    ],
)
def test_a_function_of_other_arguments_is_refused(arguments, parameters, said, small, tmp_path):
    rules = {"operator": own(tmp_path, WORKS, arguments), "parameters": parameters}
    if said is None:
        assert evolve({**small, "reproduction": rules}, str(tmp_path / "run"), backend="local") == "finished"
        return
    with pytest.raises(UserError, match=r"^reproduction\.operator: .*own.py:strike: ") as error:
        evolve({**small, "reproduction": rules}, str(tmp_path / "run"), backend="local")
    assert said in str(error.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("operator", "parameters", "said"),
    [
        ("nowhere.py:strike", {}, "nowhere.py: no such file or directory"),
        ("alife.nowhere:strike", {}, "cannot be imported: ModuleNotFoundError"),
        (SCRAMBLE.replace("scramble", "scrabble"), {}, "there is no 'scrabble' in"),
        (SCRAMBLE, {"share": 2}, "scramble: share: input should be less than or equal to 1"),
        (SCRAMBLE, {"rank": 2}, "has no parameter rank; it has share"),
    ],
)
def test_an_operator_that_is_not_there_or_has_other_parameters(operator, parameters, said, small, tmp_path):
    rules = {"operator": operator, "parameters": parameters}
    with pytest.raises(UserError, match=r"^reproduction\.operator: ") as error:
        evolve({**small, "reproduction": rules}, str(tmp_path / "run"), backend="local")
    assert said in str(error.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("backend", ["local", "ray"])
@pytest.mark.usefixtures("ray_8")
def test_an_operator_that_fails_late_costs_no_birth(backend, small, tmp_path):
    """From a worker the line is the same, and no other worker is asked to try again."""
    marks, run = tmp_path / "marks", str(tmp_path / "run")
    marks.mkdir()
    operator = own(tmp_path, f"assert len(__import__('os').listdir('{marks}')) < 1, 'enough'; {WORKS}")
    config = {**small, "population": {"islands": 1, "size": 6}, "checkpoint": {"every": 100}}
    told: list[Any] = []

    def spoil(event: Any) -> None:
        told.append(event)
        if event.kind == "generation" and event.generation == 3:
            (marks / "now").touch()

    def watch(step: Any) -> None:
        """No island begins a generation before the one before was told."""

    with pytest.raises(UserError) as error:
        evolve({**config, "reproduction.operator": operator}, run, backend=backend, sinks=[spoil], callbacks=[watch])
    said = "it failed at a birth in generation 4 on island 0: line 5: AssertionError: enough"
    assert str(error.value) == f"reproduction.operator: {operator}: {said}"
    assert not [event for event in told if event.kind == "host_lost"]
    manifest = load_run(run).manifest
    assert (manifest["status"], manifest["generation"], manifest["restarts"]) == ("interrupted", 3, [])
    (marks / "now").unlink()
    assert resume(run, backend="local") == "finished"
    whole = str(tmp_path / "whole")
    evolve({**config, "reproduction.operator": operator}, whole, backend="local")
    assert digest(run) == digest(whole)


@pytest.mark.usefixtures("ray_8")
def test_an_operator_that_workers_do_not_have_is_one_line(small, tmp_path, monkeypatch):
    own(tmp_path, WORKS, name="only_on_the_driver")
    monkeypatch.syspath_prepend(tmp_path)
    config = {**small, "reproduction.operator": "only_on_the_driver:strike", "ray": {"hosts": 2}}
    with pytest.raises(UserError) as error:
        evolve(config, str(tmp_path / "run"), backend="ray")
    said = "cannot be imported: ModuleNotFoundError: No module named 'only_on_the_driver'"
    assert str(error.value) == f"reproduction.operator: only_on_the_driver:strike: {said}"
    assert not (tmp_path / "run").exists()


def test_a_genome_that_is_not_finite_is_born_and_diverges(small, tmp_path):
    draws = "random.bit_generator.seed_seq.spawn_key[1] == 3 and random.random() < 0.4"
    body = f"return message * np.float32('nan' if {draws} else 1.01)"
    run = str(tmp_path / "run")
    assert evolve({**small, "reproduction.operator": own(tmp_path, body)}, run, backend="local") == "finished"
    births = load_run(run).births
    dead = births[births["cause_of_death"] == "diverged"]
    assert set(dead["generation"]) == {3}
    assert 0 < len(dead) < 18
    assert not dead["n_offspring"].any()


def test_another_source_is_refused_by_name_or_goes_on_record(small, tmp_path):
    run = str(tmp_path / "run")
    evolve({**small, "generations": 3, "reproduction.operator": own(tmp_path, WORKS)}, run, backend="local")
    before = digest(run)
    own(tmp_path, WORKS + "  # changed")
    for again in (lambda **how: resume(run, generations=6, **how), lambda **how: fork(run, 2, run + "-f", **how)):
        with pytest.raises(UserError, match=r"own.py:strike: its source was .* --allow-changed, which goes on record"):
            again(backend="local")
        assert again(backend="local", allow_changed=True) == "finished"
        own(tmp_path, WORKS + "  # changed again")
    assert digest(run, 0, 2) == before
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert [line for line in manifest["warnings"] if line.startswith("changed: reproduction.operator: ")]


def test_readers_need_no_operator_and_run_none(small, tmp_path):
    run = str(tmp_path / "run")
    evolve({**small, "reproduction.operator": own(tmp_path, WORKS)}, run, backend="local")
    (tmp_path / "own.py").write_text("raise SystemExit('executed')")
    shown = io.StringIO()
    summary.print_run(load_run(run), shown)
    assert "own.py:strike" in shown.getvalue()
    assert load_run(run).noise_floor is None
    with pytest.raises(UserError, match="cannot be imported: line 1: SystemExit: executed"):
        resume(run, generations=9, backend="local")


def test_a_checkpoint_names_only_operators_that_its_run_has_on_record(small, tmp_path):
    """Somebody else's checkpoint does not choose what is run here."""
    run, bad = tmp_path / "run", own(tmp_path, f"open('{tmp_path}/executed', 'w'); {WORKS}")
    evolve({**small, "generations": 3}, str(run), backend="local")
    _, newborns, meta = read_checkpoint(str(run), 3)
    forged = {i: replace(group, mutation=Mutation(bad, {})) for i, group in newborns.items()}
    plant(run, checkpoints.encode(3, forged, meta))
    for again in (
        lambda: resume(str(run), generations=6, backend="local"),
        lambda: fork(str(run), 3, str(tmp_path / "fork"), {"generations": 6}, backend="local"),
        lambda: perform(str(run), Request("garden", [3], sample=2, replicates=5)),
    ):
        with pytest.raises(UserError, match=r"own\.py:strike, which it has not on record"):
            again()
    assert not (tmp_path / "executed").exists()
    assert not (tmp_path / "fork").exists()


def plant(run: Path, data: bytes) -> None:
    """Put a checkpoint in the place of the last one, the manifest's seals made anew."""
    import hashlib

    from alife import schema

    manifest = json.loads((run / "manifest.json").read_text())
    entry = manifest["parts"]["checkpoints"][-1]
    (run / entry["name"]).write_bytes(data)
    entry |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest["checksum"] = schema.manifest_checksum({k: v for k, v in manifest.items() if k != "checksum"})
    (run / "manifest.json").write_text(json.dumps(manifest))


def test_gaussian_checkpoints_say_nothing_of_it(small, tmp_path):
    evolve({**small, "generations": 2}, str(tmp_path / "run"), backend="local")
    newborns = read_checkpoint(str(tmp_path / "run"), 2)[1]
    assert {group.mutation.operator for group in newborns.values()} == {GAUSSIAN.operator}
    assert b'"mutation"' not in checkpoints.encode(2, newborns, {})[:2000]
