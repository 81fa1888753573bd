"""What is on record survives whatever fails in drawing, and no window system or notebook is asked for figures."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from matplotlib.figure import Figure

from alife.cli.main import main
from analysis.figures import making, registry, saving
from analysis.figures.registry import PLOTS, PlotFunction
from analysis.figures.saving import attempt
from analysis.report import report
from populations.record.writer import digest
from tests.support.synthetic import synthetic_run, write_run

QUICK = ["--backend", "local"]


def broken(*_: Any, **__: Any) -> Figure:
    raise ZeroDivisionError("a fault\nof the program")


def alife(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alife.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


@pytest.fixture
def config(tmp_path: Path, small: dict[str, Any]) -> str:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(small | {"generations": 2}))
    return str(file)


@pytest.mark.parametrize(
    "backend", ["nonsense", pytest.param("module://matplotlib_inline.backend_inline", marks=pytest.mark.nightly)]
)
def test_the_command_draws_on_a_backend_of_its_own(tmp_path: Path, backend: str) -> None:
    run = write_run(tmp_path / "run", synthetic_run(3, 2, 4))
    done = alife("plot", str(run), "muller", MPLBACKEND=backend, DISPLAY="")
    assert done.returncode == 0
    assert done.stderr == f"3 figure files in {run}/figures\n"


def test_a_command_leaves_the_environment_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(tmp_path / "run", synthetic_run(0))
    monkeypatch.setenv("MPLBACKEND", "svg")
    assert main(["show", str(run)]) == 0
    assert os.environ["MPLBACKEND"] == "svg"
    monkeypatch.delenv("MPLBACKEND")
    assert main(["show", str(run)]) == 0
    assert "MPLBACKEND" not in os.environ


def test_a_run_is_not_lost_by_its_figures(
    tmp_path: Path, config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a run"
    monkeypatch.setattr(making, "make", broken)
    assert main(["run", "--config", config, "--out", str(out), *QUICK]) == 0
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if line.startswith("no figures")]
    assert lines == [
        f"no figures: ZeroDivisionError: a fault of the program; all else is on record: 'alife plot '{out}'' draws them"
    ]
    assert "status       finished" in said.out
    assert len(digest(str(out))) == 64


def test_a_folder_in_which_no_figure_fits_costs_no_run(
    tmp_path: Path, config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    assert main(["run", "--config", config, "--out", str(out), *QUICK]) == 0
    said = capsys.readouterr()
    assert said.err.count("No space left on device") == 1
    assert "status       finished" in said.out
    assert main(["plot", str(out)]) == 2


def test_a_figure_that_cannot_be_saved_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = write_run(tmp_path / "run", synthetic_run(3, 2, 4))
    first = []

    def fails_once(figure: Figure, *_: Any) -> Any:
        if not first:
            first.append(figure)
            raise RuntimeError("a font\nis broken")

    monkeypatch.setattr(Figure, "draw_without_rendering", fails_once)
    assert main(["plot", str(run), "plane", "hypervolume"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("figure plane is left out: RuntimeError: a font is broken (")
    assert said[1:] == [f"3 figure files in {run}/figures"]


def test_a_fault_in_one_figure_costs_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PLOTS", {"x": PlotFunction("fails", broken)})
    page = report(write_run(tmp_path / "run", synthetic_run(3, 2, 4)))
    assert "figure x is left out: ZeroDivisionError: a fault of the program (" in page.read_text()
    monkeypatch.setattr(registry, "SWEEP", ("traits", "hypervolume"))
    monkeypatch.setitem(registry.FIGURES, "traits", PlotFunction("fails", broken))
    for seed in range(2):
        write_run(tmp_path / f"sweep/{seed}", synthetic_run(3, 2, 4, seed=seed))
    text = report(tmp_path / "sweep").read_text()
    assert "figure traits is left out: ZeroDivisionError: a fault of the program (" in text
    assert "figures/hypervolume.png" in text


def test_a_place_that_cannot_be_written_ends_all_figures(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said: list[str] = []
    with pytest.raises(saving.CannotWrite, match="figures cannot be written there"):
        attempt("plane", lambda: PLOTS["plane"].draw(synthetic_run(2, 1, 3)), tmp_path / "file", said.append)
    assert said == []
