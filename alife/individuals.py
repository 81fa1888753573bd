"""Individuals handed on: `export_individuals` writes who lived in a run as files that others read."""

import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from alife import __version__
from alife.errors import UserError
from alife.evolution.programs import FORMATS, Handed, check, sizes
from alife.format import files
from alife.format.checkpoints import NotKept
from alife.world.task import Task
from analysis.data.individual import Individual
from populations.engine.adults import load_networks
from populations.record.reader import read_config, read_manifest

_log = logging.getLogger(__name__)

SUFFIXES: Final = {".safetensors": "safetensors", ".pt": "torch", ".pth": "torch", ".onnx": "onnx"}
"""What the name of a file promises to hold."""


def export_individuals(
    individuals: Individual | Sequence[Individual],
    path: str | os.PathLike[str],
    format: str = "safetensors",
    *,
    task: Task | None = None,
) -> Path:
    """Write adults, and the genomes that they were born with, as a file that needs nothing of this project to be read.

    Args:
        individuals: One, or several of one run.
        path: The file; one of that name is replaced, whole or not at all.
        format: "safetensors": matrices and fixed features of all of them; "torch": one as a TorchScript program;
            "onnx": one as an ONNX model, with the extra `onnx`.
        task: The run's data, if they were handed over.

    Returns:
        The file. It has no genomes if one of them is not on record.

    Raises:
        UserError: Of several runs, no such format, an adult is not kept, or the file cannot be written.

    Example:
        >>> import alife
        >>> fittest = alife.load_run("runs/first").fittest()
        >>> file = alife.export_individuals(fittest, "fittest.safetensors")
        >>> from safetensors.numpy import load_file
        >>> load_file(file)["genomes"].shape
        (1, 688)
    """
    chosen = [individuals] if isinstance(individuals, Individual) else list(individuals)
    runs = {one.run for one in chosen}
    if len(runs) != 1:
        raise UserError(f"{path}: individuals of {len(runs)} runs: a file holds those of one")
    check(format, len(chosen))
    suffix = Path(path).suffix
    if suffix in SUFFIXES and SUFFIXES[suffix] != format:
        raise UserError(f"{path}: is no name for {format}: say --format {SUFFIXES[suffix]}, or name it otherwise")
    data = FORMATS[format](_handed(runs.pop(), chosen, task))
    try:
        with files.beside(Path(path), durable=True) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
    return Path(path)


def _handed(run: str, chosen: Sequence[Individual], task: Task | None) -> Handed:
    networks = load_networks(run, [one.id for one in chosen], task=task)
    manifest = read_manifest(run)
    try:
        genomes = np.stack([one.genome() for one in chosen])
    except NotKept as error:
        _log.warning("warning: the file has no genomes: %s", error)
        genomes = None
    about = {
        "format": "alife-individuals-1",
        "program": __version__,
        "run": run,
        "seed": manifest["seed"],
        "task": manifest.get("task"),
        "quine": read_config(run).quine.model_dump(),
        "sizes": sizes(networks[0]),
        "span": list(networks[0].span),
        "individuals": [_about(one) for one in chosen],
    }
    return Handed(tuple(networks), genomes, about)


def _about(one: Individual) -> dict[str, Any]:
    """What is known of an individual, as JSON takes it."""
    return {
        "id": one.id,
        "generation": one.generation,
        "island": one.island,
        "birth_island": one.birth_island,
        "parent": one.parent,
        **({} if one.second_parent is None else {"second_parent": one.second_parent}),
        **({"age": one.age} if one.age else {}),
        "cause_of_death": one.cause_of_death,
        "scores": {name: value if math.isfinite(value) else None for name, value in one.scores.items()},
    }
