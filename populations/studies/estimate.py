"""What the runs of a sweep will take, told before they begin: call `cost`."""

from collections.abc import Sequence

from alife.configuration.keys import Ray, RunConfig
from populations.engine.choosing import Chosen
from populations.engine.needs import generation_seconds
from populations.observe import events


def cost(runs: Sequence[tuple[RunConfig, int]], ray: Ray, backend: Chosen) -> events.SweepCost:
    """The estimate.

    Args:
        runs: Configuration of each that has not ended, and how many generations of it are left.
        ray: The cluster, connected, and what each run needs of it.
        backend: Where they live.
    """
    each = [left * generation_seconds(config) for config, left in runs]
    walls = [seconds / config.life.threads for seconds, (config, _) in zip(each, runs, strict=True)]
    at_once = max(1, min(_room(ray, backend), len(runs)))
    seconds = max([sum(walls) / at_once, *walls])
    return events.SweepCost(runs=len(runs), core_seconds=sum(each), at_once=at_once, seconds=seconds)


def _room(ray: Ray, backend: Chosen) -> int:
    if backend == "local":
        return 1
    from populations.engine.ray.cluster import room

    there = room(RunConfig(ray=ray))
    return there if ray.hosts == "auto" else min(there, ray.hosts)
