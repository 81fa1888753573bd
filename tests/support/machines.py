"""Machines made of Linux namespaces: each has its own address, processes, hostname, /tmp/ray and /dev/shm.

They are joined by a bridge in a namespace of its own, so that nothing of this machine's network is touched, and they
share its disks. What runs in a machine ends with it: the kernel kills a process namespace whose first process dies.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

NETWORK = "10.77.0"
_FIRST_PROCESS = "trap : TERM INT; while :; do sleep 3600 & wait; done"  # takes in orphans, as an init does


def needs_namespaces() -> pytest.MarkDecorator:
    """Skip where machines cannot be made, and say why."""
    why = ""
    if os.geteuid() != 0:
        why = "only root may make network namespaces"
    elif missing := [name for name in ("ip", "unshare", "nsenter", "setpriv") if not shutil.which(name)]:
        why = f"{missing[0]} is not installed (Debian: iproute2, util-linux)"
    elif subprocess.run(
        ["unshare", "--net", "--pid", "--mount", "--uts", "--fork", "true"], capture_output=True
    ).returncode:
        why = "the kernel lets nobody make namespaces here"
    return pytest.mark.skipif(bool(why), reason=why)


@dataclass
class Machine:
    """One of them.

    Attributes:
        name: Its hostname.
        address: Its address on the bridge.
        init: Its first process, as seen from outside.
        home: HOME of what runs in it.
    """

    name: str
    address: str
    init: int
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *command: Any) -> list[str]:
        """What to run here so that `command` runs there."""
        return ["nsenter", "-t", str(self.init), "-n", "-m", "-p", "-u", *map(str, command)]

    def run(self, *command: Any, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command there to its end."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:  # a daemon would hold pipes open
            done = self._start(command, variables, out, err)
            try:
                done.wait(400)
            finally:
                done.kill()
            out.seek(0)
            err.seek(0)
            answer = subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())
        if check:
            assert answer.returncode == 0, f"{self.name}: {answer}"
        return answer

    def start(self, *command: Any, log: Path, **variables: str) -> subprocess.Popen[str]:
        """Start a command there; what it says goes into a file."""
        with log.open("a") as file:
            return self._start(command, variables, file, file)

    def _start(
        self, command: Sequence[Any], variables: Mapping[str, str], out: IO[str], err: IO[str]
    ) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        environment = {**kept, "HOME": str(self.home), **self.environment, **variables}
        streams: Any = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
        return subprocess.Popen(self.command(*command), env=environment, text=True, **streams)


@dataclass
class Network:
    """Machines on one bridge."""

    machines: list[Machine]
    switch: int

    def cut(self, machine: Machine) -> None:
        """Take a machine's cable out: nothing reaches it, nobody is told."""
        self._cable(machine, "down")

    def mend(self, machine: Machine) -> None:
        """Put it back in."""
        self._cable(machine, "up")

    def _cable(self, machine: Machine, state: str) -> None:
        port = f"port{self.machines.index(machine)}"
        _call("nsenter", "-t", self.switch, "-n", "ip", "link", "set", port, state)


@contextlib.contextmanager
def network(names: Sequence[str], folder: Path, **environment: str) -> Iterator[Network]:
    """Machines of these names, gone at the end with all that runs in them.

    Args:
        names: Hostnames.
        folder: Holds their homes.
        environment: Variables of whatever runs in them.
    """
    with contextlib.ExitStack() as stack:
        switch = stack.enter_context(_namespaces("--net"))
        _call("nsenter", "-t", switch, "-n", "ip", "link", "add", "bridge", "type", "bridge")
        _call("nsenter", "-t", switch, "-n", "ip", "link", "set", "bridge", "up")
        machines = []
        for number, name in enumerate(names):
            init = stack.enter_context(_namespaces("--net", "--pid", "--mount", "--uts", "--mount-proc"))
            home = folder / name
            home.mkdir()
            machine = Machine(name, f"{NETWORK}.{number + 1}", init, home, dict(environment))
            _plug(machine, switch, f"port{number}")
            machines.append(machine)
        hosts = "127.0.0.1 localhost\n" + "".join(f"{m.address} {m.name}\n" for m in machines)
        (folder / "hosts").write_text(hosts)
        for machine in machines:
            machine.run("mount", "--bind", folder / "hosts", "/etc/hosts")
        yield Network(machines, switch)


def _plug(machine: Machine, switch: int, port: str) -> None:
    _call(
        "nsenter",
        "-t",
        switch,
        "-n",
        "ip",
        "link",
        "add",
        port,
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "netns",
        machine.init,
    )
    _call("nsenter", "-t", switch, "-n", "ip", "link", "set", port, "master", "bridge", "up")
    machine.run("ip", "address", "add", f"{machine.address}/24", "dev", "eth0")
    machine.run("ip", "link", "set", "eth0", "up")
    machine.run("ip", "link", "set", "lo", "up")
    machine.run("hostname", machine.name)
    os.makedirs("/tmp/ray", exist_ok=True)
    machine.run("mount", "-t", "tmpfs", "tmpfs", "/tmp/ray")
    machine.run("mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", "/dev/shm")


@contextlib.contextmanager
def _namespaces(*kinds: str) -> Iterator[int]:
    """New namespaces, and the process that holds them."""
    holder = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", *kinds, "--fork", "--kill-child", "bash", "-c", _FIRST_PROCESS]
    )
    try:
        yield _child(holder.pid)
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()


def _child(process: int) -> int:
    """The child of `unshare`, once it is the shell in its namespaces."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        if children and Path(f"/proc/{children[0]}/comm").read_text().strip() == "bash":
            return int(children[0])
        time.sleep(0.01)
    raise AssertionError("unshare made no namespaces")


def _call(*command: Any) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=30)
