"""The start of Ray as a user meets it: in hostile surroundings, told to stop, hanging, in several threads."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from alife import siblings
from alife.world.task import fetch
from populations import evolve
from populations.record.writer import digest
from tests.populations.engine.ray.test_surroundings import hide

TINY = [
    "--task=none", "--quine.hidden=8", "--quine.coordinate_units=4", "--life.steps=3", "--population.islands=2",
    "--population.size=4", "--generations=4", "--backend=ray",
]  # fmt: skip
COMMAND = Path(sys.executable).with_name("alife")


def surroundings(folder: Path, **variables: str) -> dict[str, str]:
    """Variables of a user whose TMPDIR is long and whose proxies are dead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "OMP_"))}
    long = folder / ("x" * 100)
    long.mkdir(exist_ok=True)
    dead = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return {**kept, **dead, "TMPDIR": str(long), "PYTHONPATH": siblings.ROOT, **variables}


def test_a_run_in_hostile_surroundings(tmp_path: Path) -> None:
    """Modules that hide its packages and one of Python's, a stale RAY_ADDRESS, a TMPDIR of 100 characters, dead
    proxies, 8 GB of address space, one core, and, for who may make it so, 2 MB of shared memory.
    """
    hide(tmp_path)
    (tmp_path / "pickletools.py").write_text("raise SystemExit('a module of the user was imported')\n")
    command = [str(COMMAND), "run", *TINY, "--ray.address=null", "--no-figures", "--out=run"]
    small = 'mount -t tmpfs -o size=2m tmpfs /dev/shm && exec "$@"'
    if os.geteuid() == 0 and not subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        command = ["unshare", "--mount", "sh", "-c", small, "sh", *command]

    def confine() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])

    variables = surroundings(tmp_path, RAY_ADDRESS="10.255.255.1:6379")
    ran = subprocess.run(
        command, cwd=tmp_path, env=variables, preexec_fn=confine, capture_output=True, text=True, timeout=250
    )
    assert ran.returncode == 0, ran.stderr
    assert "starting Ray…\n" in ran.stderr
    assert digest(tmp_path / "run") == digest(_alone(tmp_path))


def _alone(folder: Path) -> Path:
    """The same run in this process."""
    config: dict[str, Any] = {"task": "none", "generations": 4, "quine": {"hidden": 8, "coordinate_units": 4}}
    config |= {"life": {"steps": 3}, "population": {"islands": 2, "size": 4}}
    evolve(config, str(folder / "alone"), backend="local")
    return folder / "alone"


def stop(arguments: list[str], number: int, folder: Path) -> tuple[int, str]:
    """Exit code and words of a command that gets a signal while it starts Ray."""
    command = [str(COMMAND), *arguments]
    process = subprocess.Popen(command, cwd=folder, env=surroundings(folder), stderr=subprocess.PIPE, text=True)
    assert process.stderr
    first = next((line for line in process.stderr if line == "starting Ray…\n"), "")
    threading.Event().wait(1.0)
    process.send_signal(number)
    said = process.stderr.read()
    assert first, said
    return process.wait(60), said


SWEEP = "base: {task: none, generations: 2, quine: {hidden: 8, coordinate_units: 4}}\nseeds: [0]\ntreatments: {a: {}}"
STARTS = {"run": ["run", *TINY, "--out=new"], "sweep": ["sweep", "--config=s.yaml", "--out=new", "--backend=ray"]}


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("run", signal.SIGTERM, 143),
        pytest.param("run", signal.SIGINT, 130, marks=pytest.mark.nightly),
        pytest.param("sweep", signal.SIGTERM, 143, marks=pytest.mark.nightly),
        pytest.param("paper", signal.SIGTERM, 143, marks=pytest.mark.nightly),
        pytest.param("resume", signal.SIGTERM, 143, marks=pytest.mark.nightly),
    ],
)
def test_told_to_stop_while_ray_starts(tmp_path: Path, kind: str, number: int, code: int) -> None:
    (tmp_path / "s.yaml").write_text(SWEEP)
    starts = {**STARTS, "paper": ["paper", "E0", "--quick", "--out=new"]}
    if kind == "paper":
        fetch("mnist")  # beforehand: its proxies are dead
    if kind == "resume":
        shutil.copytree(_alone(tmp_path), tmp_path / "old")
        starts["resume"] = ["resume", "old", "--generations=6", "--backend=ray"]
    ended, said = stop(starts[kind], number, tmp_path)
    assert ended == code, said
    assert "stopped" in said
    assert "Traceback" not in said
    assert kind == "paper" or not (tmp_path / "new").exists()


HANGS = """
import json, os, signal, sys
import ray._private.worker as worker
from populations import evolve
from populations.engine.ray import start
start.START_SECONDS = 3.0
connect = worker.connect

def deaf(node, *args, **options):
    os.kill(node.all_processes["raylet"][0].process.pid, signal.SIGSTOP)
    return connect(node, *args, **options)

worker.connect = deaf
evolve(json.loads(sys.argv[1]), "new", backend="ray", quiet=True)
"""


@pytest.mark.nightly
def test_a_start_that_hangs_ends_in_one_line(tmp_path: Path, small: dict[str, Any]) -> None:
    """Ray's node stands still while this program registers with it, and holds all threads up."""
    command = [sys.executable, "-c", HANGS, json.dumps(small)]
    ran = subprocess.run(command, cwd=tmp_path, env=surroundings(tmp_path), capture_output=True, text=True, timeout=90)
    assert ran.returncode not in (0, 120)
    assert re.fullmatch(r"alife: error: Ray did not start within 3 s.*\n", ran.stderr), ran.stderr
    assert not (tmp_path / "new").exists()


def test_two_threads_on_a_ray_of_the_users_own(ray_8: None, small: dict[str, Any], tmp_path: Path) -> None:
    """They share it, and neither ends it."""
    import ray

    ended: dict[int, str] = {}

    def run(number: int) -> None:
        config = {**small, "seed": number, "ray": {"hosts": 2}}
        ended[number] = evolve(config, str(tmp_path / f"ray-{number}"), backend="ray")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(200)
    assert ended == {0: "finished", 1: "finished"}
    assert ray.is_initialized()
    for number in range(2):
        evolve({**small, "seed": number}, str(tmp_path / f"local-{number}"), backend="local")
        assert digest(tmp_path / f"ray-{number}") == digest(tmp_path / f"local-{number}")


THREADS = """
import json, sys, threading
from alife.errors import UserError
from populations import evolve
config, said, lives, over = json.loads(sys.argv[1]), {}, threading.Event(), threading.Event()

def hold(event):
    if event.kind == "generation":
        lives.set()
        over.wait(60)

def run():
    said["first"] = evolve(config, "first", backend="ray", sinks=[hold])

thread = threading.Thread(target=run)
thread.start()
assert lives.wait(60)
from ray._private import auto_init_hook
said["starts by itself"] = auto_init_hook.enable_auto_connect
try:
    said["second"] = evolve(config, "second", backend="ray", quiet=True)
except UserError as error:
    said["second"] = str(error)
over.set()
thread.join()
said["after"] = evolve(config, "second", backend="ray", quiet=True)
print(json.dumps(said))
"""


@pytest.mark.nightly
def test_two_threads_where_ray_is_started_for_one(tmp_path: Path, small: dict[str, Any]) -> None:
    """The second is refused while the first lives, which ends well; a later one starts Ray once more."""
    command = [sys.executable, "-c", THREADS, json.dumps(small)]
    ran = subprocess.run(command, cwd=tmp_path, env=surroundings(tmp_path), capture_output=True, text=True, timeout=200)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said.pop("second").startswith("another thread of this process is evolving on Ray")
    assert said == {"first": "finished", "starts by itself": False, "after": "finished"}


def resources() -> tuple[int, int, int]:
    """File handles, threads, and kB of memory of this process."""
    status = Path("/proc/self/status").read_text()
    memory = re.search(r"VmRSS:\s+(\d+)", status)
    assert memory
    return len(os.listdir("/proc/self/fd")), threading.active_count(), int(memory[1])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="counts what Linux shows in /proc")
@pytest.mark.parametrize("backend", ["local", pytest.param("ray", marks=pytest.mark.nightly)])
def test_five_runs_in_one_process_leave_nothing_behind(small: dict[str, Any], tmp_path: Path, backend: Any) -> None:
    """Also what a notebook does that evolves twice. The first runs load what is loaded once."""
    before = []
    for number in range(5):
        assert evolve({**small, "seed": 1}, str(tmp_path / str(number)), backend=backend) == "finished"
        before.append(resources())
    handles, threads, memory = zip(*before, strict=True)
    own = 2 * 3 if backend == "ray" else 0  # of each Ray that has ended: a log and a socket of its native part
    assert handles[-1] <= handles[1] + own, before
    assert threads[-1] <= threads[1], before
    assert memory[-1] < memory[1] + 30_000, before
    assert len({digest(tmp_path / str(number)) for number in range(5)}) == 1
