"""A sweep under way, or a share of one: what waits, what has come of the rest, and the tables of all.

`populations.studies.sweep` makes a `Work` once the plan is settled, lets it `run`, and has it `write_tables`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from alife.world.task import Task
from populations.engine.choosing import BackendName, Chosen, choose
from populations.observe import events
from populations.observe.events import Event
from populations.observe.listeners import Listeners
from populations.record.reader import read_manifest
from populations.record.storage import Folder, explained
from populations.record.task import task_again
from populations.studies import estimate
from populations.studies.assays import assay_run, is_done
from populations.studies.deadline import NEVER, Deadline
from populations.studies.jobs import Job, Result
from populations.studies.journal import WHOLE, Journal
from populations.studies.plan import Plan, PlannedRun, warned
from populations.studies.progress import Progress
from populations.studies.run_jobs import run_jobs
from populations.studies.standing import standing
from populations.studies.sweep_jobs import Lived, evolve_run, lived
from populations.studies.tables import ASSAYS, TABLE, assays_table, generations_table, measures

_AGAIN: Final = ": the same command goes on"


@dataclass(frozen=True)
class Summary:
    """What came of a sweep, or of a share of it.

    Attributes:
        out: Its folder.
        runs: How many runs it has.
        done: How many have ended.
        failed: One line for each run, or assay of one that ended, that failed, by name.
        stopped: The signal that stopped it, or "max-hours H"; "" if nothing did.
        assays: How many assays of runs it has.
        assayed: How many of them are done.
        tables: Whether the tables of the whole sweep have been written.
    """

    out: str
    runs: int
    done: int
    failed: Mapping[str, str]
    stopped: str = ""
    assays: int = 0
    assayed: int = 0
    tables: bool = True


def share_of(runs: Sequence[PlannedRun], number: int, of: int) -> list[PlannedRun]:
    """The runs of a task: every `of`-th, counted on by one more each round, so that tasks get all treatments alike."""
    return [run for place, run in enumerate(runs) if (place + place // of) % of == number]


class Work:
    """A sweep under way, or a share of it.

    Args:
        plan: Settled.
        folder: The sweep's.
        tell: Who is told.
        new: Whether nothing is there yet.
        task: The data of all runs, if they are handed over.
        share: Number of the task whose share it is, and how many there are.
        deadline: When its runs are to have stopped.

    Attributes:
        runs: Those of this work, by name.
        assays: Run and plan of each of their assays, by the job's name.
        ended: Names of runs and assays that have.
        waiting: Jobs that are to be done.
        writer: What this process is called where several may write of the sweep.
        signals: Those that asked to stop.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Folder,
        tell: Listeners,
        new: bool,
        task: Task | None = None,
        share: tuple[int, int] | None = None,
        deadline: Deadline = NEVER,
    ):
        self.plan, self.folder, self._tell, self._deadline = plan, folder, tell, deadline
        self._data = {} if task is None else {"task": task}
        self._own = measures(plan)
        planned = plan.runs()
        self._planned = len(planned)
        self.runs = {run.name: run for run in (share_of(planned, *share) if share else planned)}
        self.writer = f"{share[0]}-of-{share[1]}" if share else WHOLE
        self.journal = Journal(folder, self._own, self.writer)
        self.assays = {f"{name} {a.assay}": (name, a) for name in self.runs for a in plan.assays}
        costs = {job: assay.cost(self.runs[name].of) for job, (name, assay) in self.assays.items()}
        self.progress = Progress({name: (self._at(name), run.of) for name, run in self.runs.items()}, costs)
        now = standing(folder, {} if new else self.runs, self.journal)
        self._written, self._begun, self._found = set(now.written), set(now.found), dict(now.found)
        self._under_way: list[pa.Table] = []
        for name, generations in now.lived.items():
            self.progress.live(name, generations)
        for name in [*now.written, *now.found][:1] if task else []:
            task_again(self.runs[name].config, read_manifest(self._at(name)), task)
        ended = now.ended
        self.ended = ended | {
            job
            for job, (name, assay) in self.assays.items()
            if name in ended and is_done(self._at(name), self.runs[name].of, assay)
        }
        self.waiting = [job for job in self._jobs() if job.name not in self.ended]
        self._unread: dict[str, str] = {}
        self.signals: list[str] = []
        self.told_to_stop = False

    def choose(self, asked: BackendName) -> Chosen:
        """Where to do what waits; assays go to Ray, for they take longer than most runs of theirs."""
        configs = [self.runs[job.name].of for job in self.waiting if job.name in self.runs]
        if asked == "auto" and (self.assays or not configs):
            return "ray"
        return choose(asked, *configs)

    def run(self, stopping: Callable[[], bool], backend: Chosen) -> Summary:
        """Do what waits."""
        for name in self.ended:
            self.progress.end(name, "done")
        before = self.ended & self.runs.keys()
        self._tell(events.SweepStarted(out=self.folder.uri, runs=len(self.runs), done=len(before)))
        if left := self._left():
            self._tell(estimate.cost(left, self.plan.base.ray, backend))
        for line in warned(self.plan):
            self._tell(events.Warned(text=line))
        results = []
        if self.waiting:
            how = self.hear, lambda: self._stop(stopping), backend, self._take
            results = run_jobs(self.waiting, self.plan.base.ray, *how)
        self.journal.flush()
        failed = {result.name: result.error for result in results if result.status == "failed"}
        failed = {name: error for name, error in failed.items() if self.assays.get(name, ("",))[0] not in failed}
        failed |= self._unread
        self.ended |= {result.name for result in results if result.status == "done"}
        stopped = (self.signals or ["SIGINT"])[0] if any(r.status == "stopped" for r in results) else ""
        assayed = len(self.ended & self.assays.keys())
        return Summary(self.folder.uri, len(self.runs), 0, failed, stopped, len(self.assays), assayed, tables=True)

    def told(self, summary: Summary) -> Summary:
        """Say what came of it; runs whose rows cannot be read count as failed."""
        summary = replace(summary, done=len((self.ended & self.runs.keys()) - summary.failed.keys()))
        self._tell(events.SweepEnded(done=summary.done, failed=summary.failed, stopped=summary.stopped))
        return summary

    def all_ended(self) -> bool:
        """Whether all runs of the plan have, as far as the journal knows, which all tasks write."""
        if self.journal.count() < self._planned:
            return False
        return len(Journal(self.folder, self._own).ended()) >= self._planned

    def write_tables(self) -> dict[str, str]:
        """Write the tables of all that is there.

        Returns:
            A line for each run that cannot be read, and is not in them.
        """
        self._under_way = []
        for name in [name for name in self.runs if name in self._begun and name not in self._written]:
            found = lived(self._at(name), self.runs[name].of, self._own, self._found.get(name, ""))
            self._keep(name, found, name in self.ended)
        self.journal.flush()
        tables = {TABLE: generations_table(self.plan, (*self.journal.rows(self._written), *self._under_way))}
        if self.plan.assays:
            tables[ASSAYS] = assays_table(self.plan, self.folder.uri)
        for name, content in tables.items():
            with explained(self.folder, f"writing {name}", _AGAIN):
                self.folder.put(name, content)
        self.journal.merge()
        return self._unread

    def _left(self) -> list[estimate.Left]:
        """What the runs that wait have before them, treatment by treatment."""
        left = defaultdict[str, list[int]](list)
        for run in (self.runs[job.name] for job in self.waiting if job.name in self.runs):
            left[run.treatment].append(self.progress.left(run.name))
        return [estimate.Left(self.plan.configs[name], each, self.plan.needs(name)) for name, each in left.items()]

    def _at(self, name: str) -> str:
        return f"{self.folder.uri}/runs/{name}"

    def _jobs(self) -> Iterator[Job]:
        """Each run, and its assays when it has ended."""
        needs = {name: self.plan.needs(name) for name in self.plan.configs}
        for name, run in self.runs.items():
            share = run.treatment if "ray.hosts" in self.plan.treatments[run.treatment] else ""
            how: Any = {"needs": needs[run.treatment], "share": share}
            about = {"run": run, "out": self._at(name), "sweep": self.folder.uri, "own": self._own}
            yield Job(name, evolve_run, about | self._data | {"deadline": self._deadline}, **how)
            waits = "" if name in self.ended else name
            for assay in self.plan.assays:
                doing = {"run": self._at(name), "plan": assay} | self._data
                yield Job(f"{name} {assay.assay}", assay_run, doing, waits, **how)

    def hear(self, event: Event) -> None:
        """Follow what jobs do, and pass it on."""
        if isinstance(event, events.JobStopped):
            self.signals.append(event.why)
        if isinstance(event, events.JobStarted) and event.job in self.runs:
            self._begun.add(event.job)
        for each in self.progress.hear(event):
            self._tell(each)

    def _stop(self, stopping: Callable[[], bool]) -> bool:
        if stopping() and not self.told_to_stop:
            self.told_to_stop = True
            self._tell(events.Stopping(signal=self.signals[0]))
        return self.told_to_stop

    def _take(self, result: Result) -> Result:
        """Keep what a run has handed back, and no more than that it is done in memory."""
        if isinstance(result.value, Lived):
            self._keep(result.name, result.value, ended=True)
        return replace(result, value=None)

    def _keep(self, name: str, found: Lived, ended: bool) -> None:
        self._found[name] = found.end.status
        if found.rows is None:
            self._unread[name] = found.unread
        elif ended:
            self.journal.add(name, found.rows, found.end)
            self._written.add(name)
        elif len(found.rows):
            whose = pa.array([name] * len(found.rows), pa.string())
            self._under_way.append(found.rows.add_column(0, "run", whose))
