"""`examples/my_regression.py` as a user has it: lived, shown and predicted by; its score is called what it is."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import alife
from alife.cli.main import main
from alife.errors import UserError
from alife.traits import TRAITS
from analysis.data.run import Run
from analysis.figures.making import make
from analysis.report import report, summary
from populations.observe.terminal import Terminal
from tests.support.own import EXAMPLES, everywhere, same_births_everywhere

CENTRES = f"{EXAMPLES}/my_regression.py:centres"
NET = """
import alife
import torch

class Net(torch.nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.see = torch.nn.Linear(sizes.pixels, sizes.classes)
        self.print = torch.nn.Linear(sizes.units, 1)

    def emit(self, codes):
        return self.print(codes).squeeze(-1)

    def forward(self, images):
        return self.see(images.flatten(1))
"""


@pytest.fixture
def config(small: dict[str, Any]) -> dict[str, Any]:
    return {**small, "task": CENTRES}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One that has learned something."""
    out = tmp_path_factory.mktemp("regression") / "run"
    life = {"steps": 60, "coordinates": 64, "images": 64, "temperature": 2.0}
    quine = {"hidden": 16, "coordinate_units": 8}
    config = {"task": CENTRES, "generations": 6, "quine": quine, "life": life}
    population = {"islands": 2, "size": 6}
    alife.evolve({**config, "population": population, "checkpoint.every": 1}, out, backend="local", quiet=True)
    return alife.load_run(out)


def test_it_is_a_file_of_forty_lines_at_most() -> None:
    assert len((EXAMPLES / "my_regression.py").read_text().splitlines()) <= 40


@pytest.mark.usefixtures("ray_8")
@pytest.mark.parametrize("network", [pytest.param("dense", marks=pytest.mark.nightly), "own"])
@everywhere
def test_the_same_births_everywhere(
    workers: tuple[int, ...], network: str, config: dict[str, Any], tmp_path: Path
) -> None:
    if network == "own":
        (tmp_path / "own.py").write_text(NET)
        config = {**config, "quine": {"network": f"{tmp_path}/own.py:Net", "coordinate_units": 6}}
    run = alife.load_run(same_births_everywhere(config, tmp_path, workers))
    assert run.manifest["task"]["digest"] == alife.load_task(CENTRES).digest
    assert run.births["accuracy"].between(0, 1).all()
    assert run.births["accuracy"].nunique() > 9


def test_a_linear_target_is_learned_by_a_linear_network_of_ones_own(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    x = draw.random((400, 3, 3))
    y = x.reshape(400, 9) @ draw.normal(size=(9, 2)) * 1e3 + 7e5
    task = alife.Task.of(x[:300], y[:300], x[300:], y[300:])
    (tmp_path / "own.py").write_text(NET)
    life = {"steps": 300, "coordinates": 8, "images": 64, "learning_rate": 0.05, "task_weight": 10}
    quine = {"network": f"{tmp_path}/own.py:Net", "coordinate_units": 6}
    config = {"generations": 1, "quine": quine, "life": life, "population": {"islands": 1, "size": 3}}
    alife.evolve(config, tmp_path / "run", backend="local", task=task)
    run = alife.load_run(tmp_path / "run")
    assert run.births["accuracy"].min() > 0.9
    network = run.fittest().network(task=task)
    with torch.no_grad():
        error = network(torch.from_numpy(x[300:])).numpy() - y[300:]
    assert np.square(error).mean() < 0.1 * y[300:].var(0).mean()


def test_it_can_be_learned_and_test_images_say_what_predictions_in_the_user_s_units_say(run: Run) -> None:
    assert run.births.query("generation == 0")["accuracy"].median() > 0.5
    assert run.births["newborn_accuracy"].median() < 0.5
    task, fittest = alife.load_task(CENTRES), run.fittest()
    with torch.no_grad():
        error = fittest.network()(torch.from_numpy(task.test_images)).numpy() - task.test_labels
    share = 1 - np.square(error).mean(0) / task.test_labels.var(0)
    assert fittest.scores["test_accuracy"] == pytest.approx(share.mean(), abs=1e-5)


def words(text: str) -> list[str]:
    """Lines that say "accuracy", but as a part of a key's or a column's name."""
    return [line for line in text.splitlines() if re.search(r"(?<![\w.])accurac(y|ies)\b(?!_)", line, re.IGNORECASE)]


def test_its_score_is_called_explained_variance_wherever_it_is_shown(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = io.StringIO()
    summary.print_run(run, shown)
    text = shown.getvalue()
    assert "8 × 8 pixels, 2 outputs" in text
    assert "explained variance 0." in text
    assert " R² " in next(line for line in text.splitlines() if line.startswith("island "))
    assert "life.temperature: 2.0: changes nothing in a regression" in text
    assert not words(text)
    page = report(run, tmp_path / "page.html").read_text()
    visible = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert "explained variance" in visible
    assert not words(visible)
    assert "explained variance R²" in page, "axes of the chart"
    assert "explained variance" in repr(run.fittest())
    assert main(["assay", run.path, "within_life", "--sample", "3", "--replicates", "2", "--no-figures"]) == 0
    said = capsys.readouterr().out
    assert "explained variance" in said
    assert not words(said)


def test_figures_of_it_say_so_and_those_of_others_do_not_whatever_was_loaded_last(run: Run, tmp_path: Path) -> None:
    config = {"task": "glyphs", "generations": 2, "life.steps": 2, "population": {"islands": 1, "size": 4}}
    alife.evolve({**config, "quine.hidden": 8, "quine.coordinate_units": 4}, tmp_path / "run", backend="local")
    other = alife.load_run(tmp_path / "run")
    for _ in range(2):
        assert alife.figures.plane(run).get_ylabel() == "explained variance R² (better →)"
        assert alife.figures.plane(other).get_ylabel() == "selection accuracy (better →)"
        assert "explained variance" in alife.figures.hypervolume([run]).get_ylabel()
        assert "accuracy" in alife.figures.hypervolume([other]).get_ylabel()
    said: list[str] = []
    assert len(make(run, folder=tmp_path / "figures", formats=["png"], say=said.append)) > 5
    assert not said


def test_it_is_said_while_it_lives(config: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for task, said in ((CENTRES, "R² 0."), (config["task"].replace(CENTRES, "glyphs"), "accuracy 0.")):
        alife.evolve({**config, "task": task}, tmp_path / said[:2], backend="local", sinks=[Terminal()], quiet=True)
        assert said in capsys.readouterr().err
    assert TRAITS["accuracy"].noun == "selection accuracy"


def test_it_goes_on_is_forked_and_refuses_other_data(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "fork"
    alife.fork(run, 3, out, {"generations": 5}, backend="local")
    assert alife.load_run(out).births["accuracy"].max() > 0.2
    task = alife.load_task(CENTRES)
    images, labels = task.learn_images.reshape(-1, 8, 8), task.learn_labels + 1e-9
    other = alife.Task.of(images, labels, images, labels)
    with pytest.raises(UserError, match=r"2 outputs \(SHA-256 .*, but this run has on record .*2 outputs"):
        alife.load_network(run, run.fittest().id, task=other)


def test_the_seed_paper_has_nothing_to_classify_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paper", "E0", "--out", str(tmp_path / "paper"), "--seeds", "1", "--task", CENTRES]) == 2
    error = capsys.readouterr().err
    assert "a regression, and E0 classifies" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "paper").exists()
