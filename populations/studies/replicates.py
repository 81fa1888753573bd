"""Replay experiments: forks of one run side by side, the same newborns under seeds of their own.

Call `replay` with a run, a generation and how many forks; a single one is `populations.engine.fork`.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from alife.configuration.keys import RunConfig
from alife.configuration.parsing import flatten, merge, nest
from alife.configuration.problems import shown
from alife.configuration.remarks import of_fork, warnings
from alife.configuration.values import GIVEN
from alife.errors import BadArgument
from alife.format import files
from alife.world.task import Task
from populations.engine.choosing import BackendName, Chosen, choose
from populations.engine.fork import folder_of, fork, fork_config
from populations.engine.ray.addresses import untold
from populations.engine.signals import stop_on_signals
from populations.observe import events
from populations.observe.events import Event
from populations.observe.listeners import Listeners, Sink, hearing
from populations.observe.sweep_progress import SweepTerminal
from populations.record.task import task_again
from populations.record.writer import check_unused, read_checkpoint, read_config, read_manifest
from populations.studies.deadline import NEVER, Deadline
from populations.studies.grid import MAX_RUNS
from populations.studies.jobs import Job, Result
from populations.studies.progress import Progress
from populations.studies.run_jobs import run_jobs


def replay(
    parent: str | os.PathLike[str],
    generation: int,
    replicates: int,
    out: str | os.PathLike[str] | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    backend: BackendName = "auto",
    resume: bool = False,
    max_hours: float | None = None,
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> list[Result]:
    """Fork a run several times, into OUT/seed-S.

    Args:
        parent: The run to fork: a path or an fsspec URI, or an `analysis.data.run.Run`.
        generation: A kept one; its newborns are thawed.
        replicates: How many, K.
        out: A folder for the forks; PARENT-fork-GENERATION if None.
        changes: Keys that differ from the parent's configuration, nested or dotted. The seeds are `seed` and the
            numbers that follow it, the first after the parent's if none is given.
        backend: "ray": each fork is a task of its own; "local": one after another in this process; "auto": whichever
            is faster.
        resume: Go on with what has not ended.
        max_hours: As of `populations.studies.sweep.sweep`.
        task: The parent's data, if they were handed over.
        sinks: As of `populations.evolve`.
        quiet: As of `populations.evolve`.

    Returns:
        What became of each, in the order of their seeds; `Result.value` is the fork's folder.

    Raises:
        UserError: The generation is not kept, a change is not allowed, or a folder is in use.
    """
    if not 1 <= replicates <= MAX_RUNS:
        raise BadArgument("replicates", f" {shown(replicates)}: from 1 to {MAX_RUNS:,}")
    parent, deadline = os.fspath(parent), Deadline.after(max_hours)
    out = folder_of(parent, generation) if out is None else os.fspath(out)
    changes = nest(flatten(changes or {}, "fork"))
    read_checkpoint(parent, generation)
    stored = read_config(parent)
    if task is not None or stored.task == GIVEN:
        task_again(stored, read_manifest(parent), task)
    config = untold(stored, changes.get("ray", {}), parent, backend)
    forks = _planned(config, generation, out, changes, replicates)
    if not resume:
        for each in forks.values():
            check_unused(each.folder)
    with closing(hearing(sinks, quiet, SweepTerminal)) as tell:
        chosen = choose(backend, *(each.config for each in forks.values()))
        return _run(parent, generation, forks, chosen, tell, task, deadline)


@dataclass(frozen=True)
class _Fork:
    folder: str
    changes: dict[str, Any]
    config: RunConfig


def replay_one(
    parent: str,
    generation: int,
    out: str,
    changes: Mapping[str, Any],
    task: Task | None = None,
    deadline: Deadline = NEVER,
) -> str:
    """The job that is one fork: start it, or go on with it.

    Returns:
        Its folder.

    Raises:
        Stopped: It was told to stop, and is committed as far as it came.
    """
    signals: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, events.Stopping):
            signals.append(event.signal)

    how: Any = {"backend": "local", "resume": True, "task": task, "sinks": [listen], "callbacks": deadline.callbacks()}
    if fork(parent, generation, out, changes, **how) == "interrupted":
        raise deadline.stopped(signals)
    return out


def _planned(
    config: RunConfig, generation: int, out: str, changes: Mapping[str, Any], replicates: int
) -> dict[str, _Fork]:
    """The forks by name, of a parent with that configuration."""
    first = fork_config(config, merge({"seed": config.seed + 1}, changes), generation).seed
    root = out.rstrip("/") if files.is_remote(out) else str(files.local(out))
    forks = {}
    for seed in range(first, first + replicates):
        own = merge(changes, {"seed": seed})
        forks[f"seed-{seed}"] = _Fork(f"{root}/seed-{seed}", own, fork_config(config, own, generation))
    return forks


def _run(
    parent: str,
    generation: int,
    forks: Mapping[str, _Fork],
    backend: Chosen,
    tell: Listeners,
    task: Task | None,
    deadline: Deadline,
) -> list[Result]:
    source = parent if files.is_remote(parent) else str(files.local(parent))
    progress = Progress({name: (each.folder, each.config) for name, each in forks.items()})

    def hear(event: Event) -> None:
        for each in progress.hear(event):
            tell(each)

    of: dict[str, Any] = {"parent": source, "generation": generation, "deadline": deadline}
    of |= {} if task is None else {"task": task}
    jobs = [Job(name, replay_one, {**of, "out": each.folder, "changes": each.changes}) for name, each in forks.items()]
    any_of = next(iter(forks.values()))
    out = any_of.folder.rpartition("/")[0]
    tell(events.SweepStarted(out=out, runs=len(jobs), done=0))
    for line in [*warnings(any_of.config, backend="local"), *of_fork(read_config(parent), any_of.config)]:
        tell(events.Warned(text=line))
    signals: list[str] = []

    def told_to_stop(name: str) -> None:
        signals.append(deadline.told(name))
        tell(events.Stopping(signal=signals[-1]))

    with stop_on_signals(told_to_stop) as stopping, deadline.enforced():
        results = run_jobs(jobs, any_of.config.ray, hear, stopping, backend)
    if signals:
        results = [replace(r, error=signals[0]) if r.status == "stopped" else r for r in results]
    failed = {result.name: result.error for result in results if result.status == "failed"}
    stopped = next((result.error or "SIGINT" for result in results if result.status == "stopped"), "")
    tell(events.SweepEnded(done=sum(r.status == "done" for r in results), failed=failed, stopped=stopped))
    return results
