"""What a job is, and what became of it; `populations.studies.run_jobs` does them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from alife.configuration.keys import Ray
from alife.errors import UserError
from populations.observe import events
from populations.observe.events import Event

BUSY_SECONDS: Final = 180.0
"""How long a job waits for another writer of its folder, which a lost driver or machine may have left."""
BUSY_PAUSE: Final = 5.0
"""Between two tries of such a job."""

Told = Callable[[Event], None]
"""Told of every event: `Connecting`, those of jobs and, while they run on Ray, `Tick`."""


class Stopped(Exception):
    """Raised by a job that was told to stop and has kept what it had; its text is the name of the signal."""


class OutOfTime(Stopped):
    """Raised by a job that stops because its time is over: it is not started again, and none is started any more."""


@dataclass(frozen=True)
class Job:
    """A function to call once.

    Attributes:
        name: Unique among the jobs of a call.
        function: Of a module that workers can import too. On Ray it runs in the main thread of a process that other
            jobs have used before; told to stop, it gets a SIGINT.
        kwargs: Its arguments; they can be pickled.
        after: The name of a job of the same call that has to be done first; if it fails, so does this one.
        needs: What it asks of the cluster; None for what all jobs of the call do.
        share: Of the jobs that name the same share, no more run at once than their needs' `hosts`.
    """

    name: str
    function: Callable[..., Any]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    after: str = ""
    needs: Ray | None = None
    share: str = ""


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


Taken = Callable[[Result], Result]
"""Given each result that is "done"; what it returns is kept, and told, in its place."""


def as_it_is(result: Result) -> Result:
    """Keep the whole result."""
    return result


def tell(told: Told, result: Result) -> None:
    """Tell what became of a job."""
    match result.status:
        case "done":
            told(events.JobDone(job=result.name, seconds=result.seconds))
        case "failed":
            told(events.JobFailed(job=result.name, error=result.error, details=result.details))
        case "stopped":
            told(events.JobStopped(job=result.name, why=result.error))


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
