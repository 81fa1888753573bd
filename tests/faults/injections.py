"""The faults: each waits until its moment is seen, strikes, and says what it struck.

A strike is given the scene of a run that has been started. Whoever it waits for stands still (SIGSTOP) between being
seen and being struck, so that what is said of it is true of the moment of the blow.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults import processes
from tests.faults.arena import raylet
from tests.faults.driver import Ended
from tests.faults.scene import Scene, Struck

Strike = Callable[[Scene], Struck]

EARLY = 4
"""Generation that is complete before a strike, so that some are committed and some are not; starts come before."""


def host_killed(phase: str) -> Strike:
    """SIGKILL to a worker."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        with scene.host(phase) as struck:
            processes.kill(struck.process)
        return struck

    return strike


def host_hung(phase: str) -> Strike:
    """A worker that stands still and is not let go on; one that starts, once torch comes in: then it answers pings."""

    def loads(pid: int) -> bool:
        return phase != "starting" or processes.maps(pid, "libtorch")

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        with scene.host(phase, which=loads) as struck:
            return struck

    return strike


def node_removed(phase: str, joins: int = 0) -> Strike:
    """A node killed with all that runs on it while a worker on it is in a phase.

    Args:
        phase: Of the worker.
        joins: CPUs of a node that joins afterwards. The run's other worker stands still until one there has lived.
    """

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        node = scene.arena.nodes[-1][0]
        with scene.host(phase, node=node) as struck:
            scene.arena.remove(node)
        if joins:
            node_joins(joins)(scene)
        return struck

    return strike


def node_hung(phase: str) -> Strike:
    """A node that answers nobody any more, its workers least of all."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        node = scene.arena.nodes[-1][0]
        with scene.host(phase, node=node) as struck:
            processes.freeze(raylet(node))
        return struck

    return strike


def node_joins(cpus: int) -> Strike:
    """A node joins while the only worker stands still; it goes on once a worker of the new node was seen living."""

    def strike(scene: Scene) -> Struck:
        scene.lived(EARLY)
        with scene.host("living") as frozen:
            struck = _joins(scene, cpus)
        processes.thaw(frozen.process)
        return struck

    return strike


def driver_killed(phase: str) -> Strike:
    """SIGKILL to the driver, which stands still while a worker is in a phase."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        while True:
            with scene.host(phase) as struck:
                processes.freeze(scene.driver.pid)
                processes.thaw(struck.process)
                processes.kill(scene.driver.pid)
                return Struck(scene.driver.pid, f"a worker {phase}", struck.generation, struck.time)

    return strike


def driver_killed_committing(step: str) -> Strike:
    """SIGKILL to the driver at a step of a commit."""

    def strike(scene: Scene) -> Struck:
        scene.lived(EARLY)
        with scene.commit(step) as struck:
            processes.kill(struck.process)
        return struck

    return strike


def driver_told(number: signal.Signals) -> Strike:
    """A signal to the driver while a worker lives."""

    def strike(scene: Scene) -> Struck:
        scene.lived(EARLY)
        with scene.host("living") as struck:
            os.kill(scene.driver.pid, number)
            processes.thaw(struck.process)
        return Struck(scene.driver.pid, "a worker living", struck.generation, struck.time)

    return strike


def disk_filled(scene: Scene) -> Struck:
    """The disk of the run folder is filled while a worker lives; the driver finds out at its next commit."""
    scene.lived(EARLY)
    with scene.host("living") as struck:
        ballast = scene.folder / "ballast"
        scene.amends.append(lambda: ballast.unlink(missing_ok=True))
        fill(ballast)
        processes.thaw(struck.process)
    return Struck(scene.driver.pid, "a worker living", struck.generation, struck.time)


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


def store_filled(scene: Scene) -> Struck:
    """Another program fills the object store, and the disk that Ray falls back to, while a worker lives."""
    scene.lived(EARLY)
    with scene.host("living") as struck:
        command = [sys.executable, "-c", _BALLAST, scene.arena.address]
        ballast = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        scene.amends.append(lambda: _end(ballast))
        said = ballast.stdout.readline().strip() if ballast.stdout else ""
        processes.thaw(struck.process)
    if not said:
        raise Ended("the ballast did not fill the object store")
    return Struck(scene.driver.pid, f"a worker living, {said} MiB held", struck.generation, struck.time)


def fill(path: Path) -> None:
    """Write a file until the disk is full, to the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def mount(folder: Path, size: str) -> bool:
    """Make a folder a small file system of its own; False where that is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    try:
        return not subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode
    except FileNotFoundError:
        return False


def unmount(folder: Path) -> None:
    """Undo `mount`."""
    subprocess.run(["umount", "--lazy", str(folder)], check=False, stderr=subprocess.DEVNULL)


def _wait(scene: Scene, phase: str) -> None:
    if phase != "starting":
        scene.lived(EARLY)


def _joins(scene: Scene, cpus: int) -> Struck:
    """A node joins: seen is a worker on it that lives."""
    node = scene.arena.add(cpus)
    with scene.host("living", node=node) as seen:
        processes.thaw(seen.process)
    return Struck(seen.process, "joined, living", seen.generation, seen.time)
