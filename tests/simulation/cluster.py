"""A cluster in simulated time, as a `Backend`: workers start, are lost, are replaced, and join.

Which worker keeps which islands is decided by the real `divided` and `Homes`. What Ray itself does is not here.
"""

import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from alife.configuration.keys import RunConfig
from populations.engine.backend import Interrupted
from populations.engine.messages import Entry, Horizon, Lived, Lost, Merged, News, Order, Source, Withdraw
from populations.engine.ray.failures import Handle, report_seconds
from populations.engine.ray.homes import Homes, divided
from populations.engine.tasks import Merge, Place, Term
from populations.record.writer import Recorder
from tests.simulation.machine import Body, Report, SimulatedWorker, World
from tests.simulation.storage import MACHINE

GATHER_SECONDS = 10.0


class Crashed(Exception):
    """The coordinator is gone."""


class Stalled(Exception):
    """Nothing happens any more."""


@dataclass(frozen=True)
class Loss:
    """A worker that is lost.

    Attributes:
        time: When it dies.
        after: Seconds until the driver sees it; less than 0 if it is taken for dead before it is.
    """

    time: float
    after: float


@dataclass(frozen=True)
class Plan:
    """What happens to a cluster.

    Attributes:
        workers: Of the beginning.
        losses: Of workers, whoever is hit.
        joins: When further workers start.
        stop: When somebody wants the run to stop.
        crash: When the coordinator dies.
        seed: Of all chance.
    """

    workers: int = 4
    losses: Sequence[Loss] = ()
    joins: Sequence[float] = ()
    stop: float = float("inf")
    crash: float = float("inf")
    seed: int = 0


class Cpu:
    """Seconds between `go` and `stop`, by the clock: asking for CPU time takes longer than what is timed."""

    def __init__(self) -> None:
        self.seconds, self._since = 0.0, 0.0

    def go(self) -> None:
        """From now on."""
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Up to now."""
        self.seconds += time.perf_counter() - self._since


class SimulatedBackend:
    """A backend whose workers live in simulated time.

    Args:
        config: Resolved.
        world: What they share.
        make_body: Makes what a worker lives with.
        plan: What happens to them.

    Attributes:
        coordinator: CPU of this process that is not the simulation's.
        placing: Of that, what goes into who keeps which islands.
        heard: Bytes of all reports, pickled.
        driver: Simulated seconds until which the driver has something to do.
        busy: Simulated seconds that it had.
    """

    machine: Mapping[str, Any] = MACHINE

    def __init__(self, config: RunConfig, world: World, make_body: Callable[[], Body], plan: Plan):
        self.config, self.world, self._make_body, self._plan = config, world, make_body, plan
        self.coordinator, self.placing, self.heard, self.reports = Cpu(), Cpu(), 0, 0
        self.driver, self.busy, self.lost = 0.0, 0.0, 0
        self._timeline, self._chance = world.timeline, Random(plan.seed)
        self._homes = Homes(config)
        self._handles: dict[int, Handle] = {}
        self._numbered, self._first_up, self._has_lived = 0, float("inf"), False
        self._inbox: list[tuple[Handle, Report]] = []
        self._news: list[News] = []
        self._orders: list[Order] = []
        self._arrivals: dict[int, float] = {}
        self._woken = False

    @property
    def hosts(self) -> int:
        """As of `Backend`."""
        return len(self._handles)

    @property
    def settled(self) -> bool:
        """As of `Backend`."""
        return not self._homes.homeless

    def stopping(self) -> bool:
        """As of `Backend`."""
        return self._timeline.now >= self._plan.stop

    def require(self, machine: Mapping[str, Any]) -> None:
        """All are of one class."""

    def begin(self, recorder: Recorder, watched: bool) -> None:
        """As of `Backend`; workers start now."""
        self._recorder, self.world.watched = recorder, watched
        self.world.mark, self.world.columns = recorder.mark, recorder.manifest["columns"]
        for _ in range(self._plan.workers):
            self._start()
        for loss in self._plan.losses:
            self._timeline.at(loss.time, partial(self._hit, loss.after))
        for join in self._plan.joins:
            self._timeline.at(join, self._start)
        if self._plan.stop < float("inf"):
            self._timeline.at(self._plan.stop, self._wake)

    def place(self, islands: Sequence[int], source: Source) -> None:
        """As of `Backend`."""
        self._homes.homeless |= dict.fromkeys(islands, source)
        self._wake()

    def order(self, order: Order) -> None:
        """As of `Backend`."""
        if isinstance(order, Horizon):
            self._orders = [order]
        self.coordinator.stop()
        for handle in self._living():
            self._tell(handle, [order])
        self.coordinator.go()

    def merge(self, kind: str, entries: Sequence[Entry]) -> None:
        """As of `Backend`."""
        handle = min(self._living(), key=lambda each: (len(each.merging), len(each.islands)), default=None)
        names = [entry["name"] for entry in entries]
        if handle is None:
            self._news.append(Merged(kind, names, None))
        else:
            handle.merging.append((kind, names))
            self._tell(handle, [Merge(kind, entries)], 300.0 * len(entries))

    def rebalance(self) -> None:
        """As of `Backend`."""
        idle = [handle for handle in self._living() if not handle.islands]
        for _ in idle if not self._homes.homeless else ():
            fullest = max(self._living(), key=lambda each: len(each.islands))
            if len(fullest.islands) < 2:
                return
            islands = sorted(fullest.islands)
            fullest.term, fullest.islands = fullest.term + 1, {}
            self._tell(fullest, [Withdraw(islands), Term(fullest.term)])
            self._news += [Merged(kind, names, None) for kind, names in fullest.merging]
            fullest.merging = []
            self._news.append(Lost(islands))

    def news(self) -> list[News]:
        """As of `Backend`: let time pass until there is something to hear."""
        self.coordinator.stop()
        while self._timeline.step(self.driver):
            pass
        while not (self._inbox or self._news or self._woken):
            if not self._timeline.step():
                raise Stalled(f"at {self._timeline.now:.3f} s")
        self._woken = False
        if self._timeline.now >= self._plan.crash:
            raise Crashed
        inbox, self._inbox = self._inbox, []
        for handle, report in inbox:
            self._hear(handle, report)
        self.coordinator.go()
        self.placing.go()
        self._settle()
        for handle, introduction in self._homes.introductions.due():
            self._tell(handle, [introduction])
        self.placing.stop()
        news, self._news = self._news, []
        return news

    def work(self, seconds: float) -> None:
        """The driver is busy for a while."""
        self.driver = max(self.driver, self._timeline.now) + seconds
        self.busy += seconds

    def close(self) -> None:
        """As of `Backend`."""
        for handle in list(self._handles.values()):
            handle.actor.end()
        self._handles = {}

    def _living(self) -> list[Handle]:
        return [handle for handle in self._handles.values() if handle.phase == "live"]

    def _wake(self) -> None:
        self._woken = True

    def _least(self) -> float:
        return 0.0 if self.world.watched else report_seconds(len(self._handles))

    def _start(self) -> None:
        """Start a worker."""
        self._numbered += 1
        slow = self.world.costs.slowness if self._chance.random() < self.world.costs.slow else 1.0
        actor = SimulatedWorker(self.world, self._make_body(), self._arrive, self._least, slow)
        call: Any = None
        handle = Handle(f"worker {self._numbered}", actor, call, self._timeline.now, self._numbered)
        self._handles[handle.number] = handle
        actor.handle = handle  # type: ignore[attr-defined]
        takes = self.world.costs.start * self._chance.uniform(0.8, 1.2)
        self._timeline.at(self._timeline.now + takes, partial(self._up, handle))

    def _up(self, handle: Handle) -> None:
        if handle.number in self._handles and handle.actor.alive:
            handle.phase, handle.sees = "live", True
            self._homes.introductions.join(handle)
            handle.actor.begin()
            if self._first_up == float("inf"):
                self._first_up = self._timeline.now
                self._timeline.at(self._timeline.now + GATHER_SECONDS, self._wake)
            self._wake()

    def _hit(self, after: float) -> None:
        """Lose a worker that is up, if one is."""
        if living := self._living():
            handle = self._chance.choice(living)
            now = self._timeline.now
            self._timeline.at(now + max(0.0, -after), handle.actor.end)
            self._timeline.at(now + max(0.0, after), partial(self._lose, handle))

    def _lose(self, handle: Handle) -> None:
        if self._handles.pop(handle.number, None):
            self._homes.introductions.leave(handle)
            self.lost += 1
            generation = min(handle.islands.values(), default=-1)
            self._recorder.restart(generation, handle.name, "its process died", 0.0)
            self._news += [Merged(kind, names, None) for kind, names in handle.merging]
            if handle.islands:
                self._news.append(Lost(sorted(handle.islands)))
            self._start()

    def _arrive(self, worker: SimulatedWorker, report: Report) -> None:
        """A report is on its way."""
        size = len(pickle.dumps(report, 5))
        self.heard += size
        handle = worker.handle  # type: ignore[attr-defined]
        self._timeline.at(self._timeline.now + self.world.wire(size), lambda: self._inbox.append((handle, report)))

    def _hear(self, handle: Handle, report: Report) -> None:
        costs = self.world.costs
        self.work(costs.report + costs.news * len(report.news))
        self.reports += 1
        self._timeline.at(self.driver + self.world.wire(), handle.actor.ask)
        if handle.number not in self._handles or report.term != handle.term:
            return
        self._news += report.news
        for news in report.news:
            if isinstance(news, Lived):
                handle.islands[news.island] = news.generation + 1
            elif isinstance(news, Merged):
                handle.merging.remove((news.kind, list(news.names)))

    def _settle(self) -> None:
        """As `RayBackend` does."""
        if not self._homes.homeless or not (living := self._living()):
            return
        starting = any(handle.phase != "live" for handle in self._handles.values())
        if starting and not self._has_lived and self._timeline.now - self._first_up < GATHER_SECONDS:
            return
        self._has_lived = True
        homeless, self._homes.homeless = self._homes.homeless, {}
        for handle, islands in divided(homeless, living):
            for source, those in self._homes.by_source(homeless, islands):
                self._homes.enter(handle, those, source.generation)
                self._tell(handle, [*self._orders, Place(those, source)], 250.0 * len(source.entries))
        for handle, book in self._homes.books(living):
            self._tell(handle, [book])

    def _tell(self, handle: Handle, tasks: Sequence[Any], size: float = 300.0) -> None:
        self.work(self.world.costs.order)
        self.world.messages["to workers"] += 1
        self.world.bytes["to workers"] += round(size)
        wire = self.world.wire(size)
        time = self._arrivals[handle.number] = max(self._arrivals.get(handle.number, 0.0), self.driver + wire)
        self._timeline.at(time, partial(handle.actor.tell, tasks))


__all__ = ["Crashed", "Interrupted", "Loss", "Plan", "SimulatedBackend", "Stalled"]
