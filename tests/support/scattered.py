"""Islands on workers that are lost at any moment and whose messages come late, twice and in any order, as drawn.

`Scattered` is a backend for the coordinator without Ray, threads, networks or a disk; `Record` is what it writes to.
What lives costs nothing: children are a hash of those that lived (`Lifeless`).
"""

import hashlib
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution.reproduction import ARRAYS, Newborns, identities
from populations.engine import migration
from populations.engine.islands import Islands, Outcome, Unwritten
from populations.engine.messages import (
    Founded,
    Horizon,
    Lived,
    Lost,
    Message,
    News,
    Order,
    Resend,
    Sealed,
    Settle,
    Source,
    Withdraw,
)
from populations.engine.ray.failures import Handle
from populations.engine.ray.homes import Homes
from populations.engine.tasks import Book, Term
from populations.record.steplog import StepLog

Key = tuple[int, int]
"""Island, generation."""


def key(newborns: Newborns) -> bytes:
    """What tells newborns from any others."""
    parts = b"".join(np.ascontiguousarray(getattr(newborns, name)).tobytes() for name in ARRAYS)
    return hashlib.sha256(parts).digest()


class Lifeless:
    """Lives generations: who is born is a hash of who lived.

    Args:
        config: The run's.
        doomed: Islands and generations that nobody comes out of.
    """

    def __init__(self, config: RunConfig, doomed: Collection[Key] = ()):
        self.config, self._doomed = config, doomed

    def founders(self, island: int) -> Newborns:
        """Who begins."""
        return self._group(island, 0, None, b"founders")

    def __call__(self, island: int, generation: int, newborns: Newborns, horizon: Horizon | None = None) -> Outcome:
        """As `populations.engine.islands.LiveOne`."""
        children = self._group(island, generation + 1, newborns, key(newborns))
        if (island, generation) in self._doomed:
            children = children.take(slice(0))
        causes, samples = {schema.CAUSES[0]: len(newborns)}, dict.fromkeys(_SAMPLED, np.zeros(1, np.float32))
        lived = Lived(island, generation, causes, len(children), samples, {"life": 1.0})
        return Outcome(lived, {"id": newborns.ids, "who": np.frombuffer(key(newborns), np.uint8)}, children)

    def _group(self, island: int, generation: int, parents: Newborns | None, seed: bytes) -> Newborns:
        size = self.config.population.size
        draw = np.random.default_rng([island, generation, *seed])
        ids = identities(island, generation, size)
        return Newborns(
            ids=ids,
            ancestors=ids if parents is None else parents.ids[draw.integers(0, len(parents), size)],
            second_ancestors=np.full(size, schema.NO_ANCESTOR, np.int64),
            origins=ids,
            messages=draw.standard_normal((size, 2), dtype=np.float32),
            noise=np.zeros(size, np.float32),
            traits={},
            noise_seed=0,
        )


_SAMPLED = ("accuracy", "replication_error", "copying_error")


def whole_history(life: Lifeless) -> tuple[dict[Key, bytes], dict[Key, bytes]]:
    """Who lived on each island in each generation and who was to live, all islands abreast: what must come out."""
    config = life.config
    islands = {island: life.founders(island) for island in range(config.population.islands)}
    lived, conceived = {}, {}
    for generation in range(config.generations):
        conceived |= {(island, generation): key(group) for island, group in islands.items()}
        islands = migration.migrate(config, islands, generation)
        lived |= {(island, generation): key(group) for island, group in islands.items()}
        after = {island: life(island, generation, group).children for island, group in islands.items()}
        islands = {island: group for island, group in after.items() if len(group)}
    conceived |= {(island, config.generations): key(group) for island, group in islands.items()}
    return lived, conceived


class Record:
    """Takes the place of a recorder.

    Attributes:
        lived: Who lived.
        newborns: By generation and island.
        status: At the last commit.
        generation: The last one on record.
    """

    uri = "nowhere"

    def __init__(self) -> None:
        self.lived: dict[Key, bytes] = {}
        self.newborns: dict[int, dict[int, Newborns]] = {}
        self.log, self.status, self.generation = StepLog(), "new", -1
        self.gone: dict[int, int] = {}

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the coordinator looks at."""
        return {"parts": {"checkpoints": [{"generation": generation} for generation in self.newborns]}}

    def commit_sealed(
        self, generation: int, sealed: Sequence[Mapping[str, Any]], merged: Sequence[Any] = (), *, status: str
    ) -> None:
        """As of `Recorder`; each row may come once."""
        assert generation >= self.generation
        for each in sealed:
            (what,) = each["unwritten"]
            assert isinstance(what, Unwritten)
            assert what.generation <= generation + 1 or status == "extinct"
            for row in what.rows:
                assert (row.island, row.generation) not in self.lived
                self.lived[row.island, row.generation] = row.births["who"].tobytes()
            self.newborns.setdefault(what.generation, {}).update(what.newborns)
        self.generation, self.status = generation, status

    def __getattr__(self, name: str) -> Any:
        """All else that a record does comes to nothing here."""
        return lambda *_, **__: []


@dataclass
class Node:
    """A worker: what it was ordered and has not done, and what it has done and not told."""

    islands: Islands
    handle: Handle
    orders: deque[Any] = field(default_factory=deque)
    book: dict[int, tuple[int, Any]] = field(default_factory=dict)
    writes: deque[tuple[int, Unwritten]] = field(default_factory=deque)
    told: list[News] = field(default_factory=list)
    term: int = 0
    dead: bool = False


class Scattered:
    """A `populations.engine.backend.Backend`.

    Args:
        config: The run's.
        life: What lives.
        random: All chance.
        workers: How many.
        losses: How many of them are lost on the way.
        twice: Share of messages that come once more, later.

    Attributes:
        stuck: Whether nothing could happen any more, though something was waited for.
        lost: Workers that were.
    """

    machine: Mapping[str, Any] = {}

    def __init__(
        self, config: RunConfig, life: Lifeless, random: Random, workers: int = 1, losses: int = 0, twice: float = 0.0
    ):
        self.config, self._life, self._random = config, life, random
        self._losses, self._twice = losses, twice
        self._homes = Homes(config)
        self._nodes: dict[int, Node] = {}
        self._orders: list[Order] = []
        self._mail: list[tuple[int, Message]] = []
        self._news: list[News] = []
        self.stopping: Callable[[], bool] = lambda: False
        self.stuck, self.lost = False, 0
        for number in range(workers):
            self._add(number)

    @property
    def hosts(self) -> int:
        """How many there are."""
        return len(self._nodes)

    def require(self, machine: Mapping[str, Any]) -> None:
        """Any will do."""

    def begin(self, recorder: Any, watched: bool) -> None:
        """As of `Backend`."""
        self._record: Record = recorder

    def place(self, islands: Sequence[int], source: Source) -> None:
        """As of `Backend`, divided among workers as drawn, and told to those that are alive."""
        newborns = self._record.newborns.get(source.generation, {})
        shares: dict[int, list[int]] = {}
        for island in islands:
            shares.setdefault(self._random.choice([*self._alive()]), []).append(island)
        for number, share in shares.items():
            node = self._nodes[number]
            self._homes.enter(node.handle, share, source.generation)
            if source.entries:
                settle = Settle(source.generation, {i: newborns[i] for i in share}, True, source.gone)
            else:
                founders = {i: self._life.founders(i) for i in share}
                settle = Settle(0, founders, False)
                self._news.append(Founded({i: np.ones(len(group), np.float32) for i, group in founders.items()}))
            node.orders.extend([*self._orders, settle, Resend(share)])
        handles = [node.handle for node in self._nodes.values()]
        for handle, book in self._homes.books(handles):
            self._nodes[handle.number].orders.append(book)

    settled = True

    def order(self, order: Order) -> None:
        """As of `Backend`."""
        if isinstance(order, Horizon):
            self._orders = [order]
        for node in self._nodes.values():
            node.orders.append(order)

    def merge(self, kind: str, entries: Sequence[Any]) -> None:
        """Nothing is merged here."""

    def rebalance(self) -> None:
        """As of `Backend`: now and then islands are taken from a worker."""
        if self._losses and self._alive() and self._random.random() < 0.3:
            self._losses -= 1
            node = self._nodes[self._random.choice(self._alive())]
            if homes := sorted(node.handle.islands):
                node.handle.term, node.handle.islands = node.handle.term + 1, {}
                node.orders.extend([Withdraw(homes), Term(node.handle.term)])
                self._news.append(Lost(homes))

    def news(self) -> list[News]:
        """As of `Backend`: something happens, and then some."""
        for _ in range(self._random.randint(1, 30)):
            if not self._act():
                break
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Nothing to let go."""

    def _add(self, number: int) -> None:
        handle = Handle(f"worker {number}", None, None, 0.0, number)
        self._nodes[number] = Node(Islands(self.config, self._life), handle)

    def _alive(self) -> list[int]:
        return [number for number, node in self._nodes.items() if not node.dead]

    def _act(self) -> bool:
        """Let one thing happen that can; False if there was only news to hand on."""
        if self._losses and self._random.random() < 0.02:
            self._kill()
        for number in self._shuffled(self._nodes):
            node = self._nodes[number]
            if node.dead and self._random.random() < 0.1:
                return self._bury(number)
        for act in self._shuffled([self._deliver, *(self._steps(number) for number in self._nodes)]):
            if act():
                return True
        if dead := [number for number, node in self._nodes.items() if node.dead]:
            return self._bury(dead[0])
        if self._news:
            return False
        self.stuck = True
        raise AssertionError("nothing can happen any more")

    def _shuffled(self, those: Any) -> list[Any]:
        return self._random.sample([*those], len(those))

    def _kill(self) -> None:
        self._losses, self.lost = self._losses - 1, self.lost + 1
        self._nodes[self._random.choice([*self._nodes])].dead = True

    def _bury(self, number: int) -> bool:
        """The driver sees that a worker is gone, and starts another."""
        node = self._nodes.pop(number)
        self._add(max([number, *self._nodes]) + 1)
        if node.handle.islands:
            self._news.append(Lost(sorted(node.handle.islands)))
        return True

    def _deliver(self) -> bool:
        if not self._mail:
            return False
        place = self._random.randrange(len(self._mail))
        to, message = self._mail[place]
        if self._random.random() >= self._twice:
            del self._mail[place]
        if to in self._nodes and not self._nodes[to].dead:
            self._nodes[to].islands.receive(message)
            self._hand_on(self._nodes[to])
        return True

    def _steps(self, number: int) -> Callable[[], bool]:
        """What a worker can do by itself."""
        node = self._nodes[number]

        def act() -> bool:
            if node.dead:
                return False
            return any(each(node) for each in self._shuffled([self._obey, self._live, self._write, self._report]))

        return act

    def _obey(self, node: Node) -> bool:
        if not node.orders:
            return False
        match node.orders.popleft():
            case Book(addresses=addresses):
                node.book |= addresses
                node.islands.order(Resend([*addresses]))
            case Term(term=term):
                node.term, node.told = term, []
                node.writes.clear()
            case order:
                node.islands.order(order)
        self._hand_on(node)
        return True

    def _live(self, node: Node) -> bool:
        lived, before = node.islands.step(), len(self._mail)
        self._hand_on(node)
        return lived or len(self._mail) > before

    def _hand_on(self, node: Node) -> None:
        islands = node.islands
        self._mail += [(node.book[m.receiver][0], m) for m in islands.outbox if m.receiver in node.book]
        islands.outbox.clear()
        node.told += islands.news
        islands.news.clear()
        node.writes.extend((node.term, each) for each in islands.seals)
        islands.seals.clear()

    def _write(self, node: Node) -> bool:
        if not node.writes:
            return False
        term, what = node.writes.popleft()
        if term == node.term:
            entries: Any = {"unwritten": [what]}
            node.told.append(Sealed(what.generation, what.islands, entries))
        return True

    def _report(self, node: Node) -> bool:
        if not node.told:
            return False
        if node.term == node.handle.term:
            self._news += node.told
        node.told = []
        return True
