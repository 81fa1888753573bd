"""Islands divided among workers, and workers told where the neighbours of their islands are."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alife.configuration.keys import parse_config
from populations.engine.messages import Source
from populations.engine.ray.failures import Handle
from populations.engine.ray.homes import Homes, divided


def workers(*loads: int) -> list[Handle]:
    """Who keep so many islands, which are those of another run."""
    return [
        Handle(f"worker {k}", f"actor {k}", None, 0.0, k, islands={1000 * (k + 1) + i: 0 for i in range(load)})
        for k, load in enumerate(loads)
    ]


def homes(islands: int, topology: str = "ring") -> Homes:
    migration = {"topology": topology, "migrants": 1}
    return Homes(parse_config({"population": {"islands": islands, "size": 60}, "migration": migration}))


@given(st.integers(0, 40), st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_every_island_goes_to_one_worker_and_nobody_gets_any_while_another_has_fewer(
    count: int, loads: list[int]
) -> None:
    source = Source()
    handles = workers(*loads)
    shares = dict.fromkeys(range(len(loads)), 0)
    given_out = []
    for handle, islands in divided(dict.fromkeys(range(count), source), handles):
        assert islands == [*range(islands[0], islands[0] + len(islands))], "neighbours by number stay together"
        shares[handle.number] += len(islands)
        given_out += islands
    assert given_out == [*range(count)]
    after = [load + shares[k] for k, load in enumerate(loads)]
    for k, share in shares.items():
        assert not share or after[k] <= min(after) + 1


@given(
    st.sampled_from(["ring", "torus", "star", "complete", "none"]),
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 8), unique=True)), max_size=8),
)
def test_whoever_keeps_an_island_knows_where_its_neighbours_are_and_is_told_once(
    topology: str, moves: list[tuple[int, list[int]]]
) -> None:
    there, handles = homes(9, topology), workers(0, 0, 0, 0)
    books: dict[int, dict[int, Any]] = {handle.number: {} for handle in handles}
    for number, islands in moves:
        for handle in handles:
            handle.islands = {i: g for i, g in handle.islands.items() if i not in islands}
        there.enter(handles[number], islands, 0)
        for handle, book in there.books(handles):
            assert book.addresses
            books[handle.number] |= book.addresses
        assert not [*there.books(handles)]
    homes_now = {island: handle for handle in handles for island in handle.islands}
    for handle in handles:
        for island in {near for own in handle.islands for near in there._near[own]} - handle.islands.keys():
            if island in homes_now:
                home = homes_now[island]
                assert books[handle.number][island] == (home.number, home.actor)


def test_a_neighbour_that_comes_back_to_the_same_worker_is_told_again() -> None:
    """What was said to it before it was lost has to be said again."""
    there, (a, b) = homes(2), workers(0, 0)
    there.enter(a, [0], 0)
    there.enter(b, [1], 0)
    first = [told for told in there.books([a, b]) if told[0] is a]
    b.islands = {}
    assert not [*there.books([a, b])]
    there.enter(b, [1], 0)
    assert [*there.books([a, b])] == first


def test_islands_are_told_apart_by_what_they_start_from() -> None:
    one, other = Source(3), Source(3)
    assert [*Homes.by_source({0: one, 1: other, 2: one}, [0, 1, 2])] == [(one, [0, 2]), (other, [1])]
