"""Results of an assay: `publish` makes estimates, sentences and figures of its tables, and `print_result` prints them.

An assay is published once it stands in `ASSAYS`, with its `summarise` and its `draw`.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import fsspec
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from alife.errors import UserError
from alife.format import files
from alife.words import count
from analysis.assays import fertility, garden, garden_figure, mutation, within_life
from analysis.assays.estimates import Frames, by_name
from analysis.assays.reading import read
from analysis.figures.drawing import attempt
from analysis.statistics.estimate import Estimate
from analysis.tables import Terminal, table

PLAIN_WIDTH: Final = 160
INTERVAL: Final = "95 % bootstrap interval"
SCOPE: Final = "Intervals are over what this one run has stored; a claim about a treatment needs runs as replicates."

Summarise = Callable[[Frames, Mapping[str, Any]], tuple[list[Estimate], list[str]]]
"""(tables, what was done) → estimates, and the sentences that they bear."""
Draw = Callable[[Frames, Mapping[str, Any], list[Estimate]], Figure]
"""(tables, what was done, estimates) → the assay's figure."""

ASSAYS: Final[Mapping[str, tuple[Summarise, Draw]]] = {
    "garden": (garden.summarise, garden_figure.draw),
    "within_life": (within_life.summarise, within_life.draw),
    "mutation": (mutation.summarise, mutation.draw),
    "fertility": (fertility.summarise, fertility.draw),
}


@dataclass(frozen=True)
class Result:
    """What an assay says.

    Attributes:
        about: What was done: assay, run, generations, seed, sample, replicates, weights, mutation, …
        rows: Estimates.
        statements: Sentences that they bear.
        files: Where all of it is kept.
    """

    about: Mapping[str, Any]
    rows: Sequence[Estimate]
    statements: Sequence[str]
    files: Sequence[str] = ()

    def __repr__(self) -> str:
        """A line: of what."""
        generations = ", ".join(map(str, self.about["generations"]))
        of = f"{self.about['run']}, generation{'s' * (',' in generations)} {generations}"
        return f"<Result of the {self.about['assay']} assay of {of}: {count(len(self.rows), 'estimate')}>"

    def find(self, quantity: str, generation: int) -> Estimate:
        """The estimate of a quantity.

        Raises:
            KeyError: There is none.
        """
        return by_name(self.rows)[quantity, generation]


def publish(uri: str, name: str, generation: int, figures: bool = True) -> Result:
    """Summarise and draw an assay whose tables lie in RUN/assays; write NAME-G.json, .png, .svg, .pdf beside them.

    Args:
        uri: The run: a path or an fsspec URI.
        name: Of the assay.
        generation: G, the last of its generations.
        figures: Whether to draw.

    Raises:
        UserError: As `read`, or nothing can be written there.
    """
    frames, about = read(uri, name, generation)
    summarise, draw = ASSAYS[name]
    rows, statements = summarise(frames, about)
    stem = f"{name}-{generation}"
    summary = {
        **about,
        "interval": f"{INTERVAL}. {SCOPE}",
        "estimates": [_plain(row) for row in rows],
        "statements": statements,
    }
    contents = {f"{stem}.json": json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False).encode()}
    said: list[str] = []
    if figures:
        with tempfile.TemporaryDirectory() as folder:
            for path in attempt(stem, partial(draw, frames, about, rows), folder, said.append):
                contents[path.name] = Path(path).read_bytes()
    table = f"{uri.rstrip('/')}/assays/{stem}.parquet"
    return Result(about, rows, [*statements, *said], [table, *_write(uri, contents)])


def print_result(result: Result, file: TextIO | None = None) -> None:
    """Print estimates as a table, then the statements; nothing is cut where `file` (stdout if None) is no terminal."""
    file = file or sys.stdout
    console = Console(file=file, highlight=False)
    if not console.is_terminal:
        console = Console(file=file, width=PLAIN_WIDTH, color_system=None, highlight=False)
    rows = [
        {
            "generation": row.generation,
            "quantity": row.quantity,
            f"value [{INTERVAL}]": row,
            "n": f"{row.n} {row.over}",
        }
        for row in result.rows
    ]
    console.print(Terminal(table("", rows), 2))
    for statement in (*result.statements, SCOPE):
        console.print(f"\n{statement}", markup=False)
    if result.files:
        console.print(f"\n{', '.join(result.files)}", markup=False, soft_wrap=True)


def _plain(row: Estimate) -> dict[str, Any]:
    """What stands in the JSON file; what is not finite is null."""
    fields = {name: getattr(row, name) for name in ("quantity", "generation", "over", "value", "low", "high", "n")}
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in fields.items()
    }


def _write(uri: str, contents: Mapping[str, bytes]) -> list[str]:
    folder = f"{uri.rstrip('/')}/assays"
    try:
        if files.is_remote(folder):
            system, root = fsspec.core.url_to_fs(folder)
            system.makedirs(root, exist_ok=True)
            for name, data in contents.items():
                system.pipe_file(f"{root}/{name}", data)
        else:
            place = files.inside(files.local(uri), "assays")
            for name, data in contents.items():
                files.replace(place / name, data)
    except (OSError, ImportError, ValueError) as error:
        raise UserError(f"{folder}: results cannot be written there: {' '.join(str(error).split())}") from None
    return [f"{folder}/{name}" for name in contents]
