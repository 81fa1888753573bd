"""All that is known of a sweep from outside: call `sweep_status`, also while it is running."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alife.configuration.parsing import LARGEST_SWEEP
from alife.errors import UserError
from alife.format import usage
from populations.engine.usage import costs
from populations.overview.entry import ENDED, read, status_of
from populations.overview.run import pace
from populations.record.presence import writer_lives
from populations.record.storage import Folder, explained, open_folder
from populations.studies import failed
from populations.studies.assays import is_done
from populations.studies.journal import Journal
from populations.studies.plan import Plan, PlannedRun, parse_plan
from populations.studies.progress import work
from populations.studies.standing import ask_each, begun_among
from populations.studies.sweep_folder import PLAN
from populations.studies.tables import measures

WAITING = "waiting"
"""The status of a run that has not begun."""


@dataclass(frozen=True)
class SweepStatus:
    """How a sweep stands.

    Attributes:
        path: Its folder.
        status: "running" (a process holds it, or one of its runs), "finished", "failed" (nothing is under way, and runs
            or assays have failed) or "interrupted".
        runs: How many it has.
        done: How many of them have ended.
        statuses: How many have each status; "waiting" are those that have not begun.
        running: [generations committed, generations in all] of those that run now, by name.
        failed: Why, in a line, by the name of each run or assay that has failed.
        seconds_left: An estimate, without assays: the work that is left at the pace of the runs that are under way;
            None where none is, or none has come far enough.
        assays: How many assays of runs it has.
        assayed: How many of them are done.
        core_seconds: As of `populations.overview.run.RunStatus`, of all runs; likewise
        gpu_seconds: of GPUs.
    """

    path: str
    status: str
    runs: int
    done: int
    statuses: Mapping[str, int]
    running: Mapping[str, tuple[int, int]]
    failed: Mapping[str, str]
    seconds_left: float | None
    assays: int = 0
    assayed: int = 0
    core_seconds: float = 0.0
    gpu_seconds: float = 0.0


@dataclass(frozen=True)
class _Run:
    """A run of it: its status, generations lived, seconds that one takes, and what was spent."""

    planned: PlannedRun
    status: str = WAITING
    done: int = 0
    rate: float | None = None
    spent: usage.Total = field(default_factory=usage.Total)

    @property
    def left(self) -> int:
        """Work that is left."""
        return (self.planned.of.generations - self.done) * work(self.planned.of)

    @property
    def speed(self) -> float | None:
        """Work a second, as far as it is known."""
        return work(self.planned.of) / self.rate if self.rate else None


def is_sweep(uri: str) -> bool:
    """Whether a folder holds a sweep.

    Raises:
        UserError: It cannot be looked into.
    """
    folder = open_folder(uri)
    with explained(folder, "looking there", ": name another folder"):
        return PLAN in folder.ls()


def sweep_status(uri: str) -> SweepStatus:
    """How a sweep stands.

    Raises:
        UserError: Its plan is damaged, or the storage refuses, or a run's folder is a link.
    """
    folder = open_folder(uri)
    with explained(folder, f"reading {PLAN}"):
        text = folder.read(PLAN, LARGEST_SWEEP).decode(errors="replace")
    plan = parse_plan(text, f"{folder.uri}/{PLAN}")
    runs = _look_at_all(folder, plan)
    statuses = dict.fromkeys((*ENDED, "running", "interrupted", "abandoned", "failed", "damaged", WAITING), 0)
    for each in runs.values():
        statuses[each.status] += 1
    alive = statuses["running"] > 0 or writer_lives(folder)  # tasks of an array hold runs only
    done = sum(statuses[status] for status in ENDED)
    why = {name: "its record says so" for name, run in runs.items() if run.status == "failed"}
    why |= failed.read(folder)
    ended = [name for name, run in runs.items() if run.status in ENDED]
    for name in ended:  # by another process than that in which it had failed
        why.pop(name, None)
    assayed = sum(is_done(f"{uri}/runs/{name}", runs[name].planned.of, a) for name in ended for a in plan.assays)
    whole = done == len(runs) and assayed == len(runs) * len(plan.assays)
    status = "running" if alive else "finished" if whole else "failed" if why else "interrupted"
    return SweepStatus(
        path=uri,
        status=status,
        runs=len(runs),
        done=done,
        statuses=statuses,
        running={n: (r.done, r.planned.of.generations) for n, r in runs.items() if r.status == "running"},
        failed=why,
        seconds_left=_seconds_left([run for name, run in runs.items() if run.status not in ENDED and name not in why]),
        assays=len(runs) * len(plan.assays),
        assayed=assayed,
        core_seconds=sum(run.spent.core_seconds for run in runs.values()),
        gpu_seconds=sum(run.spent.gpu_seconds for run in runs.values()),
    )


def _look_at_all(folder: Folder, plan: Plan) -> dict[str, _Run]:
    """Those that have ended by the sweep's journal, others that have begun by their own folders."""
    planned = {each.name: each for each in plan.runs()}
    there = begun_among(folder, planned)
    ends = Journal(folder, measures(plan)).ends() if there else {}
    runs = {name: _Run(each) for name, each in planned.items()}
    for name in there & ends.keys():
        end, of = ends[name], planned[name]
        spent = usage.Total(core_seconds=end.core_seconds, gpu_seconds=end.gpu_seconds)
        runs[name] = _Run(of, end.status, of.of.generations, spent=spent)
    others = sorted(there - ends.keys())
    looked = ask_each(folder, lambda name: _look(folder.uri, planned[name]), others)
    return runs | dict(zip(others, looked, strict=True))


def _look(uri: str, planned: PlannedRun) -> _Run:
    folder = open_folder(f"{uri.rstrip('/')}/runs/{planned.name}")
    try:
        content = read(folder)
    except UserError as error:
        return _Run(planned, WAITING if "there is no run here" in str(error) else "damaged")
    known = costs(folder)
    status = status_of(folder, content)
    return _Run(planned, status, content["generation"] + 1, pace(content, known), usage.total(known))


def _seconds_left(runs: list[_Run]) -> float | None:
    """Until all are lived by as many at once as are under way now; those that have just begun are taken as others."""
    running = [run for run in runs if run.status == "running"]
    speeds = [run.speed for run in running if run.speed]
    if not speeds:
        return None
    usual = sum(speeds) / len(speeds)
    longest = max(run.left / (run.speed or usual) for run in running)
    return max(longest, sum(run.left for run in runs) / (usual * len(running)))
