"""`python -m benchmarks sweeps [--json]`: what a sweep costs beside its runs: planning, starting, going on, its table.

A run is stood in for by a copy of one that was lived; `sweep_copying` says what that alone takes, which is part of
`sweep_start` and half of it of `sweep_resume_half`. Each size is measured in a
process of its own, so that its peak memory is its own.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.lineage import Figure, alone, peak_memory

SIZES = (1_000, 10_000)
TREATMENTS = 10
TINY = {
    "task": "none",
    "generations": 3,
    "quine": {"hidden": 4, "coordinate_units": 2},
    "life": {"steps": 2, "coordinates": 8},
    "population": {"islands": 2, "size": 2},
    "selection": {"scheme": "truncation"},
}
REQUESTS = ("fetch", "read", "write", "replace", "put", "delete", "ls")


def bench(sizes: tuple[int, ...] = SIZES, treatments: int = TREATMENTS) -> Iterator[Figure]:
    """Measure sweeps of so many runs.

    Args:
        sizes: Runs.
        treatments: Of each sweep; the rest are seeds.
    """
    for runs in sizes:
        with tempfile.TemporaryDirectory() as folder:
            yield from alone(measure, Path(folder), runs, treatments)


def measure(folder: Path, runs: int, treatments: int) -> list[Figure]:
    """The figures of one size, in this process."""
    from populations.engine import evolve
    from populations.studies.plan import plan_of
    from populations.studies.sweep import sweep

    files = _lived(folder / "one")
    out, figures = folder / "sweep", list[Figure]()

    def add(name: str, value: float, unit: str, **more: Any) -> None:
        figures.append({"name": name, "value": round(value, 4), "unit": unit, "runs": runs, **more})

    def timed(name: str, call: Callable[[], Any]) -> Any:
        with _counted() as count:
            began = time.perf_counter()
            value = call()
            seconds = time.perf_counter() - began
        add(f"sweep_{name}", 1000 * seconds / runs, "ms a run", seconds=round(seconds, 2))
        add(f"sweep_{name}_requests", sum(count.values()) / runs, "a run", **count)
        return value

    weights = {f"t{k}": {"reproduction.mutation": 0.01 + k / treatments} for k in range(treatments)}
    sections = {"base": TINY, "treatments": weights, "seeds": runs // treatments}
    plan = timed("plan", lambda: plan_of(sections, "bench"))

    def copy(config: Mapping[str, Any], at: str, **_: Any) -> str:
        for name, content in files.items():
            (Path(at) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(at) / name).write_bytes(content)
        return "finished"

    def go() -> int:
        return sweep(plan, str(out), backend="local", sinks=[]).done

    def copies() -> None:
        for run in plan.runs():
            copy({}, str(folder / "copies" / run.name))

    timed("copying", copies)
    with patch.object(evolve, "evolve", copy):
        assert timed("start", go) == runs
        assert timed("resume", go) == runs
        for run in plan.runs()[runs // 2 :]:
            _remove(out / "runs" / run.name)
        assert timed("resume_half", go) == runs
    add("sweep_peak_memory", peak_memory(), "GiB")
    return figures


def _lived(folder: Path) -> dict[str, bytes]:
    """The files of a run of seconds, by name."""
    from populations.engine.evolve import evolve

    evolve(TINY, str(folder), backend="local", quiet=True)
    paths = [path for path in folder.rglob("*") if path.is_file() and "checkpoints" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


@contextmanager
def _counted() -> Iterator[dict[str, int]]:
    """Requests of folders meanwhile, by kind; those that a request makes itself are not counted again."""
    from populations.record.storage.disk import LocalFolder

    counts, depth = dict.fromkeys(REQUESTS, 0), [0]
    before = {name: getattr(LocalFolder, name) for name in REQUESTS}

    def counting(name: str) -> Callable[..., Any]:
        def request(*arguments: Any, **options: Any) -> Any:
            counts[name] += not depth[0]
            depth[0] += 1
            try:
                return before[name](*arguments, **options)
            finally:
                depth[0] -= 1

        return request

    for name in REQUESTS:
        setattr(LocalFolder, name, counting(name))
    try:
        yield counts
    finally:
        for name in REQUESTS:
            setattr(LocalFolder, name, before[name])
