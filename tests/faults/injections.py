"""The faults: each waits until its moment is seen, happens, and says what it hit.

An injection is given the scenario of a run that has been started. Whoever it waits for stands still (SIGSTOP) between
being seen and being hit, so that what is said of it is true of that moment.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults import processes
from tests.faults.cluster import raylet
from tests.faults.driver import Ended
from tests.faults.scenario import Hit, Scenario

Injection = Callable[[Scenario], Hit]

EARLY = 4
"""Generation that is complete before a fault, so that some are committed and some are not; starts come before."""


def host_killed(phase: str) -> Injection:
    """SIGKILL to a worker."""

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, phase)
        with scenario.host(phase) as hit:
            processes.kill(hit.process)
        return hit

    return inject


def host_hung(phase: str) -> Injection:
    """A worker that stands still and is not let go on; one that starts, once torch comes in: then it answers pings."""

    def loads(pid: int) -> bool:
        return phase != "starting" or processes.maps(pid, "libtorch")

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, phase)
        with scenario.host(phase, which=loads) as hit:
            return hit

    return inject


def node_removed(phase: str, joins: int = 0) -> Injection:
    """A node killed with all that runs on it while a worker on it is in a phase.

    Args:
        phase: Of the worker.
        joins: CPUs of a node that joins afterwards. The run's other worker stands still until one there has lived.
    """

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, phase)
        node = scenario.cluster.nodes[-1][0]
        with scenario.host(phase, node=node) as hit:
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
    """A node joins while the only worker stands still; it goes on once a worker of the new node was seen living."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.host("living") as frozen:
            hit = _joins(scenario, cpus)
        processes.thaw(frozen.process)
        return hit

    return inject


def driver_killed(phase: str) -> Injection:
    """SIGKILL to the driver, which stands still while a worker is in a phase."""

    def inject(scenario: Scenario) -> Hit:
        _wait(scenario, phase)
        while True:
            with scenario.host(phase) as hit:
                processes.freeze(scenario.driver.pid)
                processes.thaw(hit.process)
                processes.kill(scenario.driver.pid)
                return Hit(scenario.driver.pid, f"a worker {phase}", hit.generation, hit.time)

    return inject


def driver_killed_committing(step: str) -> Injection:
    """SIGKILL to the driver at a step of a commit."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.commit(step) as hit:
            processes.kill(hit.process)
        return hit

    return inject


def driver_told(number: signal.Signals) -> Injection:
    """A signal to the driver while a worker lives."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.host("living") as hit:
            os.kill(scenario.driver.pid, number)
            processes.thaw(hit.process)
        return Hit(scenario.driver.pid, "a worker living", hit.generation, hit.time)

    return inject


def disk_filled(scenario: Scenario) -> Hit:
    """The disk of the run folder is filled while a worker lives; the driver finds out at its next commit."""
    scenario.lived(EARLY)
    with scenario.host("living") as hit:
        ballast = scenario.folder / "ballast"
        scenario.amends.append(lambda: ballast.unlink(missing_ok=True))
        fill(ballast)
        processes.thaw(hit.process)
    return Hit(scenario.driver.pid, "a worker living", hit.generation, hit.time)


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
    return Hit(scenario.driver.pid, f"a worker living, {said} MiB held", hit.generation, hit.time)


def fill(path: Path) -> None:
    """Write a file until the disk is full, to the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def _wait(scenario: Scenario, phase: str) -> None:
    if phase != "starting":
        scenario.lived(EARLY)


def _joins(scenario: Scenario, cpus: int) -> Hit:
    """A node joins: seen is a worker on it that lives."""
    node = scenario.cluster.add(cpus)
    with scenario.host("living", node=node) as seen:
        processes.thaw(seen.process)
    return Hit(seen.process, "joined, living", seen.generation, seen.time)
