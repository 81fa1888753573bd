"""Ray itself: started on this machine or joined at an address, and what its head knows of the nodes.

A room of its own so that nothing else knows Ray's start-up flags, and so that nobody needs Ray who does not use it.
"""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Collection, Iterator
from typing import Any

from alife.config import Ray, RunConfig
from alife.errors import UserError
from alife.words import count

CONNECT_SECONDS = 10.0
LOOK_SECONDS = 1.0
_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
_KEYS = (
    "machines of a cluster share one token (RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or ~/.ray/auth_token) and one "
    "version of Ray, here {}"
)
_LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"

_log = logging.getLogger(__name__)


def connect(config: RunConfig) -> bool:
    """Join the cluster at `ray.address` (or RAY_ADDRESS), or start Ray here: loopback only, no dashboard, no telemetry.

    Returns:
        Whether Ray was started or joined by this call, and so is this caller's to leave.

    Raises:
        UserError: There is no cluster at the address, or it does not let us in.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    address = config.ray.address or os.environ.get("RAY_ADDRESS")
    where = f"{'ray.address' if config.ray.address else 'RAY_ADDRESS'}: {address!r}"
    address = None if address == "local" else address
    if address:
        _check_answers(address, where)
    elif not os.access(os.path.expanduser("~"), os.W_OK):
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # a token file could not be written there
    import ray

    if ray.is_initialized():
        return False
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    if not address:
        options["include_dashboard"] = False
        options["num_cpus"] = max(_cores(), round(hosts_wanted(config) * config.ray.cpus_per_host))
    try:
        with _quiet(), _signals_kept(), _silent() if address else _loopback():
            ray.init(address=address or "local", **options)
    except Exception as error:  # Ray raises whatever it likes, Exception itself too
        what = where if address else "Ray could not start on this machine"
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        if isinstance(error, ConnectionError) and address != "auto":
            reason += f"; it answers but does not let us in: {_KEYS.format(ray.__version__)}"
        raise UserError(f"{what}: {reason}") from None
    return True


def elsewhere(needs: Ray) -> bool:
    """Whether hosts may be on other machines: a cluster is named, or this process is connected to one."""
    module = sys.modules.get("ray")
    named = needs.address or os.environ.get("RAY_ADDRESS") or "local"
    return named != "local" or (module is not None and module.is_initialized())


def hosts_wanted(config: RunConfig) -> int:
    """Hosts that a run can use: as configured, else one an island up to the cores of this machine."""
    if config.ray.hosts != "auto":
        return config.ray.hosts
    return max(1, min(config.population.islands, int(_cores() / config.ray.cpus_per_host)))


class Head:
    """Asks Ray's head once a second what nodes there are, in a thread of its own: a head that is gone blocks who asks.

    Args:
        config: Says what a host needs.

    Attributes:
        places: Hosts that each node alive has resources for, however many of them are in use, by the node's id.
        answers: How often the head has answered.
    """

    def __init__(self, config: RunConfig):
        self._config = config
        self._stop = threading.Event()
        self.places = places(config)
        self.answers = 1
        self._thread = threading.Thread(target=self._watch, name="head", daemon=True)
        self._thread.start()

    @property
    def room(self) -> int:
        """Hosts that all nodes alive have resources for."""
        return sum(self.places.values())

    def close(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join(LOOK_SECONDS)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.places = places(self._config)
            except Exception as error:  # whatever it is, no answer came; who waits for answers decides
                _log.debug("the head of the cluster does not answer: %s", error)
                continue
            self.answers += 1


def places(config: RunConfig) -> dict[str, int]:
    """Hosts that each node alive has resources for, in use or not, by the node's id; nodes without any are left out."""
    import ray

    needs = {"CPU": config.ray.cpus_per_host, "GPU": config.ray.gpus_per_host}
    found = {}
    for node in ray.nodes():
        if node["Alive"]:
            has = node["Resources"]
            found[node["NodeID"]] = min(
                int(has.get(name, 0) / amount + 1e-9) for name, amount in needs.items() if amount
            )
    return {node: hosts for node, hosts in found.items() if hosts}


def nodes_at(address: str) -> list[str]:
    """Ids of the nodes alive at an IP address."""
    import ray

    return [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["NodeManagerAddress"] == address]


def not_on(nodes: Collection[str]) -> dict[str, Any]:
    """Options of a task or an actor that keep it away from nodes."""
    return {"label_selector": {"ray.io/node-id": f"!in({','.join(sorted(nodes))})"}} if nodes else {}


def only_on(node: str) -> dict[str, Any]:
    """Options of a task or an actor that put it on one node."""
    return {"label_selector": {"ray.io/node-id": node}}


def room(config: RunConfig) -> int:
    """Hosts that the nodes alive now have resources for, however many of them are in use; each fits on one node."""
    return sum(places(config).values())


def check_room(config: RunConfig, who: str) -> None:
    """Refuse a cluster of which no node has what `who`, a host or a job, asks for.

    Raises:
        UserError: There is none.
    """
    if room(config) < 1:
        raise UserError(
            f"ray: no node of the cluster has the {described(config.ray)} that a {who} asks for: lower "
            "ray.cpus_per_host or ray.gpus_per_host, or add such a node"
        )


def described(needs: Ray) -> str:
    """What a host or a job asks for, in words."""
    gpus = f" and {count(needs.gpus_per_host, 'GPU')}" if needs.gpus_per_host else ""
    return f"{count(needs.cpus_per_host, 'CPU')}{gpus}"


@contextlib.contextmanager
def explain_full_store() -> Iterator[None]:
    """Turn Ray's refusal to hold another object into one line for the user.

    Raises:
        UserError: In place of ObjectStoreFullError and OutOfDiskError, which Ray raises when waiting did not help.
    """
    from ray.exceptions import ObjectStoreFullError, OutOfDiskError

    try:
        yield
    except (ObjectStoreFullError, OutOfDiskError) as error:
        what = "disk that it spills to" if isinstance(error, OutOfDiskError) else "shared memory"
        raise UserError(
            f"Ray's object store is full, and so is its {what}: free some, or start Ray with a larger "
            "--object-store-memory or with --temp-dir on a larger disk; 'alife resume' goes on from the last commit"
        ) from error


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_answers(address: str, where: str) -> None:
    """Ray waits long for a cluster that is not there; a plain connection knows at once."""
    if address == "auto":
        return
    if "://" in address:
        raise UserError(
            f"{where}: expected HOST:PORT of the head, as seen on a machine of the cluster; from elsewhere send the "
            "command there with 'ray job submit'"
        )
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        malformed = isinstance(error, ValueError | OverflowError)
        reason = "expected HOST:PORT" if malformed else getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"{where}: no cluster answers there ({reason}); start one with 'ray start --head', or leave the address "
            "out to run on this machine"
        ) from None


@contextlib.contextmanager
def _loopback() -> Iterator[None]:
    """Ray started inside binds to 127.0.0.1 only, on Linux too, whether or not it was imported before."""
    from ray._private import ray_constants

    before, known = os.environ.get(_LOOPBACK), ray_constants.ENABLE_RAY_CLUSTER
    os.environ[_LOOPBACK] = "0"
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = known
        if before is None:
            del os.environ[_LOOPBACK]
        else:
            os.environ[_LOOPBACK] = before


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; what this process had arranged for it is put back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """What Ray's native part writes to stderr is dropped: a warning a second while a cluster does not let it in."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


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
