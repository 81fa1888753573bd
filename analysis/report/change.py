"""What moves traits: selection differentials, the Price equation, inheritance, drift; of a run, and of treatments.

Call `of_run` for what the page of a run shows, `of_treatments` for a sweep's tables, with runs as units. What they say
is in change.txt.j2 of `analysis/templates`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from alife import schema
from alife.errors import UserError
from alife.traits import DRAWN, MAIN, TRAITS
from analysis import templates
from analysis.data.run import Run
from analysis.evolution.dynamics import differentials, effective_size, interference, mean_differentials
from analysis.evolution.inheritance import heritability
from analysis.evolution.islands import demes, settled
from analysis.evolution.metapopulation import summary
from analysis.report.page import Part, Text, said
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.tables import Effect, Table, table

PRICED: Final = (*DRAWN, *schema.LIFE_HISTORY)
"""Traits whose change is split in the table of a run; measures of its own follow."""
BACK: Final = 10
LARGE: Final = 0.05
"""How deep a clade is, in generations, and its share from which it counts as a rival."""
SPLIT: Final = {
    "among": "among islands",
    **{name: name for name in ("selection", "sampling", "viability", "regression", "bias", "survival", "migration")},
    "change": "change",
}
"""Columns of the Price equation of a run: the last is the sum of the others."""
SILENT: Final = ("among", "viability", "migration")
"""Those that are left out where they are 0 throughout."""
PARTS: Final = ("selection", "sampling", "transmission", "change")
FORCES: Final = ("realised", "selection", "sampling", "sampling, rms", "transmission", "change")
INHERITED: Final = ("slope", "not handed on", "transmission")
UNSIGNED: Final = ("slope", "sampling, rms")
"""Columns of the two tables of treatments, and those that are no change."""


def of_run(run: Run) -> Iterator[Part]:
    """The tables, or the line that says why one is not there."""
    yield from _say("run")
    refused = set()
    makers: Sequence[Callable[[Run], Part]] = (_differentials, _price, _heritability, _size, _rivals)
    for make in makers:
        try:
            yield make(run)
        except UserError as error:
            if str(error) not in refused:
                refused.add(str(error))
                yield Text(str(error), "note")


def of_treatments(groups: Mapping[str, Sequence[Run]]) -> list[Table]:
    """What moves the traits of every treatment, and what their children keep.

    Raises:
        UserError: As `forces`.
    """
    frames = {label: forces(runs) for label, runs in groups.items()}
    starts = sorted({settled(run.last) for runs in groups.values() for run in runs})
    out = []
    for of, columns in (("forces", FORCES), ("inheritance", INHERITED)):
        rows = []
        for label, frame in frames.items():
            for trait, own in frame.groupby("trait", sort=False):
                found = {name: interval(own[name]) for name in columns}
                cells = {name: e if name in UNSIGNED else Effect(e) for name, e in found.items()}
                rows.append({"treatment": label, "trait": TRAITS[str(trait)].measured_label, "runs": len(own)} | cells)
        out.append(table(_caption(of, starts=starts), rows))
    return out


def forces(runs: Sequence[Run], traits: Sequence[str] = MAIN) -> pd.DataFrame:
    """One value a run, means over its generations from where parents are of a kind.

    Returns:
        A row for each run and trait on record: run, trait, `FORCES` and `INHERITED`: slope of children on parents (NaN
        where parents do not vary), not handed on (selection of the Price equation times 1 − slope).

    Raises:
        UserError: A run has too few generations, or was loaded without births.
    """
    rows = []
    for run in runs:
        record, first = demes(run), settled(run.last)
        known = [trait for trait in traits if trait in record.traits]
        realised = mean_differentials(differentials(record, known), first).set_index("trait")["realised"]
        slopes = heritability(record, known, first).set_index("trait")["slope"]
        split = summary(record, known, first).set_index(["trait", "component"])
        for trait in known:
            row = {name: split.at[(trait, name), "per_generation"] for name in PARTS}
            row |= {"realised": realised[trait], "sampling, rms": split.at[(trait, "sampling"), "rms"]}
            row |= {"slope": slopes[trait], "not handed on": row["selection"] * (1 - slopes[trait])}
            rows.append({"run": run.path, "trait": trait, **row})
    return pd.DataFrame(rows)


def _differentials(run: Run) -> Table:
    frame = mean_differentials(differentials(demes(run)), settled(run.last))
    rows = [
        {
            "trait": _label(row),
            "realised": _effect(row, "realised"),
            "expected of the scheme": Effect(_alone(row["expected"])),
            "effective n": _whole(row["effective_generations"]),
        }
        for row in frame.to_dict("records")
    ]
    return table(_caption("differentials", n=int(frame["generations"].max())), rows)


def _price(run: Run) -> Table:
    split = summary(demes(run), first=settled(run.last))
    numbers = split.groupby("component")[["per_generation", "low", "high"]].any().any(axis=1)
    silent = [name for name in SILENT if not numbers.get(name, True)]
    rows = []
    for trait in (name for name in (*PRICED, *run.measures) if name in set(split["trait"])):
        own = split[split["trait"] == trait].set_index("component").to_dict("index")
        shown = [name for name in SPLIT if name in own and name not in silent]
        cells = {SPLIT[name]: _effect(own[name], "per_generation") for name in shown}
        rows.append({"trait": TRAITS[trait].measured_label} | cells)
    out = [SPLIT[name] for name in silent]
    return table(_caption("price", n=int(split["generations"].max()), silent=out), rows)


def _heritability(run: Run) -> Table:
    frame = heritability(demes(run), first=settled(run.last))
    rows = [
        {
            "trait": _label(row),
            "slope": _effect(row, "slope"),
            "pairs": int(row["pairs"]),
            "effective n": _whole(row["effective_generations"]),
        }
        for row in frame.to_dict("records")
    ]
    return table(_caption("heritability"), rows)


def _size(run: Run) -> Text:
    frame = effective_size(demes(run))
    frame = frame[frame["generation"] >= settled(run.last)]
    shared = frame["coalescence"].mean()
    if not shared > 0:
        raise UserError("nobody shares a parent with anybody: the effective size is not known")
    islands = {"islands": frame["island"].nunique(), "born": run.setting("population.size")}
    return _say("size", n=len(frame), size=1 / shared, **islands)[0]


def _rivals(run: Run) -> Text:
    frame = interference(demes(run), BACK, LARGE)
    if len(frame) < 2:
        raise UserError(f"too few generations to see rival clades: a clade is {BACK} generations deep")
    means = {name: frame[name].mean() for name in ("clades", "lead", "turnover")}
    return _say("rivals", n=len(frame) - 1, back=BACK, large=LARGE, **means)[0]


def _say(of: str, **data: Any) -> list[Text]:
    return said("change", of=of, **data)


def _caption(of: str, **data: Any) -> str:
    return templates.sentences("change", of=of, **data)[0]


def _label(row: Mapping[Any, Any]) -> str:
    return TRAITS[row["trait"]].measured_label


def _effect(row: Mapping[Any, Any], value: str) -> Effect:
    return Effect(Estimate(row[value], row["low"], row["high"], 0))


def _alone(value: float) -> Estimate:
    return Estimate(value, float("nan"), float("nan"), 0)


def _whole(value: float) -> int | None:
    return round(value) if np.isfinite(value) else None
