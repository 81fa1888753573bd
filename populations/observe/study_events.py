"""What studies tell: sweeps with their runs and jobs, the seed paper's experiments, assays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from populations.observe.event import ASSAY, PAPER, SWEEP, Event


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
