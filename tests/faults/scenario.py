"""One run that is to be hit: its folder, its commands one after another, and how its moments are caught."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alife import schema
from alife.errors import UserError
from populations.record.reader import listed_names, read_manifest
from tests.faults import processes
from tests.faults.cluster import LocalCluster, phases_of
from tests.faults.driver import Driver, Event

STEPS = ("sealed by one worker", "sealed by all", "new manifest beside the old", "new manifest in place")
"""What the run folder of a halted driver shows: what workers have written and no commit lists, and the commit."""


@dataclass(frozen=True)
class Hit:
    """What a fault hit.

    Attributes:
        process: Which.
        phase: What it was doing.
        generation: Under way.
        time: When, in seconds since 1970.
        committed: The last generation on record then.
        others: Processes that were hit too.
    """

    process: int
    phase: str
    generation: int
    time: float
    committed: int = -1
    others: tuple[int, ...] = ()


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
    def host(
        self,
        *phases: str,
        node: Any = None,
        which: Callable[[int], bool] = lambda _: True,
        proof: Callable[[int], bool] = lambda _: True,
        seconds: float = 240.0,
    ) -> Iterator[Hit]:
        """A worker that stands still in one of these phases: it was seen there, stopped, and seen there again.

        Args:
            phases: As `cluster.phases_of` has them.
            node: Where; on any if None.
            which: Whether a process will do.
            proof: Whether one that stands still will do.
            seconds: How long it is waited for.

        Raises:
            Ended: The run ended before.
        """
        caught: list[tuple[int, str]] = []

        def seen() -> bool:
            for pid, there in self.cluster.hosts(node).items():
                if {*phases} & there and which(pid) and processes.freeze(pid):
                    now = phases_of(pid) or frozenset()
                    held = {*phases} & (there if there <= {"starting", "up"} and now <= {"starting", "up"} else now)
                    if held and proof(pid):
                        caught.append((pid, " and ".join(sorted(held))))
                        return True
                    processes.thaw(pid)
            return False

        self.driver.until(seen, 0.001 if {"living", "starting"} & {*phases} else 0, seconds)
        yield self.hit(*caught[0])

    def hit(self, pid: int, phase: str, *others: int) -> Hit:
        """What is hit now."""
        return Hit(pid, phase, self.driver.generation + 1, time.time(), self.committed, others)

    @property
    def committed(self) -> int:
        """The last generation on record, -1 before."""
        with suppress(UserError):
            return int(read_manifest(str(self.out))["generation"])
        return -1

    @property
    def status(self) -> str:
        """On record."""
        return str(read_manifest(str(self.out))["status"])

    @contextmanager
    def commit(self, step: str) -> Iterator[Hit]:
        """The driver, standing still at a step of `STEPS`.

        Raises:
            Ended: The run ended before.
        """
        before = self._look()

        def seen() -> bool:
            nonlocal before
            now = self._look()
            if now == before and not step.startswith("sealed"):
                return False
            if not processes.freeze(self.driver.pid):
                return False
            if self._step() == STEPS.index(step):
                return True
            processes.thaw(self.driver.pid)
            before = now
            return False

        self.driver.until(seen, 0.01 if step.startswith("sealed") else 0)
        yield self.hit(self.driver.pid, f"commit, {step}")

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
        shards = [int(p.name.split("-")[0]) for p in self._ls("checkpoints") if self._stray(manifest, p)]
        if any(generation <= manifest["generation"] for generation in shards):
            return 3
        due = [generation for generation in shards if generation > manifest["generation"] + 1]
        if not due or any(processes.files(pid, self.out) for pid in self.cluster.hosts()):
            return None
        return 0 if due.count(min(due)) < int(self.config["ray.hosts"]) else 1

    @staticmethod
    def _stray(manifest: Mapping[str, Any], path: Path) -> bool:
        return f"checkpoints/{path.name}" not in listed_names(manifest)

    def unlisted(self) -> int:
        """Files of workers that no commit lists."""
        listed = listed_names(read_manifest(str(self.out)))
        return sum(f"{kind}/{p.name}" not in listed for kind in schema.PART_KINDS for p in self._ls(kind))

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
