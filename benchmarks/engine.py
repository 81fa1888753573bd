"""`python -m benchmarks engine`: what messages, bytes, files, commits and lives cost, for simulations of large runs.

Costs of this process are CPU seconds, those of wires and disks are by the clock, so that they are larger on a machine
that does much else. With --json the last line is what `benchmarks/engine.json` holds: write it there to let
`python -m tests.simulation cores` run with it.
"""

import os
import pickle
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alife import schema
from alife.bench.settings import DEFAULT, physics_of
from alife.evolution.habitat import Habitat
from alife.evolution.island import lifetime
from alife.evolution.reproduction import Newborns, founders
from alife.format import checkpoints
from populations.engine.messages import Cadence, Guests, Horizon, Lived
from populations.engine.worker import SAMPLED
from populations.record import parts
from tests.simulation.storage import Content, PretendedFolder, recorder
from tests.simulation.trial import configuration
from tests.support.rows import rows

Figure = dict[str, Any]
Floats = NDArray[np.float64]

WEIGHTS, ROUNDS = 21_100, 7


def bench() -> Iterator[Figure]:
    """Measure everything, in a few minutes."""
    costs: dict[str, Figure] = {}
    for measure in (_lives, _bytes, _files, _commits, _ray):
        for name, figure in measure():
            if name:
                costs[name] = {key: figure[key] for key in ("value", "low", "high") if key in figure}
            yield figure
    yield {
        "name": "all",
        "value": len(costs),
        "unit": "costs",
        "machine": _machine(),
        "date": date.today().isoformat(),
        "load": os.getloadavg()[0],
        "costs": costs,
    }


def _figure(name: str, values: Floats, unit: str) -> Figure:
    low, value, high = np.quantile(values, [0.25, 0.5, 0.75])
    return {"name": name, "value": float(value), "unit": unit, "low": float(low), "high": float(high), "n": len(values)}


def _taken(do: Callable[[], object], each: float = 1.0, clock: Callable[[], float] = time.process_time) -> Floats:
    """[ROUNDS] seconds of a call, divided by `each`; one goes before."""
    do()
    found = []
    for _ in range(ROUNDS):
        began = clock()
        do()
        found.append((clock() - began) / each)
    return np.array(found)


def _lives() -> Iterator[tuple[str, Figure]]:
    """Of an individual of the default run."""
    config, shape = DEFAULT.config, DEFAULT.shape
    habitat, newborns = Habitat(config, physics_of(shape)), founders(config, shape.n_weights, 0)
    phases: dict[str, list[float]] = {}

    def live() -> None:
        for phase, seconds in lifetime(habitat, newborns, 0, 0, 0.0)[0].seconds.items():
            phases.setdefault(phase, []).append(seconds)

    taken = _taken(live, len(newborns))
    shares = {phase: np.array(seconds[1:]) for phase, seconds in phases.items()}
    whole = np.sum(list(shares.values()), axis=0)
    for name in ("life", "emission"):
        yield name, _figure(f"{name} of an individual", taken * shares[name] / whole, "s")
    rest = taken * (1 - (shares["life"] + shares["emission"]) / whole)
    yield "scoring", _figure("birth and scoring of an individual", rest, "s")


def _bytes() -> Iterator[tuple[str, Figure]]:
    config, size = configuration(1, 200, 2), 200
    group = founders(config, WEIGHTS, 0)
    data = checkpoints.encode(0, {0: group}, {})
    assert len(group) == size
    yield "", _figure("safetensors of a byte", _taken(lambda: checkpoints.encode(0, {0: group}, {}), len(data)), "s")
    yield "", _figure("SHA-256 of a byte", _taken(lambda: schema.seal(data), len(data)), "s")
    whole = _taken(lambda: schema.seal(checkpoints.encode(0, {0: group}, {})), len(data))
    yield "encode", _figure("both", whole, "s")
    wide = configuration(1, 1000, 2)
    births = rows(wide, 1)[0]
    manifest = {"columns": ()}

    def encode() -> bytes:
        table = parts.table(births, parts.columns("births", wide, manifest), 1)
        return parts.encode(parts.ordered("births", table))

    yield "row", _figure("parquet of a row of births", _taken(encode, 1000), "s")


def _files() -> Iterator[tuple[str, Figure]]:
    with tempfile.TemporaryDirectory() as folder:

        def write(data: bytes) -> None:
            path = Path(folder) / "file"
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()

        yield "file", _figure("a file, with fsync", _taken(lambda: write(b"x"), clock=time.perf_counter), "s")
        large = bytes(1 << 26)
        yield "", _figure("a byte of a file", _taken(lambda: write(large), len(large), time.perf_counter), "s")


def _commits() -> Iterator[tuple[str, Figure]]:
    """By how many parts the manifest lists, without files."""
    found: dict[int, Floats] = {}
    for islands in (10, 1000, 4000):
        config, taken = configuration(islands, 2, 1000), []
        for _ in range(ROUNDS):
            folder = PretendedFolder()
            writer = recorder(folder, config)
            sealed = [_entries(folder, island) for island in range(islands)]
            began = time.process_time()
            writer.commit_sealed(0, sealed)
            taken.append(time.process_time() - began)
        found[4 * islands] = np.array(taken)
        yield "", _figure(f"a commit of {4 * islands:,} parts", found[4 * islands], "s")
    few, _, many = found
    slope = (found[many] - np.median(found[few])) / (many - few)
    yield "listed", _figure("of a commit, each part", slope, "s")
    yield "commit", _figure("of a commit, the least", found[few], "s")


def _entries(folder: PretendedFolder, island: int) -> dict[str, list[Figure]]:
    sealed = {}
    for kind in schema.ROWS:
        entry = folder.pretend(f"{kind}/0000000-0000000-1-{island:08x}.parquet", 4000, Content())
        sealed[kind] = [entry | {"rows": 2, "first": 0, "last": 0}]
    entry = folder.pretend(f"checkpoints/0000001-1-{island:08x}.safetensors", 4000, Content())
    return sealed | {"checkpoints": [entry | {"generation": 1, "islands": [[island, island]]}]}


def _ray() -> Iterator[tuple[str, Figure]]:
    """Calls between processes of one machine."""
    import ray

    @ray.remote
    class Actor:
        """As a worker."""

        def tell(self, tasks: list[Any]) -> None:
            """Hear."""

        def report(self, count: int) -> list[Lived]:
            """Tell of so many generations."""
            return [lived(number) for number in range(count)]

        def meet(self, other: Any, guests: Guests, times: int) -> float:
            """Seconds until another has heard of guests."""
            began = time.perf_counter()
            for _ in range(times):
                ray.get(other.tell.remote([guests]))
            return (time.perf_counter() - began) / times

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        one, other = Actor.remote(), Actor.remote()
        ray.get([one.tell.remote([]), other.tell.remote([])])
        order, calls = Horizon(20, 20, Cadence(10, 1000), 9, {"collapse_norm": 1.0}), 300

        def tell() -> None:
            for _ in range(calls):
                one.tell.remote([order])

        yield "order", _figure("an order to a worker, CPU of the driver", _taken(tell, calls), "s")

        def hear(count: int) -> Callable[[], None]:
            def do() -> None:
                for _ in range(calls // 3):
                    call = one.report.remote(count)
                    ray.wait([call])
                    ray.get(call)

            return do

        single, many = (_taken(hear(count), calls // 3) for count in (1, 33))
        each = np.maximum(many - np.median(single), 0) / 32
        yield "news", _figure("each generation in a report, CPU of the driver", each, "s")
        yield "report", _figure("a report, CPU of the driver", single, "s")
        yield (
            "",
            _figure("a report and its question, by the clock", _taken(hear(1), calls // 3, time.perf_counter), "s"),
        )
        size = len(pickle.dumps([lived(0)], 5))
        yield "", {"name": "a report of one generation", "value": size, "unit": "B"}
        single, many = (
            np.array([ray.get(one.meet.remote(other, guests(count), 20)) for _ in range(ROUNDS)]) for count in (1, 32)
        )
        yield "latency", _figure("1 guest to another worker and an answer, by half", single / 2, "s")
        yield "", _figure("32 guests and an answer", many, "s")
        block = np.zeros(1 << 24, np.float32)
        put = _taken(lambda: ray.put(block), block.nbytes, time.perf_counter)
        yield "put", _figure("a byte into the object store", put, "s")
        stored = ray.put(block)
        yield (
            "get",
            _figure("a byte out of it", _taken(lambda: ray.get(stored).copy(), block.nbytes, time.perf_counter), "s"),
        )
    finally:
        ray.shutdown()


def lived(island: int) -> Lived:
    """As of an island of 32 individuals or more."""
    draw = np.random.default_rng(island)
    seconds = {"birth": 0.1, "life": 15.0, "emission": 5.0, "scoring": 0.5}
    samples = {name: draw.random(32, np.float32) for name in SAMPLED}
    return Lived(island, 7, {"generation_end": 990, "diverged": 10}, 1000, samples, seconds)


def guests(count: int) -> Guests:
    """So many newborns of the default run."""
    group = founders(configuration(1, count, 2), WEIGHTS, 0)
    assert isinstance(group, Newborns)
    return Guests(0, 1, 5, group)


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with open("/proc/cpuinfo") as info:
        name = next(
            (line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), platform.machine()
        )
    return f"{name}, {cores} cores"
