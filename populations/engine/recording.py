"""The record of a run that workers write: commits of what all islands have written, and small parts merged.

Call `put_on_record` with a generation that `populations.engine.flow.sealed` has found.
"""

import time

from populations.engine.flow import drop, sealed
from populations.engine.run_state import RunState
from populations.observe import events
from populations.record import shards


def put_on_record(run: RunState, generation: int, status: str) -> None:
    """Commit the generations before one, with its newborns."""
    began, flow = time.perf_counter(), run.flow
    seals = [seal for seal in flow.seals if seal.generation <= generation or status == "extinct"]
    merged = [(each.kind, each.names, each.entry) for each in flow.merged if each.entry]
    run.recorder.commit_sealed(generation - 1, [seal.parts for seal in seals], merged, status=status)
    drop(flow, seals)
    flow.merged, flow.start, flow.stored = [], generation, True
    took, news = time.perf_counter() - began, generation - 1 > run.committed
    run.committed = generation - 1
    run.seconds["records"] = run.seconds.get("records", 0) + took + sum(seal.seconds for seal in seals)
    if news:
        run.tell(events.Commit(generation=generation - 1, status=status, seconds=took))
    if status == "running":
        run.backend.rebalance()
        merge(run)


def put_in_order(run: RunState, before: int) -> None:
    """Commit what all islands have written, in order, up to a generation."""
    while (generation := sealed(run.flow)) is not None and generation < before:
        put_on_record(run, generation, "running")


def merge(run: RunState, compact: bool = False) -> None:
    """Have small parts merged."""
    for kind, listed in run.recorder.manifest["parts"].items():
        if kind == "checkpoints":
            continue
        free = [entry for entry in listed if entry["name"] not in run.flow.merging]
        for group in shards.merges(free, compact=compact):
            run.flow.merging |= {entry["name"] for entry in group}
            run.backend.merge(kind, group)
