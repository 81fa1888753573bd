"""The islands that a worker keeps: each lives on by itself, and meets its neighbours where migration is due.

Make `Islands` with what lives a generation, hand it orders and messages, and `step` it; hand on what is in its
`outbox`, `news` and `seals`. An island is a generation and its newborns. It depends on nothing but these and what its
neighbours send, so any worker lives it to the same bits, as often as one asks. What was sent, and heard, is
kept until a checkpoint after it is on record: where a worker is lost, its islands start from the last one, on any
worker, and are told again what they were told.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Any

from numpy.typing import NDArray

from alife.configuration.keys import RunConfig
from alife.evolution.reproduction import Ints, Newborns
from populations.engine import migration
from populations.engine.messages import (
    Gone,
    Guests,
    Halt,
    Halted,
    Here,
    Horizon,
    Lived,
    Message,
    News,
    Order,
    Resend,
    Seal,
    Settle,
    Withdraw,
)

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Outcome:
    """What a generation of an island came to.

    Attributes:
        lived: As the coordinator is told.
        births: Columns of `schema.birth_columns`.
        children: Who lives on the island next; without any it is extinct.
    """

    lived: Lived
    births: Columns
    children: Newborns


LiveOne = Callable[[int, int, Newborns, Horizon], Outcome]
"""(island, generation, who lives there, how far it goes) → what came of it."""


@dataclass(frozen=True)
class Rows:
    """What goes on record of one generation of an island."""

    island: int
    generation: int
    births: Columns
    migrations: Columns
    seconds: float


@dataclass(frozen=True)
class Unwritten:
    """What a worker is to write: rows of generations before one, and its newborns, of islands."""

    generation: int
    islands: tuple[int, ...]
    newborns: Mapping[int, Newborns]
    rows: tuple[Rows, ...]
    meta: Mapping[str, Any]


@dataclass
class _Island:
    """One island.

    Attributes:
        generation: Of the newborns.
        newborns: Conceived here, None where there are none any more.
        before: The same of the generation before, as long as it is known.
        written: The last generation whose newborns were given out to be written.
        rows: Not yet written.
        shards: Newborns not yet written, by generation; None stands for nobody.
        greeted: Whether the neighbours were told that it is here.
        slots: Of those that have left, by neighbour, once they have.
    """

    generation: int
    newborns: Newborns | None
    before: tuple[int, Newborns] | None = None
    written: int = -1
    rows: list[Rows] = field(default_factory=list)
    shards: dict[int, Newborns | None] = field(default_factory=dict)
    greeted: bool = False
    slots: dict[int, Ints] | None = None


class Islands:
    """Those that one worker keeps.

    Args:
        config: The run's.
        live: Lives a generation.

    Attributes:
        outbox: Messages to islands that others keep.
        news: For the coordinator.
        seals: What is to be written, in order.
    """

    def __init__(self, config: RunConfig, live: LiveOne):
        self._config, self._live_one = config, live
        self._near = migration.neighbours(config)
        self._islands: dict[int, _Island] = {}
        self._horizon: Horizon | None = None
        self._queue: list[tuple[int, int]] = []
        self._here: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        self._guests: defaultdict[tuple[int, int], dict[int, Newborns]] = defaultdict(dict)
        self._gone: dict[int, int] = {}
        self._log: defaultdict[int, list[Message]] = defaultdict(list)
        self.outbox: list[Message] = []
        self.news: list[News] = []
        self.seals: list[Unwritten] = []

    @property
    def resident(self) -> tuple[int, ...]:
        """The islands that are kept here."""
        return tuple(sorted(self._islands))

    def order(self, order: Order) -> None:
        """Do what the coordinator says."""
        match order:
            case Settle():
                self._settle(order)
            case Withdraw(islands=islands):
                for number in islands:
                    self._islands.pop(number, None)
                self._seal_ready()
            case Horizon():
                self._look_to(order)
            case Resend(islands=islands):
                for number in islands:
                    for message in tuple(self._log[number]):
                        self._hand_on(message)
            case Halt():
                self._horizon = self._horizon and replace(self._horizon, until=0)
                alive = {n: island.generation for n, island in self._islands.items() if island.newborns is not None}
                written = max((island.written for island in self._islands.values()), default=-1)
                self.news.append(Halted(alive, written))
            case Seal(generation=generation):
                self._seal_at(generation)

    def receive(self, message: Message) -> None:
        """Take what an island says to one that is, or will be, kept here."""
        receiver, generation = message.receiver, message.generation
        if isinstance(message, Gone):
            self._gone[message.sender] = generation
        elif self._horizon is not None and generation <= self._horizon.committed:
            return
        elif isinstance(message, Guests):
            self._guests[receiver, generation][message.sender] = message.newborns
        else:
            self._here[receiver, generation].add(message.sender)
        if island := self._islands.get(receiver):
            self._consider(receiver, island)

    def step(self) -> bool:
        """Live one generation of the island that is furthest behind; False where none can live on now."""
        while self._queue:
            generation, number = heappop(self._queue)
            island = self._islands.get(number)
            if island is None or island.generation != generation or island.newborns is None:
                continue
            assert self._horizon is not None
            if generation < self._horizon.until and (met := self._met(number, island)):
                self._live(number, island, *met)
                return True
        return False

    def _consider(self, number: int, island: _Island) -> None:
        """Let `step` see whether an island can live on."""
        if self._horizon is not None and island.newborns is not None and island.generation < self._horizon.until:
            heappush(self._queue, (island.generation, number))

    def _settle(self, order: Settle) -> None:
        self._gone |= order.gone
        for number, newborns in order.newborns.items():
            self._islands[number] = island = _Island(order.generation, newborns)
            if order.stored:
                island.written = order.generation
            else:
                island.shards[order.generation] = newborns
            self._consider(number, island)
        self._seal_ready()

    def _look_to(self, horizon: Horizon) -> None:
        self._horizon = horizon
        for number, messages in self._log.items():
            self._log[number] = [m for m in messages if isinstance(m, Gone) or m.generation > horizon.committed]
        for heard in (self._here, self._guests):
            for key in [key for key in heard if key[1] <= horizon.committed]:
                del heard[key]
        for number, island in self._islands.items():
            self._consider(number, island)
        self._seal_ready()

    def _met(self, number: int, island: _Island) -> tuple[Newborns, Columns] | None:
        """Who is to live on an island, and who of them has come; None while it waits for its neighbours."""
        generation, newborns, near = island.generation, island.newborns, self._near[number]
        assert newborns is not None
        if not migration.meets(self._config, generation):
            return newborns, migration.arrivals(number, generation, {})
        if not island.greeted:
            island.greeted = True
            self._send(Here(number, other, generation) for other in near)
        here = self._here[number, generation]
        present = [other for other in near if other in here]
        if any(other not in here and self._gone.get(other, generation + 1) > generation for other in near):
            return None
        if island.slots is None:
            island.slots = migration.departures(self._config, number, generation, len(newborns), present)
            leaving = {other: newborns.take(slots) for other, slots in island.slots.items()}
            self._send(Guests(number, other, generation, each) for other, each in leaving.items())
        guests = self._guests[number, generation]
        if len(guests) < len(present):
            return None
        guests = {other: guests[other] for other in present}
        return migration.arrive(newborns, island.slots, guests), migration.arrivals(number, generation, guests)

    def _live(self, number: int, island: _Island, newborns: Newborns, moves: Columns) -> None:
        assert self._horizon is not None
        assert island.newborns is not None
        generation = island.generation
        outcome = self._live_one(number, generation, newborns, self._horizon)
        island.rows.append(Rows(number, generation, outcome.births, moves, sum(outcome.lived.seconds.values())))
        self.news.append(outcome.lived)
        island.before, island.greeted, island.slots = (generation, island.newborns), False, None
        island.generation += 1
        island.newborns = outcome.children if len(outcome.children) else None
        if island.newborns is None:
            self._gone[number] = island.generation
            self._send(Gone(number, other, island.generation) for other in self._near[number])
            island.shards[self._horizon.cadence.next_due(island.generation)] = None
        elif self._horizon.cadence.is_due(island.generation):
            island.shards[island.generation] = island.newborns
        if island.shards:
            self._seal_ready()
        self._consider(number, island)

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._log[message.receiver].append(message)
            self._hand_on(message)

    def _hand_on(self, message: Message) -> None:
        if message.receiver in self._islands:
            self.receive(message)
        else:
            self.outbox.append(message)

    def _seal_ready(self) -> None:
        """Give out to be written what all islands have come to."""
        if self._horizon is None:
            return
        for generation in sorted({due for island in self._islands.values() for due in island.shards}):
            if generation > self._horizon.writes and any(i.newborns is not None for i in self._islands.values()):
                return
            behind = (i for i in self._islands.values() if i.newborns is not None and i.generation < generation)
            if any(behind):
                return
            self._seal([n for n, island in self._islands.items() if generation in island.shards], generation)

    def _seal_at(self, generation: int) -> None:
        """Give out what is not written of the generations before one, though it may not be due."""
        for island in self._islands.values():
            if island.written >= generation:
                continue
            if island.newborns is None and island.generation <= generation:
                if island.rows:
                    island.shards = {generation: None}
            elif island.generation == generation:
                island.shards[generation] = island.newborns
            elif island.before and island.before[0] == generation:
                island.shards[generation] = island.before[1]
        self._seal([number for number, island in self._islands.items() if generation in island.shards], generation)

    def _seal(self, numbers: list[int], generation: int) -> None:
        assert self._horizon is not None
        newborns: dict[int, Newborns] = {}
        rows: list[Rows] = []
        for number in sorted(numbers):
            island = self._islands[number]
            stored, island.written = island.shards.pop(generation), generation
            if stored is not None:
                newborns[number] = stored
            rows += [row for row in island.rows if row.generation < generation]
            island.rows = [row for row in island.rows if row.generation >= generation]
        self.seals.append(Unwritten(generation, tuple(sorted(numbers)), newborns, tuple(rows), self._horizon.meta))
