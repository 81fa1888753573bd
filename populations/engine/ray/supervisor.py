"""The Ray backend: islands go to whichever worker is free, and what a lost worker was doing goes to another.

A worker is lost when its process or node dies, when it answers no ping for `ray.hang_timeout` seconds, or when its GPU
fails; an exception of the program itself is not retried. A node whose machine is of another class, or on which a worker
cannot start, is refused (`populations.engine.ray.placing`) as long as there are others. A worker that is starting,
living or conceiving has one call under way, so that what it was doing when it was lost is known; while it conceives,
the next island waits behind that call. Lost workers are replaced while the others go on. Time is counted by looks
(`populations.engine.ray.failures.Clock`), so that a driver that is slow, or was stopped for a while, takes nobody for
hung.
"""

import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.island import Scores
from alife.evolution.reproduction import Newborns
from alife.evolution.selection import Choice
from alife.world.projections import Physics
from populations.engine import classes
from populations.engine.backend import Choose, Generation, Interrupted, Outcome
from populations.engine.ray import asking, cluster
from populations.engine.ray import start as ray_start
from populations.engine.ray.devices import resolved
from populations.engine.ray.failures import (
    Clock,
    FailureDetector,
    Handle,
    address_of,
    device_error,
    is_of_program,
    reason,
    words_of,
)
from populations.engine.ray.placing import REFUSED_SECONDS
from populations.engine.ray.pool import WorkerPool

POLL_SECONDS = 0.25
CLASS_SECONDS = 30.0
"""A new run lives on the class of machine that half of its workers are of; after so long, of most that are up."""
LIVES = 5
"""An island that has lost this many workers in one generation is not tried again: it may be what kills them."""

_log = logging.getLogger(__name__)

Lost = Callable[[int, str, str, float], None]
"""(generation, worker, why, seconds lost): what to tell when a worker was lost."""


@dataclass
class _Task:
    """A generation on its way: islands that wait for a worker, those that are done, how many workers each has lost."""

    generation: Generation
    choose: Choose
    queue: deque[int]
    done: dict[int, Outcome]
    losses: Counter[int]
    began: float


class RayBackend:
    """Islands on Ray actors.

    Args:
        config: Resolved, but `device: auto` may be open; then the cluster is asked.
        physics: The run's; put into the object store once.
        stopping: Asked while waiting.
        lost: Told of every worker that is lost.
        told: As of `populations.engine.ray.start.connect`.

    Raises:
        Interrupted: `stopping()` became true while Ray started.
        UserError: There is no cluster, or no room in it.
    """

    def __init__(
        self,
        config: RunConfig,
        physics: Physics,
        stopping: Callable[[], bool],
        lost: Lost = lambda *_: None,
        told: Callable[[str], None] = lambda _: None,
    ):
        self.config, self.stopping, self.lost = config, stopping, lost
        self._machine: Mapping[str, Any] | None = None
        self._first_up = 0.0
        self._clock, self._detector = Clock(), FailureDetector(config.ray.hang_timeout)
        self._owns = ray_start.connect(config, stopping, told)
        try:
            if config.device == "auto":
                config = resolved(config, asking.device(config, stopping), physics.shape.n_weights)
                self.config = config
            self._pool = WorkerPool(config, physics)
        except BaseException:
            self._leave()
            raise

    @property
    def hosts(self) -> int:
        """Workers that are up or starting."""
        return len(self._pool.handles)

    @property
    def machine(self) -> Mapping[str, Any]:
        """As `Backend.machine`: that of half of the workers or more, and no other may differ."""
        self._wait_for_worker()
        assert self._machine is not None
        return self._machine

    def require(self, machine: Mapping[str, Any]) -> None:
        """As `Backend.require`."""
        self._machine = None if self.config.ray.allow_mixed else dict(machine)
        self._wait_for_worker()

    def _wait_for_worker(self) -> None:
        """Return once the class of the machines is known and a worker of it is up."""
        task = _Task(Generation(-1, {}, 0.0, False), _nobody, deque(), {}, Counter(), time.monotonic())
        while not self._machine or all(handle.phase == "start" for handle in self._pool.handles):
            self._step(task)

    def live(self, generation: Generation, choose: Choose) -> dict[int, Outcome]:
        """As `Backend.live`."""
        largest_first = sorted(generation.newborns, key=lambda i: (-len(generation.newborns[i]), i))
        task = _Task(generation, choose, deque(largest_first), {}, Counter(), time.monotonic())
        while len(task.done) < len(generation.newborns):
            self._step(task)
        return dict(sorted(task.done.items()))

    def close(self) -> None:
        """Let all workers go, and Ray itself if this backend started it."""
        self._pool.close()
        self._leave()

    def _leave(self) -> None:
        if self._owns:
            ray_start.leave()
            self._owns = False

    def _step(self, task: _Task) -> None:
        """Look once at everything: take answers, give work, bury and replace who is lost."""
        if self.stopping():
            raise Interrupted
        seconds = self._clock.tick()
        self._pool.look(seconds)
        self._assign(task)
        for handle in self._ready():
            try:
                with cluster.explain_full_store():
                    answer = ray.get(handle.call)
            except RayError as error:
                self._fail(handle, error, task)
            else:
                self._advance(handle, answer, task)
        self._classify(task)
        stranded = self._pool.stranded()
        for handle in list(self._pool.handles):
            why = "its node was gone before it was up" if handle in stranded else self._detector.misses(handle, seconds)
            if why:
                self._lose(handle, why, task)
        self._pool.grow(seconds)
        self._pool.check(seconds)

    def _assign(self, task: _Task) -> None:
        for handle in self._pool.handles if self._machine else ():
            if handle.phase == "idle" and task.queue:
                self._live(handle, *self._send(handle, task))

    def _send(self, handle: Handle, task: _Task) -> tuple[int, ray.ObjectRef]:
        """The next island, on its way to a worker that may still have something to do."""
        island = task.queue.popleft()
        with cluster.explain_full_store():
            return island, handle.actor.live.remote(*task.generation.of(island))

    def _live(self, handle: Handle, island: int, ref: ray.ObjectRef) -> None:
        self._pool.lived, handle.island, handle.since = True, island, time.monotonic()
        self._call(handle, "live", ref)

    def _call(self, handle: Handle, phase: str, ref: ray.ObjectRef) -> None:
        handle.phase, handle.call, handle.busy = phase, ref, 0.0

    def _ready(self) -> list[Handle]:
        """Workers whose call has come back, after waiting a moment for one."""
        waiting = {handle.call: handle for handle in self._pool.handles if handle.phase != "idle"}
        if not waiting:
            time.sleep(POLL_SECONDS)
            return []
        ray.wait(list(waiting), num_returns=1, timeout=POLL_SECONDS)
        ready, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        return [waiting[ref] for ref in ready]

    def _advance(self, handle: Handle, answer: Any, task: _Task) -> None:
        """Take the answer of a worker and give it the next thing to do."""
        self._detector.answered(handle)
        island = handle.island
        if handle.phase == "start" and "hidden" in answer:
            handle.node = answer["node"]
            self._refuse(handle, answer["hidden"], UserError(answer["hidden"]), task, REFUSED_SECONDS)
        elif handle.phase == "start":
            self._admit(handle, answer)
        elif handle.phase == "live":
            assert island is not None
            handle.scores, handle.choice = answer, task.choose(island, answer)
            with cluster.explain_full_store():
                self._call(handle, "conceive", handle.actor.conceive.remote(island, handle.choice))
            if task.queue:
                handle.following = self._send(handle, task)
        else:
            assert island is not None
            assert handle.scores is not None
            assert handle.choice is not None
            task.done[island] = Outcome(handle.scores, handle.choice, _own(answer))
            handle.phase, handle.island, handle.scores = "idle", None, None
            if handle.following is not None:
                self._live(handle, *handle.following)
                handle.following = None

    def _admit(self, handle: Handle, identity: Mapping[str, Any]) -> None:
        handle.phase, handle.name = "idle", f"{handle.name} ({identity['where']})"
        handle.node, handle.machine = identity["node"], identity["machine"]
        self._first_up = self._first_up or time.monotonic()
        _log.info("%s is up after %.1f s", handle.name, time.monotonic() - handle.since)

    def _classify(self, task: _Task) -> None:
        """Settle the class of a new run's machines, and refuse a node of any other."""
        up = [handle for handle in self._pool.handles if handle.machine]
        if up and not self._machine:
            late = time.monotonic() - self._first_up > CLASS_SECONDS or self.config.ray.allow_mixed
            self._machine = classes.of_most(
                [h.machine for h in up if h.machine], 1 if late else len(self._pool.handles)
            )
        for handle in up if self._machine and not self.config.ray.allow_mixed else ():
            if handle.machine and handle.machine != self._machine:
                assert self._machine is not None
                other = classes.OtherClass(classes.refusal(self._machine, handle.machine))
                self._refuse(handle, classes.differing(self._machine, handle.machine), other, task)

    def _fail(self, handle: Handle, error: RayError, task: _Task) -> None:
        """A call has come back as an error: of the worker, its GPU, its node, or of the program, which is raised."""
        if handle.phase == "start" and is_of_program(error) and (node := self._node_of(handle, error)):
            handle.node = node
            try:
                reason(error)
            except Exception as fault:
                self._refuse(handle, f"it cannot start there: {words_of(error)}", fault, task, REFUSED_SECONDS)
                return
        device = device_error(error)
        self._lose(handle, reason(error), task, keep=device is not None and device.broken)

    def _node_of(self, handle: Handle, error: RayError) -> str:
        """Where a worker is that did not start; "" if that cannot be known."""
        if not handle.node and handle.ping and ray.wait([handle.ping], timeout=POLL_SECONDS)[0]:
            with contextlib.suppress(RayError):
                handle.node = ray.get(handle.ping)
        return handle.node or next(iter(cluster.nodes_at(address_of(error))), "")

    def _refuse(self, handle: Handle, why: str, error: Exception, task: _Task, seconds: float = float("inf")) -> None:
        """Give a worker up for what its node is, and place no other there; `error` is raised if no node will do."""
        self._lose(handle, f"refused: {why}", task)
        self._pool.refuse(handle.node, error, seconds)

    def _lose(self, handle: Handle, why: str, task: _Task, keep: bool = False) -> None:
        """Give a worker up; its islands are lived again, and another worker takes its place.

        Args:
            handle: The worker.
            why: As told.
            task: What it was part of.
            keep: Leave its process where it is, so that no other gets its GPU.
        """
        number, island = task.generation.number, handle.island
        self._pool.let_go(handle, keep)
        seconds = handle.silent if handle.phase == "idle" else time.monotonic() - handle.since
        self.lost(number, handle.name, why, seconds)
        if handle.phase == "start":
            self._pool.pause = self._detector.false_start(handle)
        if handle.following is not None:
            task.queue.appendleft(handle.following[0])
        if island is not None:
            task.queue.appendleft(island)
            task.losses[island] += 1
            if task.losses[island] >= LIVES:
                raise UserError(
                    f"island {island} has lost {LIVES} workers in generation {number}, the last because {why}: if it "
                    "is what kills them, give workers more memory or make population.size smaller; 'alife resume' "
                    "goes on from the last commit"
                )


def _own(newborns: Newborns) -> Newborns:
    """A copy that does not pin the object store."""
    return newborns.take(slice(None))


def _nobody(island: int, scores: Scores) -> Choice:
    raise AssertionError("a generation without islands chooses no parents")
