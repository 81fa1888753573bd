"""Does what is learned become inherited? The runs, the tables and the figure of docs/results/heritable.md.

python examples/heritable_study.py OUT    about half an hour of one core; the same command goes on with what is missing
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import alife
from analysis.figures import canvas, legends, palette, saving, scales
from analysis.figures.style import styled

HERE = Path(__file__).resolve().parent
CONTROLS = HERE / "heritable_controls.py"
READY = yaml.safe_load((HERE / "heritable.yaml").read_text())
BASE = READY | {
    "life": READY["life"] | {"task_weight": 1, "threads": 1},
    "measures": {"message_accuracy": f"{CONTROLS}:message_accuracy"},
}
DENSE = {
    **{"quine.network": "dense", "quine.parameters": {}, "quine.hidden": 32},
    **{"life.optimizer": "adamax", "life.learning_rate": 0.005, "life.target": "birth"},
}
SWEEPS = {
    "main": {
        "seeds": 3,
        "treatments": {
            "printed": {"quine.parameters": {"norm": 150}},
            "shuffled": {"selection.shuffled": True},
            "adult": {"quine.parameters": {"norm": 150, "asked": "adult"}},
            "dense": DENSE,
        },
    },
    "weights": {
        "seeds": 3,
        "treatments": {
            **{f"weight-{w}": {"life.task_weight": w} for w in (0.1, 0.3, 3, 10)},
            "permuted": {"reproduction.operator": f"{CONTROLS}:permuted"},
        },
    },
    "single": {
        "seeds": [3],
        "treatments": {
            "norm-25": {"quine.parameters": {"norm": 25}},
            "norm-300": {"quine.parameters": {"norm": 300}},
            "target-birth": {"life.target": "birth"},
            "long": {"generations": 100},
            "long-no-norm": {"generations": 100, "quine.parameters": {"norm": 150, "scaled": False}},
        },
    },
    "long": {
        "seeds": [3],
        "treatments": {f"long-{w}": {"generations": 100, "life.task_weight": w} for w in (0.1, 0.3)},
    },
}
FORKED = 20
"""Generation of `printed` that is forked."""
FORKS = {
    "untaught": {"generations": 35, "life.task_weight": 0, "selection.accuracy_weight": 0},
    "unlearned": {"generations": 26, "life.steps": 0, "selection.accuracy_weight": 0},
}
"""What changes in forks: nobody is taught classes from then on, nor selected by them; or nobody learns anything."""
PANELS = (
    {
        "printed": "classes asked of the print",
        "shuffled": "the same, nobody selected",
        "untaught": "no classes from generation 20 on",
        "permuted": "messages are permuted",
        "adult": "classes asked of the adult",
        "dense": "the default organism",
    },
    {
        "weight-0.1": "task weight 0.1",
        "weight-0.3": "task weight 0.3",
        "printed": "task weight 1",
        "weight-3": "task weight 3",
        "weight-10": "task weight 10",
    },
)
"""Treatments, and what the figure calls them."""


Runs = Mapping[str, Sequence[alife.Run]]


def live(out: Path) -> None:
    """All runs, one after another in this process: sweeps, and the forks of `printed`."""
    for name, plan in SWEEPS.items():
        alife.sweep({"base": BASE, **plan}, out / name, backend="local")
    for name, changes in FORKS.items():
        for parent in sorted((out / "main/runs/printed").iterdir()):
            alife.fork(parent, FORKED, out / name / parent.name, changes, backend="local", resume=True)


def read(out: Path) -> Runs:
    """All runs, by treatment."""
    runs = {
        treatment: [alife.load_run(path) for path in sorted((out / name / "runs" / treatment).iterdir())]
        for name, plan in SWEEPS.items()
        for treatment in plan["treatments"]
    }
    return runs | {name: [alife.load_run(path) for path in sorted((out / name).iterdir())] for name in FORKS}


def medians(run: alife.Run, trait: str) -> pd.Series:
    """Of those that lived to the end, by generation."""
    births = run.births[run.births["cause_of_death"] == "generation_end"]
    return births.groupby("generation")[trait].median()


def resemblance(run: alife.Run, first: int = 5) -> float:
    """Correlation of newborn accuracies of parents and children, each as it differs from its generation's mean."""
    births = run.births.set_index("id")
    births["own"] = births["newborn_accuracy"] - births.groupby("generation")["newborn_accuracy"].transform("mean")
    children = births[births["generation"] > max(first, run.first)]
    return float(children["own"].corr(births["own"].reindex(children["ancestor_id"]).set_axis(children.index)))


def row(name: str, runs: Sequence[alife.Run]) -> str:
    """A line of the table: each run's value, in the order of the seeds."""
    traits = ("newborn_accuracy", "message_accuracy", "accuracy", "replication_error", "self_error")
    cells = [str(runs[0].last), _cell(medians(run, "newborn_accuracy").get(1, np.nan) for run in runs)]
    cells += [_cell(medians(run, trait).iloc[-1] for run in runs) for trait in traits]
    cells += [_cell(map(resemblance, runs)), str(sum(map(_early, runs)))]
    return f"| {name} | {' | '.join(cells)} |"


def table(runs: Runs) -> str:
    """What a run ends with, by treatment, in Markdown."""
    head = (
        "treatment",
        "last generation",
        "newborn accuracy, generation 1",
        "newborn accuracy, last",
        "message accuracy",
    )
    head += "adult accuracy", "ρ", "self error", "parent–child r", "died early"
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(row(*item) for item in runs.items())])


def draw(runs: Runs) -> Figure:
    """Newborn accuracy above ρ, by generation: controls at the left, task weights at the right."""
    with styled():
        figure = canvas.new_figure(7.2, 5.8)
        axes = figure.subplots(2, 2, sharex="col", sharey="row")
        for column, names in enumerate(PANELS):
            for number, (name, label) in enumerate(names.items()):
                for ax, trait in zip(axes[:, column], ("newborn_accuracy", "replication_error"), strict=True):
                    _lines(ax, [medians(run, trait) for run in runs[name]], label, number)
            _levels(*axes[:, column])
            scales.generation_axis(axes[1, column].xaxis, 0, BASE["generations"] + 5 * (column == 0))
        axes[0, 0].set(ylabel="accuracy at birth", ylim=(0, None))
        axes[1, 0].set(ylabel="replication error ρ", yscale="log")
        scales.log_axis(axes[1, 0], "y")
        for column in range(2):
            legends.of_axes(axes[1, column], list(axes[:, column]), below=True)
    return figure


def _levels(above: Axes, below: Axes) -> None:
    """Accuracy by chance, and what ρ is compared with."""
    above.axhline(0.1, color=palette.ink(), lw=0.9, ls=(0, (1, 2)), label="accuracy 0.1: chance")
    scales.zeros(below)
    below.axhline(0.05**2, color=palette.ink(), lw=0.9, ls=(0, (4, 2)), label="noise floor ρ = σ²")
    below.set_xlabel("generation")


def _lines(ax: Axes, series: Sequence[pd.Series], label: str, number: int) -> None:
    """Each run as a thin line, their median as a thick one."""
    look = palette.of_group(number)
    together = pd.concat(series, axis=1)
    ax.plot(together.index, together, color=look["color"], lw=0.6, alpha=0.5)
    ax.plot(together.index, together.median(axis=1), label=label, **look)


def _cell(values: Iterable[float]) -> str:
    shown = [f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}" for value in values if np.isfinite(value)]
    return ", ".join(shown) or "–"


def _early(run: alife.Run) -> int:
    return int((run.births["cause_of_death"] != "generation_end").sum())


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    live(folder)
    print(table(read(folder)))
    saving.save(draw(read(folder)), folder, "heritable", ("png",), 160)
