"""The trade-offs among genomes and within a life, as a sweep's assays found them: sentences and tables, runs as units.

Call `among_genomes` and `within_lives` for what was found, `genomes_parts`, `lives_table` and the tables of differences
between treatments, paired by seed, for the page. What they say is in tradeoffs.txt.j2 of `analysis/templates`. The
trade-off among treatments, which needs no assay, is in statements.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import pandas as pd

from alife.traits import TRAITS, score
from alife.words import count
from analysis import templates
from analysis.assays import of_runs
from analysis.assays.within_life import FREE, FREE_COST, RATE
from analysis.data.controls import partners
from analysis.data.once import once
from analysis.data.sweep import Sweep
from analysis.numbers import number, words
from analysis.report.page import Part, Text, said
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.tables import Effect, Table, table

VERDICTS: Final = {True: "there", False: "not shown", None: "too few runs to say"}
ONE_WEIGHT: Final = "not measured, as it needs two task weights above 0,"
MOST: Final = 6
"""Treatments up to which each is compared with each other; of more, each with the last, a control if there is one."""
SHARES: Final = {"H² of accuracy": "heritability", "H² of the other": "fidelity_heritability"}


@dataclass(frozen=True)
class Found:
    """Whether a trade-off is there: in whom, of `VERDICTS` or `ONE_WEIGHT`, its size in a few words, the sentence."""

    who: str
    verdict: str
    size: str
    sentence: str


def in_short(name: str, found: Sequence[Found]) -> str:
    """One sentence on one of the trade-offs."""
    by = {
        verdict: [(one.who.partition(" (generation")[0], one.size) for one in found if one.verdict == verdict]
        for verdict in (*VERDICTS.values(), ONE_WEIGHT)
    }
    return _say("short", name=name, found={verdict: those for verdict, those in by.items() if those})


def among_genomes(sweep: Sweep) -> list[Found]:
    """For each treatment with gardens."""
    out = []
    for label, frame in genomes(sweep).items():
        rows = frame[frame["trait"] == "replication_error"]
        e = interval(rows["coheritability"])
        verdict, size = VERDICTS[e.high < 0 if e.known else None], f"r_G·h·h {words(e)}"
        about = {"together": e.known and e.low > 0, "correlation": _correlation(rows), **_sizes(rows)}
        out.append(Found(label, verdict, size, _say("genomes", who=label, verdict=verdict, size=size, **about)))
    return out


def genomes_parts(sweep: Sweep) -> Iterator[Part]:
    """The section on genomes."""
    found = among_genomes(sweep)
    if not found:
        yield from said("tradeoffs", of="no genomes")
        return
    yield from (Text(one.sentence, "statement") for one in found)
    rows = []
    for label, frame in genomes(sweep).items():
        for trait in of_runs.FIDELITIES:
            own = frame[frame["trait"] == trait]
            covariance = own["coheritability"]
            cells = {"treatment": label, "accuracy against": TRAITS[trait].fidelity, "runs": len(own)}
            cells |= {head: interval(own[column]) for head, column in SHARES.items()} | {
                "r_G·h·h": interval(covariance)
            }
            cells["r_G·h·h, lowest to highest run"] = f"{number(covariance.min())} to {number(covariance.max())}"
            rows.append(cells | {"r_G": _correlation(own)})
    yield table(_say("genomes table"), rows)
    yield from _genomes_pairs(sweep)


def within_lives(sweep: Sweep) -> list[Found]:
    """For founders, and what the last generation of each treatment conceived, with the assay."""
    out = []
    for who, rows in _lives(sweep).items():
        gain, cost = interval(rows["accuracy"]), interval(rows["replication_error"])
        if one_weight := _one_weight(rows):
            verdict, size = ONE_WEIGHT, f"task weight {rows['heaviest'].iloc[0]:g} alone"
        else:
            known = gain.known and cost.known
            verdict = VERDICTS[bool(gain.low > 0 and cost.high < 0) if known else None]
            size = f"{score()} {words(gain, signed=True)}, ρ {words(factor(cost), factor=True)}"
        copying = words(factor(interval(rows["copying_error"])), factor=True)
        about = {"one_weight": one_weight, "copying": copying, **_sizes(rows)}
        out.append(Found(who, verdict, size, _say("lives", who=who, verdict=verdict, size=size, **about)))
    return out


def first_step(sweep: Sweep) -> str:
    """What the lightest task weight does, against none; "" where nobody lived without a task."""
    frames = [frame for frame in _lives(sweep).values() if FREE in frame]
    if not frames:
        return ""
    gains = [interval(frame[FREE]).value for frame in frames]
    costs = [10.0 ** -interval(frame[FREE_COST]).value for frame in frames]
    return _say("first step", lightest=frames[0]["lightest"].iloc[0], gains=gains, costs=costs)


def lives_table(sweep: Sweep) -> Table:
    """All that the assay measured."""
    rows = []
    first = next(iter(_lives(sweep).values())).iloc[0]
    for who, frame in _lives(sweep).items():
        found: dict[str, Any] = {"accuracy": Effect(interval(frame["accuracy"]))}
        found |= {trait: _fold(interval(frame[trait])) for trait in of_runs.FIDELITIES}
        found[RATE] = interval(frame[RATE])
        if _one_weight(frame):
            found = dict.fromkeys(found)
        if FREE in frame:
            step = f"no task to {first['lightest']:g}"
            found[f"accuracy, {step}"] = Effect(interval(frame[FREE]))
            found[f"ρ, {step}"] = _fold(interval(frame[FREE_COST]))
        rows.append({"genomes": who, "runs": len(frame)} | found)
    return table(_say("lives table", first=first), rows)


def _genomes_pairs(sweep: Sweep) -> Iterator[Table]:
    """Differences between treatments in what `genomes_parts` tells; none with fewer than two that are paired."""
    rows = []
    for trait in of_runs.FIDELITIES:
        frames = {label: frame[frame["trait"] == trait] for label, frame in genomes(sweep).items()}
        for first, other in pairs(sweep, frames):
            columns = {"r_G·h·h": "coheritability", **SHARES}
            found = {head: difference(frames[first], frames[other], column) for head, column in columns.items()}
            if e := found["r_G·h·h"]:
                names = {"treatment": first, "against": other, "accuracy against": TRAITS[trait].fidelity, "pairs": e.n}
                rows.append(names | {head: Effect(each) for head, each in found.items() if each})
    if rows:
        yield table(_say("genomes pairs"), rows)


def lives_pairs(sweep: Sweep) -> Iterator[Table]:
    """Differences between treatments under each task weight; none with fewer than two that are paired."""
    curves = {label: of_runs.curves(runs) for label, runs in sweep.groups.items()}
    curves = {label: frame[frame["generation"] > 0] for label, frame in curves.items() if len(frame)}
    curves = {label: frame for label, frame in curves.items() if len(frame)}
    rows = []
    for first, other in pairs(sweep, curves):
        for weight in sorted(set(curves[first]["task_weight"]) & set(curves[other]["task_weight"])):
            one, two = (frame[frame["task_weight"] == weight] for frame in (curves[first], curves[other]))
            errors = {trait: difference(two, one, trait) for trait in of_runs.FIDELITIES}
            if e := difference(one, two, "accuracy"):
                names = {"task weight": f"{weight:g}", "treatment": first, "against": other, "pairs": e.n}
                rows.append(names | {"accuracy": Effect(e)} | {t: _fold(each) for t, each in errors.items() if each})
    if rows:
        yield table(_say("lives pairs"), rows)


def pairs(sweep: Sweep, among: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """(treatment, what it is compared with): a control comes second, of others the one with less task or w."""
    labels = [label for label in sweep.groups if label in among]
    if len(labels) > MOST:
        return [(label, labels[-1]) for label in labels[:-1]]
    controls = {x for x in labels if sweep.groups[x][0].is_control}
    return [(a, b) if b in controls else (b, a) for a, b in combinations(labels, 2)]


def difference(first: pd.DataFrame, other: pd.DataFrame, column: str) -> Estimate | None:
    """Of the runs of equal seeds; None if they are not paired."""
    one, two = (frame.set_index("seed")[column] for frame in (first, other))
    seeds = partners(map(int, one.index), map(int, two.index))
    return None if seeds is None else interval((one.loc[seeds] - two.loc[seeds]).to_numpy())


@once
def genomes(sweep: Sweep) -> Mapping[str, pd.DataFrame]:
    """What `of_runs.among_genomes` says of each treatment with gardens."""
    found = {label: of_runs.among_genomes(runs) for label, runs in sweep.groups.items()}
    return {label: frame for label, frame in found.items() if len(frame)}


@once
def _lives(sweep: Sweep) -> Mapping[str, pd.DataFrame]:
    """Rows by whose genomes: founders first, who are the same in all treatments that begin alike."""
    return of_runs.by_genomes({label: of_runs.within_lives(runs) for label, runs in sweep.groups.items()})


def factor(change: Estimate) -> Estimate:
    """A change of −log₁₀ of an error as a factor of the error."""
    return change.mapped(lambda x: 10.0**-x)


def _fold(change: Estimate) -> Effect:
    return Effect(factor(change), factor=True)


def _say(of: str, **data: Any) -> str:
    return templates.sentences("tradeoffs", of=of, **data)[0]


def _sizes(rows: pd.DataFrame) -> dict[str, Any]:
    return {"first": rows.iloc[0], "runs": len(rows)}


def _one_weight(rows: pd.DataFrame) -> bool:
    return bool(rows["lightest"].iloc[0] == rows["heaviest"].iloc[0])


def _correlation(rows: pd.DataFrame) -> str:
    e = interval(rows["correlation"])
    return words(e) + (f" (defined in {e.n} of {count(len(rows), 'run')})" if e.n < len(rows) else "")
