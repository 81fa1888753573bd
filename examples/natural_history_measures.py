"""Every measure of evolution on a study, a value a run: the last table of docs/results/natural_history.md.

python examples/natural_history_measures.py SWEEP [TREATMENT ...]
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

import alife
from analysis.evolution.breeder import agreement
from analysis.evolution.history import history
from analysis.statistics.intervals import interval

Frames = Mapping[str, pd.DataFrame]

TREATMENTS = ("w0", "w0.25", "w0.5", "shuffled")
LATER = 50
"""Generations after which lines of the third generation are counted."""


def more(frames: Frames, name: str) -> float:
    """How much more activity components have in the last generation than in neutral shadows, as a ratio."""
    last = frames[name].iloc[-1]
    return float(last["mean"] / last["shadow"])


def lasting(frames: Frames) -> float:
    """Lines of generation 3 that have descendants `LATER` generations on, less what shadows have."""
    row = frames["lines"].set_index("generation").loc[3 + LATER]
    return float(row["alive"] - row["neutral"])


def genetic(frames: Frames, trait: str) -> float:
    """Share of a trait's variance among adults that is genetic, over the whole run."""
    table = frames["matrices"]
    own = table[(table["trait"] == trait) & (table["other"] == trait)]
    return float(own["genetic"].mean() / own["phenotypic"].mean())


def slope(frames: Frames, name: str, trait: str) -> float:
    """Of realised responses on predicted ones: 1 where the breeder's equation is right."""
    table = frames[name]
    return float(agreement(table[table["trait"] == trait]).set_index("trait").loc[trait, "slope"])


def kept(frames: Frames, trait: str) -> float:
    """Blomberg's K in the last generation."""
    return float(frames["signal"].set_index("trait").loc[trait, "k"])


MEASURES: Mapping[str, Callable[[Frames], float]] = {
    "MODES: new classes that persist, 50 generations": lambda f: f["modes"]["change"].mean(),
    "MODES: classes never seen before": lambda f: f["modes"]["novelty"].mean(),
    "MODES: ecology, bits": lambda f: f["modes"]["ecology"].mean(),
    "activity of classes, × neutral": lambda f: more(f, "activity"),
    "activity of clades, × neutral": lambda f: more(f, "clade_activity"),
    "clades outside of their neutral bands": lambda f: f["clades"]["outside"].mean(),
    "sweeps in 100 generations, − neutral": lambda f: (f["sweep_rate"]["per_100"] - f["sweep_rate"]["neutral"]).iloc[0],
    "generations with rivals": lambda f: f["rivals"]["interference"].mean(),
    f"lines alive after {LATER} generations, − neutral": lasting,
    "Sackin index, × neutral": lambda f: f["balance"]["ratio"].iloc[0],
    "h² of accuracy": lambda f: f["responses"].groupby("trait")["heritability"].mean()["accuracy"],
    "h² of −log ρ": lambda f: f["responses"].groupby("trait")["heritability"].mean()["replication_error"],
    "h² of log Σg²": lambda f: f["responses"].groupby("trait")["heritability"].mean()["squared_norm"],
    "response of log Σg², realised on predicted": lambda f: slope(f, "responses", "squared_norm"),
    "the same of accuracy": lambda f: slope(f, "responses", "accuracy"),
    "the same of accuracy, by G": lambda f: slope(f, "multivariate", "accuracy"),
    "G/P of accuracy": lambda f: genetic(f, "accuracy"),
    "degrees that G's axis turns, − within": lambda f: (f["axes"]["angle"] - f["axes"]["within"]).mean(),
    "Blomberg's K of log Σg²": lambda f: kept(f, "squared_norm"),
    "Blomberg's K of accuracy": lambda f: kept(f, "accuracy"),
    "accuracy with log Σg², contrasts": lambda f: (
        f["contrasts"].set_index(["trait", "other"]).loc[("accuracy", "squared_norm"), "contrasts"]
    ),
}
"""One number a run of each."""


def values(run: alife.Run) -> dict[str, float]:
    """Of a run; chances of parents in shadows are as unequal as the tournament's."""
    frames, left_out, _ = history(run, chances="dealt")
    if left_out:
        raise SystemExit(f"{run.path}: {left_out}")
    return {name: float(of(frames)) for name, of in MEASURES.items()}


def rows(found: Mapping[str, Sequence[Mapping[str, float]]]) -> Iterator[list[str]]:
    """A measure a row, a treatment a column."""
    for name in MEASURES:
        means = [interval(np.array([run[name] for run in group])) for group in found.values()]
        yield [name, *(f"{one.value:.3g} [{one.low:.3g}, {one.high:.3g}]" for one in means)]


def main(sweep: str, *treatments: str) -> None:
    """Print the table."""
    runs = alife.load_sweep(sweep)
    found = {label: [values(run) for run in runs[label]] for label in treatments or TREATMENTS}
    head = [["measure", *found], ["---"] * (1 + len(found))]
    print("\n".join(f"| {' | '.join(row)} |" for row in [*head, *rows(found)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
