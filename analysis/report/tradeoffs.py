"""The trade-offs among genomes and within a life, as a sweep's assays found them: sentences and tables, runs as units.

Call `among_genomes` and `within_lives` for sentences, `genomes_parts` and `lives_table` for tables. The trade-off among
treatments, which needs no assay, is in statements.py.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from alife.traits import MAIN, TRAITS
from alife.words import count
from analysis.assays import of_runs
from analysis.assays.within_life import FREE, FREE_COST, RATE
from analysis.data.run import Run
from analysis.numbers import number, words
from analysis.report.page import Part, Text
from analysis.report.treatments import Sweep
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.statistics.significance import too_few
from analysis.tables import Table

GENOMES: Final = (
    "Over replicated lives that all genomes conceived by a run's last generation share, within islands. H² is that "
    "within a common life: what lives differ by, as individuals of a run do too, is in no variance here. r_G is the "
    "genetic correlation, undefined in a run whose genomes cannot be told apart by one of the traits; r_G·h·h is the "
    "genetic covariance in standard deviations within a common life, defined wherever both traits vary, and what the "
    "verdict rests on. Accuracy is on the selection split. "
    "Interquartile means over runs [95 % bootstrap interval over runs], not corrected for how many there are"
)
LIVES: Final = (
    "What more of the task does to the same genomes: means over the genomes of a run; interquartile means over runs "
    "[95 % bootstrap interval over runs], not corrected for how many there are"
)


VERDICTS: Final = {True: "there", False: "not shown", None: "too few runs to say"}
ONE_WEIGHT: Final = "not measured, as it needs two task weights above 0,"


@dataclass(frozen=True)
class Found:
    """Whether a trade-off is there: in whom, of `VERDICTS` or `ONE_WEIGHT`, its size in a few words, the sentence."""

    who: str
    verdict: str
    size: str
    sentence: str


def in_short(name: str, found: Sequence[Found]) -> str:
    """One sentence on one of the trade-offs."""
    parts = []
    for verdict in (*VERDICTS.values(), ONE_WEIGHT):
        those = [f"{one.who.partition(' (generation')[0]} ({one.size})" for one in found if one.verdict == verdict]
        if those:
            parts.append(f"{verdict} in {', '.join(those)}")
    return f"{name}: {'; '.join(parts) if parts else 'not measured'}."


def among_genomes(sweep: Sweep) -> list[Found]:
    """For each treatment with gardens."""
    out = []
    for label, table in genomes(sweep).items():
        rows = table[table["trait"] == "replication_error"]
        covariance = interval(rows["coheritability"])
        verdict = VERDICTS[bool(covariance.high < 0) if _enough(covariance) else None]
        together = ", both go together" if _enough(covariance) and covariance.low > 0 else ""
        first = rows.iloc[0]
        size = f"r_G·h·h {words(covariance)}"
        sentence = (
            f"{label}: {verdict}{together}. Accuracy and −log₁₀ ρ have {size} and a genetic correlation r_G "
            f"{_correlation(rows)} among genomes of generation {first['generation']}: {count(len(rows), 'run')} of "
            f"{count(first['genomes'], 'genome')} × {count(first['lives'], 'life', 'lives')}."
        )
        out.append(Found(label, verdict, size, sentence))
    return out


def genomes_parts(sweep: Sweep) -> Iterator[Part]:
    """The section on genomes."""
    found = among_genomes(sweep)
    if not found:
        yield Text(
            "Not measured: it needs several lives of each genome, under the same conditions. Put 'assays: {garden: "
            "{generations: [last]}}' into the sweep's YAML and give the same command again, or 'alife assay RUN "
            "garden' for some of its runs.",
            "note",
        )
        return
    yield from (Text(one.sentence, "statement") for one in found)
    rows = []
    for label, table in genomes(sweep).items():
        for trait in of_runs.FIDELITIES:
            own = table[table["trait"] == trait]
            shares = [words(interval(own[column])) for column in ("heritability", "fidelity_heritability")]
            covariance = own["coheritability"]
            ends = f"{number(covariance.min())} to {number(covariance.max())}"
            cells = [str(len(own)), *shares, words(interval(covariance)), ends, _correlation(own)]
            rows.append([label, TRAITS[trait].fidelity, *cells])
    head = ["treatment", "accuracy against", "runs", "H² of accuracy", "H² of the other", "r_G·h·h"]
    head += ["r_G·h·h, lowest to highest run", "r_G"]
    yield Table(GENOMES, head, rows)


def within_lives(sweep: Sweep) -> list[Found]:
    """For founders, and what the last generation of each treatment conceived, with the assay."""
    out = []
    for who, rows in _lives(sweep).items():
        first = rows.iloc[0]
        if _one_weight(first):
            only = f"task weight {first['heaviest']:g} alone"
            out.append(Found(who, ONE_WEIGHT, only, f"{who}: {ONE_WEIGHT} and these genomes lived under {only}."))
            continue
        accuracy, cost = interval(rows["accuracy"]), interval(rows["replication_error"])
        is_traded = bool(accuracy.low > 0 and cost.high < 0)
        verdict = VERDICTS[is_traded if _enough(accuracy) and _enough(cost) else None]
        size = f"accuracy {words(accuracy, signed=True)}, ρ {factor(cost)}"
        sentence = (
            f"{who}: {verdict}. From task weight {first['lightest']:g} to {first['heaviest']:g}: {size}, "
            f"copying error {factor(interval(rows['copying_error']))}; {count(len(rows), 'run')} of "
            f"{count(first['genomes'], 'genome')}."
        )
        out.append(Found(who, verdict, size, sentence))
    return out


def first_step(sweep: Sweep) -> str:
    """What the lightest task weight does, against none; "" where nobody lived without a task."""
    tables = [table for table in _lives(sweep).values() if FREE in table]
    if not tables:
        return ""
    gains = [interval(table[FREE]).value for table in tables]
    costs = [10.0 ** -interval(table[FREE_COST]).value for table in tables]
    return (
        f"Before that, the step from no task at all to {tables[0].iloc[0]['lightest']:g} changes accuracy by "
        f"{number(min(gains))} to {number(max(gains))} and ρ by ×{min(costs):.3f} to ×{max(costs):.3f}."
    )


def lives_table(sweep: Sweep) -> Table:
    """All that the assay measured."""
    rows = []
    for who, table in _lives(sweep).items():
        changes = [factor(interval(table[trait])) for trait in of_runs.FIDELITIES]
        rate = words(interval(table[RATE]))
        free = [words(interval(table[FREE]), signed=True), factor(interval(table[FREE_COST]))] if FREE in table else []
        cells = [words(interval(table["accuracy"]), signed=True), *changes, rate]
        if _one_weight(table.iloc[0]):
            cells = ["–"] * len(cells)
        rows.append([who, str(len(table)), *cells, *free])
    first = next(iter(_lives(sweep).values())).iloc[0]
    head = ["genomes", "runs", *(TRAITS[trait].short for trait in MAIN), RATE]
    if len(rows[0]) > len(head):
        head += [f"accuracy, no task to {first['lightest']:g}", f"ρ, no task to {first['lightest']:g}"]
    span = f"task weight {first['lightest']:g} to {first['heaviest']:g}"
    return Table(f"{LIVES}; {span}", head, rows)


def factor(change: Estimate) -> str:
    """A change of −log₁₀ of an error as a factor of the error, as in "×1.6 [1.5, 1.7]"."""
    return words(Estimate(10.0**-change.value, 10.0**-change.high, 10.0**-change.low, change.n), factor=True)


def _enough(e: Estimate) -> bool:
    """Whether so many runs could give p < 0.05: the interval of three or four is all of their range."""
    return too_few(e.n, e.n, paired=True) is None


def _one_weight(row: pd.Series) -> bool:
    return bool(row["lightest"] == row["heaviest"])


def _correlation(rows: pd.DataFrame) -> str:
    e = interval(rows["correlation"])
    return words(e) + (f" (defined in {e.n} of {count(len(rows), 'run')})" if e.n < len(rows) else "")


@functools.lru_cache(maxsize=1)
def genomes(sweep: Sweep) -> Mapping[str, pd.DataFrame]:
    """What `of_runs.among_genomes` says of each treatment with gardens."""
    found = {label: of_runs.among_genomes(runs) for label, runs in sweep.groups.items()}
    return {label: table for label, table in found.items() if len(table)}


@functools.lru_cache(maxsize=1)
def _lives(sweep: Sweep) -> Mapping[str, pd.DataFrame]:
    """Rows by whose genomes: founders first, who are the same in all treatments that begin alike."""
    return by_genomes({label: of_runs.within_lives(runs) for label, runs in sweep.groups.items()})


def by_genomes(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables with columns seed and generation by label → rows by whose genomes they are of.

    Treatments of the same seeds share their founders; what is the same to the last digit is shown once.
    """
    founders: dict[str, tuple[list[str], pd.DataFrame]] = {}
    later: dict[str, pd.DataFrame] = {}
    for label, table in tables.items():
        if table.empty:
            continue
        first = table[table["generation"] == 0].sort_values("seed").reset_index(drop=True)
        if len(first):
            founders.setdefault(first.drop(columns="run").to_json(), ([], first))[0].append(label)
        rows = table[table["generation"] > 0]
        if len(rows):
            last = int(rows["generation"].max())
            later[f"{label} (generation {last})"] = rows[rows["generation"] == last].reset_index(drop=True)
    names = [
        "founders" if len(founders) == 1 else f"founders of {', '.join(labels)}" for labels, _ in founders.values()
    ]
    return dict(zip(names, (rows for _, rows in founders.values()), strict=True)) | later


def has_lives(groups: Mapping[str, Sequence[Run]]) -> bool:
    """Whether any run has lived its genomes under several task weights."""
    return any(len(of_runs.within_lives(runs)) for runs in groups.values())
