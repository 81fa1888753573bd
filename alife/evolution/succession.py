"""From one generation of an island to the next: who survives goes first, then the children that are conceived.

Call `following` with what `alife.evolution.selection.select` chose. A survivor keeps message, birth noise and
life-history traits, so that its genome is the same to the bit. It lives again, a new life under a new id, and is scored
again. Survival is not reproduction: nothing is emitted by it. A child of two parents gets what both emitted, crossed.
"""

from dataclasses import replace

import numpy as np

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution import crossover
from alife.evolution.reproduction import Era, Floats, Ints, Newborns, conceive, identities, joined, line
from alife.evolution.selection import Choice
from alife.organism.shape import Anatomy
from alife.streams import Stream, rng


def following(
    config: RunConfig,
    emitted: Floats,
    parents: Newborns,
    choice: Choice,
    generation: int,
    island: int,
    shape: Anatomy,
) -> Newborns:
    """The next generation of an island, in slot order.

    Args:
        config: The run.
        emitted: [P, N] float32, what each adult printed.
        parents: The generation that lived, in the same order.
        choice: Who of them survives, and who has children.
        generation: The next one.
        island: Where.
        shape: Of the networks.

    Raises:
        UserError: A crossover operator of one's own failed, or what it gave is no message.
    """
    kept = choice.survivors
    children = conceive(config, emitted, parents, choice.parents, generation, island, first=len(kept))
    if len(choice.crossed):
        children = _crossed(config, children, emitted, parents, choice, shape)
    return joined([_surviving(parents, kept, generation, island, children), children]) if len(kept) else children


def _crossed(
    config: RunConfig, children: Newborns, emitted: Floats, parents: Newborns, choice: Choice, shape: Anatomy
) -> Newborns:
    """Children with the messages of those of two parents crossed; traits are the first parent's."""
    cross = crossover.operator(config.reproduction.crossover_operator, shape)
    messages, second = children.messages.copy(), children.second_ancestors.copy()
    for child in choice.crossed.tolist():
        island, generation, slot = schema.unpack_id(int(children.ids[child]))
        random = rng(config.seed, Stream.MATE, generation, island, slot)
        where = f"at a conception for generation {generation} on island {island}"
        one, other = choice.parents[child], choice.mates[child]
        messages[child] = cross(emitted[one], emitted[other], random, where)
        second[child] = parents.ids[other]
    return replace(children, messages=messages, second_ancestors=second)


def _surviving(parents: Newborns, kept: Ints, generation: int, island: int, children: Newborns) -> Newborns:
    """Survivors under their new ids; what they were born of is their past where children are born of something else."""
    before = Era(generation, parents.noise_seed, parents.mutation)
    born_alike = (children.noise_seed, children.mutation) == (parents.noise_seed, parents.mutation)
    back = 0 if children.lines is None else children.lines.shape[1]
    return replace(
        parents.take(kept),
        ids=identities(island, generation, len(kept)),
        ancestors=parents.ids[kept],
        second_ancestors=np.full(len(kept), schema.NO_ANCESTOR, np.int64),
        noise_seed=children.noise_seed,
        mutation=children.mutation,
        past=parents.past if born_alike else (*parents.past, before),
        lines=None if back == 0 else np.column_stack([parents.ids[kept], line(parents, back)[kept, : back - 1]]),
    )
