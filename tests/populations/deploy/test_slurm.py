"""The Slurm scripts, as they come along, under Debian's Slurm on two machines made of namespaces."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from populations.record.writer import digest
from tests import ROOT
from tests.support.machines import Machine, needs_namespaces, network
from tests.support.slurm import missing, slurm

pytestmark = [
    pytest.mark.nightly,
    needs_namespaces(),
    pytest.mark.skipif(bool(missing()), reason=f"{missing()} is not installed (slurm-wlm)"),
]

BIN = Path(sys.executable).parent
SCRIPTS = ROOT / "populations" / "deploy"
CONFIG = """\
task: none
generations: 40
quine: {hidden: 40, coordinate_units: 20}
life: {steps: 60}
population: {islands: 2, size: 16}
checkpoint: {every: 1}
"""
PATIENCE = 400


@pytest.fixture(scope="module")
def head() -> Iterator[Machine]:
    """The first of two nodes of a Slurm that runs."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "RAY_memory_monitor_refresh_ms": "0",
        "RAY_gcs_rpc_server_reconnect_timeout_s": "5",  # else the second node waits a minute for a head that has ended
    }
    with tempfile.TemporaryDirectory(prefix="slurm", dir="/tmp") as name:
        folder = Path(name)
        with network(["node1", "node2"], folder, **environment) as machines, slurm(machines, folder, cpus=1) as first:
            yield first


def edited(folder: Path, **options: Any) -> Path:
    """The script with what a user must edit, and options of sbatch."""
    text = (SCRIPTS / "slurm.sh").read_text()
    wanted = {
        "run=$HOME/runs/big ": f"run={folder}/run ",
        "config=$HOME/big.yaml ": f"config={folder}/run.yaml ",
        "environment=$HOME/alife/.venv ": f"environment={BIN.parent} ",
        "#SBATCH --cpus-per-task=8 ": "#SBATCH --cpus-per-task=1 ",
    }
    wanted |= {f"#SBATCH --{name}=": f"#SBATCH --{name}={value} #" for name, value in options.items()}
    (folder / "run.yaml").write_text(CONFIG)
    return written(folder, text, wanted)


def written(folder: Path, text: str, wanted: dict[str, str]) -> Path:
    """A script with words of it replaced."""
    for old, new in wanted.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "alife.sh").write_text(text)
    return folder / "alife.sh"


def wait_for(what: str, there: Callable[[], Any], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < deadline, (
            f"{what}: not within {PATIENCE} s\n{log.read_text() if log.exists() else ''}"
        )
        time.sleep(0.5)


@pytest.mark.timeout(1500)
def test_stopped_at_its_limit_queued_again_and_ended(head: Machine, tmp_path: Path) -> None:
    """Slurm's warning comes while the run is on its way; the second try ends it with the births of one process."""
    log = tmp_path / "log"

    def said(text: str) -> bool:
        return log.exists() and text in log.read_text()

    def state() -> str:
        shown = head.run("scontrol", "--oneliner", "show", "job", job, check=False).stdout
        return shown.partition(" JobState=")[2].partition(" ")[0]

    job = head.run("sbatch", "--parsable", f"--output={log}", edited(tmp_path)).stdout.strip()
    wait_for("a generation", lambda: said("generation 1 (2 of 40)"), log)
    head.run("scancel", "--batch", "--signal=USR1", job)
    wait_for("a place in the queue", lambda: state() == "PENDING", log)
    assert said("starts with generation 0 of 40 (0 to 39), 2 workers")
    assert said("SIGUSR1: stopping")
    later = "now+3seconds"  # nodes refuse a job in the very second in which they were told to end it
    head.run("scontrol", "update", f"JobId={job}", f"StartTime={later}")
    wait_for("the end", lambda: state() in ("COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL"), log)
    assert state() == "COMPLETED", log.read_text()
    assert said("goes on with generation"), log.read_text()

    alone = tmp_path / "alone"
    options = ["--config", tmp_path / "run.yaml", "--backend", "local", "--no-figures", "--out", alone]
    head.run(BIN / "alife", "run", *options)
    assert digest(str(tmp_path / "run")) == digest(str(alone))


@pytest.mark.timeout(900)
def test_ray_that_does_not_start_is_a_failure(head: Machine, tmp_path: Path) -> None:
    """Its port is taken; 'ray symmetric-run' returns 0 then, and the script must not."""
    taken = head.start(sys.executable, "-m", "http.server", "6379", log=tmp_path / "server")
    try:
        script = edited(tmp_path, nodes=1)
        done = head.run("sbatch", "--wait", "--nodelist=node1", f"--output={tmp_path}/log", script, check=False)
        assert done.returncode == 1
        assert "alife: error: Ray did not start" in (tmp_path / "log").read_text()
        assert not (tmp_path / "run").exists()
    finally:
        head.run("pkill", "-f", "http.server", check=False)
        taken.wait(10)


@pytest.mark.timeout(1500)
def test_an_array_makes_a_sweep_and_a_task_at_its_limit_is_queued_again(head: Machine, tmp_path: Path) -> None:
    """Three tasks on two nodes; one gets Slurm's warning, one is killed and queued again: the births of one process."""
    config, out = tmp_path / "sweep.yaml", tmp_path / "sweep"
    base = {**yaml.safe_load(CONFIG), "generations": 12}
    config.write_text(yaml.safe_dump({"base": base, "seeds": 6}))
    wanted = {
        "sweep=$HOME/sweeps/big ": f"sweep={out} ",
        "config=$HOME/sweep.yaml ": f"config={config} ",
        "environment=$HOME/alife/.venv ": f"environment={BIN.parent} ",
        "#SBATCH --array=0-15 ": "#SBATCH --array=1-3 ",
    }
    script = written(tmp_path, (SCRIPTS / "slurm-array.sh").read_text(), wanted)
    job = head.run("sbatch", "--parsable", f"--output={tmp_path}/log.%a", script).stdout.strip()

    def states() -> dict[str, str]:
        shown = head.run("squeue", "--noheader", "--array", "--states=all", f"--jobs={job}", "--format=%K %T").stdout
        return dict(line.split() for line in shown.splitlines())

    def said(task: int, text: str) -> bool:
        log = tmp_path / f"log.{task}"
        return log.exists() and text in log.read_text()

    def committed(seed: int) -> bool:
        manifest = out / f"runs/base/seed-{seed}/manifest.json"
        return manifest.exists() and json.loads(manifest.read_text())["generation"] >= 1

    wait_for("a generation of two tasks", lambda: committed(0) and committed(1), tmp_path / "log.1")
    head.run("scancel", "--batch", "--signal=USR1", f"{job}_1")
    head.run("scontrol", "requeue", f"{job}_2")
    wait_for("the warning", lambda: said(1, "stopped; the same command goes on"), tmp_path / "log.1")
    wait_for("the end", lambda: set(states().values()) <= {"COMPLETED", "FAILED", "CANCELLED"}, tmp_path / "log.1")
    logs = "\n".join(path.read_text() for path in sorted(tmp_path.glob("log.*")))
    assert set(states().values()) == {"COMPLETED"}, logs
    assert logs.count("generations.parquet") >= 1, logs
    assert (out / "generations.parquet").exists()

    alone = tmp_path / "alone"
    head.run(BIN / "alife", "sweep", "--config", config, "--backend", "local", "--out", alone)
    for seed in range(6):
        run = f"runs/base/seed-{seed}"
        assert digest(str(out / run)) == digest(str(alone / run))
    tables = [pd.read_parquet(each / "generations.parquet").drop(columns="seconds") for each in (out, alone)]
    pd.testing.assert_frame_equal(*tables)
