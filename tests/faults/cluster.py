"""A Ray cluster of real node processes on loopback, whose workers' phases are seen from outside."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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

_PHASES = {"": "idle", ".start": "starting", ".live": "living", ".conceive": "conceiving"}
_HOST = "ray::PingedWorker"


class LocalCluster:
    """A cluster whose head holds no worker, so that any other node can go.

    Args:
        settings: Ray's `_system_config`; empty for production values.
        store: Bytes of each node's object store.
        temp: Ray's folder for sockets, logs and what does not fit into a store; a short path.
    """

    def __init__(self, settings: dict[str, Any] = FAST, store: int = 100 << 20, temp: str | None = None):
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
        self._lived: set[int] = set()

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
        node = self._ray.add_node(num_cpus=cpus, **self._common)
        self.nodes.append((node, cpus))
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

    def hosts(self, node: Any = None) -> dict[int, str]:
        """Workers there are, on a node or on all: process → "starting", "living", "conceiving", "idle", "up" or "".

        Idle is who has lived and has no thread that wants to run. Who has not been seen to live is starting while it
        loads torch or is named so, and else "up". "" is said of any other moment.
        """
        found = {}
        for each, _ in [(node, 0)] if node else self.nodes:
            for pid in self.workers(each):
                phase = phase_of(pid)
                if phase in ("living", "conceiving"):
                    self._lived.add(pid)
                if phase == "idle":
                    phase = self._nameless(pid)
                if phase is not None:
                    found[pid] = phase
        return found

    def _nameless(self, pid: int) -> str:
        """The phase of a worker whose title names none."""
        if pid in self._lived:
            return "" if processes.busy(pid) else "idle"
        if processes.maps(pid, "libtorch") and processes.busy(pid):
            return "starting"
        return "up"

    def close(self) -> None:
        """End all nodes."""
        for node, _ in list(self.nodes):
            self.remove(node)
        head: Any = self._ray.head_node
        self._ray.remove_node(head, allow_graceful=False)
        self._ray.shutdown()


def phase_of(pid: int) -> str | None:
    """What the title of a process says that a worker is doing; None if this is no worker.

    Ray names a method in the title while it runs, but a ping that ends meanwhile takes the name away. So a name is
    proof, and "idle", its absence, is none: see `LocalCluster.hosts`.
    """
    title = processes.title(pid)
    return _PHASES.get(title.removeprefix(_HOST), "") if title.startswith(_HOST) else None


def raylet(node: Any) -> int:
    """The process that is a node to Ray: its workers are its children."""
    return int(node.all_processes["raylet"][0].process.pid)


def supported() -> bool:
    """Whether processes can be looked at here."""
    return sys.platform == "linux"
