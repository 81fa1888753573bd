"""The state of a run: facts, and a table of its islands, for a terminal and for its page.

`print_run(load(uri))` prints it; `facts` and `islands` are what pages show. The English is in facts.txt.j2 and
islands.txt.j2 of `analysis/templates`.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import numpy as np
import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from alife import schema
from alife.errors import UserError, plain
from alife.format import usage
from alife.traits import SCORED, enter, there
from alife.words import count
from analysis import tables, templates
from analysis.data.run import Run, lived, load_run
from analysis.data.source import Source
from analysis.statistics.sampling import subsample_sd

PLAIN_WIDTH: Final = 200
"""Characters of a line where there is no terminal, so that nothing is cut."""

MAX_ISLANDS: Final = 100
"""Islands that are listed one by one."""

MEDIANS: Final = "medians of those that lived to the end, by island"

SHOWN: Final = tuple(name for name in SCORED if name != "newborn_accuracy")
"""Traits of an island's row, each the median of those that lived to the end; measures of a run's own follow."""


def load(uri: str) -> Run:
    """A run as far as `table` looks at it: of its births the last generation of each island alone."""
    run = load_run(uri, births=False)
    last: Iterable[int] = run.generations.groupby("island")["generation"].max()
    return load_run(uri, generations={*map(int, last), *(each.generation for each in run.tests[-1:])})


def print_run(run: Run, file: TextIO | None = None, gone: str = "") -> None:
    """Print `table(run, gone=gone)`; as plain text, nothing cut, where `file` (stdout if None) is no terminal."""
    file = file or sys.stdout
    console = Console(file=file, highlight=False)
    if console.is_terminal:
        console.print(table(run, gone=gone))
        return
    without = Console(file=file, width=PLAIN_WIDTH, color_system=None, highlight=False)
    with without.capture() as capture:
        without.print(table(run, gone=gone))
    file.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def table(run: Run, now: datetime | None = None, gone: str = "") -> RenderableType:
    """The state of a run: its facts, then each island in the last generation that lived on it.

    Args:
        run: With births or without; without, L_SR is not known.
        now: The present, for the age of the last commit; the clock's if None.
        gone: Who wrote it last, if it is on record as running and nobody writes it any more.
    """
    enter(run.manifest)
    grid = Grid(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts(run, now, gone=gone):
        grid.add_row(name, Text(plain(value)))
    if run.generations.empty:
        return grid
    return Group(grid, Text(), tables.Terminal(islands(run)), *map(Text, _remarks(run)))


def facts(run: Run, now: datetime | None = None, page: bool = False, gone: str = "") -> list[tuple[str, str]]:
    """Names and values; `page` leaves out how long ago the last commit was, and says how long the run took.

    `gone` is as in `table`.
    """
    restarts: list[dict[str, Any]] = run.manifest.get("restarts", [])
    parts = run.manifest["parts"]
    began, updated = (_time(run.manifest.get(name)) for name in ("created", "updated"))
    data: dict[str, Any] = {
        **dict(zip(("born", "diverged", "collapsed"), _counts(run), strict=True)),
        **dict(zip(("tested", "selected"), _accuracies(run), strict=True)),
        "gone": gone,
        "sampled": _sampled(run),
        "restarts": restarts,
        "lost": sum(restart.get("seconds_lost", 0) for restart in restarts),
        "reasons": Counter(restart.get("why", "?") for restart in restarts).most_common(),
        "sizes": {kind: sum(part["size"] for part in parts[kind]) for kind in schema.PART_KINDS},
        "rows": sum(part["rows"] for part in parts["births"]),
        "age": _age(_seconds(updated, now or datetime.now(UTC))),
        "elapsed": _seconds(began, updated),
        "spent": spent(run),
    }
    return [text.partition(": ")[::2] for text in templates.sentences("facts", run=run, page=page, **data)]


def _sampled(run: Run) -> tuple[int, int, float, float] | None:
    """Images that each accuracy is of, of how many, the median accuracy, and the noise of one; None if of all."""
    taken, task = run.setting("selection.images"), run.manifest.get("task")
    there = sum(task["counts"]["select"]) if task else 0
    if not task or not taken or taken >= there or run.generations.empty or task.get("kind") == "regression":
        return None
    middle = float(latest(run)["accuracy_median"].median())
    return (taken, there, middle, float(subsample_sd(middle, taken, there))) if np.isfinite(middle) else None


def spent(run: Run) -> usage.Total:
    """What all starts of a run have cost, as far as it is on record: nothing of runs that an earlier version wrote."""
    with suppress(FileNotFoundError, UserError):
        return usage.total(usage.parse(Source(run.path).fetch(usage.NAME, usage.MOST)))
    return usage.Total()


def islands(run: Run, most: int = MAX_ISLANDS) -> tables.Table:
    """Each island in the last generation that lived on it."""
    last, known = latest(run), medians(run)
    early = last["diverged"] + last["collapsed"]
    counts = {"island": last.index, "generation": last["generation"], "born": last["size"]}
    after = {"parents": last["parents"], "died early": early}
    columns = {**counts, **{str(name): known[name] for name in known}, **after}
    more = f", and {count(len(last) - most, 'island')} more" if len(last) > most else ""
    return tables.table(MEDIANS + more, pd.DataFrame(columns).head(most))


def latest(run: Run) -> pd.DataFrame:
    """Each island's last generation."""
    return run.generations.groupby("island").tail(1).sort_values("island").set_index("island")


def medians(run: Run) -> pd.DataFrame:
    """Of `SHOWN` on record, by island; of accuracies only with a task, on test images only where that was measured.

    Of measures of the run's own too: in the last generation in which each was taken.
    """
    last = latest(run)
    known = last[[f"{trait}_median" for trait in SHOWN if f"{trait}_median" in last]]
    known = known.rename(columns=lambda name: name.removesuffix("_median"))
    if len(run.births):
        ends = lived(run.births[run.births["generation"] == run.births["island"].map(last["generation"])])
        for trait in ("replication_loss", "test_accuracy"):
            known[trait] = ends.groupby("island")[trait].median()
    tested = run.tests and run.tests[-1].generation == run.last
    for name in run.measures:
        rows = run.generations[run.generations["generation"] % run.every(name) == 0]
        known[name] = rows.groupby("island")[f"{name}_median"].last()
    shown = (name for name in there(SHOWN, run.has_task) if tested or name != "test_accuracy")
    return known[[name for name in (*shown, *run.measures) if name in known]]


def _remarks(run: Run) -> list[str]:
    """What to say below the table."""
    last = latest(run)
    gone = (last["diverged"] + last["collapsed"] == last["size"]) | (last["generation"] < run.last)
    worse = (last["replication_error_median"] > 1) & (last["generation"] > 0)
    over = list(last.loc[gone, "generation"].items())[:MAX_ISLANDS]
    earlier = {name: run.taken(name, run.last) for name in run.measures if run.taken(name, run.last) != run.last}
    return templates.sentences("islands", over=over, worse=list(last.index[worse])[:MAX_ISLANDS], earlier=earlier)


def _counts(run: Run) -> Iterator[int]:
    """Born, diverged, collapsed."""
    return (int(run.generations[name].sum()) for name in ("size", "diverged", "collapsed"))


def _accuracies(run: Run) -> tuple[float | None, float | None]:
    """Median over those that lived to the end, on test images and on those of selection; None where not known."""
    if not run.tests:
        return None, None
    last = run.tests[-1]
    alive = lived(run.births[run.births["generation"] == last.generation])
    return float(np.median([*last.accuracy.values()])), alive["accuracy"].median() if len(alive) else None


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    """Between two moments; None if one is not known, or one alone names its time zone."""
    try:
        return (end - begin).total_seconds()  # type: ignore[operator]
    except TypeError:
        return None


def _age(seconds: float | None) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds >= 2 * length:
            return count(round(seconds / length), unit)
    return "" if seconds is None else count(max(round(seconds), 0), "second")
