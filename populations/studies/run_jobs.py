"""Many independent jobs on one Ray cluster, or one after another in this process: call `run_jobs`.

Sweeps, replicates of a fork and the seed paper's experiments are such jobs. On Ray each job is one task on as many CPUs
as a worker has; a job whose process or machine dies is started again, so a job should go on from what it finds. What is
wrong with one job does not touch the others.
"""

import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Literal

from alife.configuration import keys as configuration
from populations.observe import events
from populations.record.lease import Busy
from populations.studies import jobs as common
from populations.studies.jobs import Job, Result, Stopped, Taken, Told, as_it_is, failure, tell, unmet


def run_jobs(
    jobs: Sequence[Job],
    ray: configuration.Ray | None = None,
    told: Told = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
    backend: Literal["ray", "local"] = "ray",
    taken: Taken = as_it_is,
) -> list[Result]:
    """Run jobs, started in their order but for those that wait for others, as many at once as there is room for
    (`ray.hosts`, if it is a number). Of jobs with needs of their own those that ask for most are started first.

    Args:
        jobs: What to do.
        ray: The cluster, and what each job needs of it; the defaults if None.
        told: Told of every event.
        stopping: Asked while waiting; once true, no job is started and those that run are told to stop.
        backend: "local" runs one after another in this process.
        taken: Given each result that is done, in this thread; what it returns is kept in its place.

    Returns:
        A result a job, in the order of the jobs. A `UserError` of a job, and a fault of the program in it, make its
        result "failed" at once; so does the fourth loss of its process. One that raises `Unfit` goes to another node,
        and fails when there is none. One that raises `Busy` is tried again for three minutes.

    Raises:
        UserError: There is no cluster, or none of its nodes has had the room for a job for two minutes.
        ValueError: Two jobs have the same name, or one comes before the one that it waits for.
    """
    _check(jobs)
    if backend == "local":
        return _one_by_one(jobs, told, stopping, taken)
    from populations.engine.backend import Interrupted
    from populations.studies.job_pool import JobPool, connected

    needs = ray or configuration.Ray()
    try:
        with connected(needs, stopping, told, [job.needs or needs for job in jobs]):
            results = JobPool(needs, told, stopping, taken).run(jobs)
    except Interrupted:
        return [Result(job.name, "stopped") for job in jobs]
    return [results[job.name] for job in jobs]


def _check(jobs: Sequence[Job]) -> None:
    before: set[str] = set()
    for job in jobs:
        if job.name in before:
            raise ValueError("two jobs have the same name")
        if job.after and job.after not in before:
            raise ValueError(f"{job.name}: the job {job.after} that it waits for does not come before it")
        before.add(job.name)


def _one_by_one(jobs: Sequence[Job], told: Told, stopping: Callable[[], bool], taken: Taken) -> list[Result]:
    results: dict[str, Result] = {}
    stopped = False
    for job in jobs:
        if stopped := stopped or stopping():
            results[job.name] = Result(job.name, "stopped")
            continue
        if lost := unmet(job, results):
            result = lost
        else:
            told(events.JobStarted(job=job.name, attempt=1))
            result = _here(job, stopping)
            result = taken(result) if result.status == "done" else result
        results[job.name] = result
        stopped = result.status == "stopped"
        tell(told, result)
    return list(results.values())


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
    end = time.monotonic() + common.BUSY_SECONDS
    while True:
        try:
            return job.function(**job.kwargs)
        except Busy:
            again = time.monotonic() + common.BUSY_PAUSE
            if again > end:
                raise
        while time.monotonic() < again:
            if stopping():
                raise Stopped("SIGINT")
            time.sleep(min(0.1, common.BUSY_PAUSE))
