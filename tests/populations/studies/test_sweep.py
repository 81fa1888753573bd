"""Sweeps from outside: what they leave, what they skip, and how they go on after failures, kills and signals."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import fsspec
import pandas as pd
import pytest
import yaml
from rich.console import Console

from alife import schema
from alife.cli.main import main
from alife.errors import UserError
from analysis import load_run
from analysis.assays import read
from analysis.data.run import lived
from analysis.data.treatments import find_runs
from populations import evolve
from populations.observe import events as told
from populations.observe.sweep_progress import SweepTerminal
from populations.record.writer import digest
from populations.studies.plan import parse_plan
from populations.studies.progress import Progress
from populations.studies.run_rows import TESTED
from populations.studies.sweep import sweep

pytest_plugins = ("tests.support.s3",)


@pytest.fixture
def file(small):
    """Two treatments × two seeds of one island for three generations."""
    base = {**small, "generations": 3, "population": {"islands": 2, "size": 4}}
    treatments = {"w0": {"selection.accuracy_weight": 0}, "drift": {"selection": {"scheme": "drift"}}}
    return {"base": base, "treatments": treatments, "seeds": [5, 0]}


@pytest.fixture
def slow(small):
    """Two runs that take a second or two each."""
    life = {"steps": 120, "coordinates": 64, "images": 16}
    base = {**small, "generations": 16, "life": life, "population": {"islands": 2, "size": 6}}
    return {"base": {**base, "checkpoint": {"every": 1}}, "seeds": 2}


def plan(file, **ray):
    return parse_plan(yaml.safe_dump(file, sort_keys=False), "f", ray=ray)


def names(events, kind):
    return [event.job for event in events if event.kind == kind]


def expected(out, treatments, seeds, keys):
    """The table, put together from the run folders by the other side's reader."""
    frames = []
    for treatment in treatments:
        for seed in sorted(seeds):
            run = load_run(f"{out}/runs/{treatment}/seed-{seed}")
            assert run.manifest["seed"] == seed
            settings = {key: run.setting(key) for key in keys}
            tested = lived(run.births).groupby(["generation", "island"])["test_accuracy"].median().rename(TESTED)
            table = run.generations.merge(tested.reset_index(), on=["generation", "island"], how="left")
            assert table[TESTED].notna().any() == (run.setting("task") != "none")
            frames.append(table.assign(treatment=treatment, seed=seed, **settings))
    return pd.concat(frames, ignore_index=True)[["treatment", "seed", *keys, *schema.GENERATIONS, TESTED]]


def test_runs_are_ordinary_ones_and_the_table_is_what_they_hold(file, tmp_path):
    out = tmp_path / "sweep"
    summary = sweep(plan(file), str(out), backend="local")
    assert (summary.runs, summary.done, summary.failed, summary.stopped) == (4, 4, {}, "")
    table = pd.read_parquet(out / "generations.parquet")
    keys = ["selection.scheme", "selection.accuracy_weight"]
    pd.testing.assert_frame_equal(table, expected(out, ["w0", "drift"], [0, 5], keys))
    assert table.groupby(["treatment", "seed"]).size().to_dict() == {(t, s): 6 for t in ("w0", "drift") for s in (0, 5)}
    alone = {**file["base"], "seed": 5, "selection": {"accuracy_weight": 0}}
    evolve(alone, str(tmp_path / "alone"), backend="local")
    assert digest(tmp_path / "alone") == digest(out / "runs/w0/seed-5")


def test_the_written_plan_makes_the_same_sweep(file, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    sweep(plan(file), str(first), backend="local")
    sweep(parse_plan((first / "sweep.yaml").read_text(), "sweep.yaml"), str(second), backend="local")
    assert (first / "sweep.yaml").read_text() == (second / "sweep.yaml").read_text()
    tables = [pd.read_parquet(path / "generations.parquet").drop(columns="seconds") for path in (first, second)]
    pd.testing.assert_frame_equal(*tables)


def test_the_same_command_skips_what_has_ended_and_goes_on_with_the_rest(file, tmp_path):
    out = str(tmp_path / "sweep")
    whole, events = plan(file), []
    sweep(whole, out, backend="local")
    before = pd.read_parquet(f"{out}/generations.parquet")
    inodes = {path: path.stat().st_mtime_ns for path in Path(out).rglob("births/*")}
    half = Path(out) / "runs/drift/seed-0"
    for path in sorted(half.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    half.rmdir()
    summary = sweep(whole, out, backend="local", sinks=[events.append])
    assert summary.done == 4
    assert names(events, "job_started") == ["drift/seed-0"]
    assert [e.done for e in events if e.kind == "sweep_started"] == [3]
    after = pd.read_parquet(f"{out}/generations.parquet")
    pd.testing.assert_frame_equal(before.drop(columns="seconds"), after.drop(columns="seconds"))
    assert {p: t for p, t in inodes.items() if half not in p.parents}.items() <= {
        p: p.stat().st_mtime_ns for p in Path(out).rglob("births/*")
    }.items()


def test_a_run_that_cannot_be_done_is_listed_and_the_others_go_on(file, tmp_path, capsys):
    out, config = tmp_path / "sweep", tmp_path / "sweep.yaml"
    config.write_text(yaml.safe_dump(file))
    command = ["sweep", "--config", str(config), "--out", str(out), "--backend", "local"]
    mine = out / "runs/w0/seed-5/notes.txt"
    stopped = sweep_stopped_at_once(file, out)
    assert stopped.stopped
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert main(command) == 1
    captured = capsys.readouterr()
    assert re.search(r"failed: w0/seed-5: .*/runs/w0/seed-5: is not empty", captured.err)
    assert "1 of 4 runs failed; the same command tries them again" in captured.err
    assert "3 of 4 runs done" in captured.out
    assert len(pd.read_parquet(out / "generations.parquet")) == 18
    assert mine.read_text() == "mine"
    mine.unlink()
    mine.parent.rmdir()
    assert main(command) == 0
    assert len(pd.read_parquet(out / "generations.parquet")) == 24


def sweep_stopped_at_once(file, out):
    """A sweep that got a SIGTERM before its first run began."""

    def stop(event):
        if event.kind == "sweep_started":
            signal.raise_signal(signal.SIGTERM)

    return sweep(plan(file), str(out), backend="local", sinks=[stop])


def test_a_sweep_stopped_before_its_first_run_has_its_plan_and_an_empty_table(file, tmp_path):
    out = tmp_path / "sweep"
    summary = sweep_stopped_at_once(file, out)
    assert (summary.done, summary.stopped, summary.failed) == (0, "SIGTERM", {})
    assert not (out / "runs").exists()
    table = pd.read_parquet(out / "generations.parquet")
    settings = ["selection.scheme", "selection.accuracy_weight"]
    assert list(table) == ["treatment", "seed", *settings, *schema.GENERATIONS, TESTED]
    assert table.empty


def test_a_damaged_record_is_named_and_left_out(file, tmp_path):
    out = tmp_path / "sweep"
    sweep(plan(file), str(out), backend="local")
    [part] = (out / "runs/w0/seed-0/generations").iterdir()
    part.write_bytes(part.read_bytes()[:-9] + b"\0" * 9)
    assert sweep(plan(file), str(out), backend="local").done == 4
    assert len(pd.read_parquet(out / "generations.parquet")) == 24, "its rows were read when it ended"
    shutil.rmtree(out / "ended")
    summary = sweep(plan(file), str(out), backend="local")
    assert summary.done == 3
    assert list(summary.failed) == ["w0/seed-0"]
    assert part.name in summary.failed["w0/seed-0"]
    assert len(pd.read_parquet(out / "generations.parquet")) == 18


def test_another_sweep_in_the_folder_is_refused(file, tmp_path):
    out = tmp_path / "sweep"
    sweep(plan(file), str(out), backend="local")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    file["base"]["life"]["steps"] = 7
    with pytest.raises(UserError, match=r"holds another sweep: treatment \w+ has life.steps = 6 in it, not 7: choose"):
        sweep(plan(file), str(out), backend="local")
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_folders_that_hold_something_else_are_refused(file, small, tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used/notes.txt").write_text("mine")
    evolve({**small, "generations": 1}, str(tmp_path / "run"), backend="local")
    (tmp_path / "file").write_text("")
    for name, says in (("used", "is not empty"), ("run", "holds a run, not a sweep"), ("file", "Not a directory")):
        with pytest.raises(UserError, match=says):
            sweep(plan(file), str(tmp_path / name), backend="local")
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["notes.txt"]


def test_two_sweeps_do_not_share_a_folder(file, tmp_path):
    out, refused = str(tmp_path / "sweep"), []

    def second(event):
        if event.kind == "sweep_started":
            with pytest.raises(UserError, match="another run is writing here") as error:
                sweep(plan(file), out, backend="local")
            refused.append(error)

    assert sweep(plan(file), out, backend="local", sinks=[second]).done == 4
    assert refused


def test_a_sweep_that_another_has_just_begun_is_left_to_it(file, tmp_path, monkeypatch):
    out = str(tmp_path / "sweep")
    assert sweep(plan(file), out, backend="local").done == 4
    with monkeypatch.context() as patch:
        patch.setattr("populations.studies.sweep.stored_plan", lambda folder: None)
        with pytest.raises(UserError, match="another sweep has just started here: choose another --out"):
            sweep(plan(file), out, backend="local")
    assert sweep(plan(file), out, backend="local").done == 4


@pytest.mark.parametrize("kind", ["memory", "s3"])
def test_a_sweep_at_a_uri(file, kind, request):
    uri = "memory://a-sweep" if kind == "memory" else request.getfixturevalue("s3")
    file["seeds"] = 1
    assert sweep(plan(file), uri, backend="local").done == 2
    events = []
    assert sweep(plan(file), uri, backend="local", sinks=[events.append]).done == 2
    assert not names(events, "job_started")
    with fsspec.open(f"{uri}/generations.parquet") as opened:
        table = pd.read_parquet(io.BytesIO(opened.read()))
    keys = ["selection.scheme", "selection.accuracy_weight"]
    pd.testing.assert_frame_equal(table, expected(uri, ["w0", "drift"], [0], keys))


@pytest.fixture
def assayed(file):
    """The same sweep with assays of every run."""
    file["assays"] = {
        "garden": {"generations": ["last"], "sample": 8},
        "within_life": {"generations": [0, "last"], "sample": 3, "task_weights": [0.1, 5]},
    }
    return file


def tables(out):
    return {p.relative_to(out): p.stat().st_mtime_ns for p in sorted(Path(out).glob("runs/*/*/assays/*"))}


def test_assays_follow_their_runs_and_are_those_of_the_command(assayed, tmp_path):
    out, events = tmp_path / "sweep", []
    summary = sweep(plan(assayed), str(out), backend="local", sinks=[events.append])
    assert (summary.done, summary.assays, summary.assayed, summary.failed) == (4, 8, 8, {})
    run = "w0/seed-5"
    assert names(events, "job_done")[:3] == [run, f"{run} garden", f"{run} within_life"]
    progress = [e for e in events if e.kind == "sweep_progress"]
    assert (progress[-1].assays, progress[-1].assayed, progress[-1].done) == (8, 8, 4)
    frames, about = read(str(out / "runs" / run), "within_life", 3)
    assert about["generations"] == [0, 3]
    assert about["task_weights"] == [0.1, 5.0]
    assert len(frames["weights"]) == 2 * 3 * 2
    whole = pd.read_parquet(out / "assays.parquet")
    assert list(whole)[:5] == ["treatment", "seed", "selection.scheme", "selection.accuracy_weight", "assay"]
    own = whole[(whole.treatment == "w0") & (whole.seed == 5) & (whole.assay == "within_life")]
    pd.testing.assert_frame_equal(own[list(frames["weights"])].reset_index(drop=True), frames["weights"])
    assert whole.groupby(["treatment", "seed", "assay"]).ngroups == 8
    mine = out / "runs" / run
    options = ["--sample", "3", "--task-weights", "0.1,5", "--no-figures"]
    assert main(["assay", str(mine), "within_life", *options]) == 0
    again, _ = read(str(mine), "within_life", 3)
    pd.testing.assert_frame_equal(again["weights"], frames["weights"])


def test_assays_that_are_there_are_skipped_and_others_are_made(assayed, tmp_path):
    out = tmp_path / "sweep"
    asked = dict(assayed.pop("assays"))
    assert sweep(plan(assayed), str(out), backend="local").assays == 0
    assert not tables(out)
    events = []
    wanted = {**assayed, "assays": asked}
    assert sweep(plan(wanted), str(out), backend="local", sinks=[events.append]).assayed == 8
    assert len(names(events, "job_started")) == 8, "no run is lived again"
    assert parse_plan((out / "sweep.yaml").read_text(), "sweep.yaml").assays == plan(wanted).assays
    before = tables(out)
    (out / "runs/drift/seed-0/assays/garden-3.parquet").write_bytes(b"PAR1 and no more")
    (out / "runs/w0/seed-0/assays/garden-3.parquet").unlink()
    asked["within_life"]["sample"] = 2
    events.clear()
    summary = sweep(plan(wanted), str(out), backend="local", sinks=[events.append])
    assert (summary.assayed, summary.done) == (8, 4)
    started = names(events, "job_started")
    assert [name for name in started if "garden" in name] == ["w0/seed-0 garden", "drift/seed-0 garden"]
    assert len(started) == 6, "another sample is another assay"
    kept = {name for name, when in tables(out).items() if before.get(name) == when}
    assert {str(name) for name in kept} == {f"runs/{t}/seed-5/assays/garden-3.parquet" for t in ("drift", "w0")}


def test_an_assay_that_fails_is_listed_and_costs_no_other(assayed, tmp_path, capsys):
    out, config = tmp_path / "sweep", tmp_path / "sweep.yaml"
    assayed["assays"]["garden"]["generations"] = [77]
    config.write_text(yaml.safe_dump(assayed))
    assert main(["sweep", "--config", str(config), "--out", str(out), "--backend", "local"]) == 1
    captured = capsys.readouterr()
    assert re.search(r"4 of 4 runs done: .*generations.parquet, 4 of 8 assays: .*assays.parquet", captured.out)
    assert re.search(r"failed: w0/seed-5 garden: .*no checkpoint of generation 77", captured.err)
    assert "4 of 12 runs and assays failed; the same command tries them again" in captured.err


def test_the_assays_of_a_run_that_failed_are_not_listed_beside_it(assayed, tmp_path):
    out = tmp_path / "sweep"
    sweep_stopped_at_once(assayed, out)
    mine = out / "runs/w0/seed-5/notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    summary = sweep(plan(assayed), str(out), backend="local")
    assert (summary.done, summary.assayed, list(summary.failed)) == (3, 6, ["w0/seed-5"])


def test_a_run_that_died_out_has_nothing_to_assay(assayed, tmp_path):
    assayed["base"]["life"] = {**assayed["base"]["life"], "optimizer": "sgd", "learning_rate": 50.0}
    summary = sweep(plan(assayed), str(tmp_path / "sweep"), backend="local")
    assert (summary.done, summary.assayed, summary.failed) == (4, 8, {})
    assert not tables(tmp_path / "sweep")
    assert sweep(plan(assayed), str(tmp_path / "sweep"), backend="local").assayed == 8


def test_on_ray_assays_are_those_of_this_process(assayed, tmp_path, ray_8):
    for name, backend in (("here", "local"), ("ray", "ray")):
        summary = sweep(plan(assayed, hosts=3), str(tmp_path / name), backend=backend)
        assert (summary.done, summary.assayed, summary.failed) == (4, 8, {})
    for name in tables(tmp_path / "here"):
        one, other = (pd.read_parquet(tmp_path / place / name) for place in ("here", "ray"))
        pd.testing.assert_frame_equal(one, other)


def test_on_ray_a_killed_worker_is_listed_and_its_run_goes_on_to_the_same_births(slow, tmp_path, ray_8, monkeypatch):
    monkeypatch.setattr("populations.studies.progress.LOOK_SECONDS", 0.05)
    out, events = tmp_path / "sweep", []
    victim = out / "runs/base/seed-0"
    killed = threading.Thread(target=kill_writer, args=(victim,))
    killed.start()
    summary = sweep(plan(slow, hosts=2), str(out), sinks=[events.append])
    killed.join()
    assert (summary.done, summary.failed) == (2, {})
    assert names(events, "job_lost") == ["base/seed-0"]
    assert [e.attempt for e in events if e.kind == "job_started" and e.job == "base/seed-0"] == [1, 2]
    assert json.loads((victim / "manifest.json").read_text())["epoch"] == 2, "the second attempt resumed"
    evolve(slow["base"], str(tmp_path / "alone"), backend="local")
    assert digest(victim) == digest(tmp_path / "alone")
    table = pd.read_parquet(out / "generations.parquet")
    pd.testing.assert_frame_equal(table, expected(out, ["base"], [0, 1], []))
    progress = [e for e in events if e.kind == "sweep_progress"]
    assert progress[-1].done == 2
    assert any(0 < lived < 16 for e in progress for lived, _ in e.running.values())


def kill_writer(run):
    """Kill the process that writes a run, once it has committed something."""
    wait_for(lambda: committed(run) >= 1)
    os.kill(json.loads((run / ".writer").read_text())["pid"], signal.SIGKILL)


def committed(run):
    try:
        return json.loads((run / "manifest.json").read_text())["generation"]
    except FileNotFoundError:
        return -1


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_command_told_to_stop_keeps_what_it_has_and_goes_on(slow, tmp_path):
    """A process of its own, as Ray takes SIGTERM for itself when it starts."""
    out, config = tmp_path / "sweep", tmp_path / "sweep.yaml"
    config.write_text(yaml.safe_dump(slow))
    arguments = ["sweep", "--config", str(config), "--out", str(out), "--ray.hosts", "2"]
    command = [sys.executable, "-m", "alife.cli.main", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait_for(lambda: committed(out / "runs/base/seed-0") >= 1 or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=100)
    check_stopped(out, process.returncode, 143, said)
    assert main([*arguments, "--backend", "local"]) == 0
    assert len(pd.read_parquet(out / "generations.parquet")) == 2 * 2 * 16


def test_interrupted_in_process_it_begins_no_other_run(slow, tmp_path, capsys):
    out, config = tmp_path / "sweep", tmp_path / "sweep.yaml"
    config.write_text(yaml.safe_dump(slow))

    def interrupt():
        wait_for(lambda: committed(out / "runs/base/seed-0") >= 1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    code = main(["sweep", "--config", str(config), "--out", str(out), "--backend", "local"])
    thread.join()
    check_stopped(out, code, 130, capsys.readouterr().err)
    assert not (out / "runs/base/seed-1").exists()


def check_stopped(out, code, expected_code, said):
    assert code == expected_code, said
    assert said.splitlines()[-1] == "stopped; the same command goes on"
    assert "Traceback" not in said
    first = load_run(str(out / "runs/base/seed-0"))
    assert first.manifest["status"] == "interrupted"
    assert 1 <= first.last < 15
    table = pd.read_parquet(out / "generations.parquet")
    assert len(table[table.seed == 0]) == 2 * (first.last + 1)


@pytest.mark.nightly
def test_no_cluster_no_folder(file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    config = tmp_path / "sweep.yaml"
    config.write_text(yaml.safe_dump(file))
    for flags, says in ((["--ray.hosts", "0"], "command line: ray.hosts: 0"), (["--ray.address", "x"], "no cluster")):
        assert main(["sweep", "--config", str(config), "--out", str(tmp_path / "out"), *flags]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert says in line
    assert not (tmp_path / "out").exists()


def test_compare_and_export_take_what_a_sweep_leaves(file, tmp_path, capsys):
    out = tmp_path / "sweep"
    sweep(plan(file), str(out), backend="local")
    files = [tmp_path / "table.md", tmp_path / "table.csv", tmp_path / "tree.csv"]
    assert main(["compare", str(out), "--markdown", str(files[0]), "--csv", str(files[1])]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "against" in said
    assert "2 paired runs" in said
    assert files[0].read_text().startswith("- ")
    assert {"treatment", "trait", "effect"} <= set(pd.read_csv(files[1]))
    run = str(out / "runs/w0/seed-0")
    assert main(["export", run, "--format", "alife", "--out", str(files[2])]) == 0
    assert len(pd.read_csv(files[2])) == 24
    capsys.readouterr()
    for bad in (
        ["compare", run],
        ["compare", str(tmp_path / "nothing")],
        ["compare", str(out), "--markdown", str(tmp_path / "no/where.md")],
        ["export", str(out), "--format", "alife", "--out", str(files[2])],
        ["export", run, "--format", "newick", "--out", str(tmp_path / "no/where.nwk")],
    ):
        assert main(bad) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert len(captured.err.splitlines()) == 1


def test_what_a_person_reads(file, tmp_path):
    texts = {}
    for terminal in (False, True):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=100, _environ={"TERM": "xterm"})
        reader = SweepTerminal(console)
        sweep(plan(file), str(tmp_path / f"sweep-{terminal}"), backend="local", sinks=[reader])
        reader(told.JobFailed(job="w0/seed-9", error="[bold]no[/bold] such thing", details=""))
        reader(told.JobLost(job="w0/seed-9", attempt=1, why="its process died"))
        reader.close()
        texts[terminal] = console.file.getvalue()
    lines = texts[False].splitlines()
    assert lines[0].endswith("sweep-False: 4 runs")
    assert re.fullmatch(r"w0/seed-5 done in \d+ s; 1/4 done, \d+ s left", lines[1])
    assert re.fullmatch(r"drift/seed-0 done in \d+ s; 4/4 done", lines[4])
    assert lines[5:] == ["w0/seed-9 failed: [bold]no[/bold] such thing", "w0/seed-9 lost: its process died"]
    assert "0 of 3 generations" in texts[True]
    assert "\x1b[" in texts[True]
    assert "\x1b[" not in texts[False]


def test_time_left_weighs_runs_by_their_work(file, tmp_path, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("populations.studies.progress.time.monotonic", lambda: clock[0])
    file["treatments"] = {"short": {"generations": 2}, "long": {"generations": 6}}
    runs = {run.name: (str(tmp_path / run.name), run.config) for run in plan(file).runs()}
    progress = Progress(runs)
    assert progress.event().seconds_left is None
    list(progress.hear(told.JobStarted(job="short/seed-5", attempt=1)))
    clock[0] += 10
    done = told.JobDone(job="short/seed-5", seconds=10.0)
    same, event = progress.hear(done)
    assert same is done
    assert event.seconds_left == pytest.approx(10 * (2 + 6 + 6) / 2)
    assert (event.done, event.failed, event.running) == (1, 0, {})
    assert list(progress.hear(told.Tick())) == [], "nothing runs whose manifest could have changed"


@pytest.mark.parametrize("backend", ["ray", "local"])
def test_runs_of_a_sweep_stop_before_its_time_is_over(slow, tmp_path, ray_8, backend):
    """Those that were begun have lived a generation and say why they stopped; the same call goes on."""
    slow["base"]["generations"] = 400
    heard = []
    done = sweep(plan(slow, hosts=1), str(tmp_path), backend=backend, max_hours=8 / 3600, sinks=[heard.append])
    assert (done.stopped, done.done, done.failed) == ("max-hours 0.00222222", 0, {})
    assert len(names(heard, "job_started")) == 1
    assert not names(heard, "job_lost")
    (begun,) = [load_run(run) for run in find_runs(str(tmp_path))]
    assert begun.manifest["status"] == "interrupted"
    assert begun.stopped.startswith("MaxHours: ")
