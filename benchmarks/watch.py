"""`python -m benchmarks watch`: the quick ratios of `alife bench life` against those in `history.jsonl`.

Ratios of one kind of machine alone are compared: the same processor and the same versions of the libraries that
multiply. Each line of the history is a `Line`; `--record` adds one.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Console
from rich.table import Table

from alife import __version__
from alife.bench.life import quick
from alife.bench.settings import DEFAULT
from alife.bench.timing import Figure
from alife.cli.flags import Parser
from alife.errors import UserError, damaged
from analysis.numbers import NONE, number, words
from populations.engine.worker import machine_class

HISTORY: Final = Path(__file__).with_name("history.jsonl")
RATIOS: Final = "×", "of it", "of wall-clock"
"""Units of figures that are kept: seconds of one day say nothing about those of another."""
TOLERANCE: Final = 0.25
"""How far a ratio may fall below the lowest on record."""

Machine = dict[str, str | int]
_Positive = Annotated[float, Field(gt=0)]


class Ratio(BaseModel):
    """A median, with quartiles."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    value: _Positive
    low: _Positive
    high: _Positive


Ratios = Mapping[str, Ratio]


class Line(BaseModel):
    """What was measured once; `machine` decides with what it is compared, `cores` does not."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    date: date
    commit: str
    version: str
    cores: int
    machine: Machine
    figures: dict[str, Ratio]


class Row(NamedTuple):
    """A ratio beside the last on record, and the lowest; None where there is none."""

    name: str
    now: Ratio | None
    then: Ratio | None
    lowest: float | None

    @property
    def change(self) -> float | None:
        """Of the median, as a share."""
        return self.now.value / self.then.value - 1 if self.now and self.then else None

    @property
    def apart(self) -> bool:
        """Whether quartiles now and then have nothing in common."""
        if self.now is None or self.then is None:
            return False
        return self.now.high < self.then.low or self.now.low > self.then.high

    @property
    def fell(self) -> bool:
        """Whether it is below what is tolerated."""
        return self.now is not None and self.lowest is not None and self.now.value < (1 - TOLERANCE) * self.lowest


def main(given: Sequence[str]) -> int:
    """Measure, compare, say so, and add a line if that is asked for.

    Returns:
        The exit code: 1 if a ratio fell below what is tolerated, 2 if the history cannot be read or written.
    """
    parser = Parser(
        prog="python -m benchmarks watch",
        description="Compare the speed of lives with what is on record of the same kind of machine; takes a minute.\n"
        f"Exit code 1: a ratio is more than {TOLERANCE:.0%} below the lowest on record.",
    )
    parser.add_argument("--record", action="store_true", help=f"add a line to {HISTORY.name}, even of a fall")
    parser.add_argument("--json", action="store_true", help="print JSON lines: what is compared with, then the ratios")
    arguments = parser.parse_args(given)
    try:
        machine = machine_now()
        past = [line for line in read(HISTORY) if line.machine == machine]
        now = ratios(quick())
        rows = compare(now, past)
        (_print_json if arguments.json else _print)(rows, past, machine)
        if arguments.record:
            record(HISTORY, now, machine)
    except UserError as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2
    return int(any(row.fell for row in rows))


def ratios(figures: Iterable[Figure]) -> dict[str, Ratio]:
    """Those of figures that are ratios and were measured, to four digits, which is more than they hold."""
    return {
        each["name"]: Ratio(**{key: float(f"{each.get(key, each['value']):.4g}") for key in Ratio.model_fields})
        for each in figures
        if each["unit"] in RATIOS and each["value"] is not None
    }


def compare(now: Ratios, past: Sequence[Line]) -> list[Row]:
    """A row for each ratio of now and of the last line; `past` are lines of this kind of machine."""
    rows = []
    for name in dict.fromkeys([*now, *(past[-1].figures if past else ())]):
        known = [line.figures[name] for line in past if name in line.figures]
        lowest = min((each.value for each in known), default=None)
        rows.append(Row(name, now.get(name), known[-1] if known else None, lowest))
    return rows


def read(history: Path) -> list[Line]:
    """Its lines; none if there is no such file.

    Raises:
        UserError: It cannot be read, or one of its lines is none.
    """
    lines = []
    try:
        content = history.read_bytes()
    except FileNotFoundError:
        content = b""
    except OSError as error:
        raise UserError(f"{history}: cannot be read: {error.strerror or error}") from None
    for place, text in enumerate(content.splitlines(), 1):
        try:
            lines.append(Line.model_validate_json(text))
        except ValidationError:
            raise damaged(str(history), f"line {place} is none of a bench") from None
    return lines


def record(history: Path, now: Ratios, machine: Machine) -> None:
    """Add a line."""
    when, cores = date.today(), os.cpu_count() or 1
    line = Line(date=when, commit=_commit(), version=__version__, cores=cores, machine=machine, figures=dict(now))
    try:
        with history.open("a", encoding="utf-8") as file:
            file.write(line.model_dump_json() + "\n")
    except OSError as error:
        raise UserError(f"{history}: cannot be written: {error.strerror or error}") from None


def machine_now() -> Machine:
    """Processor with its vectors, and versions of the libraries; neither a name nor an address of the machine."""
    try:
        flags = re.search(r"^(?:flags|Features)\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        flags = None
    vectors = [flag for flag in flags[1].split() if re.match("avx|amx|asimd|sve", flag)] if flags else []
    return {**machine_class(DEFAULT.config), "vectors": " ".join(sorted(vectors))}


def _commit() -> str:
    """Of this checkout, with "-dirty" behind it where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        said = subprocess.run(command, cwd=HISTORY.parent, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        said = ""
    return said or "unknown"


def _print(rows: Sequence[Row], past: Sequence[Line], machine: Machine) -> None:
    libraries = (f"{name} {machine[name]}" for name in ("torch", "numpy", "numba", "scipy") if name in machine)
    told = ", ".join([str(machine["cpu"]), *libraries])
    grid = Table(box=None, pad_edge=False)
    for head in ("ratio", "now", "then", "change", "quartiles"):
        grid.add_column(head, no_wrap=head != "ratio")
    for row in rows:
        change = NONE if row.change is None else f"{row.change:+.1%}"
        apart = NONE if row.change is None else "apart" if row.apart else "overlap"
        now, then = words(row.now) if row.now else NONE, number(row.then.value) if row.then else NONE
        grid.add_row(row.name, now, then, change, apart)
    console = Console(highlight=False, markup=False)
    console.print(grid)
    if not past:
        console.print(f"{HISTORY.name} has no line of this kind of machine to compare with: {told}")
    else:
        last = past[-1]
        console.print(f"then: {last.date}, commit {last.commit}, the last of {len(past)} lines of: {told}")
    for row in rows:
        if row.fell:
            limit = f"more than {TOLERANCE:.0%} below {row.lowest:.4g}, the lowest on record"
            console.print(f"FELL: {row.name}: {limit}", soft_wrap=True)


def _print_json(rows: Sequence[Row], past: Sequence[Line], machine: Machine) -> None:
    against = past[-1].model_dump(mode="json", include={"date", "commit", "version"}) if past else None
    print(json.dumps({"machine": machine, "against": against, "lines": len(past), "tolerance": TOLERANCE}))
    for row in rows:
        said = {"change": row.change, "apart": row.apart, "fell": row.fell}
        print(json.dumps({**row._asdict(), **said}, default=Ratio.model_dump))
