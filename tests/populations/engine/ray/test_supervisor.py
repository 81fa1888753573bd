"""Islands on Ray's workers: they live by themselves, a lost one's go to others, and what fails is not tried again."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray

from alife.configuration.keys import RunConfig, parse_config
from alife.errors import UserError
from alife.evolution import reproduction
from alife.world.projections import Physics
from populations.engine.messages import Merged, Sealed, Source
from populations.engine.prepare import prepare
from populations.engine.ray.failures import Handle
from populations.engine.ray.supervisor import RayBackend
from populations.engine.ray.worker import _GROUPS, PingedWorker
from populations.record.reader import digest
from tests.faults import processes
from tests.support.lives import Lives, lived_here

ISLANDS = 6


@pytest.fixture
def prepared(small: dict[str, Any]) -> tuple[RunConfig, Physics]:
    return prepare(parse_config({**small, "population": {"islands": ISLANDS, "size": 6}, "ray": {"hosts": 2}}))


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


@pytest.fixture
def lives(backend: RayBackend, tmp_path: Path) -> Lives:
    """Islands divided among both workers, with a generation behind them."""
    lives = Lives(backend, tmp_path / "run")
    lives.live(1)
    lives.until(lambda: sorted(len(handle.islands) for handle in backend._pool.handles) == [3, 3])
    return lives


def process(handle: Handle) -> int:
    return int(handle.name.rpartition(":")[2].rstrip(")"))


def test_islands_live_on_without_one_that_stands_still_until_they_are_to_meet_it(
    backend: RayBackend, lives: Lives, losses: Losses, prepared: Any, tmp_path: Path
) -> None:
    """In a ring of six, of which each worker has half, newborns meet before every second generation."""
    still = backend._pool.handles[0]
    others = sorted(set(range(ISLANDS)) - still.islands.keys())
    assert processes.freeze(process(still))
    lives.order(6)
    lives.until(lambda: all((island, 1) in lives.births for island in others))
    for _ in range(4):
        lives.hear()
    assert {key for key in lives.births if key[1] > 0} <= {(island, 1) for island in range(ISLANDS)}
    os.kill(process(still), signal.SIGCONT)
    lives.live(6)
    assert losses.told == []
    lives.check(lived_here(prepared, tmp_path / "here", 6))


def test_a_worker_that_dies_has_lost_no_more_than_the_time_until_that_is_seen(
    backend: RayBackend, lives: Lives, losses: Losses
) -> None:
    backend._pool.handles[0].since -= 1e6
    processes.kill(process(backend._pool.handles[0]))
    lives.until(lambda: bool(losses.told))
    assert losses.told[0][3] < 1e5


@pytest.mark.parametrize("killed", [1, 2])
def test_islands_of_workers_that_die_live_again_elsewhere_to_the_same_births(
    backend: RayBackend, lives: Lives, losses: Losses, prepared: Any, tmp_path: Path, killed: int
) -> None:
    doomed = [(process(handle), sorted(handle.islands)) for handle in backend._pool.handles[:killed]]
    lives.order(6)
    for pid, _ in doomed:
        processes.kill(pid)
    lives.until(lambda: len(lives.lost) == killed)
    assert sorted(lives.lost) == sorted(islands for _, islands in doomed)
    lives.live(6)
    assert [why for _, _, why, _ in losses.told] == ["its process died"] * killed
    lives.check(lived_here(prepared, tmp_path / "here", 6))


def test_a_worker_that_comes_later_is_given_islands_of_another(
    backend: RayBackend, lives: Lives, losses: Losses, prepared: Any, tmp_path: Path
) -> None:
    processes.kill(process(backend._pool.handles[0]))
    lives.until(lambda: bool(losses.told))
    lives.live(2)
    lives.until(lambda: [handle.phase for handle in backend._pool.handles] == ["live", "live"])
    assert sorted(len(handle.islands) for handle in backend._pool.handles) == [0, ISLANDS]
    backend.rebalance()
    lives.until(lambda: lives.lost[1:] == [[*range(ISLANDS)]])
    lives.live(6)
    assert [len(handle.islands) for handle in backend._pool.handles] == [3, 3]
    assert len(losses.told) == 1, "that islands move is no loss of a worker"
    lives.check(lived_here(prepared, tmp_path / "here", 6))


def spoiled(prepared: tuple[RunConfig, Physics]) -> Source:
    """Founders of which those of one island have genomes that are too short."""
    config, physics = prepared
    born = {island: reproduction.founders(config, physics.shape.n_weights, island) for island in range(ISLANDS)}
    born[3] = replace(born[3], messages=born[3].messages[:, :-1])
    return Source(newborns=born)


def test_a_fault_of_the_program_is_raised_at_once_and_not_tried_again(
    backend: RayBackend, losses: Losses, prepared: Any, tmp_path: Path
) -> None:
    lives = Lives(backend, tmp_path / "run", spoiled(prepared))
    lives.order(2)
    with pytest.raises(Exception, match=r"shape|size|broadcast|reshape"):
        lives.until(lambda: len(lives.births) == 2 * ISLANDS)
    assert losses.told == []


class Apart(PingedWorker):
    """A worker on a machine that has another folder under the name of the run's."""

    def begin(self, folder: Any, watched: bool) -> bool:
        return super().begin(replace(folder, created="another day"), watched)


def test_workers_that_cannot_start_on_a_node_fail_as_one_if_both_are_heard_in_the_same_moment(
    prepared: tuple[RunConfig, Physics], ray_8: None, losses: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Never(PingedWorker):
        def start(self, *args: Any) -> dict[str, Any]:
            raise UserError("the data: cannot be had")

    class Together(RayBackend):
        def _ready(self) -> list[Handle]:
            """Nobody, until it is known of both where they are and what they say."""
            handles = self._pool.handles
            ray.wait([handle.call for handle in handles], num_returns=len(handles))
            return super()._ready() if all(handle.node for handle in handles) else []

    remote: Any = ray.remote
    actor = remote(max_restarts=0, max_task_retries=0, concurrency_groups=_GROUPS)(Never)
    monkeypatch.setattr("populations.engine.ray.pool.WorkerActor", actor)
    backend = Together(*prepared, lambda: False, losses)
    with pytest.raises(UserError, match=r"^the data: cannot be had$"):
        _ = backend.machine
    assert len(losses.told) == 1
    backend.close()
    free = time.monotonic() + 30
    while ray.available_resources().get("CPU") != 8 and time.monotonic() < free:
        time.sleep(0.1)
    assert ray.available_resources()["CPU"] == 8


@pytest.mark.parametrize("worker", [PingedWorker, Apart])
def test_what_workers_write_is_on_record_whether_they_see_the_folder_or_not(
    ray_8: None, small: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, worker: type
) -> None:
    from populations import evolve

    remote: Any = ray.remote
    actor = remote(max_restarts=0, max_task_retries=0, concurrency_groups=_GROUPS)(worker)
    monkeypatch.setattr("populations.engine.ray.pool.WorkerActor", actor)
    seen: list[set[bool]] = []
    heard: Callable[..., Any] = RayBackend.news

    def news(self: RayBackend) -> Any:
        told = heard(self)
        if any(isinstance(each, Sealed | Merged) for each in told):
            seen.append({handle.sees for handle in self._pool.handles if handle.phase == "live"})
        return told

    monkeypatch.setattr(RayBackend, "news", news)
    config = {**small, "checkpoint": {"every": 1}, "generations": 9, "ray": {"hosts": 2}}
    assert evolve(config, str(tmp_path / "run")) == "finished"
    assert set().union(*seen) == {worker is PingedWorker}
    evolve(config, str(tmp_path / "here"), backend="local")
    assert digest(tmp_path / "run") == digest(tmp_path / "here")
