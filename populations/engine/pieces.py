"""Large islands in pieces, so that workers that have nothing to do help others; births are the same.

A worker opens a generation of its island as pieces, newborns in neighbouring slots (`pieces`). It lives one after
another; a worker that has nothing to do asks its partners for one (`Ask`), is given it (`Piece`) or told that there is
none yet (`Nothing`), and answers with what came of it (`Done`). Nobody plans who lives what: a slow worker asks less
often. `Sharing` is the state of that, without threads or clock.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alife.configuration.keys import RunConfig
from alife.evolution.habitat import together
from alife.evolution.island import Part
from alife.evolution.reproduction import Newborns
from populations.engine.messages import Horizon

Address = tuple[int, Any]
"""A worker's number, and whom to tell."""


@dataclass(frozen=True)
class Partners:
    """Whom a worker may ask for something to do, by number, and what it is itself to them."""

    owners: Mapping[int, Any]
    me: Address


@dataclass(frozen=True)
class Absent:
    """A worker is no more: what it was given has to be lived by others, what it gave by nobody."""

    number: int


@dataclass(frozen=True)
class Ask:
    """A worker has nothing to do, or soon has not.

    Attributes:
        by: Who it is.
        of: Whom it asks; the driver's own word to that one may come later.
    """

    by: Address
    of: Address


@dataclass(frozen=True)
class Nothing:
    """There is nothing to do for one that has asked; once there is, it is told.

    Attributes:
        number: Of the worker that says so.
        generation: That its island is in.
    """

    number: int
    generation: int


@dataclass(frozen=True)
class Something:
    """There is something to do again; attributes as of `Nothing`."""

    number: int
    generation: int


@dataclass(frozen=True)
class Piece:
    """Live some newborns of an island.

    Attributes:
        island: Which.
        generation: Which.
        first: Slot of the first of them.
        newborns: Who.
        horizon: As the worker has it that keeps the island.
        of: That worker; None where it is this one.
    """

    island: int
    generation: int
    first: int
    newborns: Newborns
    horizon: Horizon
    of: Address | None = None


@dataclass(frozen=True)
class Done:
    """What came of a piece; an error, where something of the user's own has failed."""

    island: int
    generation: int
    first: int
    part: Part | Exception


Help = Partners | Absent | Ask | Nothing | Something | Piece | Done


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
        self._missing = len(slots)
        self._open.extend(Piece(island, generation, each.start, newborns.take(each), horizon) for each in slots)
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
            self._given.clear()
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
        self._given.pop(done.first, None)
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
        """Where there is nothing at hand, ask the one furthest behind of those that have not said that they have none."""
        able = [number for number in self._partners.owners if number not in self._refused]
        if able and self._asked is None and not self._others and not self._open:
            self._asked = min(able, key=lambda number: self._known.get(number, -1))
            to = self._partners.owners[self._asked]
            self._send(to, [Ask(self._me, (self._asked, to))])

    def _heard(self, number: int) -> None:
        if self._asked == number:
            self._asked = None


def pieces(size: int, least: int) -> list[slice]:
    """Slots of an island's pieces: `least` each, and what is left in the last.

    Args:
        size: Newborns of the island.
        least: As of `alife.evolution.habitat.together`.
    """
    return [slice(first, min(first + least, size)) for first in range(0, size, least)]


def useful(config: RunConfig) -> int:
    """Workers that a run has something to do for: one for each piece of each island."""
    return config.population.islands * -(-config.population.size // together(config))
