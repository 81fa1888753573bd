"""The matrix: kind of fault × moment × number of workers, and what each cell has to leave on record."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults import strikes
from tests.faults.scene import STEPS
from tests.faults.strikes import Strike

Trace = Literal["a restart that names it", "a restart of one that had not started", "another writer", "nothing"]


@dataclass(frozen=True)
class Cell:
    """One run, and what befalls it.

    Attributes:
        fault: In a few words.
        moment: What is under way when it strikes.
        hosts: That the run asks for.
        nodes: CPUs of each node of the cluster.
        strike: The fault; None leaves the run undisturbed.
        trace: What the fault must leave in the manifest.
        why: What the reason on record begins with, if it is a restart.
        code: Exit code of the command that was struck.
        says: What that command must say.
        resumes: Workers of each command that goes on; all but the last are told to stop (SIGTERM) on their way.
        keys: Of the configuration, on top of the matrix's.
        optional: Whether the run may as well get over it and end by itself, as code 0 says.
        place: "disk" puts the run folder on a small file system, "store" uses a cluster whose object store is small,
            "production" one with Ray's own health checks.
    """

    fault: str
    moment: str
    hosts: int
    nodes: tuple[int, ...]
    strike: Strike | None
    trace: Trace = "nothing"
    why: tuple[str, ...] = ("",)
    code: int = 0
    says: str = ""
    optional: bool = False
    resumes: tuple[int, ...] = ()
    keys: Mapping[str, Any] = field(default_factory=dict)
    place: Literal["", "disk", "store", "production"] = ""

    @property
    def name(self) -> str:
        """As "worker killed, living, 2 workers"."""
        values = ", production values" if self.place == "production" else ""
        return f"{self.fault}, {self.moment}, {self.hosts} worker{'s' if self.hosts > 1 else ''}{values}"


_NODES = {1: (1,), 2: (1, 1), 8: (2, 2, 2, 2)}
_DIED = ("its process died", "its node")
_HUNG = ("no answer for", "hung for")


def _undisturbed(hosts: int) -> Cell:
    return Cell("none", "undisturbed", hosts, _NODES[hosts], None)


def _killed(phase: str, hosts: int) -> Cell:
    trace: Trace = "a restart of one that had not started" if phase == "starting" else "a restart that names it"
    return Cell("worker killed", phase, hosts, _NODES[hosts], strikes.host_killed(phase), trace, _DIED)


def _hung(phase: str, hosts: int, **more: Any) -> Cell:
    trace: Trace = "a restart of one that had not started" if phase == "starting" else "a restart that names it"
    return Cell("worker hung", phase, hosts, _NODES[hosts], strikes.host_hung(phase), trace, _HUNG, **more)


def _driver(moment: str, strike: Strike, hosts: int, code: int = -signal.SIGKILL, **more: Any) -> Cell:
    fault = "driver killed" if code < 0 else f"driver told, {signal.Signals(code - 128).name}"
    return Cell(fault, moment, hosts, _NODES[hosts], strike, "another writer", code=code, resumes=(hosts,), **more)


def _told(number: signal.Signals, hosts: int) -> Cell:
    return _driver(
        "living",
        strikes.driver_told(number),
        hosts,
        128 + number,
        says=f"{number.name}: stopping.*'alife resume .*' goes on",
    )


def _committing(step: str) -> Cell:
    return _driver(
        f"commit: {step}", strikes.driver_killed_committing(step), 2, keys={"checkpoint.every": 1, "checkpoint.keep": 1}
    )


_GONE: Trace = "a restart that names it"
_PATIENT = {"ray.hang_timeout": 60}

CELLS: tuple[Cell, ...] = (
    *map(_undisturbed, (1, 2, 8)),
    *(_killed(phase, hosts) for phase in ("starting", "living", "conceiving", "idle") for hosts in (1, 2)),
    _killed("living", 8),
    *(_hung(phase, 2) for phase in ("starting", "conceiving", "idle")),
    *(_hung("living", hosts) for hosts in (1, 2)),
    Cell("node removed", "living", 2, (1, 1), strikes.node_removed("living"), _GONE, _DIED),
    Cell("node removed", "idle", 2, (1, 1), strikes.node_removed("idle"), _GONE, _DIED),
    Cell("node removed", "living", 8, _NODES[8], strikes.node_removed("living"), _GONE, _DIED),
    Cell("node hung", "living", 2, (1, 1), strikes.node_hung("living"), _GONE, (*_HUNG, *_DIED)),
    Cell("node joins", "living", 2, (1,), strikes.node_joins(1), keys=_PATIENT),
    Cell("node replaced", "living", 2, (1, 1), strikes.node_removed("living", joins=1), _GONE, _DIED, keys=_PATIENT),
    *(_driver("living", strikes.driver_killed("living"), hosts) for hosts in (1, 2)),
    _driver("conceiving", strikes.driver_killed("conceiving"), 2),
    *map(_committing, STEPS),
    *(_told(number, 2) for number in (signal.SIGINT, signal.SIGTERM)),
    Cell(
        "driver told, SIGTERM",
        "living; goes on with 2, then 8 workers",
        1,
        _NODES[8],
        strikes.driver_told(signal.SIGTERM),
        "another writer",
        code=143,
        resumes=(2, 8),
    ),
    Cell(
        "disk full",
        "living",
        2,
        (1, 1),
        strikes.disk_filled,
        "another writer",
        code=2,
        says=r"No space left on device; the run is kept up to generation \d+: 'alife resume' goes on from there",
        resumes=(2,),
        place="disk",
    ),
    Cell(
        "object store full, and its disk",
        "living",
        2,
        (1, 1),
        strikes.store_filled,
        "another writer",
        code=2,
        says="Ray's object store is full",
        optional=True,
        resumes=(2,),
        keys={"population.islands": 3, "population.size": 24, **_PATIENT},
        place="store",
    ),
    _hung("living", 2, keys=_PATIENT, place="production"),
)

IN_CI: tuple[str, ...] = (
    "worker killed, living, 2 workers",
    "worker hung, idle, 2 workers",
    "node replaced, living, 2 workers",
    "driver killed, commit: new manifest in place, 2 workers",
    "driver told, SIGTERM, living, 2 workers",
)
"""Cells that the tests run: one of each kind of fault."""
