"""The jobs of a sweep: `evolve_run` lives one run, in whatever process it is given to, and hands back its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from alife.configuration.keys import RunConfig
from alife.errors import Unfit, UserError
from alife.format import usage
from alife.world.task import Task
from populations.engine import evolve
from populations.engine.usage import costs
from populations.observe import events
from populations.observe.events import Event
from populations.record.storage import explained, open_folder
from populations.studies.deadline import NEVER, Deadline
from populations.studies.journal import End
from populations.studies.plan import PlannedRun
from populations.studies.run_rows import run_rows
from populations.studies.sweep_folder import PLAN


@dataclass(frozen=True)
class Lived:
    """What is handed back of a run that has ended.

    Attributes:
        rows: As of `run_rows`; None if they cannot be read.
        end: How it has ended, or how it stands.
        unread: Why there are no rows.
    """

    rows: pa.Table | None
    end: End
    unread: str = ""


def evolve_run(
    run: PlannedRun,
    out: str,
    sweep: str,
    own: Sequence[str] = (),
    task: Task | None = None,
    deadline: Deadline = NEVER,
) -> Lived:
    """Start a run, or go on with it.

    Args:
        run: Which.
        out: The run folder.
        sweep: The sweep's folder.
        own: Measures of their own that runs of the sweep have.
        task: The data, if they are handed over.
        deadline: When it is to have stopped.

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
        status = evolve.evolve(run.config, out, backend="local", resume=True, **how)
    except UserError as error:
        if str(error).startswith("task:"):  # the driver has read the data
            raise Unfit(str(error)) from None
        raise
    if status == "interrupted":
        raise deadline.stopped(signals)
    return lived(out, run.of, own, status)


def lived(out: str, config: RunConfig, own: Sequence[str], status: str) -> Lived:
    """What there is to hand back of a run whose status this is."""
    cost = usage.total(costs(open_folder(out)))
    end = End(status, cost.core_seconds, cost.gpu_seconds)
    try:
        return Lived(run_rows(out, config, own), end)
    except UserError as error:
        return Lived(None, end, str(error))
