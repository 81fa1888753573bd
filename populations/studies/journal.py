"""What a sweep knows of its runs that have ended, so that nobody has to ask each again: names, rows, how, at what cost.

OUT/ended holds files of up to a thousand runs each, written once and never changed: Parquet with the rows of
`populations.studies.run_rows`, and a column `run`. Several processes may add to it side by side. A run that is in none
of them may have ended all the same, as its process was killed before it could say so; its own folder knows.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from alife.errors import UserError
from populations.record.storage import Folder, explained
from populations.studies.run_rows import columns

FOLDER: Final = "ended"
RUNS: Final = 1000
"""Of a file, at most."""
ROWS: Final = 200_000
"""Of a file, about, at most."""
SECONDS: Final = 60.0
"""After so long what has ended is written down, be it one run."""
PAUSE: Final = 10.0
"""Seconds until what could not be written is tried again."""
WHOLE: Final = "all"
MANY: Final = 500
"""Files beyond which `merge` makes fewer of them."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class End:
    """How a run has ended.

    Attributes:
        status: On record.
        core_seconds: That it has cost, over all starts, as far as that is on record; likewise
        gpu_seconds: of GPUs.
    """

    status: str
    core_seconds: float = 0.0
    gpu_seconds: float = 0.0


_NAME: Final = re.compile(r"([\w-]+)\.[0-9a-f]{16}\.([0-9]{1,6})\.parquet")
_KEY: Final = b"alife"
_DAMAGED: Final = (pa.ArrowException, AttributeError, KeyError, TypeError, ValueError)


class Journal:
    """The ended runs of a sweep.

    Args:
        folder: Of the sweep.
        own: Measures of their own that runs of the sweep have.
        writer: Who adds to it: `WHOLE`, or a task of an array, as "3-of-16". Of what other tasks of that array have
            added nothing is read, for they have other runs.
    """

    def __init__(self, folder: Folder, own: Sequence[str] = (), writer: str = WHOLE):
        self._folder, self._writer = folder, writer
        self._schema = pa.schema(
            [("run", pa.string()), *((name, pa.type_for_alias(dtype)) for name, dtype in columns(own).items())]
        )
        self._new: dict[str, pa.Table] = {}
        self._rows = 0
        self._since, self._due = time.monotonic(), 0.0

    def ended(self) -> set[str]:
        """Names of runs that are in it."""
        return {run for name in self._files() for run in self._runs(name)}

    def ends(self) -> dict[str, End]:
        """How runs that are in it have ended, by name; rows are not looked at."""
        return {run: end for name in self._files() for run, end in self._ends(name).items()}

    def count(self) -> int:
        """How many runs have been added by anybody; one that was added twice counts twice."""
        return sum(int(match[2]) for match in map(_NAME.fullmatch, self._ls()) if match)

    def rows(self, runs: Iterable[str]) -> Iterator[pa.Table]:
        """The rows of some runs, as far as they are in it: a table a file, each run once."""
        left = set(runs)
        for name in self._files():
            for table in self._read(name):
                there = _runs_of(table.schema)
                here = left.intersection(there)
                left -= here
                if here and len(here) == len(there):
                    yield table
                elif here:
                    yield table.filter(pc.is_in(table["run"].cast(pa.string()), pa.array(sorted(here), pa.string())))

    def add(self, name: str, rows: pa.Table, end: End) -> None:
        """A run has ended; it is written down soon."""
        self._new[name] = _named(name, rows, end, self._schema)
        self._rows += len(rows)
        full = len(self._new) >= RUNS or self._rows >= ROWS
        if time.monotonic() < self._due or not (full or time.monotonic() - self._since > SECONDS):
            return
        try:
            self.flush()
        except UserError as error:  # it is tried again, and in the end somebody must hear of it
            _log.warning("%s", error)
            self._due = time.monotonic() + PAUSE

    def flush(self) -> None:
        """Write down what is not written yet.

        Raises:
            UserError: The storage refuses.
        """
        self._since = time.monotonic()
        self._write(list(self._new.values()))
        self._new, self._rows = {}, 0

    def _write(self, tables: Sequence[pa.Table]) -> None:
        """One file of some tables."""
        runs = {run: asdict(end) for table in tables for run, end in _runs_of(table.schema).items()}
        if not runs:
            return
        columns = [table.set_column(0, "run", table["run"].cast(pa.string())) for table in tables]
        about = {_KEY: json.dumps({"runs": runs}).encode()}
        sink = pa.BufferOutputStream()
        pq.write_table(pa.concat_tables(columns).replace_schema_metadata(about), sink, compression="zstd")
        name = f"{FOLDER}/{self._writer}.{secrets.token_hex(8)}.{len(runs)}.parquet"
        with explained(self._folder, f"writing {name}"):
            self._folder.put(name, sink.getvalue().to_pybytes())

    def merge(self) -> None:
        """Make few files of very many; whoever calls it is the only one who does."""
        names = [name for name in self._ls() if _NAME.fullmatch(name)]
        if len(names) <= MANY:
            return
        pending: list[pa.Table] = []
        for table in (table for name in names for table in self._read(name)):
            pending.append(table)
            if sum(map(len, pending)) >= ROWS:
                self._write(pending)
                pending = []
        self._write(pending)
        for name in names:
            with explained(self._folder, f"removing {FOLDER}/{name}"):
                self._folder.delete(f"{FOLDER}/{name}")

    def _ls(self) -> list[str]:
        with explained(self._folder, f"looking into {FOLDER}"):
            names = self._folder.ls(FOLDER)
        return sorted(name.removeprefix(f"{FOLDER}/") for name in names)

    def _files(self) -> list[str]:
        """Those to be read."""
        others = f"-of-{self._writer.rpartition('-')[2]}" if self._writer != WHOLE else None
        found = ((name, match[1]) for name in self._ls() if (match := _NAME.fullmatch(name)))
        return [name for name, who in found if who == self._writer or not (others and who.endswith(others))]

    def _runs(self, name: str) -> list[str]:
        return [run for table in self._read(name) for run in _runs_of(table.schema)]

    def _ends(self, name: str) -> dict[str, End]:
        """Of a file; nothing if it is gone or damaged."""
        try:
            schema = pq.read_schema(pa.BufferReader(self._data(name)))
            return _runs_of(schema) if schema.equals(self._schema) else {}
        except _DAMAGED:
            return {}

    def _data(self, name: str) -> bytes:
        """The content of a file, empty if it is gone."""
        with explained(self._folder, f"reading {FOLDER}/{name}"):
            try:
                return self._folder.read(f"{FOLDER}/{name}")
            except FileNotFoundError:
                return b""

    def _read(self, name: str) -> list[pa.Table]:
        """The one table of a file; none if it is gone or damaged: the runs' own folders know."""
        try:
            table = pq.read_table(pa.BufferReader(self._data(name)), read_dictionary=["run"])
            _runs_of(table.schema)
        except _DAMAGED:
            return []
        plain = table.schema.set(0, self._schema.field(0)) if len(table.schema) else table.schema
        return [table] if plain.equals(self._schema) else []


def _runs_of(schema: pa.Schema) -> dict[str, End]:
    """Runs that a file says it has; one of them may have no rows."""
    runs = json.loads((schema.metadata or {})[_KEY])["runs"]
    return {str(name): End(**end) for name, end in runs.items()}


def _named(name: str, rows: pa.Table, end: End, schema: pa.Schema) -> pa.Table:
    whose: Mapping[str, pa.Array] = {"run": pa.array([name] * len(rows), pa.string())}
    about = {_KEY: json.dumps({"runs": {name: asdict(end)}}).encode()}
    named = pa.table({**whose, **{column: rows[column] for column in schema.names[1:]}}, schema)
    return named.replace_schema_metadata(about)
