"""No warning of any library reaches who uses a command, a page or a figure."""

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from alife.cli.main import main
from analysis.report import of_run as run_page
from analysis.report import summary
from analysis.report.page import render
from tests.support.synthetic import synthetic_run, write_run


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("world", [{"islands": 1, "size": 3}, {"islands": 2, "size": 4, "heritable": ("mutation",)}])
def test_pages_of_short_and_small_runs_warn_of_nothing(seed: int, world: dict[str, Any]) -> None:
    assert "The run" in render(run_page.page(synthetic_run(7, seed=seed, **world), [], []))


def test_a_library_s_warning_or_log_stays_unsaid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def warns(*_: Any, **__: Any) -> None:
        warnings.warn("deprecated", FutureWarning, stacklevel=1)
        logging.getLogger("somebody.else").warning("a cache was made")
        logging.getLogger("somebody.else").error("the disk is on fire")

    monkeypatch.setattr(summary, "print_run", warns)
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(sys, "warnoptions", [])
    assert main(["show", str(write_run(tmp_path / "run", synthetic_run(0)))]) == 0
    assert capsys.readouterr().err == "the disk is on fire\n"


def test_a_home_that_cannot_be_written_is_not_the_user_s_problem(tmp_path: Path) -> None:
    run = write_run(tmp_path / "進化", synthetic_run(3, 2, 4))
    nowhere = {"HOME": "/proc", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "MPLCONFIGDIR": "/proc/none"}
    command = [sys.executable, "-m", "alife.cli.main", "plot", str(run), "hypervolume", "--format", "png"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | nowhere)
    assert (done.returncode, done.stderr) == (0, f"1 figure file in {run}/figures\n")
