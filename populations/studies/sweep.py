"""A sweep: all runs of a plan on one cluster, each in a folder of its own, and one tidy table of their generations.

Call `sweep` with a plan of `populations.studies.plan` and a folder OUT. OUT/sweep.yaml is the plan, complete;
OUT/runs/TREATMENT/seed-K are ordinary run folders; OUT/ended says which of them have ended;
OUT/generations.parquet has a row a (treatment, seed, generation, island). Assays that the plan asks for are jobs of
their own, each once its run has ended; what they find lies in the run's folder, and that of all in OUT/assays.parquet.
The same command goes on with what has not ended.

Without Ray, `sweep_task` does a share of the runs in this process, beside any number of others that do the rest; the
last to end writes the tables, and `tabulate` writes them at any time.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace

from alife.errors import BadArgument, UserError
from alife.format import files
from alife.world.task import Task
from populations.engine.choosing import BackendName
from populations.engine.signals import stop_on_signals
from populations.observe.listeners import Listeners, Sink, hearing
from populations.observe.sweep_progress import SweepTerminal
from populations.record.storage import Folder, open_folder
from populations.record.task import told_given
from populations.studies.deadline import Deadline
from populations.studies.failed import Failures
from populations.studies.plan import Plan, difference
from populations.studies.settle import settled
from populations.studies.sweep_folder import begin, claim, patiently_claimed, stored_plan
from populations.studies.sweep_work import Summary, Work


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
    deadline = Deadline.after(max_hours)
    folder, plan, stored = _opened(plan, out, backend, task)
    with ExitStack() as stack:
        tell = stack.enter_context(closing(hearing(sinks, quiet, SweepTerminal)))
        work = Work(plan, folder, tell, new=stored is None, task=task, deadline=deadline)
        chosen = work.choose(backend)
        stopping = stack.enter_context(stop_on_signals(lambda name: work.signals.append(deadline.told(name))))
        stack.enter_context(deadline.enforced())
        if chosen == "ray" and work.waiting:
            from populations.engine.backend import Interrupted
            from populations.studies.job_pool import connected

            needs = plan.base.ray
            try:
                each = [job.needs or needs for job in work.waiting]
                stack.enter_context(connected(needs, stopping, work.hear, each))
            except Interrupted:
                return Summary(folder.uri, len(work.runs), len(work.ended & work.runs.keys()), {}, work.signals[0])
        stack.callback(claim(folder, plan, stored).release)
        tell.add(Failures(folder))
        summary = work.run(stopping, chosen)
        return work.told(replace(summary, failed={**summary.failed, **work.write_tables()}))


def sweep_task(
    plan: Plan,
    out: str,
    number: int,
    of: int,
    *,
    max_hours: float | None = None,
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> Summary:
    """Evolve, in this process, the runs of a plan that fall to task `number` of `of`, beside the others' processes.

    A run is never written by two processes at once, whatever they were told: its folder has one writer, and who comes
    second waits for it. A task that is started again goes on with its runs.

    Args:
        plan: As of `sweep`, the same for all tasks.
        out: The sweep's folder, on storage that all tasks share.
        number: From 0 to `of` - 1.
        of: How many tasks there are.
        max_hours: As of `sweep`.
        task: As of `sweep`.
        sinks: As of `sweep`.
        quiet: As of `sweep`.

    Returns:
        What came of this task's runs; `tables` is true of the last task to end, which has written them.

    Raises:
        UserError: As of `sweep`.
    """
    if not 0 <= number < of:
        raise BadArgument("number", f": {number}: tasks of {of} go from 0 to {of - 1}")
    deadline = Deadline.after(max_hours)
    folder, plan, stored = _opened(plan, out, "local", task)
    with ExitStack() as stack:
        tell = stack.enter_context(closing(hearing(sinks, quiet, SweepTerminal)))
        work = Work(plan, folder, tell, new=stored is None, task=task, share=(number, of), deadline=deadline)
        stopping = stack.enter_context(stop_on_signals(lambda name: work.signals.append(deadline.told(name))))
        stack.enter_context(deadline.enforced())
        begin(folder, plan, stored)
        tell.add(Failures(folder, work.writer))
        summary = work.run(stopping, "local")
        last = not summary.stopped and work.all_ended()
        if last:
            with patiently_claimed(folder):
                unread = Work(plan, folder, tell, new=False, task=task).write_tables()
            summary = replace(summary, failed={**summary.failed, **unread})
        return work.told(replace(summary, tables=last))


def tabulate(plan: Plan, out: str, *, task: Task | None = None) -> Summary:
    """Write the tables of a sweep as it is now; nothing is evolved.

    Raises:
        UserError: There is no such sweep, or another process writes there.
    """
    folder, plan, stored = _opened(plan, out, "local", task)
    if stored is None:
        raise UserError(f"{out}: holds no sweep yet: nothing to make tables of")
    work = Work(plan, folder, Listeners(), new=False, task=task)
    with patiently_claimed(folder):
        unread = work.write_tables()
    ended, assayed = len(work.ended & work.runs.keys()), len(work.ended & work.assays.keys())
    return Summary(folder.uri, len(work.runs), ended, unread, assays=len(work.assays), assayed=assayed)


def _opened(plan: Plan, out: str, backend: BackendName, task: Task | None) -> tuple[Folder, Plan, Plan | None]:
    """The sweep's folder, the plan with what it leaves open decided, and the plan that is stored there, if any."""
    folder = open_folder(out if files.is_remote(out) else str(files.local(out)))
    stored = stored_plan(folder)
    configs = {name: told_given(config, task) for name, config in plan.configs.items()}
    plan = settled(replace(plan, base=told_given(plan.base, task), configs=configs), stored, backend, task)
    what = difference(stored, plan) if stored else None
    if what:
        raise UserError(f"{folder.uri}: holds another sweep: {what}: choose another --out, or ask for the same sweep")
    return folder, plan, stored
