"""When a worker is given up: what the driver knows of it, how long is too long, and what an error of Ray's means.

It judges single workers, and knows nothing of who is to do what.
"""

import re
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import ray
from ray.exceptions import (
    ActorUnschedulableError,
    NodeDiedError,
    OutOfMemoryError,
    RayActorError,
    RayError,
    RayTaskError,
    TaskUnschedulableError,
    WorkerCrashedError,
)

from alife.errors import UserError
from populations.engine.ray.devices import DeviceError

START_SECONDS = 120.0
"""A worker that has not started by then is given up, as is one that has answered a ping and then is silent for
`ray.hang_timeout`; the next wave of workers on that node is given twice as long, and so on up to `DOUBLINGS` times."""
DOUBLINGS = 3
PING_SECONDS = 0.5
REPORT_SECONDS = 1.0
"""A worker that has nothing to report says so after so long."""
REPORTS, SELDOM = 4, 15.0
"""A second that are heard of all workers together; each makes one in fifteen seconds even so."""
PATIENCE = 10.0
"""A life that takes this many times the median of others has hung, even if its worker answers."""


def report_seconds(workers: int) -> float:
    """Between two reports of a worker that has no urgent news, where there are so many."""
    return max(REPORT_SECONDS, min(SELDOM, workers / REPORTS))


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
    """One worker as the driver sees it.

    Attributes:
        name: What it is called.
        actor: Whom to call.
        call: Under way for `busy` seconds: a start, then a beginning, then one report after the other.
        since: When it began to start.
        number: Of this run's workers.
        node: Known once a ping was answered.
        machine: Its class, known once it has started.
        phase: "start", "idle" (nothing to live yet), "begin", "live", or "gone".
        busy: Seconds that the call has been under way.
        up: Whether a ping was ever answered.
        ping: The one that has not been answered for `silent` seconds, while it starts.
        silent: See `ping`.
        sees: Whether it sees the run folder.
        term: Of reports that are to be believed.
        islands: That it keeps, and where they stand.
        living: Island, generation and seconds of the life under way, as it reported last.
        known: What it was told of where its islands' neighbours are.
        merging: Kind and names of parts that it merges.
        patience: Seconds after which it reports, whatever there is to say.
    """

    name: str
    actor: Any
    call: ray.ObjectRef
    since: float
    number: int = 0
    node: str = ""
    machine: Mapping[str, Any] | None = None
    phase: str = "start"
    busy: float = 0.0
    up: bool = False
    ping: ray.ObjectRef | None = None
    silent: float = 0.0
    sees: bool = False
    term: int = 0
    islands: dict[int, int] = field(default_factory=dict)
    living: tuple[int, int, float] | None = None
    known: dict[int, int] = field(default_factory=dict)
    merging: list[tuple[str, list[str]]] = field(default_factory=list)
    patience: float = REPORT_SECONDS


@dataclass
class Waves:
    """Starts that failed, counted in waves: whatever was under way when one failed belongs to the same wave."""

    count: int = 0
    last: float = float("-inf")

    def failed(self, since: float) -> None:
        """A start that began at that time (`time.monotonic`) has failed."""
        if since >= self.last:
            self.count, self.last = self.count + 1, time.monotonic()


class FailureDetector:
    """Judges workers by how long others took.

    Args:
        timeout: `ray.hang_timeout`, in seconds.
    """

    def __init__(self, timeout: float):
        self._timeout = timeout
        self._all = Waves()
        self._nodes: defaultdict[str, Waves] = defaultdict(Waves)
        self._took: dict[str, deque[float]] = {phase: deque(maxlen=64) for phase in ("start", "live")}

    def started(self, handle: Handle) -> None:
        """A worker is up: what it took is what others may take."""
        self._took["start"].append(handle.busy)
        self._all.count = 0
        if handle.busy <= self._start_seconds:
            self._nodes[handle.node].count = 0

    def lived(self, seconds: float) -> None:
        """What a generation of an island has taken."""
        self._took["live"].append(seconds)

    def false_start(self, handle: Handle) -> float:
        """A worker was lost while it started: seconds to wait before the next one is, more after each wave."""
        self._all.failed(handle.since)
        self._nodes[handle.node].failed(handle.since)
        return 2.0 ** min(self._all.count - 1, 6) - 1

    @property
    def _start_seconds(self) -> float:
        return max(START_SECONDS, self._timeout)

    def misses(self, handle: Handle, seconds: float) -> str:
        """Why a worker is to be given up, if it is: it answers nothing, or takes unreasonably long.

        Args:
            handle: Of the worker; its times are brought up to date, and while it starts it is pinged now and then.
            seconds: Since the last look.
        """
        timeout = self._timeout
        handle.busy += seconds
        if handle.phase in ("start", "idle"):
            if why := self._unanswered(handle, seconds):
                return why
            limit = self._start_seconds * self._slowness(handle)
            return f"did not start within {limit:.0f} s" if handle.phase == "start" and handle.busy > limit else ""
        if handle.busy > timeout + handle.patience:
            return f"no answer for {timeout:g} s"
        if handle.living is None or not self._took["live"]:
            return ""
        island, generation, since = handle.living
        handle.living = island, generation, since + seconds
        limit = max(timeout, PATIENCE * median(self._took["live"]))
        return f"hung for {limit:.0f} s" if since > limit else ""

    def _slowness(self, handle: Handle) -> int:
        return 2 ** min(self._nodes[handle.node].count, DOUBLINGS) if handle.phase == "start" else 1

    def _unanswered(self, handle: Handle, seconds: float) -> str:
        """Ping a worker; why it is to be given up if it does not answer."""
        limit = self._timeout * self._slowness(handle)
        handle.silent += seconds
        if handle.ping is None:
            if handle.silent > PING_SECONDS or not handle.up:
                handle.ping, handle.silent = handle.actor.ping.remote(), 0.0
        elif ray.wait([handle.ping], timeout=0)[0]:
            try:
                handle.node = ray.get(handle.ping)
            except RayError as error:
                return reason(error)
            handle.ping, handle.silent, handle.up = None, 0.0, True
        elif handle.up and handle.silent > limit:
            return f"no answer for {limit:g} s"
        return ""


def reason(error: RayError) -> str:
    """Why a worker was lost.

    Raises:
        Exception: It was not lost: the program failed on it.
    """
    if device := device_error(error):
        return device.why
    if isinstance(error, RayTaskError) and not isinstance(error.cause, RayError):
        raise error.cause if isinstance(error.cause, UserError) else error.as_instanceof_cause()
    if isinstance(error, RayActorError) and error.actor_init_failed:
        raise UserError(
            f"a worker cannot load this program: {str(error).strip().splitlines()[-1].strip()}: install the same "
            "version of it on every node"
        )
    return lost_to(error)


def lost_to(error: RayError) -> str:
    """What a worker, or a job, was lost to that Ray says is lost: room, memory, its machine, its process."""
    if isinstance(error, ActorUnschedulableError | TaskUnschedulableError):
        return "could not be placed"
    if isinstance(error, OutOfMemoryError) or "low on memory" in str(error):
        return "its machine ran out of memory"
    if isinstance(error, NodeDiedError):
        return "its machine was lost"
    if isinstance(error, RayActorError) and error.preempted:
        return "its node was preempted"
    if isinstance(error, RayActorError | WorkerCrashedError):
        return "its process died"
    return f"its answer was lost ({type(error).__name__})"


def device_error(error: RayError) -> DeviceError | None:
    """What a GPU did, if that is what a worker was lost to."""
    cause = error.cause if isinstance(error, RayTaskError) else None
    return cause if isinstance(cause, DeviceError) else None


def is_of_program(error: RayError) -> bool:
    """Whether a worker did not start for what it found on its node: the program raised, or cannot be loaded."""
    if isinstance(error, RayTaskError):
        return not isinstance(error.cause, RayError | DeviceError)
    return isinstance(error, RayActorError) and error.actor_init_failed


def address_of(error: RayError) -> str:
    """IP address of the node that an error comes from; "" if it does not say."""
    if ip := vars(error).get("ip"):  # not kept by Ray in an error that is an instance of its cause, too
        return str(ip)
    found = re.search(r"\bip[=:]\s*([0-9a-fA-F.:]+)", str(error))
    return found[1] if found else ""


def words_of(error: RayError) -> str:
    """What the program raised, in one line."""
    cause = error.cause if isinstance(error, RayTaskError) else None
    line = f"{type(cause).__name__}: {cause}" if cause else str(error).strip().splitlines()[-1]
    return " ".join(line.split())[:200]
