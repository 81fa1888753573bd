"""Large islands in pieces, so that workers that have nothing to do help others; births are the same.

A worker opens a generation of its island as pieces, newborns in neighbouring slots (`pieces`). It lives one after
another; a worker that has nothing to do asks its partners for one (`Ask`), is given it (`Piece`) or told that there is
none yet (`Nothing`), and answers with what came of it (`Done`). Nobody plans who lives what: a slow worker asks less
often. `populations.engine.sharing` is the state of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def pieces(size: int, least: int) -> list[slice]:
    """Slots of an island's pieces: `least` each, and what is left in the last.

    Args:
        size: Newborns of the island.
        least: As of `alife.configuration.together`.
    """
    return [slice(first, min(first + least, size)) for first in range(0, size, least)]
