"""From folders of runs to the page of their lineages."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alife.errors import UserError, written
from alife.format.files import replace
from alife.words import count
from analysis.data.run import load_run
from analysis.data.treatments import find_runs
from analysis.viewer.document import render
from analysis.viewer.record import Record, record
from analysis.viewer.shared import marks

MOST: Final = 4_000_000
"""Births on a page."""


def view(
    path: str | os.PathLike[str], out: str | os.PathLike[str], beside: str | os.PathLike[str] | None = None
) -> Path:
    """Write the lineages of a run, or of all runs below a folder, as one page that opens without network.

    Args:
        path: The folder of a run or of a sweep, or its address. The runs of a sweep are there to choose from.
        out: The file to write; one of that name is replaced.
        beside: Another run, which stands beside the first: the original of a fork, another seed.

    Returns:
        The page.

    Raises:
        UserError: No run there, a damaged one, one without births, more than `MOST` births, or a place that cannot be
            written.
    """
    file = Path(out).expanduser()
    if file.is_dir():
        raise UserError(f"{out}: is a folder: name a file, as in lineage.html")
    found = [*find_runs(path), *(find_runs(beside) if beside is not None else ())]
    records = _records(found)
    title = records[0].head["name"] if len(found) == 1 else f"{records[0].head['name']} and others"
    with written(out):
        replace(file, render(f"Lineage of {title}", records).encode(errors="backslashreplace"))
    return file


def _records(folders: Sequence[str]) -> list[Record]:
    records, born = [], 0
    for folder in folders:
        run = load_run(folder)
        packed = record(run)
        born += packed.head["births"]
        if born > MOST:
            raise UserError(f"{folder}: more than {count(MOST, 'birth')} for one page: name fewer runs")
        packed.head["path"] = folder
        if len(folders) > 1:
            packed.head["marks"] = marks(run)
        records.append(packed)
    return records
