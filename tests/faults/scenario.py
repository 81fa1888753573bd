"""One run that is to be hit: its folder, its commands one after another, and how its moments are caught."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alife import schema
from alife.errors import UserError
from populations.record.reader import listed_names, read_manifest
from tests.faults import processes
from tests.faults.cluster import LocalCluster, phase_of
from tests.faults.driver import Driver, Event

STEPS = ("rows", "checkpoint", "new manifest beside the old", "new manifest in place")
"""What a commit writes, or has written last, at each of its steps: as the run folder of a halted driver shows it."""


@dataclass(frozen=True)
class Hit:
    """What a fault hit: a process, what that was doing, the generation under way, and when (seconds since 1970)."""

    process: int
    phase: str
    generation: int
    time: float


class Scenario:
    """A run folder and the commands that write it.

    Args:
        cluster: Where its workers live.
        folder: For the run folder `run` and what its drivers say.
        config: Flags of `alife run`, by dotted key.

    Attributes:
        drivers: The commands so far.
        amends: What is to be done before the run goes on: room made on a disk, memory given back.
    """

    def __init__(self, cluster: LocalCluster, folder: Path, config: Mapping[str, Any]):
        self.cluster, self.folder, self.config = cluster, folder, config
        self.out = folder / "run"
        self.drivers: list[Driver] = []
        self.amends: list[Callable[[], None]] = []

    @property
    def driver(self) -> Driver:
        """The command that runs now, or ran last."""
        return self.drivers[-1]

    @property
    def events(self) -> list[Event]:
        """Of all commands so far."""
        return [event for driver in self.drivers for event in driver.poll()]

    def start(self, **flags: Any) -> None:
        """`alife run`, with keys of the configuration on top."""
        keys = {
            **self.config,
            "ray.address": self.cluster.address,
            **{k.replace("__", "."): v for k, v in flags.items()},
        }
        flat = [text for key, value in keys.items() for text in (f"--{key}", str(value))]
        self._begin("run", "--out", str(self.out), "--no-figures", *flat)

    def resume(self, hosts: int | None = None) -> None:
        """`alife resume`, on the same cluster, with as many workers as before or another number."""
        more = ["--ray.hosts", str(hosts)] if hosts else []
        self._begin("resume", str(self.out), "--no-figures", "--ray.address", self.cluster.address, *more)

    def lived(self, generation: int) -> None:
        """Return once a generation is told of as complete."""
        self.driver.until(partial(self.driver.past, generation))

    @contextmanager
    def host(self, *phases: str, node: Any = None, which: Callable[[int], bool] = lambda _: True) -> Iterator[Hit]:
        """A worker that stands still in one of these phases: it was seen there, stopped, and seen there again.

        Args:
            phases: Of `LocalCluster.hosts`.
            node: Where; on any if None.
            which: Whether a process will do.

        Raises:
            Ended: The run ended before.
        """
        caught: list[tuple[int, str]] = []

        def seen() -> bool:
            for pid, phase in self.cluster.hosts(node).items():
                if phase in phases and which(pid) and processes.freeze(pid):
                    if phase_of(pid) in (phase, "idle" if phase in ("starting", "up") else phase):
                        caught.append((pid, phase))
                        return True
                    processes.thaw(pid)
            return False

        self.driver.until(seen, pause=0.001 if {"living", "starting"} & {*phases} else 0)
        yield Hit(*caught[0], self.driver.generation + 1, time.time())

    @contextmanager
    def commit(self, step: str) -> Iterator[Hit]:
        """The driver, standing still at a step of a commit.

        Raises:
            Ended: The run ended before.
        """
        before = self._look()

        def seen() -> bool:
            nonlocal before
            now = self._look()
            if now == before:
                return False
            if not processes.freeze(self.driver.pid):
                return False
            if self._step() == STEPS.index(step):
                return True
            processes.thaw(self.driver.pid)
            before = now
            return False

        self.driver.until(seen, pause=0)
        yield Hit(self.driver.pid, f"commit, {step}", self.driver.generation + 1, time.time())

    def _look(self) -> tuple[Any, ...]:
        """What changes with each step, and is quick to see."""
        names = [sorted(p.name for p in self._ls(kind)) for kind in ("births", "checkpoints")]
        manifest = self.out / "manifest.json"
        return (*map(tuple, names), (self.out / ".manifest.json.tmp").exists(), _inode(manifest))

    def _step(self) -> int | None:
        """The step of `STEPS` that a commit is at, None between two."""
        try:
            manifest = read_manifest(str(self.out))
        except UserError:
            return None
        if (self.out / ".manifest.json.tmp").exists():
            return 2
        stray = {f"{kind}/{p.name}" for kind in schema.PART_KINDS for p in self._ls(kind)} - listed_names(manifest)
        if not stray:
            return None
        fresh = {name for name in stray if _last(name) > manifest["generation"]}
        if not fresh:
            return 3
        return 1 if any(name.startswith("checkpoints/") for name in fresh) else 0

    def _ls(self, kind: str) -> list[Path]:
        try:
            return list((self.out / kind).iterdir())
        except FileNotFoundError:
            return []

    def _begin(self, *arguments: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"events-{len(self.drivers)}.jsonl"
        self.drivers.append(Driver(arguments, log, self.folder / "said.txt"))


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _last(name: str) -> int:
    """The last generation that a file has the rows of; that before the newborns of a checkpoint."""
    numbers = name.rpartition("/")[2].split("-")
    return int(numbers[0]) - 1 if name.startswith("checkpoints/") else int(numbers[1])
