"""From one generation of an island to the next: who survives goes first, then the children that are conceived.

Call `following` with what `alife.evolution.selection.select` chose. A survivor keeps message, birth noise and
life-history traits, so that its genome is the same to the bit. It lives again, a new life under a new id, and is scored
again. Survival is not reproduction: nothing is emitted by it.
"""

from dataclasses import replace

from alife.configuration.keys import RunConfig
from alife.evolution.reproduction import Era, Floats, Ints, Newborns, conceive, identities, joined
from alife.evolution.selection import Choice


def following(
    config: RunConfig, emitted: Floats, parents: Newborns, choice: Choice, generation: int, island: int
) -> Newborns:
    """The next generation of an island, in slot order.

    Args:
        config: The run.
        emitted: [P, N] float32, what each adult printed.
        parents: The generation that lived, in the same order.
        choice: Who of them survives, and who has children.
        generation: The next one.
        island: Where.
    """
    kept = choice.survivors
    children = conceive(config, emitted, parents, choice.parents, generation, island, first=len(kept))
    return joined([_surviving(parents, kept, generation, island, children), children]) if len(kept) else children


def _surviving(parents: Newborns, kept: Ints, generation: int, island: int, children: Newborns) -> Newborns:
    """Survivors under their new ids; what they were born of is their past where children are born of something else."""
    before = Era(generation, parents.noise_seed, parents.mutation)
    born_alike = (children.noise_seed, children.mutation) == (parents.noise_seed, parents.mutation)
    return replace(
        parents.take(kept),
        ids=identities(island, generation, len(kept)),
        ancestors=parents.ids[kept],
        noise_seed=children.noise_seed,
        mutation=children.mutation,
        past=parents.past if born_alike else (*parents.past, before),
    )
