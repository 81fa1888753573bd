"""All that is known of a run from outside: call `run_status`, also while it is running."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alife.errors import UserError
from alife.format import steps, usage
from populations.engine.usage import costs
from populations.overview.entry import ABANDONED, ENDED, read, settings, status_of
from populations.record.presence import age, gone
from populations.record.storage import Folder, open_folder


@dataclass(frozen=True)
class RunStatus:
    """How a run stands; what is not known is None, or empty.

    Attributes:
        path: Its folder.
        status: As of `populations.overview.entry.Entry`.
        gone: Of an abandoned one, who wrote it last.
        stopped: By what callback it was stopped, and why.
        done: Generations that are committed.
        of: Generations in all.
        births: Committed.
        updated: When the last commit was, ISO 8601.
        age: Seconds since then.
        generation_seconds: Of wall-clock that a generation takes, since the last start.
        seconds_left: An estimate; of one that does not run, from when it goes on.
        lost: How often a worker was lost.
        seconds_lost: Of work, by that.
        reasons: How often, by why.
        starts: How often it was started, or went on.
        started: When last.
        host: Where.
        command: By what.
        core_seconds: That cores were given to it, over all starts, as far as that is on record; likewise
        gpu_seconds: GPUs, and
        seconds: wall-clock.
    """

    path: str
    status: str
    gone: str
    stopped: str
    done: int
    of: int
    births: int
    updated: str
    age: float | None
    generation_seconds: float | None
    seconds_left: float | None
    lost: int
    seconds_lost: float
    reasons: Mapping[str, int] = field(default_factory=dict)
    starts: int = 0
    started: str = ""
    host: str = ""
    command: str = ""
    core_seconds: float = 0.0
    gpu_seconds: float = 0.0
    seconds: float = 0.0


def run_status(uri: str) -> RunStatus:
    """How a run stands.

    Raises:
        UserError: There is no run, or its manifest or configuration is damaged.
    """
    folder = open_folder(uri)
    content = read(folder)
    status = status_of(folder, content)
    of = int(settings(folder, content).get("generations", 0))
    known = costs(folder)
    done, rate, since = content["generation"] + 1, pace(content, known), age(content["updated"])
    total, restarts = usage.total(known), content["restarts"]
    last = content["starts"][-1] if content["starts"] else {}
    return RunStatus(
        path=uri,
        status=status,
        gone=_last_writer(folder) if status == ABANDONED else "",
        stopped=_stopped(folder, content) if status == "interrupted" else "",
        done=done,
        of=of,
        births=sum(part["rows"] for part in content["parts"]["births"]),
        updated=content["updated"],
        age=since,
        generation_seconds=rate,
        seconds_left=left(status, of - done, rate, since),
        lost=len(restarts),
        seconds_lost=sum(each["seconds_lost"] for each in restarts),
        reasons=dict(Counter(each["why"] for each in restarts).most_common()),
        starts=len(content["starts"]),
        started=last.get("time", ""),
        host=last.get("host", ""),
        command=last.get("command", ""),
        core_seconds=total.core_seconds,
        gpu_seconds=total.gpu_seconds,
        seconds=total.seconds,
    )


def pace(content: Mapping[str, Any], known: list[usage.Usage]) -> float | None:
    """Seconds that a generation takes, commits included; None before the first commit since the last start."""
    with suppress(ValueError, TypeError, IndexError):
        if known and known[-1].lived:
            return known[-1].seconds / known[-1].lived
        last = content["starts"][-1]
        lived = content["generation"] + 1 - last["generation"]
        took = datetime.fromisoformat(content["updated"]) - datetime.fromisoformat(last["time"])
        return took.total_seconds() / lived if lived > 0 else None
    return None


def left(status: str, generations: int, rate: float | None, since: float | None) -> float | None:
    """Seconds until so many generations are lived; while it runs, some of them have passed since the last commit."""
    if rate is None or status in ENDED:
        return None
    return max(0.0, generations * rate - (since or 0.0 if status == "running" else 0.0))


def _last_writer(folder: Folder) -> str:
    with suppress(OSError, UserError):
        return gone(folder)
    return ""


def _stopped(folder: Folder, content: Mapping[str, Any]) -> str:
    with suppress(OSError, UserError):
        lines = steps.parse(folder.read(steps.NAME, steps.MOST), content["generation"], folder.uri)
        return next((f"{each.by}: {each.value}" for each in lines if _ends(each, content["generation"])), "")
    return ""


def _ends(line: steps.Line, generation: int) -> bool:
    return line.kind == "stopped" and line.generation == generation
