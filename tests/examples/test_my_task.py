"""`examples/my_task.py` as a user has it, and what is said of a function that gives no task."""

import io
from pathlib import Path
from typing import Any

import pytest
import torch

import alife
from alife.cli.main import main
from alife.errors import UserError
from analysis.report import summary
from tests.support.own import EXAMPLES, same_births_everywhere

BLOBS = f"{EXAMPLES}/my_task.py:blobs"


@pytest.fixture
def config(small: dict[str, Any]) -> dict[str, Any]:
    return {**small, "task": BLOBS}


def test_it_is_a_file_of_forty_lines_at_most() -> None:
    assert len((EXAMPLES / "my_task.py").read_text().splitlines()) <= 40


@pytest.mark.nightly
@pytest.mark.usefixtures("ray_8")
def test_the_same_births_everywhere(config: dict[str, Any], tmp_path: Path) -> None:
    run = alife.load_run(same_births_everywhere(config, tmp_path, (1, 4)))
    assert run.manifest["task"]["digest"] == alife.load_task(BLOBS).digest
    shown = io.StringIO()
    summary.print_run(run, shown)
    assert "12 × 12 pixels" in shown.getvalue()
    fields = torch.from_numpy(alife.load_task(BLOBS).test_images)
    assert run.fittest().network()(fields).shape == (300, 4)


def test_it_can_be_learned(config: dict[str, Any], tmp_path: Path) -> None:
    life = {"steps": 60, "coordinates": 64, "images": 64}
    lived = {**config, "generations": 1, "life": life, "quine": {"hidden": 16, "coordinate_units": 8}}
    assert alife.evolve(lived, tmp_path / "run", backend="local") == "finished"
    assert alife.load_run(tmp_path / "run").births["accuracy"].median() > 0.5, "a quarter by chance"


def test_its_data_are_looked_at_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", BLOBS]) == 0
    assert "12 × 12 pixels, 4 classes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 3", "gave a int: a task is expected, as alife.Task.of("),
        ("return None", "gave a NoneType: a task is expected"),
        ("return alife.Task.of(1)", "it failed: line 3: UserError: "),
        ("return open('/nowhere')", "it failed: line 3: FileNotFoundError"),
    ],
)
def test_a_function_that_gives_no_task_is_one_line(body: str, said: str, small: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(f"import alife\ndef load():\n    {body}\n")
    with pytest.raises(UserError) as error:
        alife.evolve({**small, "task": f"{tmp_path}/own.py:load"}, tmp_path / "run", backend="local")
    assert str(error.value).startswith(f"task: {tmp_path}/own.py:load: ")
    assert said in str(error.value)
    assert not (tmp_path / "run").exists()


def test_other_data_are_refused_when_a_run_goes_on(small: dict[str, Any], tmp_path: Path) -> None:
    text = (EXAMPLES / "my_task.py").read_text()
    (tmp_path / "own.py").write_text(text)
    run = str(tmp_path / "run")
    alife.evolve({**small, "generations": 2, "task": f"{tmp_path}/own.py:blobs"}, run, backend="local")
    (tmp_path / "own.py").write_text(text.replace("default_rng(1)", "default_rng(2)"))
    with pytest.raises(UserError, match=r"own\.py:blobs holds .* but this run has on record"):
        alife.resume(run, generations=4, backend="local")
