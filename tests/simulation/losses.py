"""`python -m tests.simulation losses`: 10,000 workers of whom 100 are lost, in one process, and what the coordinator
is asked to do.

CPU of the coordinator is that of the real code: flow, coordinator, commits and who keeps which islands; not of Ray.
"""

import gc
import resource
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.simulation.cluster import Loss, Plan
from tests.simulation.costs import Costs
from tests.simulation.lives import HashedLives, in_process
from tests.simulation.storage import PretendedFolder
from tests.simulation.trial import Trial, configuration, simulated

Figure = dict[str, Any]

WORKERS, GENERATIONS, LOSSES = 10_000, 30, 100


def bench(workers: int = WORKERS, generations: int = GENERATIONS, losses: int = LOSSES) -> Iterator[Figure]:
    """Live a run of one island a worker, with populations of 100 and of 1,000 individuals an island.

    Yields:
        {"name", "value", "unit", …}; "passed" where it is a test.
    """
    costs = Costs(life=0.01, emission=0.002, scoring=0.001)
    for size in (100, 1_000):
        config = configuration(workers, size, generations)
        chance, seconds = Random(1), generations * size * costs.individual()
        lost = [Loss(20 + chance.uniform(0, 1) * seconds, chance.uniform(0, 10)) for _ in range(losses)]
        began, used = time.perf_counter(), time.process_time()
        gc.disable()  # it would walk through all simulated workers, whom no coordinator has in its memory
        trial = simulated(config, Plan(workers, lost, seed=1), costs)
        gc.enable()
        took = time.perf_counter() - began
        yield from figures(trial, f"{workers:,} islands × {size:,}", took, (time.process_time() - used) / took)
    reference = HashedLives(config, PretendedFolder(), {})
    in_process(reference)
    yield {
        "name": "births are those of one process",
        "value": len(trial.born),
        "unit": "generations of islands",
        "passed": trial.born == reference.born == recorded(trial),
    }


def recorded(trial: Trial) -> dict[tuple[int, int], bytes]:
    """What the manifest's parts hold, each generation of an island once.

    Raises:
        AssertionError: One is there twice.
    """
    assert trial.folder is not None
    found: dict[tuple[int, int], bytes] = {}
    for entry in trial.recorder.manifest["parts"]["births"]:
        more = trial.folder.content[entry["name"]].births
        assert not found.keys() & more.keys()
        found |= more
    return found


def figures(trial: Trial, what: str, took: float, share: float = 1.0) -> Iterator[Figure]:
    """What a run came to.

    Args:
        trial: The run.
        what: It was.
        took: Seconds that it took here.
        share: Of these, what this process had of a core: what the clock says of the coordinator is multiplied by it.
    """
    world, backend, folder = trial.world, trial.backends[0], trial.folder
    assert folder is not None
    count = len(trial.born)
    seconds, whole = world.seconds, sum(world.seconds.values())
    parts = ", ".join(f"{name} {share / whole:.2%}" for name, share in seconds.most_common())
    yield {
        "name": f"{what}, simulated",
        "value": world.timeline.now,
        "unit": "s",
        "status": trial.status,
        "workers lost": backend.lost,
        "generations of islands lived again": trial.again,
        "seconds it took": round(took, 1),
        "CPU": round(share * took, 1),
    }
    yield {
        "name": f"{what}, core time that lives",
        "value": 100 * seconds["living"] / whole,
        "unit": "%",
        "note": parts,
    }
    cpu = 1e6 * share * backend.coordinator.seconds / count
    yield {
        "name": f"{what}, CPU of the coordinator",
        "value": cpu,
        "unit": "µs a generation of an island",
        "of which placing": round(1e6 * share * backend.placing.seconds / count, 1),
        "passed": cpu <= 100,
    }
    news = backend.heard / count
    yield {
        "name": f"{what}, bytes that the coordinator hears",
        "value": news,
        "unit": "B a generation of an island",
        "reports": backend.reports,
        "passed": news <= 1000,
    }
    yield {
        "name": f"{what}, bytes to workers",
        "value": world.bytes["to workers"] / count,
        "unit": "B a generation of an island",
        "messages": dict(world.messages),
        "MB between workers": round(world.bytes["between workers"] / 1e6),
    }
    yield {
        "name": f"{what}, files",
        "value": folder.files,
        "unit": "files",
        "GB": round(folder.written / 1e9, 1),
        "MB of the manifest": round(len(folder.read("manifest.json")) / 1e6, 1),
        "commits": len(trial.commits),
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield {"name": f"{what}, peak memory of this process so far", "value": peak, "unit": "MiB"}
