"""Trackers: what Weights & Biases and MLflow are handed is read back from their files; that one fails harms no run."""

import importlib.util
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

import alife
from alife.errors import UserError
from populations.observe.mlflow import KEY, MLflow
from populations.observe.tracking import Tracker
from populations.observe.wandb import Wandb
from populations.record.writer import digest

BLOCK, HEAD = 1 << 15, 7
"""Of a LevelDB log, in which wandb keeps its records."""


def records(file: Path) -> list[Any]:
    """What wandb has written offline."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole, out = file.read_bytes(), HEAD, b"", []
    assert data.startswith(b":W&B")
    while at + HEAD <= len(data):
        if BLOCK - at % BLOCK < HEAD:
            at += BLOCK - at % BLOCK
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        whole += data[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if kind in (1, 4):  # a whole record, or the last part of one
            out.append(Record.FromString(whole))
            whole = b""
    return out


def histories(file: Path) -> list[dict[str, Any]]:
    """Rows that were logged."""
    rows = [record.history.item for record in records(file) if record.WhichOneof("record_type") == "history"]
    return [{item.key or item.nested_key[0]: json.loads(item.value_json) for item in row} for row in rows]


def medians(folder: str) -> dict[int, float]:
    run = alife.load_run(folder)
    lived = run.births[run.births["cause_of_death"] == "generation_end"]
    return lived.groupby("generation")["accuracy"].median().to_dict()


def tracked(folder: Path) -> tuple[list[Any], dict[int, float]]:
    """Runs that wandb knows of, one a file, and accuracies by generation."""
    files = sorted(folder.glob("wandb/offline-run-*/run-*.wandb"))
    runs = [record.run for file in files for record in records(file) if record.WhichOneof("record_type") == "run"]
    assert len(runs) == len(files)
    return runs, {int(row["generation"]): row["accuracy"] for file in files for row in histories(file)}


def test_wandb_reads_every_generation(small: Any, tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    out, folder = str(tmp_path / "run"), tmp_path / "tracked"
    folder.mkdir()
    alife.evolve(small, out, backend="local", quiet=True, callbacks=[Wandb(str(folder))])
    (run,), told = tracked(folder)
    assert (run.display_name, run.project) == ("run", "alife")
    config = {item.key: item.value_json for item in run.config.update}
    assert json.loads(config["population.size"]) == small["population"]["size"]
    assert told == pytest.approx(medians(out))
    assert sorted(told) == list(range(small["generations"]))


@pytest.mark.nightly
def test_a_resumed_run_is_the_same_to_wandb(small: Any, tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    out, folder = str(tmp_path / "run"), tmp_path / "tracked"
    folder.mkdir()
    alife.evolve(small, out, backend="local", quiet=True, callbacks=[Wandb(str(folder))])
    more = small["generations"] + 2
    alife.resume(out, generations=more, backend="local", quiet=True, callbacks=[Wandb(str(folder))])
    runs, told = tracked(folder)
    assert len(runs) == 2
    assert len({run.run_id for run in runs}) == 1
    assert told == pytest.approx(medians(out))
    assert sorted(told) == list(range(more))


def test_mlflow_reads_every_generation_and_a_resumed_run_goes_on(small: Any, tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    out, folder = str(tmp_path / "run"), tmp_path / "mlruns"
    alife.evolve(small, out, backend="local", quiet=True, callbacks=[MLflow(str(folder))])
    more = small["generations"] + 2
    alife.resume(out, generations=more, backend="local", quiet=True, callbacks=[MLflow(str(folder))])
    alife.evolve(small, str(tmp_path / "other"), backend="local", quiet=True, callbacks=[MLflow(str(folder))])
    client = MlflowClient(tracking_uri=folder.as_uri())
    experiment = client.get_experiment_by_name("alife")
    found = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(found) == {"run", "other"}
    assert len({run.data.tags[KEY] for run in found.values()}) == 2
    run = found["run"]
    assert (run.info.status, run.data.tags["alife.status"]) == ("FINISHED", "finished")
    assert run.data.params["population.size"] == str(small["population"]["size"])
    assert run.data.tags["alife.generations"] == str(more)
    metrics = client.get_metric_history(run.info.run_id, "accuracy")
    assert {metric.step: metric.value for metric in metrics} == pytest.approx(medians(out))
    assert len(metrics) == more


class Failing(Tracker):
    """A tracker whose disk is full at a time."""

    def __init__(self, when: str, error: BaseException):
        self.when, self.error, self.tracked = when, error, 0

    def on_start(self, run: Any) -> None:
        self._at("start")

    def track(self, generation: int, numbers: dict[str, float]) -> None:
        self.tracked += 1
        self._at("track")

    def on_end(self, status: str) -> None:
        self._at("end")

    def _at(self, when: str) -> None:
        if when == self.when:
            raise self.error


FAILURES = [
    OSError(28, "No space left on device"),
    ImportError("libfoo.so"),
    RuntimeError("server gone"),
    SystemExit(3),
]


@pytest.mark.parametrize("when", ["start", "track", "end"])
@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_one_that_fails_harms_no_run(small: Any, tmp_path: Path, caplog: Any, when: str, error: BaseException) -> None:
    small = {**small, "generations": 2}
    tracker, out = Failing(when, error), str(tmp_path / "run")
    with caplog.at_level(logging.WARNING):
        assert alife.evolve(small, out, backend="local", quiet=True, callbacks=[tracker]) == "finished"
    said = [each.getMessage() for each in caplog.records if "Failing" in each.getMessage()]
    assert len(said) == 1
    assert "the run goes on" in said[0]
    assert tracker.tracked == {"start": 0, "track": 1, "end": 2}[when]
    alife.evolve(small, str(tmp_path / "alone"), backend="local", quiet=True)
    assert digest(out) == digest(str(tmp_path / "alone"))


def test_mlflow_on_a_full_disk(small: Any, tmp_path: Path, caplog: Any) -> None:
    pytest.importorskip("mlflow")
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        tracker = MLflow(str(tmp_path / "file"))
        assert (
            alife.evolve(small, str(tmp_path / "run"), backend="local", quiet=True, callbacks=[tracker]) == "finished"
        )
    assert sum("MLflow is asked no more" in each.getMessage() for each in caplog.records) == 1


@pytest.mark.parametrize(("tracker", "package"), [(Wandb, "wandb"), (MLflow, "mlflow")])
def test_one_that_is_not_installed_is_named_before_the_run(monkeypatch: Any, tracker: Any, package: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find(name))
    with pytest.raises(UserError, match=rf"{package} is not installed: pip install 'alife-quines\[{package}\]'"):
        tracker()


@pytest.mark.parametrize(("tracker", "package"), [(Wandb, "wandb"), (MLflow, "mlflow.tracking")])
def test_one_that_cannot_be_imported(
    small: Any, tmp_path: Path, monkeypatch: Any, caplog: Any, tracker: Any, package: str
) -> None:
    pytest.importorskip(package.partition(".")[0])
    one = tracker(str(tmp_path))
    monkeypatch.setitem(sys.modules, package, None)
    with caplog.at_level(logging.WARNING):
        assert alife.evolve(small, str(tmp_path / "run"), backend="local", quiet=True, callbacks=[one]) == "finished"
    assert sum(f"{tracker.__name__} is asked no more" in each.getMessage() for each in caplog.records) == 1
