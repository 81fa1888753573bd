"""`python -m tests.faults matrix`: runs hit by faults, each to end with the births of an undisturbed run.

It hits real processes of a real cluster on this machine.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from alife.errors import UserError
from alife.world.idx import ROLES, file_name, write_idx
from populations.record.reader import digest
from tests.faults import cluster, trial
from tests.faults.cases import CASES, Case
from tests.faults.cluster import LocalCluster
from tests.faults.driver import Ended
from tests.faults.scenario import Scenario
from tests.faults.trial import Outcome
from tests.support import disks

Figure = dict[str, Any]

CONFIG: Mapping[str, Any] = {
    "generations": 14,
    "quine.hidden": 32,
    "quine.coordinate_units": 16,
    "life.steps": 20,
    "population.islands": 9,
    "population.size": 6,
    "migration.every": 2,
    "checkpoint.every": 4,
    "ray.hang_timeout": 6,
}
"""Of a run whose generation takes half a second of two workers that have a core each."""
_NOT_BIRTHS = ("ray.", "checkpoint.")
"""Sections that have no part in what is born."""


def bench(cases: Sequence[Case] = CASES) -> Iterator[Figure]:
    """Run cases, and tell of each and of all.

    Yields:
        {"name", "value", "unit", …}: for each case the seconds lost, what was hit and what it left on record, with
        "passed"; then how many there were, survived and were identical, and the seconds lost.

    Raises:
        UserError: Processes cannot be looked at here.
    """
    if not cluster.supported():
        raise UserError("faults: it watches processes in /proc, which only Linux has")
    began = time.monotonic()
    outcomes: list[Outcome] = []
    skipped = 0
    with Matrix() as matrix:
        for number, case in enumerate(cases, 1):
            print(f"{time.monotonic() - began:4.0f} s  {number}/{len(cases)}  {case.name}", file=sys.stderr, flush=True)
            try:
                outcomes.append(matrix.run(case))
                yield _figure(outcomes[-1])
            except PermissionError as error:
                skipped += 1
                yield {"name": case.name, "value": 0.0, "unit": "s lost", "not run": str(error)}
            except (Ended, UserError) as error:
                yield {"name": case.name, "value": 0.0, "unit": "s lost", "passed": False, "problems": str(error)}
    yield from _summary(outcomes, len(cases) - skipped, time.monotonic() - began)


class Matrix:
    """What cases share: a folder, a data set, clusters that are started when they are needed, undisturbed digests.

    Args:
        config: Flags of `alife run`, by dotted key; the data set is added.
    """

    def __init__(self, config: Mapping[str, Any] = CONFIG):
        self._stack = ExitStack()
        self.config = dict(config)
        self._clusters: dict[str, LocalCluster] = {}
        self._references: dict[tuple[tuple[str, str], ...], str] = {}
        self._cases = 0

    def __enter__(self) -> "Matrix":
        """Make the folder and the data set."""
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="alife-")))
        self.config["task"] = str(write_task(self.folder / "task"))
        return self

    def __exit__(self, *error: object) -> None:
        """End the clusters, remove the folder."""
        for each in self._clusters.values():
            each.close()
        self._stack.close()

    def run(self, case: Case) -> Outcome:
        """Run one case.

        Raises:
            Ended: A command ended otherwise than it must, or the moment was never seen.
            PermissionError: It needs a small file system, and mounting one is not permitted.
        """
        config = {**self.config, **case.keys}
        reference = self._reference(config)
        self._cases += 1
        return trial.run(case, self.cluster(case.place), self.folder / str(self._cases), config, reference)

    def undisturbed(self) -> str:
        """The digest of the run configured when nothing disturbs it."""
        return self._reference(self.config)

    def scenario(self, name: str, nodes: Sequence[int]) -> Scenario:
        """The run configured, not yet started, on a cluster of such nodes with Ray's own health checks."""
        self.cluster("production").arrange(nodes)
        return Scenario(self.cluster("production"), self.folder / name, self.config)

    def _reference(self, config: Mapping[str, Any]) -> str:
        """The digest of a run that nothing disturbs, in one process without Ray."""
        keys = {key: str(value) for key, value in config.items() if not key.startswith(_NOT_BIRTHS)}
        known = tuple(sorted(keys.items()))
        if known not in self._references:
            out = str(self.folder / f"undisturbed-{len(self._references)}")
            flags = [text for key, value in known for text in (f"--{key}", value)]
            command = [
                sys.executable,
                "-m",
                "alife.cli.main",
                "run",
                "--out",
                out,
                "--backend",
                "local",
                "--no-figures",
            ]
            subprocess.run([*command, *flags], check=True, capture_output=True)
            self._references[known] = digest(out)
        return self._references[known]

    def cluster(self, place: str = "") -> LocalCluster:
        """The cluster for a kind of case."""
        place = "" if place == "disk" else place
        if place not in self._clusters:
            self._clusters[place] = self._make(place)
        return self._clusters[place]

    def _make(self, place: str) -> LocalCluster:
        if place == "production":
            return LocalCluster(settings={}, store=400 << 20)
        if place in ("apart", "mixed"):
            return LocalCluster(hidden=self.folder, first_sees=place == "mixed")
        if place == "store":
            temp = self.folder / "ray"
            if not disks.mount(temp, "320m"):
                raise PermissionError("mounting a small file system needs root")
            self._stack.callback(disks.unmount, temp)
            return LocalCluster(settings={**cluster.FAST, "automatic_object_spilling_enabled": False}, temp=str(temp))
        return LocalCluster()


def write_task(folder: Path, images: int = 2000) -> Path:
    """An IDX folder of 8×8 images, ten patterns under noise."""
    draw = np.random.default_rng(0)
    patterns = draw.integers(0, 200, (10, 8, 8))
    folder.mkdir()
    for split, count in (("train", images), ("t10k", images // 10)):
        labels = np.arange(count) % 10
        pixels = patterns[labels] + draw.integers(0, 56, (count, 8, 8))
        for role, values in ((f"{split}-images", pixels), (f"{split}-labels", labels)):
            assert role in ROLES
            write_idx(folder / file_name(role), values.astype(np.uint8))
    return folder


def _figure(outcome: Outcome) -> Figure:
    hit = outcome.hit
    what = f"process {hit.process}, {hit.phase}, generation {hit.generation}" if hit else "nothing"
    figure: Figure = {
        "name": outcome.case.name,
        "value": round(outcome.lost, 2),
        "unit": "s lost",
        "lived again at most": f"{outcome.again:.2f} s",
        "others waited": " ".join(f"{seconds:.2f}" for seconds in outcome.waited) + " s",
        "hit": what,
        "restarts": len(outcome.restarts),
        "writers": outcome.writers,
        "on record": f"{outcome.recorded:.2f} s",
        "identical": outcome.identical,
        "passed": not outcome.problems,
    }
    if outcome.unlisted:
        figure["files that no commit lists"] = outcome.unlisted
    if hit and len(outcome.restarts) > 1 + len(hit.others):
        figure["more restarts than processes that were hit"] = "; ".join(outcome.restarts)
    if outcome.tries > 1:
        figure["runs until its moment was seen"] = outcome.tries
    return {**figure, "problems": "; ".join(outcome.problems)} if outcome.problems else figure


def _summary(outcomes: Sequence[Outcome], runs: int, seconds: float) -> Iterator[Figure]:
    hit = [outcome for outcome in outcomes if outcome.hit]
    yield {
        "name": "runs",
        "value": runs,
        "unit": "runs",
        "hit": len(hit),
        "minutes": round(seconds / 60, 1),
    }
    yield {"name": "survived", "value": sum(not outcome.problems for outcome in outcomes), "unit": "runs"}
    yield {"name": "identical", "value": sum(outcome.identical for outcome in outcomes), "unit": "runs"}
    if hit:
        lost = [outcome.lost for outcome in hit]
        yield {"name": "lost, median", "value": round(median(lost), 2), "unit": "s"}
        worst = max(hit, key=lambda outcome: outcome.lost)
        yield {"name": "lost, worst", "value": round(worst.lost, 2), "unit": "s", "case": worst.case.name}
    killed = [outcome for outcome in hit if outcome.case.fault == "worker killed"]
    if killed:
        worst = max(killed, key=lambda outcome: max(outcome.waited, default=0.0) - outcome.again)
        yield {
            "name": "a killed worker, others waited longer than its islands live again, worst",
            "value": round(max(0.0, max(worst.waited, default=0.0) - worst.again), 2),
            "unit": "s",
            "case": worst.case.name,
        }
