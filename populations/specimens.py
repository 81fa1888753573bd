"""Stored newborns brought back to life for an assay: read from a run's fossil record, sampled, and given a habitat.

A room of its own: an assay writes no history, so it needs neither a controller nor a recorder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from alife.assays import ASSAYS, Columns, Tell
from alife.assays.lives import sample, silent
from alife.config import merge, parse_config
from alife.errors import UserError
from alife.island import Habitat
from alife.reproduction import Newborns
from populations.evolution import prepare
from populations.records import read_checkpoint, read_config, read_manifest

COMPARED: Final = (0, 3)
"""Generations that a comparison of generations is made with, where they are kept: founders, and the first faithfully
printed one."""


@dataclass(frozen=True)
class Request:
    """What an assay is to do.

    Attributes:
        assay: A name in `alife.assays.ASSAYS`.
        generations: Kept ones; None for the last, and for a comparison of generations the last beside `COMPARED`. A
            single generation given to a comparison is compared with those too.
        sample: Genomes of each generation, None for the assay's own number; likewise
        replicates: lives or lines of each, and
        descent: emissions that lines are followed through.
        device: Where to live; as the run did if None.
    """

    assay: str
    generations: Sequence[int] | None = None
    sample: int | None = None
    replicates: int | None = None
    descent: int = 10
    device: str | None = None


def perform(uri: str, request: Request, tell: Tell = silent) -> tuple[dict[str, Any], dict[str, Columns]]:
    """Do an assay on a run's stored genomes.

    Args:
        uri: The run: a path or an fsspec URI.
        request: What to do.
        tell: Told of progress.

    Returns:
        (what was done, as JSON values; tables by experiment).

    Raises:
        UserError: A generation is not kept, a number is too small, or the run's data or device are not here.
    """
    assay = ASSAYS[request.assay]
    generations = chosen(uri, request)
    size = assay.sample if request.sample is None else request.sample
    replicates = assay.replicates if request.replicates is None else request.replicates
    for flag, value, fewest in (
        ("sample", size, 1),
        ("replicates", replicates, assay.fewest),
        ("descent", request.descent, 1),
    ):
        if value < fewest:
            raise UserError(f"--{flag} {value}: the {request.assay} assay needs at least {fewest}")
    habitat, groups = thaw(uri, generations, size, request.device)
    config = habitat.config
    about = {
        "assay": request.assay,
        "run": uri,
        "name": PurePosixPath(uri.rstrip("/")).name,
        "generations": generations,
        "sample": {str(g): len(newborns) for g, newborns in groups.items()},
        "replicates": replicates,
        "descent": request.descent,
        "seed": config.seed,
        "scheme": config.selection.scheme,
        "weights": habitat.world.shape.n_weights,
        "steps": config.life.steps,
        "mutation": config.reproduction.mutation,
    }
    return about, assay.run(habitat, groups, replicates, request.descent, tell)


def chosen(uri: str, request: Request) -> list[int]:
    """The generations of a request, ascending.

    Raises:
        UserError: There is no run, it has stored no newborns, or the assay takes only one generation.
    """
    kept = sorted(entry["generation"] for entry in read_manifest(uri)["parts"]["checkpoints"])
    if not kept:
        raise UserError(f"{uri}: no newborns are stored yet: wait for its first commit")
    wanted = sorted(set(request.generations or [kept[-1]]))
    most = ASSAYS[request.assay].generations
    if most and len(wanted) > most:
        raise UserError(f"--generation: the {request.assay} assay takes one generation, not {len(wanted)}")
    if not most and len(wanted) == 1:
        wanted = sorted({*wanted, *(g for g in COMPARED if g in kept)})
    return wanted


def thaw(
    uri: str, generations: Sequence[int], size: int, device: str | None = None
) -> tuple[Habitat, dict[int, Newborns]]:
    """A run's habitat, and newborns of some of its generations.

    Args:
        uri: The run: a path or an fsspec URI.
        generations: Kept ones.
        size: How many of each generation at most, evenly from all islands, at random but always the same.
        device: Where to live; as the run did if None.

    Raises:
        UserError: A generation is not kept, or the run's data or device are not here.
    """
    config = read_config(uri)
    stored = {g: read_checkpoint(uri, g)[1] for g in generations}
    if device is not None:
        config = parse_config(merge(config.model_dump(), {"device": device}))
    config, physics = prepare(config)
    groups = {g: sample(list(islands.values()), size, config.seed) for g, islands in stored.items()}
    return Habitat(config, physics), groups
