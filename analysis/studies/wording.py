"""A comparison in words: sentences, and one table as plain text, Markdown, CSV or for a terminal.

Call `sentences`, `plain`, `markdown`, `csv` or `rich_table` with what comparison.py has computed.
"""

import io
from collections.abc import Callable
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alife.traits import TRAITS
from alife.words import count
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST
from analysis.studies.comparison import OWN, Comparison, Row

EFFECT: Final = "effect [95 %]"


def sentences(comparison: Comparison) -> list[str]:
    """For each treatment its effects, with intervals and how many runs, and whether these are too few to tell."""
    out = []
    for label in dict.fromkeys(row.label for row in comparison.rows):
        rows = [row for row in comparison.rows if row.label == label]
        most = max(rows, key=lambda row: row.effect.n)
        effects = []
        for row in rows:
            fewer = f" (n = {row.effect.n})" if row.effect.n != most.effect.n else ""
            effects.append(f"{TRAITS[row.trait].label} {effect(row)}{fewer}")
        clauses = [f"{label} against {most.against}: {', '.join(effects)}, {_runs(most)}"]
        if most.effect.n < FEWEST:
            clauses.append(f"fewer than {FEWEST} bear no interval")
        if most.too_few:
            clauses.append(most.too_few)
        out.append("; ".join(clauses) + ".")
    return out


def effect(row: Row) -> str:
    """An effect with its interval, as in "+0.030 [0.020, 0.040]" or "×1.6 [1.4, 1.8]"."""
    numbers = row.effect
    if not np.isfinite(numbers.value):
        return "undefined"
    form = rounded(numbers)
    start = f"×{form(numbers.value)}" if row.is_factor else f"{'+' if numbers.value >= 0 else ''}{form(numbers.value)}"
    return start + (f" [{form(numbers.low)}, {form(numbers.high)}]" if np.isfinite(numbers.low) else "")


def csv(comparison: Comparison) -> str:
    """All numbers as CSV: `Comparison.frame`."""
    return comparison.frame().to_csv(index=False)


def markdown(comparison: Comparison) -> str:
    """Sentences, table and notes in Markdown."""
    head, *body = _cells(comparison)
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (head, *body)]
    lines.insert(1, "|" + " --- |" * len(head))
    said = [f"- {sentence}" for sentence in sentences(comparison)]
    return "\n".join([*said, "", *lines, "", *(f"{note}  " for note in comparison.notes)]) + "\n"


def rich_table(comparison: Comparison) -> Table:
    """The table for a terminal."""
    head, *body = _cells(comparison)
    out = Table(title=Text(f"against {comparison.against}"), title_justify="left")
    for number, name in enumerate(head):
        whole = name in ("runs", EFFECT, "p")
        out.add_column(Text(name), justify="left" if number < 2 else "right", overflow="fold", no_wrap=whole)
    label = None
    for row in body:
        if row[0] != label:
            out.add_section()
        out.add_row(*(Text(cell) for cell in (row[0] if row[0] != label else "", *row[1:])))
        label = row[0]
    return out


def plain(comparison: Comparison, width: int = 120) -> str:
    """Sentences, table and notes without colour."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    for sentence in sentences(comparison):
        console.print(Text(sentence))
    console.print(rich_table(comparison))
    for note in comparison.notes:
        console.print(Text(note))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _cells(comparison: Comparison) -> list[list[str]]:
    head = ["treatment", "trait", "runs", "value", _reference(comparison), EFFECT, "P(higher)", "p", "adjusted"]
    return [head] + [
        [
            row.label,
            TRAITS[row.trait].label,
            f"{count(row.effect.n, 'pair')}" if row.paired else f"{row.runs[0]}, {row.runs[1]}",
            _value(row.value),
            _value(row.reference),
            effect(row),
            f"{row.test.superiority:.2f}",
            f"{row.test.p:.3g}",
            f"{row.adjusted:.3g}",
        ]
        for row in comparison.rows
    ]


def _reference(comparison: Comparison) -> str:
    return "control" if comparison.against == OWN else comparison.against


def _runs(row: Row) -> str:
    n = row.effect.n
    return f"{count(n, 'paired run')}" if row.paired else f"{row.runs[0]} and {count(row.runs[1], 'run')}"


def _value(estimate: Estimate) -> str:
    return rounded(estimate)(estimate.value) if np.isfinite(estimate.value) else "undefined"


def rounded(estimate: Estimate) -> Callable[[float], str]:
    """As many decimals as give the interval's half-width, or a tenth of the value without one, two digits."""
    half = (estimate.high - estimate.low) / 2
    size = half if half > 0 else abs(estimate.value) / 10
    decimals = int(np.clip(1 - np.floor(np.log10(size)), 0, 6)) if size > 0 else 3
    return lambda number: f"{number:.{decimals}f}".replace("-", "−")
