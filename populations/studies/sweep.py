"""A sweep: all runs of a plan on one cluster, each in a folder of its own, and one tidy table of their generations.

Call `sweep` with a plan of `populations.studies.plan` and a folder OUT. OUT/sweep.yaml is the plan, complete;
OUT/runs/TREATMENT/seed-K are ordinary run folders; OUT/generations.parquet has a row a (treatment, seed, generation,
island). Assays that the plan asks for are jobs of their own, each once its run has ended; what they find lies in the
run's folder, and that of all in OUT/assays.parquet. The same command goes on with what has not ended.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Any, Final

from alife.errors import Unfit, UserError
from alife.format import files
from alife.world.task import Task
from populations.engine import evolve
from populations.engine.choosing import BackendName, Chosen, choose
from populations.engine.signals import stop_on_signals
from populations.observe import events
from populations.observe.events import Event
from populations.observe.listeners import Listeners, Sink, hearing
from populations.observe.sweep_progress import SweepTerminal
from populations.record.reader import read_manifest
from populations.record.storage import Folder, explained, open_below, open_folder
from populations.record.task import task_again, told_given
from populations.studies import estimate
from populations.studies.assays import assay_run, is_done
from populations.studies.deadline import NEVER, Deadline
from populations.studies.failed import Failures
from populations.studies.jobs import Job
from populations.studies.plan import Plan, difference, warned
from populations.studies.progress import Progress
from populations.studies.run_jobs import run_jobs
from populations.studies.settle import settled
from populations.studies.sweep_folder import PLAN, claim, stored_plan
from populations.studies.tables import ASSAYS, TABLE, assays_table, table

ENDED: Final = ("finished", "extinct")
_AGAIN = ": the same command goes on"


@dataclass(frozen=True)
class Summary:
    """What came of a sweep.

    Attributes:
        out: Its folder.
        runs: How many runs it has.
        done: How many have ended.
        failed: One line for each run, or assay of one that ended, that failed, by name.
        stopped: The signal that stopped it, or "max-hours H"; "" if nothing did.
        assays: How many assays of runs it has.
        assayed: How many of them are done.
    """

    out: str
    runs: int
    done: int
    failed: Mapping[str, str]
    stopped: str = ""
    assays: int = 0
    assayed: int = 0


def sweep(
    plan: Plan,
    out: str,
    *,
    backend: BackendName = "auto",
    max_hours: float | None = None,
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> Summary:
    """Evolve the runs of a plan that have not ended, and write the table of all.

    Args:
        plan: From `populations.studies.plan.read_plan`.
        out: The sweep's folder, a path or an fsspec URI: new, or with the same sweep in it.
        backend: "ray": each run is a task of its own; "local": one after another in this process; "auto": whichever
            is faster.
        max_hours: From now on: each run stops before the generation that would be too late, and no other is begun then;
            whatever is under way in the end is stopped as by Ctrl-C.
        task: The data of all runs, if they are handed over (`alife.Task.of`).
        sinks: As of `populations.evolve`.
        quiet: As of `populations.evolve`.

    Raises:
        UserError: The plan or the cluster will not do, or the folder holds something else: nothing was written. Or the
            cluster or the storage went away: the same call goes on.
    """
    out = out if files.is_remote(out) else str(files.local(out))
    folder, deadline = open_folder(out), Deadline.after(max_hours)
    stored = stored_plan(folder)
    configs = {name: told_given(config, task) for name, config in plan.configs.items()}
    plan = settled(replace(plan, base=told_given(plan.base, task), configs=configs), stored, backend, task)
    what = difference(stored, plan) if stored else None
    if what:
        raise UserError(f"{out}: holds another sweep: {what}: choose another --out, or ask for the same sweep")
    with ExitStack() as stack:
        tell = stack.enter_context(closing(hearing(sinks, quiet, SweepTerminal)))
        work = _Sweep(plan, folder, tell, new=stored is None, task=task, deadline=deadline)
        chosen = work.choose(backend)
        stopping = stack.enter_context(stop_on_signals(lambda name: work.signals.append(deadline.told(name))))
        stack.enter_context(deadline.enforced())
        if chosen == "ray" and work.waiting:
            from populations.engine.backend import Interrupted
            from populations.studies.job_pool import connected

            try:
                stack.enter_context(connected(plan.base.ray, stopping, work.hear))
            except Interrupted:
                return Summary(out, len(work.runs), len(work.ended & work.runs.keys()), {}, work.signals[0])
        stack.callback(claim(folder, plan, stored).release)
        tell.add(Failures(folder))
        return work.run(stopping, chosen)


def evolve_run(
    config: Mapping[str, Any], out: str, sweep: str, task: Task | None = None, deadline: Deadline = NEVER
) -> str:
    """The job that is one run: start it, or go on with it.

    Args:
        config: Nested and complete.
        out: The run folder.
        sweep: The sweep's folder.
        task: The data, if they are handed over.
        deadline: When it is to have stopped.

    Returns:
        The status it ends with.

    Raises:
        Stopped: It was told to stop, and is committed as far as it came.
        Unfit: This machine does not see the sweep's folder or the data, or is of another class than the run so far.
        UserError: As `populations.evolve`.
    """
    folder = open_folder(sweep)
    with explained(folder, f"looking for {PLAN}"):
        if PLAN not in folder.ls():
            raise Unfit(f"{sweep}: a machine of the cluster cannot see it: choose an --out that all machines share")
    signals: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, events.Stopping):
            signals.append(event.signal)

    try:
        how: Any = {"callbacks": deadline.callbacks(), "task": task, "sinks": [listen]}
        status = evolve.evolve(config, out, backend="local", resume=True, **how)
    except UserError as error:
        if str(error).startswith("task:"):  # the driver has read the data
            raise Unfit(str(error)) from None
        raise
    if status == "interrupted":
        raise deadline.stopped(signals)
    return status


class _Sweep:
    """A sweep under way."""

    def __init__(
        self,
        plan: Plan,
        folder: Folder,
        tell: Listeners,
        new: bool,
        task: Task | None = None,
        deadline: Deadline = NEVER,
    ):
        self.plan, self.folder, self._tell, self._deadline = plan, folder, tell, deadline
        self._data = {} if task is None else {"task": task}
        self.runs = {run.name: run for run in plan.runs()}
        for name in self.runs:
            open_below(folder.uri, f"runs/{name}")
        self.assays = {f"{name} {a.assay}": (name, a) for name in self.runs for a in plan.assays}
        costs = {job: assay.cost(self.runs[name].config) for job, (name, assay) in self.assays.items()}
        self.progress = Progress({name: (self._at(name), run.config) for name, run in self.runs.items()}, costs)
        statuses = {} if new else {name: self.progress.look(name) for name in self.runs}
        self.begun = any(statuses.values())
        for name in [name for name in statuses if task and statuses[name]][:1]:
            task_again(self.runs[name].config, read_manifest(self._at(name)), task)
        ended = {name for name, status in statuses.items() if status in ENDED}
        self.ended = ended | {
            job
            for job, (name, assay) in self.assays.items()
            if name in ended and is_done(self._at(name), self.runs[name].config, assay)
        }
        self.waiting = [job for job in self._jobs() if job.name not in self.ended]
        self.signals: list[str] = []
        self.told_to_stop = False

    def choose(self, asked: BackendName) -> Chosen:
        """Where to do what waits; assays go to Ray, for they take longer than most runs of theirs."""
        configs = [self.runs[job.name].config for job in self.waiting if job.name in self.runs]
        if asked == "auto" and (self.assays or not configs):
            return "ray"
        return choose(asked, *(config.model_copy(update={"ray": self.plan.base.ray}) for config in configs))

    def run(self, stopping: Callable[[], bool], backend: Chosen) -> Summary:
        for name in self.ended:
            self.progress.end(name, "done")
        if self.begun and self.waiting:
            self._write_tables()
        before = self.ended & self.runs.keys()
        self._tell(events.SweepStarted(out=self.folder.uri, runs=len(self.runs), done=len(before)))
        waiting = [job.name for job in self.waiting if job.name in self.runs]
        if left := [(self.runs[name].config, self.progress.left(name)) for name in waiting]:
            self._tell(estimate.cost(left, self.plan.base.ray, backend))
        for line in warned(self.plan):
            self._tell(events.Warned(text=line))
        results = []
        if self.waiting:
            results = run_jobs(self.waiting, self.plan.base.ray, self.hear, lambda: self._stop(stopping), backend)
        failed = {result.name: result.error for result in results if result.status == "failed"}
        failed = {name: error for name, error in failed.items() if self.assays.get(name, ("",))[0] not in failed}
        failed |= self._write_tables()
        done = (self.ended | {result.name for result in results if result.status == "done"}) - failed.keys()
        stopped = (self.signals or ["SIGINT"])[0] if any(r.status == "stopped" for r in results) else ""
        ended = len(done & self.runs.keys())
        self._tell(events.SweepEnded(done=ended, failed=failed, stopped=stopped))
        counts = len(self.assays), len(done & self.assays.keys())
        return Summary(self.folder.uri, len(self.runs), ended, failed, stopped, *counts)

    def _at(self, name: str) -> str:
        return f"{self.folder.uri}/runs/{name}"

    def _jobs(self) -> Iterator[Job]:
        """Each run, and its assays when it has ended."""
        for name, run in self.runs.items():
            about = {"config": run.config.model_dump(), "out": self._at(name), "sweep": self.folder.uri}
            yield Job(name, evolve_run, about | self._data | {"deadline": self._deadline})
            for job, (of, assay) in self.assays.items():
                if of == name:
                    waits = "" if name in self.ended else name
                    yield Job(job, assay_run, {"run": self._at(name), "plan": assay} | self._data, waits)

    def hear(self, event: Event) -> None:
        """Follow what jobs do, and pass it on."""
        if isinstance(event, events.JobStopped):
            self.signals.append(event.why)
        for each in self.progress.hear(event):
            self._tell(each)

    def _stop(self, stopping: Callable[[], bool]) -> bool:
        if stopping() and not self.told_to_stop:
            self.told_to_stop = True
            self._tell(events.Stopping(signal=self.signals[0]))
        return self.told_to_stop

    def _write_tables(self) -> dict[str, str]:
        data, unread = table(self.plan, self.folder.uri)
        tables = {TABLE: data}
        if self.plan.assays:
            tables[ASSAYS] = assays_table(self.plan, self.folder.uri)
        for name, content in tables.items():
            with explained(self.folder, f"writing {name}", _AGAIN):
                before = self.folder.fetch(name)[1] if name in self.folder.ls() else None
                self.folder.replace(name, content, before)
        return unread
