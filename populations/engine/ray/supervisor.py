"""The Ray backend: workers keep islands, meet among themselves and write; the islands of a lost one go to others.

A worker is lost when its process or node dies, when it answers nothing for `ray.hang_timeout` seconds, or when its GPU
fails; an exception of the program itself is not retried. A node whose machine is of another class, or on which a worker
cannot start, is refused (`populations.engine.ray.placing`) as long as there are others. Each worker has one call under
way: its start, then one report after another; the driver hears what has happened, and nothing that is lived passes
through it. Time is counted by looks (`populations.engine.ray.failures.Clock`), so that a driver that is slow, or was
stopped for a while, takes nobody for hung.
"""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayError

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.format.shards import holding
from alife.world.projections import Physics
from populations.engine import classes
from populations.engine.backend import Interrupted
from populations.engine.messages import Entry, Halt, Horizon, Lived, Lost, Merged, News, Order, Source, Withdraw
from populations.engine.ray import asking, cluster
from populations.engine.ray import start as ray_start
from populations.engine.ray.devices import resolved
from populations.engine.ray.failures import (
    REPORT_SECONDS,
    Clock,
    FailureDetector,
    Handle,
    address_of,
    device_error,
    is_of_program,
    reason,
    report_seconds,
    words_of,
)
from populations.engine.ray.homes import Homes, divided
from populations.engine.ray.placing import REFUSED_SECONDS
from populations.engine.ray.pool import WorkerPool
from populations.engine.tasks import Merge, Place, Report, RunFolder, Term
from populations.record import shards
from populations.record.writer import Recorder

POLL_SECONDS = 0.25
TOGETHER_SECONDS = 0.5
"""Reports that come so close to each other are looked at together, where there are many workers."""
CLASS_SECONDS = 30.0
"""A new run lives on the class of machine that half of its workers are of; after so long, of most that are up."""
GATHER_SECONDS = 10.0
"""How long the first workers that are up wait for others before islands are divided among them."""
LIVES = 5
"""An island that has lost this many workers since the last commit is not tried again: it may be what kills them."""

_log = logging.getLogger(__name__)

LostWorker = Callable[[int, str, str, float], None]
"""(generation, worker, why, seconds lost): what to tell when a worker was lost."""


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
        lost: LostWorker = lambda *_: None,
        told: Callable[[str], None] = lambda _: None,
    ):
        self.config, self.stopping, self.lost = config, stopping, lost
        self._machine: Mapping[str, Any] | None = None
        self._first_up = 0.0
        self._clock, self._detector = Clock(), FailureDetector(config.ray.hang_timeout)
        self._recorder: Recorder | None = None
        self._watched = False
        self._orders: list[Order] = []
        self._news: list[News] = []
        self._losses: Counter[int] = Counter()
        self._owns = ray_start.connect(config, stopping, told)
        try:
            if config.device == "auto":
                config = resolved(config, asking.device(config, stopping), physics.shape.n_weights)
                self.config = config
            self._homes = Homes(config)
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
        while not self._machine or all(handle.phase == "start" for handle in self._pool.handles):
            if self.stopping():
                raise Interrupted
            self._step()

    def begin(self, recorder: Recorder, watched: bool) -> None:
        """As `Backend.begin`."""
        self._recorder, self._watched = recorder, watched
        told = (recorder.manifest[name] for name in ("epoch", "created", "columns", "task"))
        self._folder = RunFolder(recorder.address, *told)

    def place(self, islands: Sequence[int], source: Source) -> None:
        """As `Backend.place`."""
        self._homes.homeless |= dict.fromkeys(islands, source)

    def order(self, order: Order) -> None:
        """As `Backend.order`."""
        if isinstance(order, Horizon):
            self._orders = [order]
            self._losses.clear()
        elif isinstance(order, Halt):
            self._orders = []
        for handle in self._living():
            handle.actor.tell.remote([order])

    @property
    def settled(self) -> bool:
        """As `Backend.settled`."""
        return not self._homes.homeless

    def merge(self, kind: str, entries: Sequence[Entry]) -> None:
        """As `Backend.merge`: by the worker that sees the folder and has the fewest islands, or here if none does."""
        names = [entry["name"] for entry in entries]
        able = [handle for handle in self._living() if handle.sees]
        if able:
            handle = min(able, key=lambda each: (len(each.merging), len(each.islands)))
            handle.merging.append((kind, names))
            handle.actor.tell.remote([Merge(kind, entries)])
        else:
            to = self._recorder
            assert to is not None
            columns = to.manifest["columns"]
            entry = shards.merge(to.put, to.read, to.mark(), to.config, columns, kind, entries, to.uri)
            self._news.append(Merged(kind, names, entry))

    def news(self) -> list[News]:
        """As `Backend.news`."""
        if not self._news:
            self._step()
        news, self._news = self._news, []
        return news

    def rebalance(self) -> None:
        """As `Backend.rebalance`."""
        idle = [handle for handle in self._living() if not handle.islands]
        for _ in idle[: len(self._pool.handles) if not self._homes.homeless else 0]:
            fullest = max(self._living(), key=lambda each: len(each.islands))
            if len(fullest.islands) < 2:
                return
            islands = sorted(fullest.islands)
            fullest.term, fullest.islands = fullest.term + 1, {}
            fullest.actor.tell.remote([Withdraw(islands), Term(fullest.term)])
            self._news += [Merged(kind, names, None) for kind, names in fullest.merging]  # of a term that is over
            fullest.merging = []
            self._news.append(Lost(islands))

    def close(self) -> None:
        """Let all workers go, and Ray itself if this backend started it."""
        self._pool.close()
        self._leave()

    def _leave(self) -> None:
        if self._owns:
            ray_start.leave()
            self._owns = False

    def _living(self) -> list[Handle]:
        return [handle for handle in self._pool.handles if handle.phase == "live"]

    def _step(self) -> None:
        """Look once at everything: take answers, place islands, bury and replace who is lost."""
        seconds = self._clock.tick()
        self._pool.look(seconds)
        self._begin()
        for handle in self._ready():
            self._take(handle)
        self._classify()
        stranded = self._pool.stranded()
        for handle in list(self._pool.handles):
            why = "its node was gone before it was up" if handle in stranded else self._detector.misses(handle, seconds)
            if why:
                self._lose(handle, why)
        self._settle()
        for handle, introduction in self._homes.introductions.due():
            handle.actor.tell.remote([introduction])
        self._pool.grow(seconds)
        self._pool.check(seconds)

    def _begin(self) -> None:
        """Let workers that are up begin, once there is a run to write."""
        if self._machine and self._recorder:
            for handle in self._pool.handles:
                if handle.phase == "idle":
                    self._call(handle, "begin", handle.actor.begin.remote(self._folder, self._watched))

    def _settle(self) -> None:
        """Give islands that nobody keeps to workers, once those that start together are up."""
        if not self._homes.homeless or not (living := self._living()):
            return
        starting = any(handle.phase != "live" for handle in self._pool.handles)
        if starting and not self._pool.lived and time.monotonic() - self._first_up < GATHER_SECONDS:
            return
        self._pool.lived = True
        homeless, self._homes.homeless = self._homes.homeless, {}
        for handle, islands in divided(homeless, living):
            for source, those in self._homes.by_source(homeless, islands):
                self._homes.enter(handle, those, source.generation)
                handle.actor.tell.remote([*self._orders, Place(those, self._sent(handle, those, source))])
        for handle, book in self._homes.books(living):
            handle.actor.tell.remote([book])

    def _sent(self, handle: Handle, islands: Sequence[int], source: Source) -> Source:
        """A source as a worker needs it: with newborns, where it does not see the run folder."""
        if source.newborns is not None:
            return replace(source, newborns={island: source.newborns[island] for island in islands})
        if not source.entries:
            return source
        if handle.sees:
            return replace(source, entries=holding(source.entries, islands))
        assert self._recorder is not None
        return replace(source, newborns=self._recorder.thaw(source.entries, islands)[0])

    def _call(self, handle: Handle, phase: str, ref: ray.ObjectRef) -> None:
        handle.phase, handle.call, handle.busy = phase, ref, 0.0

    def _ready(self) -> list[Handle]:
        """Workers whose call has come back, after waiting a moment for one."""
        waiting = {handle.call: handle for handle in self._pool.handles if handle.phase != "idle"}
        if not waiting:
            time.sleep(POLL_SECONDS)
            return []
        ray.wait(list(waiting), num_returns=1, timeout=POLL_SECONDS)
        if not self._watched:
            time.sleep(min(TOGETHER_SECONDS, len(waiting) / 200))
        ready, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        return [waiting[ref] for ref in ready]

    def _take(self, handle: Handle) -> None:
        """Take what a worker's call has come back with, unless it was let go meanwhile, with its node."""
        if handle.phase == "gone":
            return
        try:
            with cluster.explain_full_store():
                answer = ray.get(handle.call)
        except RayError as error:
            self._fail(handle, error)
        else:
            self._advance(handle, answer)

    def _advance(self, handle: Handle, answer: Any) -> None:
        """Take the answer of a worker and ask for the next."""
        if handle.phase == "start" and "hidden" in answer:
            handle.node = answer["node"]
            self._refuse(handle, answer["hidden"], UserError(answer["hidden"]), REFUSED_SECONDS)
            return
        if handle.phase == "start":
            self._detector.started(handle)
            self._admit(handle, answer)
            return
        if handle.phase == "begin":
            handle.sees = answer
            self._homes.introductions.join(handle)
        else:
            self._hear(handle, answer)
        least = 0.0 if self._watched else report_seconds(len(self._pool.handles))
        most = max(REPORT_SECONDS, least)
        handle.patience = most + least
        self._call(handle, "live", handle.actor.report.remote(most, least))

    def _hear(self, handle: Handle, report: Report) -> None:
        handle.living = report.busy
        if report.term != handle.term:
            return
        assert self._recorder is not None
        for name, data in report.files:
            self._recorder.put(name, data)
        self._news += report.news
        for news in report.news:
            if isinstance(news, Lived):
                self._detector.lived(sum(news.seconds.values()))
                handle.islands[news.island] = news.generation + 1
            elif isinstance(news, Merged):
                handle.merging.remove((news.kind, list(news.names)))

    def _admit(self, handle: Handle, identity: Mapping[str, Any]) -> None:
        handle.phase, handle.name = "idle", f"{handle.name} ({identity['where']})"
        handle.node, handle.machine = identity["node"], identity["machine"]
        self._first_up = self._first_up or time.monotonic()
        _log.info("%s is up after %.1f s", handle.name, time.monotonic() - handle.since)

    def _classify(self) -> None:
        """Settle the class of a new run's machines, and refuse a node of any other."""
        up = [handle for handle in self._pool.handles if handle.machine]
        if up and not self._machine:
            late = time.monotonic() - self._first_up > CLASS_SECONDS or self.config.ray.allow_mixed
            self._machine = classes.of_most(
                [h.machine for h in up if h.machine], 1 if late else len(self._pool.handles)
            )
        for handle in up if self._machine and not self.config.ray.allow_mixed else ():
            if handle.phase == "idle" and handle.machine and handle.machine != self._machine:
                assert self._machine is not None
                other = classes.OtherClass(classes.refusal(self._machine, handle.machine))
                self._refuse(handle, classes.differing(self._machine, handle.machine), other)

    def _fail(self, handle: Handle, error: RayError) -> None:
        """A call has come back as an error: of the worker, its GPU, its node, or of the program, which is raised."""
        if handle.phase == "start" and is_of_program(error) and (node := self._node_of(handle, error)):
            handle.node = node
            try:
                reason(error)
            except Exception as fault:
                self._refuse(handle, f"it cannot start there: {words_of(error)}", fault, REFUSED_SECONDS)
                return
        device = device_error(error)
        self._lose(handle, reason(error), keep=device is not None and device.broken)

    def _node_of(self, handle: Handle, error: RayError) -> str:
        """Where a worker is that did not start; "" if that cannot be known."""
        if not handle.node and handle.ping and ray.wait([handle.ping], timeout=POLL_SECONDS)[0]:
            with contextlib.suppress(RayError):
                handle.node = ray.get(handle.ping)
        return handle.node or next(iter(cluster.nodes_at(address_of(error))), "")

    def _refuse(self, handle: Handle, why: str, error: Exception, seconds: float = float("inf")) -> None:
        """Give a worker up for what its node is, and place no other there; `error` is raised if no node will do."""
        self._lose(handle, f"refused: {why}")
        self._pool.refuse(handle.node, error, seconds)

    def _lose(self, handle: Handle, why: str, keep: bool = False) -> None:
        """Give a worker up; its islands go to others, and another worker takes its place.

        Args:
            handle: The worker.
            why: As told.
            keep: Leave its process where it is, so that no other gets its GPU.
        """
        starting = handle.phase == "start"
        self._pool.let_go(handle, keep)
        self._homes.introductions.leave(handle)
        seconds = time.monotonic() - handle.since if starting else max(handle.busy, handle.silent)
        self.lost(min(handle.islands.values(), default=-1), handle.name, why, seconds)
        if starting:
            self._pool.pause = self._detector.false_start(handle)
        self._news += [Merged(kind, names, None) for kind, names in handle.merging]
        if handle.islands:
            self._news.append(Lost(sorted(handle.islands)))
        killers = [handle.living[0]] if handle.living else list(handle.islands)
        self._losses.update(killers)
        for island in killers:
            if self._losses[island] >= LIVES:
                raise UserError(
                    f"island {island} has lost {LIVES} workers in generation {handle.islands.get(island, 0)}, the last "
                    f"because {why}: if it is what kills them, give workers more memory or make population.size "
                    "smaller; 'alife resume' goes on from the last commit"
                )
