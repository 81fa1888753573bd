"""What moved the traits of a run, in tables: selection differentials, the Price equation, inheritance, drift."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pandas as pd

from alife import schema
from alife.errors import UserError
from alife.traits import DRAWN, TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.evolution.dynamics import differentials, effective_size, heritability, interference, mean_differentials
from analysis.evolution.islands import demes, settled
from analysis.evolution.price import COMPONENTS, price, summary
from analysis.numbers import number
from analysis.report.page import Part, Text
from analysis.statistics.intervals import Estimate
from analysis.tables import Effect, Table

PRICED: Final = (*DRAWN, *schema.LIFE_HISTORY)
"""Traits whose change is split in the table."""
BACK: Final = 10
LARGE: Final = 0.05
"""How deep a clade is, in generations, and its share from which it counts as a rival."""


def moved(run: Run) -> Iterator[Part]:
    """The tables, or the line that says why one is not there."""
    tables: Sequence[Callable[[Run], Part]] = (_differentials, _price, _heritability, _size, _rivals)
    yield Text(
        "Intervals here are over blocks of consecutive generations of this one run: they say how well this run is "
        "known. A statement about a treatment needs several runs; compare them with 'alife compare' or the report of a "
        "sweep.",
        "note",
    )
    said = set()
    for make in tables:
        try:
            yield make(run)
        except UserError as error:
            if str(error) not in said:
                said.add(str(error))
                yield Text(str(error), "note")


def _differentials(run: Run) -> Table:
    table = mean_differentials(differentials(demes(run)), settled(run.last))
    rows = [
        [
            TRAITS[row["trait"]].measured_label,
            _effect(row["realised"], row["low"], row["high"]),
            number(row["expected"], signed=True),
        ]
        for row in table.to_dict("records")
    ]
    n = int(table["generations"].max())
    caption = (
        f"Standardised selection differentials: how many standard deviations parents are above those they won from; "
        f"mean of {count(n, 'generation')} and its 95 % bootstrap interval"
    )
    return Table(caption, ["trait", "realised", "expected of the scheme"], rows)


def _price(run: Run) -> Table:
    split = summary(price(demes(run)), settled(run.last))
    parts = [*COMPONENTS, "change"]
    silent = [name for name in ("viability", "migration") if not _any(split, name)]
    parts = [name for name in parts if name not in silent]
    rows = []
    shown = [name for name in PRICED if name in set(split["trait"])]
    for trait, table in split[split["trait"].isin(shown)].groupby("trait", sort=False):
        table = table.set_index("component")
        cells = (_effect(*table.loc[name, ["per_generation", "low", "high"]]) for name in parts)
        rows.append([TRAITS[str(trait)].measured_label, *cells])
    none = f"; nothing over all islands together: {', '.join(silent)}" if silent else ""
    n = int(split["generations"].max())
    return Table(
        f"The Price equation: change of the mean a generation, split; mean of {count(n, 'generation')} and its 95 % "
        f"bootstrap interval{none}",
        ["trait", *parts],
        rows,
    )


def _any(split: pd.DataFrame, name: str) -> bool:
    return bool(split.loc[split["component"] == name, ["per_generation", "low", "high"]].any(axis=None))


def _heritability(run: Run) -> Table:
    table = heritability(demes(run), first=settled(run.last))
    rows = [
        [TRAITS[row["trait"]].measured_label, _effect(row["slope"], row["low"], row["high"]), f"{int(row['pairs']):,}"]
        for row in table.to_dict("records")
    ]
    return Table(
        "Parent–offspring regression on deviations within island and generation: the share of a parent's deviation "
        "that its children show, with its 95 % interval",
        ["trait", "slope", "pairs"],
        rows,
    )


def _size(run: Run) -> Text:
    table = effective_size(demes(run))
    table = table[table["generation"] >= settled(run.last)]
    shared = table["coalescence"].mean()
    if not shared > 0:
        raise UserError("nobody shares a parent with anybody: the effective size is not known")
    return Text(
        f"Effective size of an island, harmonic mean of {count(len(table), 'island generation')}: {1 / shared:.1f} of "
        f"{count(run.setting('population.size'), 'individual')}."
    )


def _rivals(run: Run) -> Text:
    table = interference(demes(run), BACK, LARGE)
    if len(table) < 2:
        raise UserError(f"too few generations to see rival clades: a clade is {BACK} generations deep")
    return Text(
        f"Rival clades, each all descendants of one individual {BACK} generations before: {table['clades'].mean():.1f} "
        f"with a share of {LARGE:.0%} or more at a time, the largest with {table['lead'].mean():.0%} on average; in "
        f"{table['turnover'].mean():.0%} of {count(len(table) - 1, 'generation')} another one took the lead. Drift "
        "alone makes some of both: read it beside the shuffled control."
    )


def _effect(value: float, low: float, high: float) -> Effect:
    return Effect(Estimate(value, low, high, 0))
