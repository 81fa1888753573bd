"""`examples/my_measure.py` as a user has it: on Ray and without, killed and resumed, and in all that shows a run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
import yaml

import alife
from alife.cli.main import main
from analysis.report import of_run
from analysis.report.page import render
from populations.record.reader import exists, read_manifest
from populations.record.writer import digest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "my_measure.py"


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return {
        "task": "glyphs",
        "generations": 9,
        "quine": {"hidden": 16, "coordinate_units": 8},
        "life": {"steps": 60, "coordinates": 64, "images": 32},
        "population": {"islands": 2, "size": 8},
        "checkpoint": {"every": 1},
        "measures": {"robustness": {"object": f"{EXAMPLE}:robustness", "every": 2, "parameters": {"noise": 0.5}}},
    }


@pytest.fixture(scope="module")
def whole(config: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("example") / "whole"
    alife.evolve(config, out, backend="local")
    return out


def test_it_is_a_file_of_forty_lines_at_most() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 40


def test_it_measures_what_it_says(whole: Path) -> None:
    run = alife.load_run(whole)
    taken = run.births[run.births["generation"] % 2 == 0]
    assert run.measures == ("robustness",)
    assert taken["robustness"].notna().mean() > 0.9
    assert taken["robustness"].min() >= 0
    assert 0.1 < taken["robustness"].median() < 1


def test_workers_on_ray_measure_the_same(config: dict[str, Any], whole: Path, tmp_path: Path, ray_8: None) -> None:
    alife.evolve({**config, "ray": {"hosts": 2}}, tmp_path / "ray", backend="ray")
    assert digest(tmp_path / "ray") == digest(whole)


def test_killed_and_resumed_it_measures_the_same(config: dict[str, Any], whole: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "config.yaml", tmp_path / "killed"
    file.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "alife.cli", "run", "--config", str(file), "--out", str(out)]
    with subprocess.Popen([*command, "--backend", "local", "--no-figures"], cwd=ROOT) as process:
        until = time.monotonic() + 120
        while not exists(str(out)) or read_manifest(str(out))["generation"] < 2:
            assert process.poll() is None, "it came to its end before it was killed"
            assert time.monotonic() < until
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert read_manifest(str(out))["status"] == "running"
    assert read_manifest(str(out))["generation"] < 8
    assert main(["resume", str(out), "--backend", "local", "--no-figures"]) == 0
    assert digest(out) == digest(whole)


def test_all_that_shows_a_run_has_it(
    config: dict[str, Any], whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alife.evolve({**config, "selection": {"scheme": "drift"}}, tmp_path / "drift", backend="local")
    assert main(["show", str(whole)]) == 0
    assert "robustness" in capsys.readouterr().out
    assert main(["compare", str(whole), str(tmp_path / "drift")]) == 0
    assert "robustness" in capsys.readouterr().out
    run = alife.load_run(whole)
    assert "robustness" in render(of_run.page(run, [], []))
    assert "robustness" in [ax.get_ylabel() for ax in alife.figures.traits(run).axes]
    plt.close("all")
