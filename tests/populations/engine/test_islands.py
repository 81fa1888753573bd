"""Islands live to the same bits however they are divided among workers, and whatever of these is lost, late or told
twice."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.configuration.keys import RunConfig, parse_config
from populations.engine.backend import Interrupted
from populations.engine.coordinator import advance, found
from populations.engine.ending import keep
from populations.engine.islands import Islands
from populations.engine.messages import Cadence, Halt, Halted, Here, Horizon, Resend, Seal, Settle, Source, Withdraw
from populations.engine.run_state import RunState, over
from tests.support.scattered import Key, Lifeless, Record, Scattered, key, whole_history

TOPOLOGIES = ("ring", "torus", "star", "complete", "none")


def configuration(**over: Any) -> RunConfig:
    """Of six to an island."""
    sections: dict[str, Any] = {
        "generations": 9,
        "task": "none",
        "population": {"islands": 4, "size": 6},
        "migration": {"every": 2, "migrants": 1},
        "checkpoint": {"every": 4},
    }
    return parse_config({**sections, **over})


@st.composite
def runs(draw: st.DrawFn) -> Lifeless:
    """A run, and who dies out in it."""
    islands, generations = draw(st.integers(1, 6)), draw(st.integers(1, 14))
    config = configuration(
        generations=generations,
        population={"islands": islands, "size": 6},
        migration={
            "every": draw(st.integers(1, 3)),
            "migrants": draw(st.integers(0, 1)),
            "topology": draw(st.sampled_from(TOPOLOGIES)),
        },
        checkpoint={"every": draw(st.sampled_from([1, 2, 3, 7, 100]))},
    )
    deaths = st.tuples(st.integers(0, islands - 1), st.integers(0, generations))
    return Lifeless(config, frozenset(draw(st.lists(deaths, max_size=islands))))


def go(life: Lifeless, record: Record, scattered: Scattered, source: Source, stop_after: int | None = None) -> str:
    """A command: a run begun or resumed, to its end or until it is stopped; its status."""
    run: Any = RunState(life.config, record, scattered, 2, source, {"collapse_norm": 0.0} if source.entries else {})  # type: ignore[arg-type]
    looks = [0]

    def stopping() -> bool:
        looks[0] += 1
        return stop_after is not None and looks[0] > stop_after

    scattered.stopping = stopping
    try:
        found(run)
        for _ in advance(run):
            raise AssertionError("nobody looks at each generation")
    except Interrupted:
        if run.flow.stored:
            keep(run, "interrupted")
    record.gone = {island: since for island, since in run.flow.gone.items() if since <= run.flow.start}
    assert not scattered.stuck
    return over(run) or "interrupted"


def check(life: Lifeless, record: Record) -> None:
    """What is on record is what must be, without a gap."""
    lived, conceived = whole_history(life)
    end = record.generation + 1
    expected = {each: who for each, who in lived.items() if each[1] < end}
    assert record.lived == expected
    for generation, groups in record.newborns.items():
        for island, group in groups.items():
            assert key(group) == conceived[island, generation]
    if record.status != "extinct":
        assert {(island, end) for island in record.newborns[end]} == {each for each in conceived if each[1] == end}


@settings(max_examples=200)
@given(runs(), st.integers(1, 5), st.integers(0, 6), st.sampled_from([0.0, 0.3]), st.integers(0, 2**32))
def test_every_generation_of_every_island_is_that_of_all_islands_abreast(
    life: Lifeless, workers: int, losses: int, twice: float, seed: int
) -> None:
    record = Record()
    status = go(life, record, Scattered(life.config, life, Random(seed), workers, losses, twice), Source())
    assert status == record.status
    assert status in ("finished", "extinct")
    check(life, record)


@settings(max_examples=200)
@given(runs(), st.integers(1, 4), st.integers(0, 3), st.lists(st.integers(0, 40), max_size=3), st.integers(0, 2**32))
def test_a_run_that_is_stopped_at_any_moment_goes_on_to_the_same(
    life: Lifeless, workers: int, losses: int, stops: list[int], seed: int
) -> None:
    """What is on record at each stop is without a gap too."""
    record, random = Record(), Random(seed)
    for stop in [*stops, None]:
        source = Source()
        if record.newborns:
            generation = record.generation + 1
            source = Source(generation, entries=[{"generation": generation}], gone=record.gone)
        status = go(life, record, Scattered(life.config, life, random, workers, losses, 0.2), source, stop)
        if record.newborns:
            check(life, record)
        if status != "interrupted":
            break
    assert record.status == status != "interrupted"


# One `Islands` by itself


def horizon(until: int, writes: int = 100, committed: int = -1) -> Horizon:
    return Horizon(until, writes, Cadence(4, 100), committed, {})


@pytest.fixture
def life() -> Lifeless:
    return Lifeless(configuration())


def some(life: Lifeless, numbers: tuple[int, ...], until: int) -> Islands:
    islands = Islands(life.config, life)
    islands.order(Settle(0, {number: life.founders(number) for number in numbers}, False))
    islands.order(horizon(until))
    return islands


def stands(islands: Islands) -> dict[int, int]:
    islands.order(Halt())
    (halted,) = [news for news in islands.news if isinstance(news, Halted)]
    return dict(halted.generations)


def test_an_island_waits_for_its_neighbours_elsewhere_where_they_are_to_meet(life: Lifeless) -> None:
    islands = some(life, (0, 1), 9)
    while islands.step():
        pass
    assert stands(islands) == {0: 2, 1: 2}
    assert {(m.sender, m.receiver, m.generation) for m in islands.outbox} == {(0, 3, 2), (1, 2, 2)}


def test_what_was_said_is_said_again_until_it_is_on_record(life: Lifeless) -> None:
    islands = some(life, (0, 1), 9)
    while islands.step():
        pass
    before = [*islands.outbox]
    islands.outbox.clear()
    islands.order(Resend([2, 3]))
    assert sorted(islands.outbox, key=str) == sorted(before, key=str)
    islands.outbox.clear()
    islands.order(horizon(9, committed=2))
    islands.order(Resend([2, 3]))
    assert islands.outbox == []


def test_islands_that_are_withdrawn_live_no_more_and_the_others_do(life: Lifeless) -> None:
    islands = some(life, (0, 1, 2, 3), 9)
    islands.step()
    islands.order(Withdraw([0, 1]))
    while islands.step():
        pass
    assert islands.resident == (2, 3)
    assert stands(islands) == {2: 2, 3: 2}


def test_who_stands_at_other_generations_writes_what_all_have_come_to(life: Lifeless) -> None:
    """Of neighbours one may be a generation ahead: what it was before is still known."""
    islands = some(life, (0, 1, 2, 3), 3)
    for _ in range(2):
        islands.step()
    islands.seals.clear()
    islands.order(Seal(1))
    assert stands(islands) == {0: 1, 1: 1, 2: 0, 3: 0}
    (seal,) = islands.seals
    assert (seal.generation, seal.islands, [*seal.newborns]) == (1, (0, 1), [0, 1])
    written: set[Key] = {(row.island, row.generation) for row in seal.rows}
    assert written == {(0, 0), (1, 0)}


def test_a_message_for_a_generation_that_is_past_is_ignored(life: Lifeless) -> None:
    islands = some(life, (0, 1, 2, 3), 3)
    while islands.step():
        pass
    islands.receive(Here(1, 0, 2))
    assert not islands.step()
    assert stands(islands) == dict.fromkeys(range(4), 3)
