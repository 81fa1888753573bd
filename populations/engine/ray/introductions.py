"""Who is told whom it may ask for pieces of large islands: those close to it, and some all over the run.

Say who has come (`join`), who keeps which islands (`keep`) and who has gone (`leave`), and hand on what is `due`. A
worker that keeps islands may ask those that keep their neighbours, who are what it waits for; one that keeps none asks
some that stand next to each other, the next such worker others; everybody asks a few far away, so that no part of a run
falls behind. What has not changed is not told again.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from populations.engine.pieces import Absent, Partners
from populations.engine.ray.failures import Handle

NEAR, FAR = 4, 4
"""Workers close to one, and far away, that it may ask."""
_GOLDEN = 0.6180339887498949
"""Multiples of it, without their whole parts, are spread evenly however many there are."""


class Introductions:
    """Who knows whom.

    Args:
        near: Neighbours of each island.
        shares: Whether islands are large enough to be shared; else nobody is told anything.
    """

    def __init__(self, near: Mapping[int, Sequence[int]], shares: bool = True):
        self._near, self._shares = near, shares
        self._workers: dict[int, Handle] = {}
        self._home: dict[int, int] = {}
        self._owners: list[int] = []
        self._moved = False
        self._to_tell: set[int] = set()
        self._gone: list[tuple[int, int]] = []
        self._known: dict[int, list[int]] = {}
        self._linked: defaultdict[int, set[int]] = defaultdict(set)

    def join(self, handle: Handle) -> None:
        """A worker has begun."""
        self._workers[handle.number] = handle
        self._to_tell.add(handle.number)

    def keep(self, handle: Handle, islands: Sequence[int]) -> None:
        """It keeps islands from now on."""
        self._home |= dict.fromkeys(islands, handle.number)
        near = {other for island in islands for other in self._near[island]}
        self._to_tell |= {handle.number, *(self._home[other] for other in near if other in self._home)}
        self._moved = True

    def leave(self, handle: Handle) -> None:
        """It is no more; whoever knew it is told."""
        if self._workers.pop(handle.number, None):
            linked = self._linked.pop(handle.number, set())
            self._gone += [(number, handle.number) for number in sorted(linked)]
            self._to_tell |= linked
            self._moved = True

    def due(self) -> Iterator[tuple[Handle, Partners | Absent]]:
        """What workers are to be told now."""
        gone, self._gone = self._gone, []
        for number, absent in gone:
            if number in self._workers:
                yield self._workers[number], Absent(absent)
        if self._moved:
            self._owners, self._moved = sorted({*self._home.values()} & self._workers.keys()), False
        if not self._owners or not self._shares:
            return
        numbers, self._to_tell = self._to_tell & self._workers.keys(), set()
        for number in sorted(numbers):
            found = [other for other in dict.fromkeys(self._whom(number)) if other != number]
            if found != self._known.get(number):
                self._known[number] = found
                for other in found:
                    self._linked[other].add(number)
                    self._linked[number].add(other)
                actors = {other: self._workers[other].actor for other in found}
                yield self._workers[number], Partners(actors, (number, self._workers[number].actor))

    def _whom(self, number: int) -> list[int]:
        """Numbers of those whom a worker may ask."""
        owners, count = self._owners, len(self._owners)
        if islands := self._workers[number].islands:
            place = bisect_left(owners, number) % count
            near = {self._home.get(other, number) for island in islands for other in self._near[island]}
            close = sorted(near & self._workers.keys(), key=lambda other: (abs(other - number), other))[:NEAR]
        else:
            place = int(number * _GOLDEN % 1 * count)
            close = [owners[(place + step) % count] for step in range(NEAR)]
        return [*close, *(owners[(place + count * step // (FAR + 1)) % count] for step in range(1, FAR + 1))]
