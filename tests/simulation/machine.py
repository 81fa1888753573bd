"""A worker in simulated time: the real `Islands`, with a core that lives, a writer beside it, and a wire.

It does what `populations.engine.resident.Resident` does with threads: what it is told takes effect between two lives,
messages go out before a life begins, pieces of large islands are given to whoever asks, files are written meanwhile and
cost the core what encoding takes.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Protocol

from alife.configuration.keys import RunConfig
from alife.configuration.together import together
from alife.evolution.reproduction import Newborns
from populations.engine.islands import Islands, Outcome, Unwritten
from populations.engine.messages import (
    Entry,
    Guests,
    Horizon,
    Merged,
    Message,
    News,
    Order,
    Resend,
    Sealed,
    Settle,
    Source,
)
from populations.engine.pieces import Done, Help, Piece
from populations.engine.sharing import Sharing
from populations.engine.tasks import Book, Merge, Place, Task, Term, urgent
from tests.simulation.costs import Costs
from tests.simulation.timeline import Timeline


class Body(Protocol):
    """What lives and writes, without taking simulated time."""

    config: RunConfig

    def live_one(self, watched: bool, island: int, generation: int, newborns: Newborns, horizon: Horizon) -> Outcome:
        """A generation of an island."""

    def settle(self, islands: Sequence[int], source: Source) -> tuple[Settle, list[News]]:
        """What it takes for islands to be kept."""

    def write(self, mark: str, columns: Sequence[Any], what: Unwritten) -> Sealed:
        """Files of what is to be written."""

    def merge(self, mark: str, kind: str, entries: Sequence[Entry]) -> Merged:
        """One file of several."""


@dataclass
class Report:
    """As of `populations.engine.resident.Report`."""

    term: int
    news: list[News]


@dataclass
class World:
    """What all workers share.

    Attributes:
        timeline: When what happens.
        costs: What it takes.
        chance: Of everything that differs from life to life.
        watched: As of `Backend.begin`.
        mark: New ends of names.
        seconds: Of cores, by what they were spent on.
        messages: By kind.
        bytes: By kind.
        storage_free: When all that workers have to write will be written.
        hands_on_late: Whether messages wait for the end of the life that begins next.
    """

    timeline: Timeline
    costs: Costs
    chance: Random
    watched: bool = False
    mark: Callable[[], str] = str
    columns: Sequence[Any] = ()
    seconds: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    storage_free: float = 0.0
    hands_on_late: bool = False

    def wire(self, size: float = 0.0) -> float:
        """Seconds that a message of so many bytes takes."""
        costs = self.costs
        return costs.latency + self.chance.expovariate(1.0) * costs.latency_jitter + size / costs.bandwidth


@dataclass(frozen=True)
class Crowd:
    """Newborns of whom only the number is there."""

    size: int

    def __len__(self) -> int:
        return self.size

    def take(self, slots: slice) -> "Crowd":
        """Some of them."""
        return Crowd(slots.stop - slots.start)


class SimulatedWorker:
    """One worker.

    Args:
        world: Where it is.
        body: What lives and writes.
        deliver: Takes a report to the driver, with the worker that it comes from.
        least: Seconds between two reports.
        slow: Times that lives take longer here.
    """

    def __init__(
        self,
        world: World,
        body: Body,
        deliver: Callable[["SimulatedWorker", Report], None],
        least: Callable[[], float],
        slow: float,
    ):
        self.alive = True
        self.state, self.since = "starting", world.timeline.now
        self._world, self._body, self._deliver, self._least, self._slow = world, body, deliver, least, slow
        self._islands = Islands(body.config, self._live)
        self._tasks: deque[Task] = deque()
        self._report = Report(0, [])
        self._book: dict[int, tuple[int, Any]] = {}
        self._arrivals: dict[int, float] = {}
        self._sharing, self._least_together = Sharing(self._share), together(body.config)
        self._busy, self._asked, self._due, self._told = False, True, float("inf"), 0.0
        self._alone, self._shared = 0.0, False
        self._debt: Counter[str] = Counter()
        self._pace, self._paced = 1.0, (-1, -1)
        self._writer_free, self._until = 0.0, 0

    def begin(self) -> None:
        """It is up."""
        self._be("without islands")

    def end(self) -> None:
        """It is no more."""
        if self.alive:
            self._be("")
            self.alive = False

    def send(self, key: int, to: "SimulatedWorker", tasks: Sequence[Task | Help], size: float = 300.0) -> None:
        """Tell another worker; what comes from the same sender arrives in order."""
        send(self._world, self._arrivals, key, to, tasks, size)

    def tell(self, tasks: Sequence[Task | Help]) -> None:
        """Hear of tasks; of pieces at once."""
        if self.alive:
            for task in tasks:
                if isinstance(task, Help):
                    if isinstance(task, Piece | Done):
                        self._debt["moving genomes"] += self._weight(task) * self._world.costs.get
                    self._sharing.hear(task)
                else:
                    self._tasks.append(task)
            if not self._busy:
                self._go()

    def ask(self) -> None:
        """The driver waits for the next report."""
        self._asked = True
        self._report_soon()

    def _be(self, state: str) -> None:
        """Note what the core does from now on."""
        now = self._world.timeline.now
        self._world.seconds[self.state] += now - self.since
        self.state, self.since = state, now

    def _go(self) -> None:
        """Go on with the generation under way, or do what was told and begin another; else help."""
        if not self._shared:
            while self._tasks:
                self._do(self._tasks.popleft())
            if not self._islands.step():
                self._hand_on()
            elif not self._shared:
                self._be_busy(self._alone, self._ended)
                return
        if self._shared and self._sharing.whole() is not None:
            self._ended()
        elif piece := self._sharing.take():
            took = self._takes(piece.island, piece.generation, len(piece.newborns))
            self._be_busy(took, partial(self._lived, piece))
        elif self._debt:
            self._be_busy(0.0, self._go)
        else:
            self._be("waiting for pieces" if self._shared else self._waits_for())
            self._report_soon()

    def _be_busy(self, took: float, then: Callable[[], None]) -> None:
        """Live for so long, and do before it what is left to do."""
        debt, self._debt = self._debt, Counter()
        self._be("living")
        self._busy = True
        self._world.timeline.at(self._world.timeline.now + took + debt.total(), partial(self._free, took, debt, then))

    def _free(self, took: float, debt: Counter[str], then: Callable[[], None]) -> None:
        if self.alive:
            self._world.seconds.update(debt)
            self._world.seconds["living"] += took
            self.since, self._busy = self._world.timeline.now, False
            then()

    def _ended(self) -> None:
        """A generation of its own is over."""
        self._shared = False
        self._hand_on()
        self._go()

    def _lived(self, piece: Piece) -> None:
        part: Any = piece.newborns
        self._sharing.answer(piece, part)
        self._go()

    def _share(self, to: "SimulatedWorker", messages: Sequence[Help]) -> None:
        """Tell another worker of pieces."""
        weight = sum(map(self._weight, messages))
        if weight:
            self._debt["moving genomes"] += weight * self._world.costs.put
            self._world.bytes["of pieces"] += round(weight)
        self.send(to.handle.number, to, messages, 300.0 + weight)  # type: ignore[attr-defined]

    def _weight(self, message: Help) -> float:
        """Bytes of genomes."""
        crowd: Any = message.newborns if isinstance(message, Piece) else getattr(message, "part", ())
        return 4.0 * self._world.costs.weights * len(crowd)

    def _takes(self, island: int, generation: int, individuals: int) -> float:
        """Seconds of some newborns; what a core does of one generation of an island goes at one pace."""
        costs = self._world.costs
        if (island, generation) != self._paced:
            self._paced, self._pace = (island, generation), max(0.1, self._world.chance.gauss(1, costs.jitter))
        return individuals * costs.individual() * self._slow * self._pace

    def _waits_for(self) -> str:
        islands = [island for island in self._islands._islands.values() if island.newborns is not None]
        if not islands:
            return "nothing to help with" if self._sharing.shares else "without islands"
        return "waiting for neighbours" if any(i.generation < self._until for i in islands) else "waiting for commits"

    def _do(self, task: Task) -> None:
        match task:
            case Place(islands=islands, source=source):
                settle, news = self._body.settle(islands, source)
                self._tell(news, self._report.term)
                self._islands.order(settle)
                self._islands.order(Resend(islands))
            case Book(addresses=addresses):
                self._book |= addresses
                self._islands.order(Resend(list(addresses)))
            case Merge(kind=kind, entries=entries):
                size, rows = sum(entry["size"] for entry in entries), sum(entry["rows"] for entry in entries)
                self._write(partial(self._body.merge, self._world.mark(), kind, entries), 2 * size, rows, len(entries))
            case Term(term=term):
                self._report = Report(term, [])
            case _ if isinstance(task, Order):
                self._until = task.until if isinstance(task, Horizon) else self._until
                self._islands.order(task)
            case _:
                self._islands.receive(task)

    def _live(self, island: int, generation: int, newborns: Newborns, horizon: Horizon) -> Outcome:
        """What it comes to is known at once, and handed on when it is over."""
        if not self._world.hands_on_late:
            self._hand_on()
        size = self._body.config.population.size
        if self._sharing.shares and size > self._least_together:
            crowd: Any = Crowd(size)
            self._sharing.open(island, generation, crowd, horizon, self._least_together)
            self._shared = True
        else:
            self._alone = self._takes(island, generation, size)
        return self._body.live_one(self._world.watched, island, generation, newborns, horizon)

    def _hand_on(self) -> None:
        islands, world = self._islands, self._world
        by_address: dict[int, tuple[Any, list[Message]]] = {}
        for message in islands.outbox:
            if message.receiver in self._book:
                number, to = self._book[message.receiver]
                by_address.setdefault(number, (to, []))[1].append(message)
        islands.outbox.clear()
        for number, (to, messages) in by_address.items():
            weight = 250.0 * len(messages)
            for message in messages:
                guests = len(message.newborns) if isinstance(message, Guests) else 0
                weight += guests * (60 + 4 * world.costs.weights)
                world.messages[type(message).__name__] += 1
            world.bytes["between workers"] += round(weight)
            self.send(number, to, messages, weight)
        if islands.news:
            self._tell(list(islands.news), self._report.term)
            islands.news.clear()
        size = self._body.config.population.size
        for what in islands.seals:
            stored = 4 * world.costs.weights * size * len(what.newborns)
            job = partial(self._body.write, world.mark(), world.columns, what)
            self._write(job, stored, size * len(what.rows), 4 if what.rows else 1)
        islands.seals.clear()

    def _write(self, job: Callable[[], News], size: float, rows: int, files: int) -> None:
        """Let the writer do a job: the core encodes, and all workers share the storage."""
        world, costs = self._world, self._world.costs
        encoding = size * costs.encode + rows * costs.row
        self._debt["writing"] += encoding
        begun = max(world.timeline.now, self._writer_free) + encoding
        world.storage_free = max(begun, world.storage_free) + size / costs.storage
        self._writer_free = max(begun + files * costs.file, world.storage_free)
        world.timeline.at(self._writer_free, partial(self._written, job, self._report.term))

    def _written(self, job: Callable[[], News], term: int) -> None:
        if self.alive:
            self._tell([job()], term)

    def _tell(self, news: Sequence[News], term: int) -> None:
        if term == self._report.term:
            self._report.news += news
            self._report_soon()

    def _report_soon(self) -> None:
        if self._asked and self._report.news:
            now = self._world.timeline.now
            at_once = self._world.watched or urgent(self._report.news, not self._busy)
            time = now if at_once else max(now, self._told + self._least())
            if time < self._due:
                self._due = time
                self._world.timeline.at(time, partial(self._send_report, time))

    def _send_report(self, time: float) -> None:
        if time != self._due:
            return
        self._due = float("inf")
        if self.alive:
            report, self._report = self._report, Report(self._report.term, [])
            self._told, self._asked = self._world.timeline.now, False
            self._deliver(self, report)


def send(
    world: World, arrivals: dict[int, float], key: int, to: SimulatedWorker, tasks: Sequence[Task | Help], size: float
) -> None:
    """Let tasks arrive at a worker, after all that was sent there before.

    Args:
        world: Where.
        arrivals: When what the same sender has sent last arrives, by `key`; kept up to date.
        key: Of the worker.
        to: The worker.
        tasks: What it is told.
        size: In bytes.
    """
    time = arrivals[key] = max(arrivals.get(key, 0.0), world.timeline.now + world.wire(size))
    world.timeline.at(time, partial(to.tell, tasks))
