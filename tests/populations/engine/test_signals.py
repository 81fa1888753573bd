"""Signals as a wish to stop, of real processes: notices of a scheduler beside Ctrl-C and the like."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alife import siblings
from populations.engine.signals import stop_on_signals
from populations.observe.events import Stopping
from populations.observe.terminal import Terminal
from populations.record.writer import read_manifest

TINY = [
    "--task=none", "--quine.hidden=8", "--quine.coordinate_units=4", "--life.steps=20", "--population.islands=2",
    "--population.size=16", "--no-figures",
]  # fmt: skip
LONG = "--generations=5000"
NOTICES = [signal.SIGUSR1, signal.SIGUSR2]


def begun(out: Path, *arguments: str, before: str = "") -> tuple["subprocess.Popen[str]", Path]:
    """A run of the command that has lived a generation, and the file of its events.

    Args:
        out: The run folder.
        arguments: Of `alife run`.
        before: What its Python does first.
    """
    log = out.with_suffix(".jsonl")
    code = f"import sys, signal, faulthandler; {before}\nfrom alife.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "run", *TINY, *arguments, f"--out={out}", f"--log-json={log}"]
    environment = {**os.environ, "PYTHONPATH": siblings.ROOT}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not any(kind == "generation" for kind in kinds(log)):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process, log


def kinds(log: Path) -> list[str]:
    """Events so far."""
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    return [json.loads(line)["event"] for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("number", NOTICES)
def test_a_notice_ends_a_run_well_however_often_it_comes(tmp_path: Path, number: signal.Signals) -> None:
    """Committed, "interrupted", 128 and the signal's number; and a SIGTERM that follows does not cut it short."""
    out = tmp_path / "run"
    process, log = begun(out, LONG, "--backend=local")
    for _ in range(3):
        process.send_signal(number)
    time.sleep(0.005)  # of signals that come while Python looks for some, a later one may be handled first
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    late = process.returncode == -signal.SIGTERM  # it came when all was done, and the process about to end
    assert late or process.returncode == 128 + number, said
    assert f"{number.name}: stopping\n" in said
    assert f"stopped; 'alife resume {out}' goes on" in said
    events = map(json.loads, log.read_text().splitlines())
    told = [event["signal"] for event in events if event["event"] == "stopping"]
    assert told == ([number.name] if late else [number.name, "SIGTERM"])
    manifest = read_manifest(str(out))
    assert manifest["status"] == "interrupted"
    lived = kinds(log).count("generation")
    assert manifest["generation"] == lived - 1, "whatever was lived is on record"


def test_a_signal_that_comes_while_another_is_told_of_waits_for_its_turn() -> None:
    """Whoever listens hears them in the order in which they came: the first of them is what ended the run."""
    told: list[str] = []

    def tell(name: str) -> None:
        if name == "SIGUSR1":
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.001)
        told.append(name)

    with stop_on_signals(tell):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.001)
    assert told == ["SIGUSR1", "SIGTERM"]


@pytest.mark.parametrize(
    ("before", "what"),
    [
        ("signal.signal(signal.SIGUSR1, signal.SIG_IGN)", "ignored"),
        ("signal.signal(signal.SIGUSR1, lambda *_: print('mine', file=sys.stderr))", "taken"),
        ("faulthandler.register(signal.SIGUSR1)", "taken below Python"),
    ],
)
def test_a_notice_that_means_something_else_is_left_alone(tmp_path: Path, before: str, what: str) -> None:
    process, log = begun(tmp_path / "run", LONG, "--backend=local", before=before)
    process.send_signal(signal.SIGUSR1)
    lived = kinds(log).count("generation")
    while kinds(log).count("generation") < lived + 3:
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.05)
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143, said
    assert ("mine" in said) == (what == "taken")
    assert ("most recent call first" in said) == (what == "taken below Python")


@pytest.mark.nightly
def test_a_notice_to_all_processes_of_a_job_leaves_ray_alive(tmp_path: Path) -> None:
    """As Slurm sends it without `B:`: no worker dies of it, and the run is stopped by its own process."""
    process, log = begun(tmp_path / "run", LONG, "--backend=ray", "--ray.hosts=2", "--ray.address=null")
    for pid in _below(process.pid):
        os.kill(pid, signal.SIGUSR1)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 138, said
    assert "host_lost" not in kinds(log)
    assert read_manifest(str(tmp_path / "run"))["status"] == "interrupted"


def _below(process: int) -> list[int]:
    """A process and all that it has started, in whatever session."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [process]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


@pytest.mark.parametrize(("name", "again"), [("SIGUSR1", ""), ("SIGTERM", "; once more to stop at once")])
def test_only_of_signals_that_kill_is_it_said_that_they_do(capsys, name: str, again: str) -> None:
    Terminal()(Stopping(signal=name))
    assert capsys.readouterr().err == f"{name}: stopping{again}\n"
