"""The state of a run as a table: how far it is, how its islands do, what it has cost."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from alife import schema
from alife.errors import plain
from alife.traits import SCORED, TRAITS, there
from alife.words import count
from analysis.data.run import Run, lived, load_run
from analysis.numbers import number

PLAIN_WIDTH: Final = 200
"""Characters of a line where there is no terminal, so that nothing is cut."""

MAX_ISLANDS: Final = 100
"""Islands that are listed one by one."""

MEDIANS: Final = "medians of those that lived to the end, by island"

SHOWN: Final = tuple(name for name in SCORED if name != "newborn_accuracy")
"""Traits of an island's row, each the median of those that lived to the end."""


@dataclass
class Wide:
    """A table of numbers; where it is too wide its columns come in parts, one below the other, none of them cut.

    Attributes:
        title: Above the first part.
        headings: The first is that of what tells rows apart, which every part repeats.
        cells: Row by row.
    """

    title: str
    headings: Sequence[str]
    cells: list[Sequence[str]] = field(default_factory=list)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """As many columns side by side as there is room for."""
        widths = [max(map(cell_len, (*heading.split("\n"), *cells))) for heading, *cells in self._columns()]
        parts: list[list[int]] = [[0]]
        left = options.max_width - widths[0]
        for column, width in enumerate(widths[1:], 1):
            if left < width + 1 and len(parts[-1]) > 1:
                parts.append([0])
                left = options.max_width - widths[0]
            parts[-1].append(column)
            left -= width + 1
        for part in parts:
            yield self._part(part, self.title if part is parts[0] else None)

    def _columns(self) -> Iterator[tuple[str, ...]]:
        return zip(self.headings, *self.cells, strict=True)

    def _part(self, columns: Sequence[int], title: str | None) -> Table:
        part = Table(box=None, pad_edge=False, collapse_padding=True, title=title, title_justify="left")
        for column in columns:
            part.add_column(self.headings[column], justify="right", no_wrap=True, vertical="bottom")
        for row in self.cells:
            part.add_row(*(row[column] for column in columns))
        return part


def table(run: Run, now: datetime | None = None, gone: str = "") -> RenderableType:
    """The state of a run: its facts, then each island in the last generation that lived on it.

    Args:
        run: With births or without; without, L_SR is not known.
        now: The present, for the age of the last commit; the clock's if None.
        gone: Who wrote it last, if it is on record as running and nobody writes it any more.
    """
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in facts_of(run, now or datetime.now(UTC), gone):
        facts.add_row(name, Text(plain(value)))
    return Group(facts, Text(), *_islands(run)) if len(run.generations) else facts


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
    plain = Console(file=file, width=PLAIN_WIDTH, color_system=None, highlight=False)
    with plain.capture() as capture:
        plain.print(table(run, gone=gone))
    file.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def facts_of(run: Run, now: datetime, gone: str = "") -> Iterator[tuple[str, str]]:
    total, islands, size = (run.setting(key) for key in ("generations", "population.islands", "population.size"))
    yield "run", run.path
    yield "status", run.manifest["status"] if not gone else _ended_early(run, gone)
    yield "generations", _progress(run, total)
    yield "seed", str(run.manifest["seed"])
    yield "islands", f"{islands:,} × {count(size, 'individual')}"
    yield "treatment", _treatment(run)
    yield "life", _life(run)
    yield from (("warning", line) for line in run.manifest.get("warnings", []))
    if len(run.generations):
        counts = run.generations[["size", "diverged", "collapsed"]].sum()
        early = counts["diverged"] + counts["collapsed"]
        causes = f": {counts['diverged']:,} diverged, {counts['collapsed']:,} collapsed" if early else ""
        yield "births", f"{counts['size']:,}; {early:,} died early{causes}"
    if run.tests:
        yield "test images", _tests(run)
    if run.outdated:
        yield "statistics", run.outdated
    yield "restarts", _restarts(run.manifest.get("restarts", []))
    if run.manifest.get("epoch", 1) > 1:
        yield "writers", f"{run.manifest['epoch']}, one after another: it was resumed or extended"
    yield "on disk", _disk(run.manifest["parts"])
    yield "last commit", _age(run.manifest.get("updated"), now)


def _ended_early(run: Run, gone: str) -> str:
    if not any(run.manifest["parts"].values()):
        return f"never begun, and nobody is writing it any more ({gone}): the same 'alife run' makes it"
    return f"running as it was heard of last, but nobody is writing it any more ({gone}): 'alife resume' goes on"


def _progress(run: Run, total: int) -> str:
    if run.generations.empty:
        return f"none of {total:,} committed yet"
    return f"{run.last + 1:,} of {total:,} done" + (f"; on record from {run.first}" if run.first else "")


def _treatment(run: Run) -> str:
    scheme = run.setting("selection.scheme")
    words = scheme
    if scheme in ("tournament", "shuffled"):
        words = f"{scheme} of {run.setting('selection.tournament_size')}"
    elif scheme == "truncation":
        words = f"truncation at {run.setting('selection.truncation'):g}"
    if scheme not in ("drift", "nsga2"):
        words += f", w = {run.setting('selection.accuracy_weight'):g}"
    sigma, heritable = run.setting("reproduction.mutation"), run.setting("reproduction.heritable")
    words += f"; σ = {sigma:g} (noise floor of ρ: {sigma**2:.2g})"
    words += f"; heritable: {', '.join(heritable)}" if heritable else ""
    topology, migrants = run.setting("migration.topology"), run.setting("migration.migrants")
    if topology == "none" or not migrants:
        return f"{words}; no migration"
    every = run.setting("migration.every")
    often = f"every {count(every, 'generation')}" if every > 1 else "every generation"
    return f"{words}; {topology}, {count(migrants, 'migrant')} an edge {often}"


def _life(run: Run) -> str:
    steps, optimizer, rate = (run.setting(f"life.{key}") for key in ("steps", "optimizer", "learning_rate"))
    task, target = run.setting("task"), run.setting("life.target")
    words = (
        f"{count(steps, 'step')} of {optimizer} at {rate:g}, target {target}" if steps else "0 steps: pure regeneration"
    )
    return f"{words}; task {task}" + (f", weight {run.setting('life.task_weight'):g}" if task != "none" else "")


def _tests(run: Run) -> str:
    """Accuracy on test images beside that which selection saw, and for which generations they were looked at."""
    *before, last = run.tests
    words = f"generation {last.generation}: accuracy {number(np.median([*last.accuracy.values()]))}"
    there = lived(run.births[run.births["generation"] == last.generation])
    if len(there):
        words += f", on the images of selection {number(there['accuracy'].median())}"
    words += " (medians of those that lived to the end)"
    return words + "".join(f"; looked at before, for generation {each.generation}" for each in before)


def _restarts(restarts: list[dict[str, Any]]) -> str:
    if not restarts:
        return "none"
    last = restarts[-1]
    lost = sum(restart.get("seconds_lost", 0) for restart in restarts)
    reasons = Counter(restart.get("why", "?") for restart in restarts).most_common()
    often = ", ".join(f"{times} × {why}" for why, times in reasons)
    where = f"{last.get('host', '?')} in generation {last.get('generation', '?')}"
    return f"{len(restarts)}, {lost:.1f} s lost: {often}; the last: {where}"


def _disk(parts: dict[str, list[dict[str, Any]]]) -> str:
    sizes = {kind: sum(part["size"] for part in parts[kind]) for kind in schema.PART_KINDS}
    born = sum(part["rows"] for part in parts["births"])
    words = f"{decimal(sum(sizes.values()))}: " + ", ".join(f"{kind} {decimal(size)}" for kind, size in sizes.items())
    return words + (f"; {sizes['births'] / born:.1f} bytes a birth" if born else "")


def _age(updated: object, now: datetime) -> str:
    try:
        seconds = max((now - datetime.fromisoformat(str(updated))).total_seconds(), 0)
    except (ValueError, TypeError):
        return str(updated or "unknown")
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{updated}, {count(round(seconds / length), unit)} ago"
    return f"{updated}, {count(round(seconds), 'second')} ago"


def latest(run: Run) -> pd.DataFrame:
    """Each island's last generation."""
    return run.generations.groupby("island").tail(1).sort_values("island").set_index("island")


def medians(run: Run) -> pd.DataFrame:
    """Of `SHOWN` on record, by island; of accuracies only with a task, on test images only where that was measured."""
    last = latest(run)
    known = last[[f"{trait}_median" for trait in SHOWN if f"{trait}_median" in last]]
    known = known.rename(columns=lambda name: name.removesuffix("_median"))
    if len(run.births):
        ends = lived(run.births[run.births["generation"] == run.births["island"].map(last["generation"])])
        for trait in ("replication_loss", "test_accuracy"):
            known[trait] = ends.groupby("island")[trait].median()
    tested = run.tests and run.tests[-1].generation == run.last
    shown = (name for name in there(SHOWN, run.has_task) if tested or name != "test_accuracy")
    return known[[name for name in shown if name in known]]


def _islands(run: Run) -> Iterator[RenderableType]:
    last, known = latest(run), medians(run)
    headings = [TRAITS[str(trait)].short.replace(" ", "\n") for trait in known]
    rows = Wide(MEDIANS, ("island", "gen.", "n", *headings, "parents", "died\nearly"))
    counts = last.assign(early=last["diverged"] + last["collapsed"])
    for island in last.index[:MAX_ISLANDS]:
        generation, n, parents, early = counts.loc[island, ["generation", "size", "parents", "early"]].astype(int)
        traits = map(number, known.loc[island].tolist())
        rows.cells.append((str(island), str(generation), str(n), *traits, str(parents), str(early)))
    yield rows
    if len(last) > MAX_ISLANDS:
        yield Text(f"and {count(len(last) - MAX_ISLANDS, 'island')} more")
    over = counts[(counts["early"] == counts["size"]) | (counts["generation"] < run.last)]["generation"]
    if len(over):
        when = ", ".join(f"{island} (generation {generation})" for island, generation in over[:MAX_ISLANDS].items())
        yield Text(f"died out: {when}")
    worse = last.index[(last["replication_error_median"] > 1) & (last["generation"] > 0)]
    if len(worse):
        names = ", ".join(map(str, worse[:MAX_ISLANDS]))
        yield Text(f"ρ above 1: worse than printing zeros, on {'island' if len(worse) == 1 else 'islands'} {names}")
