"""The matrix: kind of fault × moment × number of workers, and what each case has to leave on record."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults import injections
from tests.faults.injections import Injection
from tests.faults.scenario import STEPS

Trace = Literal["a restart that names it", "a restart of one that had not started", "another writer", "nothing"]


@dataclass(frozen=True)
class Case:
    """One run, and what befalls it.

    Attributes:
        fault: In a few words.
        moment: What is under way when it happens.
        hosts: That the run asks for.
        nodes: CPUs of each node of the cluster.
        inject: The fault; None leaves the run undisturbed.
        trace: What the fault must leave in the manifest.
        why: What the reason on record begins with, if it is a restart.
        code: Exit code of the command that was hit.
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
    inject: Injection | None
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


def _undisturbed(hosts: int) -> Case:
    return Case("none", "undisturbed", hosts, _NODES[hosts], None)


def _killed(phase: str, hosts: int) -> Case:
    trace: Trace = "a restart of one that had not started" if phase == "starting" else "a restart that names it"
    return Case("worker killed", phase, hosts, _NODES[hosts], injections.host_killed(phase), trace, _DIED)


def _hung(phase: str, hosts: int, **more: Any) -> Case:
    trace: Trace = "a restart of one that had not started" if phase == "starting" else "a restart that names it"
    return Case("worker hung", phase, hosts, _NODES[hosts], injections.host_hung(phase), trace, _HUNG, **more)


def _driver(moment: str, inject: Injection, hosts: int, code: int = -signal.SIGKILL, **more: Any) -> Case:
    fault = "driver killed" if code < 0 else f"driver told, {signal.Signals(code - 128).name}"
    return Case(fault, moment, hosts, _NODES[hosts], inject, "another writer", code=code, resumes=(hosts,), **more)


def _told(number: signal.Signals, hosts: int) -> Case:
    return _driver(
        "living",
        injections.driver_told(number),
        hosts,
        128 + number,
        says=f"{number.name}: stopping.*'alife resume .*' goes on",
    )


def _committing(step: str) -> Case:
    return _driver(
        f"commit: {step}",
        injections.driver_killed_committing(step),
        2,
        keys={"checkpoint.every": 1, "checkpoint.keep": 1},
    )


_GONE: Trace = "a restart that names it"
_PATIENT = {"ray.hang_timeout": 60}

CASES: tuple[Case, ...] = (
    *map(_undisturbed, (1, 2, 8)),
    *(_killed(phase, hosts) for phase in ("starting", "living", "conceiving", "idle") for hosts in (1, 2)),
    _killed("living", 8),
    *(_hung(phase, 2) for phase in ("starting", "conceiving", "idle")),
    *(_hung("living", hosts) for hosts in (1, 2)),
    Case("node removed", "living", 2, (1, 1), injections.node_removed("living"), _GONE, _DIED),
    Case("node removed", "idle", 2, (1, 1), injections.node_removed("idle"), _GONE, _DIED),
    Case("node removed", "living", 8, _NODES[8], injections.node_removed("living"), _GONE, _DIED),
    Case("node hung", "living", 2, (1, 1), injections.node_hung("living"), _GONE, (*_HUNG, *_DIED)),
    Case("node joins", "living", 2, (1,), injections.node_joins(1), keys=_PATIENT),
    Case("node replaced", "living", 2, (1, 1), injections.node_removed("living", joins=1), _GONE, _DIED, keys=_PATIENT),
    *(_driver("living", injections.driver_killed("living"), hosts) for hosts in (1, 2)),
    _driver("conceiving", injections.driver_killed("conceiving"), 2),
    *map(_committing, STEPS),
    *(_told(number, 2) for number in (signal.SIGINT, signal.SIGTERM)),
    Case(
        "driver told, SIGTERM",
        "living; goes on with 2, then 8 workers",
        1,
        _NODES[8],
        injections.driver_told(signal.SIGTERM),
        "another writer",
        code=143,
        resumes=(2, 8),
    ),
    Case(
        "disk full",
        "living",
        2,
        (1, 1),
        injections.disk_filled,
        "another writer",
        code=2,
        says=r"No space left on device; the run is kept up to generation \d+: 'alife resume' goes on from there",
        resumes=(2,),
        place="disk",
    ),
    Case(
        "object store full, and its disk",
        "living",
        2,
        (1, 1),
        injections.store_filled,
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
"""Cases that the tests run: one of each kind of fault."""
