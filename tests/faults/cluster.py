"""A Ray cluster of real node processes on loopback, whose workers' phases are seen from outside."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.faults import processes

FAST = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 5,
}
"""Ray's own checks of its nodes, at a third of their period, and patient enough for a machine with much else to do."""
LOOPBACK = "127.0.0.1"
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_memory_monitor_refresh_ms": "0",
    "OMP_NUM_THREADS": "1",
}
"""Of every process of the cluster and of every driver: loopback only, no telemetry, no memory monitor."""

_NEW_MOUNTS, _NEW_FS = 0x00020000, 0x00000200
"""CLONE_NEWNS and CLONE_FS of Linux."""
_HOST = "ray::PingedWorker"
_DOING = {each[:9]: each for each in ("living", "conceiving", "helping", "waiting", "writing")}


class LocalCluster:
    """A cluster whose head holds no worker, so that any other node can go.

    Args:
        settings: Ray's `_system_config`; empty for production values.
        store: Bytes of each node's object store.
        temp: Ray's folder for sockets, logs and what does not fit into a store; a short path.
        hidden: A folder that nodes do not see, as if they were other machines; but for the first if `first_sees`.
        first_sees: See `hidden`.

    Raises:
        PermissionError: A folder cannot be hidden here.
    """

    def __init__(
        self,
        settings: dict[str, Any] = FAST,
        store: int = 100 << 20,
        temp: str | None = None,
        hidden: Path | None = None,
        first_sees: bool = False,
    ):
        os.environ.update(ENVIRONMENT)
        from ray._private.utils import get_ray_address_file
        from ray.cluster_utils import Cluster

        logging.getLogger("ray").setLevel(logging.ERROR)
        current = Path(get_ray_address_file(None))
        before = current.read_bytes() if current.exists() else None
        self._common: dict[str, Any] = {
            "node_ip_address": LOOPBACK,
            "include_dashboard": False,
            "object_store_memory": store,
            "temp_dir": temp,
        }
        signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        head = {**self._common, "num_cpus": 0, "_system_config": dict(settings) or None}
        self._ray = Cluster(initialize_head=True, connect=False, head_node_args=head)
        for number, handler in signals.items():  # Ray takes them for itself
            signal.signal(number, handler)
        if before is not None:  # what `ray.init(address="auto")` joins is no business of a bench
            current.write_bytes(before)
        self.nodes: list[tuple[Any, int]] = []
        self._hidden, self._first_sees = hidden, first_sees
        self._apart = apart(hidden) if hidden else None

    @property
    def address(self) -> str:
        """For `ray.address`."""
        return str(self._ray.address)

    def arrange(self, cpus: Sequence[int]) -> None:
        """Have exactly nodes with so many CPUs each, all of them sound, and a head that knows of no others."""
        missing = list(cpus)
        for node, count in list(self.nodes):
            if count in missing and processes.running(raylet(node)):
                missing.remove(count)
            else:
                self.remove(node)
        self._ray.wait_for_nodes()
        for count in missing:
            self.add(count)

    def add(self, cpus: int) -> Any:
        """Start a node; returns once it is alive."""
        sees = not self._hidden or (self._first_sees and not self.nodes)
        add = partial(self._ray.add_node, num_cpus=cpus, **self._common)
        with patch("ray._private.utils.set_sigterm_handler"):  # Ray takes the signal for itself
            node = add() if sees or not self._apart else self._apart.submit(add).result()
        self.nodes.append((node, cpus))
        if not sees and self._hidden and any(processes.sees(raylet(node), each) for each in self._hidden.iterdir()):
            raise PermissionError("a folder could not be hidden from a node")
        return node

    def remove(self, node: Any) -> None:
        """Kill a node and all that runs on it, at once."""
        self.nodes = [(each, cpus) for each, cpus in self.nodes if each is not node]
        workers = self.workers(node)
        processes.thaw(raylet(node))
        self._ray.remove_node(node, allow_graceful=False)
        for pid in workers:
            processes.kill(pid)

    def workers(self, node: Any) -> list[int]:
        """Processes that a node has started."""
        return processes.children(raylet(node))

    def hosts(self, node: Any = None) -> dict[int, frozenset[str]]:
        """Workers there are, on a node or on all, and their phases, as `phases_of`."""
        pids = [pid for each, _ in ([(node, 0)] if node else self.nodes) for pid in self.workers(each)]
        found = ((pid, phases_of(pid)) for pid in pids)
        return {pid: phases for pid, phases in found if phases is not None}

    def close(self) -> None:
        """End all nodes."""
        for node, _ in list(self.nodes):
            self.remove(node)
        if self._apart:
            self._apart.shutdown()
        head: Any = self._ray.head_node
        self._ray.remove_node(head, allow_graceful=False)
        self._ray.shutdown()


def phases_of(pid: int) -> frozenset[str] | None:
    """What a worker does, as its threads are named: "living", "conceiving", "helping" or "waiting", and "writing".

    One that has no such thread yet is "starting" while it starts, as far as its title tells, or loads torch, and else
    "up": of that phase a name is proof, and its absence is none, for a ping that ends takes it away. None if this is no
    worker.
    """
    title = processes.title(pid)
    if not title.startswith(_HOST):
        return None
    if doing := processes.doing(pid):
        return frozenset(_DOING[each] for each in doing if each in _DOING)
    loading = processes.maps(pid, "libtorch") and processes.busy(pid)
    return frozenset(["starting" if title == f"{_HOST}.start" or loading else "up"])


def raylet(node: Any) -> int:
    """The process that is a node to Ray: its workers are its children."""
    return int(node.all_processes["raylet"][0].process.pid)


def apart(folder: Path) -> ThreadPoolExecutor:
    """A thread for which, and for whatever it starts, a folder is empty. What it starts may end with it.

    Raises:
        PermissionError: Only root may arrange that.
    """

    def enter() -> None:
        if ctypes.CDLL(None).unshare(_NEW_MOUNTS | _NEW_FS):  # of this thread alone
            raise PermissionError("hiding a folder from a process needs root")
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], check=True)

    thread = ThreadPoolExecutor(1)
    thread.submit(enter).result()
    return thread


def supported() -> bool:
    """Whether processes can be looked at here."""
    return sys.platform == "linux"
