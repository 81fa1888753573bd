"""Founders that the user brings: genomes from a file, in place of those that the seed draws.

Call `given` with a configuration before anything is written. What it returns goes to `reproduction.founders`, and
`founders_digest` says which genomes these were. A file is data: nothing in it is unpickled or executed, and no more is
read of it than a run has use for.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import safetensors

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import Floats

NAME: Final = "genomes"
"""What the array is called, if it is not the only one of its file."""

KEY: Final = "population.founders"

_FLOATS: Final = {"F32": "float32", "F64": "float64"}
"""safetensors' names of the dtypes that genomes may have."""


@dataclass(frozen=True)
class _Array:
    """An array of a file, of which only the header has been read."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], np.ndarray]


def given(config: RunConfig, n_weights: int) -> Floats | None:
    """The genomes that `population.founders` names, None if it names none.

    Args:
        config: The run.
        n_weights: N of its networks.

    Returns:
        [n, N] float32, n being islands·size (island after island), size (each island the same) or 1 (all the same).
        float64 is rounded to the nearest float32.

    Raises:
        UserError: No such file, no genomes in it, or not of these shapes and dtypes, or values that are not finite.
    """
    path = config.population.founders
    if path is None:
        return None
    source = f"{KEY}: {path}"
    if not os.path.isfile(path):
        what = "no regular file" if os.path.exists(path) else "no such file"
        raise UserError(f"{source}: {what}: name a .safetensors or .npz of genomes [n, N], or null")
    try:
        array = (_safetensors if path.endswith(".safetensors") else _npz)(path, source)
        _check_header(array, config, n_weights, source)
        with np.errstate(over="ignore"):
            genomes = np.ascontiguousarray(array.read(), np.float32)
    except UserError:
        raise
    except Exception as error:  # zip, its compressions and both kinds of header have each their own classes
        raise UserError(f"{source}: cannot be read: {' '.join(str(error).split())[:200]}") from None
    if genomes.shape != array.shape:
        raise UserError(f"{source}: cannot be read: its header does not fit what follows")
    _check_values(genomes, source)
    return genomes


def remarks(config: RunConfig) -> list[str]:
    """A line if the file was exported from a run with other fixed projections than this one's: its genomes lose sense.

    Args:
        config: The run's, its `quine.projection_seed` known, and its file read before by `given`.
    """
    path, seed = config.population.founders, config.quine.projection_seed
    if path is None or not path.endswith(".safetensors"):
        return []
    try:
        with safetensors.safe_open(path, "np") as file:
            theirs = json.loads(file.metadata()["alife"])["quine"]["projection_seed"]
    except (TypeError, KeyError, ValueError):
        return []
    if not isinstance(theirs, int) or theirs == seed:
        return []
    return [
        f"{KEY}: {path}: these genomes come of a run with quine.projection_seed {theirs}, and this one has {seed}: "
        f"what they learned is lost: use --quine.projection_seed {theirs}"
    ]


def on_record(config: RunConfig, genomes: Floats | None) -> dict[str, dict[str, Any]]:
    """What the manifest says of the genomes under "objects"; nothing if there are none."""
    if genomes is None:
        return {}
    return {KEY: {"name": config.population.founders, "sha256": founders_digest(genomes), "parameters": {}}}


def founders_digest(genomes: Floats) -> str:
    """SHA-256 of genomes [n, N] float32: a line of JSON with dtype and shape, then the rows as little-endian bytes."""
    head = json.dumps(["float32", *genomes.shape]).encode() + b"\n"
    return hashlib.sha256(head + np.ascontiguousarray(genomes, "<f4").tobytes()).hexdigest()


def _safetensors(path: str, source: str) -> _Array:
    with safetensors.safe_open(path, "np") as file:
        name = _chosen(list(file.keys()), source)
        header = file.get_slice(name)
        shape, kind = tuple(header.get_shape()), header.get_dtype()

    def read() -> np.ndarray:
        with safetensors.safe_open(path, "np") as file:
            tensor: np.ndarray = file.get_tensor(name)
            return tensor

    return _Array(shape, _FLOATS.get(kind, str(kind)), read)


def _npz(path: str, source: str) -> _Array:
    with zipfile.ZipFile(path) as archive:
        name = _chosen([each.removesuffix(".npy") for each in archive.namelist() if each.endswith(".npy")], source)
        with archive.open(f"{name}.npy") as member:
            version = np.lib.format.read_magic(member)
            header: Any = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                header = np.lib.format.read_array_header_2_0
            shape, _, dtype = header(member)

    def read() -> np.ndarray:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as member:
            array: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
            return array

    return _Array(tuple(shape), dtype.name, read)


def _chosen(names: list[str], source: str) -> str:
    """Which array of a file is meant."""
    if NAME in names:
        return NAME
    if len(names) == 1:
        return names[0]
    what = f"arrays {', '.join(sorted(names)[:5])}, and none is called {NAME}" if names else "no array"
    raise UserError(f"{source}: holds {what}: save [n, N] float32 as {NAME}")


def _check_header(array: _Array, config: RunConfig, n_weights: int, source: str) -> None:
    if array.dtype not in _FLOATS.values():
        raise UserError(f"{source}: genomes of dtype {array.dtype}: save them as float32")
    islands, size = config.population.islands, config.population.size
    if len(array.shape) == 2 and array.shape[1] == n_weights and array.shape[0] in (islands * size, size, 1):
        return
    raise UserError(
        f"{source}: genomes of shape {list(array.shape)}: [n, {n_weights}] is expected, as quine.hidden "
        f"{config.quine.hidden} and the task make {n_weights} weights; n is {islands * size} (population.islands · "
        f"population.size), {size} (each island the same) or 1 (all the same)"
    )


def _check_values(genomes: Floats, source: str) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        sound = np.isfinite(np.linalg.norm(genomes, axis=1))
    if not sound.all():
        row = int(np.flatnonzero(~sound)[0])
        what = "is too large for float32" if np.isfinite(genomes[row]).all() else "is not finite"
        raise UserError(f"{source}: row {row} of the genomes {what}: only finite weights can live")
