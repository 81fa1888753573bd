"""Faults of drivers and of what a run is kept in: injections as of `tests.faults.injections`."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.faults import processes
from tests.faults.driver import Ended
from tests.faults.injections import Injection
from tests.faults.moments import EARLY, caught, wait
from tests.faults.scenario import Hit, Scenario


def driver_killed(moment: str) -> Injection:
    """SIGKILL to the driver, which stands still while a worker is at a moment."""

    def inject(scenario: Scenario) -> Hit:
        wait(scenario, moment)
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
        wait(scenario, moment)
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
