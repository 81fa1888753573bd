"""A case run: the fault, the way back, and whether all that was to be shown has been."""

import re
import shutil
import signal
import threading
import time
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
        restarts: Who and why, as on record in the manifest.
        writers: Commands that have written the run folder.
        recorded: Seconds lost, as on record.
        lost: Seconds of wall-clock from the hit until another generation was complete, without those of a generation.
        again: Seconds that the generations took which were not on record when it was hit, to the furthest that an
            island may have come: what they take to live again, at most.
        waited: Seconds that each of the other workers, as long as it lived, was seen waiting after the hit.
        unlisted: Files of workers that no commit lists, at the end.
        identical: The digest is that of an undisturbed run.
        problems: What is not as it must be; none, and the case has passed.
        tries: Runs until the moment was seen.
    """

    case: Case
    hit: Hit | None
    restarts: tuple[str, ...]
    writers: int
    recorded: float
    lost: float
    again: float
    waited: tuple[float, ...]
    unlisted: int
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
    with Watch(scenario, hit) as watch:
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
    lost, again = _lost(scenario.events, hit)
    problems = [] if identical else ["other births than those of an undisturbed run"]
    problems += _ends(case, codes, said) + _traces(case, hit, manifest)
    problems += _left(case, hit)
    recorded = sum(restart["seconds_lost"] for restart in manifest["restarts"])
    restarts = tuple(f"{restart['host']}: {restart['why']}" for restart in manifest["restarts"])
    writers = manifest["epoch"]
    unlisted, waited = scenario.unlisted(), watch.waited
    return Outcome(
        case, hit, restarts, writers, recorded, lost, again, waited, unlisted, identical, tuple(problems), attempt
    )


def _ends(case: Case, codes: list[int], said: str) -> list[str]:
    expected = [case.code, *(143 for _ in case.resumes[1:]), *(0 for _ in case.resumes[:1])]
    problems = [f"exit codes {codes}, not {expected}"] if codes != expected else []
    if not re.search(case.says, said, re.DOTALL):
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
    problems = []
    for pid in (hit.process, *hit.others):
        told = f":{pid})"
        named = [r for r in restarts if (told in r["host"] if case.trace == _NAMED else ")" not in r["host"])]
        if not any(r["generation"] >= hit.generation and r["why"].startswith(case.why) for r in named):
            problems.append(f"no restart of process {pid} on record from generation {hit.generation} on: {restarts}")
    return problems


_NAMED = "a restart that names it"


def _left(case: Case, hit: Hit | None) -> list[str]:
    """Whether a process that was given up still lies about; nobody can end what is on a node that hangs."""
    if hit is None or case.fault == "node hung" or not case.trace.startswith("a restart"):
        return []
    if processes.gone(hit.process, GRACE_SECONDS):
        return []
    processes.kill(hit.process)
    return [f"process {hit.process} was given up and is still there"]


def _lost(events: list[Event], hit: Hit | None) -> tuple[float, float]:
    """(seconds lost, seconds to live again): see `Outcome`."""
    first: dict[int, float] = {}
    for event in events:
        if event["event"] == "generation":
            first.setdefault(event["generation"], event["time"])
    steps = [first[g] - first[g - 1] for g in first if g > 2 and g - 1 in first]
    step = median(steps) if steps else 0.0
    if not hit:
        return 0.0, step
    after = [seconds for generation, seconds in first.items() if generation >= hit.generation and seconds > hit.time]
    lost = max(0.0, min(after) - hit.time - step) if after else 0.0
    return lost, step * (hit.generation + 1 - hit.committed)


class Watch:
    """Looks what workers do, from now on until they end: those there are and are not hit, or all if none is.

    Args:
        scenario: Of the run.
        hit: What was hit.

    Attributes:
        waited: Seconds that each was seen waiting.
    """

    PAUSE = 0.05

    def __init__(self, scenario: Scenario, hit: Hit | None):
        self._cluster = scenario.cluster
        self._pids = [] if hit is None else sorted(scenario.cluster.hosts().keys() - {hit.process, *hit.others})
        self._all = hit is None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._waited = dict.fromkeys(self._pids, 0.0)

    def __enter__(self) -> "Watch":
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    @property
    def waited(self) -> tuple[float, ...]:
        """See above."""
        return tuple(self._waited.values())

    def _look(self) -> None:
        before = time.monotonic()
        while not self._over.wait(self.PAUSE):
            now = time.monotonic()
            for pid in self._cluster.hosts() if self._all else self._pids:
                if "waiting" in processes.doing(pid):
                    self._waited[pid] = self._waited.get(pid, 0.0) + now - before
            before = now


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
