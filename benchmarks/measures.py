"""`python -m benchmarks measures`: what every measure of `alife history` takes of a million births, on one core.

The record is that of `benchmarks.lineage`, 1,000 generations of 1,000 in neutral islands. Seconds are the processor's;
each measure is to stay below a minute.
"""

import os
import tempfile
from pathlib import Path

from benchmarks.lineage import Figure, alone, figure, peak_memory, write_record


def bench(size: int = 1_000, generations: int = 1_000) -> list[Figure]:
    """Measure each by itself, as `alife history` takes it if nothing is said.

    Args:
        size: Individuals a generation.
        generations: How many.

    Returns:
        {"name", "value", "unit", "births"}, one a figure.
    """
    threads = {name: os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    os.environ |= dict.fromkeys(threads, "1")
    try:
        with tempfile.TemporaryDirectory() as folder:
            return alone(_measure, write_record(Path(folder) / "long", size, generations, "tournament"))
    finally:
        for name, value in threads.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _measure(folder: Path) -> list[Figure]:
    from time import process_time

    from analysis.data.run import load_run
    from analysis.evolution.history import MEASURES, how_of
    from analysis.evolution.islands import demes

    began = process_time()
    run = load_run(folder)
    record = demes(run)
    count = len(run.births)
    figures = [figure("measures_load", process_time() - began, "s", count)]
    how = how_of(record)
    for name, measure in MEASURES.items():
        began = process_time()
        measure.table(record, how)
        figures.append(figure(f"measures_{name}", process_time() - began, "s", count))
    return [*figures, figure("measures_peak_memory", peak_memory(), "GiB", count)]
