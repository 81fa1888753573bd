"""Treatments compared at one generation: effects, intervals and tests; wording.py makes tables and sentences of them.

A run is one value: the median over its individuals that lived to the end of a generation, most often its last. What is
said of a treatment is the mean of its runs, and the 95 % interval of an effect is that of the test beside it: Student's
t over runs, paired by seed where the seeds match, and Welch's of groups that are not. Accuracies differ by a
difference. Errors, norms and life-history traits are ratios: they are compared as log10, and differ by a factor.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from alife import schema
from alife.errors import UserError
from alife.traits import TOLD, TRAITS, enter
from alife.words import count
from analysis.data import projections
from analysis.data.controls import controls, partners, unlike
from analysis.data.run import Run, load_run
from analysis.data.treatments import Groups, find_runs, group, measures, named, refuse_copies, seed_of, unlike_data
from analysis.statistics import significance
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import difference, interval
from analysis.statistics.significance import Correction, Test
from analysis.studies.values import births_at, only, recorded_traits, untested, value_of
from analysis.templates import sentences

OWN: Final = "its own shuffled control"


@dataclass(frozen=True)
class Row:
    """One trait of one treatment against another.

    Attributes:
        label: The treatment.
        against: What it is compared with.
        trait: A key of `values.COMPARED`, or a measure of the runs' own.
        value: Mean of the treatment's runs, in the trait's own units, and its interval.
        reference: The same of the other.
        effect: Difference, or factor (`is_factor`), and its interval; n counts pairs, or the smaller group's runs.
        runs: Runs with a value, of the treatment and of the other.
        paired: Runs were paired by seed.
        test: Whether there is no effect, by Student's t of pairs, or Welch's.
        adjusted: The p-value, corrected for all rows of the table.
    """

    label: str
    against: str
    trait: str
    value: Estimate
    reference: Estimate
    effect: Estimate
    runs: tuple[int, int]
    paired: bool
    test: Test
    adjusted: float

    @property
    def is_factor(self) -> bool:
        """Whether `effect` multiplies instead of adding."""
        return TRAITS[self.trait].log


@dataclass(frozen=True)
class Comparison:
    """Treatments against one of them.

    Attributes:
        against: The one that the others are compared with; `OWN` if they have a control each.
        rows: By treatment and trait.
        notes: What one has to know to read the table.
    """

    against: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """A line: how much is compared with what."""
        treatments, traits = ({getattr(row, name) for row in self.rows} for name in ("label", "trait"))
        size = f"{count(len(treatments), 'treatment')} × {count(len(traits), 'trait')}"
        return f"<Comparison against {self.against}: {size}>"

    def frame(self) -> pd.DataFrame:
        """All numbers, a row for each treatment and trait."""
        rows = []
        for row in self.rows:
            numbers: dict[str, Any] = {"treatment": row.label, "against": row.against, "trait": row.trait}
            for name, estimate in (("value", row.value), ("reference", row.reference)):
                numbers |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
            numbers |= {"effect_is": "factor" if row.is_factor else "difference", "effect": row.effect.value}
            numbers |= {"low": row.effect.low, "high": row.effect.high}
            numbers |= {"runs": row.runs[0], "runs_against": row.runs[1]}
            numbers |= {"paired": row.paired, "test": row.test.name, "p": row.test.p, "p_adjusted": row.adjusted}
            rows.append(numbers | {"superiority": row.test.superiority})
        return pd.DataFrame(rows)


Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def compare(
    runs: Groups | Paths,
    traits: Sequence[str] | None = None,
    at: int | None = None,
    against: str | None = None,
    correction: Correction = "bh",
) -> Comparison:
    """Compare treatments with one of them.

    Args:
        runs: Runs by label, loaded with births, as `load_sweep` gives them. Or one or several of: a run, a folder of
            one, a folder of such folders; they are grouped by their configurations, and read one at a time.
        traits: In `values.COMPARED`, or measures of the runs' own; if None those of `alife.traits.TOLD` that all runs
            have, the heritable traits, their measures, and early deaths if there are any.
        at: The generation; each run's last if None.
        against: A label; if None the null of every claim about selection, which is the only group under `shuffled`, or
            for each group the one that differs from it by selection alone; or else the first.
        correction: For the number of rows: Benjamini and Hochberg's (bh) unless asked otherwise. Holm's
            bounds the chance of any false claim, and leaves little of a long table.

    Raises:
        UserError: Fewer than two treatments, an empty one, the same run twice, a generation that a run did not reach,
            or an unknown label or trait; or a path holds no run, or a damaged one.

    Example:
        >>> import alife
        >>> comparison = alife.compare("sweeps/first", ["accuracy", "copying_error"])
        >>> comparison
        <Comparison against w0: 1 treatment × 2 traits>
        >>> table = comparison.frame()
        >>> table[["treatment", "trait", "effect_is", "runs"]].values.tolist()
        [['w1', 'accuracy', 'difference', 2], ['w1', 'copying_error', 'factor', 2]]
        >>> bool(table["low"].isna().all())  # two runs bear no interval
        True
    """
    groups = runs if isinstance(runs, Mapping) else _grouped(runs, at)
    against, null = _references(groups, against)
    everybody = [run for runs in groups.values() for run in runs]
    enter(everybody[0].manifest)
    for run in everybody:
        _refuse_unreached(run, at)
    names = _traits(everybody, traits, at)
    values = {
        label: {trait: pd.Series({seed_of(run): value_of(run, trait, at) for run in runs}) for trait in names}
        for label, runs in groups.items()
    }
    rows = [
        _row(label, other, trait, values[label][trait], values[other][trait])
        for label, other in null.items()
        for trait in names
    ]
    adjusted = significance.correct([row.test.p for row in rows], correction)
    rows = [replace(row, adjusted=float(p)) for row, p in zip(rows, adjusted, strict=True)]
    notes = sentences(
        "comparison_notes",
        rows=rows,
        runs=everybody,
        groups=groups,
        null=null,
        at=at,
        method={"bh": "Benjamini–Hochberg", "by": "Benjamini–Yekutieli", "holm": "Holm"}.get(correction),
        unlike_data=unlike_data(everybody),
        shared=projections.shared(groups),
        untested=[] if traits else untested(everybody, at),
        earlier=_earlier(everybody, names, at),
        extinct={label: (gone, len(runs)) for label, runs in groups.items() if (gone := _extinct(runs, at))},
        unlike={label: unlike(groups[label][0], groups[other][0]) for label, other in null.items()},
    )
    return Comparison(against, tuple(rows), tuple(notes))


def _extinct(runs: Sequence[Run], at: int | None) -> int:
    """How many of the runs have nobody to compare."""
    return sum(np.isnan(value_of(run, "squared_norm", at)) for run in runs)


def _earlier(runs: Sequence[Run], names: Sequence[str], at: int | None) -> dict[str, list[int]]:
    """Measures that are not taken in the generation that is compared, and the generations in which they were."""
    when = [(run, run.last if at is None else at) for run in runs]
    return {
        name: sorted({run.taken(name, generation) for run, generation in when})
        for name in names
        if any(run.taken(name, generation) != generation for run, generation in when)
    }


def _grouped(paths: Paths, at: int | None) -> Groups:
    """Runs at or below some folders, each with the births that are compared."""
    given = [paths] if isinstance(paths, str | os.PathLike) else [*paths]
    found: dict[str, Run | None] = {}
    for path in given:
        found |= {path.path: path} if isinstance(path, Run) else dict.fromkeys(find_runs(path))
    return named(group([run or only(load_run(name), at) for name, run in found.items()]))


def _references(groups: Groups, against: str | None) -> tuple[str, dict[str, str]]:
    """What all are compared with, in words, and what each is."""
    if empty := [label for label, runs in groups.items() if not runs]:
        raise UserError(f"{empty[0]}: a treatment without runs: name one at least")
    if len(groups) < 2:
        n = sum(map(len, groups.values()))
        raise UserError(f"{count(n, 'run')} of one treatment, nothing to compare: name runs of another one too")
    for runs in groups.values():
        refuse_copies(runs)
    if against is not None and against not in groups:
        raise UserError(f"{against}: no such treatment: choose among {'; '.join(groups)}")
    if against is None:
        null = controls(groups)
        if len(set(null.values())) > 1:
            return OWN, null
        against = next(iter(null.values()), None) or next(iter(groups))
    return against, {label: against for label in groups if label != against}


def _refuse_unreached(run: Run, at: int | None) -> None:
    if run.last < 0:
        raise UserError(f"{run.path}: no committed generation yet, nothing to compare: wait for its first")
    if at is not None and at > run.last and run.is_extinct:
        return
    if at is not None and not 0 <= at <= run.last:
        raise UserError(f"{run.path}: generation {at} is not on record: its last is {run.last}")
    run.need_births()
    if births_at(run, at).empty:
        raise UserError(f"{run.path}: generation {at} is not on record: its first is {run.births['generation'].min()}")


def _traits(runs: Sequence[Run], traits: Sequence[str] | None, at: int | None) -> list[str]:
    known = recorded_traits(runs, at)
    if unknown := [name for name in traits or () if name not in known]:
        raise UserError(f"trait {unknown[0]}: not on record in all of these runs: choose among {', '.join(known)}")
    died = any(value_of(run, "early_deaths", at) > 0 for run in runs)
    standard = [name for name in (*TOLD, *schema.LIFE_HISTORY, *measures(runs)) if name in known]
    return list(dict.fromkeys(traits)) if traits else [*standard, *(["early_deaths"] if died else [])]


def _row(label: str, against: str, trait: str, first: pd.Series, second: pd.Series) -> Row:
    """One row from the values of both treatments by seed, NaN where a run has none."""
    seeds = partners(first.index, second.index)
    if seeds is None:
        x, y = first.dropna().to_numpy(), second.dropna().to_numpy()
    else:
        x, y = pd.concat([first, second], axis=1, keys=["x", "y"]).loc[seeds].dropna().to_numpy().T
    runs, is_paired, is_factor = (len(x), len(y)), seeds is not None, TRAITS[trait].log
    test = significance.t_test(x, y, is_paired)
    value = interval(x, treatment=label, trait=trait, quantity="value")
    reference = interval(y, treatment=against, trait=trait, quantity="value")
    kind, over = "factor" if is_factor else "difference", "pairs of runs" if is_paired else "runs"
    effect = difference(x, y, is_paired, treatment=label, trait=trait, quantity=kind, over=over)
    if is_factor:
        value, reference, effect = (e.mapped(lambda x: 10.0**x) for e in (value, reference, effect))
    return Row(label, against, trait, value, reference, effect, runs, is_paired, test, test.p)
