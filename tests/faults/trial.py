"""A cell run: the blow, the way back, and whether all that was to be shown has been."""

import re
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from populations.record.reader import digest, read_manifest
from tests.faults import processes, strikes
from tests.faults.arena import Arena
from tests.faults.cells import Cell
from tests.faults.driver import Ended, Event
from tests.faults.scene import Scene, Struck

TRIES = 3
"""A moment that passed unseen is waited for again in a new run."""

GRACE_SECONDS = 20.0
"""Ray asks a process to end, and kills one that does not after some 5 s."""


@dataclass(frozen=True)
class Outcome:
    """What a cell came to.

    Attributes:
        cell: Which.
        struck: What was struck; None of an undisturbed run.
        restarts: On record in the manifest.
        writers: Commands that have written the run folder.
        recorded: Seconds lost, as on record.
        lost: Seconds of wall-clock that the struck generation took longer than the others of the run.
        again: Seconds of a generation of this run: what living it again is worth.
        identical: The digest is that of an undisturbed run.
        problems: What is not as it must be; none, and the cell has passed.
        tries: Runs until the moment was seen.
    """

    cell: Cell
    struck: Struck | None
    restarts: int
    writers: int
    recorded: float
    lost: float
    again: float
    identical: bool
    problems: tuple[str, ...]
    tries: int


def run(cell: Cell, arena: Arena, folder: Path, config: Mapping[str, Any], reference: str) -> Outcome:
    """Run a cell, and again if its moment was missed.

    Args:
        cell: Which.
        arena: Where.
        folder: To be made.
        config: Of the matrix.
        reference: The digest of an undisturbed run.

    Raises:
        Ended: It was missed in every one of `TRIES` runs, or a command did not end as it should.
    """
    for attempt in range(1, TRIES + 1):
        arena.arrange(cell.nodes)
        with _folder(cell, folder / str(attempt)) as place:
            scene = Scene(arena, place, {**config, **cell.keys, "ray.hosts": cell.hosts})
            try:
                return _once(cell, scene, reference, attempt)
            except Ended:
                if attempt == TRIES or scene.driver.process.returncode != 0:
                    raise
            finally:
                for driver in scene.drivers:
                    driver.kill()
    raise AssertionError("there is a last attempt")


def _once(cell: Cell, scene: Scene, reference: str, attempt: int) -> Outcome:
    scene.start()
    struck = cell.strike(scene) if cell.strike else None
    codes = [scene.driver.wait()]
    said = scene.driver.words()
    for amend in scene.amends:
        amend()
    for number, hosts in enumerate(cell.resumes, 1):
        scene.resume(hosts)
        if number < len(cell.resumes):
            scene.lived(struck.generation + 3 * number if struck else 0)
            scene.driver.process.send_signal(signal.SIGTERM)
        codes.append(scene.driver.wait())
    manifest = read_manifest(str(scene.out))
    identical = digest(str(scene.out)) == reference
    lost, again = _lost(scene.events, struck, scene.drivers[0].began)
    problems = [] if identical else ["other births than those of an undisturbed run"]
    problems += _ends(cell, codes, said) + _traces(cell, struck, manifest)
    problems += _left(cell, struck)
    recorded = sum(restart["seconds_lost"] for restart in manifest["restarts"])
    restarts, writers = len(manifest["restarts"]), manifest["epoch"]
    return Outcome(cell, struck, restarts, writers, recorded, lost, again, identical, tuple(problems), attempt)


def _ends(cell: Cell, codes: list[int], said: str) -> list[str]:
    expected = [cell.code, *(143 for _ in cell.resumes[1:]), *(0 for _ in cell.resumes[:1])]
    if cell.optional and codes[0] == 0:
        expected[0] = 0
    problems = [f"exit codes {codes}, not {expected}"] if codes != expected else []
    if expected[0] == cell.code and not re.search(cell.says, said, re.DOTALL):
        problems.append(f"said nothing like {cell.says!r}: {said[-300:]!r}")
    if "Traceback" in said:
        problems.append(f"a traceback instead of a line: {said[-300:]!r}")
    return problems


def _traces(cell: Cell, struck: Struck | None, manifest: Mapping[str, Any]) -> list[str]:
    """What is wrong with what the fault left on record."""
    restarts = manifest["restarts"]
    if cell.trace == "another writer":
        writers = 1 + len(cell.resumes)
        return [] if manifest["epoch"] == writers else [f"{manifest['epoch']} writers on record, not {writers}"]
    if struck is None or cell.trace == "nothing":
        return [f"restarts on record that nobody caused: {restarts}"] if restarts else []
    told = f":{struck.process})"
    named = [
        r for r in restarts if (told in r["host"] if cell.trace == "a restart that names it" else ")" not in r["host"])
    ]
    if not any(r["generation"] >= struck.generation and r["why"].startswith(cell.why) for r in named):
        return [f"no restart of process {struck.process} on record from generation {struck.generation} on: {restarts}"]
    return []


def _left(cell: Cell, struck: Struck | None) -> list[str]:
    """Whether a process that was given up still lies about; nobody can end what is on a node that hangs."""
    if struck is None or cell.fault == "node hung" or not cell.trace.startswith("a restart"):
        return []
    if processes.gone(struck.process, GRACE_SECONDS):
        return []
    processes.kill(struck.process)
    return [f"process {struck.process} was given up and is still there"]


def _lost(events: list[Event], struck: Struck | None, began: float) -> tuple[float, float]:
    """(seconds lost, seconds of a generation): how much longer than others the generation that was struck took.

    Its time runs from the first completion of the generation before to its own last one, over all commands.
    """
    first: dict[int, float] = {-1: began}
    last: dict[int, float] = {}
    for event in events:
        if event["event"] == "generation":
            first.setdefault(event["generation"], event["time"])
            last[event["generation"]] = event["time"]
    steps = {g: last[g] - first[g - 1] for g in last if g - 1 in first}
    again = median(seconds for g, seconds in steps.items() if g > 0 and (not struck or g != struck.generation))
    if not struck or struck.generation not in steps:
        return 0.0, again
    return max(0.0, steps[struck.generation] - again), again


@contextmanager
def _folder(cell: Cell, path: Path) -> Iterator[Path]:
    """Where a run may write; gone afterwards."""
    if cell.place == "disk" and not strikes.mount(path, "24m"):
        raise PermissionError("mounting a small file system needs root")
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        if cell.place == "disk":
            strikes.unmount(path)
        shutil.rmtree(path, ignore_errors=True)
