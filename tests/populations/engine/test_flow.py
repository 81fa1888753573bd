"""How far a run has come, from what its workers tell in whatever order, some of it twice."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from populations.engine.flow import Flow, complete, forget, has_written, hear, sealed
from populations.engine.messages import Halted, Lived, Lost, Merged, Sealed

ISLANDS = 3


def lived(island: int, generation: int, children: int = 6) -> Lived:
    return Lived(island, generation, {}, children, {}, {})


def written(generation: int, *islands: int) -> Sealed:
    return Sealed(generation, islands, {"births": [{"generation": generation, "islands": islands}]})


def flow(*news: Any) -> Flow:
    there = Flow(ISLANDS, 0, 0, True, wrote=dict.fromkeys(range(ISLANDS), 0))
    for each in news:
        hear(there, each)
    return there


def advance(there: Flow) -> None:
    """As the coordinator does."""
    while complete(there) is not None:
        del there.lived[there.generation]
        there.generation += 1


@given(st.lists(st.tuples(st.integers(0, ISLANDS - 1), st.integers(0, 4)), max_size=60))
def test_a_generation_is_complete_once_all_islands_have_lived_it(told: list[tuple[int, int]]) -> None:
    there, known = flow(), dict.fromkeys(range(ISLANDS), 0)
    for island, generation in told:
        hear(there, lived(island, min(generation, known[island])))  # in order; again where a worker was lost
        known[island] = max(known[island], min(generation, known[island]) + 1)
        advance(there)
        assert there.generation == min(known.values())


def test_outcomes_come_in_the_order_of_islands() -> None:
    outcomes = complete(flow(lived(2, 0), lived(0, 0), lived(1, 0)))
    assert outcomes is not None
    assert [*outcomes] == [0, 1, 2]


def test_an_extinct_island_is_waited_for_no_more() -> None:
    there = flow(*(lived(island, 0, 6 * (island != 1)) for island in range(ISLANDS)))
    advance(there)
    assert there.gone == {1: 1}
    assert there.alive == [0, 2]
    hear(there, lived(0, 1))
    assert complete(there) is None
    hear(there, lived(2, 1))
    assert complete(there) is not None
    assert complete(flow()) is None


def test_what_is_written_is_sealed_once_all_islands_have_lived_and_written_it() -> None:
    there = flow(*(lived(island, 0) for island in range(ISLANDS)), written(1, 0, 2), written(1, 1))
    assert sealed(there) is None, "it is not told yet that the generation before is complete"
    advance(there)
    assert sealed(there) == 1
    assert sealed(flow(written(1, 0, 2))) is None


def test_an_island_that_died_out_has_written_all_once_it_has_written_its_last_generation() -> None:
    there = flow(*(lived(island, 0, 6 * (island != 1)) for island in range(ISLANDS)))
    advance(there)
    hear(there, written(2, 0, 2))
    assert not has_written(there, 1, 2)
    hear(there, written(1, 1))
    assert has_written(there, 1, 2)
    assert not has_written(there, 1, 0) or has_written(there, 1, 1)


def test_what_a_lost_worker_has_written_belongs_to_nobody() -> None:
    there = flow(*(lived(island, 0) for island in range(ISLANDS)), written(1, 0, 2), written(1, 1))
    advance(there)
    hear(there, Lost([2]))
    assert sealed(there) is None
    assert there.seals == [written(1, 1)], "the other island of that worker was written into the same files"
    hear(there, written(1, 0, 2))
    assert sealed(there) == 1


def test_an_extinct_island_that_is_lost_has_to_die_again_unless_that_is_on_record() -> None:
    there = flow(lived(1, 0, 0))
    forget(there, [1])
    assert there.gone == {}
    there.gone = {1: 0}
    forget(there, [1])
    assert there.gone == {1: 0}


def test_founders_that_are_lost_are_not_written() -> None:
    there = Flow(ISLANDS, 0, 0, False)
    hear(there, written(0, 0, 1, 2))
    assert sealed(there) == 0
    forget(there, [0, 1, 2])
    assert sealed(there) is None
    assert not has_written(there, 0, 0)


def test_parts_whose_merge_is_lost_are_free_again() -> None:
    there = flow()
    there.merging = {"births/a", "births/b", "births/c"}
    hear(there, Merged("births", ["births/a", "births/b"], None))
    assert there.merging == {"births/c"}
    assert there.merged == []
    hear(there, Merged("births", ["births/c"], {"name": "births/d"}))
    assert there.merging == set()
    assert [each.entry for each in there.merged] == [{"name": "births/d"}]


def test_where_islands_stand_once_they_were_told_to_halt() -> None:
    there = flow(Halted({0: 4, 1: 5}, 3), Halted({2: 5}, 4))
    assert there.halted == {0: 4, 1: 5, 2: 5}
    assert there.written == 4
