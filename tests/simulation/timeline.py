"""Simulated time: what is to happen, in order."""

from collections.abc import Callable
from heapq import heappop, heappush


class Timeline:
    """A queue of events.

    Attributes:
        now: Seconds since the start.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, time: float, do: Callable[[], None]) -> None:
        """Let something happen; what is to happen at the same time does so in the order in which it was said."""
        self._count += 1
        heappush(self._events, (max(time, self.now), self._count, do))

    def step(self, until: float = float("inf")) -> bool:
        """Let the next thing happen; False where there is none until then."""
        if not self._events or self._events[0][0] > until:
            return False
        self.now, _, do = heappop(self._events)
        do()
        return True
