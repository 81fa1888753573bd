"""Topologies and the swap of newborns."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.evolution.reproduction import founders
from populations.engine.migration import TOPOLOGIES, arrivals, check, departures, edges, migrate, neighbours


def config(topology="ring", islands=4, size=6, migrants=1, every=1):
    return parse_config(
        {
            "population": {"islands": islands, "size": size},
            "migration": {"topology": topology, "migrants": migrants, "every": every},
        }
    )


def rows_of(c, before, generation):
    """Rows of all islands' guests, as each has them on record."""
    near = neighbours(c)
    tables = []
    for island in before:
        present = [other for other in near[island] if other in before]
        leaving = {
            o: departures(c, o, generation, len(before[o]), [n for n in near[o] if n in before])[island]
            for o in present
        }
        tables.append(arrivals(island, generation, {o: before[o].take(slots) for o, slots in leaving.items()}))
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def newborns(c):
    return {i: founders(c, 3, i) for i in range(c.population.islands)}


@pytest.mark.parametrize(
    ("topology", "islands", "degrees"),
    [
        ("ring", 5, [2] * 5),
        ("ring", 2, [1, 1]),
        ("ring", 1, []),
        ("torus", 12, [4] * 12),
        ("torus", 5, [2] * 5),
        ("star", 5, [4, 1, 1, 1, 1]),
        ("complete", 4, [3] * 4),
        ("none", 4, []),
    ],
)
def test_degrees(topology, islands, degrees):
    graph = nx.Graph(edges(topology, islands))
    assert [graph.degree[i] for i in sorted(graph)] == degrees


@given(
    st.sampled_from(sorted(TOPOLOGIES)), st.integers(1, 9), st.integers(1, 3), st.integers(1, 50), st.integers(0, 2**32)
)
@settings(max_examples=80, deadline=None)
def test_migration_conserves_individuals_and_island_sizes(topology, islands, migrants, generation, seed):
    c = parse_config({**config(topology, islands, 30, migrants).model_dump(), "seed": seed})
    check(c)
    before = newborns(c)
    after, moves = migrate(c, before, generation), rows_of(c, before, generation)

    def everybody(groups):
        rows = [zip(g.ids, g.ancestors, g.messages, strict=True) for g in groups.values()]
        return sorted((int(i), int(a), tuple(m)) for group in rows for i, a, m in group)

    assert everybody(before) == everybody(after)
    assert {i: len(g) for i, g in after.items()} == dict.fromkeys(before, 30)
    columns = [moves[name].tolist() for name in ("id", "from_island", "to_island")]
    moved = {i: (a, b) for i, a, b in zip(*columns, strict=True)}
    assert len(moved) == len(moves["id"]) == 2 * migrants * len(edges(topology, islands))
    for island, group in after.items():
        for identity in group.ids.tolist():
            home = identity >> 40
            assert moved.get(identity, (home, home)) == (home, island)


def test_only_every_so_many_generations_and_never_the_founders():
    c = config(every=5)
    before = newborns(c)
    moving = [g for g in range(21) if any((migrate(c, before, g)[i].ids != before[i].ids).any() for i in before)]
    assert moving == [5, 10, 15, 20]


def test_an_extinct_island_takes_no_part():
    c = config("complete", 3)
    groups = newborns(c)
    del groups[1]
    after, moves = migrate(c, groups, 1), rows_of(c, groups, 1)
    assert set(after) == {0, 2}
    assert set(zip(moves["from_island"].tolist(), moves["to_island"].tolist(), strict=True)) == {(0, 2), (2, 0)}


def test_the_same_bits_again():
    c = config("torus", 6)
    one, two = (migrate(c, newborns(c), 3) for _ in range(2))
    assert all(np.array_equal(one[i].ids, two[i].ids) for i in one)


def test_more_migrants_than_newborns_are_refused():
    with pytest.raises(UserError, match=r"migration\.migrants: 4 .* 6 with 2 neighbours has at most 3"):
        check(config(migrants=4))
