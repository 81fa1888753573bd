"""Watching a run: gauges scraped from Ray's own metrics agent, TensorBoard's files read back, the stream of events."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from alife.cli import main
from populations.observe import events
from populations.observe import gauges as watch
from populations.observe.gauges import RayMetrics, TensorBoard
from tests import ROOT
from tests.support.told import generation

GAUGES = ("accuracy", "replication_error", "copying_error", "dead", "individuals_per_second", "generation", "hosts")
GAUGES += ("restarts",)
START = events.Start(generation=0, of=6, out="run", hosts=2, backend="ray")
LOST = events.HostLost(generation=3, host="worker 1", why="", seconds=1.0)

SCRAPED = """
import json, os, sys, time, urllib.request
import ray
from populations import evolve
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
text = [""]
def scrape():
    (node,) = ray.nodes()
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        text[0] = answer.read().decode()
config = json.loads(sys.argv[1])
evolve(config, sys.argv[2])
deadline = time.monotonic() + 90
while "ray_alife_accuracy" not in text[0] and time.monotonic() < deadline:
    time.sleep(1)
    scrape()
print(text[0])
"""
"""A run on a Ray of its own; afterwards prints what its metrics agent says to who asks."""


@pytest.fixture
def separate() -> dict[str, str]:
    """Variables of a process that starts Ray on loopback, and reports its gauges every second."""
    return {
        **os.environ,
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_metrics_report_interval_ms": "1000",
        "PYTHONPATH": str(ROOT),
    }


def test_gauges_are_there_for_who_asks(small: dict[str, Any], separate: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client", reason="the metrics agent comes with ray[default]")
    command = [sys.executable, "-c", SCRAPED, json.dumps(small), str(tmp_path / "run")]
    said = subprocess.run(command, env=separate, capture_output=True, text=True, timeout=200)
    lines = [line for line in said.stdout.splitlines() if line.startswith("ray_alife_")]
    assert {line.split("{")[0] for line in lines} == {f"ray_alife_{name}" for name in GAUGES}, said.stderr
    values = {line.split("{")[0].removeprefix("ray_alife_"): float(line.split()[-1]) for line in lines}
    assert all(f'run="{tmp_path / "run"}"' in line for line in lines)
    assert values["generation"] == small["generations"] - 1
    assert values["restarts"] == 0
    assert 0 < values["accuracy"] <= 1


def test_gauges_are_nothing_without_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set with no Ray and no agent about, as on a laptop without the extra: no error, no thread, no connection."""
    import socket

    def no_connection(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", no_connection)
    watch = RayMetrics()
    watch(START)
    watch(LOST)
    watch(generation(accuracy=None))


def read_back(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard would show: scalars by name."""
    from tensorboardX.proto.event_pb2 import Event

    found: dict[str, list[tuple[int, float]]] = {}
    (file,) = folder.glob("events.out.tfevents.*")
    data = file.read_bytes()
    while data:  # TFRecord: length, its checksum, content, its checksum
        length = int.from_bytes(data[:8], "little")
        event = Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_tensorboard_files_hold_every_generation(small: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    config = tmp_path / "small.yaml"
    config.write_text(yaml.safe_dump(small))
    events, board = tmp_path / "events", tmp_path / "board"
    run = ["run", "--config", str(config), "--backend", "local", "--no-figures", "--out", str(tmp_path / "run")]
    assert main.main([*run, "--tensorboard", str(board), "--log-json", str(events)]) == 0
    told = [each for each in map(json.loads, events.read_text().splitlines()) if each["event"] == "generation"]
    found = read_back(board)
    for name in ("accuracy", "replication_error", "copying_error", "individuals_per_second", "hosts", "dead"):
        assert [step for step, _ in found[name]] == list(range(small["generations"]))
        assert [value for _, value in found[name]] == pytest.approx([each[name] for each in told])
    assert [value for _, value in found["restarts"]] == [0] * small["generations"]


def test_gauges_count_the_dead_and_hold_on_to_no_median_that_nobody_has(monkeypatch: Any) -> None:
    found: dict[str, float] = {}

    class Gauge:
        def __init__(self, name: str):
            self.name = name

        def set(self, value: float, tags: dict[str, str]) -> None:
            found[self.name] = value

    monkeypatch.setattr(watch, "_gauges", lambda: {name: Gauge(name) for name in GAUGES})
    metrics = watch.RayMetrics()
    metrics(START)
    metrics(generation(accuracy=0.6))
    metrics(generation(accuracy=None, dead=24))
    assert math.isnan(found["accuracy"])
    assert found["dead"] == 24


def test_tensorboard_counts_restarts_and_leaves_out_what_nobody_has(tmp_path: Path) -> None:
    board = TensorBoard(str(tmp_path))
    board(LOST)
    board(generation(generation=3, accuracy=None))
    board.close()
    found = read_back(tmp_path)
    assert found["restarts"] == [(3, 1)]
    assert "accuracy" not in found


def test_tensorboard_that_is_not_installed(monkeypatch: Any, tmp_path: Path, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert main.main(["run", "--out", str(tmp_path / "run"), "--tensorboard", str(tmp_path / "board")]) == 2
    assert "alife-quines[tensorboard]" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_tensorboard_where_nothing_can_be_written(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "file").touch()
    assert main.main(["run", "--out", str(tmp_path / "run"), "--tensorboard", str(tmp_path / "file")]) == 2
    assert "--tensorboard" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("address", [None, pytest.param("local", marks=pytest.mark.nightly)])
def test_nothing_phones_home(small: dict[str, Any], separate: dict[str, str], address: str | None) -> None:
    """Whoever starts Ray through this program, its usage statistics are off, in the driver and in its workers, and it
    listens on loopback alone.
    """
    text = (
        "import json, sys\n"
        "from alife.configuration.keys import parse_config\n"
        "from populations.engine.ray import start as ray_start\n"
        "ray_start.connect(parse_config(json.loads(sys.argv[1])))\n"
        "import ray\n"
        "from ray._common.usage import usage_lib\n"
        "off = lambda: (__import__('os').environ['RAY_USAGE_STATS_ENABLED'], usage_lib.usage_stats_enabled())\n"
        "print(off(), ray.get(ray.remote(off).remote()), ray.nodes()[0]['NodeManagerAddress'])\n"
    )
    environment = {name: value for name, value in separate.items() if name != "RAY_USAGE_STATS_ENABLED"}
    command = [sys.executable, "-c", text, json.dumps({**small, "ray": {"address": address}})]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=True)
    assert said.stdout.strip() == "('0', False) ('0', False) 127.0.0.1"
