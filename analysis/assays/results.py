"""Results of an assay: from its tables to estimates, sentences and figures, printed and kept beside the record."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import fsspec
import numpy as np
import pandas as pd
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from alife.errors import UserError
from alife.format import files, parquet
from analysis.data.source import Source
from analysis.figures import legends, style
from analysis.figures.drawing import attempt
from analysis.statistics.intervals import Estimate

MOST: Final = 1 << 32
"""Bytes of an assay's table at most."""
MOST_EXPERIMENTS: Final = 20
PLAIN_WIDTH: Final = 160
INTERVAL: Final = "95 % bootstrap interval"
SCOPE: Final = "Intervals are over what this one run has stored; a claim about a treatment needs runs as replicates."

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Row:
    """One estimate: what it is, of which generation (of the run, or of descent), its interval, and over what."""

    quantity: str
    generation: int
    estimate: Estimate
    over: str = "genomes"


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
    rows: Sequence[Row]
    statements: Sequence[str]
    files: Sequence[str] = ()

    def find(self, quantity: str, generation: int) -> Estimate:
        """The estimate of a quantity.

        Raises:
            KeyError: There is none.
        """
        return by_name(self.rows)[quantity, generation]


Summarise = Callable[[Frames, Mapping[str, Any]], tuple[list[Row], list[str]]]
Draw = Callable[[Frames, Mapping[str, Any], list[Row]], Figure]


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
    summarise, draw = _assay(name)
    rows, statements = summarise(frames, about)
    stem = f"{name}-{generation}"
    summary = {
        **about,
        "interval": f"{INTERVAL}. {SCOPE}",
        "estimates": [{**_plain(row), **_plain(row.estimate)} for row in rows],
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


def read(uri: str, name: str, generation: int) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The tables of an assay by experiment, and what was done.

    Raises:
        UserError: There is no such assay, or its file is damaged.
    """
    file = f"assays/{name}-{generation}.parquet"
    source = f"{uri.rstrip('/')}/{file}"
    try:
        data = Source(uri).fetch(file, MOST)
    except FileNotFoundError:
        raise UserError(f"{source}: no such assay: make it with 'alife assay {uri} {name}'") from None
    table = parquet.load(data, source)
    try:
        about = json.loads((table.schema.metadata or {})[b"alife"])
        experiments = table.column("experiment").unique().to_pylist()
        if not isinstance(about, dict) or len(experiments) > MOST_EXPERIMENTS:
            raise ValueError("its metadata are not those of an assay")
    except (KeyError, ValueError, RecursionError) as error:
        raise UserError(f"{source}: not an assay's table: {' '.join(str(error).split())[:200]}") from None
    frames = {}
    for experiment in experiments:
        rows = table.filter(pc.equal(table.column("experiment"), experiment)).drop_columns(["experiment"])
        known = [name for name in rows.column_names if rows.column(name).null_count < len(rows)]
        frames[experiment] = rows.select(known).to_pandas()
    return frames, about


def print_result(result: Result, file: TextIO | None = None) -> None:
    """Print estimates as a table, then the statements; nothing is cut where `file` (stdout if None) is no terminal."""
    file = file or sys.stdout
    console = Console(file=file, highlight=False)
    if not console.is_terminal:
        console = Console(file=file, width=PLAIN_WIDTH, color_system=None, highlight=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("generation", justify="right")
    table.add_column("quantity")
    for heading in ("value", INTERVAL, "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result.rows:
        e = row.estimate
        table.add_row(str(row.generation), row.quantity, number(e.value), between(e), f"{e.n} {row.over}")
    console.print(table)
    for statement in (*result.statements, SCOPE):
        console.print(f"\n{statement}", markup=False)
    if result.files:
        console.print(f"\n{', '.join(result.files)}", markup=False, soft_wrap=True)


def by_name(rows: Sequence[Row]) -> dict[tuple[str, int], Estimate]:
    """(quantity, generation) → estimate."""
    return {(row.quantity, row.generation): row.estimate for row in rows}


def number(value: float) -> str:
    """Four significant digits, with a real minus; a dash if there is no value."""
    return f"{value:.4g}".replace("-", "−") if np.isfinite(value) else "–"


def between(estimate: Estimate) -> str:
    """The interval, as in [0.1, 0.2]."""
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def words(estimate: Estimate) -> str:
    """Value and interval."""
    return f"{number(estimate.value)} {between(estimate)}"


def draw_estimate(ax: Axes, place: float, estimate: Estimate, upright: bool = True, **look: Any) -> None:
    """A mark with its interval at a place along the other axis."""
    ends = [[max(estimate.value - estimate.low, 0)], [max(estimate.high - estimate.value, 0)]]
    looks: dict[str, Any] = {"fmt": "o", "ms": 4, "capsize": 2.5, "lw": 1.2, "color": style.ink(), **look}
    if upright:
        ax.errorbar(place, estimate.value, yerr=ends, **looks)
    else:
        ax.errorbar(estimate.value, place, xerr=ends, **looks)


def finish(figure: Figure, axes: Sequence[Axes], title: str) -> Figure:
    """Put one legend below all panels, and a title above."""
    legends.of_figure(figure, axes, 2)
    style.heading(figure, title)
    return figure


def _assay(name: str) -> tuple[Summarise, Draw]:
    from analysis.assays import fertility, garden, garden_figure, mutation, within_life

    return {
        "garden": (garden.summarise, garden_figure.draw),
        "within_life": (within_life.summarise, within_life.draw),
        "mutation": (mutation.summarise, mutation.draw),
        "fertility": (fertility.summarise, fertility.draw),
    }[name]


def _plain(item: Row | Estimate) -> dict[str, Any]:
    """Fields as JSON values; what is not finite is null."""
    fields = {key: value for key, value in asdict(item).items() if key != "estimate"}
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
