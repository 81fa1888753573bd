"""The part of `alife bench life` that needs whole runs: what is not the kernel, and what a second worker is worth."""

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alife.bench.timing import Figure, cores, figure, two_processes
from populations.engine.evolve import evolve
from populations.observe import events
from populations.observe.terminal import PHASES, shares


def bench() -> Iterator[Figure]:
    """Shares of default generations, and one worker against as many as there are cores; about two minutes."""
    default = _generations(generations=12)
    yield from _shares(default)
    yield figure(f"individuals a second, default generation, {_hosts(default)} workers", _speeds(default), "1/s")
    if len(cores()) < 2:
        yield figure("two workers against one", float("nan"), note="needs two cores")
        return
    products = [two_processes()]
    one = _generations(generations=5, ray={"hosts": 1})
    products.append(two_processes())
    two = default if _hosts(default) == 2 else _generations(generations=5, ray={"hosts": 2})
    faster, possible = float(np.median(_speeds(two)) / np.median(_speeds(one))), np.concatenate(products)
    yield figure("two processes against one, float32 products", possible)
    yield figure("two workers against one, default generation", faster)
    yield figure("two workers against one, of what products allow", faster / possible, "of it")


def _shares(generations: list[events.Generation]) -> Iterator[Figure]:
    """What the wall-clock of a generation goes into that is not birth, life, emission and scoring."""
    spent = [event.spent for event in generations]
    parts = [shares({key: b[key] - a.get(key, 0.0) for key in b}) for a, b in pairwise(spent)]
    around = np.array([1 - sum(part[phase] for phase in PHASES) for part in parts])
    note = ", ".join(f"{name} {np.median([part[name] for part in parts]):.1%}" for name in parts[0])
    out = figure("not the kernel, of a default generation on Ray", around, "of wall-clock", note=f"medians: {note}")
    yield out | {"floor": 0.05, "holds": out["value"] <= 0.05, "goal": 0.02, "reached": out["value"] <= 0.02}


def _speeds(generations: list[events.Generation]) -> NDArray[np.float64]:
    """Individuals a second in each generation but the first, in which workers start, and the last, which is tested."""
    return np.array([event.individuals_per_second for event in generations[1:-1]])


def _hosts(generations: list[events.Generation]) -> int:
    return int(generations[-1].hosts)


def _generations(**config: Any) -> list[events.Generation]:
    """What a run says of its generations."""
    told: list[events.Event] = []
    with tempfile.TemporaryDirectory() as folder:
        evolve(config, str(Path(folder) / "run"), backend="ray", sinks=[told.append])
    return [event for event in told if isinstance(event, events.Generation)]
