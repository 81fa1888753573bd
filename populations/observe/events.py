"""Events: what listeners are told while something runs, a frozen dataclass a kind.

A listener is anything that can be called with an event, as `alife.evolve(config, out, sinks=[listen])` takes them. It
tells events apart by `kind`, or by class, and leaves alone what it does not know: later versions may tell of more.

    from populations.observe import events

    def listen(event):
        match event:
            case events.Generation(generation=number, accuracy=accuracy):
                print(number, accuracy)
            case events.HostLost(why=why):
                print("lost:", why)

`as_dict` of an event, with its time, is a line of `--log-json`. A new kind is one more class here; `KINDS`, that stream
and the reference have it by that. Generations are called by their number on record, which begins with 0; `hosts` and
`host` are Ray workers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

KINDS: Final[dict[str, type["Event"]]] = {}
"""Every kind of event by its name, in the order of this file."""

RUN, SWEEP, PAPER, ASSAY = "run", "sweep", "paper", "assay"


class Event:
    """Something that happened.

    Attributes:
        kind: Its name in `--log-json`.
        told_by: By what: "run" (resume and fork too), "sweep" (replicates of a fork, and in part "paper", too), "paper"
            or "assay"; empty where it is for this program alone.
    """

    kind: ClassVar[str]
    told_by: ClassVar[str]

    def __init_subclass__(cls, kind: str, told_by: str):
        cls.kind = kind
        cls.told_by = told_by
        KINDS[kind] = cls

    def as_dict(self) -> dict[str, Any]:
        """The kind under "event", and every field: what JSON can hold."""
        return {"event": self.kind, **vars(self)}


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


@dataclass(frozen=True, kw_only=True)
class SweepStarted(Event, kind="sweep_started", told_by=SWEEP):
    """A sweep begins, or goes on.

    Attributes:
        out: Its folder.
        runs: How many it has.
        done: How many of them have ended before.
    """

    out: str
    runs: int
    done: int


@dataclass(frozen=True, kw_only=True)
class SweepCost(Event, kind="sweep_cost", told_by=SWEEP):
    """What the runs of a sweep that have not ended are estimated to take, without assays.

    Attributes:
        runs: How many they are.
        core_seconds: Of one core, in seconds.
        at_once: How many of them there is room for now.
        seconds: Of wall-clock, with so many at once on cores; a GPU takes less.
    """

    runs: int
    core_seconds: float
    at_once: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class JobStarted(Event, kind="job_started", told_by=SWEEP):
    """A job was handed to a process: a run, an assay of one, or a part of the seed paper.

    Attributes:
        job: Its name.
        attempt: 1 the first time.
    """

    job: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class JobLost(Event, kind="job_lost", told_by=SWEEP):
    """A job's process has gone, or its machine would not do; it is started again, or is about to fail.

    Attributes:
        job: Its name.
        attempt: The one that was lost.
        why: In a few words.
    """

    job: str
    attempt: int
    why: str


@dataclass(frozen=True, kw_only=True)
class JobDone(Event, kind="job_done", told_by=SWEEP):
    """A job is done.

    Attributes:
        job: Its name.
        seconds: Since it was first started.
    """

    job: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class JobFailed(Event, kind="job_failed", told_by=SWEEP):
    """A job has failed, and is not started again.

    Attributes:
        job: Its name.
        error: Why, in a line.
        details: The traceback, if it is a fault of the program; else empty.
    """

    job: str
    error: str
    details: str


@dataclass(frozen=True, kw_only=True)
class JobStopped(Event, kind="job_stopped", told_by=SWEEP):
    """A job was told to stop, and has kept what it had.

    Attributes:
        job: Its name.
        why: The signal, or what else stopped it.
    """

    job: str
    why: str


@dataclass(frozen=True, kw_only=True)
class SweepProgress(Event, kind="sweep_progress", told_by=SWEEP):
    """How far a sweep is, whenever that has changed.

    Attributes:
        runs: How many it has.
        done: Of them, those that have ended.
        failed: Of them, those that failed.
        assays: How many assays of runs it has.
        assayed: Of them, those that are done.
        unassayed: Of them, those that failed.
        running: [generations committed, generations in all] of each run under way, by name; of an assay [0, 1].
        seconds_left: An estimate, null while nothing is known.
    """

    runs: int
    done: int
    failed: int
    assays: int
    assayed: int
    unassayed: int
    running: Mapping[str, Sequence[int]]
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class SweepEnded(Event, kind="sweep_ended", told_by=SWEEP):
    """A sweep has come to an end.

    Attributes:
        done: Runs that have ended, those before included.
        failed: Why, in a line, by the name of each run or assay that failed.
        stopped: The signal that stopped it, empty if none did.
    """

    done: int
    failed: Mapping[str, str]
    stopped: str


@dataclass(frozen=True, kw_only=True)
class Tick(Event, kind="tick", told_by=""):
    """Jobs have been looked after, some four times a second; who follows them looks how far they are."""


@dataclass(frozen=True, kw_only=True)
class PaperStarted(Event, kind="paper_started", told_by=PAPER):
    """The seed paper's experiments begin, or go on.

    Attributes:
        out: Their folder.
        parts: How many were asked for.
        waiting: Of them, those that have not ended before.
        cpu_s: Seconds of one core that these are estimated to take.
        wall_s: Seconds of wall-clock.
        hosts: On how many workers.
    """

    out: str
    parts: int
    waiting: int
    cpu_s: float
    wall_s: float
    hosts: int


@dataclass(frozen=True, kw_only=True)
class PaperProgress(Event, kind="paper_progress", told_by=PAPER):
    """How far the parts under way are, some four times a second.

    Attributes:
        running: [share done from 0 to 1, in words] of each, by name.
    """

    running: Mapping[str, tuple[float, str]]


@dataclass(frozen=True, kw_only=True)
class PaperEnded(Event, kind="paper_ended", told_by=PAPER):
    """The experiments have come to an end.

    Attributes:
        done: Parts that have ended, those before included.
        failed: Why, in a line, by the name of each that failed.
        stopped: The signal that stopped them, empty if none did.
    """

    done: int
    failed: Mapping[str, str]
    stopped: str


@dataclass(frozen=True, kw_only=True)
class AssayStarted(Event, kind="assay_started", told_by=ASSAY):
    """An assay of a run begins.

    Attributes:
        run: The run folder: a path or an fsspec URI.
        assay: Its name.
        generations: Whose genomes live again.
    """

    run: str
    assay: str
    generations: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class AssayProgress(Event, kind="assay_progress", told_by=ASSAY):
    """How far an assay is.

    Attributes:
        assay: Its name.
        done: Steps of it.
        of: Steps in all.
    """

    assay: str
    done: int
    of: int
