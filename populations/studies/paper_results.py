"""What parts of the paper's experiments leave in their folder, and what they keep against being killed.

A worker `claim`s a part and keeps what it has in a `Keep`; the driver asks what has `ended`. Workers and the driver
both read and write it. JSON, Parquet and safetensors; no pickle. Each file is put in its place whole, and a part holds
a lease (`claim`) as long as it writes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors.numpy import load, save

from alife.errors import UserError
from alife.seed_paper import marker
from alife.seed_paper.frame import Floats, Outcome
from alife.seed_paper.registry import EXPERIMENTS
from populations.record import lease as locks
from populations.record.storage import Folder, open_folder

RESULTS: Final = "results"
STATE: Final = "state"


def title(name: str, part: str) -> str:
    """What a part is called: "E1-adam"."""
    return f"{name}-{part.replace(' ', '_')}" if part else name


def ended(folder: Folder) -> set[tuple[str, str]]:
    """(experiment, part) of all that have ended."""
    found = folder.ls(RESULTS)
    parts = [(name, part) for name, experiment in EXPERIMENTS.items() for part in experiment.parts]
    return {part for part in parts if _has_ended(folder, part, found)}


def _has_ended(folder: Folder, part: tuple[str, str], found: Mapping[str, int | None]) -> bool:
    stem = f"{RESULTS}/{title(*part)}."
    if not found.get(f"{stem}json"):
        return False
    sizes = {name.removeprefix(stem): size for name, size in found.items() if name.startswith(stem)}
    facts = marker.facts_of(folder.read(f"{stem}json"), sizes)
    return facts is not None and (facts["experiment"], facts["part"]) == part


@contextmanager
def claim(folder: Folder, name: str, part: str) -> Iterator[locks.Lock]:
    """Be the only process that does a part.

    Raises:
        Busy: Another one does it.
        OSError: The storage refuses.
    """
    own = open_folder(f"{folder.uri}/{STATE}/{title(name, part)}")
    own.make()
    lease = locks.acquire(own)
    try:
        yield lease
    finally:
        lease.release()


def genomes(folder: Folder, name: str) -> dict[str, Floats]:
    """Final weights of an experiment that has ended, by variant."""
    out: dict[str, Floats] = {}
    for part in EXPERIMENTS[name].parts:
        out |= load(folder.read(f"{RESULTS}/{title(name, part)}.safetensors"))
    return out


def progress(folder: Folder) -> dict[str, tuple[float, str]]:
    """Share done and a few words of each part under way."""
    out = {}
    for name in folder.ls(STATE):
        if name.endswith(".progress.json"):
            try:
                share, words = json.loads(folder.read(name))
            except (FileNotFoundError, ValueError):
                continue
            out[name.removeprefix(f"{STATE}/").removesuffix(".progress.json")] = (share, words)
    return out


class Keep:
    """State, progress and results of one part.

    Args:
        folder: Of all parts.
        name: The experiment.
        part: Of it.
        lease: From `claim`.
    """

    def __init__(self, folder: Folder, name: str, part: str, lease: locks.Lock):
        self._folder, self._name, self._part, self._lease = folder, name, part, lease
        self._state = f"{STATE}/{title(name, part)}"
        self._result = f"{RESULTS}/{title(name, part)}"

    def save(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Replace the state, all or nothing: arrays with the facts in the same file."""
        data = save(
            {name: np.ascontiguousarray(values) for name, values in arrays.items()}, {"facts": json.dumps(facts)}
        )
        self._lease.check()
        self._folder.put(f"{self._state}.safetensors", data)

    def load(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """The last state saved."""
        try:
            data = self._folder.read(f"{self._state}.safetensors")
        except FileNotFoundError:
            return None
        return load(data), json.loads(header(data)["facts"])

    def tell(self, share: float, words: str) -> None:
        """Say how far the part is."""
        self._folder.put(f"{self._state}.progress.json", as_json([share, words]))

    def finish(self, outcome: Outcome, seconds: float) -> None:
        """Write what came of it, and forget the state."""
        files = {marker.ROWS: _table(outcome.rows), marker.GENOMES: save(dict(outcome.genomes))}
        if outcome.curves:
            files[marker.CURVES] = _table(outcome.curves)
        facts = {"experiment": self._name, "part": self._part, **outcome.facts, "seconds": round(seconds, 2)}
        for end, data in [*files.items(), ("json", as_json(marker.mark(facts, files)))]:
            self._lease.check()
            self._folder.put(f"{self._result}.{end}", data)
        self._folder.delete(f"{self._state}.progress.json")
        self._folder.delete(f"{self._state}.safetensors")


def header(data: bytes) -> dict[str, str]:
    """Metadata of a safetensors file: eight bytes of length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    found: dict[str, str] = json.loads(data[8 : 8 + length])["__metadata__"]
    return found


def as_json(value: Any) -> bytes:
    """JSON to read and to keep."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def parse(data: bytes, source: str) -> dict[str, Any]:
    """A JSON mapping.

    Raises:
        UserError: It is none.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UserError(f"{source}: is damaged: choose another --out")
    return found


def _table(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as one Parquet file; what a row lacks is null."""
    columns = dict.fromkeys(key for row in rows for key in row)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({key: [row.get(key) for row in rows] for key in columns}), sink, compression="zstd")
    return sink.getvalue().to_pybytes()
