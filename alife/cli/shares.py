"""`alife sweep --task I --tasks N`: which share of a sweep a process does, and what to say of it."""

import argparse
import os
from typing import Any

from alife.errors import UserError
from alife.words import count


def add(sweep: argparse.ArgumentParser) -> None:
    """Add the flags to the command."""
    sweep.add_argument(
        "--task", type=int, metavar="I", help="do only the I-th share of the runs, from 0 on, in this process"
    )
    sweep.add_argument(
        "--tasks", type=int, metavar="N", help="how many shares there are; the last to end writes tables"
    )
    sweep.add_argument("--array", choices=["auto"], help="--task and --tasks are those of a job array of Slurm")
    sweep.add_argument("--tables", action="store_true", help="evolve nothing; write the tables of what is there")


def said(summary: Any) -> str:
    """How far a sweep is, or a share of it, and where its tables are."""
    done = f"{summary.done} of {count(summary.runs, 'run')} done"
    assayed = f"{summary.assayed} of {count(summary.assays, 'assay')}" if summary.assays else ""
    if not summary.tables:
        rest = "the last task to end, or --tables, writes the tables"
        return ", ".join(filter(None, (done, assayed))) + f" in {summary.out}; {rest}"
    table = f"{done}: {summary.out}/generations.parquet"
    return f"{table}, {assayed}: {summary.out}/assays.parquet" if assayed else table


def asked(arguments: argparse.Namespace) -> tuple[int, int] | None:
    """Which share of a sweep to do, and how many there are; None to do all of it.

    Raises:
        UserError: The flags contradict each other, or there is no job array.
    """
    task, tasks = arguments.task, arguments.tasks
    if not arguments.array and task is None and tasks is None:
        return None
    if arguments.tables:
        raise UserError("--tables: evolves nothing: leave --task, --tasks and --array out")
    if arguments.backend == "ray":
        raise UserError(
            "--backend ray: a share of a sweep is done in this process: leave it out, or --task and --tasks"
        )
    if arguments.array:
        if task is not None or tasks is not None:
            raise UserError("--array auto: takes --task and --tasks from Slurm: leave them out")
        task, tasks = _of_slurm()
    if task is None or tasks is None:
        raise UserError(f"--{'task' if tasks is None else 'tasks'}: --task and --tasks are given together")
    if not 0 <= task < tasks:
        raise UserError(f"--task {task}: of --tasks {tasks}: from 0 to {tasks - 1}")
    return task, tasks


def _of_slurm() -> tuple[int, int]:
    """Task and number of tasks of the job array that this process is of; its first task is 0.

    Raises:
        UserError: It is of none, or of one with gaps.
    """
    names = [f"SLURM_ARRAY_TASK_{name}" for name in ("ID", "COUNT", "MIN", "MAX")]
    try:
        task, tasks, first, last = (int(os.environ[name]) for name in names)
    except (KeyError, ValueError):
        raise UserError(
            "--array auto: this is no task of a job array (SLURM_ARRAY_TASK_ID): say --task and --tasks"
        ) from None
    if last - first + 1 != tasks:
        raise UserError(f"--array auto: tasks {first} to {last} are not {tasks}: say --task and --tasks")
    return task - first, tasks
