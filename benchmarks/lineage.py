"""`python -m benchmarks lineage`: what loading, checking, pruning, measuring, writing and drawing a large record costs.

It makes the record itself. Each task runs in a process of its own, so that its peak memory is its own.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alife import schema
from alife.configuration.keys import dump, parse_config
from alife.format.manifest import serialise
from analysis.data.run import load_run
from analysis.lineage.export import FORMATS, export
from analysis.lineage.metrics import metrics_through_time
from analysis.lineage.phylogeny import of_run, prune

Figure = dict[str, Any]

ISLANDS = 4
EVERY = 5
PART = 250_000
"""Rows of a part, about."""


def bench(births: int = 1_000_000, drawn: int = 100_000) -> list[Figure]:
    """Measure everything.

    Args:
        births: Of the record that is loaded, pruned and measured; a thousand generations of them.
        drawn: Births of the record that is written and drawn.

    Returns:
        {"name", "value", "unit", "births", …}, one a figure.
    """
    with tempfile.TemporaryDirectory() as folder:
        large = write_record(Path(folder) / "large", births // 1000, 1000)
        deep = write_record(Path(folder) / "deep", max(drawn // 1000, ISLANDS), 1000)
        broad = write_record(Path(folder) / "broad", drawn // 50, 50)
        return [*alone(_measure, large), *alone(_hand_over, deep), *alone(_draw, deep, broad)]


def write_record(folder: Path, size: int, generations: int, scheme: str = "drift") -> Path:
    """Write a run folder of neutral Wright–Fisher islands in a ring that swap one newborn each every five generations.

    Args:
        folder: To be made.
        size: Individuals a generation, in `ISLANDS` equal islands.
        generations: How many.
        scheme: Of selection, as the configuration says; parents are random whatever it is.

    Returns:
        The folder, which `analysis.data.run.load_run` reads.
    """
    births, migrations = neutral(size // ISLANDS, generations)
    tables = {"births": births, "migrations": migrations, "generations": _summaries(births, size // ISLANDS)}
    parts: dict[str, list[dict[str, Any]]] = {kind: [] for kind in schema.PART_KINDS}
    for kind, frame in tables.items():
        (folder / kind).mkdir(parents=True)
        step = max(PART * generations // max(len(frame), 1), 1)
        columns = schema.BIRTHS if kind == "births" else frame.columns
        for first in range(0, generations, step):
            start, stop = np.searchsorted(frame["generation"], [first, first + step])
            if start == stop:
                continue
            path = folder / kind / f"{first}.parquet"
            rows = frame.iloc[start:stop]
            arrays = {name: pa.array(_plain(rows[name]), from_pandas=False) for name in columns}
            pq.write_table(pa.table(arrays), path, compression="zstd")
            ends = {"first": int(rows["generation"].iloc[0]), "last": int(rows["generation"].iloc[-1])}
            seal = {**schema.seal(path.read_bytes()), "rows": len(rows)}
            parts[kind].append({"name": f"{kind}/{path.name}", **seal, **ends})
    config = parse_config(
        {
            "generations": generations,
            "selection": {"scheme": scheme},
            "migration": {"every": EVERY},
            "population": {"islands": ISLANDS, "size": size // ISLANDS},
        }
    )
    text = dump(config).encode()
    manifest = {
        "epoch": 1,
        "status": "finished",
        "generation": generations - 1,
        "seed": 0,
        "created": "",
        "updated": "",
    }
    manifest |= {
        "versions": {},
        "class": {},
        "starts": [],
        "task": None,
        "objects": {},
        "columns": [],
        "warnings": [],
        "restarts": [],
    }
    (folder / "manifest.json").write_bytes(serialise({**manifest, "config": [schema.seal(text)], "parts": parts}))
    (folder / "config.yaml").write_bytes(text)
    return folder


def _plain(column: pd.Series) -> np.ndarray:
    return column.astype(str).to_numpy(object) if column.dtype == "category" else column.to_numpy()


def neutral(size: int, generations: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Births and migrations of neutral islands of `size`, as in the schema; scores are noise."""
    rng = np.random.default_rng(seed)
    shape = (generations, ISLANDS, size)
    when, where, slot = np.indices(shape)
    conceived = where << (schema.GENERATION_BITS + schema.SLOT_BITS) | when << schema.SLOT_BITS | slot
    swaps = np.arange(EVERY, generations, EVERY)
    lives = conceived.copy()
    lives[swaps, :, 0] = np.roll(lives[swaps, :, 0], -1, axis=1)
    parent = rng.integers(0, size, shape)
    ancestors = conceived.copy()
    ancestors[1:] = np.take_along_axis(lives, parent, axis=2)[:-1]
    ancestors[swaps, :, 0] = np.roll(ancestors[swaps, :, 0], -1, axis=1)
    offspring = np.bincount(((when * ISLANDS + where) * size + parent).ravel(), minlength=parent.size)
    columns = {
        "id": lives.ravel(),
        "ancestor_id": ancestors.ravel(),
        "origin_time": when.ravel(),
        "destruction_time": when.ravel() + 1,
        "island": where.ravel(),
        "generation": when.ravel(),
        **{name: rng.random(parent.size, dtype=np.float32) for name in schema.SCORES},
        "n_offspring": offspring,
    }
    births = pd.DataFrame(columns).astype({name: schema.BIRTHS[name] for name in columns})
    births["cause_of_death"] = pd.Categorical([schema.CAUSES[0]], schema.CAUSES).repeat(len(births))
    moves = {
        "generation": np.repeat(swaps, ISLANDS),
        "id": lives[swaps, :, 0].ravel(),
        "from_island": np.tile(np.roll(np.arange(ISLANDS), -1), len(swaps)),
        "to_island": np.tile(np.arange(ISLANDS), len(swaps)),
    }
    return births, pd.DataFrame(moves).astype(schema.MIGRATIONS)


def _summaries(births: pd.DataFrame, size: int) -> pd.DataFrame:
    """`schema.GENERATIONS` of islands of equal size."""
    demes = births.iloc[::size]
    columns: dict[str, Any] = {"generation": demes["generation"], "island": demes["island"], "size": size}
    columns |= dict.fromkeys(("diverged", "collapsed"), 0) | {"parents": size}
    for name in schema.SCORES:
        values = births[name].to_numpy().reshape(-1, size)
        columns |= {f"{name}_mean": values.mean(1), f"{name}_differential": 0.0}
        levels = np.quantile(values, [0.5, 0.05, 0.95], axis=1)
        columns |= {f"{name}_{level}": row for level, row in zip(("median", "q05", "q95"), levels, strict=True)}
    return pd.DataFrame(columns | {"seconds": 1.0}).astype(schema.GENERATIONS)[list(schema.GENERATIONS)]


def alone(task: Callable[..., list[Figure]], *arguments: Any) -> list[Figure]:
    """Do a task in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def _measure(folder: Path) -> list[Figure]:
    clock = stopwatch()
    next(clock)
    run = load_run(folder)
    count = len(run.births)
    figures = [figure("lineage_load", next(clock), "s", count)]
    tree = of_run(run)
    figures.append(figure("lineage_check", next(clock), "s", count))
    pruned = prune(tree)
    figures.append(figure("lineage_prune", next(clock), "s", count, left=len(pruned)))
    table = metrics_through_time(tree)
    figures.append(figure("lineage_metrics", next(clock), "s", count, generations=table["generation"].nunique()))
    total = sum(each["value"] for each in figures)
    figures.append(figure("lineage_total", total, "s", count))
    return [*figures, figure("lineage_peak_memory", peak_memory(), "GiB", count)]


def peak_memory() -> float:
    """The most that this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**30


def _hand_over(folder: Path) -> list[Figure]:
    tree = of_run(load_run(folder))
    figures, clock = [], stopwatch()
    for format in FORMATS:
        next(clock)
        export(tree, folder / f"phylogeny.{format}", format)
        figures.append(figure(f"lineage_write_{format}", next(clock), "s", len(tree)))
    return figures


def _draw(*folders: Path) -> list[Figure]:
    from analysis.figures import saving
    from analysis.figures.phylogeny import phylogeny

    figures, clock = [], stopwatch()
    for folder in folders:
        run = load_run(folder)
        tips = int((run.births["generation"] == run.last).sum())
        next(clock)
        saving.save(phylogeny(run), folder, "phylogeny")
        figures.append(figure(f"lineage_tree_figure_{folder.name}", next(clock), "s", len(run.births), tips=tips))
    return figures


def stopwatch() -> Iterator[float]:
    """Seconds since it was last asked, or first, when it says 0."""
    last = time.perf_counter()
    while True:
        now = time.perf_counter()
        yield now - last
        last = now


def figure(name: str, value: float, unit: str, births: int, **more: Any) -> Figure:
    """One line of a bench."""
    return {"name": name, "value": round(value, 3), "unit": unit, "births": births, **more}


if __name__ == "__main__":
    for line in bench():
        print(json.dumps(line))
