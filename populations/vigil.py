"""When a host is given up: what the driver knows of it, how long is too long, and what an error of Ray's means.

A room of its own: it judges single hosts, and knows nothing of who is to do what.
"""

import time
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Any

import ray
from ray.exceptions import ActorUnschedulableError, OutOfMemoryError, RayActorError, RayError, RayTaskError

from alife.errors import UserError
from alife.island import Scores
from alife.reproduction import Ints

START_SECONDS = 120.0
"""A host that has not started by then is given up, as is one that has answered a ping and then is silent for
`ray.hang_timeout`; the next one is given twice as long, and so on."""
PING_SECONDS = 0.5
PATIENCE = 10.0
"""A call that takes this many times the median of earlier ones of its kind has hung, even if its host answers."""


class Clock:
    """Seconds as the driver sees them pass: between two looks at most `LONGEST`."""

    LONGEST = 1.0

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tick(self) -> float:
        """Seconds to count since the last look."""
        before, self._last = self._last, time.monotonic()
        return min(self._last - before, self.LONGEST)


@dataclass
class Handle:
    """One host as the driver sees it.

    `call` is under way unless the phase is "idle", and has been for `busy` seconds. `ping` has been unanswered for
    `silent` seconds; once one was answered, the process is `up`. `since` is when it was given what it does now: a
    start, or an island. While it conceives, `following` is the next island and the call to live it, which waits behind.
    """

    name: str
    actor: Any
    call: ray.ObjectRef
    since: float
    phase: str = "start"
    busy: float = 0.0
    up: bool = False
    ping: ray.ObjectRef | None = None
    silent: float = 0.0
    island: int | None = None
    scores: Scores | None = None
    chosen: Ints | None = None
    following: tuple[int, ray.ObjectRef] | None = None


class Vigil:
    """Judges hosts by how long others took.

    Args:
        timeout: `ray.hang_timeout`, in seconds.
    """

    def __init__(self, timeout: float):
        self._timeout = timeout
        self._false_starts = 0
        self._took: dict[str, deque[float]] = {phase: deque(maxlen=64) for phase in ("start", "live", "conceive")}

    def answered(self, handle: Handle) -> None:
        """A call has come back: what it took is what others may take."""
        self._took[handle.phase].append(handle.busy)
        if handle.phase == "start":
            self._false_starts = 0

    def false_start(self) -> float:
        """A host was lost while it started: seconds to wait before the next one is, more each time."""
        self._false_starts += 1
        return 2.0 ** min(self._false_starts - 1, 6) - 1

    def misses(self, handle: Handle, seconds: float) -> str:
        """Why a host is to be given up, if it is: it died idle, answers no ping, or takes unreasonably long.

        Args:
            handle: Of the host; its times are brought up to date, and it is pinged at once and then now and then.
            seconds: Since the last look.
        """
        timeout = self._timeout
        slowness = 2 ** min(self._false_starts, 6) if handle.phase == "start" else 1
        handle.busy += seconds
        handle.silent += seconds
        if handle.ping is None:
            if handle.silent > PING_SECONDS or not handle.up:
                handle.ping, handle.silent = handle.actor.ping.remote(), 0.0
        elif ray.wait([handle.ping], timeout=0)[0]:
            try:
                ray.get(handle.ping)
            except RayError as error:
                return reason(error)
            handle.ping, handle.silent, handle.up = None, 0.0, True
        elif handle.up and handle.silent > timeout * slowness:
            return f"no answer for {timeout * slowness:g} s"
        if handle.phase == "idle":
            return ""
        if handle.phase == "start":
            limit = max(START_SECONDS, timeout) * slowness
            return f"did not start within {limit:.0f} s" if handle.busy > limit else ""
        earlier = self._took[handle.phase] or self._took["live"]
        limit = max(timeout, PATIENCE * median(earlier)) if earlier else float("inf")
        return f"hung for {limit:.0f} s" if handle.busy > limit else ""


def reason(error: RayError) -> str:
    """Why a host was lost.

    Raises:
        Exception: It was not lost: the program failed on it.
    """
    if isinstance(error, RayTaskError) and not isinstance(error.cause, RayError):
        raise error.cause if isinstance(error.cause, UserError) else error.as_instanceof_cause()
    if isinstance(error, RayActorError) and error.actor_init_failed:
        raise UserError(
            f"a host cannot load this program: {str(error).strip().splitlines()[-1].strip()}: install the same version "
            "of it on every node"
        )
    if isinstance(error, ActorUnschedulableError):
        return "could not be placed"
    if isinstance(error, OutOfMemoryError) or "low on memory" in str(error):
        return "its machine ran out of memory"
    if isinstance(error, RayActorError):
        return "its node was preempted" if error.preempted else "its process died"
    return f"its answer was lost ({type(error).__name__})"
