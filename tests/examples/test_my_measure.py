"""`examples/my_measure.py` as a user has it: on Ray and without, killed and resumed, and in all that shows a run."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

import alife
from alife.cli.main import main
from analysis.report import of_run
from analysis.report.page import render
from populations.record.writer import digest
from tests.support.own import EXAMPLES, same_births_everywhere

EXAMPLE = EXAMPLES / "my_measure.py"


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return {
        "task": "glyphs",
        "generations": 9,
        "quine": {"hidden": 16, "coordinate_units": 8},
        "life": {"steps": 60, "coordinates": 64, "images": 32},
        "population": {"islands": 4, "size": 6},
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


@pytest.mark.nightly
@pytest.mark.usefixtures("ray_8")
def test_the_same_births_everywhere(config: dict[str, Any], whole: Path, tmp_path: Path) -> None:
    assert digest(same_births_everywhere(config, tmp_path, (1, 4))) == digest(whole)


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
