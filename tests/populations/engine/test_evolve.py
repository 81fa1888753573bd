"""Whole runs: the same births on every backend, after interruption and extension; deaths; refusals."""

import threading

import numpy as np
import pytest
import torch

from alife import schema
from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.evolution.schemes import SCHEMES
from analysis import load_run
from populations import evolve, resume
from populations.engine.prepare import prepare
from populations.record.writer import Recorder, digest


@pytest.fixture
def reference(small, tmp_path):
    evolve(small, str(tmp_path / "reference"), backend="local")
    return digest(tmp_path / "reference")


@pytest.mark.parametrize("hosts", [1, 2, 8])
def test_ray_and_local_give_identical_births(small, reference, tmp_path, ray_8, hosts):
    out = tmp_path / "run"
    assert evolve({**small, "ray": {"hosts": hosts}}, str(out)) == "finished"
    assert digest(out) == reference


def test_an_interrupted_run_goes_on_to_the_same_births(small, reference, tmp_path):
    out = str(tmp_path / "run")

    def interrupt(event):
        if event.kind == "generation" and event.generation == 3:
            import signal

            signal.raise_signal(signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    assert evolve(small, out, backend="local", sinks=[interrupt]) == "interrupted"
    run = load_run(out)
    assert run.manifest["status"] == "interrupted"
    assert run.manifest["generation"] == 3
    assert resume(out, backend="local") == "finished"
    assert digest(out) == reference


def test_extending_equals_a_longer_run(small, reference, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "generations": 3}, out, backend="local")
    assert resume(out, generations=6, backend="local") == "finished"
    assert digest(out) == reference
    assert digest(out, 0, 2) != reference


@pytest.mark.parametrize("kind", schema.ROWS)
def test_a_damaged_part_is_refused_before_the_run_is_extended(small, tmp_path, kind):
    out = tmp_path / "run"
    evolve({**small, "generations": 3}, str(out), backend="local")
    (part,) = (out / kind).iterdir()
    data = bytearray(part.read_bytes())
    data[len(data) // 3] ^= 1
    part.write_bytes(data)
    before = (out / "config.yaml").read_bytes()
    with pytest.raises(UserError, match=rf"{kind}/{part.name}: damaged"):
        resume(str(out), generations=6, backend="local")
    assert (out / "config.yaml").read_bytes() == before
    data[len(data) // 3] ^= 1
    part.write_bytes(data)
    assert resume(str(out), generations=6, backend="local") == "finished"


def test_run_with_resume_starts_and_continues(small, reference, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "generations": 4}, out, backend="local", resume=True)
    assert evolve(small, out, backend="local", resume=True) == "finished"
    assert digest(out) == reference
    with pytest.raises(UserError, match=r"this run has seed = 0, not 5"):
        evolve({**small, "seed": 5}, out, backend="local", resume=True)


def test_a_run_killed_before_its_founders_were_stored_starts_again(small, reference, tmp_path):
    out = str(tmp_path / "run")
    config, _ = prepare(parse_config(small))
    Recorder.create(out, config, versions={}, machine={}).close()
    with pytest.raises(UserError, match=r"ended before its founders were stored: start it again"):
        resume(out, backend="local")
    assert evolve(small, out, backend="local", resume=True) == "finished"
    assert digest(out) == reference


def test_founders_that_cannot_be_stored_leave_no_writer(small, reference, tmp_path, monkeypatch):
    out = str(tmp_path / "run")

    def refuse(*_, **__):
        raise UserError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "commit_sealed", refuse)
        with pytest.raises(UserError, match="no space left"):
            evolve(small, out, backend="local")
    evolve(small, out, backend="local", resume=True)
    assert digest(out) == reference


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_without_cuda_no_run_of_a_cluster_s_gpus_lives_here(small, tmp_path):
    run = {**small, "device": "cuda", "ray": {"address": "head:6379"}}
    with pytest.raises(UserError, match="no CUDA device is here"):
        evolve(run, str(tmp_path / "run"), backend="local")
    assert not (tmp_path / "run").exists()


def test_another_seed_gives_other_births(small, reference, tmp_path):
    evolve({**small, "seed": 1}, str(tmp_path / "other"), backend="local")
    assert digest(tmp_path / "other") != reference


def test_the_stored_configuration_gives_the_run_again(small, reference, tmp_path):
    import yaml

    stored = yaml.safe_load((tmp_path / "reference" / "config.yaml").read_text())
    evolve(stored, str(tmp_path / "again"), backend="local")
    assert digest(tmp_path / "again") == reference


def test_every_birth_has_its_parent_one_generation_before(small, tmp_path):
    evolve(small, str(tmp_path / "run"), backend="local")
    births = load_run(str(tmp_path / "run")).births.set_index("id")
    founders = births[births.generation == 0]
    assert (founders.index == founders.ancestor_id).all()
    later = births[births.generation > 0]
    parents = births.loc[later.ancestor_id]
    assert (parents.generation.to_numpy() == later.generation.to_numpy() - 1).all()
    counted = later.ancestor_id.value_counts()
    lived = births[births.generation < 5]
    assert (lived.n_offspring == counted.reindex(lived.index).fillna(0)).all()
    assert births[births.generation == 5].n_offspring.sum() == 18


def test_some_die_and_the_others_go_on(small, tmp_path):
    """Deaths are recorded with their cause, leave no children, and the living still fill the island."""
    rate = {"learning_rate": 3.0, "optimizer": "adam", "target": "self"}
    out = tmp_path / "run"
    evolve({**small, "life": {**small["life"], **rate}, "generations": 3}, str(out), backend="local")
    births = load_run(str(out)).births
    dead = births[births.cause_of_death != "generation_end"]
    assert (dead.n_offspring == 0).all()


def test_when_all_die_the_run_ends_with_a_readable_record(small, tmp_path):
    life = {**small["life"], "optimizer": "sgd", "learning_rate": 1e20}
    events = []
    status = evolve({**small, "life": life}, str(tmp_path / "run"), backend="local", sinks=[events.append])
    assert status == "extinct"
    assert [e.kind for e in events if e.kind in ("island_died", "extinct")] == ["island_died"] * 3 + ["extinct"]
    run = load_run(str(tmp_path / "run"))
    assert run.manifest["status"] == "extinct"
    assert set(run.births.cause_of_death) == {"diverged"}
    assert not run.births.n_offspring.any()
    assert np.isnan(run.births.replication_error).all()
    assert resume(str(tmp_path / "run"), backend="local") == "extinct"


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_every_scheme_runs(small, tmp_path, scheme):
    config = {**small, "generations": 3, "selection": {"scheme": scheme}}
    assert evolve(config, str(tmp_path / "run"), backend="local") == "finished"


def test_heritable_traits_are_on_record_and_vary(small, tmp_path):
    heritable = {"heritable": ["task_weight", "learning_rate", "mutation"]}
    evolve({**small, "reproduction": heritable}, str(tmp_path / "run"), backend="local")
    births = load_run(str(tmp_path / "run")).births
    for trait in heritable["heritable"]:
        assert births[births.generation == 0][trait].nunique() == 1
        assert births[births.generation == 5][trait].nunique() > 3


def test_no_learning_is_pure_regeneration(small, tmp_path):
    life = {**small["life"], "steps": 0}
    evolve({**small, "life": life}, str(tmp_path / "run"), backend="local")
    births = load_run(str(tmp_path / "run")).births
    same = births[births.generation == 0]
    assert np.allclose(same.accuracy, same.newborn_accuracy)
