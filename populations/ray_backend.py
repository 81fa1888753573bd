"""The Ray backend: islands go to whichever host is free, and what a lost host was doing goes to another.

A host is lost when its process or node dies, or when it answers no ping for `ray.hang_timeout` seconds; an exception
of the program itself is not retried. A host that is starting, living or conceiving has exactly one call under way, so
that what it was doing when it was lost is known. Lost hosts are replaced while the others go on.
"""

import os
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import ActorUnschedulableError, RayActorError, RayError, RayTaskError

from alife.config import RunConfig
from alife.errors import UserError
from alife.island import Scores
from alife.physics import Physics
from alife.reproduction import Ints, Newborns
from populations import cluster
from populations.backends import Choose, Generation, Interrupted, Outcome
from populations.host import Host, machine_class

START_SECONDS = 60.0
POLL_SECONDS = 0.25
PATIENCE = 10.0
"""A call that takes this many times the median of earlier ones of its kind has hung, even if its host answers."""

Lost = Callable[[int, str, str, float], None]
"""(generation, host, why, seconds lost): what to tell when a host was lost."""


class PingedHost(Host):
    """`Host` that answers pings while it lives."""

    def identify(self) -> dict:
        """Where this host is, and the class of its machine."""
        node = ray.get_runtime_context().get_node_id()
        return {
            "hostname": socket.gethostname(),
            "pid": os.getpid(),
            "node": node,
            "machine": machine_class(self.config),
        }

    @ray.method(concurrency_group="health")
    def ping(self) -> None:
        """Says that the process runs."""


_remote: Any = ray.remote
HostActor = _remote(max_restarts=0, max_task_retries=0, concurrency_groups={"health": 1})(PingedHost)


@dataclass
class _Handle:
    """One host as the driver sees it: its call under way, and when it was last asked for a sign of life."""

    name: str
    actor: Any
    call: ray.ObjectRef
    since: float
    phase: str = "start"
    island: int | None = None
    pid: int | None = None
    node: str | None = None
    scores: Scores | None = None
    chosen: Ints | None = None
    ping: ray.ObjectRef | None = None
    asked: float = 0.0


class RayBackend:
    """Islands on Ray actors.

    Args:
        config: Resolved.
        physics: The run's; put into the object store once.
        stopping: Asked while waiting.
        lost: Told of every host that is lost.
        machine: The class that hosts must belong to, unless `ray.allow_mixed`.
    """

    def __init__(
        self,
        config: RunConfig,
        physics: Physics,
        stopping: Callable[[], bool],
        lost: Lost = lambda *_: None,
        machine: dict | None = None,
    ):
        self.config, self.stopping, self.lost, self.machine = config, stopping, lost, machine
        self._owns = cluster.connect(config)
        self._check_room()
        self._config, self._physics = ray.put(config), ray.put(physics)
        self._handles: list[_Handle] = []
        self._count = 0
        self._starved: float | None = None
        self._took: dict[str, list[float]] = {}
        self._grow()

    @property
    def hosts(self) -> int:
        """Hosts that are up or starting."""
        return len(self._handles)

    def live(self, generation: Generation, choose: Choose) -> dict[int, Outcome]:
        """As `Backend.live`."""
        largest_first = sorted(generation.newborns, key=lambda i: (-len(generation.newborns[i]), i))
        queue, done = deque(largest_first), dict[int, Outcome]()
        began = time.monotonic()
        self._grow()
        while len(done) < len(generation.newborns):
            if self.stopping():
                raise Interrupted
            self._assign(queue, generation)
            for handle in self._ready():
                try:
                    self._advance(handle, ray.get(handle.call), choose, done)
                except RayTaskError as error:
                    raise error.as_instanceof_cause() from None
                except RayError as error:
                    if "creation task" in str(error):
                        raise
                    self._lose(handle, _reason(error), generation.number, began, queue)
            for handle, why in self._hung():
                self._lose(handle, why, generation.number, began, queue)
            self._require_hosts()
        return dict(sorted(done.items()))

    def close(self) -> None:
        """Let all hosts go, and Ray itself if this backend started it."""
        for handle in self._handles:
            ray.kill(handle.actor, no_restart=True)
        self._handles = []
        if self._owns:
            ray.shutdown()

    def _assign(self, queue: deque[int], generation: Generation) -> None:
        for handle in self._handles:
            if handle.phase == "idle" and queue:
                handle.island = queue.popleft()
                newborns = generation.newborns[handle.island]
                args = (handle.island, generation.number, newborns, generation.collapse_norm, generation.test)
                self._call(handle, "live", handle.actor.live.remote(*args))

    def _call(self, handle: _Handle, phase: str, ref: ray.ObjectRef) -> None:
        handle.phase, handle.call, handle.since = phase, ref, time.monotonic()

    def _ready(self) -> list[_Handle]:
        waiting = {handle.call: handle for handle in self._handles if handle.phase != "idle"}
        if not waiting:
            time.sleep(POLL_SECONDS)
            return []
        ready, _ = ray.wait(list(waiting), num_returns=1, timeout=POLL_SECONDS)
        return [waiting[ref] for ref in ready]

    def _advance(self, handle: _Handle, result: Any, choose: Choose, done: dict[int, Outcome]) -> None:
        """Take the answer of a host and give it the next thing to do."""
        self._took.setdefault(handle.phase, []).append(time.monotonic() - handle.since)
        if handle.phase == "start":
            self._admit(handle, result)
        elif handle.phase == "live":
            assert handle.island is not None
            handle.scores, handle.chosen = result, choose(handle.island, result)
            self._call(handle, "conceive", handle.actor.conceive.remote(handle.island, handle.chosen))
        else:
            assert handle.island is not None
            assert handle.scores is not None
            assert handle.chosen is not None
            done[handle.island] = Outcome(handle.scores, handle.chosen, _own(result))
            handle.phase, handle.island, handle.scores = "idle", None, None

    def _admit(self, handle: _Handle, identity: dict) -> None:
        handle.pid, handle.node, handle.phase = identity["pid"], identity["node"], "idle"
        handle.name = f"{handle.name} ({identity['hostname']}:{handle.pid})"
        if self.machine and identity["machine"] != self.machine and not self.config.ray.allow_mixed:
            differs = ", ".join(k for k, v in identity["machine"].items() if self.machine.get(k) != v)
            raise UserError(
                f"host {handle.name} is of another class than this run ({differs}): births would differ in their last "
                "bits; keep to one kind of machine, or accept that with --ray.allow_mixed true"
            )

    def _grow(self) -> None:
        """Start hosts for the room there is now: what has gone is replaced, and a node that joined is used."""
        wanted = min(self._wanted(), cluster.room(self.config))
        for _ in range(wanted - len(self._handles)):
            self._count += 1
            options = {
                "num_cpus": self.config.ray.cpus_per_host,
                "num_gpus": self.config.ray.gpus_per_host,
            }
            actor = HostActor.options(**options).remote(self._config, self._physics)
            now = time.monotonic()
            self._handles.append(_Handle(f"host {self._count}", actor, actor.identify.remote(), now))

    def _wanted(self) -> int:
        hosts = self.config.ray.hosts
        return self.config.population.islands if hosts == "auto" else hosts

    def _hung(self) -> list[tuple[_Handle, str]]:
        """Hosts that do not answer, or whose call takes unreasonably long."""
        now, timeout, hung = time.monotonic(), self.config.ray.hang_timeout, []
        for handle in self._handles:
            if handle.phase == "start":
                if now - handle.since > START_SECONDS:
                    hung.append((handle, f"did not start within {START_SECONDS:.0f} s"))
                continue
            if handle.ping is None:
                handle.ping, handle.asked = handle.actor.ping.remote(), now
            elif ray.wait([handle.ping], timeout=0)[0]:
                handle.ping = None
            elif now - handle.asked > timeout:
                hung.append((handle, f"no answer for {timeout:.0f} s"))
                continue
            earlier = sorted(self._took.get(handle.phase, []))
            limit = max(timeout, PATIENCE * earlier[len(earlier) // 2]) if earlier else float("inf")
            if handle.phase != "idle" and now - handle.since > limit:
                hung.append((handle, f"hung for {limit:.0f} s"))
        return hung

    def _lose(self, handle: _Handle, why: str, generation: int, began: float, queue: deque[int]) -> None:
        """Bury a host; its island is lived again, and another host takes its place."""
        if handle not in self._handles:
            return
        self._handles.remove(handle)
        cluster.kill(handle.actor, handle.pid, handle.node)
        if handle.island is not None:
            queue.appendleft(handle.island)
        self.lost(generation, handle.name, why, time.monotonic() - max(began, handle.since))
        self._grow()

    def _require_hosts(self) -> None:
        """Raise when for START_SECONDS there was no host that is up, nor a place to start one."""
        if any(handle.phase != "start" for handle in self._handles):
            self._starved = None
            return
        now = time.monotonic()
        self._starved = self._starved or now
        if not self._handles:
            self._grow()
        if now - self._starved > 2 * START_SECONDS:
            raise UserError(
                f"no host could be started for {2 * START_SECONDS:.0f} s: the cluster has room for "
                f"{cluster.room(self.config)}; 'alife resume' goes on from the last commit when it is back"
            )

    def _check_room(self) -> None:
        if cluster.room(self.config) < 1:
            need = f"{self.config.ray.cpus_per_host:g} CPUs"
            if self.config.ray.gpus_per_host:
                need += f" and {self.config.ray.gpus_per_host:g} GPUs"
            raise UserError(
                f"ray: no node of the cluster has the {need} that a host asks for: lower ray.cpus_per_host or "
                "ray.gpus_per_host, or add such a node"
            )


def _own(newborns: Newborns) -> Newborns:
    """A copy that does not pin the object store."""
    return newborns.take(slice(None))


def _reason(error: RayError) -> str:
    if isinstance(error, ActorUnschedulableError):
        return "could not be placed"
    if isinstance(error, RayActorError):
        return "its process died"
    return f"its answer was lost ({type(error).__name__})"
