"""Large islands in pieces: each is lived once, whoever asks, fails or goes, and births stay as they are."""

from collections import defaultdict, deque
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.configuration.keys import parse_config
from alife.configuration.together import useful
from alife.errors import UserError
from populations.engine.messages import Cadence, Horizon, Source
from populations.engine.pieces import Absent, Done, Partners, pieces
from populations.engine.prepare import prepare
from populations.engine.resident import Resident
from populations.engine.sharing import Sharing
from populations.engine.worker import Worker
from tests.simulation.machine import Crowd

HORIZON = Horizon(2, 0, Cadence(10, 2), -1, {"collapse_norm": 1e-6})


@given(st.integers(1, 3000), st.integers(1, 200))
def test_pieces_are_the_island_in_order_and_whole_numbers_of_what_goes_together(size: int, least: int):
    found = pieces(size, least)
    assert [slot for piece in found for slot in range(piece.start, piece.stop)] == list(range(size))
    assert all(piece.stop - piece.start == least for piece in found[:-1])


def test_there_is_something_to_do_for_as_many_workers_as_there_are_pieces(small: dict[str, Any]):
    config = prepare(parse_config({**small, "population": {"islands": 3, "size": 72}}))[0]
    assert useful(config) == 3 * -(-72 // Worker(*prepare(config)).habitat.together)


class Table:
    """Workers that share pieces, one of which does something at a time; messages wait until they are delivered."""

    def __init__(self, count: int, owners: int):
        self.post: defaultdict[tuple[int, int], deque[Any]] = defaultdict(deque)
        self.alive = set(range(count))
        self.sharing = {n: Sharing(lambda to, tasks, by=n: self.post[by, to].extend(tasks)) for n in range(count)}
        self.lived: dict[int, list[int]] = {n: [] for n in range(owners)}
        for number in range(count):
            self.tell(number, Partners({o: o for o in range(owners) if o != number}, (number, number)))

    def tell(self, number: int, message: Any) -> None:
        """As the driver does."""
        if number in self.alive:
            self.sharing[number].hear(message)

    def deliver(self, way: tuple[int, int]) -> None:
        """The first that one has sent another."""
        message = self.post[way].popleft()
        self.tell(way[1], message)

    def live(self, number: int) -> None:
        """A piece, if there is one."""
        if number in self.alive and (piece := self.sharing[number].take()):
            part: Any = Crowd(len(piece.newborns))
            if not piece.of or piece.of[0] in self.alive:
                self.lived[piece.island].append(piece.first)
            self.sharing[number].answer(piece, part)

    def lose(self, number: int) -> None:
        """A worker; the others are told."""
        self.alive.discard(number)
        for other in sorted(self.alive):
            self.tell(other, Absent(number))


@given(st.randoms(use_true_random=False), st.integers(2, 5), st.integers(1, 3), st.integers(1, 60), st.integers(0, 2))
def test_each_piece_is_there_once_whatever_the_order_and_whoever_is_lost(
    chance: Random, count: int, owners: int, size: int, losses: int
) -> None:
    owners = min(owners, count)
    table, doomed = Table(count, owners), list(range(max(owners, count - losses), count))
    crowd: Any = Crowd(size)
    for generation in range(3):
        for island in range(owners):
            table.lived[island] = []
            table.sharing[island].open(island, generation, crowd, HORIZON, 4)
        while not all(table.sharing[island].whole() for island in range(owners)):
            doing = [("live", n) for n in sorted(table.alive)]
            doing += [("deliver", way) for way, mail in table.post.items() if mail]
            doing += [("lose", n) for n in doomed if n in table.alive]
            what, which = chance.choice(doing)
            getattr(table, what)(which)
        for island in range(owners):
            parts: Any = table.sharing[island].whole()
            assert [len(part) for part in parts] == [each.stop - each.start for each in pieces(size, 4)]
            assert {*table.lived[island]} == {each.start for each in pieces(size, 4)}
            assert doomed or len(table.lived[island]) == len(parts)


def test_whoever_is_told_that_there_is_nothing_is_told_when_there_is() -> None:
    table, crowd = Table(2, 1), Crowd(8)
    table.live(1)
    while any(table.post.values()):
        table.deliver(next(way for way, mail in table.post.items() if mail))
    assert not table.sharing[1].take()
    table.sharing[0].open(0, 0, crowd, HORIZON, 4)  # type: ignore[arg-type]
    while any(table.post.values()):
        table.deliver(next(way for way, mail in table.post.items() if mail))
    assert table.sharing[1].take()


class Wire:
    """Residents by number that live one after the other, as threads of torch belong to the process."""

    def __init__(self, config: Any, count: int):
        self.residents = {number: Resident(Worker(*prepare(config)), self.send) for number in range(count)}
        self.sent: list[Any] = []
        for number, resident in self.residents.items():
            resident.tell([Partners({} if number == 0 else {0: 0}, (number, number))])

    def send(self, to: int, tasks: Any) -> None:
        self.sent += tasks
        self.residents[to].tell(tasks)

    def newborns(self, number: int = 0) -> Any:
        return self.residents[number]._worker.settle([0], Source(), lambda *_: b"", "")[0].newborns[0]

    def live(self, helpers: int) -> list[Any]:
        """Parts of an island of resident 0 of which others take a piece before each of its own."""
        owner = self.residents[0]
        for number in range(1, 1 + helpers):
            self.residents[number]._sharing._look_for_something()
        if not owner._sharing.shares:
            return owner._live_parts(0, 0, self.newborns(), HORIZON)
        owner._sharing.open(0, 0, self.newborns(), HORIZON, owner._worker.habitat.together)
        while (parts := owner._sharing.whole()) is None:
            for number in range(helpers, -1, -1):
                self.residents[number]._live_a_piece(self.has_nothing(number))
        return parts

    def has_nothing(self, number: int) -> Any:
        sharing = self.residents[number]._sharing
        return lambda: not (sharing._others or sharing._open)


def emitted(parts: list[Any]) -> bytes:
    return b"".join(part.emitted.tobytes() for part in parts)


@pytest.fixture
def wire(small: dict[str, Any]) -> Wire:
    return Wire(parse_config({**small, "population": {"islands": 1, "size": 100}}), 3)


def test_births_are_the_same_whoever_helps(wire: Wire):
    alone = emitted(wire.live(0))
    assert not wire.sent
    for helpers in (1, 2):
        wire.sent.clear()
        assert emitted(wire.live(helpers)) == alone
        assert sum(isinstance(task, Done) for task in wire.sent) >= 2


def test_what_fails_on_one_that_helps_fails_here(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: Any) -> None:
        raise UserError("an operator failed")

    monkeypatch.setattr(wire.residents[1]._worker, "live_part", fail)
    with pytest.raises(UserError, match="an operator failed"):
        wire.live(1)


def test_an_answer_that_comes_late_is_left_alone(wire: Wire):
    alone = emitted(wire.live(0))
    part = wire.residents[1]._worker.live_part(0, 0, wire.newborns(1).take(np.arange(24)), HORIZON)
    wire.residents[1]._sharing._look_for_something()
    wire.residents[0].tell([Done(0, 7, 24, part)])
    assert emitted(wire.live(1)) == alone
