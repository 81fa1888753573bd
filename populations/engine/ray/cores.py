"""How many cores this process may use: of those it is bound to, as many as its container may take.

Call `cores`, or `hosts_wanted` for how many workers they are good for.
"""

import math
import os
from pathlib import Path

from alife.configuration.keys import RunConfig
from alife.configuration.together import useful

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def cores() -> int:
    """At least one; a quota of 1.5 cores counts as two."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(bound, quota())))


def hosts_wanted(config: RunConfig) -> int:
    """Workers that a run can use: as configured, else as many as there is work for, up to the cores of this machine."""
    if config.ray.hosts != "auto":
        return config.ray.hosts
    return max(1, min(useful(config), int(cores() / config.ray.cpus_per_host)))


def quota() -> float:
    """Cores that control groups (containers, services) let this process have; infinite if they set no limit."""
    try:
        own = [line.split(":", 2) for line in OWN_CGROUPS.read_text().splitlines()]
    except OSError:
        return math.inf
    limits = [math.inf]
    for _, controllers, path in own:
        if not controllers:
            limits += [_second_version(folder) for folder in _above(CGROUPS, path)]
        elif "cpu" in controllers.split(","):
            limits += [_first_version(folder) for folder in _above(CGROUPS / "cpu", path)]
    return min(limits)


def _above(mount: Path, path: str) -> list[Path]:
    """A control group's folder and all above it; inside a container its own is what is mounted."""
    folder = mount / path.lstrip("/")
    return [folder, *(above for above in folder.parents if above.is_relative_to(mount))]


def _second_version(folder: Path) -> float:
    try:
        allowed, period = (folder / "cpu.max").read_text().split()
        return int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max": no limit
        return math.inf


def _first_version(folder: Path) -> float:
    try:
        allowed = int((folder / "cpu.cfs_quota_us").read_text())
        return allowed / int((folder / "cpu.cfs_period_us").read_text()) if allowed > 0 else math.inf
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
