"""Jobs on Ray: what waits, what runs, and what became of the others.

A room of its own so that jobs in this process need no Ray.
"""

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import ray
from ray import exceptions

from alife import config as configuration
from alife.config import RunConfig
from alife.errors import UserError
from populations import cluster
from populations.jobs import Job, Result, Stopped, Told, failure, tell

RETRIES: Final = 3
"""How often a job is started again after it was lost."""
POLL_SECONDS: Final = 0.25
ROOM_SECONDS: Final = 2.0
STARVED_SECONDS: Final = 120.0

_REASONS: Final = {
    exceptions.OutOfMemoryError: "its machine ran out of memory",
    exceptions.NodeDiedError: "its machine was lost",
    exceptions.WorkerCrashedError: "its process died",
}


@contextmanager
def connected(needs: configuration.Ray) -> Iterator[None]:
    """Be connected to the cluster; one that was started here ends with the block. Blocks may be nested.

    Raises:
        UserError: There is no cluster, or no node has the room for a job.
    """
    config = RunConfig(ray=needs)
    with _handler_kept():
        owns = cluster.connect(config)
    try:
        if cluster.room(config) < 1:
            raise UserError(
                f"ray: no node of the cluster has the {_described(needs)} that a job asks for: lower ray.cpus_per_host "
                "or ray.gpus_per_host, or add such a node"
            )
        yield
    finally:
        if owns:
            ray.shutdown()


@dataclass
class _Attempt:
    """A job that waits or runs, and why it had to be started again so far."""

    job: Job
    began: float = 0.0
    losses: tuple[str, ...] = ()


class Crew:
    """The jobs of one call.

    Args:
        needs: Of each job.
        told: Told of every event.
        stopping: Asked while waiting.
    """

    def __init__(self, needs: configuration.Ray, told: Told, stopping: Callable[[], bool]):
        remote: Any = ray.remote
        self._call = remote(_call)
        self._needs, self._told, self._stopping = needs, told, stopping
        self._waiting: deque[_Attempt] = deque()
        self._running: dict[Any, _Attempt] = {}
        self._results: dict[str, Result] = {}
        self._stopped = False
        self._room, self._looked, self._roomy = 1, 0.0, time.monotonic()

    def run(self, jobs: Sequence[Job]) -> dict[str, Result]:
        """Do all jobs; a result each, by name."""
        self._waiting.extend(map(_Attempt, jobs))
        try:
            while self._waiting or self._running:
                if self._stopping() and not self._stopped:
                    self._stop()
                self._start()
                self._wait()
                self._told({"event": "tick"})
        finally:
            for call in self._running:
                ray.cancel(call, force=True)
        return self._results

    def _start(self) -> None:
        width = 0 if self._stopped else self._width()
        while self._waiting and len(self._running) < width:
            attempt = self._waiting.popleft()
            attempt.began = attempt.began or time.monotonic()
            job, needs = attempt.job, self._needs
            options = {"num_cpus": needs.cpus_per_host, "num_gpus": needs.gpus_per_host, "max_retries": 0}
            call = self._call.options(name=job.name, **options).remote(job.function, dict(job.kwargs))
            self._running[call] = attempt
            self._told({"event": "job_started", "job": job.name, "attempt": len(attempt.losses) + 1})

    def _width(self) -> int:
        """How many jobs may run at once; nodes come and go."""
        now = time.monotonic()
        if now - self._looked > ROOM_SECONDS:
            self._room, self._looked = cluster.room(RunConfig(ray=self._needs)), now
        if self._room:
            self._roomy = now
        elif now - self._roomy > STARVED_SECONDS:
            raise UserError(
                f"ray: for {STARVED_SECONDS:.0f} s no node of the cluster has had the {_described(self._needs)} that a "
                "job asks for: give the same command again when there is one"
            )
        return self._room if self._needs.hosts == "auto" else self._needs.hosts

    def _wait(self) -> None:
        if not self._running:
            time.sleep(POLL_SECONDS if self._waiting else 0)
            return
        ready, _ = ray.wait(list(self._running), num_returns=1, timeout=POLL_SECONDS)
        for call in ready:
            self._take(call, self._running.pop(call))

    def _stop(self) -> None:
        """Start no more, and tell those that run: Ray has Python handle a SIGINT in the worker's main thread."""
        self._stopped = True
        for attempt in self._waiting:
            self._results[attempt.job.name] = Result(attempt.job.name, "stopped", losses=attempt.losses)
        self._waiting.clear()
        for call in self._running:
            ray.cancel(call)

    def _take(self, call: Any, attempt: _Attempt) -> None:
        """See what a call came to."""
        try:
            value = ray.get(call)
        except exceptions.TaskCancelledError:
            self._lose(attempt, "it was interrupted")
        except exceptions.RayTaskError as error:
            if isinstance(error.cause, Stopped):
                self._lose(attempt, f"its process got a {error.cause}")
            else:
                self._end(attempt, "failed", None, *failure(error.cause, str(error)))
        except exceptions.RayError as error:
            self._lose(attempt, next((why for kind, why in _REASONS.items() if isinstance(error, kind)), repr(error)))
        else:
            self._end(attempt, "done", value)

    def _lose(self, attempt: _Attempt, why: str) -> None:
        """A call that ended too early: as all were told to, or with its process, and then it is for another one."""
        if self._stopped:
            self._end(attempt, "stopped", None, why)
            return
        attempt.losses = (*attempt.losses, why)
        self._told({"event": "job_lost", "job": attempt.job.name, "attempt": len(attempt.losses), "why": why})
        if len(attempt.losses) > RETRIES:
            self._end(attempt, "failed", None, f"lost {len(attempt.losses)} times, the last time because {why}")
        else:
            self._waiting.appendleft(attempt)

    def _end(
        self,
        attempt: _Attempt,
        status: Literal["done", "failed", "stopped"],
        value: Any,
        error: str = "",
        details: str = "",
    ) -> None:
        seconds = time.monotonic() - attempt.began
        result = Result(attempt.job.name, status, value, error, details, attempt.losses, seconds)
        self._results[result.name] = result
        tell(self._told, result)


def _call(function: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
    return function(**kwargs)


def _described(needs: configuration.Ray) -> str:
    gpus = f" and {needs.gpus_per_host:g} GPUs" if needs.gpus_per_host else ""
    return f"{needs.cpus_per_host:g} CPUs{gpus}"


@contextmanager
def _handler_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself when it starts; who asked to hear of it before is to hear of it after."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
