"""What the runs of a sweep will take, told before they begin: call `cost`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from alife.configuration.keys import Ray, RunConfig
from populations.engine.choosing import Chosen
from populations.engine.needs import generation_seconds
from populations.observe import events


@dataclass(frozen=True)
class Left:
    """What the runs of a treatment have before them.

    Attributes:
        config: Of each.
        generations: How many are left, of each run that has not ended.
        needs: What each asks of the cluster; None for what all do.
    """

    config: RunConfig
    generations: Sequence[int]
    needs: Ray | None = None


def cost(treatments: Sequence[Left], ray: Ray, backend: Chosen) -> events.SweepCost:
    """The estimate.

    Args:
        treatments: What is left, at least one run.
        ray: The cluster, connected, and what runs need of it that have no needs of their own.
        backend: Where they live.
    """
    runs = sum(len(each.generations) for each in treatments)
    core_seconds, walls, filled, longest = 0.0, 0.0, 0.0, 0.0
    for each in treatments:
        one = generation_seconds(each.config)
        wall = one * sum(each.generations) / each.config.life.threads
        needs = each.needs or ray
        room = 1.0 if backend == "local" else max(1, min(_room(needs), _most(ray)))
        core_seconds += one * sum(each.generations)
        walls += wall
        filled += wall / room
        alone = one * max(each.generations) / each.config.life.threads
        longest = max(longest, alone, 0.0 if backend == "local" else wall / _most(needs))
    at_once = max(1, min(runs, round(walls / filled))) if filled else 1
    seconds = max(filled, walls / at_once, longest)
    return events.SweepCost(runs=runs, core_seconds=core_seconds, at_once=at_once, seconds=seconds)


def _room(needs: Ray) -> int:
    from populations.engine.ray.cluster import room

    return room(RunConfig(ray=needs))


def _most(needs: Ray) -> float:
    return math.inf if needs.hosts == "auto" else needs.hosts
