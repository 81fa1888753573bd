"""`python -m tests.simulation cores`: what thousands of cores would do, with costs measured on one machine.

A model: costs of lives, messages, bytes and commits are those of `benchmarks/engine.json`; the storage, the start of
workers, and how much nodes differ are assumed (`ASSUMED`). The driver's CPU for Ray is that of its calls.
"""

import gc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from populations.engine.ray.failures import report_seconds
from tests import ROOT
from tests.simulation.cluster import Plan
from tests.simulation.costs import Costs, measured
from tests.simulation.trial import Trial, configuration, simulated

Figure = dict[str, Any]

CORES, GENERATIONS = 4096, 100
ASSUMED = {
    "start": 60.0, "jitter": 0.05, "slow": 0.1, "slowness": 1.5, "storage": 5e9, "bandwidth": 1.25e9,
    "latency_jitter": 5e-4, "weights": 21_100,
}  # fmt: skip
"""Seconds until a worker is up; jitter of what a core does of a generation of an island; nodes that are slow, and how
much; bytes a second of the storage and of a connection."""
CALIBRATION = ROOT / "benchmarks" / "engine.json"


def bench(cores: int = CORES, generations: int = GENERATIONS) -> Iterator[Figure]:
    """A million individuals on 4,096 cores.

    Yields:
        {"name", "value", "unit", …}: shares of the time of all cores, by what it goes into.
    """
    costs = measured(CALIBRATION, **ASSUMED)
    slow = replace(costs, storage=1e9)
    islands = 1000 * cores // CORES
    yield from _figures("1,000 islands × 1,000", islands, 1000, costs, cores, generations)
    part, islands = cores // 4, islands // 4
    quarter, slow = (replace(each, storage=each.storage / 4) for each in (costs, slow))
    yield from _figures("a quarter of it", islands, 1000, quarter, part, generations)
    yield from _figures("a quarter, nodes alike", islands, 1000, replace(quarter, slow=0.0), part, generations)
    yield from _figures("a quarter, a storage of 1 GB/s for all", islands, 1000, slow, part, generations)
    yield from _figures("a quarter of 4,096 islands × 244", part, 244, quarter, part, generations)
    yield from _figures("a quarter of 82 islands × 12,200", 82 * part // CORES, 12_200, quarter, part, generations)
    yield _old(costs, cores)


def _figures(what: str, islands: int, size: int, costs: Costs, cores: int, generations: int) -> Iterator[Figure]:
    gc.disable()
    trial = simulated(configuration(islands, size, generations), Plan(cores, seed=1), costs)
    gc.enable()
    seconds, whole = trial.world.seconds, sum(trial.world.seconds.values())
    parts = ", ".join(f"{name} {share / whole:.1%}" for name, share in seconds.most_common())
    yield {
        "name": what,
        "value": 100 * seconds["living"] / whole,
        "unit": "% of core time in life, emission and scoring",
        "note": parts,
        "without starts": round(100 * seconds["living"] / (whole - seconds["starting"]), 1),
        "hours": round(trial.world.timeline.now / 3600, 2),
        "GB of pieces a generation": round(trial.world.bytes["of pieces"] / 1e9 / generations, 1),
    }
    yield _driver(what, trial, costs, cores)


def _driver(what: str, trial: Trial, costs: Costs, workers: int) -> Figure:
    """How much of a core the driver needs, for what it is told and for reports that say nothing."""
    took, count = trial.world.timeline.now, len(trial.born)
    silent = workers * costs.report / report_seconds(workers)
    return {
        "name": f"{what}, driver",
        "value": 100 * trial.backends[0].busy / took,
        "unit": "% of one core",
        "silent reports, at most": f"{100 * silent:.0f} %",
        "bytes heard a generation of an island": round(trial.backends[0].heard / count),
    }


def _old(costs: Costs, cores: int, size: int = 244) -> Figure:
    """All genomes twice through one driver in each generation, at what a byte costs there, and a barrier."""
    genomes = 4.0 * costs.weights * cores * size
    through = 2 * genomes / (1 / (1 / costs.bandwidth + costs.encode))
    living = size * costs.individual() * costs.slowness * (1 + 3 * costs.jitter)
    return {
        "name": "all genomes through one driver each generation, and a barrier",
        "value": 100 * size * costs.individual() / (living + through),
        "unit": "% of core time",
        "GB through it a generation": round(2 * genomes / 1e9),
    }
