"""Which worker keeps which islands, who helps whom, and who has to know of it.

The supervisor divides islands that nobody keeps with `divided`, tells each worker by a `Homes.books` where the
neighbours of its islands are, and by `Homes.partners` whom it may ask for part of a large island.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heapreplace

from alife.configuration.keys import RunConfig
from alife.evolution.habitat import together
from populations.engine import migration
from populations.engine.messages import Source
from populations.engine.pieces import Absent, Partners
from populations.engine.ray.failures import Handle
from populations.engine.tasks import Book

NEAR, FAR = 4, 4
"""Workers that keep islands, whom another asks for pieces: close to it, and all over the run."""


class Homes:
    """Where islands are.

    Args:
        config: The run's.

    Attributes:
        homeless: Islands that nobody keeps, and what they start from.
    """

    def __init__(self, config: RunConfig):
        self.homeless: dict[int, Source] = {}
        self._near = migration.neighbours(config)
        self._entered: dict[int, int] = {}
        self._count = 0
        self._shares = config.population.size > together(config)
        self._partners: dict[int, list[int]] = {}
        self._linked: defaultdict[int, set[int]] = defaultdict(set)
        self._present: tuple[int, tuple[int, ...]] = (0, ())

    def enter(self, handle: Handle, islands: Sequence[int], generation: int) -> None:
        """A worker keeps islands from now on, which are of a generation."""
        self._count += 1
        handle.islands |= dict.fromkeys(islands, generation)
        self._entered |= dict.fromkeys(islands, self._count)

    def books(self, handles: Sequence[Handle]) -> Iterator[tuple[Handle, Book]]:
        """What workers have to be told of where their islands' neighbours are; others are left out."""
        homes = {island: each for each in handles for island in each.islands}
        for handle in handles:
            news = {}
            for island in {other for own in handle.islands for other in self._near[own]}:
                entered = self._entered.get(island)
                if island in homes and island not in handle.islands and handle.known.get(island) != entered:
                    news[island] = homes[island].number, homes[island].actor
                    handle.known[island] = self._entered[island]
            if news:
                yield handle, Book(news)

    def partners(self, handles: Sequence[Handle]) -> Iterator[tuple[Handle, Partners | Absent]]:
        """What workers have to be told of whom they may ask for pieces, and of who is no more; others are left out.

        One that keeps islands asks those that keep their neighbours, as these are what it waits for, and some far away,
        so that no part of a run falls behind; one that keeps none asks some that do, the next one others.
        """
        if not self._shares:
            return
        by_number = {handle.number: handle for handle in handles}
        present = self._count, tuple(by_number)
        if present == self._present:
            return
        self._present = present
        for gone in self._linked.keys() - by_number.keys():
            for number in self._linked.pop(gone) & by_number.keys():
                yield by_number[number], Absent(gone)
        found = self._whom_to_ask(handles)
        for number, those in found.items():
            if those != self._partners.get(number):
                for other in those:
                    self._linked[other].add(number)
                    self._linked[number].add(other)
                actors = {other: by_number[other].actor for other in those}
                yield by_number[number], Partners(actors, (number, by_number[number].actor))
        self._partners = found

    def _whom_to_ask(self, handles: Sequence[Handle]) -> dict[int, list[int]]:
        """Numbers of those whom each worker asks, by its own, in order."""
        owners = [handle for handle in handles if handle.islands]
        idle = [handle for handle in handles if not handle.islands]
        homes = {island: handle.number for handle in owners for island in handle.islands}
        count, found = len(owners), {}
        for place, handle in enumerate(owners):
            near = {homes[other] for own in handle.islands for other in self._near[own] if other in homes}
            close = sorted(near, key=lambda number: abs(number - handle.number))[:NEAR]
            found[handle.number] = [*close, *(owners[each].number for each in _far(place, count))]
        for place, handle in enumerate(idle if owners else ()):
            first = place * count // len(idle)
            places = [*((first + k) % count for k in range(NEAR)), *_far(first, count)]
            found[handle.number] = [owners[each].number for each in places]
        found = {number: [o for o in dict.fromkeys(those) if o != number] for number, those in found.items()}
        return found

    @staticmethod
    def by_source(homeless: Mapping[int, Source], islands: Sequence[int]) -> Iterator[tuple[Source, list[int]]]:
        """Islands that start from the same."""
        sources = {id(homeless[island]): homeless[island] for island in islands}
        for key, source in sources.items():
            yield source, [island for island in islands if id(homeless[island]) == key]


def _far(place: int, count: int) -> list[int]:
    """Places all over `count`, as many from each and to each."""
    return [(place + count * k // (FAR + 1)) % count for k in range(1, FAR + 1)]


def divided(islands: Mapping[int, Source], handles: Sequence[Handle]) -> Iterator[tuple[Handle, list[int]]]:
    """Islands for each worker that gets some: always to whoever has fewest, and neighbours by number together."""
    order = sorted(handles, key=lambda each: each.number)
    loads = [(len(handle.islands), place) for place, handle in enumerate(order)]
    heapify(loads)
    shares = [0] * len(order)
    for _ in islands:
        load, place = loads[0]
        shares[place] += 1
        heapreplace(loads, (load + 1, place))
    waiting = sorted(islands)
    for handle, share in zip(order, shares, strict=True):
        if share:
            yield handle, waiting[:share]
            waiting = waiting[share:]
