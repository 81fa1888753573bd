"""The table of all experiments, as Markdown and CSV."""

import csv
import io
import math
from dataclasses import asdict
from typing import Final

from alife.format.manifest import told
from analysis.numbers import NONE, number
from analysis.paper.results import CITATION, Results
from analysis.paper.verdicts import Row

HEAD = (
    "experiment",
    "what",
    "length",
    "paper, as reported",
    "ours",
    "ρ",
    "√(L_SR/N)",
    "ln(N/L_SR)",
    "accuracy",
    "verdict",
)


SHORT: Final = (0, 1, 2, 3, 4, 5, 9)
DERIVED: Final = (0, 1, 6, 7, 8)
"""Columns of the page's two tables, which must not be wide."""


def cells(row: Row) -> list[str]:
    """A row as text, in the order of `HEAD`."""
    length = f"{row.length}, shortened" if row.shortened else row.length
    ours = f"{row.quantity} {with_spread(row.mean, row.sd)}"
    rest = [number(row.margin), number(row.quotient), number(row.accuracy)]
    return [row.experiment, row.what, length, row.reported, ours, with_spread(row.rho, row.rho_sd), *rest, row.verdict]


def with_spread(mean: float, sd: float) -> str:
    """Mean ± standard deviation."""
    return f"{number(mean)} ± {number(sd)}" if math.isfinite(mean) else NONE


def notes(results: Results) -> list[str]:
    """What holds for all rows."""
    n = results.settings["seeds"]
    lengths = "the paper's lengths" if results.settings["full"] else "quick lengths; what is shortened says so"
    learned = results.settings.get("data")
    return [
        *([f"Data: {told(learned)}."] if learned else []),
        f"Ours: mean ± standard deviation over {n} networks trained as one population, one a seed; {lengths}. They "
        "share their fixed projections.",
        "ρ = L_SR/Σθ² stands beside every L_SR: 1 is no better than printing zeros, 0 a perfect quine, R² = 1 − ρ. "
        "L_SR alone falls when weights merely shrink.",
        f"Paper: {CITATION}.",
    ]


def markdown(results: Results, rows: list[Row]) -> str:
    """Notes and the table."""
    lines = ["# Chang & Lipson (2018), reproduced", "", *(f"{note}\n" for note in notes(results))]
    lines += ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def as_csv(rows: list[Row]) -> str:
    """All numbers, unrounded; the paper's are in a column that says so."""
    out = io.StringIO()
    names = [*asdict(rows[0])]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["reported_by_the_paper" if name == "reported" else name for name in names])
    writer.writerows([asdict(row)[name] for name in names] for row in rows)
    return out.getvalue()
