"""Jobs that wait for room on a cluster: lanes of those that ask for the same, each with what room there is for it."""

import heapq
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from alife.configuration.keys import Ray, RunConfig
from populations.engine.ray.head import Head
from populations.studies.jobs import Job

_ROUNDING = 1e-9


@dataclass
class Attempt:
    """A job that waits or runs, and why it had to be started again so far.

    Nodes that will not do for it are in `avoid`. Since `busy` its folder has had another writer; it is not tried again
    before `due`. What it asks for is in `needs`, once it is in a lane.
    """

    job: Job
    began: float = 0.0
    losses: tuple[str, ...] = ()
    retries: int = 0
    avoid: set[str] = field(default_factory=set)
    busy: float | None = None
    due: float = 0.0
    needs: Ray = field(default_factory=Ray)


class _Lane:
    """Jobs that ask for the same.

    Args:
        needs: What each asks for.
        most: How many of them may run at once.
        head: What room there is.
    """

    def __init__(self, needs: Ray, most: float, head: Head):
        self.needs, self.most, self.head = needs, most, head
        self.waiting: deque[Attempt] = deque()
        self.later: list[tuple[float, int, Attempt]] = []
        self.running = 0

    @property
    def empty(self) -> bool:
        return not self.waiting and not self.later

    def total(self, what: str) -> float:
        """CPUs or GPUs, `cpus_per_host` or `gpus_per_host`, that jobs of this lane could have in all."""
        return float(self.head.room * getattr(self.needs, what))

    def asks(self) -> tuple[float, float]:
        return self.needs.gpus_per_host, self.needs.cpus_per_host


class Lanes:
    """All jobs of a pool that wait for nothing but room.

    Those that ask for most go first, so that small ones, which fill what is left, never keep them out.

    Args:
        needs: Of jobs that have none of their own; its `hosts`, if a number, is how many run at once of all.
    """

    def __init__(self, needs: Ray):
        self._needs = needs
        self._lanes: dict[tuple[float, float, str], _Lane] = {}
        self._ordered: list[_Lane] = []
        self._heads: dict[tuple[float, float], Head] = {}
        self._count = 0
        self.waiting = 0

    @property
    def head(self) -> Head:
        """The one that is watched for silence."""
        return next(iter(self._heads.values()), None) or self._head(self._needs)

    @property
    def starved(self) -> Ray | None:
        """What no node has, of what is waited for, while no other job could run either."""
        asked = [lane for lane in self._ordered if lane.running or not lane.empty]
        return asked[0].needs if asked and not any(lane.head.room for lane in asked) else None

    def add(self, attempt: Attempt, first: bool = False) -> None:
        """Let a job wait, at the front of its lane or at its end, but not before it is due."""
        lane = self._lane(attempt.job)
        attempt.needs = lane.needs
        self.waiting += 1
        if attempt.due > time.monotonic():
            self._count += 1
            heapq.heappush(lane.later, (attempt.due, self._count, attempt))
        elif first:
            lane.waiting.appendleft(attempt)
        else:
            lane.waiting.append(attempt)

    def next(self) -> Attempt | None:
        """The job to start now, taken out and counted as running; None if there is no room, or none is due."""
        if sum(lane.running for lane in self._ordered) >= _most(self._needs):
            return None
        for lane in self._ordered:
            while lane.later and lane.later[0][0] <= time.monotonic():
                lane.waiting.append(heapq.heappop(lane.later)[2])
            if lane.waiting and self._fits(lane):
                lane.running += 1
                self.waiting -= 1
                return lane.waiting.popleft()
        return None

    def ended(self, attempt: Attempt) -> None:
        """A job runs no more."""
        self._lane(attempt.job).running -= 1

    def clear(self) -> list[Attempt]:
        """Take out all that wait."""
        left: list[Attempt] = []
        for lane in self._ordered:
            left += [*lane.waiting, *(attempt for *_, attempt in lane.later)]
            lane.waiting.clear()
            lane.later.clear()
        self.waiting = 0
        return left

    def places(self, attempt: Attempt) -> Mapping[str, int]:
        """Jobs like this one that each node has resources for, by the node's id."""
        return self._lane(attempt.job).head.places

    def close(self) -> None:
        """Ask the cluster no more."""
        for head in self._heads.values():
            head.close()

    def _fits(self, lane: _Lane) -> bool:
        """Whether one more may run; where the number of all is given, Ray lets some wait until nodes have joined."""
        if lane.running >= lane.most:
            return False
        if self._needs.hosts != "auto":
            return True
        if not lane.head.room:
            return False
        for what in ("cpus_per_host", "gpus_per_host"):
            asked = getattr(lane.needs, what)
            used = sum(other.running * getattr(other.needs, what) for other in self._ordered)
            there = max(other.total(what) for other in self._ordered)
            if asked and used + asked > there + _ROUNDING:
                return False
        return True

    def _lane(self, job: Job) -> _Lane:
        needs = job.needs or self._needs
        key = needs.cpus_per_host, needs.gpus_per_host, job.share
        if key not in self._lanes:
            self._lanes[key] = _Lane(needs, _most(needs) if job.share else float("inf"), self._head(needs))
            self._ordered = sorted(self._lanes.values(), key=_Lane.asks, reverse=True)
        return self._lanes[key]

    def _head(self, needs: Ray) -> Head:
        key = needs.cpus_per_host, needs.gpus_per_host
        if key not in self._heads:
            self._heads[key] = Head(RunConfig(ray=needs))
        return self._heads[key]


def _most(needs: Ray) -> float:
    return float("inf") if needs.hosts == "auto" else needs.hosts
