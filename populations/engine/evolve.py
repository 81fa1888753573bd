"""`evolve`: one run from its configuration to its record, started, resumed or extended; `Evolution`: in steps.

Call `evolve` for a new run, `resume` to go on with one or to extend it; `evolve` with `resume=True` does whichever of
the two applies. What is open in a configuration is resolved and all that can be is checked before anything is written;
`populations.engine.drive` then goes from generation to generation.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from alife.configuration.sources import Given, load_config
from alife.world.task import Task
from populations.engine import plans
from populations.engine.choosing import BackendName
from populations.engine.course import Course
from populations.observe.listeners import Sink
from populations.record.task import told_given


class Evolution(Course):
    """A run, generation by generation: a loop over it lives one after the other, and may end where it likes.

    Where the loop is left (by `break`, an exception, Ctrl-C, `close`), what is complete is committed and the run is
    "interrupted": the same call with `resume=True`, or `resume`, goes on to the births that it would have had. Kept
    under a name, it ends with the `with` block that it opens, or with its last reference. Nothing is written before
    the first generation is asked for.

    Args:
        config: As of `evolve`.
        out: As of `evolve`.
        backend: As of `evolve`.
        resume: As of `evolve`; of a run that has ended there is no generation left.
        callbacks: As of `evolve`.
        max_hours: As of `evolve`; from when this is made.
        task: As of `evolve`.
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Raises:
        UserError: As `evolve`; wrong keys of a configuration at once, all else with the first generation.

    Example:
        >>> import alife
        >>> config = "runs/first/config.yaml"
        >>> with alife.Evolution(config, "runs/steps", backend="local") as evolution:
        ...     for step in evolution:
        ...         if step.generation == 2 or step.living("squared_norm").max() > 1e6:
        ...             break
        >>> evolution.status
        'interrupted'
        >>> alife.resume("runs/steps", backend="local")
        'finished'
    """

    def __init__(
        self,
        config: Given,
        out: str | os.PathLike[str],
        *,
        backend: BackendName = "auto",
        resume: bool = False,
        callbacks: Sequence[object] = (),
        max_hours: float | None = None,
        task: Task | None = None,
        sinks: Sequence[Sink] | None = None,
        quiet: bool = False,
    ):
        plan = partial(plans.new, told_given(load_config(config), task), os.fspath(out), backend, resume, task)
        super().__init__(plan, backend, callbacks, sinks, quiet, max_hours)


def evolve(
    config: Given,
    out: str | os.PathLike[str],
    *,
    backend: BackendName = "auto",
    resume: bool = False,
    callbacks: Sequence[object] = (),
    max_hours: float | None = None,
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> str:
    """Evolve a run into a new folder.

    Args:
        config: A configuration; its keys, nested or dotted; or a YAML file of them.
        out: The run folder: a path or an fsspec URI.
        backend: "ray", "local" (all islands in this process) or "auto" (whichever is faster, by
            `populations.engine.choosing`); the births are the same.
        resume: Go on if the folder already holds this run.
        callbacks: Asked of every generation: functions of a `Step`, or objects as `Callback`
            (`populations.observe.steps`). They may record numbers, stop the run and change its length; one that fails
            is asked no more. Births are the same.
        max_hours: Stop before the generation that would not be done within so many hours of this call (`MaxHours`).
        task: The data, if they are in memory (`alife.Task.of`); the configuration's `task` is then "given".
        sinks: Called with every event (`populations.observe.events`); one that raises is called no more. If None,
            progress is shown where a person watches, on a terminal or in a notebook.
        quiet: Show nothing there.

    Returns:
        How it ended, "finished", "extinct" or "interrupted": by a signal, or a callback.

    Raises:
        UserError: Something the user can mend; nothing was written, or all up to the last commit is safe.

    Example:
        >>> import alife
        >>> config = {
        ...     "task": "glyphs",
        ...     "generations": 4,
        ...     "quine": {"hidden": 16, "coordinate_units": 8},
        ...     "population": {"islands": 2, "size": 8},
        ... }
        >>> alife.evolve(config, "runs/small", backend="local")
        'finished'
        >>> alife.load_run("runs/small")
        <Run runs/small: finished, 4 of 4 generations, 64 births>
    """
    how: Any = {"backend": backend, "resume": resume, "callbacks": callbacks, "task": task, "sinks": sinks}
    return Evolution(config, out, quiet=quiet, max_hours=max_hours, **how).run()


def resume(
    run: str | os.PathLike[str],
    *,
    generations: int | None = None,
    ray: Mapping[str, Any] | None = None,
    allow_changed: bool = False,
    backend: BackendName = "auto",
    callbacks: Sequence[object] = (),
    max_hours: float | None = None,
    task: Task | None = None,
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> str:
    """Go on from a run's last commit, or extend it.

    Args:
        run: Its folder, a path or an fsspec URI; or an `analysis.data.run.Run`.
        generations: A new, larger total.
        ray: Keys of the `ray` section to use this time; they have no part in what is born.
        allow_changed: Go on though the source of an object of the user's own has changed; the change goes on record.
        backend: As of `evolve`.
        callbacks: As of `evolve`.
        max_hours: As of `evolve`.
        task: The run's data, if they were handed over; other data are refused.
        sinks: As of `evolve`.
        quiet: As of `evolve`.

    Returns:
        As `evolve`.

    Raises:
        UserError: There is no run, it cannot go on here, or another process is writing it.

    Example:
        >>> import alife
        >>> alife.resume("runs/first", generations=8, backend="local")
        'finished'
        >>> alife.load_run("runs/first").last
        7
    """
    return Course(
        partial(plans.further, os.fspath(run), generations, ray or {}, backend, allow_changed, task),
        backend,
        callbacks,
        sinks,
        quiet,
        max_hours,
    ).run()
