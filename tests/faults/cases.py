"""The matrix: kind of fault × moment × number of workers, and what each case has to leave on record."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults import drivers, injections, moments
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
        place: "disk" puts the run folder on a small file system, "store" uses a cluster whose object store is small,
            "production" one with Ray's own health checks, "apart" one whose nodes do not see the run folder, "mixed"
            one of which the first node does.
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
    resumes: tuple[int, ...] = ()
    keys: Mapping[str, Any] = field(default_factory=dict)
    place: Literal["", "disk", "store", "production", "apart", "mixed"] = ""

    @property
    def name(self) -> str:
        """As "worker killed, living, 2 workers"."""
        place = _PLACES.get(self.place, "")
        return f"{self.fault}, {self.moment}, {self.hosts} worker{'s' if self.hosts > 1 else ''}{place}"


_PLACES = {
    "production": ", production values",
    "apart": ", which do not see the folder",
    "mixed": ", of which one sees the folder",
}
_NODES = {1: (1,), 2: (1, 1), 3: (1, 1, 1), 8: (2, 2, 2, 2)}
_DIED = ("its process died", "its node")
_HUNG = ("no answer for", "hung for")
_GONE: Trace = "a restart that names it"
_PATIENT = {"ray.hang_timeout": 60}
_OFTEN = {"checkpoint.every": 1, "checkpoint.keep": 1}
_KEYS: Mapping[str, Mapping[str, Any]] = {
    "between meeting and seal": moments.UNMET,
    "merging": _OFTEN,
    "helping": moments.PIECES,
    "helped": moments.PIECES,
}
"""Of runs in which a moment can be seen."""


def _undisturbed(hosts: int) -> Case:
    return Case("none", "undisturbed", hosts, _NODES[hosts], None)


def _killed(moment: str, hosts: int, **more: Any) -> Case:
    trace: Trace = "a restart of one that had not started" if moment == "starting" else _GONE
    keys = {**_KEYS.get(moment, {}), **(_OFTEN if (moment, hosts) == ("waiting", 1) else {})}
    inject = injections.host_killed(moment)
    return Case("worker killed", moment, hosts, _NODES[hosts], inject, trace, _DIED, keys=keys, **more)


def _hung(moment: str, hosts: int, **more: Any) -> Case:
    trace: Trace = "a restart of one that had not started" if moment == "starting" else _GONE
    keys = {**_KEYS.get(moment, {}), **more.pop("keys", {})}
    return Case(
        "worker hung", moment, hosts, _NODES[hosts], injections.host_hung(moment), trace, _HUNG, keys=keys, **more
    )


def _removed(moment: str, hosts: int, **more: Any) -> Case:
    return Case("node removed", moment, hosts, _NODES[hosts], injections.node_removed(moment), _GONE, _DIED, **more)


def _several(moment: str, hosts: int, inject: Injection, **more: Any) -> Case:
    return Case("worker killed", moment, hosts, _NODES[hosts], inject, _GONE, _DIED, **more)


def _driver(moment: str, inject: Injection, hosts: int = 2, code: int = -signal.SIGKILL, **more: Any) -> Case:
    fault = "driver killed" if code < 0 else f"driver told, {signal.Signals(code - 128).name}"
    return Case(fault, moment, hosts, _NODES[hosts], inject, "another writer", code=code, resumes=(hosts,), **more)


def _told(number: signal.Signals, moment: str = "living", **more: Any) -> Case:
    says = f"{number.name}: stopping.*'alife resume .*' goes on"
    return _driver(moment, drivers.driver_told(number, **more), 2, 128 + number, says=says)


def _committing(step: str) -> Case:
    return _driver(f"commit: {step}", drivers.driver_killed_committing(step), keys=_OFTEN)


def _disk(moment: str) -> Case:
    return Case(
        "disk full",
        moment,
        2,
        _NODES[2],
        drivers.disk_filled(moment),
        "another writer",
        code=2,
        says=r"No space left on device; the run is kept up to generation \d+: 'alife resume' goes on from there",
        resumes=(2,),
        place="disk",
    )


_LIVES = ("living", "conceiving", "waiting")
_WRITES = (*moments.WRITING, "writing the last shard", "merging", "between meeting and seal")

WORKERS: tuple[Case, ...] = (
    *(_killed(moment, hosts) for moment in ("starting", *_LIVES, *_WRITES) for hosts in (1, 2)),
    _killed("living", 8),
    *(_hung(moment, 2) for moment in ("starting", *_LIVES, *moments.WRITING, "writing the last shard", "merging")),
    *(_killed(moment, 3) for moment in ("helping", "helped")),
    _hung("helping", 3),
    _hung("living", 1),
    _hung("living", 2, keys=_PATIENT, place="production"),
    _several("living, its neighbours waiting", 2, injections.receiver_killed("living")),
    _several("waiting, migrants on their way to it", 2, injections.receiver_killed("waiting")),
    _several("two neighbours at once", 3, injections.hosts_killed(2)),
    *(_several("all at once", hosts, injections.hosts_killed(hosts)) for hosts in (2, 3)),
    _several("twice before a commit", 2, injections.host_killed_twice, keys=moments.UNMET),
)
NODES: tuple[Case, ...] = (
    *(_removed(moment, 2) for moment in (*_LIVES, *moments.WRITING)),
    _removed("living", 8),
    *(
        Case("node hung", moment, 2, (1, 1), injections.node_hung(moment), _GONE, (*_HUNG, *_DIED))
        for moment in ("living", "waiting")
    ),
    Case("node joins", "living", 2, (1,), injections.node_joins(1), keys=_PATIENT),
    Case("node replaced", "living", 2, (1, 1), injections.node_removed("living", joins=1), _GONE, _DIED, keys=_PATIENT),
)
DRIVERS: tuple[Case, ...] = (
    *(_driver(moment, drivers.driver_killed(moment)) for moment in (*_LIVES, *moments.WRITING)),
    _driver("living", drivers.driver_killed("living"), 1),
    *map(_committing, STEPS),
    _driver("finishing", drivers.driver_killed_finishing, keys=_OFTEN),
    *(
        _driver(f"and a worker at once, {moment}", drivers.driver_and_host_killed(moment))
        for moment in ("living", "writing a shard")
    ),
    *map(_told, (signal.SIGINT, signal.SIGTERM)),
    _told(signal.SIGTERM, "islands at different generations", apart=True),
    _told(signal.SIGTERM, "and a worker killed", lost=True),
    Case(
        "driver told, SIGTERM",
        "living; goes on with 2, then 8 workers",
        1,
        _NODES[8],
        drivers.driver_told(signal.SIGTERM),
        "another writer",
        code=143,
        resumes=(2, 8),
        keys={"life.steps": 60},
    ),
)
STORES: tuple[Case, ...] = (
    *map(_disk, ("living", "waiting")),
    Case(
        "object store full, and its disk",
        "living",
        2,
        (1, 1),
        drivers.store_filled,
        keys={"population.islands": 3, "population.size": 24, **_PATIENT},
        place="store",
    ),
)
APART: tuple[Case, ...] = (
    *(_killed(moment, 2, place="apart") for moment in _LIVES),
    _hung("living", 2, place="apart"),
    _removed("living", 2, place="apart"),
    _driver("living", drivers.driver_killed("living"), place="apart"),
    _driver("writing for a worker", drivers.driver_killed_writing, place="apart"),
    _killed("living", 2, place="mixed"),
)
CASES: tuple[Case, ...] = (*map(_undisturbed, (1, 2, 8)), *WORKERS, *NODES, *DRIVERS, *STORES, *APART)

IN_CI: tuple[str, ...] = (
    "worker killed, living, 2 workers",
    "driver killed, commit: new manifest in place, 2 workers",
    "worker killed, writing a shard, 2 workers",
    "worker hung, waiting, 2 workers",
    "node replaced, living, 2 workers",
    "worker killed, all at once, 2 workers",
    "driver told, SIGTERM, islands at different generations, 2 workers",
)
"""Cases that the tests run, the first two of them whenever they do: one of each kind of fault."""
