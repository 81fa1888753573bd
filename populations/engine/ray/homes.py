"""Which worker keeps which islands, and who has to know of it.

The supervisor divides islands that nobody keeps with `divided`, tells each worker by a `Homes.books` where the
neighbours of its islands are, and by `Homes.introductions` whom it may ask for part of a large island.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heapreplace

from alife.configuration.keys import RunConfig
from alife.configuration.together import together
from populations.engine import migration
from populations.engine.messages import Source
from populations.engine.ray.failures import Handle
from populations.engine.ray.introductions import Introductions
from populations.engine.tasks import Book


class Homes:
    """Where islands are.

    Args:
        config: The run's.

    Attributes:
        homeless: Islands that nobody keeps, and what they start from.
        introductions: Who may ask whom for pieces of islands.
    """

    def __init__(self, config: RunConfig):
        self.homeless: dict[int, Source] = {}
        self._near = migration.neighbours(config)
        self._entered: dict[int, int] = {}
        self._count = 0
        self.introductions = Introductions(self._near, shares=config.population.size > together(config))

    def enter(self, handle: Handle, islands: Sequence[int], generation: int) -> None:
        """A worker keeps islands from now on, which are of a generation."""
        self._count += 1
        handle.islands |= dict.fromkeys(islands, generation)
        self._entered |= dict.fromkeys(islands, self._count)
        self.introductions.keep(handle, islands)

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

    @staticmethod
    def by_source(homeless: Mapping[int, Source], islands: Sequence[int]) -> Iterator[tuple[Source, list[int]]]:
        """Islands that start from the same."""
        sources = {id(homeless[island]): homeless[island] for island in islands}
        for key, source in sources.items():
            yield source, [island for island in islands if id(homeless[island]) == key]


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
