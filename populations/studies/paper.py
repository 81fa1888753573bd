"""The seed paper's experiments as jobs on Ray workers, side by side, or one after another in this process.

Call `reproduce` with names of experiments. OUT/paper.json says what was asked for, and of which data;
OUT/results/EXPERIMENT[-PART].* is what came of a part (its .json, written last, says that it has ended, and which other
files it has); OUT/state/ holds what a part under way needs to go on, and its lease. The same command goes on with what
has not ended.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from typing import Any, Final

from alife.configuration import keys as configuration
from alife.errors import Unfit, UserError
from alife.format import files
from alife.format.manifest import told
from alife.seed_paper.frame import Settings, Work
from alife.seed_paper.registry import EXPERIMENTS
from populations.engine.choosing import Chosen
from populations.engine.signals import stop_on_signals
from populations.observe import events
from populations.observe.events import Event
from populations.observe.listeners import Listeners, Sink, hearing
from populations.observe.paper_progress import PaperTerminal
from populations.record import lease as locks
from populations.record.storage import Folder, explained, open_folder
from populations.studies import paper_results
from populations.studies.jobs import Job, Result, Stopped
from populations.studies.paper_folder import PLAN, settled, stored_data, write_plan
from populations.studies.run_jobs import run_jobs

THREADS: Final = 1
"""That a part computes with; cores are for other parts."""
TOLD_SECONDS: Final = 1.0
"""Between two words of a part on how far it is."""


@dataclass(frozen=True)
class Summary:
    """What came of it.

    Attributes:
        out: The folder.
        parts: How many parts were asked for.
        done: How many have ended.
        failed: One line for each that failed.
        stopped: The signal that stopped it, "" if none did.
    """

    out: str
    parts: int
    done: int
    failed: Mapping[str, str]
    stopped: str = ""


def names(asked: Sequence[str]) -> list[str]:
    """The experiments to do for what was asked, in the registry's order, with those that they begin from.

    Raises:
        UserError: There is none of that name.
    """
    unknown = [name for name in asked if name not in (*EXPERIMENTS, "all")]
    if unknown:
        raise UserError(f"paper: no experiment {unknown[0]}: choose from {', '.join(EXPERIMENTS)} or all")
    wanted = set(EXPERIMENTS if not asked or "all" in asked else asked)
    while True:
        more = {before for name in wanted for before in EXPERIMENTS[name].after} - wanted
        if not more:
            return [name for name in EXPERIMENTS if name in wanted]
        wanted |= more


def reproduce(
    asked: Sequence[str],
    settings: Settings,
    out: str,
    *,
    ray: configuration.Ray | None = None,
    backend: Chosen = "ray",
    sinks: Sequence[Sink] | None = None,
    quiet: bool = False,
) -> Summary:
    """Do the parts that have not ended.

    Args:
        asked: Experiments; none, or "all", for all.
        settings: The same as before, if the folder holds some already.
        out: The folder: a path or an fsspec URI.
        ray: The cluster, and what each part needs of it.
        backend: Where.
        sinks: As of `populations.evolve`.
        quiet: As of `populations.evolve`.

    Raises:
        UserError: Unknown experiments, settings that they cannot do with or other than the folder's, no cluster, or
            storage that fails.
    """
    wanted = names(asked)
    out = out if files.is_remote(out) else str(files.local(out))
    folder = open_folder(out)
    settings = settled(folder, settings)
    parts = [(name, part) for name in wanted for part in EXPERIMENTS[name].parts]
    with explained(folder, "looking there"):
        before = paper_results.ended(folder)
    data = None
    if missing := [name for name, part in parts if (name, part) not in before]:
        from alife.seed_paper.habitat import check

        task = check(missing, settings)
        data = task.on_record() if task else None
    needs = ray or configuration.Ray()
    signals: list[str] = []
    with ExitStack() as stack:
        tell = stack.enter_context(closing(hearing(sinks, quiet, PaperTerminal)))
        with explained(folder, "creating the folder"):
            folder.make()
            stack.callback(locks.acquire(folder).release)
            over = paper_results.ended(folder)
            write_plan(folder, settings, data, over)
        waiting = [part for part in parts if part not in over]
        stopping = stack.enter_context(stop_on_signals(signals.append))
        hosts = 1
        if backend == "ray" and waiting:
            from populations.engine.backend import Interrupted
            from populations.engine.ray.cluster import room
            from populations.studies.job_pool import connected

            try:
                stack.enter_context(connected(needs, stopping, tell))
            except Interrupted:
                return Summary(out, len(parts), len(parts) - len(waiting), {}, signals[0])
            hosts = room(configuration.RunConfig(ray=needs))
            hosts = hosts if needs.hosts == "auto" else min(hosts, needs.hosts)
        if waiting:
            cpu, wall = estimate(waiting, settings, hosts)
            sizes = {"parts": len(parts), "waiting": len(waiting), "hosts": hosts}
            tell(events.PaperStarted(out=out, cpu_s=cpu, wall_s=wall, **sizes))
        results = _waves(waiting, over, settings, folder, needs, backend, tell, stopping, signals)
        failed = {result.name: result.error for result in results if result.status == "failed"}
        done = len(parts) - len(waiting) + sum(result.status == "done" for result in results)
        stopped = (signals or ["SIGINT"])[0] if any(result.status == "stopped" for result in results) else ""
        tell(events.PaperEnded(done=done, failed=failed, stopped=stopped))
    return Summary(out, len(parts), done, failed, stopped)


def estimate(parts: Sequence[tuple[str, str]], settings: Settings, hosts: int) -> tuple[float, float]:
    """(seconds of CPU, of wall-clock on so many workers) that parts take, from a step timed here and now."""
    from alife.organism.kernel.products import computing
    from alife.seed_paper.training import step_seconds

    with computing(THREADS):
        step = step_seconds(settings)
    each = [step * EXPERIMENTS[name].cost(settings) for name, _ in parts]
    return sum(each), max(max(each), sum(each) / hosts)


def do_part(name: str, part: str, settings: Mapping[str, Any], out: str) -> float:
    """The job that is one part: start it, or go on with it.

    Returns:
        Seconds that this process worked on it.

    Raises:
        Stopped: It was told to stop.
        Busy: Another process does this part.
        UserError: This machine does not see the folder, or the storage fails.
    """
    from alife.organism.kernel.products import computing
    from alife.world.task import load_task

    folder = open_folder(out)
    began, said, signals = time.monotonic(), [0.0], list[str]()
    with explained(folder, f"looking for {PLAN}"):
        if PLAN not in folder.ls():
            raise Unfit(f"{out}: a machine of the cluster cannot see it: choose an --out that all machines share")
    with (
        stop_on_signals(signals.append) as stopping,
        explained(folder, f"keeping {name}"),
        paper_results.claim(folder, name, part) as lease,
    ):
        known = stored_data(folder) if EXPERIMENTS[name].classifies else None
        if known and (task := load_task(settings["task"])) and task.digest != known["digest"]:
            raise Unfit(f"task: a machine holds other data at {settings['task']}: put {told(known)} there")
        if (name, part) in paper_results.ended(folder):  # by a process that outlived its driver
            return time.monotonic() - began
        keep = paper_results.Keep(folder, name, part, lease)

        def tell(share: float, words: str) -> None:
            if stopping():
                raise Stopped(*signals)
            if time.monotonic() - said[0] > TOLD_SECONDS:
                said[0] = time.monotonic()
                keep.tell(share, words)

        work = Work(Settings(**settings), tell, keep, lambda earlier: paper_results.genomes(folder, earlier))
        with computing(THREADS):
            outcome = EXPERIMENTS[name].run(work, part)
        seconds = time.monotonic() - began
        keep.finish(outcome, seconds)
    return seconds


def _waves(
    waiting: list[tuple[str, str]],
    over: set[tuple[str, str]],
    settings: Settings,
    folder: Folder,
    needs: configuration.Ray,
    backend: Chosen,
    tell: Listeners,
    stopping: Callable[[], bool],
    signals: Sequence[str],
) -> list[Result]:
    """Results of all parts; those that begin from others' genomes come after them, the longest first."""
    over, told_to_stop = set(over), [False]
    results: list[Result] = []

    def stop() -> bool:
        if stopping() and not told_to_stop[0]:
            told_to_stop[0] = True
            tell(events.Stopping(signal=signals[0]))
        return stopping()

    def hear(event: Event) -> None:
        following = isinstance(event, events.Tick)
        tell(events.PaperProgress(running=paper_results.progress(folder)) if following else event)

    while waiting:
        ready = [
            p for p in waiting if all((b, q) in over for b in EXPERIMENTS[p[0]].after for q in EXPERIMENTS[b].parts)
        ]
        ready.sort(key=lambda part: -EXPERIMENTS[part[0]].cost(settings))
        if not ready or told_to_stop[0]:
            status, why = ("stopped", "") if told_to_stop[0] else ("failed", "what it begins from has failed")
            return results + [Result(paper_results.title(*part), status, error=why) for part in waiting]  # type: ignore[arg-type]
        named = {paper_results.title(*part): part for part in ready}
        jobs = [_job(name, part, settings, folder) for name, part in ready]
        for result in run_jobs(jobs, needs, hear, stop, backend):
            results.append(result)
            if result.status == "done":
                over.add(named[result.name])
            told_to_stop[0] |= result.status == "stopped"
        waiting = [part for part in waiting if part not in ready]
    return results


def _job(name: str, part: str, settings: Settings, folder: Folder) -> Job:
    kwargs = {"name": name, "part": part, "settings": asdict(settings), "out": folder.uri}
    return Job(paper_results.title(name, part), do_part, kwargs)
