"""Islands on Ray's workers: who is free is given the next one, what is wrong with the program is not tried again."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alife.configuration.keys import RunConfig, parse_config
from alife.evolution import reproduction
from alife.evolution.island import Scores
from alife.evolution.reproduction import Newborns
from alife.evolution.selection import Choice
from alife.world.projections import Physics
from populations.engine.backend import Generation, LocalBackend, Outcome
from populations.engine.prepare import prepare
from populations.engine.ray.failures import Handle
from populations.engine.ray.supervisor import RayBackend
from tests.faults import processes


@pytest.fixture
def prepared(small: dict[str, Any]) -> tuple[RunConfig, Physics]:
    return prepare(parse_config({**small, "population": {"islands": 6, "size": 6}, "ray": {"hosts": 2}}))


@pytest.fixture
def founders(prepared: tuple[RunConfig, Physics]) -> dict[int, Newborns]:
    config, physics = prepared
    return {island: reproduction.founders(config, physics.shape.n_weights, island) for island in range(6)}


class Losses:
    """What a backend tells of the workers it loses."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str, str, float]] = []

    def __call__(self, *loss: Any) -> None:
        self.told.append(loss)


@pytest.fixture
def losses() -> Losses:
    return Losses()


@pytest.fixture
def backend(prepared: tuple[RunConfig, Physics], ray_8: None, losses: Losses) -> Iterator[RayBackend]:
    backend = RayBackend(*prepared, lambda: False, losses)
    yield backend
    backend.close()


def whole(island: int, scores: Scores) -> Choice:
    return Choice(np.arange(6), {})


def work(founders: dict[int, Newborns]) -> Generation:
    return Generation(0, founders, 0.0, False)


def start_both(backend: RayBackend, founders: dict[int, Newborns]) -> None:
    while [handle.phase for handle in backend._pool.handles] != ["idle", "idle"]:
        backend.live(work(founders), whole)


def process(handle: Handle) -> int:
    return int(handle.name.rpartition(":")[2].rstrip(")"))


def check_births(
    outcomes: dict[int, Outcome], prepared: tuple[RunConfig, Physics], founders: dict[int, Newborns]
) -> None:
    """They are those of one process."""
    alone = LocalBackend(*prepared, lambda: False).live(work(founders), whole)
    assert sorted(outcomes) == sorted(alone)
    for island, outcome in outcomes.items():
        np.testing.assert_array_equal(outcome.children.messages, alone[island].children.messages)


def test_islands_go_to_the_host_that_is_free(
    backend: RayBackend,
    prepared: tuple[RunConfig, Physics],
    founders: dict[int, Newborns],
    losses: Losses,
) -> None:
    """One of two workers stands still with an island, and is let go on only when the other five have been lived."""
    start_both(backend, founders)
    halted = process(backend._pool.handles[0])
    assert processes.freeze(halted)
    lived: list[int] = []

    def choose(island: int, scores: Scores) -> Choice:
        lived.append(island)
        if len(lived) == 5:
            os.kill(halted, signal.SIGCONT)
        return whole(island, scores)

    outcomes = backend.live(work(founders), choose)
    assert sorted(lived) == list(range(6))
    assert losses.told == []
    check_births(outcomes, prepared, founders)


def test_an_idle_host_that_dies_has_lost_no_more_than_the_time_until_that_is_seen(
    backend: RayBackend, founders: dict[int, Newborns], losses: Losses
) -> None:
    start_both(backend, founders)
    backend._pool.handles[0].since -= 1e6
    processes.kill(process(backend._pool.handles[0]))
    while not losses.told:
        backend.live(work(founders), whole)
    assert losses.told[0][3] < 1e5


def test_a_host_that_dies_before_it_conceives_gives_back_the_island_that_waits_behind_too(
    backend: RayBackend,
    prepared: tuple[RunConfig, Physics],
    founders: dict[int, Newborns],
    losses: Losses,
) -> None:
    start_both(backend, founders)
    lived: list[int] = []

    def choose(island: int, scores: Scores) -> Choice:
        lived.append(island)
        if len(lived) == 1:
            processes.kill(next(process(handle) for handle in backend._pool.handles if handle.island == island))
        return whole(island, scores)

    outcomes = backend.live(work(founders), choose)
    assert [why for _, _, why, _ in losses.told] == ["its process died"]
    assert sorted(lived) == sorted([*range(6), lived[0]])
    check_births(outcomes, prepared, founders)


def spoil(newborns: Newborns) -> Newborns:
    return replace(newborns, messages=newborns.messages[:, :-1])


def fails(*_: Any) -> Choice:
    raise ZeroDivisionError("of the controller")


@pytest.mark.parametrize(("harm", "choose", "kind"), [(spoil, whole, Exception), (None, fails, ZeroDivisionError)])
def test_a_fault_of_the_program_is_raised_at_once_and_not_tried_again(
    backend: RayBackend,
    founders: dict[int, Newborns],
    losses: Losses,
    harm: Callable[[Newborns], Newborns] | None,
    choose: Any,
    kind: type[Exception],
) -> None:
    given = {**founders, 3: harm(founders[3])} if harm else founders
    asked = []

    def counted(island: int, scores: Scores) -> Choice:
        asked.append(island)
        return choose(island, scores)

    with pytest.raises(kind):
        backend.live(work(given), counted)
    assert losses.told == []
    assert len(asked) == len(set(asked))
