"""From an emitted genome to a newborn: conception, mutation, birth noise, death. Plain numpy.

`founders` begin a run, `birth` adds noise to what newborns inherited, `conceive` makes children of emissions. What a
parent hands on is a *message*, the genome it emitted (g* in the record's copying_error). Noise strikes at birth: the
newborn lives with the genome that the mutation operator (`alife.evolution.mutation`) makes of the message, by default
g = g* + σ·RMS(g*)·ε, from numbers keyed by the child's identity. So a message and an identity say everything about a
newborn, and nothing else is sent, stored or replayed, but for the line of ancestors where selection asks for it. One
that survives (`alife.evolution.succession`) keeps both: its identity of birth is its *origin*, whatever its id in the
generation at hand.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution import mutation, selection
from alife.evolution.mutation import GAUSSIAN, Mutation
from alife.organism.shape import Anatomy
from alife.streams import Stream, rng

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

LARGEST: Final = np.finfo(np.float32).max


ARRAYS: Final = MappingProxyType(
    {
        **dict.fromkeys(("ids", "ancestors", "second_ancestors", "origins"), "int64"),
        **dict.fromkeys(("messages", "noise"), "float32"),
    }
)
"""What `Newborns` holds of each individual beside its traits, and the dtypes."""


@dataclass(frozen=True)
class Era:
    """By what those were born whose birth was in a generation before `until`: seed of the noise, and operator."""

    until: int
    noise_seed: int
    mutation: Mutation


@dataclass(frozen=True)
class Newborns:
    """Those who are to live on one island in the next generation: children that are not born yet, and survivors.

    Attributes:
        ids: [P] int64, `schema.pack_id` of each conception, in slot order of the island it will live on.
        ancestors: [P] int64, the parent's id; a founder's own; of a survivor its id in the generation before.
        second_ancestors: [P] int64, the other parent's id of a child of two, else `schema.NO_ANCESTOR`.
        origins: [P] int64, the id under which each was born, which keys its birth noise: `ids` but for survivors.
        messages: [P, N] float32, the emitted genomes g*.
        noise: [P] float32, σ of each birth, relative to RMS(g*); 0 for founders, who are born as they are drawn.
        traits: life-history traits (`schema.LIFE_HISTORY`), each [P] float32; read them with `trait`.
        noise_seed: Seed of the birth noise; a fork keeps its parent's for the generation that it thaws.
        mutation: The operator that they are born by; likewise.
        past: By what survivors were born of before a fork, the first first.
        lines: [P, k] int64 ids of parent, grandparent and so on, as far back as the scheme of selection asks; None
            where it does not. Read them with `line`.
    """

    ids: Ints
    ancestors: Ints
    second_ancestors: Ints
    origins: Ints
    messages: Floats
    noise: Floats
    traits: Mapping[str, Floats]
    noise_seed: int
    mutation: Mutation = GAUSSIAN
    past: tuple[Era, ...] = ()
    lines: Ints | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ages(self) -> Ints:
        """[P] int64 generations that each has lived before."""
        return generation_of(self.ids) - generation_of(self.origins)

    @property
    def operators(self) -> list[Mutation]:
        """All that some of them may be born by."""
        return [self.mutation, *(era.mutation for era in self.past)]

    def take(self, slots: Ints | slice) -> "Newborns":
        """Those in `slots`, in that order (a copy)."""
        arrays: dict[str, Any] = {name: getattr(self, name)[slots].copy() for name in ARRAYS}
        lines = None if self.lines is None else self.lines[slots].copy()
        traits = {name: trait[slots].copy() for name, trait in self.traits.items()}
        return replace(self, **arrays, traits=traits, lines=lines)


def joined(groups: Sequence[Newborns]) -> Newborns:
    """Newborns one group after another; all born by the same."""
    arrays: dict[str, Any] = {name: np.concatenate([getattr(group, name) for group in groups]) for name in ARRAYS}
    traits = {name: np.concatenate([group.traits[name] for group in groups]) for name in groups[0].traits}
    lines = [group.lines for group in groups if group.lines is not None]
    return replace(groups[0], **arrays, traits=traits, lines=np.concatenate(lines) if lines else None)


def identities(island: int, generation: int, size: int, first: int = 0) -> Ints:
    """[size] int64 ids of the individuals conceived on `island` for `generation`, by slot, from slot `first` on."""
    return schema.pack_id(island, generation, first) + np.arange(size, dtype=np.int64)


def generation_of(ids: Ints) -> Ints:
    """[P] int64 generation in each id."""
    return ids >> schema.SLOT_BITS & schema.MAX_GENERATIONS


def founders(
    config: RunConfig,
    n_weights: int,
    island: int,
    genomes: Floats | None = None,
    drawn: Callable[[int, int], Floats] | None = None,
) -> Newborns:
    """The founders of one island: weights U(±1/√H), torch's default for a layer of H inputs; or those that are given.

    Args:
        config: The run.
        n_weights: N.
        island: Which.
        genomes: [n, N] of all islands, as of `alife.evolution.founding.given`.
        drawn: As of `alife.evolution.networks.founder`.

    Returns:
        Newborns with [P, n_weights] messages, no birth noise, and the configuration's life-history traits.
    """
    size = config.population.size
    if genomes is None and drawn is not None:
        messages = np.stack([drawn(island, slot) for slot in range(size)])
    elif genomes is None:
        bound = np.float32(config.quine.hidden**-0.5)
        draw = rng(config.seed, Stream.FOUNDERS, island)
        messages = draw.random((size, n_weights), dtype=np.float32)
        messages *= 2 * bound
        messages -= bound
    else:
        own = genomes[island * size :][:size] if len(genomes) == config.population.islands * size else genomes
        messages = np.broadcast_to(own, (size, n_weights)).copy()
    ids = identities(island, 0, size)
    return Newborns(
        ids=ids,
        ancestors=ids.copy(),
        second_ancestors=np.full_like(ids, schema.NO_ANCESTOR),
        origins=ids.copy(),
        messages=messages,
        noise=np.zeros(size, np.float32),
        traits={name: np.full(size, value, np.float32) for name, value in environment(config).items()},
        noise_seed=config.seed,
        mutation=mutation.of_rules(config.reproduction),
    )


def environment(config: RunConfig) -> dict[str, float]:
    """What the configuration says of each life-history trait (`schema.LIFE_HISTORY`)."""
    return {
        "task_weight": config.life.task_weight,
        "learning_rate": config.life.learning_rate,
        "mutation": config.reproduction.mutation,
    }


def trait(config: RunConfig, newborns: Newborns, name: str) -> Floats:
    """[P] values of a life-history trait: inherited if it is heritable, the configuration's if it is not."""
    if name in config.reproduction.heritable:
        return newborns.traits[name]
    return np.full(len(newborns), environment(config)[name], np.float32)


def line(newborns: Newborns, back: int) -> Ints:
    """[P, back] ids of parent, grandparent and so on; the oldest that is known stands for all before it.

    That is the id of a founder itself, and of the parent where a fork has thawed newborns of a run without lines.
    """
    known = newborns.ancestors[:, None] if newborns.lines is None else newborns.lines
    return known[:, np.minimum(np.arange(back), known.shape[1] - 1)]


def birth(newborns: Newborns, shape: Anatomy) -> Floats:
    """Genomes [P, N] float32 that newborns of a network's shape live with; of survivors those of their births.

    Raises:
        UserError: An operator of one's own failed, or what it gave is no genome.
    """
    if newborns.past:
        genomes = np.empty_like(newborns.messages)
        for slots, group in by_era(newborns):
            genomes[slots] = birth(group, shape)
        return genomes

    def draw(slot: int) -> np.random.Generator:
        island, generation, born = schema.unpack_id(int(newborns.origins[slot]))
        return rng(newborns.noise_seed, Stream.BIRTH_NOISE, generation, island, born)

    def where(slot: int) -> str:
        island, generation, _ = schema.unpack_id(int(newborns.origins[slot]))
        return f"at a birth in generation {generation} on island {island}"

    return mutated(newborns.mutation, newborns.messages, newborns.noise, draw, shape, where)


def by_era(newborns: Newborns) -> Iterator[tuple[Ints, Newborns]]:
    """Slots, and who is there, of those that are born by the same; each group without a past."""
    born, since = generation_of(newborns.origins), 0
    for era in (*newborns.past, Era(schema.MAX_GENERATIONS + 1, newborns.noise_seed, newborns.mutation)):
        slots = np.flatnonzero((born >= since) & (born < era.until))
        since = era.until
        if len(slots):
            group = replace(newborns.take(slots), noise_seed=era.noise_seed, mutation=era.mutation, past=())
            yield slots, group


def mutated(
    how: Mutation,
    messages: Floats,
    noise: Floats,
    draw: Callable[[int], np.random.Generator],
    shape: Anatomy,
    where: Callable[[int], str],
) -> Floats:
    """Genomes [P, N] that an operator makes of messages.

    Args:
        how: The operator.
        messages: [P, N] float32 g*.
        noise: [P] float32 σ; where it is 0 the genome is the message.
        draw: Slot → that child's generator.
        shape: Of the network.
        where: Slot → what to say of it if the operator fails.
    """
    genomes, sigmas = np.empty_like(messages), noise.tolist()
    operator = mutation.operator(how, shape)
    with np.errstate(invalid="ignore", over="ignore"):
        for slot, (message, sigma) in enumerate(zip(messages, sigmas, strict=True)):
            told = partial(where, slot)
            genomes[slot] = operator(message, sigma, draw(slot), told) if sigma > 0 else message
    return genomes


def conceive(
    config: RunConfig, emitted: Floats, parents: Newborns, chosen: Ints, generation: int, island: int, first: int = 0
) -> Newborns:
    """Children of the chosen parents, for the next generation of the same island.

    Args:
        config: The run; `reproduction.heritable` says which traits vary, by a log-normal step at each birth, and end
            where float32 does.
        emitted: [P, N] float32, what each adult printed.
        parents: The generation that lived, in the same order.
        chosen: [C] slots of the parents, one a child.
        generation: The children's.
        island: Where they are conceived.
        first: Slot of the first of them.
    """
    draw = rng(config.seed, Stream.TRAITS, generation, island)
    traits = {}
    for name in schema.LIFE_HISTORY:
        inherited = trait(config, parents, name)[chosen]
        if name in config.reproduction.heritable:
            step = draw.standard_normal(len(chosen), dtype=np.float32)
            with np.errstate(over="ignore"):
                inherited = inherited * np.exp(np.float32(config.reproduction.trait_mutation) * step)
            inherited = np.minimum(inherited, LARGEST)
        traits[name] = inherited
    ids, back = identities(island, generation, len(chosen), first), selection.back(config.selection)
    ancestors = parents.ids[chosen]
    return Newborns(
        ids=ids,
        ancestors=ancestors,
        second_ancestors=np.full_like(ids, schema.NO_ANCESTOR),
        origins=ids.copy(),
        messages=emitted[chosen],
        noise=traits["mutation"].copy(),
        traits=traits,
        noise_seed=config.seed,
        mutation=mutation.of_rules(config.reproduction),
        lines=np.column_stack([ancestors, line(parents, back)[chosen, : back - 1]]) if back else None,
    )


def causes_of_death(adult_norms: Floats, errors: Floats, collapse_norm: float) -> NDArray[np.str_]:
    """Why each individual dies: at the end of its generation, or before it could reproduce.

    Args:
        adult_norms: [P] ‖θ‖ of the adults, NaN or inf where they diverged.
        errors: [P] replication error ρ, not finite where the emission diverged (or there was nothing to print).
        collapse_norm: ‖θ‖ below which an adult has collapsed, 1e-3 of the founders' median.

    Returns:
        [P] names of `schema.CAUSES`.
    """
    alive, diverged, collapsed = schema.CAUSES
    cause = np.where(np.isfinite(adult_norms) & np.isfinite(errors), alive, diverged)
    return np.where(adult_norms < collapse_norm, collapsed, cause)
