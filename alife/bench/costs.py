"""What a life costs: where its time goes, how that grows, how near the ruled chunk comes to the best, and memory.

`alife.bench.life` asks for the figures of `on_one_core` and of `memory`.
"""

import multiprocessing
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch

from alife.bench.settings import ALL, DEFAULT, SMALL, VANILLA, Setting, features_of, genomes_of, life_of, physics_of
from alife.bench.timing import Call, Figure, figure, in_turns
from alife.evolution.habitat import Habitat
from alife.evolution.island import lifetime
from alife.evolution.reproduction import founders
from alife.organism.kernel.gradient import Gradient
from alife.organism.optimizers import OPTIMIZERS

PARTS = {
    "products": ("bmm", "baddbmm_", "by_onednn"),
    "SELU": ("forward_",),
    "its derivative": ("backward",),
    "features and targets looked up": ("index_select", "gather"),
}
"""Part of a step → names of the calls that make it; what is left are losses and copies."""


def on_one_core() -> Iterator[Figure]:
    """Profile, chunks and slopes; the process is to be pinned."""
    yield from _profile()
    yield from _chunks()
    yield from _slopes()


def _profile() -> Iterator[Figure]:
    """Where the time of a step with 256 coordinates goes by torch: every call timed apart, the chunk as it is ruled."""
    config, shape, rounds = VANILLA.but(passes="torch").config, VANILLA.shape, 100
    chunk, coordinates = config.life.chunk or 1, config.life.coordinates
    learners = genomes_of(shape, chunk)
    gradient = Gradient(features_of(shape), config.life, "blank", chunk, learners)
    gradient.begin(learners, torch.zeros(chunk))
    rule = OPTIMIZERS[config.life.optimizer]
    moments = [torch.zeros_like(gradient.weights.flat) for _ in range(rule.moments)]
    part_of = {name: part for part, names in PARTS.items() for name in names}
    spent = {part: np.zeros(rounds) for part in [*PARTS, "losses", "optimiser"]}
    for t in range(rounds):
        gradient.see(torch.randint(shape.n_weights, (chunk, coordinates)), None)
        for call in gradient.program:
            part = part_of.get(getattr(getattr(call, "func", call), "__name__", ""), "losses")
            spent[part][t] += _seconds(call)
        step = partial(rule.update, gradient.weights.flat, gradient.gradient.flat, moments, t + 1, 0.005)
        spent["optimiser"][t] += _seconds(step)
    whole = np.sum(list(spent.values()), axis=0)
    for part, seconds in spent.items():
        yield figure(f"a step's time by torch, {VANILLA.name}: {part}", seconds / whole, "of it")


def _seconds(call: Call) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def _chunks() -> Iterator[Figure]:
    """How near the rule for chunks comes to the best of a few; fused loops have none."""
    for setting in (each.but(passes="torch") for each in ALL):
        ruled = setting.config.life.chunk
        assert ruled is not None
        calls = {str(chunk): life_of(setting.but(chunk=chunk)) for chunk in sorted({4, 8, 12, 24, ruled})}
        each = {int(chunk): t / setting.individual_steps for chunk, t in in_turns(calls, rounds=3).items()}
        best = min(each, key=lambda chunk: float(np.median(each[chunk])))
        times = ", ".join(f"{chunk}: {1e6 * np.median(t):.0f} µs" for chunk, t in each.items())
        name = f"speed of the ruled chunk against the best, {setting.name}"
        yield figure(name, each[best] / each[ruled], note=f"rule {ruled}, best {best}; a step by chunk {times}")


def _slopes() -> Iterator[Figure]:
    yield _slope("H", {h: VANILLA.but(hidden=h, size=8, chunk=8) for h in (50, 100, 200)})
    yield _slope("P", {p: SMALL.but(size=p, steps=20, chunk=12) for p in (12, 24, 48, 96)})
    yield _slope("T", {t: SMALL.but(steps=t) for t in (10, 20, 40, 80)})


def _slope(of: str, settings: dict[int, Setting]) -> Figure:
    taken = in_turns({str(value): life_of(setting) for value, setting in settings.items()}, rounds=3)
    times = np.array(list(taken.values()))
    slopes = np.polyfit(np.log(list(settings)), np.log(times), 1)[0]
    note = f"{of} = {', '.join(map(str, settings))}"
    return figure(f"cost of a life by {of}, slope in logarithms", slopes, "", note=note)


def memory() -> Iterator[Figure]:
    """Peak memory of processes in each of which an island lives, by its size."""
    sizes = (100, 200, 300)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        peaks = list(pool.map(_peak, sizes))
    slope, base = np.polyfit(sizes, peaks, 1)
    genome = 4 * DEFAULT.shape.n_weights
    note = f"{slope / genome:.1f} genomes of 4·N bytes, beside {base / 1e6:.0f} MB; sizes {', '.join(map(str, sizes))}"
    yield figure("peak memory of a worker for each individual", float(slope) / 1e6, "MB", note=note)


def _peak(size: int) -> int:
    """Peak memory in bytes of this process, in which an island of this size lives for a generation."""
    setting = DEFAULT.but(steps=1, size=size)
    habitat = Habitat(setting.config, physics_of(setting.shape, select=512))
    lifetime(habitat, founders(setting.config, setting.shape.n_weights, 0), 0, 0, 0.0)
    return _high_water()


def _high_water() -> int:
    """Peak memory of this process in bytes; what `getrusage` says may be the peak of the process that started it."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
