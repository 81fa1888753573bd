"""The faults: each waits until its moment is seen, happens, and says what it hit.

An injection is given the scenario of a run that has been started. Whoever it waits for stands still (SIGSTOP) between
being seen and being hit, so that what is said of it is true of that moment.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.faults import processes
from tests.faults.cluster import raylet
from tests.faults.driver import Ended
from tests.faults.scenario import Hit, Scenario

Injection = Callable[[Scenario], Hit]

EARLY = 4
"""Generation that is complete before a fault, so that some are committed and some are not; starts come before."""


WRITING = {
    "writing rows": lambda name: not name.startswith("checkpoints/"),
    "writing a shard": lambda name: name.startswith("checkpoints/"),
}
"""Moments in which a worker, or the driver for one, has a file open, by what tells that it is such a file."""


@contextmanager
def caught(scenario: Scenario, moment: str, **more: Any) -> Iterator[Hit]:
    """A worker that stands still at a moment.

    Args:
        scenario: Of the run.
        moment: A phase; "writing rows" or "writing a shard", with the file half there; "writing the last shard";
            "merging" parts that are on record; or "between meeting and seal", where it has met its neighbours and has
            not written that.
        more: As of `Scenario.host`.
    """
    proof: Callable[[int], bool] = lambda _: True  # noqa: E731
    phase, out, last = moment, scenario.out, int(scenario.config["generations"])
    if moment in WRITING:
        phase, proof = "writing", lambda pid: any(map(WRITING[moment], processes.files(pid, out)))
    elif moment == "writing the last shard":
        shard = f"checkpoints/{last:07d}-"
        phase, proof = "writing", lambda pid: any(name.startswith(shard) for name in processes.files(pid, out))
    elif moment == "merging":
        phase, proof = "writing", lambda pid: any(_merged(scenario, name) for name in processes.files(pid, out))
    elif moment == "between meeting and seal":
        phase, proof = "living", lambda _: not any(out.glob(f"checkpoints/{UNSEALED:07d}-*"))
    with scenario.host(phase, proof=proof, **more) as hit:
        yield replace(hit, phase=moment)


UNSEALED = 10
"""The generation that is written next when one has met: with `UNMET` the keys of a run of which that can be said."""
UNMET = {"checkpoint.every": 100, "migration.every": 3}


def _merged(scenario: Scenario, name: str) -> bool:
    kind, _, base = name.partition("/")
    return kind != "checkpoints" and base[:7].isdigit() and int(base[:7]) <= scenario.committed


def host_killed(moment: str) -> Injection:
    """SIGKILL to a worker."""

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, moment)
        with caught(scenario, moment) as hit:
            processes.kill(hit.process)
        return hit

    return inject


def host_hung(moment: str) -> Injection:
    """A worker that stands still and is not let go on; one that starts, once torch comes in: then it answers pings."""

    def loads(pid: int) -> bool:
        return moment != "starting" or processes.maps(pid, "libtorch")

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, moment)
        with caught(scenario, moment, which=loads) as hit:
            return hit

    return inject


def receiver_killed(moment: str) -> Injection:
    """SIGKILL to a worker that stands still while its neighbours live on, until they wait for it.

    Args:
        moment: "living": it has not told them that it is here; "waiting": it may have, and newborns are sent to it.
    """

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with caught(scenario, moment) as hit:
            idle: Counter[int] = Counter()

            def waits(pid: int) -> bool:
                idle[pid] = 0 if processes.busy(pid) else idle[pid] + 1
                return pid != hit.process and idle[pid] > 20

            with scenario.host("waiting", which=waits, seconds=20) as other:
                processes.kill(hit.process)
                processes.thaw(other.process)
        return replace(hit, phase=f"{moment}, process {other.process} waiting for it")

    return inject


def hosts_killed(count: int) -> Injection:
    """SIGKILL to several workers that stand still together."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        hits: list[Hit] = []
        with ExitStack() as stack:
            for _ in range(count):
                others = {hit.process for hit in hits}
                live = scenario.host("living", "conceiving", "waiting", which=lambda pid, o=others: pid not in o)  # type: ignore[misc]
                hits.append(stack.enter_context(live))
            for hit in hits:
                processes.kill(hit.process)
        first, *more = hits
        return replace(first, phase=", ".join(hit.phase for hit in hits), others=tuple(hit.process for hit in more))

    return inject


def host_killed_twice(scenario: Scenario) -> Hit:
    """SIGKILL to a worker, and to another one that lives its islands, before anything more is on record."""
    scenario.lived(EARLY + 2)
    with scenario.host("living") as first:
        processes.kill(first.process)
    scenario.driver.until(lambda: any(event["event"] == "host_lost" for event in scenario.driver.poll()))
    with scenario.host("living", which=lambda pid: pid != first.process) as second:
        if second.committed != first.committed:
            raise Ended("something was put on record between the two")
        processes.kill(second.process)
    return replace(first, phase="living, and another living", others=(second.process,))


def node_removed(moment: str, joins: int = 0) -> Injection:
    """A node killed with all that runs on it while a worker on it is at a moment.

    Args:
        moment: Of the worker.
        joins: CPUs of a node that joins afterwards. The run's other worker stands still until one there has lived.
    """

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, moment)
        node = scenario.cluster.nodes[-1][0]
        with caught(scenario, moment, node=node) as hit:
            scenario.cluster.remove(node)
        if joins:
            node_joins(joins)(scenario)
        return hit

    return inject


def node_hung(phase: str) -> Injection:
    """A node that answers nobody any more, its workers least of all."""

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, phase)
        node = scenario.cluster.nodes[-1][0]
        with scenario.host(phase, node=node) as hit:
            processes.freeze(raylet(node))
        return hit

    return inject


def node_joins(cpus: int) -> Injection:
    """A node joins while the only worker stands still; then islands are divided anew, and one there lives."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.host("living") as frozen:
            node = scenario.cluster.add(cpus)
            scenario.driver.until(lambda: bool(scenario.cluster.hosts(node)))
            scenario.driver.until(lambda: any({"waiting"} & there for there in scenario.cluster.hosts(node).values()))
        processes.thaw(frozen.process)
        with scenario.host("living", node=node) as seen:
            processes.thaw(seen.process)
        return replace(seen, phase="joined, living")

    return inject


def driver_killed(moment: str) -> Injection:
    """SIGKILL to the driver, which stands still while a worker is at a moment."""

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, moment)
        with caught(scenario, moment) as hit:
            processes.freeze(scenario.driver.pid)
            processes.kill(scenario.driver.pid)
            processes.thaw(hit.process)
        return replace(hit, process=scenario.driver.pid, phase=f"a worker {moment}")

    return inject


def driver_killed_committing(step: str) -> Injection:
    """SIGKILL to the driver at a step of a commit, or when workers have written and it has committed nothing of it."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.commit(step) as hit:
            processes.kill(hit.process)
        return hit

    return inject


def driver_killed_writing(scenario: Scenario) -> Hit:
    """SIGKILL to the driver while it writes for workers that do not see the run folder, with a file half there."""
    scenario.lived(EARLY)

    def seen() -> bool:
        pid = scenario.driver.pid
        if not _of_workers(processes.files(pid, scenario.out)) or not processes.freeze(pid):
            return False
        if _of_workers(processes.files(pid, scenario.out)):
            return True
        processes.thaw(pid)
        return False

    scenario.driver.until(seen, 0)
    hit = scenario.hit(scenario.driver.pid, "writing for a worker")
    processes.kill(scenario.driver.pid)
    return hit


def _of_workers(names: Sequence[str]) -> bool:
    return any(name.endswith((".parquet", ".safetensors")) for name in names)


def driver_killed_finishing(scenario: Scenario) -> Hit:
    """SIGKILL to the driver after the last generation and before the end is on record."""
    last = int(scenario.config["generations"]) - 1

    def seen() -> bool:
        if not scenario.driver.past(last) or not processes.freeze(scenario.driver.pid):
            return False
        if scenario.status == "running":
            return True
        processes.thaw(scenario.driver.pid)
        raise Ended("the end is on record")

    scenario.driver.until(seen, 0)
    hit = scenario.hit(scenario.driver.pid, "finishing")
    processes.kill(scenario.driver.pid)
    return hit


def driver_and_host_killed(moment: str) -> Injection:
    """SIGKILL to the driver and to a worker, both of which stand still."""

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, moment)
        with caught(scenario, moment) as hit:
            processes.freeze(scenario.driver.pid)
            processes.kill(hit.process)
            processes.kill(scenario.driver.pid)
        return replace(hit, process=scenario.driver.pid, phase=f"a worker {moment}, killed too", others=(hit.process,))

    return inject


def driver_told(number: signal.Signals, apart: bool = False, lost: bool = False) -> Injection:
    """A signal to the driver while a worker lives.

    Args:
        number: Which.
        apart: The worker stands still until another waits for it: islands are at different generations.
        lost: The worker is killed as soon as the driver is told.
    """

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.host("living") as hit:
            if apart:
                with scenario.host("waiting", which=lambda pid: pid != hit.process, seconds=20) as other:
                    processes.thaw(other.process)
            os.kill(scenario.driver.pid, number)
            (processes.kill if lost else processes.thaw)(hit.process)
        return replace(hit, process=scenario.driver.pid, phase="a worker living" + ", killed" * lost)

    return inject


def disk_filled(moment: str) -> Injection:
    """The disk of the run folder is filled while a worker is at a moment; a worker finds out when it writes."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.host(moment) as hit:
            ballast = scenario.folder / "ballast"
            scenario.amends.append(lambda: ballast.unlink(missing_ok=True))
            fill(ballast)
            processes.thaw(hit.process)
        return replace(hit, process=scenario.driver.pid, phase=f"a worker {moment}")

    return inject


_BALLAST = """
import sys, numpy, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="error")
held = []
try:
    while len(held) < 4096:
        held.append(ray.put(numpy.ones(1 << 20, numpy.uint8)))
except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
    print(type(error).__name__, len(held), flush=True)
else:
    sys.exit("neither the store nor its disk is small")
sys.stdin.read()
"""


def _end(ballast: "subprocess.Popen[str]") -> None:
    ballast.communicate()


def store_filled(scenario: Scenario) -> Hit:
    """Another program fills the object store, and the disk that Ray falls back to, while a worker lives."""
    scenario.lived(EARLY)
    with scenario.host("living") as hit:
        command = [sys.executable, "-c", _BALLAST, scenario.cluster.address]
        ballast = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        scenario.amends.append(lambda: _end(ballast))
        said = ballast.stdout.readline().strip() if ballast.stdout else ""
        processes.thaw(hit.process)
    if not said:
        raise Ended("the ballast did not fill the object store")
    return replace(hit, process=scenario.driver.pid, phase=f"a worker living, {said} MiB held")


def fill(path: Path) -> None:
    """Write a file until the disk is full, to the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def _wait(scenario: Scenario, moment: str) -> None:
    if moment == "between meeting and seal":
        scenario.lived(6)
    elif moment != "starting":
        scenario.lived(EARLY)
