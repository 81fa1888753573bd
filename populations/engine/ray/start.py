"""Ray started on this machine or joined at an address, for one user of it in this process at a time.

Call `connect`, and `leave` if it says that Ray is yours.
"""

import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from populations.engine.backend import Interrupted
from populations.engine.ray import addresses, guard
from populations.engine.ray import folder as ray_folder
from populations.engine.ray.cores import cores, hosts_wanted
from populations.engine.ray.surroundings import Told, guarded, loopback, quiet, signals_kept, silent

START_SECONDS = 120.0
"""Ray that is not there by then is given up."""
LEAST_SPACE = 4 << 30
"""Bytes of address space (`ulimit -v`) that a process with Ray and torch needs."""
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_prestart_worker_first_driver": "0",  # else a driver waits, deaf, for workers that may never start
}
_KEYS = (
    "is the address right? Machines of a cluster share one token (RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or "
    "~/.ray/auth_token) and one version of Ray, here {}"
)

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_user: int | None = None
"""The thread that uses the Ray that was started or joined here; it may connect again."""


def connect(
    config: RunConfig, stopping: Callable[[], bool] = lambda: False, told: Callable[[str], None] = lambda _: None
) -> bool:
    """Join the cluster at `ray.address` (or RAY_ADDRESS), or start Ray here: loopback only, no dashboard, no telemetry.

    Args:
        config: Says where, and what a worker needs.
        stopping: Asked once Ray is there.
        told: Told, before it takes long, at which address Ray is joined, or "" if it is started.

    Returns:
        Whether Ray was started or joined by this call, and so is this caller's to `leave`.

    Raises:
        Interrupted: `stopping()` became true meanwhile.
        UserError: There is no cluster at the address, or it does not let us in; Ray does not start; or this process
            uses it already, in another thread or at another address.
    """
    global _user
    place = addresses.place(config.ray)
    with _lock:
        if _user not in (None, threading.get_ident()):
            raise UserError(
                "another thread of this process is evolving on Ray: wait for it, use a process of its own, or "
                "backend='local'"
            )
        if _connected_before(config):
            return False
        _user = threading.get_ident()
    began = time.monotonic()
    try:
        for name, value in _SETTINGS.items():
            os.environ.setdefault(name, value)
        if place.address:
            place = addresses.located(place)
            addresses.check_answers(place)
        told(place.address)
        _start(config, place, stopping)
        where = f"joined at {place.address}" if place.address else "started here"
        _log.info("Ray is %s after %.1f s", where, time.monotonic() - began)
    except BaseException:
        guard.end_ray(os.getpid())
        leave()
        raise
    return True


def leave() -> None:
    """Let go of the Ray that `connect` has started or joined."""
    global _user
    import ray

    try:
        ray.shutdown()
    finally:
        _auto_connect(True)
        _user = None


def _connected_before(config: RunConfig) -> bool:
    """Whether this process has a Ray already.

    Raises:
        UserError: It is not the one that `ray.address` asks for.
    """
    if "ray" not in sys.modules:
        return False
    import ray

    if not ray.is_initialized():
        return False
    asked, has = config.ray.address, ray.get_runtime_context().gcs_address
    wanted = f"127.0.0.1:{has.rpartition(':')[2]}" if asked == addresses.LOCAL else asked
    if wanted and wanted != "auto" and _user is None and not addresses.same(wanted, has):
        raise UserError(
            f"ray.address: {asked!r}: this process is connected to Ray at {has} already: call ray.shutdown() "
            "first, or leave the address out"
        )
    return True


def _start(config: RunConfig, place: addresses.Place, stopping: Callable[[], bool]) -> None:
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    if not place.address:
        options |= _resources(config)
        if not os.access(os.path.expanduser("~"), os.W_OK):
            os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # a token file could not be written there
    import ray

    options["job_config"] = job = ray.job_config.JobConfig()
    job._py_driver_sys_path = _DriversPath()
    began = time.monotonic()
    folders = [options.get("_temp_dir") or ray_folder.usual()]
    try:
        with quiet(), guarded(START_SECONDS, folders), signals_kept(stopping), silent(), loopback(not place.address):
            ray.init(address=place.address or addresses.LOCAL, **options)
    except Told:
        raise Interrupted from None
    except (Exception, SystemExit) as error:  # Ray raises whatever it likes, Exception itself too
        if stopping():
            raise Interrupted from None
        raise UserError(_explain(error, place, time.monotonic() - began, folders)) from None
    _auto_connect(False)
    if stopping():
        raise Interrupted


def _resources(config: RunConfig) -> dict[str, Any]:
    """Options of a Ray that is started here."""
    options: dict[str, Any] = {"include_dashboard": False}
    options["num_cpus"] = max(cores(), round(hosts_wanted(config) * config.ray.cpus_per_host))
    if folder := ray_folder.choose():
        options["_temp_dir"] = folder
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    if space != resource.RLIM_INFINITY:
        if space < LEAST_SPACE:
            raise UserError(
                f"ulimit -v: Ray needs {LEAST_SPACE >> 30} GB of address space a process, and this one may have "
                f"{space / (1 << 30):.1f}: raise the limit, or give --backend local"
            )
        options["object_store_memory"] = min(space // 8, 2 << 30)  # each process maps all of it
    return options


def _explain(error: BaseException, place: addresses.Place, seconds: float, folders: list[str]) -> str:
    import ray

    what = place.named or "Ray could not start on this machine"
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if seconds > START_SECONDS:
        reason = f"it took more than {START_SECONDS:g} s"
    if isinstance(error, ConnectionError) and place.address != "auto":
        reason += f"; what answers there does not let us in as a head ({place.remedy}): {_KEYS.format(ray.__version__)}"
    elif not place.address and (last := guard.last_error(folders, os.getpid())):
        reason += f"; its last error was: {last}"
    return f"{what}: {reason}"


class _DriversPath(list[str]):
    """What Ray adds to the path of workers: script's folder and working directory, if this process has them."""

    def extend(self, folders: Any) -> None:
        known = {os.path.realpath(folder or os.curdir) for folder in sys.path}
        super().extend(folder for folder in folders if os.path.realpath(folder) in known)


def _auto_connect(allowed: bool) -> None:
    """Let a call to Ray start one, with a dashboard, if there is none; or not, while one is in use here."""
    from ray._private import auto_init_hook

    if os.environ.get("RAY_ENABLE_AUTO_CONNECT") != "0":
        auto_init_hook.enable_auto_connect = allowed
