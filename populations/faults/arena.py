"""A Ray cluster of real node processes on loopback, whose hosts' phases are seen from outside."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from populations.faults import processes

FAST = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
}
"""Ray's own checks of its nodes, quick enough that a node that hangs is given up within seconds."""
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
_HOST = "ray::PingedHost"


class Arena:
    """A cluster whose head holds no host, so that any other node can go.

    Args:
        settings: Ray's `_system_config`; empty for production values.
        store: Bytes of each node's object store.
    """

    def __init__(self, settings: dict[str, Any] = FAST, store: int = 100 << 20):
        os.environ.update(ENVIRONMENT)
        logging.getLogger("ray").setLevel(logging.ERROR)
        from ray.cluster_utils import Cluster

        self._common = {"node_ip_address": LOOPBACK, "include_dashboard": False, "object_store_memory": store}
        signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        head = {**self._common, "num_cpus": 0, "_system_config": settings or None}
        self.cluster = Cluster(initialize_head=True, connect=False, head_node_args=head)
        for number, handler in signals.items():  # Ray takes them for itself
            signal.signal(number, handler)
        self.nodes: list[tuple[Any, int]] = []

    @property
    def address(self) -> str:
        """For `ray.address`."""
        return str(self.cluster.address)

    def arrange(self, cpus: Sequence[int]) -> None:
        """Have exactly nodes with so many CPUs each, in this order, all of them running."""
        for node, count in list(self.nodes):
            if not self._sound(node) or sorted(c for _, c in self.nodes) != sorted(cpus):
                self.remove(node)
        while len(self.nodes) < len(cpus):
            left = list(cpus)
            for _, count in self.nodes:
                left.remove(count)
            self.add(left[0])

    def add(self, cpus: int) -> Any:
        """Start a node; returns once it is alive."""
        node = self.cluster.add_node(num_cpus=cpus, **self._common)
        self.nodes.append((node, cpus))
        return node

    def remove(self, node: Any) -> None:
        """Kill a node and all that runs on it, at once."""
        self.nodes = [(each, cpus) for each, cpus in self.nodes if each is not node]
        workers = self.workers(node)
        processes.thaw(raylet(node))
        self.cluster.remove_node(node, allow_graceful=False)
        for pid in workers:
            processes.kill(pid)

    def workers(self, node: Any) -> list[int]:
        """Processes that a node has started."""
        return processes.children(raylet(node))

    def hosts(self, node: Any = None) -> dict[int, str]:
        """Hosts there are, on a node or on all: process → "starting", "living", "conceiving", "idle" or "".

        A host is known as one once its actor has been created; "" is said while it answers a ping.
        """
        found = {}
        for each, _ in [(node, 0)] if node else self.nodes:
            for pid in self.workers(each):
                phase = phase_of(pid)
                if phase is not None:
                    found[pid] = phase
        return found

    def close(self) -> None:
        """End all nodes."""
        for node, _ in list(self.nodes):
            self.remove(node)
        self.cluster.remove_node(self.cluster.head_node, allow_graceful=False)
        self.cluster.shutdown()

    def _sound(self, node: Any) -> bool:
        return processes.alive(raylet(node))


def phase_of(pid: int) -> str | None:
    """What a host is doing; None if this is no host."""
    title = processes.title(pid)
    if not title.startswith(_HOST):
        return None
    return _PHASES.get(title.removeprefix(_HOST), "")


def raylet(node: Any) -> int:
    """The process that is a node to Ray: its workers are its children."""
    return int(node.all_processes["raylet"][0].process.pid)


def supported() -> bool:
    """Whether processes can be looked at here."""
    return sys.platform == "linux"
