"""Jobs on Ray: what waits, what runs, and what became of the others.

Make a `JobPool` while `connected` and let it `run` jobs; `populations.studies.run_jobs` does.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

import ray
from ray import cloudpickle, exceptions

from alife import siblings
from alife.configuration import keys as configuration
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from populations.engine.ray import cluster, head, start
from populations.engine.ray.failures import Clock, lost_to
from populations.engine.ray.tasks import Elsewhere
from populations.engine.ray.worker import errand
from populations.observe import events
from populations.record.lease import Busy
from populations.studies import jobs as common
from populations.studies.jobs import Job, OutOfTime, Result, Stopped, Taken, Told, as_it_is, failure, tell, unmet
from populations.studies.lanes import Attempt, Lanes

RETRIES: Final = 3
"""How often a job is started again after it was lost."""
POLL_SECONDS: Final = 0.25
STARVED_SECONDS: Final = 120.0
"""Time without room for a job on any node after which the jobs are given up."""

_AGAIN = "the same command goes on when there is one"


@contextmanager
def connected(
    needs: configuration.Ray,
    stopping: Callable[[], bool] = lambda: False,
    told: Told = lambda _: None,
    each: Iterable[configuration.Ray] = (),
) -> Iterator[None]:
    """Be connected to the cluster; one that was started here ends with the block. Blocks may be nested.

    Args:
        needs: Where, and what a job needs.
        stopping: Asked once Ray is there.
        told: Told "connecting" before it takes long.
        each: What jobs need, if not all need the same; there is to be room for each of them.

    Raises:
        Interrupted: `stopping()` became true while Ray started.
        UserError: There is no cluster, or no node has the room for a job.
    """
    kinds = {(ray.cpus_per_host, ray.gpus_per_host): ray for ray in each or (needs,)}
    most = max(cpus for cpus, _ in kinds)
    config = RunConfig(ray=needs.model_copy(update={"cpus_per_host": most}))
    owns = start.connect(config, stopping, lambda address: told(events.Connecting(address=address)))
    try:
        for ray in kinds.values():
            cluster.check_room(RunConfig(ray=ray), "job")
        yield
    finally:
        if owns:
            start.leave()


class JobPool:
    """The jobs of one call, as many at once as there is room for.

    Args:
        needs: Of each job that has none of its own.
        told: Told of every event.
        stopping: Asked while waiting.
        taken: Given each result that is done.
    """

    def __init__(self, needs: configuration.Ray, told: Told, stopping: Callable[[], bool], taken: Taken = as_it_is):
        remote: Any = ray.remote
        self._call = remote(errand)
        self._told, self._stopping, self._taken = told, stopping, taken
        self._lanes = Lanes(needs)
        self._after: dict[str, list[Attempt]] = defaultdict(list)
        self._running: dict[Any, Attempt] = {}
        self._results: dict[str, Result] = {}
        self._stopped = self._late = False
        self._clock, self._roomless = Clock(), 0.0

    def run(self, jobs: Sequence[Job]) -> dict[str, Result]:
        """Do all jobs; a result each, by name."""
        for attempt in map(Attempt, jobs):
            if attempt.job.after:
                self._after[attempt.job.after].append(attempt)
            else:
                self._lanes.add(attempt)
        try:
            while self._lanes.waiting or self._running:
                if self._stopping() and not self._stopped:
                    self._stop()
                self._watch()
                self._start()
                self._wait()
                self._told(events.Tick())
        finally:
            self._lanes.close()
            for call in () if self._lanes.head.quiet else self._running:
                ray.cancel(call, force=True)
        return self._results

    def _watch(self) -> None:
        """Count for how long the head has been silent and no node has had room, as far as this process ran itself."""
        seconds, watched = self._clock.tick(), self._lanes.head
        watched.look(seconds)
        starved = self._lanes.starved
        self._roomless = self._roomless + seconds if starved else 0.0
        if self._stopped:
            if watched.quiet:
                for attempt in self._running.values():
                    self._end(attempt, "stopped", None, "the cluster has gone")
                self._running.clear()
        elif watched.gone:
            raise UserError(f"ray: the head of the cluster has not answered for {head.HEAD_SECONDS:.0f} s: {_AGAIN}")
        elif starved and self._roomless > STARVED_SECONDS:
            raise UserError(
                f"ray: for {STARVED_SECONDS:.0f} s no node of the cluster has had the {cluster.described(starved)} "
                f"that a job asks for: {_AGAIN}"
            )

    def _start(self) -> None:
        """Start as many jobs as there is room for; nodes come and go."""
        if self._lanes.head.quiet:
            return
        while attempt := self._lanes.next():
            attempt.began = attempt.began or time.monotonic()
            job, needs = attempt.job, attempt.needs
            options = {"num_cpus": needs.cpus_per_host, "num_gpus": needs.gpus_per_host, "max_retries": 0}
            options |= cluster.not_on(attempt.avoid)
            call = self._call.options(name=job.name, **options).remote(
                siblings.ROOT, cloudpickle.dumps((job.function, dict(job.kwargs)))
            )
            self._running[call] = attempt
            self._told(events.JobStarted(job=job.name, attempt=len(attempt.losses) + 1))

    def _wait(self) -> None:
        if not self._running:
            time.sleep(POLL_SECONDS if self._lanes.waiting else 0)
            return
        calls = list(self._running)
        ready, _ = ray.wait(calls, num_returns=1, timeout=POLL_SECONDS)
        if ready:
            ready, _ = ray.wait(calls, num_returns=len(calls), timeout=0)
        for call in ready:
            attempt = self._running.pop(call)
            self._lanes.ended(attempt)
            self._take(call, attempt)

    def _stop(self) -> None:
        """Start no more, and tell those that run: Ray has Python handle a SIGINT in the worker's main thread."""
        self._stopped = True
        self._begin_none()
        for call in self._running:
            ray.cancel(call)

    def _begin_none(self) -> None:
        followers = [attempt for waiting in self._after.values() for attempt in waiting]
        for attempt in (*self._lanes.clear(), *followers):
            self._results[attempt.job.name] = Result(attempt.job.name, "stopped", losses=attempt.losses)
        self._after.clear()

    def _take(self, ref: Any, attempt: Attempt) -> None:
        """See what a call came to."""
        try:
            found, value = ray.get(ref)
        except exceptions.TaskCancelledError:
            self._lose(attempt, "it was interrupted")
        except exceptions.RayTaskError as error:
            if isinstance(error.cause, OutOfTime):
                self._late = True
                self._end(attempt, "stopped", None, str(error.cause))
                self._begin_none()
            elif isinstance(error.cause, Stopped):
                self._lose(attempt, f"its process got a {error.cause}")
            elif isinstance(error.cause, exceptions.RayError):
                self._lose(attempt, lost_to(error.cause))
            elif isinstance(error.cause, Elsewhere):
                self._move(attempt, error.cause)
            elif isinstance(error.cause, Busy) and self._late:
                self._lose(attempt, str(error.cause))
            elif isinstance(error.cause, Busy) and self._waits(attempt):
                self._lanes.add(attempt)
            else:
                self._end(attempt, "failed", None, *failure(error.cause, str(error)))
        except exceptions.RayError as error:
            self._lose(attempt, lost_to(error))
        else:
            if found:
                self._move(attempt, Elsewhere(found["node"], found["hidden"], device=False))
            else:
                self._end(attempt, "done", value)

    def _waits(self, attempt: Attempt) -> bool:
        """Whether a job whose folder has another writer is to be tried again later; it is, for a while."""
        now = time.monotonic()
        attempt.busy = now if attempt.busy is None else attempt.busy
        attempt.due = now + common.BUSY_PAUSE
        return not self._stopped and attempt.due - attempt.busy <= common.BUSY_SECONDS

    def _move(self, attempt: Attempt, found: Elsewhere) -> None:
        """A job has met a node that will not do for it: it is for another one, if there is any."""
        attempt.avoid.add(found.node)
        others = self._lanes.places(attempt).keys() - attempt.avoid
        if found.device:
            attempt.avoid = attempt.avoid if others else set()
            self._lose(attempt, found.why)
        elif others:
            self._lose(attempt, found.why, retries=0)
        else:
            self._end(attempt, "failed", None, found.why)

    def _lose(self, attempt: Attempt, why: str, retries: int = 1) -> None:
        """A call that ended too early: as all were told to, or with its process, and then it is for another one."""
        if self._stopped or self._late:
            self._end(attempt, "stopped", None, why)
            return
        attempt.losses, attempt.retries = (*attempt.losses, why), attempt.retries + retries
        attempt.busy = None
        self._told(events.JobLost(job=attempt.job.name, attempt=len(attempt.losses), why=why))
        if attempt.retries > RETRIES:
            self._end(attempt, "failed", None, f"lost {len(attempt.losses)} times, the last time because {why}")
        else:
            self._lanes.add(attempt, first=True)

    def _end(
        self,
        attempt: Attempt,
        status: Literal["done", "failed", "stopped"],
        value: Any,
        error: str = "",
        details: str = "",
    ) -> None:
        seconds = time.monotonic() - attempt.began
        result = Result(attempt.job.name, status, value, error, details, attempt.losses, seconds)
        self._settle(self._taken(result) if status == "done" else result)

    def _settle(self, result: Result) -> None:
        """Keep a result, and let those that have waited for it go on, or share its fate."""
        self._results[result.name] = result
        tell(self._told, result)
        for attempt in reversed(self._after.pop(result.name, [])):
            if lost := unmet(attempt.job, self._results):
                self._settle(lost)
            else:
                self._lanes.add(attempt, first=True)
