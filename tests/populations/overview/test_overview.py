"""`alife ls` and `status` from outside: what is found, how it stands, and that nothing is disturbed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from alife import siblings
from alife.cli.look import STATUSES
from alife.cli.main import main
from alife.errors import UserError
from populations import Evolution, evolve, resume
from populations.observe.callbacks import MaxHours
from populations.overview import entry, finding
from populations.overview.run import run_status
from populations.overview.sweep import sweep_status
from populations.record import lease, presence
from populations.record.reader import read_manifest
from populations.record.storage import open_folder
from populations.studies.plan import parse_plan
from populations.studies.sweep import sweep, sweep_task

pytest_plugins = ("tests.support.s3",)

TINY: dict[str, Any] = {
    "task": "none",
    "generations": 4,
    "quine": {"hidden": 6},
    "life": {"steps": 2, "coordinates": 8},
    "population": {"islands": 2, "size": 3},
    "selection": {"shuffled": True},
    "checkpoint": {"every": 1},
}
LONG = ["--task=none", "--quine.hidden=8", "--life.steps=10", "--generations=5000", "--backend=local", "--no-figures"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has finished."""
    run = tmp_path_factory.mktemp("one") / "run"
    evolve(TINY, run, backend="local", quiet=True)
    return run


@pytest.fixture
def places(tmp_path: Path, finished: Path) -> Path:
    """Runs of several kinds, one of them deep, a sweep, a folder of the paper, and what is none of these."""
    shutil.copytree(finished, tmp_path / "done")
    shutil.copytree(finished, tmp_path / "deep/er/still/run")
    evolve(TINY, tmp_path / "brief", backend="local", callbacks=[MaxHours(1e-9)], quiet=True)
    shutil.copytree(finished, tmp_path / "broken")
    (tmp_path / "broken/manifest.json").write_text("{")
    shutil.copytree(finished, tmp_path / "edited")
    (tmp_path / "edited/config.yaml").write_text("generations: 1")
    sweep(_plan(), str(tmp_path / "swept"), backend="local", quiet=True)
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/paper.json").write_text("{}")
    (tmp_path / "nothing/here").mkdir(parents=True)
    return tmp_path


def _plan(**base: Any) -> Any:
    text = yaml.safe_dump({"base": {**TINY, **base}, "treatments": {"a": {}, "b": {"life.steps": 1}}, "seeds": 2})
    return parse_plan(text, "plan")


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["ls", *words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_each_by_name(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [f"swept/runs/{name}/seed-{seed}" for name in "ab" for seed in range(2)]
    lines = listed(capsys, str(places))
    assert [line["name"] for line in lines] == [
        "brief", "broken", "deep/er/still/run", "done", "edited", "paper", "swept", *runs,
    ]  # fmt: skip
    by = {line["name"]: line for line in lines}
    done = by["done"]
    assert (done["kind"], done["status"], done["done"], done["of"]) == ("run", "finished", 4, 4)
    assert (done["births"], done["islands"], done["size"]) == (24, 2, 3)
    assert done["scheme"] == "tournament, shuffled"
    assert 0 <= done["age"] < 3600
    assert (by["brief"]["status"], by["brief"]["done"]) == ("interrupted", 1)
    assert by["broken"]["problem"] == "manifest.json: damaged: not valid JSON: restore it from a copy"
    assert by["edited"]["problem"].startswith("config.yaml: damaged or edited")
    swept = by["swept"]
    assert (swept["kind"], swept["status"], swept["done"], swept["of"]) == ("sweep", "finished", 4, 4)
    assert swept["births"] == 4 * 24
    assert by["paper"]["kind"] == "paper"
    assert main(["ls", str(places)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(lines) + 1
    assert [line["name"] for line in listed(capsys, str(places / "swept"))] == [".", *(run[6:] for run in runs)]
    assert [line["name"] for line in listed(capsys, str(places / "done"))] == ["."]


def test_chosen_by_status(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.STATUSES == STATUSES
    chosen = listed(capsys, str(places), "--status", "interrupted", "--status", "damaged")
    assert [line["name"] for line in chosen] == ["brief", "broken", "edited"]
    assert listed(capsys, str(places), "--status", "running") == []


def test_loops_of_links_end_and_nothing_is_listed_twice(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "z/run")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    (tmp_path / "z/back").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "elsewhere").symlink_to(finished)
    assert [each.name for each in finding.entries(str(tmp_path))] == ["elsewhere", "z/run"]


@pytest.mark.parametrize("damage", ["", "[]", "treatments: 3", "treatments: {a: {}}", "a: [", "\0"])
def test_a_damaged_sweep_is_a_line(tmp_path: Path, damage: str) -> None:
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep/sweep.yaml").write_text(damage)
    (line,) = finding.entries(str(tmp_path))
    assert (line.kind, line.status) == ("sweep", "damaged")
    assert line.problem.startswith("sweep.yaml: damaged")


def test_where_there_is_nothing_to_look_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert listed(capsys, str(tmp_path)) == []
    for path in ("nowhere", "file"):
        for command in ("ls", "status"):
            assert main([command, str(tmp_path / path)]) == 2
            assert len(capsys.readouterr().err.splitlines()) == 1
    with pytest.raises(UserError, match="no run here"):
        run_status(str(tmp_path))


def test_in_an_object_store(finished: Path, s3: str, capsys: pytest.CaptureFixture[str]) -> None:
    evolve(TINY, f"{s3}/study/a/run", backend="local", quiet=True)
    sweep(_plan(), f"{s3}/study/swept", backend="local", quiet=True)
    lines = listed(capsys, f"{s3}/study")
    assert [(line["name"], line["status"]) for line in lines][:2] == [("a/run", "finished"), ("swept", "finished")]
    assert len(lines) == 6
    assert run_status(f"{s3}/study/a/run").done == 4
    assert sweep_status(f"{s3}/study/swept").done == 4


def test_a_lease_in_an_object_store_is_only_read(s3: str) -> None:
    """Of its holder we know what it says: it has gone once it has not renewed for long, or says so itself."""
    folder = open_folder(f"{s3}/leased")
    assert not presence.writer_lives(folder)
    lock = lease.acquire(folder)
    assert presence.writer_lives(folder)
    assert list(folder.ls()) == [lease.NAME]
    held = json.loads(folder.read(lease.NAME))
    lock.release()
    assert f"process {os.getpid()} on " in presence.gone(folder)
    for seconds, lives in ((60, True), (600, False)):
        held["renewed"] = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
        folder.put(lease.NAME, json.dumps(held).encode())
        assert presence.writer_lives(folder) == lives


def test_a_thousand_runs_take_seconds(finished: Path, tmp_path: Path) -> None:
    """No part is read: there is none."""
    bare = shutil.ignore_patterns("births", "generations", "migrations", "checkpoints", "dominants*")
    for number in range(1000):
        shutil.copytree(finished, tmp_path / f"run-{number}", ignore=bare)
    began = time.process_time()
    assert len(finding.entries(str(tmp_path))) == 1000
    assert time.process_time() - began < 3


def test_a_run_that_lives_and_one_whose_process_was_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking writes nothing, and does not keep the writer from writing."""
    out = tmp_path / "run"
    command = [sys.executable, "-m", "alife", "run", *LONG, f"--out={out}"]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": siblings.ROOT}, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (out / "usage.json").exists() or read_manifest(str(out))["generation"] < 5:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (line,) = listed(capsys, str(tmp_path))
    assert (line["status"], line["of"]) == ("running", 5000)
    known = run_status(str(out))
    assert known.status == "running"
    assert known.generation_seconds is not None
    assert known.seconds_left is not None
    assert 0 < known.seconds_left <= 5000 * known.generation_seconds
    assert known.core_seconds > 0
    for _ in range(20):
        run_status(str(out))
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    (line,) = listed(capsys, str(tmp_path))
    assert line["status"] == "abandoned"
    assert main(["status", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"nobody writes it any more (process {process.pid} on " in said
    assert ", once it goes on" in said
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_the_status_of_a_run_says_why_it_was_stopped_and_what_it_has_spent(tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    evolve(TINY, out, backend="local", max_hours=1e-9)
    known = run_status(out)
    assert (known.status, known.done, known.of, known.births) == ("interrupted", 1, 4, 6)
    assert re.fullmatch(r"MaxHours: [0-9.e-]+ s have passed, more than 1e-09 h", known.stopped)
    assert known.seconds_left == pytest.approx(3 * (known.generation_seconds or 0))
    assert resume(out, backend="local") == "finished"
    after = run_status(out)
    assert (after.status, after.stopped, after.seconds_left, after.starts) == ("finished", "", None, 2)
    assert after.core_seconds > known.core_seconds
    (Path(out) / "usage.json").unlink()
    assert run_status(out).core_seconds == 0
    assert run_status(out).generation_seconds is not None, "by the manifest alone"


def test_the_status_of_a_sweep_says_what_failed_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failure is forgotten once the run is tried again with success."""
    out = tmp_path / "sweep"
    assert sweep(_plan(), str(out), backend="local", max_hours=1e-9).stopped == "max-hours 1e-09"
    assert sweep_status(str(out)).statuses["waiting"] == 4
    (out / "runs/b/seed-1").mkdir(parents=True)
    (out / "runs/b/seed-1/mine.txt").touch()
    done = sweep(_plan(), str(out), backend="local")
    assert done.done == 3
    known = sweep_status(str(out))
    assert (known.status, known.runs, known.done) == ("failed", 4, 3)
    assert known.failed == done.failed
    assert list(known.failed) == ["b/seed-1"]
    assert known.statuses["finished"] == 3
    assert known.core_seconds > 0
    assert main(["status", str(out)]) == 0
    assert "failed: b/seed-1" in capsys.readouterr().out
    assert listed(capsys, str(out))[0]["status"] == "failed"
    (out / "runs/b/seed-1/mine.txt").unlink()
    assert sweep(_plan(), str(out), backend="local").done == 4
    assert main(["status", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["kind"], said["status"], said["done"], said["failed"]) == ("sweep", "finished", 4, {})


def test_runs_that_have_ended_are_known_without_asking_them(tmp_path: Path) -> None:
    """Their statuses and what they have cost, too; one whose folder is gone waits again."""
    out = tmp_path / "sweep"
    sweep(_plan(), str(out), backend="local", quiet=True)
    before = sweep_status(str(out))
    for name in ("manifest.json", "usage.json"):
        for path in out.glob(f"runs/*/*/{name}"):
            path.unlink()
    assert sweep_status(str(out)) == before
    assert (before.status, before.statuses["finished"]) == ("finished", 4)
    assert before.core_seconds > 0
    shutil.rmtree(out / "runs/b/seed-1")
    assert sweep_status(str(out)).statuses == {**before.statuses, "finished": 3, "waiting": 1}


def test_shares_of_a_sweep_say_what_failed_and_end_in_time(tmp_path: Path) -> None:
    """A failure is forgotten once the run has ended, whoever lived it."""
    out = tmp_path / "sweep"
    heard: list[Any] = []
    late = sweep_task(_plan(), str(out), 0, 2, max_hours=1e-9, sinks=[heard.append])
    assert (late.stopped, late.done, late.tables) == ("max-hours 1e-09", 0, False)
    assert [event.runs for event in heard if event.kind == "sweep_cost"] == [2]
    names = [run.name for run in _plan().runs()]
    for name in names:
        (out / "runs" / name).mkdir(parents=True, exist_ok=True)
        (out / "runs" / name / "mine.txt").touch()
    failed = {**sweep_task(_plan(), str(out), 0, 2).failed, **sweep_task(_plan(), str(out), 1, 2).failed}
    known = sweep_status(str(out))
    assert set(failed) == set(names)
    assert (known.status, known.failed) == ("failed", failed)
    for name in names:
        (out / "runs" / name / "mine.txt").unlink()
    assert sweep(_plan(), str(out), backend="local", quiet=True).done == 4
    assert (sweep_status(str(out)).status, sweep_status(str(out)).failed) == ("finished", {})


def test_a_sweep_that_nobody_holds_runs_while_one_of_its_runs_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As tasks of an array live it: each holds only the run that it lives."""
    sweep_task(_plan(), str(tmp_path), 0, 2, max_hours=1e-9)
    assert sweep_status(str(tmp_path)).status == "interrupted"
    first = _plan().runs()[0]
    with Evolution(first.config, tmp_path / "runs" / first.name, backend="local", resume=True) as lived:
        next(lived)
        known = sweep_status(str(tmp_path))
        assert (known.status, list(known.running)) == ("running", [first.name])
        chosen = listed(capsys, str(tmp_path), "--status", "running")
        assert [line["name"] for line in chosen] == [".", f"runs/{first.name}"]
    assert sweep_status(str(tmp_path)).status == "interrupted"
    assert listed(capsys, str(tmp_path), "--status", "running") == []


def test_what_a_sweep_will_take_is_said_before_it_begins(tmp_path: Path) -> None:
    """The second time only of what is left."""
    heard: list[Any] = []
    sweep(_plan(), str(tmp_path), backend="local", max_hours=1e-9, sinks=[heard.append])
    first = _plan().runs()[0]
    evolve(first.config, tmp_path / "runs" / first.name, backend="local", max_hours=1e-9)
    sweep(_plan(), str(tmp_path), backend="local", sinks=[heard.append])
    sweep(_plan(), str(tmp_path), backend="local", sinks=[heard.append])
    costs = [event for event in heard if event.kind == "sweep_cost"]
    assert [(cost.runs, cost.at_once) for cost in costs] == [(4, 1), (4, 1)]
    assert costs[0].core_seconds == pytest.approx(costs[0].seconds)
    assert 0 < costs[1].core_seconds < costs[0].core_seconds
    kinds = [event.kind for event in heard]
    assert kinds.index("sweep_cost") < kinds.index("job_started")
