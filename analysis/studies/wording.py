"""A comparison in words: sentences, and one table as plain text, Markdown, CSV, for a page or a terminal.

Call `sentences`, `table`, `plain`, `markdown` or `csv` with what comparison.py has computed.
"""

import io
from itertools import groupby

from rich.console import Console
from rich.text import Text

from alife.traits import TRAITS
from alife.words import count
from analysis import tables, templates
from analysis.statistics.intervals import FEWEST
from analysis.studies.comparison import OWN, Comparison


def sentences(comparison: Comparison) -> list[str]:
    """For each treatment its effects, with intervals and how many runs, and whether these are too few to tell."""
    treatments = [list(rows) for _, rows in groupby(comparison.rows, lambda row: row.label)]
    return templates.sentences("comparison", treatments=treatments, fewest=FEWEST)


def table(comparison: Comparison, intervals: bool = False) -> tables.Table:
    """All effects; `intervals` gives values theirs too."""
    control = "control" if comparison.against == OWN else comparison.against
    caption = f"Against {comparison.against}; brackets are 95 % intervals over runs"
    head = ["treatment", "trait", "runs", "value", control, "effect [95\u00a0%]", "P(higher)", "p", "adjusted"]
    rows: list[list[tables.Cell]] = [
        [
            row.label,
            TRAITS[row.trait].label,
            count(row.effect.n, "pair") if row.paired else f"{row.runs[0]}, {row.runs[1]}",
            *((row.value, row.reference) if intervals else (row.value.value, row.reference.value)),
            tables.Effect(row.effect, row.is_factor),
            *(row.test.superiority, row.test.p, row.adjusted),
        ]
        for row in comparison.rows
    ]
    return tables.Table(caption, head, rows)


def csv(comparison: Comparison) -> str:
    """All numbers as CSV: `Comparison.frame`."""
    return comparison.frame().to_csv(index=False)


def markdown(comparison: Comparison) -> str:
    """Sentences, table and notes in Markdown."""
    said = [f"- {sentence}" for sentence in sentences(comparison)]
    notes = [f"{note}  " for note in comparison.notes]
    return "\n".join([*said, "", tables.markdown(table(comparison)), *notes]) + "\n"


def plain(comparison: Comparison, width: int = 120) -> str:
    """Sentences, table and notes without colour."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    for part in (
        *map(Text, sentences(comparison)),
        tables.Terminal(table(comparison), 2),
        *map(Text, comparison.notes),
    ):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
