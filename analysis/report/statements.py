"""What a sweep says, in sentences with intervals over runs: three trade-offs kept apart, selection against chance."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from alife.errors import UserError
from analysis.assays import read
from analysis.compare import NAMES, Comparison, Row, compare
from analysis.report.page import Part, Table, Text, number, plural
from analysis.report.treatments import TASK_WEIGHT, WEIGHT, Sweep, ends, families, weighted
from analysis.run import Run
from analysis.statistics import FEWEST, Estimate, interval
from analysis.treatments import control
from analysis.wording import effect, sentences

BETWEEN: Final = ("accuracy", "copying_error")
"""What trades against what when treatments are compared; founders, never printed, have ρ alone."""


def among_treatments(sweep: Sweep) -> Iterator[Part]:
    """Over w: the heaviest against the lightest."""
    found = weighted(sweep.groups)
    if not found:
        yield Text("No two treatments differ by w alone: this sweep cannot show it.", "note")
    for family in found:
        low, high = ends(family, WEIGHT)
        yield from _told({high: family[high], low: family[low]}, low, BETWEEN, None)


def within_a_life(sweep: Sweep) -> Iterator[Part]:
    """Over task_weight, among founders, who live before anything has evolved; and in the end, without selection."""
    found = families(sweep.groups, TASK_WEIGHT)
    if not found:
        yield Text(
            "No two treatments differ by life.task_weight alone: this sweep cannot show it. Add "
            "'grid: {life.task_weight: [0.03, 0.1, 0.3]}' to its YAML.",
            "note",
        )
        return
    family = next((f for f in found if control(f) or _scheme(f) == "shuffled"), found[0])
    low, high = ends(family, TASK_WEIGHT)
    pair = {high: family[high], low: family[low]}
    if all(run.first == 0 for runs in pair.values() for run in runs):
        yield Text("Founders, who lived before anything had evolved:")
        yield from _told(pair, low, ("accuracy", "replication_error"), 0)
    yield Text(f"In the last generation, under {_scheme(family)}:")
    yield from _told(pair, low, BETWEEN, None)


def among_genomes(sweep: Sweep) -> Iterator[Part]:
    """Correlation over genomes of what they score in lives that they share, from gardens that were assayed."""
    found = {label: _gardens(runs) for label, runs in sweep.groups.items()}
    found = {label: values for label, values in found.items() if values}
    if not found:
        yield Text(
            "Not known: it needs several lives of each genome, under the same conditions. 'alife assay RUN garden' "
            "makes them for a run; make this report again when some runs have one.",
            "note",
        )
        return
    rows, said = [], []
    for label, values in found.items():
        e = interval(values)
        rows.append([label, _with(e), f"{e.n}"])
        if e.n < FEWEST:
            said.append(f"{label}: {plural(e.n, 'run')} with an assay bear no interval.")
        else:
            there = "there is a trade-off" if e.high < 0 else "both go together" if e.low > 0 else "none is shown"
            said.append(f"{label}: among genomes of the last generation {there}: correlation {_with(e)}, {e.n} runs.")
    yield from (Text(text, "statement") for text in said)
    yield Table(
        "Rank correlation over genomes of accuracy and copying fidelity in the common garden, each from other lives so "
        "that they share no chance; IQM over runs and its 95 % bootstrap interval",
        ["treatment", "correlation", "runs"],
        rows,
    )


def against_shuffled(sweep: Sweep) -> Iterator[Part]:
    """Each treatment against its shuffled control."""
    found = False
    for family in families(sweep.groups, "selection"):
        null = control(family)
        if null is not None:
            found = True
            comparison = compare(family, against=null)
            yield from (Text(text) for text in sentences(comparison))
            yield table(comparison)
            yield from (Text(note, "note") for note in comparison.notes)
    if not found:
        yield Text(
            "No treatment has a shuffled control (selection.scheme: shuffled): what is selection and what is biased "
            "inheritance cannot be told apart.",
            "note",
        )


def table(comparison: Comparison) -> Table:
    """All effects of a comparison."""
    rows = [
        [
            row.label,
            NAMES[row.trait],
            f"{row.effect.n}\u00a0pairs" if row.paired else f"{row.runs[0]}, {row.runs[1]}",
            _with(row.value),
            _with(row.reference),
            effect(row).replace(", ", ",\u00a0"),
            f"{row.test.superiority:.2f}",
            f"{row.adjusted:.2g}",
        ]
        for row in comparison.rows
    ]
    head = ["treatment", "trait", "runs", "value", comparison.against, "effect", "P(higher)", "p, adjusted"]
    return Table(f"Against {comparison.against}; brackets are 95 % bootstrap intervals over runs", head, rows)


def verdict(accuracy: Row, error: Row) -> str:
    """Whether more of what treatments differ by buys accuracy with error."""
    if not np.isfinite([accuracy.effect.low, error.effect.low]).all():
        return "Too few runs to say whether this trade-off is there."
    gain, cost = _sign(accuracy.effect, 0), _sign(error.effect, 1)
    name = NAMES[error.trait]
    if gain and gain == cost:
        more = "buys accuracy with" if gain > 0 else "gives accuracy up for less"
        return f"This trade-off is there: {accuracy.label} {more} {name}."
    if gain and cost:
        better = "better" if gain > 0 else "worse"
        return f"No trade-off here: accuracy and {name} are both {better} at {accuracy.label}."
    unclear = [NAMES[row.trait] for row, sign in ((accuracy, gain), (error, cost)) if not sign]
    return f"This trade-off is not shown: the interval of {' and of '.join(unclear)} covers no effect."


def _told(groups: Mapping[str, Sequence[Run]], against: str, traits: Sequence[str], at: int | None) -> Iterator[Part]:
    try:
        comparison = compare(groups, traits, at, against)
    except UserError as error:
        yield Text(str(error), "note")
        return
    accuracy, error_ = comparison.rows
    yield Text(f"{verdict(accuracy, error_)} {sentences(comparison)[0]}", "statement")


def _scheme(family: Mapping[str, Sequence[Run]]) -> str:
    return str(next(iter(family.values()))[0].setting("selection.scheme"))


def _sign(estimate: Estimate, nothing: float) -> int:
    return int(estimate.low > nothing) - int(estimate.high < nothing)


def _with(e: Estimate) -> str:
    return number(e.value) + (f" [{number(e.low)},\u00a0{number(e.high)}]" if np.isfinite(e.low) else "")


def _gardens(runs: Sequence[Run]) -> list[float]:
    values = []
    for run in runs:
        try:
            frames, _ = read(run.path, "garden", run.last + 1)
        except UserError:
            continue
        values.append(correlation(frames["lives"]))
    return [value for value in values if np.isfinite(value)]


def correlation(lives: pd.DataFrame) -> float:
    """Spearman's, over genomes of the last generation, of mean accuracy and mean copying fidelity, −log10 error.

    Accuracy is from every other life and fidelity from those between, and the other way round: what one life does to
    both is not a property of genomes.

    Args:
        lives: A row a (genome, life): id, generation, replicate, accuracy, copying_error.
    """
    last = lives[lives["generation"] == lives["generation"].max()]
    last = last.assign(fidelity=-np.log10(last["copying_error"]), half=last["replicate"] % 2)
    means = last.groupby(["half", "id"])[["accuracy", "fidelity"]].mean().unstack("half").dropna()
    if len(means) < FEWEST or means["accuracy"].shape[1] < 2:
        return np.nan
    crossed = [(means["accuracy", a], means["fidelity", b]) for a, b in ((0, 1), (1, 0))]
    return float(np.mean([stats.spearmanr(x, y).statistic for x, y in crossed]))
