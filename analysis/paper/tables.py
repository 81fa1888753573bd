"""The table of all experiments, for the page and as Markdown and CSV."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from alife.format.manifest import told
from analysis import tables
from analysis.numbers import spread
from analysis.paper.results import CITATION, Results
from analysis.paper.verdicts import Row
from analysis.templates import sentences

SHORT: Final = ("experiment", "what", "length", "paper, as reported", "ours", "ρ", "verdict")
DERIVED: Final = ("experiment", "what", "√(L_SR/N)", "ln(N/L_SR)", "test accuracy")
"""Columns of the page's two tables, which must not be wide."""


def table(caption: str, rows: Iterable[Row], columns: Sequence[str] = ()) -> tables.Table:
    """The rows with some columns; all if none are named."""
    cells = [_cells(row) for row in rows]
    return tables.table(caption, [{name: row[name] for name in columns or row} for row in cells])


def _cells(row: Row) -> dict[str, Any]:
    length = f"{row.length}, shortened" if row.shortened else row.length
    measures = {"√(L_SR/N)": row.margin, "ln(N/L_SR)": row.quotient, "test accuracy": row.accuracy}
    ours = {"ours": f"{row.quantity} {spread(row.mean, row.sd)}", "ρ": spread(row.rho, row.rho_sd)}
    names = {"experiment": row.experiment, "what": row.what, "length": length, "paper, as reported": row.reported}
    return names | ours | measures | {"verdict": row.verdict}


def notes(results: Results) -> list[str]:
    """What holds for all rows."""
    seeds, full, learned, seed = (results.settings.get(name) for name in ("seeds", "full", "data", "seed"))
    about = {"seeds": seeds, "full": full, "seed": seed, "data": told(learned) if learned else "", "citation": CITATION}
    return sentences("paper", of="notes", **about)


def markdown(results: Results, rows: list[Row]) -> str:
    """Notes and the table."""
    lines = ["# Chang & Lipson (2018), reproduced", "", *(f"{note}\n" for note in notes(results))]
    return "\n".join([*lines, tables.markdown(table("", rows))])


def as_csv(rows: list[Row]) -> str:
    """All numbers, unrounded; the paper's are in a column that says so."""
    frame = pd.DataFrame([asdict(row) for row in rows]).rename(columns={"reported": "reported_by_the_paper"})
    return frame.to_csv(index=False, na_rep="nan", lineterminator="\n")
