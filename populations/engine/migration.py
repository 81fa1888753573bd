"""Who is whose neighbour, and newborns swapped between neighbours in equal exchange.

An island tells by itself who leaves it (`departures`), and takes in who comes (`arrive`); `migrate` does both for all
islands at once. A new topology is an entry in `TOPOLOGIES`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import networkx as nx
import numpy as np

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import ARRAYS, Ints, Newborns
from alife.streams import Stream, rng


def _torus(islands: int) -> nx.Graph:
    """The squarest grid with both edges joined; a ring if the number of islands is prime."""
    rows = max(d for d in range(1, math.isqrt(islands) + 1) if islands % d == 0)
    grid = nx.grid_2d_graph(rows, islands // rows, periodic=True)
    return nx.convert_node_labels_to_integers(grid, ordering="sorted")


TOPOLOGIES: Final[Mapping[str, Callable[[int], nx.Graph]]] = MappingProxyType(
    {
        "ring": nx.cycle_graph,
        "torus": _torus,
        "star": lambda islands: nx.star_graph(islands - 1),
        "complete": nx.complete_graph,
        "none": nx.empty_graph,
    }
)


def edges(topology: str, islands: int) -> list[tuple[int, int]]:
    """Pairs of neighbouring islands, each once, in order."""
    graph = TOPOLOGIES[topology](islands)
    return sorted({(min(a, b), max(a, b)) for a, b in graph.edges if a != b})


def check(config: RunConfig, smallest: int | None = None) -> None:
    """Refuse more migrants than an island has newborns.

    Args:
        config: The run.
        smallest: Newborns of the smallest island, where that is not `population.size`.

    Raises:
        UserError: Some island would have to give more than it has.
    """
    degree = max(
        (d for _, d in nx.Graph(edges(config.migration.topology, config.population.islands)).degree), default=0
    )
    size = config.population.size if smallest is None else min(smallest, config.population.size)
    if degree * config.migration.migrants > size:
        raise UserError(
            f"migration.migrants: {config.migration.migrants} is not allowed: an island of {size} "
            f"with {degree} neighbours has at most {size // degree} to swap with each"
        )


def meets(config: RunConfig, generation: int) -> bool:
    """Whether newborns of a generation are swapped before they live."""
    return generation > 0 and config.migration.migrants > 0 and generation % config.migration.every == 0


def neighbours(config: RunConfig) -> Mapping[int, tuple[int, ...]]:
    """The neighbours of every island, in order."""
    return _neighbours(config.migration.topology, config.population.islands)


@lru_cache(maxsize=4)
def _neighbours(topology: str, islands: int) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {island: [] for island in range(islands)}
    for a, b in edges(topology, islands):
        found[a].append(b)
        found[b].append(a)
    return {island: tuple(sorted(each)) for island, each in found.items()}


def departures(config: RunConfig, island: int, generation: int, size: int, present: Sequence[int]) -> dict[int, Ints]:
    """[migrants] slots of those that leave an island for each neighbour, in the order in which they are swapped.

    Nobody leaves twice. It depends on no other island than those that are neighbours, so that each can tell by itself.

    Args:
        config: The run.
        island: Which.
        generation: One in which newborns are swapped.
        size: Newborns of the island.
        present: Neighbours that are not extinct.
    """
    order = rng(config.seed, Stream.MIGRATION, generation, island).permutation(size)
    each = config.migration.migrants
    return {other: order[each * place :][:each] for place, other in enumerate(sorted(present))}


def arrive(newborns: Newborns, slots: Mapping[int, Ints], guests: Mapping[int, Newborns]) -> Newborns:
    """Those who will live on an island: its newborns, with guests in the slots of those that left for their islands.

    Args:
        newborns: Conceived on the island.
        slots: As of `departures`.
        guests: By neighbour, as many as have left for it.
    """
    out = newborns.take(slice(None))
    for other, places in slots.items():
        guest = guests[other]
        for name in ARRAYS:
            getattr(out, name)[places] = getattr(guest, name)
        for name, trait in out.traits.items():
            trait[places] = guest.traits[name]
        if out.lines is not None and guest.lines is not None:
            out.lines[places] = guest.lines
    return out


def arrivals(island: int, generation: int, guests: Mapping[int, Newborns]) -> dict[str, np.ndarray]:
    """Rows of `schema.MIGRATIONS` of guests, by neighbour, who have come to an island."""
    sizes = [len(guest) for guest in guests.values()]
    ids = [guest.ids for guest in guests.values()]
    columns = (
        np.full(sum(sizes), generation),
        np.concatenate(ids) if ids else np.zeros(0, np.int64),
        np.repeat(list(guests), sizes),
        np.full(sum(sizes), island),
    )
    return {n: c.astype(t) for (n, t), c in zip(schema.MIGRATIONS.items(), columns, strict=True)}


def migrate(config: RunConfig, newborns: Mapping[int, Newborns], generation: int) -> dict[int, Newborns]:
    """Swap newborns along every edge of the topology, if this is a generation of migration.

    Every island keeps its size, and an extinct island takes no part.

    Args:
        config: The run.
        newborns: By island, conceived and not yet born.
        generation: Theirs.

    Returns:
        Newborns by the island on which they will live.
    """
    if not meets(config, generation):
        return dict(newborns)
    near = neighbours(config)
    slots = {
        island: departures(config, island, generation, len(group), [n for n in near[island] if n in newborns])
        for island, group in newborns.items()
    }
    return {
        island: arrive(group, slots[island], {n: newborns[n].take(slots[n][island]) for n in slots[island]})
        for island, group in newborns.items()
    }
