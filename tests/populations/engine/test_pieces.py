"""Large islands in pieces: whose they are, and that workers that help, fail or go leave the births as they are."""

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.configuration.keys import parse_config
from alife.errors import UserError
from populations.engine.messages import Horizon, Source
from populations.engine.pieces import Done, Helpers, Piece, pieces, useful
from populations.engine.prepare import prepare
from populations.engine.resident import Resident
from populations.engine.worker import Worker


@given(st.integers(1, 3000), st.integers(1, 200), st.integers(1, 60))
def test_pieces_are_the_island_in_order_and_whole_numbers_of_what_goes_together(size: int, least: int, workers: int):
    found = pieces(size, least, workers)
    slots = [slot for piece in found for slot in range(piece.start, piece.stop)]
    assert slots == list(range(size))
    assert 1 <= len(found) <= workers
    assert all(piece.start % least == 0 for piece in found)
    lengths = [-(-(piece.stop - piece.start) // least) for piece in found]
    assert max(lengths) - min(lengths) <= 1


def test_there_is_something_to_do_for_as_many_workers_as_there_are_pieces(small: dict[str, Any]):
    config = prepare(parse_config({**small, "population": {"islands": 3, "size": 72}}))[0]
    assert useful(config) == 3 * -(-72 // Worker(*prepare(config)).habitat.together)


HORIZON = Horizon(2, 0, 2, 10, -1, {"collapse_norm": 1e-6})


class Wire:
    """Residents by number, and what is told to them."""

    def __init__(self, config: Any, count: int):
        self.residents = {number: Resident(Worker(*prepare(config)), self.send) for number in range(count)}
        self.sent: list[Any] = []
        self.deaf: set[int] = set()

    def send(self, to: int, tasks: Any) -> None:
        self.sent += tasks
        for task in tasks:
            if isinstance(task, Piece) and to not in self.deaf:
                self.residents[to]._help(task)  # one after the other: threads of torch belong to the process
            elif isinstance(task, Done):
                self.residents[to].tell([task])

    def helped(self, *by: int) -> list[Any]:
        """Parts of an island that resident 0 lives with the help of others."""
        worker = self.residents[0]._worker
        newborns = worker.settle([0], Source(), lambda *_: b"", "")[0].newborns[0]
        self.residents[0].tell([Helpers(dict.fromkeys(by), 0) if not by else Helpers({n: n for n in by}, 0)])
        return worker.live_parts(0, 0, newborns, HORIZON)


def emitted(parts: list[Any]) -> bytes:
    return b"".join(part.emitted.tobytes() for part in parts)


@pytest.fixture
def wire(small: dict[str, Any]) -> Wire:
    return Wire(parse_config({**small, "population": {"islands": 1, "size": 100}}), 3)


def test_births_are_the_same_whoever_helps(wire: Wire):
    alone = emitted(wire.helped())
    assert not wire.sent
    for by in ([1], [1, 2], [2]):
        assert emitted(wire.helped(*by)) == alone
    assert sum(isinstance(task, Piece) for task in wire.sent) == 4


def test_what_one_that_is_lost_was_to_do_is_done_here(wire: Wire):
    alone = emitted(wire.helped())
    wire.deaf = {2}
    threading.Timer(1.0, lambda: wire.residents[0].tell([Helpers({1: 1}, 0)])).start()
    assert emitted(wire.helped(1, 2)) == alone


def test_what_fails_on_one_that_helps_fails_here(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: Any) -> None:
        raise UserError("an operator failed")

    monkeypatch.setattr(wire.residents[1]._worker, "live_part", fail)
    with pytest.raises(UserError, match="an operator failed"):
        wire.helped(1)


def test_an_answer_that_comes_late_is_left_alone(wire: Wire):
    alone = emitted(wire.helped())
    part = wire.residents[1]._worker.live_part(
        0,
        0,
        wire.residents[1]._worker.settle([0], Source(), lambda *_: b"", "")[0].newborns[0].take(np.arange(24)),
        HORIZON,
    )
    wire.residents[0].tell([Done(0, 7, 24, part)])
    assert emitted(wire.helped(1)) == alone
