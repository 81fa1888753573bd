"""What moves traits, treatment by treatment: selection differentials and the Price equation's parts, runs as units.

Call `forces_table` and `inheritance_table` with the runs of each treatment; for a single run see moved.py.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from alife.traits import MAIN, TRAITS
from analysis.data.run import Run
from analysis.evolution.dynamics import differentials, heritability, mean_differentials
from analysis.evolution.islands import demes, settled
from analysis.evolution.price import price, summary
from analysis.numbers import words
from analysis.statistics.intervals import interval
from analysis.tables import Table

PARTS: Final = ("selection", "sampling", "transmission", "change")
COLUMNS: Final = {
    "realised": "realised",
    "selection": "selection",
    "sampling": "sampling",
    "sampling_rms": "sampling, rms",
    "transmission": "transmission",
    "change": "change",
}
CAPTION: Final = (
    "What moves traits, a generation, from generation {first} on. Realised: selection differential, the standard "
    "deviations by which parents exceed those they won from. Selection, sampling, transmission, change: parts of the "
    "Price equation, in the trait's units; all else is left out here. Sampling, rms: how much chance moves an island "
    "in a generation, though it averages out. Interquartile means over runs [95 % bootstrap interval over runs]"
)


INHERITED: Final = (
    "What children keep, from the parents of generation {first} on. Slope: regression of offspring on parents, on "
    "deviations within island and generation, the share of a parent's deviation that its children show. Not handed on: "
    "selection · (1 − slope), beside what transmission takes. Interquartile means over runs [95 % bootstrap interval "
    "over runs]"
)


def forces(runs: Sequence[Run], traits: Sequence[str] = MAIN) -> pd.DataFrame:
    """One value a run, means over its generations from where parents are of a kind.

    Returns:
        A row for each run and trait on record: run, trait, realised, `PARTS`, sampling_rms.

    Raises:
        UserError: A run has too few generations, or was loaded without births.
    """
    rows = []
    for run in runs:
        record, first = demes(run), settled(run.last)
        known = [trait for trait in traits if trait in record.traits]
        realised = mean_differentials(differentials(record, known), first).set_index("trait")["realised"]
        split = summary(price(record, known), first).set_index(["trait", "component"])
        for trait in known:
            parts = {name: split.loc[(trait, name), "per_generation"] for name in PARTS}
            rms = split.loc[(trait, "sampling"), "rms"]
            rows.append({"run": run.path, "trait": trait, "realised": realised[trait], **parts, "sampling_rms": rms})
    return pd.DataFrame(rows)


def forces_table(groups: Mapping[str, Sequence[Run]]) -> Table:
    """Every treatment's.

    Raises:
        UserError: As `forces`.
    """
    rows = []
    for label, runs in groups.items():
        table = forces(runs)
        for trait in table["trait"].unique():
            own = table[table["trait"] == trait]
            cells = [words(interval(own[name].to_numpy(np.float64)), signed=name != "sampling_rms") for name in COLUMNS]
            rows.append([label, TRAITS[trait].measured_label, str(len(own)), *cells])
    head = [
        "treatment",
        "trait",
        "runs",
        "realised",
        "selection",
        "sampling",
        "sampling, rms",
        "transmission",
        "change",
    ]
    starts = sorted({settled(run.last) for runs in groups.values() for run in runs})
    return Table(CAPTION.format(first=" or ".join(map(str, starts))), head, rows)


def inheritance(runs: Sequence[Run], traits: Sequence[str] = MAIN) -> pd.DataFrame:
    """One value a run: parent–offspring slopes, and what selection gains that they do not hand on.

    Returns:
        A row for each run and trait on record: run, trait, slope (NaN where parents do not vary), lost (selection of
        the Price equation times 1 − slope), transmission.

    Raises:
        UserError: As `forces`.
    """
    tables = []
    for run in runs:
        record = demes(run)
        known = [trait for trait in traits if trait in record.traits]
        slopes = heritability(record, known, settled(run.last)).set_index("trait")["slope"]
        table = forces([run], known).set_index("trait")
        lost = table["selection"] * (1 - slopes)
        columns = {"slope": slopes, "lost": lost, "transmission": table["transmission"]}
        tables.append(pd.DataFrame(columns).rename_axis("trait").reset_index().assign(run=run.path))
    return pd.concat(tables, ignore_index=True)


def inheritance_table(groups: Mapping[str, Sequence[Run]]) -> Table:
    """Every treatment's.

    Raises:
        UserError: As `forces`.
    """
    rows = []
    for label, runs in groups.items():
        table = inheritance(runs)
        for trait in (name for name in MAIN if name in set(table["trait"])):
            own = table[table["trait"] == trait]
            cells = [words(interval(own[name]), signed=name != "slope") for name in ("slope", "lost", "transmission")]
            rows.append([label, TRAITS[trait].measured_label, str(len(own)), *cells])
    starts = sorted({settled(run.last) for runs in groups.values() for run in runs})
    head = ["treatment", "trait", "runs", "slope", "not handed on", "transmission"]
    return Table(INHERITED.format(first=" or ".join(map(str, starts))), head, rows)
