"""The natural history of a run: every measure of evolution that its record of births allows, by name.

`history(run)` gives the table of each, `MEASURES` says what each is. `alife history` and the pages of runs show them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from alife import schema
from alife.errors import BadArgument, UserError
from alife.traits import DRAWN
from analysis.data.run import Run
from analysis.evolution import (
    activity,
    balance,
    breeder,
    clades,
    lines,
    matrices,
    modes,
    neutral,
    rates,
    signal,
    sweeps,
)
from analysis.evolution.islands import Demes, demes, settled

SPANS: Final = (3, 50)
"""Generations that a span has at least and at most, if none is given."""
PER_RUN: Final = 8
"""Spans in a run, between these bounds."""


@dataclass(frozen=True)
class How:
    """How measures are taken.

    Attributes:
        first: Generation from which on parents are of a kind: where clades are first founded, and pairs first counted.
        span: Generations: from a step of MODES to the next and its filter's reach; how long cohorts of clades, and of
            activity, are followed; of a window of G and P. How far back the ancestors of rivals lived.
        shadows: Neutral shadows of each measure, each measure's own number if None.
        seed: Their key.
        chances: Of parents in shadows, "uniform" or "dealt", as of `neutral.shadow`.
    """

    first: int
    span: int
    shadows: int | None = None
    seed: int = 0
    chances: neutral.Chances = "uniform"

    @property
    def shadowed(self) -> dict[str, Any]:
        """What measures with shadows take."""
        number = {} if self.shadows is None else {"shadows": self.shadows}
        return {**number, "seed": self.seed, "chances": self.chances}


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        description: A line that says what its table has.
        table: Gives it.
    """

    description: str
    table: Callable[[Demes, How], pd.DataFrame]


def told(record: Demes) -> list[str]:
    """The traits of a record that its history tells: those that are told, rates, and measures of the run's own."""
    known = (*DRAWN, *schema.LIFE_HISTORY)
    return [name for name in record.traits if name in known or name not in (*schema.SCORES, *schema.LIFE_HISTORY)]


def _responses(record: Demes, how: How) -> pd.DataFrame:
    return breeder.responses(record, told(record), how.first)


def _multivariate(record: Demes, how: How) -> pd.DataFrame:
    return breeder.multivariate(record, told(record), how.first)


def _balance(record: Demes, how: How) -> pd.DataFrame:
    number: dict[str, Any] = {} if how.shadows is None else {"shadows": how.shadows}
    return balance.against_neutral(record, seed=how.seed, **number)


MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "modes": Measure(
            "MODES: change, novelty and ecology of the classes of phenotypes that persist",
            lambda record, how: modes.modes(record, every=how.span, persistence=how.span),
        ),
        "activity": Measure(
            "evolutionary activity of classes of phenotypes, beside neutral shadows",
            lambda record, how: activity.activity(record, **how.shadowed),
        ),
        "clade_activity": Measure(
            "evolutionary activity of clades, beside neutral shadows",
            lambda record, how: activity.clade_activity(record, every=how.span, **how.shadowed),
        ),
        "clades": Measure(
            "selection coefficients of clades, and their neutral bands",
            lambda record, how: clades.coefficients(record, back=how.span, first=how.first, **how.shadowed),
        ),
        "sweeps": Measure("sweeps, one after the other", lambda record, how: sweeps.sweeps(record, first=how.first)),
        "sweep_rate": Measure(
            "sweeps in 100 generations, beside neutral shadows",
            lambda record, how: sweeps.sweep_rate(record, first=how.first, **how.shadowed).to_frame().T,
        ),
        "rivals": Measure(
            "clonal interference: the two largest clades by generation, and their neutral bands",
            lambda record, how: sweeps.rivals(record, back=how.span, first=how.first, **how.shadowed),
        ),
        "lines": Measure(
            "how long lines last, beside neutral shadows",
            lambda record, how: lines.lines(record, first=how.first, **how.shadowed),
        ),
        "balance": Measure("the Sackin index of the genealogy of the last generation, beside neutral ones", _balance),
        "responses": Measure(
            "the breeder's equation trait by trait: responses as predicted and as they came", _responses
        ),
        "multivariate": Measure("the same of all traits together, by G and the selection gradients", _multivariate),
        "matrices": Measure(
            "G and P by windows of generations",
            lambda record, how: matrices.matrices(record, told(record), how.span, how.first),
        ),
        "axes": Measure(
            "leading axes of G and P by windows, and how far G's turns",
            lambda record, how: matrices.axes(record, told(record), how.span, how.first),
        ),
        "signal": Measure(
            "phylogenetic signal in the last generation: Blomberg's K and Pagel's λ",
            lambda record, how: signal.signal(record, told(record), seed=how.seed),
        ),
        "contrasts": Measure(
            "correlations of traits in the last generation, as they are and of independent contrasts",
            lambda record, how: signal.contrasts(record, told(record), how.seed),
        ),
        "rates": Measure(
            "heritable mutation, learning rate and task weight, beside neutral shadows",
            lambda record, how: rates.rates(record, first=how.first, **how.shadowed),
        ),
    }
)
"""Every measure by name, in the order in which they are told."""


def how_of(record: Demes, span: int | None = None, **options: Any) -> How:
    """How a record is measured if nobody says: spans of an eighth of the run, within `SPANS`.

    Args:
        record: A run's births by deme.
        span: In its place.
        options: Other fields of `How`.

    Raises:
        UserError: A span or a number of shadows is below 1.
    """
    for name, value in (("span", span), ("shadows", options.get("shadows"))):
        if value is not None and value < 1:
            raise BadArgument(name, f" {value}: 1 or more")
    usual = int(np.clip(len(record.tree.generations) // PER_RUN, *SPANS))
    return How(settled(record.tree.last), usual if span is None else span, **options)


def history(
    run: Run, names: Sequence[str] | None = None, span: int | None = None, **options: Any
) -> tuple[dict[str, pd.DataFrame], dict[str, str], How]:
    """The tables of a run's measures.

    Args:
        run: With births.
        names: Keys of `MEASURES`; all if None.
        span: As of `How`; an eighth of the run within `SPANS` if None.
        options: Other fields of `How`.

    Returns:
        (tables by name; of those that the run is too short for, why; how they were taken).

    Raises:
        UserError: A name is unknown, a number too small, nothing is on record, or the record is damaged.

    Example:
        >>> import alife
        >>> from analysis.evolution.history import history
        >>> tables, left_out, how = history(alife.load_run("runs/first"), ["modes", "sweep_rate"])
        >>> list(tables), left_out, how.span
        (['modes', 'sweep_rate'], {}, 3)
    """
    if unknown := [name for name in names or () if name not in MEASURES]:
        raise UserError(f"{unknown[0]}: no such measure: choose among {', '.join(MEASURES)}")
    record = demes(run)
    how, tables, why = how_of(record, span, **options), {}, {}
    for name in dict.fromkeys(names or MEASURES):
        try:
            tables[name] = MEASURES[name].table(record, how)
        except UserError as error:
            why[name] = str(error)
    return tables, why, how
