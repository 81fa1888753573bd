"""What a sweep says, in sentences with intervals over runs: three trade-offs kept apart, selection against chance.

Its words are in statements.txt.j2 of `analysis/templates`; what assays found is in tradeoffs.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from alife.errors import UserError
from analysis.data.controls import control, families
from analysis.data.run import Run
from analysis.data.sweep import Sweep
from analysis.report import tradeoffs
from analysis.report.change import of_treatments
from analysis.report.page import Part, Text, said
from analysis.statistics.estimate import Estimate
from analysis.studies.comparison import Row, compare
from analysis.studies.survival import Extinct, extinct
from analysis.studies.treatments import TASK_WEIGHT, WEIGHT, ends, weighted
from analysis.studies.values import recorded_traits
from analysis.studies.wording import sentences, table

Family = Mapping[str, Sequence[Run]]

BETWEEN: Final = ("accuracy", "copying_error")
"""What trades against what when treatments are compared; founders, never printed, have ρ alone."""


def among_treatments(sweep: Sweep) -> Iterator[Part]:
    """Over w: the heaviest against the lightest."""
    found = weighted(sweep.groups)
    if not found:
        yield from _said("no treatments")
    for family in found:
        yield from _told(*_extremes(family, WEIGHT), BETWEEN)
    for family in families(sweep.groups, TASK_WEIGHT):
        yield from _said("task weights", scheme=next(iter(family.values()))[0].scheme)
        yield from _told(*_extremes(family, TASK_WEIGHT), BETWEEN)


def among_treatments_in_short(sweep: Sweep) -> str:
    """One sentence."""
    found = []
    for pair, low in (_extremes(family, WEIGHT) for family in weighted(sweep.groups)):
        rows, refused = _compared(pair, low)
        verdict = tradeoffs.VERDICTS[is_there(*_both(rows, BETWEEN))] if rows else ""
        found.append((next(iter(pair)), low, verdict, rows, refused, extinct(pair)))
    return _said("treatments in short", found=found)[0].text


def against_shuffled_in_short(sweep: Sweep) -> str:
    """One sentence."""
    found: list[tuple[str, Sequence[Row], str]] = []
    for family in families(sweep.groups, "selection"):
        if (null := control(family)) is not None:
            rows, refused = _compared(family, null)
            found += [(null, (), refused)] if refused else []
            found += [(label, list(own), "") for label, own in groupby(rows, lambda row: row.label)]
    return _said("shuffled in short", found=found)[0].text


def is_there(accuracy: Row, error: Row) -> bool | None:
    """Whether one of accuracy and error is certainly bought with the other; None with too few runs to say."""
    if not (accuracy.effect.known and error.effect.known):
        return None
    gain, cost = _sign(accuracy.effect, 0), _sign(error.effect, 1)
    return bool(gain and gain == cost)


def recorded(family: Family, traits: Sequence[str], at: int | None = None) -> list[str]:
    """Those of the traits that all runs have, and the accuracy on test images after that on the selection split."""
    known = recorded_traits([run for among in family.values() for run in among], at)
    wanted = [name for trait in traits for name in ((trait, "test_accuracy") if trait == "accuracy" else (trait,))]
    return [name for name in wanted if name in known]


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
        pair, low = _extremes(family, TASK_WEIGHT)
        if all(run.first == 0 for runs in pair.values() for run in runs):
            yield from _said("founders")
            yield from _told(pair, low, ("accuracy", "replication_error"), 0)
            return
    yield from _said("no lives")


def against_shuffled(sweep: Sweep) -> Iterator[Part]:
    """Each treatment against its shuffled control."""
    found = [(family, null) for family in families(sweep.groups, "selection") if (null := control(family)) is not None]
    for family, null in found:
        comparison = compare(family, against=null)
        yield from map(Text, sentences(comparison))
        yield table(comparison, intervals=True)
        yield from (Text(note, "note") for note in comparison.notes)
        try:
            yield from of_treatments(family)
        except UserError as error:
            yield Text(str(error), "note")
    if not found:
        yield from _said("no control")


def verdict(accuracy: Row, error: Row, gone: Sequence[Extinct] = ()) -> str:
    """Whether more of what treatments differ by buys accuracy with error; where too few lived to say, who died out."""
    gain, cost, there = _sign(accuracy.effect, 0), _sign(error.effect, 1), is_there(accuracy, error)
    about = {"accuracy": accuracy, "error": error, "there": there, "gain": gain, "cost": cost}
    return _said("verdict", **about, extinct=gone)[0].text


def _told(pair: Family, against: str, traits: Sequence[str], at: int | None = None) -> Iterator[Part]:
    try:
        comparison = compare(pair, recorded(pair, traits, at), at, against)
    except UserError as error:
        yield Text(str(error), "note")
        yield from _said("extinct", extinct=extinct(pair))
        return
    gain, cost = _both(comparison.rows, traits)
    found = verdict(gain, cost, extinct(pair))
    yield Text(f"{found} {sentences(comparison)[0]}", "statement")


def _extremes(family: Family, key: str) -> tuple[dict[str, Sequence[Run]], str]:
    """The treatments with the most and the least of a key, and the label of that with the least."""
    low, high = ends(family, key)
    return {high: family[high], low: family[low]}, low


def _compared(family: Family, against: str) -> tuple[Sequence[Row], str]:
    """The rows of a comparison, or why there is none."""
    try:
        return compare(family, recorded(family, BETWEEN), None, against).rows, ""
    except UserError as refused:
        return (), str(refused)


def _both(rows: Sequence[Row], traits: Sequence[str]) -> list[Row]:
    """The rows that a verdict rests on."""
    return [row for row in rows if row.trait in traits]


def _sign(estimate: Estimate, nothing: float) -> int:
    return int(estimate.low > nothing) - int(estimate.high < nothing)


def _said(of: str, **data: Any) -> list[Text]:
    return said("statements", of=of, **data)
