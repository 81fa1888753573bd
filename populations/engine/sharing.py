"""What a worker has to live where large islands are shared: pieces of its own, and those that others gave it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from alife.evolution.island import Part
from alife.evolution.reproduction import Newborns
from populations.engine.messages import Horizon
from populations.engine.pieces import (
    Absent,
    Address,
    Ask,
    Done,
    Help,
    Nothing,
    Partners,
    Piece,
    Something,
    pieces,
)


class Sharing:
    """What a worker has to live: pieces of its own island, and those that others gave it.

    Args:
        send: Tells another worker something; what it is told by one worker arrives in order.
    """

    def __init__(self, send: Callable[[Any, Sequence[Help]], None]):
        self._send = send
        self._partners = Partners({}, (0, None))
        self._me: Address = self._partners.me
        self._asked: int | None = None
        self._refused: set[int] = set()
        self._absent: set[int] = set()
        self._known: dict[int, int] = {}
        self._hungry: dict[int, Any] = {}
        self._others: list[Piece] = []
        self._island = self._generation = -1
        self._open: deque[Piece] = deque()
        self._given: dict[int, tuple[int, Piece]] = {}
        self._missing = 0
        self._parts: dict[int, Part] = {}
        self._error: Exception | None = None

    @property
    def shares(self) -> bool:
        """Whether there is anybody who could help, or be helped."""
        return bool(self._partners.owners or self._hungry)

    def open(self, island: int, generation: int, newborns: Newborns, horizon: Horizon, least: int) -> None:
        """Have a generation of an island to live, `least` newborns a piece."""
        self._island, self._generation, self._parts, self._error = island, generation, {}, None
        slots = pieces(len(newborns), least)
        self._missing, self._given = len(slots), {}
        self._open = deque(Piece(island, generation, each.start, newborns.take(each), horizon) for each in slots)
        self._call()

    def take(self) -> Piece | None:
        """What to live now, what others gave first; None while there is nothing."""
        piece = None
        if self._others:
            piece = min(self._others, key=lambda each: (each.generation, each.island, each.first))
            self._others.remove(piece)
        elif self._open:
            piece = self._open.popleft()
        self._look_for_something()
        return piece

    def answer(self, piece: Piece, part: Part | Exception) -> None:
        """Say what came of a piece that was taken; an exception where something of the user's own has failed."""
        done = Done(piece.island, piece.generation, piece.first, part)
        if piece.of is None:
            self._done(done)
        else:
            self._send(piece.of[1], [done])

    def whole(self) -> list[Part] | None:
        """All parts of the island in order, once all are there.

        Raises:
            Exception: What has failed on one of them.
        """
        if self._error is not None:
            self._open.clear()
            raise self._error
        return [self._parts[first] for first in sorted(self._parts)] if not self._missing else None

    def hear(self, message: Help) -> None:
        """Take what another worker, or the driver, says."""
        match message:
            case Ask(by=(number, _)) | Piece(of=(number, _)) if number in self._absent:
                return
            case Partners(me=me):
                self._partners, self._me, self._asked, self._refused = message, me, None, set()
            case Absent(number=number):
                self._absent.add(number)
                self._hungry.pop(number, None)
                self._others = [piece for piece in self._others if piece.of and piece.of[0] != number]
                self._refused.add(number)
                self._heard(number)
                for first, (by, piece) in list(self._given.items()):
                    if by == number:
                        del self._given[first]
                        self._open.append(piece)
                if self._open:
                    self._call()
            case Ask(by=(number, to), of=me):
                self._me = me
                if self._open:
                    self._give(number, to)
                else:
                    self._hungry[number] = to
                    self._send(to, [Nothing(self._me[0], self._generation)])
            case Nothing(number=number, generation=generation):
                self._refused.add(number)
                self._known[number] = generation
                self._heard(number)
                self._look_for_something()
            case Something(number=number, generation=generation):
                self._refused.discard(number)
                self._known[number] = generation
                self._look_for_something()
            case Piece(of=of, generation=generation):
                assert of is not None
                self._refused.discard(of[0])
                self._known[of[0]] = generation
                self._heard(of[0])
                self._others.append(message)
            case Done():
                self._done(message)

    def _give(self, number: int, to: Any) -> None:
        piece = self._open.pop()
        self._given[piece.first] = number, piece
        self._send(to, [replace(piece, of=self._me)])

    def _done(self, done: Done) -> None:
        """Take a part, unless it is of a generation that is over, or there already."""
        if (done.island, done.generation) != (self._island, self._generation) or done.first in self._parts:
            return
        if not self._given.pop(done.first, None):  # of one that was taken for lost, and its piece opened again
            self._open = deque(piece for piece in self._open if piece.first != done.first)
        if isinstance(done.part, Exception):
            self._error = done.part
        else:
            self._parts[done.first] = done.part
            self._missing -= 1

    def _call(self) -> None:
        """Tell those that have asked that there is something to do."""
        hungry, self._hungry = self._hungry, {}
        for to in hungry.values():
            self._send(to, [Something(self._me[0], self._generation)])

    def _look_for_something(self) -> None:
        """Where nothing is at hand, ask the one furthest behind of those that have not said that they have nothing."""
        able = [number for number in self._partners.owners if number not in self._refused]
        if able and self._asked is None and not self._others and not self._open:
            self._asked = min(able, key=lambda number: self._known.get(number, -1))
            to = self._partners.owners[self._asked]
            self._send(to, [Ask(self._me, (self._asked, to))])

    def _heard(self, number: int) -> None:
        if self._asked == number:
            self._asked = None
