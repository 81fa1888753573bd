"""The Ray backend: islands go to whichever host is free, and what a lost host was doing goes to another.

A host is lost when its process or node dies, or when it answers no ping for `ray.hang_timeout` seconds; an exception
of the program itself is not retried. A host that is starting, living or conceiving has one call under way, so that what
it was doing when it was lost is known; while it conceives, the next island waits behind that call. Lost hosts are
replaced while the others go on. Time is counted by looks (`populations.vigil.Clock`), so that a driver that is slow, or
was stopped for a while, takes nobody for hung.
"""

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from alife.config import RunConfig
from alife.errors import UserError
from alife.island import Scores
from alife.physics import Physics
from alife.reproduction import Ints, Newborns
from populations import cluster
from populations.backends import Choose, Generation, Interrupted, Outcome
from populations.host_actor import HostActor
from populations.vigil import Clock, Handle, Vigil, reason

STARVED_SECONDS = 300.0
"""Without any host that is up for so long, the run stops."""
HEAD_SECONDS = 30.0
"""Silence of the cluster's head after which the run stops. After 60 s Ray ends the process, with no word to Python."""
QUIET_SECONDS = 5.0
"""Silence of the head after which it is asked for nothing: who asks would be kept waiting."""
POLL_SECONDS = 0.25
LIVES = 5
"""An island that has lost this many hosts in one generation is not tried again: it may be what kills them."""

Lost = Callable[[int, str, str, float], None]
"""(generation, host, why, seconds lost): what to tell when a host was lost."""


@dataclass
class _Task:
    """A generation on its way: islands that wait for a host, those that are done, how many hosts each has lost."""

    generation: Generation
    choose: Choose
    queue: deque[int]
    done: dict[int, Outcome]
    losses: Counter[int]
    began: float


class RayBackend:
    """Islands on Ray actors.

    Args:
        config: Resolved.
        physics: The run's; put into the object store once.
        stopping: Asked while waiting.
        lost: Told of every host that is lost.

    Raises:
        UserError: There is no cluster, or no room in it.
    """

    def __init__(self, config: RunConfig, physics: Physics, stopping: Callable[[], bool], lost: Lost = lambda *_: None):
        self.config, self.stopping, self.lost = config, stopping, lost
        self._machine: Mapping[str, Any] | None = None
        self._handles: list[Handle] = []
        self._head: cluster.Head | None = None
        self._numbered = self._answers = 0
        self._headless = self._starved = self._pause = 0.0
        self._clock, self._vigil = Clock(), Vigil(config.ray.hang_timeout)
        self._owns = cluster.connect(config)
        try:
            self._head = cluster.Head(config)
            cluster.check_room(config, "host")
            with cluster.explain_full_store():
                self._config, self._physics = ray.put(config), ray.put(physics)
            self._grow()
        except BaseException:
            self.close()
            raise

    @property
    def hosts(self) -> int:
        """Hosts that are up or starting."""
        return len(self._handles)

    @property
    def machine(self) -> Mapping[str, Any]:
        """As `Backend.machine`: that of the first host to start, and no other may differ."""
        task = _Task(Generation(-1, {}, 0.0, False), _nobody, deque(), {}, Counter(), time.monotonic())
        while self._machine is None:
            self._step(task)
        return self._machine

    def live(self, generation: Generation, choose: Choose) -> dict[int, Outcome]:
        """As `Backend.live`."""
        largest_first = sorted(generation.newborns, key=lambda i: (-len(generation.newborns[i]), i))
        task = _Task(generation, choose, deque(largest_first), {}, Counter(), time.monotonic())
        while len(task.done) < len(generation.newborns):
            self._step(task)
        return dict(sorted(task.done.items()))

    def close(self) -> None:
        """Let all hosts go, and Ray itself if this backend started it."""
        if self._head:
            self._head.close()
        for handle in self._handles:
            with contextlib.suppress(RayError):
                ray.kill(handle.actor, no_restart=True)
        self._handles = []
        if self._owns:
            ray.shutdown()
            self._owns = False

    def _step(self, task: _Task) -> None:
        """Look once at everything: take answers, give work, bury and replace who is lost."""
        if self.stopping():
            raise Interrupted
        seconds = self._clock.tick()
        self._watch_head(seconds)
        self._assign(task)
        for handle in self._ready():
            try:
                with cluster.explain_full_store():
                    answer = ray.get(handle.call)
            except RayError as error:
                self._lose(handle, reason(error), task)
            else:
                self._advance(handle, answer, task)
        stranded = self._stranded()
        for handle in list(self._handles):
            why = "its node was gone before it was up" if handle in stranded else self._vigil.misses(handle, seconds)
            if why:
                self._lose(handle, why, task)
        self._grow(seconds)
        self._require_hosts(seconds)

    def _assign(self, task: _Task) -> None:
        for handle in self._handles:
            if handle.phase == "idle" and task.queue:
                self._live(handle, *self._send(handle, task))

    def _send(self, handle: Handle, task: _Task) -> tuple[int, ray.ObjectRef]:
        """The next island, on its way to a host that may still have something to do."""
        island, generation = task.queue.popleft(), task.generation
        args = (island, generation.number, generation.newborns[island], generation.collapse_norm, generation.test)
        with cluster.explain_full_store():
            return island, handle.actor.live.remote(*args)

    def _live(self, handle: Handle, island: int, ref: ray.ObjectRef) -> None:
        handle.island, handle.since = island, time.monotonic()
        self._call(handle, "live", ref)

    def _call(self, handle: Handle, phase: str, ref: ray.ObjectRef) -> None:
        handle.phase, handle.call, handle.busy = phase, ref, 0.0

    def _ready(self) -> list[Handle]:
        """Hosts whose call has come back, after waiting a moment for one."""
        waiting = {handle.call: handle for handle in self._handles if handle.phase != "idle"}
        if not waiting:
            time.sleep(POLL_SECONDS)
            return []
        ray.wait(list(waiting), num_returns=1, timeout=POLL_SECONDS)
        ready, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        return [waiting[ref] for ref in ready]

    def _advance(self, handle: Handle, answer: Any, task: _Task) -> None:
        """Take the answer of a host and give it the next thing to do."""
        self._vigil.answered(handle)
        island = handle.island
        if handle.phase == "start":
            self._admit(handle, answer)
        elif handle.phase == "live":
            assert island is not None
            handle.scores, handle.chosen = answer, task.choose(island, answer)
            with cluster.explain_full_store():
                self._call(handle, "conceive", handle.actor.conceive.remote(island, handle.chosen))
            if task.queue:
                handle.following = self._send(handle, task)
        else:
            assert island is not None
            assert handle.scores is not None
            assert handle.chosen is not None
            task.done[island] = Outcome(handle.scores, handle.chosen, _own(answer))
            handle.phase, handle.island, handle.scores = "idle", None, None
            if handle.following is not None:
                self._live(handle, *handle.following)
                handle.following = None

    def _admit(self, handle: Handle, identity: Mapping[str, Any]) -> None:
        handle.phase, handle.name = "idle", f"{handle.name} ({identity['where']})"
        self._machine = self._machine or identity["machine"]
        if identity["machine"] != self._machine and not self.config.ray.allow_mixed:
            differs = ", ".join(k for k, v in identity["machine"].items() if self._machine.get(k) != v)
            raise UserError(
                f"{handle.name} is of another class than the first host ({differs}): births would differ in their last "
                "bits; keep to one kind of machine, or accept that with --ray.allow_mixed true"
            )

    def _grow(self, seconds: float = 0.0) -> None:
        """Start hosts for the room there is now: what has gone is replaced, and a node that has joined is used."""
        assert self._head is not None
        self._pause -= seconds
        if self._headless > QUIET_SECONDS or self._pause > 0:
            return
        wanted = min(self._wanted(), self._head.room)
        for _ in range(wanted - len(self._handles)):
            self._numbered += 1
            actor = HostActor.options(
                num_cpus=self.config.ray.cpus_per_host,
                num_gpus=self.config.ray.gpus_per_host,
                scheduling_strategy="SPREAD",
            ).remote()
            start = actor.start.remote(self._config, self._physics)
            self._handles.append(Handle(f"host {self._numbered}", actor, start, time.monotonic()))

    def _stranded(self) -> list[Handle]:
        """Hosts that start though there is no room for them any more: Ray lets them wait for a node that is gone."""
        assert self._head is not None
        starting = [handle for handle in self._handles if handle.phase == "start"]
        return starting[: max(0, len(self._handles) - self._head.room)]

    def _wanted(self) -> int:
        hosts = self.config.ray.hosts
        return self.config.population.islands if hosts == "auto" else hosts

    def _lose(self, handle: Handle, why: str, task: _Task) -> None:
        """Bury a host; its islands are lived again, and another host takes its place."""
        number, island = task.generation.number, handle.island
        self._handles.remove(handle)
        with contextlib.suppress(RayError):
            ray.kill(handle.actor, no_restart=True)
        seconds = handle.silent if handle.phase == "idle" else time.monotonic() - handle.since
        self.lost(number, handle.name, why, seconds)
        if handle.phase == "start":
            self._pause = self._vigil.false_start()
        if handle.following is not None:
            task.queue.appendleft(handle.following[0])
        if island is not None:
            task.queue.appendleft(island)
            task.losses[island] += 1
            if task.losses[island] >= LIVES:
                raise UserError(
                    f"island {island} has lost {LIVES} hosts in generation {number}, the last because {why}: if it is "
                    "what kills them, give hosts more memory or make population.size smaller; 'alife resume' goes on "
                    "from the last commit"
                )

    def _require_hosts(self, seconds: float) -> None:
        """Raise when for long there has been no host that is up."""
        self._starved += seconds
        if any(handle.phase != "start" for handle in self._handles):
            self._starved = 0.0
        if self._starved > STARVED_SECONDS:
            assert self._head is not None
            raise UserError(
                f"no host has been up for {STARVED_SECONDS:.0f} s: the nodes alive have room for {self._head.room}, "
                "if others do not use them; 'alife resume' goes on from the last commit when there is some"
            )

    def _watch_head(self, seconds: float) -> None:
        assert self._head is not None
        self._headless += seconds
        if self._head.answers != self._answers:
            self._answers, self._headless = self._head.answers, 0.0
        if self._headless > HEAD_SECONDS:
            raise UserError(
                f"the head of the Ray cluster has not answered for {HEAD_SECONDS:.0f} s: start a new cluster, then "
                "'alife resume' goes on from the last commit"
            )


def _own(newborns: Newborns) -> Newborns:
    """A copy that does not pin the object store."""
    return newborns.take(slice(None))


def _nobody(island: int, scores: Scores) -> Ints:
    raise AssertionError("a generation without islands chooses no parents")
