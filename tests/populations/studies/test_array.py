"""Tasks of an array: processes side by side that share a sweep, and what is left of it when one is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alife.cli.main import main
from alife.errors import UserError
from populations.record.writer import digest
from populations.studies.plan import Plan, PlannedRun, parse_plan
from populations.studies.sweep import sweep, sweep_task, tabulate
from populations.studies.sweep_work import share_of

pytest_plugins = ("tests.support.s3",)


@pytest.fixture
def file(small: dict[str, Any]) -> dict[str, Any]:
    """Six runs of a moment each."""
    base = {**small, "task": "none", "generations": 3, "population": {"islands": 2, "size": 4}}
    treatments = {"w0": {"reproduction.mutation": 0.01}, "drift": {"selection": {"scheme": "drift"}}}
    return {"base": base, "treatments": treatments, "seeds": [5, 0, 7]}


def plan_of(file: dict[str, Any]) -> Plan:
    return parse_plan(yaml.safe_dump(file, sort_keys=False), "f")


def rows(out: Path | str) -> pd.DataFrame:
    return pd.read_parquet(f"{out}/generations.parquet").drop(columns="seconds")


def digests(out: Path) -> dict[str, str]:
    return {str(run.relative_to(out)): digest(str(run)) for run in sorted(out.glob("runs/*/seed-*"))}


def wait_for(there: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


@given(treatments=st.integers(1, 7), seeds=st.integers(1, 9), of=st.integers(1, 12))
def test_every_run_is_of_one_task_and_tasks_are_of_one_size(treatments: int, seeds: int, of: int) -> None:
    config = parse_plan("seeds: 1", "f").base
    runs = [PlannedRun(f"t{t}", s, config) for s in range(seeds) for t in range(treatments)]
    shares = [share_of(runs, number, of) for number in range(of)]
    assert sorted(run.name for share in shares for run in share) == sorted(run.name for run in runs)
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 2
    if of == treatments <= seeds:
        assert all(len({run.treatment for run in share}) > 1 for share in shares) or treatments == 1


def test_tasks_one_after_another_make_the_sweep_and_the_last_its_table(file: dict[str, Any], tmp_path: Path) -> None:
    sweep(plan_of(file), str(tmp_path / "plain"), backend="local")
    out = tmp_path / "array"
    for number in (2, 0, 1):
        assert not (out / "generations.parquet").exists()
        summary = sweep_task(plan_of(file), str(out), number, 3)
        assert (summary.runs, summary.done, summary.failed, summary.tables) == (2, 2, {}, number == 1)
    assert digests(out) == digests(tmp_path / "plain")
    pd.testing.assert_frame_equal(rows(out), rows(tmp_path / "plain"))
    assert (out / "sweep.yaml").read_text() == (tmp_path / "plain/sweep.yaml").read_text()
    events: list[Any] = []
    assert sweep(plan_of(file), str(out), backend="local", sinks=[events.append]).done == 6
    assert sweep_task(plan_of(file), str(out), 0, 2, sinks=[events.append]).done == 3
    assert not [event for event in events if event.kind == "job_started"], "all is known, whoever did it"


def test_at_an_object_store_too(file: dict[str, Any], tmp_path: Path, s3: str) -> None:
    sweep(plan_of(file), str(tmp_path / "plain"), backend="local")
    assert [sweep_task(plan_of(file), s3, number, 2).tables for number in (0, 1)] == [False, True]
    whole = pd.read_parquet(tmp_path / "plain/generations.parquet").drop(columns="seconds")
    import fsspec

    with fsspec.open(f"{s3}/generations.parquet") as opened:
        pd.testing.assert_frame_equal(pd.read_parquet(opened).drop(columns="seconds"), whole)
    assert digest(f"{s3}/runs/w0/seed-5") == digest(str(tmp_path / "plain/runs/w0/seed-5"))


def test_tables_of_what_is_there(file: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, config = tmp_path / "array", tmp_path / "sweep.yaml"
    config.write_text(yaml.safe_dump(file, sort_keys=False))
    command = ["sweep", "--config", str(config), "--out", str(out)]
    with pytest.raises(UserError, match="holds no sweep yet"):
        tabulate(plan_of(file), str(out))
    assert main([*command, "--task", "1", "--tasks", "3"]) == 0
    assert "2 of 2 runs done in " in capsys.readouterr().out
    assert not (out / "generations.parquet").exists()
    assert main([*command, "--tables"]) == 0
    assert "2 of 6 runs done: " in capsys.readouterr().out
    assert len(rows(out)) == 2 * 6
    assert len(list(out.glob("runs/*/*"))) == 2, "nothing is evolved for a table"


def test_another_sweep_is_refused_by_tasks_too(file: dict[str, Any], tmp_path: Path) -> None:
    sweep_task(plan_of(file), str(tmp_path), 0, 6)
    file["base"]["life"] = {**file["base"]["life"], "steps": 7}
    with pytest.raises(UserError, match="holds another sweep"):
        sweep_task(plan_of(file), str(tmp_path), 1, 6)


@pytest.mark.parametrize(
    ("flags", "environment", "says"),
    [
        (["--task", "1"], {}, "--task: --task and --tasks are given together"),
        (["--task", "3", "--tasks", "3"], {}, "--task 3: of --tasks 3: from 0 to 2"),
        (["--array", "auto"], {}, "--array auto: this is no task of a job array"),
        (["--array", "auto", "--task", "1"], {}, "--array auto: takes --task and --tasks from Slurm"),
        (["--array", "auto"], {"ID": "3", "COUNT": "2", "MIN": "3", "MAX": "9"}, "tasks 3 to 9 are not 2"),
        (["--tables", "--task", "0", "--tasks", "1"], {}, "--tables: evolves nothing"),
        (["--backend", "ray", "--task", "0", "--tasks", "1"], {}, "--backend ray: a share of a sweep"),
    ],
)
def test_wrong_flags_are_one_line_and_nothing_is_written(
    flags: list[str],
    environment: dict[str, str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
    assert main(["sweep", "--config", "tradeoff", "--out", str(tmp_path / "out"), *flags]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line
    assert not (tmp_path / "out").exists()


@pytest.mark.nightly
def test_processes_side_by_side_one_of_them_killed(small: dict[str, Any], tmp_path: Path) -> None:
    """A killed task started again, beside another of the same number, leaves the births of a plain sweep."""
    life = {"steps": 120, "coordinates": 64, "images": 16}
    base = {**small, "task": "none", "generations": 8, "life": life, "checkpoint": {"every": 1}}
    file = {"base": base, "seeds": 6}
    config, out = tmp_path / "sweep.yaml", tmp_path / "array"
    config.write_text(yaml.safe_dump(file))

    def start(number: int) -> subprocess.Popen[str]:
        slurm = {"ID": number + 1, "COUNT": 3, "MIN": 1, "MAX": 3}
        environment = os.environ | {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in slurm.items()}
        command = [
            sys.executable,
            "-m",
            "alife",
            "sweep",
            "--config",
            str(config),
            "--out",
            str(out),
            "--array",
            "auto",
        ]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, env=environment, **pipes)

    tasks = [start(number) for number in range(3)]
    victim = out / "runs/base/seed-1"
    wait_for(lambda: (victim / "manifest.json").exists() and committed(victim) >= 1)
    tasks[1].send_signal(signal.SIGKILL)
    tasks[1].wait()
    assert committed(victim) < 7
    tasks += [start(1), start(1)]
    said = [task.communicate(timeout=300)[0] for task in tasks]
    assert [task.returncode for task in tasks] == [0, -signal.SIGKILL, 0, 0, 0], said
    sweep(plan_of(file), str(tmp_path / "plain"), backend="local")
    assert digests(out) == digests(tmp_path / "plain")
    pd.testing.assert_frame_equal(rows(out), rows(tmp_path / "plain"))
    manifests = {name: json.loads((out / name / "manifest.json").read_text()) for name in digests(out)}
    assert [name for name, found in manifests.items() if found["epoch"] > 1] == ["runs/base/seed-1"], "none lived twice"


def committed(run: Path) -> int:
    return int(json.loads((run / "manifest.json").read_text())["generation"])
