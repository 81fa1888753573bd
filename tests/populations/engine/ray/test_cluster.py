"""Real clusters of three machines, each in namespaces of its own: joined by hand, by a submitted job, and cut apart."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from populations.record.writer import digest, read_manifest
from tests import ROOT
from tests.support.machines import Machine, Network, needs_namespaces, network

pytestmark = [pytest.mark.nightly, needs_namespaces()]

BIN = Path(sys.executable).parent
SMALL = {
    "task": "none",
    "quine.hidden": 24,
    "quine.coordinate_units": 12,
    "population.islands": 3,
    "population.size": 12,
}
OFTEN = {"checkpoint.every": 5, "ray.hang_timeout": 5}
RUN = [f"--{key}={value}" for key, value in {**SMALL, **OFTEN}.items()]
HEALTH = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 1000, "health_check_timeout_ms": 2000}
PATIENCE = 400


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Three machines with one CPU each under Ray with tokens; a dead one is noticed within ten seconds."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "token").write_text("5" * 64)
    environment = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_memory_monitor_refresh_ms": "0",
        "PYTHONPATH": str(ROOT),
    }
    with network(["head", "left", "right"], folder, **environment) as machines:
        head, left, right = machines.machines
        health = json.dumps({**HEALTH, "health_check_failure_threshold": 3})
        start_ray(head, "--head", "--port=6379", f"--dashboard-host={head.address}", f"--system-config={health}")
        for machine in (left, right):
            start_ray(machine, f"--address={head.address}:6379")
        yield machines


def start_ray(machine: Machine, *options: str) -> None:
    machine.run(
        BIN / "ray", "start", f"--node-ip-address={machine.address}", "--num-cpus=1",
        "--object-store-memory=100000000", *options,
    )  # fmt: skip


def address(cluster: Network) -> str:
    return f"{cluster.machines[0].address}:6379"


def alone(machine: Machine, run: Path, generations: int) -> str:
    """The same run, undisturbed, in one process."""
    machine.run(
        BIN / "alife", "run", *RUN, "--generations", generations, "--backend", "local", "--no-figures", "--out", run
    )
    return str(run)


def wait_for(what: str, there: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.2)


@pytest.mark.timeout(1500)
def test_machine_cut_off_and_back(cluster: Network, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The cable of one is out until the cluster gives it up; its operator starts Ray again; it is used again."""
    head, _, right = cluster.machines
    log, out = tmp_path / "events", tmp_path / "run"

    def events(kind: str) -> list[dict[str, Any]]:
        lines = log.read_text().splitlines() if log.exists() else []
        return [event for event in map(json.loads, lines) if event["event"] == kind]

    options = ["--ray.address", address(cluster), "--no-figures", "--out", out, "--log-json", log]
    driver = head.start(BIN / "alife", "run", *RUN, "--generations", 20000, *options, log=tmp_path / "log")

    def lived(more: int) -> None:
        seen = len(events("generation"))
        wait_for(f"{more} more generations", lambda: len(events("generation")) > seen + more)

    def has_host(machine: Machine) -> bool:
        """Whether one of its processes has torch loaded."""
        return machine.run("sh", "-c", "grep -l libtorch /proc/[0-9]*/maps 2>/dev/null", check=False).stdout != ""

    request.addfinalizer(lambda: head.run("pkill", "-KILL", "-f", "bin/alife run", check=False))
    wait_for("a worker there", lambda: has_host(right))
    lived(10)
    cluster.cut(right)
    wait_for("its loss", lambda: events("host_lost"))
    cut = events("host_lost")[0]["generation"]
    wait_for("a cluster of two", lambda: head.run(BIN / "ray", "status").stdout.count(" 1 node_") == 2)
    lived(2)
    cluster.mend(right)
    right.run(BIN / "ray", "stop", "--force")
    wait_for("an empty machine", lambda: not has_host(right))
    start_ray(right, f"--address={address(cluster)}")
    wait_for("a worker there again", lambda: has_host(right))
    lived(10)
    head.run("pkill", "-TERM", "-f", "bin/alife run")
    assert driver.wait(PATIENCE) == 143, (tmp_path / "log").read_text()

    last = events("end")[-1]["generation"]
    assert last > cut
    assert digest(str(out), 0, last) == digest(alone(head, tmp_path / "alone", last + 1))
    assert read_manifest(str(out))["restarts"][0]["generation"] == cut


@pytest.mark.timeout(900)
def test_submitted_job(cluster: Network, tmp_path: Path) -> None:
    """From a machine that is not the head, through the jobs server, without naming an address; again goes on."""
    head, left, _ = cluster.machines
    submit = [BIN / "ray", "job", "submit", "--address", f"http://{head.address}:8265", "--"]
    command = [BIN / "alife", "run", *RUN, "--no-figures", "--out", tmp_path / "run", "--resume", "--generations"]
    said = left.run(*submit, *command, 4).stdout
    assert "3 workers" in said
    assert "succeeded" in said
    assert "goes on with generation 4 of 6" in left.run(*submit, *command, 6).stdout
    assert digest(str(tmp_path / "run")) == digest(alone(head, tmp_path / "alone", 6))


def test_wrong_token(cluster: Network, tmp_path: Path) -> None:
    """One line says what to look at; nothing is written."""
    head = cluster.machines[0]
    command = [BIN / "alife", "run", *RUN, "--ray.address", address(cluster), "--out", tmp_path / "run"]
    done = head.run(*command, check=False, RAY_AUTH_TOKEN="6" * 64)
    assert done.returncode == 2
    assert [line[:12] for line in done.stderr.splitlines()] == ["joining Ray ", "alife: error"]
    assert "RAY_AUTH_TOKEN" in done.stderr
    assert not (tmp_path / "run").exists()
