"""A case run: the fault, the way back, and whether all that was to be shown has been."""

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
from tests.faults import processes
from tests.faults.cases import Case
from tests.faults.cluster import LocalCluster
from tests.faults.driver import Ended, Event
from tests.faults.scenario import Hit, Scenario
from tests.support import disks

TRIES = 3
"""A moment that passed unseen is waited for again in a new run."""

GRACE_SECONDS = 20.0
"""Ray asks a process to end, and kills one that does not after some 5 s."""


@dataclass(frozen=True)
class Outcome:
    """What a case came to.

    Attributes:
        case: Which.
        hit: What was hit; None of an undisturbed run.
        restarts: On record in the manifest.
        writers: Commands that have written the run folder.
        recorded: Seconds lost, as on record.
        lost: Seconds of wall-clock that the hit generation took longer than the others of the run.
        again: Seconds of a generation of this run: what living it again is worth.
        identical: The digest is that of an undisturbed run.
        problems: What is not as it must be; none, and the case has passed.
        tries: Runs until the moment was seen.
    """

    case: Case
    hit: Hit | None
    restarts: int
    writers: int
    recorded: float
    lost: float
    again: float
    identical: bool
    problems: tuple[str, ...]
    tries: int


def run(case: Case, cluster: LocalCluster, folder: Path, config: Mapping[str, Any], reference: str) -> Outcome:
    """Run a case, and again if its moment was missed.

    Args:
        case: Which.
        cluster: Where.
        folder: To be made.
        config: Of the matrix.
        reference: The digest of an undisturbed run.

    Raises:
        Ended: It was missed in every one of `TRIES` runs, or a command did not end as it should.
    """
    for attempt in range(1, TRIES + 1):
        cluster.arrange(case.nodes)
        with _folder(case, folder / str(attempt)) as place:
            scenario = Scenario(cluster, place, {**config, **case.keys, "ray.hosts": case.hosts})
            try:
                return _once(case, scenario, reference, attempt)
            except Ended:
                if attempt == TRIES or scenario.driver.process.returncode != 0:
                    raise
            finally:
                for driver in scenario.drivers:
                    driver.kill()
    raise AssertionError("there is a last attempt")


def _once(case: Case, scenario: Scenario, reference: str, attempt: int) -> Outcome:
    scenario.start()
    hit = case.inject(scenario) if case.inject else None
    codes = [scenario.driver.wait()]
    said = scenario.driver.words()
    for amend in scenario.amends:
        amend()
    for number, hosts in enumerate(case.resumes, 1):
        scenario.resume(hosts)
        if number < len(case.resumes):
            scenario.lived(hit.generation + 3 * number if hit else 0)
            scenario.driver.process.send_signal(signal.SIGTERM)
        codes.append(scenario.driver.wait())
    manifest = read_manifest(str(scenario.out))
    identical = digest(str(scenario.out)) == reference
    lost, again = _lost(scenario.events, hit, scenario.drivers[0].began)
    problems = [] if identical else ["other births than those of an undisturbed run"]
    problems += _ends(case, codes, said) + _traces(case, hit, manifest)
    problems += _left(case, hit)
    recorded = sum(restart["seconds_lost"] for restart in manifest["restarts"])
    restarts, writers = len(manifest["restarts"]), manifest["epoch"]
    return Outcome(case, hit, restarts, writers, recorded, lost, again, identical, tuple(problems), attempt)


def _ends(case: Case, codes: list[int], said: str) -> list[str]:
    expected = [case.code, *(143 for _ in case.resumes[1:]), *(0 for _ in case.resumes[:1])]
    if case.optional and codes[0] == 0:
        expected[0] = 0
    problems = [f"exit codes {codes}, not {expected}"] if codes != expected else []
    if expected[0] == case.code and not re.search(case.says, said, re.DOTALL):
        problems.append(f"said nothing like {case.says!r}: {said[-300:]!r}")
    if "Traceback" in said:
        problems.append(f"a traceback instead of a line: {said[-300:]!r}")
    return problems


def _traces(case: Case, hit: Hit | None, manifest: Mapping[str, Any]) -> list[str]:
    """What is wrong with what the fault left on record."""
    restarts = manifest["restarts"]
    if case.trace == "another writer":
        writers = 1 + len(case.resumes)
        return [] if manifest["epoch"] == writers else [f"{manifest['epoch']} writers on record, not {writers}"]
    if hit is None or case.trace == "nothing":
        return [f"restarts on record that nobody caused: {restarts}"] if restarts else []
    told = f":{hit.process})"
    named = [
        r for r in restarts if (told in r["host"] if case.trace == "a restart that names it" else ")" not in r["host"])
    ]
    if not any(r["generation"] >= hit.generation and r["why"].startswith(case.why) for r in named):
        return [f"no restart of process {hit.process} on record from generation {hit.generation} on: {restarts}"]
    return []


def _left(case: Case, hit: Hit | None) -> list[str]:
    """Whether a process that was given up still lies about; nobody can end what is on a node that hangs."""
    if hit is None or case.fault == "node hung" or not case.trace.startswith("a restart"):
        return []
    if processes.gone(hit.process, GRACE_SECONDS):
        return []
    processes.kill(hit.process)
    return [f"process {hit.process} was given up and is still there"]


def _lost(events: list[Event], hit: Hit | None, began: float) -> tuple[float, float]:
    """(seconds lost, seconds of a generation): how much longer than others the generation that was hit took.

    Its time runs from the first completion of the generation before to its own last one, over all commands.
    """
    first: dict[int, float] = {-1: began}
    last: dict[int, float] = {}
    for event in events:
        if event["event"] == "generation":
            first.setdefault(event["generation"], event["time"])
            last[event["generation"]] = event["time"]
    steps = {g: last[g] - first[g - 1] for g in last if g - 1 in first}
    again = median(seconds for g, seconds in steps.items() if g > 0 and (not hit or g != hit.generation))
    if not hit or hit.generation not in steps:
        return 0.0, again
    return max(0.0, steps[hit.generation] - again), again


@contextmanager
def _folder(case: Case, path: Path) -> Iterator[Path]:
    """Where a run may write; gone afterwards."""
    if case.place == "disk" and not disks.mount(path, "24m"):
        raise PermissionError("mounting a small file system needs root")
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        if case.place == "disk":
            disks.unmount(path)
        shutil.rmtree(path, ignore_errors=True)
