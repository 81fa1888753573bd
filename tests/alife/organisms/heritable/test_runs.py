"""Runs of heritable quines: the same births everywhere, newborns that know something, and what is refused."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

import alife
from alife.cli.main import main
from analysis.report import summary
from tests.support.idx_folders import make_arrays, write_folder
from tests.support.own import EXAMPLES, everywhere, same_births_everywhere

NORM = 20.0


@pytest.fixture
def config(small: dict[str, Any]) -> dict[str, Any]:
    quine = {"network": "heritable", "coordinate_units": 5, "parameters": {"hidden": 10, "norm": NORM}}
    return {**small, "quine": quine}


@pytest.mark.usefixtures("ray_8")
@everywhere
def test_the_same_births_everywhere(workers: tuple[int, ...], config: dict[str, Any], tmp_path: Path) -> None:
    run = alife.load_run(same_births_everywhere(config, tmp_path, workers))
    founders, later = (run.births["generation"] == 0), (run.births["generation"] > 0)
    np.testing.assert_allclose(run.births.loc[founders, "squared_norm"], NORM, rtol=1e-5)
    noisy = run.births.loc[later, "squared_norm"]
    assert (abs(noisy / NORM - 1 - 0.05**2) < 0.05).all(), "birth noise is σ² of it, give or take what is drawn"
    shown = io.StringIO()
    summary.print_run(run, shown)
    assert "network      heritable (hidden 10, norm 20.0)" in shown.getvalue()
    network = run.fittest().network()
    assert network.emit().square().sum().item() == pytest.approx(NORM, rel=1e-4)
    assert network(torch.zeros(2, 8, 8)).shape == (2, 10)


def test_without_birth_noise_every_newborn_has_the_norm(config: dict[str, Any], tmp_path: Path) -> None:
    alife.evolve({**config, "reproduction.mutation": 0}, tmp_path / "run", backend="local", quiet=True)
    np.testing.assert_allclose(alife.load_run(tmp_path / "run").births["squared_norm"], NORM, rtol=1e-5)


def newborns(config: dict[str, Any], folder: Path) -> float:
    """Accuracy at birth, the mean of all that had parents."""
    alife.evolve(config, folder, backend="local", quiet=True)
    births = alife.load_run(folder).births
    return float(births.loc[births["generation"] > 0, "newborn_accuracy"].mean())


def test_newborns_know_what_is_asked_of_prints_alone(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data", make_arrays(train=3600, test=60, shape=(8, 8), classes=10))
    parameters = {"hidden": 12, "norm": 60}
    config = {
        "task": str(data),
        "generations": 5,
        "quine": {"network": "heritable", "coordinate_units": 6, "parameters": parameters},
        "life": {"steps": 60, "optimizer": "adam", "learning_rate": 0.01, "target": "self", "task_weight": 1},
        "population": {"islands": 1, "size": 6},
    }
    adult = {**config, "quine": {**config["quine"], "parameters": {**parameters, "asked": "adult"}}}
    permuted = {**config, "reproduction.operator": f"{EXAMPLES}/heritable_controls.py:permuted"}
    assert newborns(config, tmp_path / "printed") > 0.25, "a tenth by chance"
    assert newborns(adult, tmp_path / "adult") < 0.2
    assert newborns(permuted, tmp_path / "permuted") < 0.2


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "quine.coordinate_units: 50: with a task, fewer than its 32 hidden units"),
        (["--quine.coordinate_units", "5", "--quine.parameters", "{norm: 0}"], "norm: input should be greater than 0"),
        (
            ["--quine.coordinate_units", "5", "--quine.parameters", "{width: 3}"],
            "has no parameter width; it has hidden",
        ),
    ],
)
def test_what_cannot_be_is_one_line(
    flags: list[str], said: str, idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    asked = ["run", "--quine.network", "heritable", "--task", str(idx_folder), "--out", str(out), *flags]
    assert main([*asked, "--backend", "local"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("alife: error: quine.network: heritable: ")
    assert said in line
    assert not out.exists()


def test_the_ready_configuration_lives(idx_folder: Path, tmp_path: Path) -> None:
    ready = yaml.safe_load((EXAMPLES / "heritable.yaml").read_text())
    short = {**ready, "task": str(idx_folder), "generations": 2, "life": {**ready["life"], "steps": 2}}
    assert alife.evolve(short, tmp_path / "run", backend="local", quiet=True) == "finished"
    run = alife.load_run(tmp_path / "run")
    assert run.manifest.get("warnings", []) == []
    assert len(run.fittest().genome()) == 2400
