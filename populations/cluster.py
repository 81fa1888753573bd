"""Ray itself: started on this machine, or joined at an address; and how one of its processes is made to end.

A room of its own so that nothing else knows Ray's start-up flags, and so that nobody needs Ray who does not use it.
"""

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

from alife.config import RunConfig
from alife.errors import UserError

CONNECT_SECONDS = 10.0


def connect(config: RunConfig) -> bool:
    """Join the cluster at `ray.address` (or RAY_ADDRESS), or start Ray here: loopback only, no dashboard, no telemetry.

    Returns:
        Whether Ray was started or joined by this call, and so is this caller's to leave.

    Raises:
        UserError: There is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    address = config.ray.address or os.environ.get("RAY_ADDRESS")
    if not address:
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # on Linux: bind to 127.0.0.1 only
        if not os.access(os.path.expanduser("~"), os.W_OK):
            os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # a token file could not be written there
    import ray

    if ray.is_initialized():
        return False
    options: dict[str, Any] = {"include_dashboard": False} if not address else {}
    if not address:
        options["num_cpus"] = max(_cores(), round(hosts_wanted(config) * config.ray.cpus_per_host))
    else:
        _check_answers(address)
    try:
        with _quiet():
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=True,
                **options,
            )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        where = f"ray.address: {address!r}" if address else "Ray could not start on this machine"
        raise UserError(f"{where}: {' '.join(str(error).split())[:200] or type(error).__name__}") from None
    return True


def hosts_wanted(config: RunConfig) -> int:
    """Hosts that a run can use: as configured, else one an island up to the cores of this machine."""
    if config.ray.hosts != "auto":
        return config.ray.hosts
    return max(1, min(config.population.islands, int(_cores() / config.ray.cpus_per_host)))


def room(config: RunConfig) -> int:
    """Hosts that the nodes alive now have resources for, however many of them are in use."""
    import ray

    total = 0
    for node in ray.nodes():
        if not node["Alive"]:
            continue
        resources = node["Resources"]
        fits = resources.get("CPU", 0) / config.ray.cpus_per_host
        if config.ray.gpus_per_host:
            fits = min(fits, resources.get("GPU", 0) / config.ray.gpus_per_host)
        total += int(fits)
    return total


def kill(actor: Any, pid: int | None, node: str | None) -> None:
    """End an actor's process for certain, even one that is stopped and cannot answer."""
    import ray

    with contextlib.suppress(Exception):
        ray.kill(actor, no_restart=True)
    if pid is None or node is None:
        return
    if node == ray.get_runtime_context().get_node_id():
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        return
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
    remote: Any = ray.remote
    with contextlib.suppress(Exception):
        remote(num_cpus=0, max_retries=0, scheduling_strategy=strategy)(os.kill).remote(pid, signal.SIGKILL)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_answers(address: str) -> None:
    """Ray waits long for a cluster that is not there; a plain connection knows at once."""
    if address in ("auto", "local"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "expected HOST:PORT"
        raise UserError(
            f"ray.address: {address!r}: no cluster answers there ({reason}); start one with 'ray start --head', or "
            "leave ray.address out to run on this machine"
        ) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Ray logs a banner and warnings while it starts; errors still come as exceptions."""
    loggers = [logging.getLogger(name) for name in ("ray", "ray._private.worker")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
