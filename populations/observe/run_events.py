"""What a run tells, from what it will take to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from populations.observe.event import RUN, Event


@dataclass(frozen=True, kw_only=True)
class Cost(Event, kind="cost", told_by=RUN):
    """What a generation is estimated to take, before the first is lived.

    Attributes:
        core_seconds: Of one core, in seconds.
        memory: Of a machine with one worker, in bytes.
        generations: How many are to be lived now.
    """

    core_seconds: float
    memory: int
    generations: int


@dataclass(frozen=True, kw_only=True)
class Connecting(Event, kind="connecting", told_by=RUN):
    """Ray is started or joined, which takes seconds.

    Attributes:
        address: Of the cluster that is joined; empty where Ray is started on this machine.
    """

    address: str


@dataclass(frozen=True, kw_only=True)
class Start(Event, kind="start", told_by=RUN):
    """The workers are up.

    Attributes:
        generation: The first to be lived.
        of: How many the run has in all, those lived before included.
        out: The run folder: a path or an fsspec URI.
        hosts: How many workers there are.
        backend: "ray", or "local" for this process.
    """

    generation: int
    of: int
    out: str
    hosts: int
    backend: str


@dataclass(frozen=True, kw_only=True)
class Warned(Event, kind="warning", told_by=RUN):
    """The configuration says something in vain; it is on record, too.

    Attributes:
        text: What, in a line.
    """

    text: str


@dataclass(frozen=True, kw_only=True)
class Note(Event, kind="note", told_by=RUN):
    """What else there is to know of a run that goes on, or is forked.

    Attributes:
        text: It, in a line.
    """

    text: str


@dataclass(frozen=True, kw_only=True)
class Generation(Event, kind="generation", told_by=RUN):
    """A generation was lived, on all islands. Medians are over those that lived to its end, null where nobody did.

    Attributes:
        generation: Its number.
        of: How many the run has in all.
        individuals: Born in it.
        dead: Of them, those that died before its end.
        accuracy: Median on the images of selection, from 0 to 1, of a regression the explained variance; null without a
            task.
        replication_error: Median of ρ, without a unit.
        copying_error: Median, without a unit.
        individuals_per_second: Lived a second of wall-clock, over the last ten generations and the last three
            seconds at least, or since the start.
        seconds: Of wall-clock since the generation before was complete. Islands run ahead of each other where nobody
            looks at each generation, so several may be complete at once.
        hosts: Workers up or starting.
        spent: Seconds of the run so far by what they went into: "generations" is the wall-clock of all,
            what is under way included; "birth", "life", "emission", "scoring", "records" (what is kept of them, and
            its commits) and, where there are any, "measures" are summed over workers, and "hosts" is the wall-clock of
            all workers.
    """

    generation: int
    of: int
    individuals: int
    dead: int
    accuracy: float | None
    replication_error: float | None
    copying_error: float | None
    individuals_per_second: float
    seconds: float
    hosts: int
    spent: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Tested(Event, kind="tested", told_by=RUN):
    """The last generation was scored on the test images.

    Attributes:
        generation: Its number.
        before: Generations that were scored on them earlier, in a run that was extended.
    """

    generation: int
    before: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class IslandDied(Event, kind="island_died", told_by=RUN):
    """Nobody of an island lived to reproduce.

    Attributes:
        generation: In which generation.
        island: Which.
        causes: Individuals by cause of death.
    """

    generation: int
    island: int
    causes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Extinct(Event, kind="extinct", told_by=RUN):
    """Nobody at all lived to reproduce.

    Attributes:
        generation: The last one.
    """

    generation: int


@dataclass(frozen=True, kw_only=True)
class Commit(Event, kind="commit", told_by=RUN):
    """All up to a generation is on disk.

    Attributes:
        generation: Which.
        status: Of the run: "running", "finished", "extinct", "interrupted" or "failed".
        seconds: That writing took.
    """

    generation: int
    status: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class HostLost(Event, kind="host_lost", told_by=RUN):
    """A worker was given up; what it was doing is done again by another.

    Attributes:
        generation: Under way then, -1 before the first.
        host: The worker.
        why: In a few words.
        seconds: Of its work that are lost.
    """

    generation: int
    host: str
    why: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Stopping(Event, kind="stopping", told_by=RUN):
    """A signal was heard, and all comes to its end with what is complete.

    Attributes:
        signal: SIGINT, SIGTERM, SIGHUP (the terminal was closed), or SIGUSR1 or SIGUSR2 (a scheduler's notice).
    """

    signal: str


@dataclass(frozen=True, kw_only=True)
class Changed(Event, kind="changed", told_by=RUN):
    """A callback, or the loop over an `Evolution`, has changed the configuration.

    Attributes:
        generation: After which generation.
        by: The callback; empty for the loop.
        key: `generations`, or one of `checkpoint.*`.
        value: Its new value.
    """

    generation: int
    by: str
    key: str
    value: int


@dataclass(frozen=True, kw_only=True)
class Stopped(Event, kind="stopped", told_by=RUN):
    """A callback has stopped the run, which is about to be committed as "interrupted".

    Attributes:
        generation: The last one lived, -1 before the first.
        by: The callback.
        why: In a line.
    """

    generation: int
    by: str
    why: str


@dataclass(frozen=True, kw_only=True)
class End(Event, kind="end", told_by=RUN):
    """The run has come to an end, and all is on disk.

    Attributes:
        status: "finished", "extinct" or "interrupted".
        generation: The last one lived.
        seconds: As `spent` of a generation, with what came after the last one.
    """

    status: str
    generation: int
    seconds: Mapping[str, float]
