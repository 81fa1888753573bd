"""What all assays share: a life and an emission under streams of an assay's own, sampling, and columns of a tidy table.

An assay `grow`s genomes or asks what they `scored`, and makes its table of `who` they were and what it `stacked`. An
assay's streams are keyed by what they are for, the replicate and, unless all share a life, the individual's identity:
neither the sample nor its order matters to anybody's life.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from alife import schema
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns, joined, trait
from alife.organism import measures
from alife.streams import Stream, rng

Columns = dict[str, NDArray]
"""A tidy table: columns of equal length."""

Tell = Callable[[int, int], None]
"""Told (steps done, steps in all) while an assay goes on."""

Draw = Callable[[int], np.random.Generator]
"""Slot → the generator of that individual's experiences."""


class Use(IntEnum):
    """What a stream of `Stream.ASSAY` is for: the first number of its key."""

    SAMPLE = 0
    GARDEN = 1
    RETENTION = 2
    DIMENSION = 3
    PROBES = 4
    EFFECTS = 5
    DESCENT = 6
    DESCENT_NOISE = 7
    WEIGHTS = 8
    EPISTASIS = 9
    FIRST_MUTATION = 10
    SECOND_MUTATION = 11
    KNOCKOUT = 12
    PARTS = 13
    KNOCKED_OUT = 14


def silent(done: int, of: int) -> None:
    """Tell nobody."""


def of_each(seed: int, use: Use, ids: Sequence[int], *key: int) -> Draw:
    """Streams that belong to individuals: the same identity and key give the same life.

    Args:
        seed: The run's.
        use: What for.
        ids: Identities by slot; sisters that are to meet the same life have the same one.
        key: Replicate, emission, …
    """

    def stream(slot: int) -> np.random.Generator:
        island, generation, born = schema.unpack_id(int(ids[slot]))
        return rng(seed, Stream.ASSAY, int(use), island, generation, born, *key)

    return stream


def grow(
    habitat: Habitat,
    genomes: Tensor,
    like: Newborns,
    stream: Draw,
    *,
    common: bool = False,
    learning: bool = True,
    task_weight: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Let genomes live, and let the adults emit.

    Args:
        habitat: Where.
        genomes: [P, N] float32 on the habitat's device, left as they are.
        like: [P] whose life-history traits they have.
        stream: What each experiences.
        common: All experience what slot 0 does.
        learning: False for a life of no steps.
        task_weight: What all live under instead of their own.

    Returns:
        (adults, emitted), each [P, N].
    """
    config = habitat.config
    how = {"environment": "shared" if common else "individual"} | ({} if learning else {"steps": 0})
    life = config.life.model_copy(update=how)
    rates, weights = (trait(config, like, name) for name in ("learning_rate", "task_weight"))
    if task_weight is not None:
        weights = np.full_like(weights, task_weight)
    with habitat.telling("in an assay"):
        adults = habitat.live(genomes, life, rates, weights, stream)
        return adults, habitat.emit(adults)


def scored(
    habitat: Habitat, genomes: Tensor, like: Newborns, stream: Draw, about: Mapping[str, float], **how: Any
) -> Columns:
    """How genomes do in one life, a row each.

    Args:
        habitat: Where.
        genomes: [P, N], the birth of `like`.
        like: [P] newborns.
        stream: What each experiences.
        about: What is the same for all of them, as of `who`.
        **how: As of `grow`.

    Returns:
        id, island, what `about` says, and accuracy, replication_error and copying_error (`schema.SCORES`), NaN where an
        individual diverged.
    """
    adults, emitted = grow(habitat, genomes, like, stream, **how)
    errors = measures.relative_error(emitted, genomes)
    return {
        **who(like, **about),
        "accuracy": accuracy(habitat, adults, errors),
        "replication_error": numbers(errors),
        "copying_error": numbers(measures.relative_error(emitted, habitat.tensor(like.messages))),
    }


def accuracy(habitat: Habitat, adults: Tensor, errors: Tensor) -> NDArray[np.float32]:
    """[P] float32 accuracy on the images for selection, NaN where an individual's replication error is not finite."""
    return np.where(np.isfinite(numbers(errors)), habitat.accuracy(adults, "select"), np.float32(np.nan))


def numbers(values: Tensor) -> NDArray[np.float32]:
    """[P] float32, NaN where not finite."""
    array = values.numpy(force=True)
    return np.where(np.isfinite(array), array, np.float32(np.nan)).astype(np.float32)


def sample(islands: Sequence[Newborns], size: int, seed: int) -> Newborns:
    """Newborns of all islands as one group, at most `size`, as evenly from the islands as they allow, at random.

    Args:
        islands: Of one run and generation.
        size: How many.
        seed: The run's.
    """
    ranked = sorted((rank, number) for number, group in enumerate(islands) for rank in range(len(group)))[:size]
    quota = Counter(number for _, number in ranked)
    taken = []
    for number, group in enumerate(islands):
        order = rng(seed, Stream.ASSAY, Use.SAMPLE, number).permutation(len(group))
        taken.append(group.take(np.sort(order[: quota[number]])))
    return joined(taken)


def who(newborns: Newborns, **keys: object) -> Columns:
    """The columns id and island (of conception) of individuals, and keys that are the same for all of them."""
    ids = newborns.ids
    island = (ids >> schema.GENERATION_BITS + schema.SLOT_BITS).astype(np.int32)
    same: Columns = {name: np.full(len(ids), value, _dtype(value)) for name, value in keys.items()}
    return {"id": ids, "island": island, **same}


def stacked(tables: Sequence[Columns]) -> Columns:
    """Tables with the same columns, one below the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _dtype(value: object) -> type:
    return np.bool_ if isinstance(value, bool) else np.int32 if isinstance(value, int) else np.float32
