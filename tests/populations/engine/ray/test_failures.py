"""When a worker is given up, and what it was lost to: patience grows by the wave and by the node, not by the worker."""

from typing import Any

import pytest
from ray import exceptions

from populations.engine.ray import failures
from populations.engine.ray.failures import FailureDetector, Handle, lost_to


class Actor:
    """Answers no ping."""

    class ping:
        remote = staticmethod(lambda: "never")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times = [1000.0]
    monkeypatch.setattr(failures.time, "monotonic", lambda: times[0])
    monkeypatch.setattr(failures.ray, "wait", lambda refs, timeout: ([], refs))
    return times


def starting(now: list[float], node: str = "a") -> Handle:
    return Handle("host", Actor, None, now[0], node=node)


def waited(watch: FailureDetector, handle: Handle, now: list[float]) -> float:
    """Seconds until a worker that does not start is given up."""
    while not watch.misses(handle, 1.0):
        now[0] += 1.0
    return handle.busy


def test_sixty_four_hosts_that_do_not_start_are_one_wave(now: list[float]) -> None:
    watch, wave = FailureDetector(60), [starting(now) for _ in range(64)]
    assert waited(watch, wave[0], now) == pytest.approx(120, abs=2)
    pauses = [watch.false_start(handle) for handle in wave]
    assert pauses == [0.0] * 64
    assert waited(watch, starting(now), now) == pytest.approx(240, abs=2)


def test_each_wave_waits_twice_as_long_up_to_a_quarter_of_an_hour(now: list[float]) -> None:
    watch, took, pauses = FailureDetector(60), [], []
    for _ in range(6):
        now[0] += 1
        wave = [starting(now) for _ in range(8)]
        took.append(waited(watch, wave[0], now))
        pauses.append([watch.false_start(handle) for handle in wave][-1])
    assert took == pytest.approx([120, 240, 480, 960, 960, 960], abs=2)
    assert pauses == [0, 1, 3, 7, 15, 31]


def test_a_node_that_is_slow_to_start_is_given_the_time_though_others_are_quick(now: list[float]) -> None:
    """It takes 200 s to load torch; workers elsewhere start meanwhile, again and again."""
    watch = FailureDetector(60)
    for _ in range(2):
        slow = starting(now, "slow")
        for _ in range(200):
            quick = starting(now, "quick")
            quick.busy = 3.0
            watch.started(quick)
            now[0] += 1.0
            if watch.misses(slow, 1.0):
                watch.false_start(slow)
                break
        else:
            break
    assert slow.busy == 200, "the second one there was waited for"
    watch.started(slow)
    assert waited(watch, starting(now, "slow"), now) == pytest.approx(240, abs=2), "and so are those that follow"


def test_a_node_that_never_starts_a_host_costs_others_no_patience(now: list[float]) -> None:
    watch = FailureDetector(60)
    for _ in range(4):
        now[0] += 1
        watch.false_start(starting(now, "bad"))
    assert waited(watch, starting(now, "good"), now) == pytest.approx(120, abs=2)


def test_the_node_is_learned_from_the_ping(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    watch, handle = FailureDetector(60), starting(now, "")
    watch.misses(handle, 0.1)
    answers: Any = {"never": "b"}
    monkeypatch.setattr(failures.ray, "wait", lambda refs, timeout: (refs, []))
    monkeypatch.setattr(failures.ray, "get", answers.get)
    watch.misses(handle, 0.1)
    assert handle.node == "b"
    assert handle.up


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (exceptions.ActorUnschedulableError("no room"), "could not be placed"),
        (exceptions.TaskUnschedulableError("no room"), "could not be placed"),
        (exceptions.OutOfMemoryError("killed"), "its machine ran out of memory"),
        (exceptions.WorkerCrashedError(), "its process died"),
        (exceptions.RayActorError(), "its process died"),
        (exceptions.RayActorError(error_msg="the node was running low on memory"), "its machine ran out of memory"),
        (exceptions.RayActorError(preempted=True), "its node was preempted"),
        (exceptions.NodeDiedError("gone"), "its machine was lost"),
        (exceptions.ObjectStoreFullError("full"), "its answer was lost (ObjectStoreFullError)"),
    ],
)
def test_what_a_worker_or_a_job_was_lost_to(error: exceptions.RayError, why: str) -> None:
    assert lost_to(error) == why
