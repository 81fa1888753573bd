"""Many independent jobs on one Ray cluster, or one after another in this process.

Sweeps, replicates of a fork and the seed paper's experiments are such jobs. On Ray each job is one task on as many CPUs
as a host has; a job whose process or machine dies is started again, so a job should go on from what it finds. What is
wrong with one job does not touch the others.
"""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from alife.configuration import keys as configuration
from alife.errors import UserError
from populations.record.lease import Busy

BUSY_SECONDS: Final = 180.0
"""How long a job waits for another writer of its folder, which a lost driver or machine may have left."""
BUSY_PAUSE: Final = 5.0
"""Between two tries of such a job."""

Told = Callable[[dict[str, Any]], None]
"""Told of every event, a dict of plain values under "event": connecting (address, empty where Ray is started here),
job_started (job, attempt), job_lost (job, attempt, why), job_done (job, seconds), job_failed (job, error, details),
job_stopped (job, why) and, while jobs run on Ray, tick."""


class Stopped(Exception):
    """Raised by a job that was told to stop and has kept what it had; its text is the name of the signal."""


@dataclass(frozen=True)
class Job:
    """A function to call once.

    Attributes:
        name: Unique among the jobs of a call.
        function: Of a module that workers can import too. On Ray it runs in the main thread of a process that other
            jobs have used before; told to stop, it gets a SIGINT.
        kwargs: Its arguments; they can be pickled.
        after: The name of a job of the same call that has to be done first; if it fails, so does this one.
    """

    name: str
    function: Callable[..., Any]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    after: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a job.

    Attributes:
        name: The job's.
        status: "stopped" is also said of a job that never started because all were told to stop.
        value: What the function returned.
        error: One line on why it failed; by what it was stopped.
        details: The traceback of a fault of the program.
        losses: Why it had to be started again, each time.
        seconds: From its first start to its end.
    """

    name: str
    status: Literal["done", "failed", "stopped"]
    value: Any = None
    error: str = ""
    details: str = ""
    losses: tuple[str, ...] = ()
    seconds: float = 0.0


def run_jobs(
    jobs: Sequence[Job],
    ray: configuration.Ray | None = None,
    told: Told = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
    backend: Literal["ray", "local"] = "ray",
) -> list[Result]:
    """Run jobs, started in their order but for those that wait for others, as many at once as there is room for
    (`ray.hosts`, if it is a number).

    Args:
        jobs: What to do.
        ray: The cluster, and what each job needs of it; the defaults if None.
        told: Told of every event.
        stopping: Asked while waiting; once true, no job is started and those that run are told to stop.
        backend: "local" runs one after another in this process.

    Returns:
        A result a job, in the order of the jobs. A `UserError` of a job, and a fault of the program in it, make its
        result "failed" at once; so does the fourth loss of its process. One that raises `Unfit` goes to another node,
        and fails when there is none. One that raises `Busy` is tried again for three minutes.

    Raises:
        UserError: There is no cluster, or none of its nodes has had the room for a job for two minutes.
        ValueError: Two jobs have the same name, or one comes before the one that it waits for.
    """
    names = [job.name for job in jobs]
    if len(set(names)) < len(jobs):
        raise ValueError("two jobs have the same name")
    for number, job in enumerate(jobs):
        if job.after and job.after not in names[:number]:
            raise ValueError(f"{job.name}: the job {job.after} that it waits for does not come before it")
    if backend == "local":
        return _one_by_one(jobs, told, stopping)
    from populations.engine.backend import Interrupted
    from populations.studies.job_pool import Crew, connected

    needs = ray or configuration.Ray()
    try:
        with connected(needs, stopping, told):
            results = Crew(needs, told, stopping).run(jobs)
    except Interrupted:
        return [Result(job.name, "stopped") for job in jobs]
    return [results[job.name] for job in jobs]


def tell(told: Told, result: Result) -> None:
    """Tell what became of a job."""
    event: dict[str, Any] = {"event": f"job_{result.status}", "job": result.name}
    if result.status == "done":
        event["seconds"] = result.seconds
    elif result.status == "failed":
        event |= {"error": result.error, "details": result.details}
    else:
        event["why"] = result.error
    told(event)


def failure(error: BaseException, text: str) -> tuple[str, str]:
    """What to say of an exception that a job raised: (one line, the traceback `text` if it is the program's fault)."""
    line = " ".join(str(error).split())
    if isinstance(error, UserError):
        return line, ""
    return f"fault of the program: {type(error).__name__}: {line[:300]}", text


def unmet(job: Job, results: Mapping[str, Result]) -> Result | None:
    """What becomes of a job because of the one that it waits for, once that has ended but is not done."""
    first = results.get(job.after)
    if first is None or first.status == "done":
        return None
    return Result(job.name, first.status, error=f"{job.after} {first.status}" if first.status == "failed" else "")


def _one_by_one(jobs: Sequence[Job], told: Told, stopping: Callable[[], bool]) -> list[Result]:
    results: list[Result] = []
    for job in jobs:
        if stopping() or (results and results[-1].status == "stopped"):
            results.append(Result(job.name, "stopped"))
            continue
        if lost := unmet(job, {result.name: result for result in results}):
            results.append(lost)
            tell(told, lost)
            continue
        told({"event": "job_started", "job": job.name, "attempt": 1})
        results.append(_here(job, stopping))
        tell(told, results[-1])
    return results


def _here(job: Job, stopping: Callable[[], bool]) -> Result:
    """Do a job in this process."""
    began = time.monotonic()
    status: Literal["done", "failed", "stopped"] = "done"
    value, error, details = None, "", ""
    try:
        value = _patiently(job, stopping)
    except (Stopped, KeyboardInterrupt) as stop:
        status, error = "stopped", str(stop) or "SIGINT"
    except Exception as fault:
        status, (error, details) = "failed", failure(fault, traceback.format_exc())
    return Result(job.name, status, value, error, details, seconds=time.monotonic() - began)


def _patiently(job: Job, stopping: Callable[[], bool]) -> Any:
    """Call a job's function; while its folder has another writer, again and again for a while."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return job.function(**job.kwargs)
        except Busy:
            again = time.monotonic() + BUSY_PAUSE
            if again > end:
                raise
        while time.monotonic() < again:
            if stopping():
                raise Stopped("SIGINT")
            time.sleep(min(0.1, BUSY_PAUSE))
