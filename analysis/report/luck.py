"""How much of a front is luck, as a sweep's gardens have it: sentences and tables, runs as units.

What they say is in luck.txt.j2 of `analysis/templates`; the figure is `luck`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from analysis import templates
from analysis.assays import of_runs
from analysis.data.once import once
from analysis.data.sweep import Sweep
from analysis.report.page import Part, said
from analysis.report.tradeoffs import difference, pairs
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.tables import Effect, Table, table

COLUMNS: Final = {"hypervolume": "raw", "lived again": "again", "luck": "luck", "mean genome": "typical"}
"""Heads of the table, in decades of ρ × accuracy."""
SHARES: Final = {"luck, of the hypervolume": "share", "luck, of its lead": "share_of_lead"}


def parts(sweep: Sweep) -> Iterator[Part]:
    """The section on fronts that were lived again."""
    found = _again(sweep)
    if not found:
        yield from said("luck", of="none")
        return
    rows: list[dict[str, Any]] = []
    for label, frame in found.items():
        e = {name: interval(frame[name]) for name in ("luck", "share", "share_of_lead")}
        yield from said("luck", of="treatment", who=label, verdict=_verdict(e["luck"]), first=frame.iloc[0], **e)
        cells: dict[str, Any] = {head: interval(frame[column]) for head, column in (COLUMNS | SHARES).items()}
        sizes = {"genomes on the front": interval(frame["members"]), "on it again": interval(frame["stay"])}
        rows.append({"treatment": label, "runs": len(frame)} | cells | sizes)
    yield table(templates.sentences("luck", of="table")[0], rows)
    yield from _pairs(sweep, found)


def _verdict(luck: Estimate) -> bool | None:
    """Whether there certainly is luck; None with too few runs to say."""
    return bool(luck.low > 0) if luck.known else None


def _pairs(sweep: Sweep, found: Mapping[str, pd.DataFrame]) -> Iterator[Table]:
    """Differences between treatments, paired by seed; none with fewer than two that are."""
    rows = []
    for first, other in pairs(sweep, found):
        gaps = {head: difference(found[first], found[other], column) for head, column in COLUMNS.items()}
        if e := gaps["luck"]:
            names = {"treatment": first, "against": other, "pairs": e.n}
            rows.append(names | {head: Effect(gap) for head, gap in gaps.items() if gap})
    if rows:
        yield table(templates.sentences("luck", of="pairs")[0], rows)


@once
def _again(sweep: Sweep) -> Mapping[str, pd.DataFrame]:
    """What `of_runs.lived_again` says of each treatment with gardens."""
    found = {label: of_runs.lived_again(runs) for label, runs in sweep.groups.items()}
    return {label: frame for label, frame in found.items() if len(frame)}
