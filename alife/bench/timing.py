"""How benches measure: contestants in turns, in one process on one core, and figures as ratios with their spread.

Hand contestants to `in_turns` while `pinned`, and what it returns to `figure`. The benches of two packages measure in
the same way. Time is the process's CPU time: other processes on the machine then cost only what they take of caches and
clock.
"""

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from alife.organism.kernel.products import by_onednn, onednn_is_exact

Call = Callable[[], object]
Figure = dict[str, Any]
"""{"name", "value" (None: not measured), "unit"} and, where there are such, "low" and "high" (quartiles), "n" (rounds),
"floor", "goal", "holds" (the floor), "reached" (the goal) and "note"."""

ROUNDS = 5
SPAN = 0.05
EDGE = 1024
GEMM = 2 * EDGE**3
"""FLOPs of the product that speeds are compared with."""


@contextlib.contextmanager
def pinned() -> Iterator[None]:
    """All threads of this process, and those to come, on one core, the last allowed one; where the system can do so."""
    threads, allowed = torch.get_num_threads(), cores()
    torch.set_num_threads(1)
    _pin({max(allowed, default=0)} if allowed else set())
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        _pin(allowed)


def cores() -> set[int]:
    """Cores that this process may use; none where the system does not say."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def threads_elsewhere() -> int:
    """Threads of this process that may run on another core than the one that asks."""
    return sum(os.sched_getaffinity(thread) != cores() for thread in _threads()) if cores() else 0


def _pin(to: set[int]) -> None:
    for thread in _threads() if to else []:
        os.sched_setaffinity(thread, to)


def _threads() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/task")] if os.path.isdir("/proc/self/task") else [0]


def in_turns(contestants: Mapping[str, Call], rounds: int = ROUNDS) -> dict[str, NDArray[np.float64]]:
    """CPU seconds of a call of each contestant, [rounds]: all once a round, each for at least SPAN seconds."""
    repeats = {}
    for name, call in contestants.items():
        call()
        repeats[name] = max(1, round(SPAN / max(_seconds(call, 1), 1e-6)))
    taken = [{name: _seconds(call, repeats[name]) for name, call in contestants.items()} for _ in range(rounds)]
    return {name: np.array([each[name] for each in taken]) for name in contestants}


def figure(
    name: str,
    values: NDArray[np.float64] | float,
    unit: str = "×",
    *,
    aim: tuple[float, float] | None = None,
    note: str = "",
) -> Figure:
    """A figure from its values, one a round: their median, with quartiles, beside what it aims at, (floor, goal)."""
    value = float(np.median(values))
    if np.isnan(value):
        return {"name": name, "value": None, "unit": unit, "note": note}
    out: Figure = {"name": name, "value": value, "unit": unit}
    if isinstance(values, np.ndarray) and len(values) > 1:
        low, high = np.quantile(values, [0.25, 0.75])
        out |= {"low": float(low), "high": float(high), "n": len(values)}
    if aim:
        floor, goal = aim
        out |= {"floor": floor, "holds": value >= floor, "goal": goal, "reached": value >= goal}
    return out | ({"note": note} if note else {})


def gemms() -> dict[str, Call]:
    """The roofs: a float32 product of 1024³ as torch makes it by itself, and, where that is another, by oneDNN."""
    a, b, out = (torch.randn(EDGE, EDGE) for _ in range(3))

    def own() -> None:
        torch.mm(a, b, out=out)

    roofs: dict[str, Call] = {"torch's sgemm": own}
    if onednn_is_exact():
        roofs["oneDNN's sgemm"] = lambda: by_onednn(own)
    return roofs


def half_gemm() -> Call:
    """A product of 1024³ in bfloat16."""
    a, b, out = (torch.randn(EDGE, EDGE).bfloat16() for _ in range(3))
    return lambda: torch.mm(a, b, out=out)


def two_processes(seconds: float = 1.0, rounds: int = 3) -> NDArray[np.float64]:
    """How much faster two processes on two cores make float32 products than one of them alone, [rounds]."""
    first, second = sorted(cores())[:2]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        ratios = []
        for _ in range(rounds + 1):
            together = [pool.submit(_products, core, seconds) for core in (first, second)]
            both = sum(future.result() for future in together)
            ratios.append(both / pool.submit(_products, first, seconds).result())
    return np.array(ratios[1:])  # the first round imported torch


def _products(core: int, seconds: float) -> float:
    """Products a second of the fastest kind, on that core."""
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {core})
    *_, product = gemms().values()
    product()
    began, made = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        product()
        made += 1
    return made / (time.perf_counter() - began)


def _seconds(call: Call, repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - began) / repeats
