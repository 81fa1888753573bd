"""A thousand generations of specialisation: the tables and figures of docs/results/natural_history.md.

alife sweep --config examples/natural_history.yaml --out SWEEP --ray.hosts 2
python examples/natural_history.py SWEEP
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import alife
from alife.traits import TRAITS
from analysis.evolution.history import history
from analysis.figures import canvas, palette, saving, scales
from analysis.figures.style import styled
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import difference, interval
from analysis.studies.survival import extinct_by, hazards
from analysis.studies.treatments import medians

Runs = Mapping[str, Sequence[alife.Run]]

DRAWN = ("accuracy", "replication_error", "squared_norm")
STATED = (*DRAWN, "copying_error")
TESTED = (*STATED, "test_accuracy")
EARLY, LATE = range(200, 300), range(900, 1000)
"""Generations over which a run's medians are averaged: one generation of 24 is noisy."""
LASTED = (("w0.75", "w1"), ("w1_apart", "w1"), ("w1_one", "w1"), ("w0.75_apart", "w0.75"), ("w0.75_one", "w0.75"))
SURVIVAL = ("w0.5", "w0.75", "w0.75_apart", "w1", "w1_apart", "shuffled")
FRONTS = ("w0", "w0.25", "w0.5", "shuffled")
PAIRS = {
    "w0": "shuffled",
    "w0.25": "shuffled",
    "w0.5": "shuffled",
    "w0.5_apart": "w0.5",
    "shuffled_apart": "shuffled",
}


def value(run: alife.Run, trait: str, window: range) -> float:
    """Mean over a window of the medians of its generations, of errors and norms as log10; NaN if the run ended before.

    Test images are classified in the last generation alone, and stand for the last window.
    """
    if trait == "test_accuracy":
        window = range(run.last, run.last + 1)
    return float(medians(run)[trait].reindex(window).mean(skipna=False)) if run.last >= window[-1] else np.nan


def told(found: Estimate, trait: str, ratio: bool = False) -> str:
    """With its interval, in the trait's own units or as a ratio."""
    if TRAITS[trait].log:
        found = found.mapped(lambda x: 10.0**x)
        return f"{'×' * ratio}{found.value:.3g} [{found.low:.3g}, {found.high:.3g}]"
    return f"{found.value:{'+' * ratio}.3f} [{found.low:.3f}, {found.high:.3f}]"


def table(head: Sequence[str], rows: Iterator[list[str]]) -> str:
    """In Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def deaths_by(runs: Runs) -> Iterator[list[str]]:
    """Treatment; the share extinct by 100, 250 and 1,000; when they died."""
    for label, group in runs.items():
        shares = extinct_by({label: group}, (100, 250, 999))
        when = sorted(run.last for run in group if run.is_extinct)
        cells = [f"{one.value * one.n:.0f} of {one.n} [{one.low:.2f}, {one.high:.2f}]" for one in shares]
        rate = hazards({label: group})[0]
        died = f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]"
        yield [label, *cells, died, ", ".join(map(str, when)) or "none"]


def states(runs: Runs, window: range, traits: Sequence[str]) -> Iterator[list[str]]:
    """Traits of treatments of which all runs lived that long."""
    for label, group in runs.items():
        if all(run.last >= window[-1] for run in group):
            values = {trait: [value(run, trait, window) for run in group] for trait in traits}
            yield [label, *(told(interval(values[trait]), trait) for trait in traits)]


def changes(runs: Runs) -> Iterator[list[str]]:
    """What the last 100 generations have over the third hundred, paired."""
    for label, group in runs.items():
        if all(run.last >= LATE[-1] for run in group):
            gaps = {t: [value(run, t, LATE) - value(run, t, EARLY) for run in group] for t in STATED}
            yield [label, *(told(interval(gaps[trait]), trait, ratio=True) for trait in STATED)]


def paired(runs: Runs, label: str, against: str) -> list[tuple[alife.Run, alife.Run]]:
    """Runs of two treatments with the same seed."""
    partners = {run.config["seed"]: run for run in runs.get(against, ())}
    return [(run, partners[run.config["seed"]]) for run in runs.get(label, ()) if run.config["seed"] in partners]


def effects(runs: Runs) -> Iterator[list[str]]:
    """A treatment against another, paired by seed, of the last 100 generations."""
    for label, against in PAIRS.items():
        pairs = paired(runs, label, against)
        values = {t: [[value(run, t, LATE) for run in side] for side in zip(*pairs, strict=True)] for t in TESTED}
        gaps = {trait: difference(*values[trait], paired=True) for trait in TESTED} if pairs else {}
        yield [f"{label} − {against}", *(told(gap, trait, ratio=True) for trait, gap in gaps.items())]


def ends(run: alife.Run) -> np.ndarray:
    """[islands] last generation of each."""
    return run.generations.groupby("island")["generation"].max().to_numpy()


def lives(runs: Runs) -> Iterator[list[str]]:
    """How long populations lasted of which all died, and their islands."""
    for label, group in runs.items():
        if group and all(run.is_extinct for run in group):
            times = ([run.last for run in group], [ends(run).min() for run in group])
            cells = [interval(np.log10(each)).mapped(lambda x: 10.0**x) for each in times]
            gaps = ", ".join(str(np.ptp(ends(run))) for run in group if len(ends(run)) > 1)
            yield [label, *(f"{one.value:.0f} [{one.low:.0f}, {one.high:.0f}]" for one in cells), gaps or "–"]


def lasted(runs: Runs) -> Iterator[list[str]]:
    """How much longer populations of one treatment lasted than of another, paired by seed, and their first islands."""
    for label, against in LASTED:
        pairs = [pair for pair in paired(runs, label, against) if all(run.is_extinct for run in pair)]
        if pairs:
            ratios = [
                [np.log10(of(a) / of(b)) for a, b in pairs] for of in (lambda run: run.last, lambda r: ends(r).min())
            ]
            yield [f"{label} / {against}", *(told(interval(each), "replication_error", ratio=True) for each in ratios)]


def best(runs: Runs) -> Iterator[list[str]]:
    """Accuracy of the first ten generations, the highest of any ten, and how long before a run's end those ended."""
    for label, group in runs.items():
        each = [medians(run)["accuracy"] for run in group]
        tops = [one.rolling(min(10, len(one))).mean().dropna() for one in each]
        cells = [interval([of(top) for top in tops]) for of in (lambda top: top.iloc[0], lambda top: top.max())]
        when = sorted(int(run.last - top.idxmax()) for run, top in zip(group, tops, strict=True))
        yield [label, *(told(cell, "accuracy") for cell in cells), ", ".join(map(str, when))]


def turnover(runs: Runs) -> Iterator[list[str]]:
    """Sweeps in 100 generations, how many more than in neutral shadows, and the share of generations with rivals.

    Parents in shadows have chances as unequal as the tournament's. Nothing can sweep islands that are apart.
    """
    for label, group in runs.items():
        if label.endswith("_apart"):
            continue
        tables = [history(run, ["sweep_rate", "rivals"], span=10, chances="dealt")[0] for run in group]
        rates = [table["sweep_rate"].iloc[0] for table in tables]
        rivals = [table["rivals"]["interference"].mean() for table in tables]
        values = ([rate["per_100"] for rate in rates], [rate["per_100"] - rate["neutral"] for rate in rates], rivals)
        yield [label, *(told(interval(each), "accuracy") for each in values)]


def draw(runs: Runs) -> Figure:
    """Accuracy, ρ and Σg² by generation, a line a run."""
    with styled():
        figure = canvas.own_figure(None, 7.2, 6.2)
        panels = figure.subplots(3, 2, sharex=True, sharey="row")
        for column, apart in enumerate(("", "_apart")):
            for number, label in enumerate(("w0", "w0.25", "w0.5", "w0.75", "w1", "shuffled")):
                for run in runs.get(label + apart, ()):
                    line(panels[:, column], run, label, number)
        finish(panels)
        return figure


def line(column: Sequence, run: alife.Run, label: str, number: int) -> None:
    """One run in a column of panels, smoothed over 10 generations."""
    look = palette.of_group(number) | {"lw": 0.6, "alpha": 0.7}
    shown = medians(run).rolling(10, min_periods=1).mean()
    for ax, trait in zip(column, DRAWN, strict=True):
        values = 10 ** shown[trait] if TRAITS[trait].log else shown[trait]
        ax.plot(shown.index, values, label=label, **look)


def finish(panels: np.ndarray) -> None:
    """Scales, names of axes, and one legend below."""
    for ax, title in zip(panels[0], ("islands that exchange migrants", "islands apart"), strict=True):
        ax.set_title(title)
    for row, trait in zip(panels, DRAWN, strict=True):
        row[0].set_ylabel(TRAITS[trait].axis)
        if TRAITS[trait].log:
            row[0].set_yscale("log")
            scales.log_axis(row[0], "y")
    panels[1, 0].set_ylim(3e-3, 3)
    for ax in panels[2]:
        ax.set_xlabel("generation")
        scales.generation_axis(ax.xaxis, 0, 999)
    handles = dict(zip(*panels[0, 0].get_legend_handles_labels()[::-1], strict=True))
    legend = panels[0, 0].figure.legend(handles.values(), handles, loc="outside lower center", ncols=6)
    for handle in legend.legend_handles:
        handle.set(lw=2, alpha=1)


def figures(runs: Runs) -> Iterator[tuple[str, Figure]]:
    """By name: trajectories, survival, fronts of those that live, and a lineage that lives and one that does not."""
    yield "natural-history", draw(runs)
    with styled():
        lasting = {label: runs[label] for label in SURVIVAL if label in runs}
        yield "natural-history-survival", alife.figures.survival(lasting).figure
        alive = {label: runs[label] for label in FRONTS if label in runs}
        yield "natural-history-fronts", alife.figures.attainment(alive).figure
        for label in ("w0.5", "w1"):
            tree = alife.figures.phylogeny(runs[label][0], trait="squared_norm")
            yield f"natural-history-lineage-{label}", tree


def ended(sweep: str) -> Runs:
    """Runs that have come to their end, one way or the other."""
    groups = alife.load_sweep(sweep).items()
    return {name: [run for run in runs if run.manifest["status"] in ("finished", "extinct")] for name, runs in groups}


def main(sweep: str) -> None:
    """Print the tables; draw beside the sweep."""
    runs = ended(sweep)
    traits = [TRAITS[trait].short for trait in TESTED]
    print(
        table(
            ["treatment", "extinct by 100", "by 250", "by 999", "deaths in 1,000 generations", "died in"],
            deaths_by(runs),
        )
    )
    print(table(["treatment", "population dies", "its first island", "from the first to the last"], lives(runs)))
    print(table(["lasted", "populations", "first islands"], lasted(runs)))
    print(table(["treatment", "first ten", "highest ten", "generations before its end"], best(runs)))
    print("generations 200 to 299\n\n" + table(["treatment", *traits[:-1]], states(runs, EARLY, STATED)))
    print("generations 900 to 999\n\n" + table(["treatment", *traits], states(runs, LATE, TESTED)))
    print("900 to 999 against 200 to 299\n\n" + table(["treatment", *traits[:-1]], changes(runs)))
    print("against others, 900 to 999\n\n" + table(["pair", *traits], effects(runs)))
    print(table(["treatment", "sweeps in 100 generations", "more than neutral", "with rivals"], turnover(runs)))
    for name, figure in figures(runs):
        print(*saving.save(figure, Path(sweep), name, ("png",), 160))


if __name__ == "__main__":
    main(sys.argv[1])
