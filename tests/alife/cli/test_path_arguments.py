"""Where results and events go: standard output for `-`, pipes and devices straight, and never in their place a file."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from alife.cli.main import main
from tests import GOLDEN
from tests.support.idx_folders import make_arrays, write_folder

RUN = str(GOLDEN / "format-1")


def alife(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "alife.cli.main", *arguments], capture_output=True, timeout=120)


@pytest.mark.parametrize("format", ["alife", "parquet"])
def test_an_export_to_standard_output_is_the_one_to_a_file(tmp_path: Path, format: str) -> None:
    file = tmp_path / "export"
    assert main(["export", RUN, "--format", format, "--out", str(file)]) == 0
    ran = alife("export", RUN, "--format", format, "--out", "-")
    assert (ran.returncode, ran.stdout) == (0, file.read_bytes())
    assert b"individuals read" in ran.stderr


def test_an_export_goes_through_a_pipe_and_leaves_it_one(tmp_path: Path) -> None:
    pipe, file, got = tmp_path / "pipe", tmp_path / "file", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert main(["export", RUN, "--format", "newick", "--out", str(pipe)]) == 0
    reader.join(20)
    assert main(["export", RUN, "--format", "newick", "--out", str(file)]) == 0
    assert got == [file.read_bytes()]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "pipe"]


def test_a_full_device_is_one_line(capsys: Any) -> None:
    assert main(["export", RUN, "--format", "alife", "--out", "/dev/full"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "alife: error: /dev/full: cannot be written: No space left on device: name another file\n"
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_events_on_standard_output_are_alone_there(tmp_path: Path) -> None:
    task = write_folder(tmp_path / "idx", make_arrays(train=60, test=12, shape=(4, 4), classes=3))
    keys = {"task": task, "quine.hidden": 6, "quine.coordinate_units": 3, "life.steps": 2, "population.size": 3}
    flags = [word for key, value in {**keys, "generations": 2}.items() for word in (f"--{key}", str(value))]
    rest = ("--backend", "local", "--no-figures", "--log-json", "-", "--out", str(tmp_path / "run"))
    ran = alife("run", *flags, *rest)
    assert ran.returncode == 0, ran.stderr
    events = [json.loads(line)["event"] for line in ran.stdout.splitlines()]
    assert "start" in events
    assert events[-1] == "end"


def test_a_comparison_printed_as_csv_is_nothing_else(capsys: Any, tmp_path: Path) -> None:
    runs = (RUN, f"{RUN}-epoch")
    assert main(["compare", *runs, "--csv", "-"]) == 0
    printed = capsys.readouterr().out
    assert main(["compare", *runs, "--csv", str(tmp_path / "file")]) == 0
    assert printed == (tmp_path / "file").read_text()
