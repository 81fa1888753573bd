"""What a sweep says, in sentences with intervals over runs: three trade-offs kept apart, selection against chance."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from alife.errors import UserError
from alife.traits import TRAITS
from analysis.data.run import Run
from analysis.data.treatments import control, families
from analysis.numbers import words
from analysis.report import tradeoffs
from analysis.report.change import of_treatments
from analysis.report.page import Part, Text
from analysis.report.treatments import TASK_WEIGHT, WEIGHT, Sweep, ends, weighted
from analysis.statistics.estimate import Estimate
from analysis.studies.comparison import Row, compare
from analysis.studies.values import recorded_traits
from analysis.studies.wording import sentences, table

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
    for family in families(sweep.groups, TASK_WEIGHT):
        low, high = ends(family, TASK_WEIGHT)
        yield Text(f"Evolved under more and under less weight of the task within a life, {_scheme(family)}:")
        yield from _told({high: family[high], low: family[low]}, low, BETWEEN, None)


def among_treatments_in_short(sweep: Sweep) -> str:
    """One sentence."""
    verdicts = []
    for family in weighted(sweep.groups):
        low, high = ends(family, WEIGHT)
        pair = {high: family[high], low: family[low]}
        try:
            rows = compare(pair, recorded(pair, BETWEEN), None, low).rows
        except UserError as refused:
            verdicts.append(f"{high} against {low}: {refused}")
        else:
            verdicts.append(
                f"{tradeoffs.VERDICTS[is_there(*_both(rows, BETWEEN))]}: {high} against {low} {_effects(rows)}"
            )
    return f"Among treatments, over w: {'; '.join(verdicts) if verdicts else 'not measured'}."


def against_shuffled_in_short(sweep: Sweep) -> str:
    """One sentence."""
    effects = []
    for family in families(sweep.groups, "selection"):
        null = control(family)
        if null is None:
            continue
        try:
            rows = compare(family, recorded(family, BETWEEN), against=null).rows
        except UserError as refused:
            effects.append(f"{null}: {refused}")
        else:
            labels = dict.fromkeys(row.label for row in rows)
            effects += [f"{label} {_effects([row for row in rows if row.label == label])}" for label in labels]
    return f"Selection against shuffled: {'; '.join(effects) if effects else 'no control to tell it by'}."


def is_there(accuracy: Row, error: Row) -> bool | None:
    """Whether one of accuracy and error is certainly bought with the other; None with too few runs to say.

    Too few are those that could not reach p < 0.05 either: the interval of three or four runs is all of their range.
    """
    rows = accuracy, error
    if any(row.too_few for row in rows) or not np.isfinite([row.effect.low for row in rows]).all():
        return None
    gain, cost = _sign(accuracy.effect, 0), _sign(error.effect, 1)
    return bool(gain and gain == cost)


def recorded(family: Mapping[str, Sequence[Run]], traits: Sequence[str], at: int | None = None) -> list[str]:
    """Those of the traits that all runs have, and the accuracy on test images after that on the selection split."""
    runs = [run for among in family.values() for run in among]
    known = recorded_traits(runs, at)
    wanted = [name for trait in traits for name in ((trait, "test_accuracy") if trait == "accuracy" else (trait,))]
    return [name for name in wanted if name in known]


def _both(rows: Sequence[Row], traits: Sequence[str]) -> list[Row]:
    """The rows that a verdict rests on."""
    return [row for row in rows if row.trait in traits]


def _effects(rows: Sequence[Row]) -> str:
    return ", ".join(f"{TRAITS[row.trait].label} {words(row.effect, not row.is_factor, row.is_factor)}" for row in rows)


def within_a_life(sweep: Sweep) -> Iterator[Part]:
    """Over task_weight: the same genomes under several, as the assay had them live; or founders of several treatments,
    who are the same before anything has evolved.
    """
    found = tradeoffs.within_lives(sweep)
    if found:
        yield from (Text(one.sentence, "statement") for one in found)
        if step := tradeoffs.first_step(sweep):
            yield Text(step, "statement")
        yield tradeoffs.lives_table(sweep)
        return
    for family in families(sweep.groups, TASK_WEIGHT):
        low, high = ends(family, TASK_WEIGHT)
        pair = {high: family[high], low: family[low]}
        if all(run.first == 0 for runs in pair.values() for run in runs):
            yield Text("The same founders, before anything had evolved, in the lives that two treatments gave them:")
            yield from _told(pair, low, ("accuracy", "replication_error"), 0)
            return
    yield Text(
        "Not measured: it needs the same genomes under several task weights. Put 'assays: {within_life: {generations: "
        "[0, last]}}' into the sweep's YAML and give the same command again, or 'alife assay RUN within_life' for some "
        "of its runs.",
        "note",
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
            yield table(comparison, intervals=True)
            yield from (Text(note, "note") for note in comparison.notes)
            yield from _change(family)
    if not found:
        yield Text(
            "No treatment has a shuffled control (selection.scheme: shuffled): what is selection and what is biased "
            "inheritance cannot be told apart.",
            "note",
        )


def _change(family: Mapping[str, Sequence[Run]]) -> Sequence[Part]:
    try:
        return of_treatments(family)
    except UserError as error:
        return [Text(str(error), "note")]


def verdict(accuracy: Row, error: Row) -> str:
    """Whether more of what treatments differ by buys accuracy with error."""
    there, name = is_there(accuracy, error), TRAITS[error.trait].label
    if there is None:
        return "Too few runs to say whether this trade-off is there."
    gain, cost = _sign(accuracy.effect, 0), _sign(error.effect, 1)
    if there:
        more = "buys accuracy with" if gain > 0 else "gives accuracy up for less"
        return f"This trade-off is there: {accuracy.label} {more} {name}."
    if gain and cost:
        better = "better" if gain > 0 else "worse"
        return f"No trade-off here: accuracy and {name} are both {better} at {accuracy.label}."
    unclear = [TRAITS[row.trait].label for row, sign in ((accuracy, gain), (error, cost)) if not sign]
    return f"This trade-off is not shown: the interval of {' and of '.join(unclear)} covers no effect."


def _told(groups: Mapping[str, Sequence[Run]], against: str, traits: Sequence[str], at: int | None) -> Iterator[Part]:
    try:
        comparison = compare(groups, recorded(groups, traits, at), at, against)
    except UserError as error:
        yield Text(str(error), "note")
        return
    accuracy, error_ = _both(comparison.rows, traits)
    yield Text(f"{verdict(accuracy, error_)} {sentences(comparison)[0]}", "statement")


def _scheme(family: Mapping[str, Sequence[Run]]) -> str:
    return str(next(iter(family.values()))[0].setting("selection.scheme"))


def _sign(estimate: Estimate, nothing: float) -> int:
    return int(estimate.low > nothing) - int(estimate.high < nothing)
