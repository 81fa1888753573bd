"""Who is whose neighbour, and newborns swapped between neighbours in equal exchange.

Call `migrate` where it is due; a new topology is an entry in `TOPOLOGIES`.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import networkx as nx
import numpy as np

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import ARRAYS, Newborns
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


def migrate(
    config: RunConfig, newborns: Mapping[int, Newborns], generation: int
) -> tuple[dict[int, Newborns], dict[str, np.ndarray]]:
    """Swap newborns along every edge of the topology, if this is a generation of migration.

    Nobody moves twice in one generation, every island keeps its size, and an extinct island takes no part.

    Args:
        config: The run.
        newborns: By island, conceived and not yet born.
        generation: Theirs.

    Returns:
        Newborns by the island on which they will live, and the rows of `schema.MIGRATIONS`.
    """
    rules = config.migration
    if generation == 0 or generation % rules.every or not rules.migrants:
        return dict(newborns), _rows(generation, [])
    order = {
        island: iter(rng(config.seed, Stream.MIGRATION, generation, island).permutation(len(group)).tolist())
        for island, group in newborns.items()
    }
    places = {island: [(island, slot) for slot in range(len(group))] for island, group in newborns.items()}
    moves = []
    for a, b in edges(rules.topology, config.population.islands):
        if a not in newborns or b not in newborns:
            continue
        for _ in range(rules.migrants):
            i, j = next(order[a]), next(order[b])
            places[a][i], places[b][j] = places[b][j], places[a][i]
            moves += [(int(newborns[a].ids[i]), a, b), (int(newborns[b].ids[j]), b, a)]
    return {island: _gather(newborns, island, where) for island, where in places.items()}, _rows(generation, moves)


def _gather(newborns: Mapping[int, Newborns], island: int, places: list[tuple[int, int]]) -> Newborns:
    """The individuals at these places, on `island`."""
    out = newborns[island].take(slice(None))
    for slot, (source, index) in enumerate(places):
        if source == island:
            continue
        guest = newborns[source]
        for name in ARRAYS:
            getattr(out, name)[slot] = getattr(guest, name)[index]
        for name, trait in out.traits.items():
            trait[slot] = guest.traits[name][index]
        if out.lines is not None and guest.lines is not None:
            out.lines[slot] = guest.lines[index]
    return out


def _rows(generation: int, moves: list[tuple[int, int, int]]) -> dict[str, np.ndarray]:
    columns = [np.full(len(moves), generation), *np.array(moves, dtype=np.int64).reshape(-1, 3).T]
    return {n: c.astype(t) for (n, t), c in zip(schema.MIGRATIONS.items(), columns, strict=True)}
