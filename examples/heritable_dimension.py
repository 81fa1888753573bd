"""What is known at birth against how much is heritable: the table and figure of docs/results/heritable.md.

alife sweep --config examples/heritable_dimension.yaml --out SWEEP --ray.hosts 2
python examples/heritable_dimension.py SWEEP
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

import alife
from alife.traits import TRAITS, log10
from analysis.assays.reading import read
from analysis.figures import canvas, palette, saving, scales
from analysis.figures.style import styled
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval

Runs = Mapping[str, Sequence[alife.Run]]

WINDOW = range(30, 50)
"""Generations over which a run's medians are averaged."""
TRAITS_SHOWN = ("newborn_accuracy", "accuracy", "replication_error")
SERIES = {"H": ("H16_K8", "H24_K12", "H32_K16", "H40_K20", "H48_K24"), "K": ("H32_K8", "H32_K16", "H32_K24")}
"""Cells that differ in the units of a layer, half of which take the coordinate, and in how many of 32 do."""


def measured(runs: Runs) -> pd.DataFrame:
    """A row a run: cell, seed, weights, dimension (tr ∂ĝ/∂g, mean over individuals, probes and their sizes), traits."""
    rows = []
    for cell, group in runs.items():
        for run in group:
            births = run.births[run.births["generation"].isin(WINDOW)]
            medians = births.groupby("generation")[list(TRAITS_SHOWN)].median()
            traits = {t: float((log10(medians[t]) if TRAITS[t].log else medians[t]).mean()) for t in TRAITS_SHOWN}
            probes = read(run.path, "mutation", run.last + 1)[0]["dimension"]
            who = {"cell": cell, "seed": run.config["seed"], "weights": weights(run)}
            rows.append({**who, "dimension": probes["trace"].mean(), **traits})
    return pd.DataFrame(rows)


def weights(run: alife.Run) -> int:
    """2·H² + H + C·H of the heritable quine with ten classes."""
    units = int(run.config["quine"]["parameters"]["hidden"])
    return 2 * units**2 + units + 10 * units


def told(found: Estimate, digits: int, log: bool = False) -> str:
    """With its interval."""
    value, low, high = (10**x if log else x for x in (found.value, found.low, found.high))
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def cells(table: pd.DataFrame) -> Iterator[list[str]]:
    """Means over runs of each cell."""
    for cell, rows in table.groupby("cell", sort=False):
        share = told(interval(rows["dimension"] / rows["weights"]), 3)
        values = [told(interval(rows[t]), 2 + TRAITS[t].log, TRAITS[t].log) for t in TRAITS_SHOWN]
        yield [str(cell), f"{rows['weights'].iloc[0]:,}", told(interval(rows["dimension"]), 0), share, *values]


def slopes(table: pd.DataFrame) -> Iterator[list[str]]:
    """Of accuracy at birth on log₂ of the dimension, a slope a seed; of all cells, and of each series."""
    for name, chosen in {"all": tuple(table["cell"].unique()), **SERIES}.items():
        rows = table[table["cell"].isin(chosen)]
        found = [
            stats.linregress(np.log2(one["dimension"]), one["newborn_accuracy"]).slope
            for _, one in rows.groupby("seed")
        ]
        ranks = [stats.spearmanr(one["dimension"], one["newborn_accuracy"])[0] for _, one in rows.groupby("seed")]
        yield [name, told(interval(found), 3), ", ".join(f"{slope:.3f}" for slope in found), told(interval(ranks), 2)]


def draw(table: pd.DataFrame) -> Figure:
    """Accuracy at birth, and ρ, over the heritable dimension: a dot a run, lines through means."""
    with styled():
        figure = canvas.own_figure(None, 7.2, 3.2)
        for ax, trait in zip(figure.subplots(1, 2), ("newborn_accuracy", "replication_error"), strict=True):
            values = 10 ** table[trait] if TRAITS[trait].log else table[trait]
            for number, (name, chosen) in enumerate(SERIES.items()):
                rows = table["cell"].isin(chosen)
                look = palette.of_group(number)
                means = [
                    (table["dimension"][table["cell"] == c].mean(), values[table["cell"] == c].mean()) for c in chosen
                ]
                label = {"H": "units a layer, K = H/2", "K": "coordinate units, H = 32"}[name]
                ax.plot(*zip(*means, strict=True), label=label, **look)
                ax.plot(table["dimension"][rows], values[rows], ".", color=look["color"], ms=4, alpha=0.7)
            for cell, rows in table.groupby("cell"):
                at = (rows["dimension"].mean(), values[rows.index].mean())
                ax.annotate(str(cell).replace("_", " "), at, (4, -9), textcoords="offset points", fontsize=7)
            ax.set(xlabel="heritable dimension tr ∂ĝ/∂g", ylabel=TRAITS[trait].axis, xscale="log")
            scales.log_axis(ax, "x")
        figure.axes[0].legend(loc="best")
        return figure


def main(sweep: str) -> None:
    """Print the tables; draw beside the sweep."""
    table = measured(alife.load_sweep(sweep))
    head = ["cell", "weights", "dimension", "of the weights", "at birth", "adult", "ρ"]
    print("\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *cells(table)]) + "\n")
    head = ["cells", "a doubling of the dimension adds", "by seed", "rank correlation"]
    print("\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *slopes(table)]) + "\n")
    print(*saving.save(draw(table), Path(sweep), "heritable-dimension", ("png",), 160))


if __name__ == "__main__":
    main(sys.argv[1])
