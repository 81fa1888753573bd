"""What parts of the paper's experiments leave in their folder, and what they keep against being killed.

A room of its own because workers and the driver both read and write it. JSON, Parquet and safetensors; no pickle.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors.numpy import load, save

from alife.errors import UserError
from alife.paper.frame import Floats, Outcome
from alife.paper.registry import EXPERIMENTS
from populations.storage import Folder

RESULTS: Final = "results"
STATE: Final = "state"


def title(name: str, part: str) -> str:
    """What a part is called: "E1-adam"."""
    return f"{name}-{part.replace(' ', '_')}" if part else name


def ended(folder: Folder) -> set[tuple[str, str]]:
    """(experiment, part) of all that have ended."""
    found = set(folder.ls(RESULTS))
    parts = [(name, part) for name, experiment in EXPERIMENTS.items() for part in experiment.parts]
    return {part for part in parts if f"{RESULTS}/{title(*part)}.json" in found}


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
    """State, progress and results of one part."""

    def __init__(self, folder: Folder, name: str, part: str):
        self._folder, self._name, self._part = folder, name, part
        self._state = f"{STATE}/{title(name, part)}"
        self._result = f"{RESULTS}/{title(name, part)}"

    def save(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Replace the state, all or nothing: arrays with the facts in the same file."""
        data = save(
            {name: np.ascontiguousarray(values) for name, values in arrays.items()}, {"facts": json.dumps(facts)}
        )
        name = f"{self._state}.safetensors"
        try:
            before = self._folder.fetch(name)[1]
        except FileNotFoundError:
            before = None
        self._folder.replace(name, data, before)

    def load(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """The last state saved."""
        try:
            data = self._folder.read(f"{self._state}.safetensors")
        except FileNotFoundError:
            return None
        return load(data), json.loads(header(data)["facts"])

    def tell(self, share: float, words: str) -> None:
        """Say how far the part is."""
        self._folder.write(f"{self._state}.progress.json", as_json([share, words]))

    def finish(self, outcome: Outcome, seconds: float) -> None:
        """Write what came of it, and forget the state."""
        self._folder.write(f"{self._result}.rows.parquet", _table(outcome.rows))
        if outcome.curves:
            self._folder.write(f"{self._result}.curves.parquet", _table(outcome.curves))
        self._folder.write(f"{self._result}.safetensors", save(dict(outcome.genomes)))
        facts = {"experiment": self._name, "part": self._part, **outcome.facts, "seconds": round(seconds, 2)}
        self._folder.write(f"{self._result}.json", as_json(facts))
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
    except ValueError:
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
