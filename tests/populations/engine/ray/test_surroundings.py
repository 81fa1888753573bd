"""Where Ray is to be and with what: addresses, folders, cores, the guard of its start, and modules that hide others."""

import io
import math
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from ray import cloudpickle
from rich.console import Console

from alife import siblings
from alife.cli.main import main
from alife.configuration.keys import Ray, RunConfig, parse_config
from alife.errors import UserError
from populations.engine.evolve import evolve
from populations.engine.ray import addresses, cores, start, worker
from populations.engine.ray import folder as ray_folder
from populations.engine.ray import guard as start_guard
from populations.observe.events import Connecting
from populations.observe.paper_progress import PaperTerminal
from populations.observe.sweep_progress import SweepTerminal
from populations.observe.terminal import Terminal


def python(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a script in a folder says."""
    (folder / "script.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": siblings.ROOT}
    command = [sys.executable, "script.py", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def hide(folder: Path) -> None:
    """Modules of a user's own, named as this program's packages."""
    for name in ("alife.py", "analysis.py"):
        (folder / name).write_text("raise SystemExit('a module of the user was imported')\n")
    (folder / "populations").mkdir()
    (folder / "populations" / "__init__.py").touch()


CLAIM = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("claimed", sys.argv[1] + "/alife/siblings.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.claim(sys.argv[2]), sys.path[0] != sys.argv[2])
import populations.record.commit, analysis.studies.wording, alife.errors
"""


def test_packages_are_imported_from_their_own_folder_whatever_comes_first(tmp_path):
    hide(tmp_path)
    said = python(tmp_path, CLAIM, siblings.ROOT, siblings.ROOT)
    assert (said.stdout, said.returncode) == (" True\n", 0), said.stderr


def test_where_they_are_not_what_hides_them_is_named(tmp_path):
    (tmp_path / "populations").mkdir()
    (tmp_path / "populations" / "__init__.py").touch()
    said = python(tmp_path, CLAIM, siblings.ROOT, "/nowhere").stdout
    assert said.startswith(f"{tmp_path}/populations/__init__.py: hides the package 'populations'"), said


ERRAND = """
import pickle, sys
what, job = pickle.load(open("pickled", "rb"))
print(what.__name__ if isinstance(what, type) else what(sys.argv[1], job))
"""


@pytest.mark.parametrize(
    ("what", "said"),
    [(worker.errand, "({}, {'a': 1})\n"), (worker.PingedWorker, "PingedWorker\n")],
)
def test_what_goes_to_workers_needs_no_package_on_their_path(tmp_path, what, said):
    """So a Ray that the user has started with a path of its own will do, too."""
    hide(tmp_path)
    job = cloudpickle.dumps((dict, {"a": 1}))
    (tmp_path / "pickled").write_bytes(cloudpickle.dumps((what, job)))
    done = python(tmp_path, ERRAND, siblings.ROOT)
    assert done.stdout == said, done.stderr


@pytest.mark.parametrize("code", ["from populations import evolve", "from analysis import load_run"])
def test_a_script_beside_a_module_of_that_name_is_told_so(tmp_path, code):
    (tmp_path / "alife.py").write_text("raise SystemExit('a module of the user was imported')\n")
    said = python(tmp_path, code).stderr.splitlines()[-1]
    assert said.startswith(f"ImportError: {tmp_path}/alife.py: hides the package 'alife'"), said


def test_the_command_imports_its_own_packages(tmp_path):
    hide(tmp_path)
    (tmp_path / "alife.py").unlink()  # that one, Python itself takes for the command
    environment = {**os.environ, "PYTHONPATH": siblings.ROOT}
    command = [sys.executable, "-m", "alife.cli.main", "show", "nothing"]
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert said.returncode == 2
    assert said.stderr.startswith("alife: error: "), said.stderr


@pytest.mark.parametrize(
    ("given", "inherited", "address", "named"),
    [
        (None, "", "", ""),
        (None, "local", "", ""),
        (None, "10.0.0.1:6379", "10.0.0.1:6379", "RAY_ADDRESS"),
        ("local", "10.0.0.1:6379", "", ""),
        ("10.0.0.2:6379", "10.0.0.1:6379", "10.0.0.2:6379", "ray.address"),
        ("auto", "10.0.0.1:6379", "10.0.0.1:6379", "RAY_ADDRESS"),
        ("auto", "", "auto", "ray.address"),
    ],
)
def test_the_address_of_a_run_goes_before_that_of_the_environment(monkeypatch, given, inherited, address, named):
    monkeypatch.setenv("RAY_ADDRESS", inherited)
    place = addresses.place(Ray(address=given))
    assert place.address == address
    assert place.named.startswith(named)


def test_null_on_the_command_line_is_this_machine_and_null_in_a_file_is_not_said(monkeypatch, capsys, tmp_path):
    assert main(["run", "--ray.address", "null", "--print-config"]) == 0
    assert "  address: local\n" in capsys.readouterr().out
    (tmp_path / "c.yaml").write_text("ray: {address: null}")
    assert main(["run", "--config", str(tmp_path / "c.yaml"), "--print-config"]) == 0
    assert "  address: null\n" in capsys.readouterr().out


def test_a_stale_address_of_the_environment_says_how_to_be_rid_of_it(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(UserError, match=r"^RAY_ADDRESS: .*unset RAY_ADDRESS, or give --ray.address local") as refused:
        addresses.check_answers(addresses.place(Ray()))
    assert "leave the address out" not in str(refused.value)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_answers_but_is_no_head_is_told_from_one_that_lets_nobody_in(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        where = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UserError, match=r"no cluster answers there \(what answers is not Ray's\)"):
            addresses.check_answers(addresses.place(Ray(address=where)))


def test_a_head_of_ray_is_known_as_one(ray_8):
    import ray

    addresses.check_answers(addresses.place(Ray(address=ray.get_runtime_context().gcs_address)))


def test_addresses_of_one_head():
    assert addresses.same("localhost:6379", "127.0.0.1:6379")
    assert addresses.same("127.0.0.1:6379", "127.0.0.9:6379")  # both are here
    assert not addresses.same("127.0.0.1:6379", "127.0.0.1:6380")
    assert not addresses.same("192.0.2.77:6379", "127.0.0.1:6379")
    assert not addresses.same("nonsense", "127.0.0.1:6379")


def test_a_ray_that_runs_here_is_not_taken_for_another_one(ray_8, small, tmp_path):
    with pytest.raises(UserError, match=r"ray.address: .*: this process is connected to Ray at .* already"):
        evolve({**small, "ray": {"address": "192.0.2.77:6379"}}, str(tmp_path / "run"), backend="ray")
    assert not (tmp_path / "run").exists()


def test_a_second_thread_is_refused_while_a_ray_of_ours_is_in_use(monkeypatch, small, tmp_path):
    monkeypatch.setattr(start, "_user", threading.get_ident() + 1)
    with pytest.raises(UserError, match="another thread of this process is evolving on Ray"):
        evolve(small, str(tmp_path / "run"), backend="ray")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("variables", "taken", "chosen"),
    [
        ({}, "", None),
        ({"TMPDIR": "/tmp"}, "", None),
        ({"TMPDIR": "/tmp/" + "x" * 100}, "", "/tmp/ray"),
        ({"TMPDIR": "/tmp/" + "é" * 25}, "", "/tmp/ray"),
        ({"TMPDIR": "/tmp/" + "x" * 100}, "/tmp/ray", f"/tmp/ray-{os.geteuid()}"),
        ({}, "/tmp/ray", f"/tmp/ray-{os.geteuid()}"),
        ({"RAY_TMPDIR": "/tmp/" + "x" * 100}, "", UserError),
        ({"RAY_TMPDIR": "/proc/nothing"}, "", None if os.access("/proc", os.W_OK) else UserError),
    ],
)
def test_folder_of_sockets(monkeypatch, variables, taken, chosen):
    """`taken` belongs to somebody else."""
    for name in ("RAY_TMPDIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != taken and real(path, mode))
    if chosen is UserError:
        with pytest.raises(UserError, match=r"^RAY_TMPDIR: .*name another folder, of at most \d+ bytes"):
            ray_folder.choose()
    else:
        assert ray_folder.choose() == chosen


def test_a_folder_planted_in_tmp_is_not_used(monkeypatch, tmp_path):
    planted = tmp_path / "ray-0"
    planted.symlink_to(tmp_path)
    assert not ray_folder._own(str(planted))
    assert ray_folder._own(str(tmp_path / "new"))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert not ray_folder._own(str(tmp_path / "new"))


@pytest.mark.parametrize(
    ("own", "files", "quota"),
    [
        ("0::/", {"cpu.max": "max 100000"}, math.inf),
        ("0::/", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b", {"a/cpu.max": "50000 100000", "a/b/cpu.max": "max 100000"}, 0.5),
        ("4:cpu,cpuacct:/a\n0::/", {"cpu/a/cpu.cfs_quota_us": "200000", "cpu/a/cpu.cfs_period_us": "100000"}, 2.0),
        ("4:cpu,cpuacct:/a", {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"}, math.inf),
        ("4:cpuset:/a", {"cpu/a/cpu.cfs_quota_us": "1000", "cpu/a/cpu.cfs_period_us": "100000"}, math.inf),
        ("0::/", {"cpu.max": "nonsense"}, math.inf),
        (None, {}, math.inf),
    ],
)
def test_quotas_of_containers_count(monkeypatch, tmp_path, own, files, quota):
    for name, text in files.items():
        path = tmp_path / "fs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    if own is not None:
        (tmp_path / "own").write_text(own + "\n")
    monkeypatch.setattr(cores, "CGROUPS", tmp_path / "fs")
    monkeypatch.setattr(cores, "OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)
    assert cores.quota() == quota
    assert cores.cores() == (8 if quota == math.inf else math.ceil(quota))
    config = parse_config({"population": {"islands": 16}})
    assert cores.hosts_wanted(config) == cores.cores()


def test_too_little_address_space_is_refused_and_some_is_made_do_with(monkeypatch):
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (3 << 30, 3 << 30))
    with pytest.raises(UserError, match=r"ulimit -v: Ray needs 4 GB .* this one may have 3.0: raise the limit"):
        start._resources(RunConfig())
    monkeypatch.setattr(resource, "getrlimit", lambda _: (8 << 30, 8 << 30))
    assert start._resources(RunConfig())["object_store_memory"] == 1 << 30


@pytest.mark.parametrize("terminal", [Terminal, SweepTerminal, PaperTerminal])
@pytest.mark.parametrize(("address", "line"), [("", "starting Ray…\n"), ("a:1", "joining Ray at a:1…\n")])
def test_every_terminal_says_that_ray_is_waited_for(terminal, address, line):
    said = io.StringIO()
    terminal(Console(file=said))(Connecting(address=address))
    assert said.getvalue() == line


LOG = (
    "[2026-11-28 13:55:05,858 I 1 1] (raylet) a.cc:1: fine\n"
    "[2026-11-28 13:55:06,858 C 1 1] (raylet) shared_memory.cc:46: mmap failed\n"
    "*** StackTrace Information ***\n"
    "[2026-11-28 13:55:07,858 E 1 1] (raylet) b.cc:1: an afterthought\n"
)


def guard(seconds: float, process: int, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", start_guard.__file__, str(process), str(seconds), str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def waits(watching: subprocess.Popen[bytes], process: subprocess.Popen[bytes]) -> None:
    """The time is over by itself."""
    process.wait(30)
    assert watching.stdin
    watching.stdin.close()


def done(watching: subprocess.Popen[bytes], process: subprocess.Popen[bytes]) -> None:
    assert watching.stdin
    watching.stdin.write(b"\0")
    watching.stdin.flush()


def gone(watching: subprocess.Popen[bytes], process: subprocess.Popen[bytes]) -> None:
    process.kill()
    assert watching.stdin
    watching.stdin.close()


def stopped(watching: subprocess.Popen[bytes], process: subprocess.Popen[bytes]) -> None:
    assert watching.stdin
    watching.stdin.write(bytes([signal.SIGINT]))
    watching.stdin.flush()
    process.wait(30)
    watching.stdin.close()


@pytest.mark.parametrize(
    ("what", "seconds", "said", "ended"),
    [
        (done, 60.0, "", None),
        (gone, 60.0, "Ray ended this program while it was starting: mmap failed", -signal.SIGKILL),
        pytest.param(
            waits, 1.0, "Ray did not start within 1 s: mmap failed", -signal.SIGTERM, marks=pytest.mark.nightly
        ),
        pytest.param(
            stopped, 60.0, "stopped by SIGINT while Ray was starting: mmap failed", -signal.SIGTERM,
            marks=pytest.mark.nightly,
        ),
    ],
)  # fmt: skip
def test_the_guard_of_rays_start(
    tmp_path: Path, what: Callable[..., None], seconds: float, said: str, ended: int | None
) -> None:
    """It says nothing where the process can, and ends a process that is deaf: 5 s after a signal, 5 s after Ray."""
    process = sleeper()
    try:
        logs = tmp_path / f"session_2026_{process.pid}" / "logs"
        logs.mkdir(parents=True)
        (logs / "raylet.out").write_text(LOG)
        watching = guard(seconds, process.pid, tmp_path)
        what(watching, process)
        assert watching.stderr
        assert watching.stderr.read().decode() == (f"alife: error: {said}\n" if said else "")
        assert (process.poll() if ended is None else process.wait(10)) == ended
    finally:
        process.kill()
        process.wait()


def test_one_that_answers_and_lets_nobody_in_may_be_no_head_at_all():
    place = addresses.place(Ray(address="10.0.0.1:6379"))
    said = start._explain(ConnectionError("no"), place, 1.0, [])
    assert "is the address right? Machines of a cluster share one token" in said
    assert start._explain(ConnectionError("no"), place, 1e9, []).startswith(
        "ray.address: '10.0.0.1:6379': it took more"
    )
