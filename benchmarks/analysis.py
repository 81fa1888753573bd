"""`python -m benchmarks analysis`: what a trade-off study asks of one long record, and what it costs in time and
memory.

The record is that of `bench_lineage`, 6,000 generations of 1,000. It is analysed in a process of its own, so that the
peak memory is that of the analysis.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.lineage import Figure, alone, figure, peak_memory, stopwatch, write_record


def bench(size: int = 1_000, generations: int = 6_000) -> list[Figure]:
    """Measure everything.

    Args:
        size: Individuals a generation.
        generations: How many.

    Returns:
        {"name", "value", "unit", "births"}, one a figure.
    """
    with tempfile.TemporaryDirectory() as folder:
        return alone(_analyse, write_record(Path(folder) / "long", size, generations, "tournament"))


def _analyse(folder: Path) -> list[Figure]:
    from analysis.data.run import load_run
    from analysis.evolution import dynamics, fronts, inheritance, metapopulation
    from analysis.evolution.islands import demes

    clock, figures = stopwatch(), []
    next(clock)
    run = load_run(folder)
    count = len(run.births)
    figures.append(figure("analysis_load", next(clock), "s", count))
    record = demes(run)
    figures.append(figure("analysis_demes", next(clock), "s", count))
    steps: dict[str, Callable[[], Any]] = {
        "expectation": lambda: record.expected,
        "price": lambda: metapopulation.summary(record),
        "differentials": lambda: dynamics.mean_differentials(dynamics.differentials(record)),
        "effective_size": lambda: dynamics.effective_size(record),
        "heritability": lambda: inheritance.heritability(record),
        "interference": lambda: dynamics.interference(record),
        "hypervolume": lambda: fronts.hypervolumes(run),
        "attainment": lambda: fronts.attainment_surface([run], 100),
    }
    for name, step in steps.items():
        step()
        figures.append(figure(f"analysis_{name}", next(clock), "s", count))
    total = sum(each["value"] for each in figures)
    return [
        *figures,
        figure("analysis_total", total, "s", count),
        figure("analysis_peak_memory", peak_memory(), "GiB", count),
    ]
