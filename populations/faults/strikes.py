"""The faults: each waits until its moment is seen, strikes, and says what it struck.

A strike is given the scene of a run that has been started. Whoever it waits for stands still (SIGSTOP) between being
seen and being struck, so that what is said of it is true of the moment of the blow.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from populations.faults import processes
from populations.faults.arena import raylet
from populations.faults.scene import Scene, Struck

Strike = Callable[[Scene], Struck]

EARLY = 4
"""Generation that is complete before a strike, so that some are committed and some are not; starts are struck before."""


def host_killed(phase: str) -> Strike:
    """SIGKILL to a host."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        with scene.host(phase) as struck:
            processes.kill(struck.process)
        return struck

    return strike


def host_hung(phase: str) -> Strike:
    """A host that stands still and is not let go on."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        with scene.host(phase) as struck:
            return struck

    return strike


def node_removed(phase: str, joins: int = 0) -> Strike:
    """A node killed with all that runs on it while a host on it is in a phase; then a new one of `joins` CPUs joins."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        node = scene.arena.nodes[-1][0]
        with scene.host(phase, node) as struck:
            scene.arena.remove(node)
        if joins:
            _joins(scene, joins)
        return struck

    return strike


def node_hung(phase: str) -> Strike:
    """A node that answers nobody any more, its hosts least of all."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        node = scene.arena.nodes[-1][0]
        with scene.host(phase, node) as struck:
            processes.freeze(raylet(node))
        return struck

    return strike


def node_joins(cpus: int) -> Strike:
    """A node joins while the only host there is stands still; that goes on once the new one's host has been seen living."""

    def strike(scene: Scene) -> Struck:
        scene.lived(EARLY)
        with scene.host("living") as frozen:
            struck = _joins(scene, cpus)
        processes.thaw(frozen.process)
        return struck

    return strike


def driver_killed(phase: str) -> Strike:
    """SIGKILL to the driver, which stands still while a host is in a phase."""

    def strike(scene: Scene) -> Struck:
        _wait(scene, phase)
        while True:
            with scene.host(phase) as struck:
                processes.freeze(scene.driver.pid)
                processes.thaw(struck.process)
                processes.kill(scene.driver.pid)
                return Struck(scene.driver.pid, f"a host {phase}", struck.generation, struck.time)

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
    """A signal to the driver while a host lives."""

    def strike(scene: Scene) -> Struck:
        scene.lived(EARLY)
        with scene.host("living") as struck:
            os.kill(scene.driver.pid, number)
            processes.thaw(struck.process)
        return Struck(scene.driver.pid, "a host living", struck.generation, struck.time)

    return strike


def disk_filled(scene: Scene) -> Struck:
    """The disk of the run folder is filled while a host lives; the driver finds out at its next commit."""
    scene.lived(EARLY)
    with scene.host("living") as struck:
        fill(scene.folder / "ballast")
        processes.thaw(struck.process)
    return Struck(scene.driver.pid, "a host living", struck.generation, struck.time)


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
    subprocess.run(["umount", str(folder)], check=False, stderr=subprocess.DEVNULL)


def _wait(scene: Scene, phase: str) -> None:
    if phase != "starting":
        scene.lived(EARLY)


def _joins(scene: Scene, cpus: int) -> Struck:
    """A node joins: seen is a host on it that lives."""
    node = scene.arena.add(cpus)
    with scene.host("living", node) as seen:
        processes.thaw(seen.process)
    return Struck(seen.process, "joined, living", seen.generation, seen.time)
