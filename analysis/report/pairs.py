"""Treatments against each other in what assays found, paired by seed: differences with intervals over pairs of runs."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

import pandas as pd

from alife.evolution.selection import CONTROLS
from alife.traits import MAIN, TRAITS
from analysis.assays import of_runs
from analysis.data.treatments import partners
from analysis.numbers import words
from analysis.report.tradeoffs import factor, genomes
from analysis.report.treatments import Sweep
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.tables import Table

MOST: Final = 6
"""Treatments up to which each is compared with each other; of more, each with the last, a control if there is one."""

GENOMES: Final = (
    "The same between treatments, paired by seed: how much more the first has than the other; interquartile means over "
    "pairs of runs [95 % bootstrap interval over pairs], not corrected for how many there are"
)
LIVES: Final = (
    "The same task weight, genomes of different treatments: what those of the first have more than those of the other, "
    "children of the last generation in the same life; interquartile means over pairs of runs [95 % bootstrap interval "
    "over pairs], not corrected for how many there are"
)


def genomes_table(sweep: Sweep) -> Table | None:
    """Differences of what `trades` tells of the genomes of each treatment; None with fewer than two that are paired."""
    rows = []
    for trait in of_runs.FIDELITIES:
        tables = {label: table[table["trait"] == trait] for label, table in genomes(sweep).items()}
        for first, other in pairs(sweep, tables):
            columns = ("coheritability", "heritability", "fidelity_heritability")
            found = [_differences(tables[first], tables[other], column) for column in columns]
            if found[0] is not None:
                rows.append([first, other, TRAITS[trait].fidelity, *_cells(found)])
    head = ["treatment", "against", "accuracy against", "pairs", "r_G·h·h", "H² of accuracy", "H² of the other"]
    return Table(GENOMES, head, rows) if rows else None


def lives_table(sweep: Sweep) -> Table | None:
    """Differences between treatments under each task weight; None with fewer than two that are paired."""
    curves = {label: _late(of_runs.curves(runs)) for label, runs in sweep.groups.items()}
    curves = {label: table for label, table in curves.items() if len(table)}
    rows = []
    for first, other in pairs(sweep, curves):
        for weight in sorted(set(curves[first]["task_weight"]) & set(curves[other]["task_weight"])):
            one, two = (table[table["task_weight"] == weight] for table in (curves[first], curves[other]))
            accuracy = _differences(one, two, "accuracy")
            errors = [_differences(two, one, trait) for trait in of_runs.FIDELITIES]
            if accuracy is not None:
                changes = [factor(e) for e in errors if e is not None]
                rows.append([f"{weight:g}", first, other, str(accuracy.n), words(accuracy, signed=True), *changes])
    head = ["task weight", "treatment", "against", "pairs", *(TRAITS[trait].short for trait in MAIN)]
    return Table(LIVES, head, rows) if rows else None


def pairs(sweep: Sweep, among: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """(treatment, what it is compared with): a control comes second, of others the one with less task or w."""
    labels = [label for label in sweep.groups if label in among]
    if len(labels) > MOST:
        return [(label, labels[-1]) for label in labels[:-1]]
    controls = {x for x in labels if sweep.groups[x][0].setting("selection.scheme") in CONTROLS}
    return [(a, b) if b in controls else (b, a) for a, b in combinations(labels, 2)]


def _late(curves: pd.DataFrame) -> pd.DataFrame:
    """Rows of what each run's last generation conceived."""
    return curves[curves["generation"] > 0] if len(curves) else curves


def _differences(first: pd.DataFrame, other: pd.DataFrame, column: str) -> Estimate | None:
    """Of the runs of equal seeds; None if they are not paired."""
    one, two = (table.set_index("seed")[column] for table in (first, other))
    seeds = partners(map(int, one.index), map(int, two.index))
    return None if seeds is None else interval((one.loc[seeds] - two.loc[seeds]).to_numpy())


def _cells(found: Sequence[Estimate | None]) -> list[str]:
    known = [e for e in found if e is not None]
    return [str(known[0].n), *(words(e, signed=True) for e in known)]
