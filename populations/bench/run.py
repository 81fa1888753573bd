"""The part of `alife bench life` that needs whole runs: what is not the kernel, and what a second worker is worth."""

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alife.bench.settings import DEFAULT
from alife.bench.timing import Figure, cores, figure, two_processes
from populations.engine.evolve import evolve
from populations.observe import events
from populations.observe.terminal import PHASES, shares

WINDOW = 6
"""Generations that are timed together."""


def bench() -> Iterator[Figure]:
    """Shares of default generations, and one worker against as many as there are cores; about five minutes."""
    default = _generations()
    yield from _shares(default)
    yield figure(f"individuals a second, default generation, {_hosts(default)} workers", _speeds(default), "1/s")
    if len(cores()) < 2:
        yield figure("two workers against one", float("nan"), note="needs two cores")
        return
    products = [two_processes()]
    one = _generations(ray={"hosts": 1})
    products.append(two_processes())
    two = default if _hosts(default) == 2 else _generations(ray={"hosts": 2})
    faster, possible = float(np.median(_speeds(two)) / np.median(_speeds(one))), np.concatenate(products)
    yield figure("two processes against one, float32 products", possible)
    yield figure("two workers against one, default generation", faster)
    yield figure("two workers against one, of what products allow", faster / possible, "of it")


def _shares(generations: list[events.Generation]) -> Iterator[Figure]:
    """What the wall-clock of a generation goes into that is not birth, life, emission and scoring."""
    spent = [event.spent for event in _edges(generations)]
    parts = [shares({key: b[key] - a.get(key, 0.0) for key in b}) for a, b in pairwise(spent)]
    around = np.array([1 - sum(part[phase] for phase in PHASES) for part in parts])
    note = ", ".join(f"{name} {np.median([part[name] for part in parts]):.1%}" for name in parts[0])
    out = figure("not the kernel, of a default generation on Ray", around, "of wall-clock", note=f"medians: {note}")
    yield out | {"floor": 0.05, "holds": out["value"] <= 0.05, "goal": 0.02, "reached": out["value"] <= 0.02}


def _speeds(generations: list[events.Generation]) -> NDArray[np.float64]:
    """Individuals a second between one edge and the next."""
    edges = _edges(generations)
    born = np.cumsum([event.individuals for event in generations])
    seconds = np.diff([event.spent["generations"] for event in edges])
    return np.diff([born[event.generation] for event in edges]) / seconds


def _edges(generations: list[events.Generation]) -> list[events.Generation]:
    """Every `WINDOW`th generation, without the first, in which workers start, and the last, which is tested.

    Islands run ahead of each other, so single generations are complete at no even pace.
    """
    return generations[1:-1][::WINDOW]


def _hosts(generations: list[events.Generation]) -> int:
    return int(generations[-1].hosts)


def _generations(**config: Any) -> list[events.Generation]:
    """What a run says of its generations."""
    told: list[events.Event] = []
    with tempfile.TemporaryDirectory() as folder:
        evolve(
            {"life": {"passes": DEFAULT.passes}, **config},
            str(Path(folder) / "run"),
            backend="ray",
            sinks=[told.append],
        )
    return [event for event in told if isinstance(event, events.Generation)]
