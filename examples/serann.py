"""What self-replicating networks did elsewhere, and do here: the table and figure of docs/results/serann.md.

alife sweep --config examples/natural_history.yaml --out LONG --ray.hosts 2
alife sweep --config examples/evolving_rates.yaml --out RATES --ray.hosts 2
alife sweep --config examples/large_island.yaml --out LARGE --ray.hosts 2
for run in LONG/runs/{w0.5,shuffled}/*; do
  alife assay $run --generation 10,100,1000 --sample 24 --no-figures dfe
  alife assay $run --generation 10,1000 --sample 24 --no-figures epistasis
done
python examples/serann.py LONG RATES LARGE
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import alife
from alife.errors import UserError
from alife.traits import TRAITS, log10
from analysis.assays import dfe, epistasis
from analysis.assays.reading import read
from analysis.evolution import islands, sweeps
from analysis.figures import canvas, palette, saving, scales
from analysis.figures.style import styled
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import difference, interval
from analysis.studies.treatments import medians

Runs = Mapping[str, Sequence[alife.Run]]
Values = dict[tuple[str, str, int], list[float]]
"""(treatment, trait, generation) → a number a run."""

TAKEN = ("w0.5", "shuffled")
WINDOWS = (range(5, 15), range(90, 100), range(200, 300), range(900, 1000))
"""Of adaptation: printable for a while, then the end of a first phase, and what comes later."""
STEP = 100
"""Generations in each of which a later phase may lie."""
BACK = 20
"""Generations from a clade's founder to its share."""
NAMES = {
    "accuracy": "accuracy",
    "replication_error": "−log₁₀ ρ",
    "copying_error": "−log₁₀ copying error",
}
DRAWN = ("accuracy", "replication_error")


def told(found: Estimate, digits: int = 3) -> str:
    """With its interval."""
    return f"{found.value:+.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def ratio(found: Estimate) -> str:
    """Of a difference of logarithms."""
    value, low, high = (10**x for x in (found.value, found.low, found.high))
    return f"×{value:.3g} [{low:.3g}, {high:.3g}]"


def printed(title: str, head: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """A table in Markdown."""
    print(f"{title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    print("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")


def adaptation(runs: Runs) -> Iterator[list[str]]:
    """How far medians rise in each window after the one before, and the best hundred generations after the second."""
    for label in TAKEN:
        for trait, name in NAMES.items():
            series = [(-1 if TRAITS[trait].log else 1) * medians(run)[trait] for run in runs[label]]
            means = [[float(one.reindex(window).mean()) for window in WINDOWS] for one in series]
            steps = np.diff(np.array(means), axis=1).T
            yield [label, name, *(told(interval(step)) for step in steps), told(interval(lopsided(series)))]


def lopsided(series: Sequence[pd.Series]) -> list[float]:
    """The largest rise from one `STEP` to the next less the largest fall, after the second window; 0 without phases."""
    found = []
    for one in series:
        late = one.loc[WINDOWS[1][-1] + 1 :]
        change = late.groupby((late.index - late.index[0]) // STEP).mean().diff().dropna()
        found.append(float(change.max() + change.min()))
    return found


def rates(runs: Runs) -> Iterator[list[str]]:
    """σ at the end against the first generation, and what selection has done to it, paired by seed."""
    ends = {label: [fall(run) for run in group] for label, group in runs.items()}
    for label, values in ends.items():
        against = difference(values, ends["shuffled"], paired=True)
        lasted = f"{min(r.last for r in runs[label])}–{max(r.last for r in runs[label])}"
        signs = f"{sum(value < 0 for value in values)} of {len(values)}"
        yield [label, lasted, ratio(interval(values)), signs, "" if label == "shuffled" else ratio(against)]


def sigma(run: alife.Run) -> pd.Series:
    """Median log₁₀ σ of those born in each generation."""
    median = run.births.groupby("generation")["mutation"].median()
    return pd.Series(log10(median), median.index)


def fall(run: alife.Run) -> float:
    """log₁₀ of how many times the first σ the last is."""
    line = sigma(run)
    return float(line.iloc[-1] - line.iloc[0])


def assayed(runs: Runs, name: str, of: Callable[[pd.DataFrame, str, int], Mapping[str, Estimate]]) -> dict[str, Values]:
    """Estimates of an assay by name; runs without it are left out."""
    found: dict[str, Values] = {}
    for label in TAKEN:
        for run in runs[label]:
            try:
                (table,) = read(run.path, name, run.last + 1)[0].values()
            except UserError:
                continue
            for generation in sorted(table["generation"].unique().tolist()):
                for trait in NAMES:
                    for what, one in of(table, trait, generation).items():
                        found.setdefault(what, {}).setdefault((label, trait, generation), []).append(one.value)
    return found


def over_runs(values: Values) -> Iterator[list[str]]:
    """A row for each treatment and trait, its means by generation, and the last less the first, paired."""
    for label, trait in dict.fromkeys(key[:2] for key in values):
        each = {g: v for (one, other, g), v in values.items() if (one, other) == (label, trait)}
        first, *_, last = each.values()
        means = [f"{g}: {told(interval(v), 4)}" for g, v in each.items()]
        yield [label, NAMES[trait], "; ".join(means), told(difference(last, first, paired=True), 4), str(len(first))]


def interference(runs: Runs) -> dict[str, list[pd.DataFrame]]:
    """Shares of the two largest clades of each run, and the neutral bands of both."""
    return {
        label: [sweeps.rivals(islands.demes(run), back=BACK, chances="dealt") for run in group]
        for label, group in runs.items()
    }


def shares(rivals: Mapping[str, Sequence[pd.DataFrame]]) -> Iterator[list[str]]:
    """Generations in which one clade, and in which two, are larger than drift would have them."""
    for label, tables in rivals.items():
        led = interval([float((t["lead"] > t["lead_band"]).mean()) for t in tables])
        both = interval([float(t["interference"].mean()) for t in tables])
        yield [label, told(led), told(both)]


def draw(long: Runs, evolving: Runs, effects: Values, pairs: Values, rivals: Mapping[str, list]) -> Figure:
    """Adaptation, σ, effects of mutations, epistasis, and two clades."""
    with styled():
        figure = canvas.own_figure(None, 7.2, 6.6)
        axes = figure.subplots(3, 2)
        for number, label in enumerate(TAKEN):
            look = palette.of_group(number)
            for run in long[label]:
                for ax, trait in zip(axes[0], DRAWN, strict=True):
                    shown = medians(run)[trait].rolling(20, min_periods=1).mean()
                    values = 10**shown if TRAITS[trait].log else shown
                    ax.plot(values.index, values, label=label, **look | {"lw": 0.6, "alpha": 0.7})
            for ax, values in zip(axes[2], (effects, pairs), strict=True):
                points(ax, values, label, "replication_error", look, 1 + 0.06 * number)
        for ax, trait in zip(axes[0], DRAWN, strict=True):
            ax.set(ylabel=TRAITS[trait].axis, xlabel="generation")
        axes[0, 1].set_yscale("log")
        scales.log_axis(axes[0, 1], "y")
        for number, label in enumerate(("w0.5", "shuffled", "w0", "w1")):
            for run in evolving.get(label, ()):
                line = 10 ** sigma(run)
                look = palette.of_group(number) | {"lw": 0.7, "alpha": 0.8}
                axes[1, 0].plot(line.index, line, label=label, **look)
        axes[1, 0].set(yscale="log", ylabel="median σ", xlabel="generation")
        scales.log_axis(axes[1, 0], "y")
        clades(axes[1, 1], rivals["w1"][0])
        axes[2, 0].set(ylabel="mean effect of a\nmutation on −log₁₀ ρ")
        axes[2, 1].set(ylabel="epistasis ε\non −log₁₀ ρ")
        named(figure, axes)
        return figure


def points(ax: Axes, values: Values, label: str, trait: str, look: dict, shift: float) -> None:
    """Means over runs by generation, with their intervals."""
    each = {g: interval(v) for (one, other, g), v in values.items() if (one, other) == (label, trait)}
    at = [g * shift for g in each]
    means = [one.value for one in each.values()]
    ends = [[one.value - one.low for one in each.values()], [one.high - one.value for one in each.values()]]
    ax.errorbar(at, means, ends, fmt="o", ms=3, lw=1, color=look["color"], label=label)
    ax.axhline(0, color=palette.faint(), lw=0.6)
    ax.set(xscale="log", xlabel="generation")
    ax.set_xticks(list(each), [f"{g:,}" for g in each])
    ax.minorticks_off()


def clades(ax: Axes, table: pd.DataFrame) -> None:
    """The two largest clades by generation above what drift has."""
    for number, (name, label) in enumerate((("lead", "largest clade"), ("second", "second largest"))):
        look = palette.of_group(number + 4)
        ax.plot(table["generation"], table[name], label=label, **look | {"lw": 1})
        ax.plot(table["generation"], table[f"{name}_band"], **look | {"lw": 0.7, "linestyle": ":"})
    ax.set(ylabel=f"share of those born {BACK}\ngenerations later", xlabel="generation", ylim=(0, 1.25))
    ax.set_yticks([0, 0.5, 1])
    ax.legend(loc="upper center", ncols=2)


def named(figure: Figure, axes: np.ndarray) -> None:
    """A legend of treatments, below."""
    handles = dict(zip(*axes[1, 0].get_legend_handles_labels()[::-1], strict=True))
    legend = figure.legend(handles.values(), handles, loc="outside lower center", ncols=4)
    for handle in legend.legend_handles:
        handle.set(lw=2, alpha=1)


def main(long: str, evolving: str, large: str) -> None:
    """Print the tables; draw beside the first sweep."""
    runs, rated, islands_of = (alife.load_sweep(each) for each in (long, evolving, large))
    effects, pairs, rivals = (
        assayed(runs, "dfe", dfe.of_generation),
        assayed(runs, "epistasis", epistasis.of_generation),
        interference(islands_of),
    )
    spans = [f"{a[0]}–{a[-1]} to {b[0]}–{b[-1]}" for a, b in pairwise(WINDOWS)]
    printed("Adaptation", ["", "trait", *spans, "largest later rise less fall"], adaptation(runs))
    printed("Mutation rate", ["", "last generation", "last σ / first", "fell", "against shuffled"], rates(rated))
    head = ["", "trait", "by generation", "last − first", "runs"]
    for what in ("mean", "spread", "beneficial"):
        printed(f"Effects of mutations, {what}", head, over_runs(effects[what]))
    for what in ("mean", "spread"):
        printed(f"Epistasis, {what}", head, over_runs(pairs[what]))
    printed("Clonal interference", ["", "one clade beyond drift", "two"], shares(rivals))
    print(*saving.save(draw(runs, rated, effects["mean"], pairs["mean"], rivals), Path(long), "serann", ("png",), 160))


if __name__ == "__main__":
    main(*sys.argv[1:])
