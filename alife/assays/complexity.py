"""Which parts of a genome carry information: each is knocked out by itself, and lives beside its intact sister.

Call `complexity` with newborns, as `alife assay RUN complexity` does. A genome of thousands of continuous weights has
no sites that could be knocked out one by one, so that a site is a *part*: weights of one matrix, drawn at random and
the same of all genomes of a run. A part is knocked out by dealing its weights out among themselves at random, another
way in each life: size and spread of the weights stay, and with them Σg², by which replication error is measured. What
goes is which weight is where. Zeros would take the size away too, and are easier to print than what was there.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from alife.assays.lives import Columns, Draw, Tell, Use, accuracy, grow, numbers, of_each, silent, stacked, who
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import Newborns
from alife.organism import measures
from alife.organism.shape import Anatomy
from alife.streams import Stream, rng

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

PARTS = 16
"""Of a genome, about: each matrix has at least one."""
INTACT = -1
"""The number of the part that sisters lack of whom nothing is knocked out."""
REST = ("elsewhere", "elsewhere_intact")
"""Columns of the replication error without the part's own places."""

KnockOut = Callable[[Floats, np.random.Generator], Floats]
"""(weights [n] of a part, the generator of this individual, part and life) → what they are replaced by."""


def permuted(weights: Floats, random: np.random.Generator) -> Floats:
    """The same weights in another order."""
    return random.permutation(weights)


def zeroed(weights: Floats, random: np.random.Generator) -> Floats:
    """Zeros."""
    return np.zeros_like(weights)


def complexity(
    habitat: Habitat,
    groups: Mapping[int, Newborns],
    replicates: int = 5,
    tell: Tell = silent,
    *,
    parts: int = PARTS,
    knock_out: KnockOut = permuted,
) -> dict[str, Columns]:
    """Traits of genomes with one part knocked out and of their intact sisters, who live the same lives.

    Genomes are as they were inherited, without birth noise.

    Args:
        habitat: Where.
        groups: Newborns by generation.
        replicates: Lives of each genome, intact and with each part knocked out.
        tell: Told of the progress.
        parts: How many there are, about.
        knock_out: What becomes of a part's weights.

    Returns:
        One table, `knockouts`: id, island, generation, replicate, part (`INTACT`: nothing is knocked out), weights (how
        many that part has), accuracy, replication_error (of the genome as it is, knocked out), elsewhere (the same of
        all places but the part's) and elsewhere_intact (what the intact sister has there in that life; both NaN of
        intact ones). NaN where an individual diverged.
    """
    places = places_of(habitat.shape, habitat.config.seed, parts)
    rows, done, of = [], 0, len(groups) * replicates * (len(places) + 1)
    for generation, newborns in groups.items():
        ids = newborns.ids.tolist()
        for replicate in range(replicates):
            life = of_each(habitat.config.seed, Use.KNOCKOUT, ids, replicate)
            sisters = habitat.tensor(newborns.messages)
            about = {"generation": generation, "replicate": replicate}
            printed, scores = _lived(habitat, sisters, newborns, life)
            unknown = np.full(len(newborns), np.nan, np.float32)
            rows.append({**who(newborns, **about, part=INTACT, weights=0), **scores, **dict.fromkeys(REST, unknown)})
            for part, place in enumerate(places):
                draw = of_each(habitat.config.seed, Use.KNOCKED_OUT, ids, replicate, part)
                genomes = habitat.tensor(without(newborns.messages, place, draw, knock_out))
                emitted, scores = _lived(habitat, genomes, newborns, life)
                rest = np.setdiff1d(np.arange(genomes.shape[1]), place)
                errors = [measures.relative_error(p[:, rest], sisters[:, rest]) for p in (emitted, printed)]
                elsewhere = dict(zip(REST, map(numbers, errors), strict=True))
                rows.append({**who(newborns, **about, part=part, weights=len(place)), **scores, **elsewhere})
                done += 1
                tell(done, of)
            done += 1
            tell(done, of)
    return {"knockouts": stacked(rows)}


def _lived(habitat: Habitat, genomes: Tensor, like: Newborns, life: Draw) -> tuple[Tensor, Columns]:
    """What genomes print after a life, and their accuracy and replication error."""
    adults, emitted = grow(habitat, genomes, like, life)
    errors = measures.relative_error(emitted, genomes)
    return emitted, {"accuracy": accuracy(habitat, adults, errors), "replication_error": numbers(errors)}


def places_of(shape: Anatomy, seed: int, parts: int = PARTS) -> Sequence[Ints]:
    """Where the weights of each part are: every matrix in parts of nearly equal size, at random.

    A matrix has parts in proportion to its weights, one at least, and two weights at least are in each; one of a single
    weight has none, as there is no other order of it.

    Args:
        shape: Of the network.
        seed: The run's.
        parts: How many there are, about.

    Returns:
        Arrays [n] of places in a genome, no place in two of them.
    """
    sizes = [matrix.size for matrix in shape.matrices(np.zeros(shape.n_weights, np.float32))]
    found: list[Ints] = []
    for number, (start, size) in enumerate(zip(np.cumsum([0, *sizes]).tolist(), sizes, strict=False)):
        count = min(max(round(parts * size / shape.n_weights), 1), size // 2)
        if count:
            order = rng(seed, Stream.ASSAY, Use.PARTS, number).permutation(size) + start
            found += [np.sort(place) for place in np.array_split(order, count)]
    return found


def without(genomes: Floats, place: Ints, draw: Draw, knock_out: KnockOut = permuted) -> Floats:
    """Genomes [P, N] without what some places knew; a new array.

    Args:
        genomes: [P, N], left as they are.
        place: [n] places.
        draw: Slot → the generator of that genome's knock-out.
        knock_out: As of `complexity`.
    """
    out = genomes.copy()
    for slot, genome in enumerate(out):
        if len(place):
            genome[place] = knock_out(genome[place], draw(slot))
    return out
