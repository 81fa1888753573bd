"""`python -m tests.faults soak`: a thousand generations with a worker killed every twenty, and what that leaves in
memory.

One of the two workers is spared, so that it lives as long as the driver: what leaks shows in these two.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alife.errors import UserError
from populations.record.reader import digest, read_manifest
from tests.faults import cluster, processes
from tests.faults.matrix import Figure, Matrix
from tests.faults.scenario import Scenario

CONFIG: Mapping[str, Any] = {
    "generations": 1000,
    "quine.hidden": 12,
    "quine.coordinate_units": 6,
    "life.steps": 6,
    "life.coordinates": 32,
    "life.images": 16,
    "population.islands": 3,
    "population.size": 6,
    "ray.hosts": 2,
    "ray.hang_timeout": 60,
}
EVERY = 20
"""Generations between two kills."""
SETTLED = 0.1
"""Share of a run after which memory is taken to have settled: slopes are fitted from there on."""


@dataclass(frozen=True)
class Sample:
    """Proportional set sizes in MiB and open file handles after a generation."""

    generation: int
    driver: float
    worker: float
    driver_handles: int
    worker_handles: int


def bench(config: Mapping[str, Any] = CONFIG) -> Iterator[Figure]:
    """Run it.

    Yields:
        {"name", "value", "unit", …}: kills, restarts on record, seconds lost, whether the births are those of an
        undisturbed run ("passed"), slopes of memory, file handles.

    Raises:
        UserError: Processes cannot be looked at here.
    """
    if not cluster.supported():
        raise UserError("soak: it watches processes in /proc, which only Linux has")
    began = time.monotonic()
    with Matrix(config) as matrix:
        reference = matrix.undisturbed()
        scenario = matrix.scenario("soak", nodes=(2,))
        scenario.start()
        killed, samples = _kill(scenario)
        code = scenario.driver.wait()
        manifest = read_manifest(str(scenario.out))
        identical = digest(str(scenario.out)) == reference
    restarts = manifest["restarts"]
    text = " ".join(restart["host"] for restart in restarts)
    named = sum(f":{pid})" in text for pid in killed)
    minutes = round((time.monotonic() - began) / 60, 1)
    yield {"name": "soak", "value": manifest["generation"] + 1, "unit": "generations", "minutes": minutes}
    proof: Figure = {"on record": len(restarts), "of them by process, for it had started": named}
    proof["passed"] = len(restarts) >= len(killed) > 0
    yield {"name": "soak, workers killed", "value": len(killed), "unit": "kills", **proof}
    lost = sum(restart["seconds_lost"] for restart in restarts)
    yield {"name": "soak, restarts", "value": len(restarts), "unit": "restarts", "seconds lost": round(lost, 1)}
    yield {"name": "soak, identical", "value": int(identical), "unit": "run", "passed": identical and code == 0}
    yield from _leaks(samples)


def _kill(scenario: Scenario) -> tuple[list[int], list[Sample]]:
    """Kill workers but for the eldest until the run nears its end: (who was killed, samples at each kill).

    While it is killed, and before, until there is another to kill, the eldest stands still, so that no generation ends.
    Only one that has loaded torch is killed: of those that die sooner each makes the run wait longer for the next.
    """
    killed: list[int] = []
    samples: list[Sample] = []
    total, eldest = int(scenario.config["generations"]), 0

    def spared(pid: int) -> bool:
        return pid == eldest or not eldest

    def doomed(pid: int) -> bool:
        return pid != eldest and processes.maps(pid, "libtorch")

    for generation in range(EVERY, total, EVERY):
        scenario.lived(generation - 1)
        with scenario.host("living", which=spared) as halted:
            eldest = halted.process
            samples.append(_sample(scenario, generation, eldest))
            with scenario.host("living", "conceiving", "waiting", "up", which=doomed) as hit:
                processes.kill(hit.process)
            killed.append(hit.process)
            processes.thaw(eldest)
        if generation % (5 * EVERY) == 0:
            print(f"generation {generation} of {total}, {len(killed)} workers killed", file=sys.stderr, flush=True)
    return killed, samples


def _sample(scenario: Scenario, generation: int, host: int) -> Sample:
    driver = scenario.driver.pid
    memory = processes.memory(driver), processes.memory(host)
    return Sample(generation, *memory, processes.handles(driver), processes.handles(host))


def _leaks(samples: list[Sample]) -> Iterator[Figure]:
    settled = [sample for sample in samples if sample.generation >= SETTLED * samples[-1].generation]
    for name in ("driver", "worker"):
        generations = [sample.generation for sample in settled]
        sizes = [getattr(sample, name) for sample in settled]
        slope = float(np.polyfit(generations, sizes, 1)[0]) * 1000 if len(settled) > 1 else float("nan")
        ends = {"first": round(sizes[0], 1), "last": round(sizes[-1], 1)}
        yield {"name": f"soak, memory of the {name}", "value": slope, "unit": "MiB PSS a 1,000 generations", **ends}
        first, last = getattr(settled[0], f"{name}_handles"), getattr(settled[-1], f"{name}_handles")
        yield {"name": f"soak, file handles of the {name}", "value": last - first, "unit": "more", "last": last}
