"""A sweep: all runs of a plan on one cluster, each in a folder of its own, and one tidy table of their generations.

It has a room of its own because it joins plan, jobs and run folders. OUT/sweep.yaml is the plan, complete;
OUT/runs/TREATMENT/seed-K are ordinary run folders; OUT/generations.parquet has a row a (treatment, seed, generation,
island). The same command goes on with what has not ended.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from alife import schema
from alife.config import RunConfig
from alife.errors import UserError
from populations import evolution, locks, manifest, migration, reading
from populations.controller import Sink, stop_on_signals
from populations.evolution import BackendName
from populations.jobs import Job, Stopped, run_jobs
from populations.plan import Plan, PlannedRun, difference, dump, parse_plan, plain
from populations.storage import Conflict, Folder, explained, open_folder
from populations.tally import Tally

PLAN: Final = "sweep.yaml"
TABLE: Final = "generations.parquet"
ENDED: Final = ("finished", "extinct")
_LEFTOVERS = {locks.NAME, f".{PLAN}.tmp"}
_AGAIN = ": the same command goes on"


@dataclass(frozen=True)
class Summary:
    """What came of a sweep.

    Attributes:
        out: Its folder.
        runs: How many runs it has.
        done: How many have ended.
        failed: One line for each run that failed, by name.
        stopped: The signal that stopped it, "" if none did.
    """

    out: str
    runs: int
    done: int
    failed: Mapping[str, str]
    stopped: str = ""


def sweep(plan: Plan, out: str, *, backend: BackendName = "ray", sinks: Sequence[Sink] = ()) -> Summary:
    """Evolve the runs of a plan that have not ended, and write the table of all.

    Args:
        plan: From `populations.plan.read_plan`.
        out: The sweep's folder, a path or an fsspec URI: new, or with the same sweep in it.
        backend: "ray": each run is a task of its own; "local": one after another in this process.
        sinks: Called with every event, a dict of plain values.

    Raises:
        UserError: The plan or the cluster will not do, or the folder holds something else: nothing was written. Or the
            cluster or the storage went away: the same call goes on.
    """
    out = out if "://" in out else os.path.abspath(os.path.expanduser(out))
    folder = open_folder(out)
    stored = _stored(folder)
    plan = _settled(plan, stored)
    what = difference(stored, plan) if stored else None
    if what:
        raise UserError(f"{out}: holds another sweep: {what}: choose another --out, or ask for the same sweep")
    work = _Sweep(plan, folder, sinks, new=stored is None)
    with ExitStack() as stack:
        if backend == "ray" and work.waiting:
            from populations.crew import connected

            stack.enter_context(connected(plan.base.ray))
        stopping = stack.enter_context(stop_on_signals(work.signals.append))
        stack.callback(_claim(folder, plan, new=stored is None).release)
        return work.run(stopping, backend)


def evolve_run(config: Mapping[str, Any], out: str, sweep: str) -> str:
    """The job that is one run: start it, or go on with it.

    Args:
        config: Nested and complete.
        out: The run folder.
        sweep: The sweep's folder.

    Returns:
        The status it ends with.

    Raises:
        Stopped: It was told to stop, and is committed as far as it came.
        UserError: As `populations.evolve`, or this machine does not see the sweep's folder.
    """
    folder = open_folder(sweep)
    with explained(folder, f"looking for {PLAN}"):
        if PLAN not in folder.ls():
            raise UserError(f"{sweep}: a machine of the cluster cannot see it: choose an --out that all machines share")
    signals: list[str] = []

    def listen(event: dict[str, Any]) -> None:
        if event["event"] == "stopping":
            signals.append(event["signal"])

    status = evolution.evolve(config, out, backend="local", resume=True, sinks=[listen])
    if status == "interrupted":
        raise Stopped(*signals)
    return status


def table(plan: Plan, out: str) -> tuple[bytes, dict[str, str]]:
    """All committed generations of all runs of a sweep.

    Returns:
        (one Parquet file, one line for each run that cannot be read and is not in it). Columns: treatment, seed, the
        keys that treatments set, `schema.GENERATIONS`; rows by treatment, seed, generation and island.
    """
    settings = {key: pa.array([_cell(config, key) for config in plan.configs.values()]) for key in plan.keys}
    kinds: dict[str, pa.DataType] = {"treatment": pa.string(), "seed": pa.int64()}
    kinds |= {key: pa.string() if pa.types.is_null(values.type) else values.type for key, values in settings.items()}
    stored = {name: pa.type_for_alias(dtype) for name, dtype in schema.GENERATIONS.items()}
    columns = pa.schema([*kinds.items(), *stored.items()])
    order = list(plan.configs)
    sink, unread = pa.BufferOutputStream(), {}
    with pq.ParquetWriter(sink, columns, compression="zstd") as writer:
        for run in sorted(plan.runs(), key=lambda run: (order.index(run.treatment), run.seed)):
            try:
                rows = _generations(f"{out}/runs/{run.name}")
            except UserError as error:
                unread[run.name] = str(error)
                continue
            own = {"treatment": run.treatment, "seed": run.seed, **{key: _cell(run.config, key) for key in plan.keys}}
            left = {name: pa.array([value] * len(rows), kinds[name]) for name, value in own.items()}
            writer.write_table(pa.table({**left, **{name: rows[name] for name in stored}}, columns))
    return sink.getvalue().to_pybytes(), unread


class _Sweep:
    """A sweep under way."""

    def __init__(self, plan: Plan, folder: Folder, sinks: Sequence[Sink], new: bool):
        self.plan, self.folder, self.sinks = plan, folder, sinks
        self.runs = {run.name: run for run in plan.runs()}
        self.tally = Tally({name: (f"{folder.uri}/runs/{name}", run.config) for name, run in self.runs.items()})
        statuses = {} if new else {name: self.tally.look(name) for name in self.runs}
        self.begun = any(statuses.values())
        self.waiting = [name for name in self.runs if statuses.get(name) not in ENDED]
        self.ended = self.runs.keys() - set(self.waiting)
        self.signals: list[str] = []
        self.told_to_stop = False

    def run(self, stopping: Callable[[], bool], backend: BackendName) -> Summary:
        for name in self.ended:
            self.tally.end(name, "done")
        if self.begun and self.waiting:
            self._write_table()
        self._tell("sweep_started", out=self.folder.uri, runs=len(self.runs), done=len(self.ended))
        results = []
        if self.waiting:
            jobs = [self._job(self.runs[name]) for name in self.waiting]
            results = run_jobs(jobs, self.plan.base.ray, self._hear, lambda: self._stop(stopping), backend)
        failed = {result.name: result.error for result in results if result.status == "failed"}
        failed |= self._write_table()
        done = self.ended | {result.name for result in results if result.status == "done"}
        stopped = (self.signals or ["SIGINT"])[0] if any(r.status == "stopped" for r in results) else ""
        self._tell("sweep_ended", done=len(done - failed.keys()), failed=failed, stopped=stopped)
        return Summary(self.folder.uri, len(self.runs), len(done - failed.keys()), failed, stopped)

    def _job(self, run: PlannedRun) -> Job:
        out = f"{self.folder.uri}/runs/{run.name}"
        return Job(run.name, evolve_run, {"config": run.config.model_dump(), "out": out, "sweep": self.folder.uri})

    def _hear(self, event: dict[str, Any]) -> None:
        """Keep the tally of what jobs do, and pass it on."""
        kind, name = event["event"], event.get("job", "")
        if kind == "tick":
            changed = self.tally.poll()
        else:
            changed = True
            if kind == "job_started":
                self.tally.begin(name)
            elif kind in ("job_done", "job_failed"):
                self.tally.end(name, kind.removeprefix("job_"))
            elif kind == "job_stopped":
                self.signals.append(event["why"])
            self._tell(**event)
        if changed:
            self._tell("sweep_progress", **self.tally.progress())

    def _stop(self, stopping: Callable[[], bool]) -> bool:
        if stopping() and not self.told_to_stop:
            self.told_to_stop = True
            self._tell("stopping", signal=self.signals[0])
        return self.told_to_stop

    def _write_table(self) -> dict[str, str]:
        data, unread = table(self.plan, self.folder.uri)
        with explained(self.folder, f"writing {TABLE}", _AGAIN):
            before = self.folder.fetch(TABLE)[1] if TABLE in self.folder.ls() else None
            self.folder.replace(TABLE, data, before)
        return unread

    def _tell(self, event: str, **values: Any) -> None:
        for sink in self.sinks:
            sink({"event": event, **values})


def _stored(folder: Folder) -> Plan | None:
    """The sweep that a folder holds.

    Raises:
        UserError: It holds something else, or cannot be written.
    """
    with explained(folder, "looking for a sweep there"):
        names = folder.ls().keys()
        folder.check_writable()
        if PLAN in names:
            return parse_plan(folder.read(PLAN).decode(errors="replace"), f"{folder.uri}/{PLAN}")
    if manifest.NAME in names:
        raise UserError(f"{folder.uri}: holds a run, not a sweep: choose another --out")
    if names - _LEFTOVERS:
        raise UserError(f"{folder.uri}: is not empty, and holds no {PLAN}: choose another --out")
    return None


def _claim(folder: Folder, plan: Plan, new: bool) -> locks.Lock:
    """Become the one writer of a sweep's folder; a new one begins with its plan."""
    with explained(folder, "creating the sweep's folder"):
        folder.make()
        lock = locks.acquire(folder)
    try:
        if new:
            with explained(folder, f"writing {PLAN}"):
                folder.replace(PLAN, dump(plan).encode(), None)
    except Conflict:
        lock.release()
        raise UserError(f"{folder.uri}: another sweep has just started here: choose another --out") from None
    except BaseException:
        lock.release()
        raise
    return lock


def _settled(plan: Plan, stored: Plan | None) -> Plan:
    """The plan with its device decided, once for all runs, and all checked that can be without a cluster.

    Raises:
        UserError: A treatment's data, device or topology do not fit.
    """
    devices: dict[Any, str] = {}
    configs: dict[str, RunConfig] = {}
    default = stored.base.device if stored else "auto"
    for name, config in plan.configs.items():
        device = default if config.device == "auto" else config.device
        config = config.model_copy(update={"device": device})
        what = config.task, config.device, config.quine
        try:
            migration.check(config)
            if what not in devices:
                devices[what] = evolution.prepare(config)[0].device
        except UserError as error:
            raise UserError(f"treatment {name}: {error}") from None
        configs[name] = config.model_copy(update={"device": devices[what]})
    base, ray = plan.base, plan.base.ray
    if base.device == "auto":
        found = [devices[what] for what in devices if what[1] == default]
        base = base.model_copy(update={"device": found[0] if found else default})
    if "cuda" in devices.values() and not ray.gpus_per_host:
        base = base.model_copy(update={"ray": ray.model_copy(update={"gpus_per_host": 1.0})})
    return replace(plan, base=base, configs=configs)


def _generations(uri: str) -> pa.Table:
    """`schema.GENERATIONS` of a run, in order; no rows if it has not begun."""
    want = schema.GENERATIONS
    none = pa.table({name: pa.array([], pa.type_for_alias(dtype)) for name, dtype in want.items()})
    if not reading.exists(uri):
        return none
    folder = open_folder(uri)
    listed = reading.fetch_manifest(folder)[0]["parts"]["generations"]
    return pa.concat_tables([none, *(reading.read_part(folder, entry, want) for entry in listed)])


def _cell(config: RunConfig, key: str) -> Any:
    value = plain(config, key)
    return "+".join(map(str, value)) or "none" if isinstance(value, list) else value
