"""What is told of a generation: where the time goes, and how many individuals live a second."""

import signal
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from populations import evolve
from populations.engine.completing import rate
from populations.engine.worker import Worker
from populations.observe import events
from populations.observe.terminal import PHASES, shares

LONG_LIVES: dict[str, Any] = {
    "task": "none",
    "generations": 9,
    "quine": {"hidden": 12},
    "life": {"steps": 150, "coordinates": 64},
    "population": {"islands": 3, "size": 4},
}


def test_an_interrupted_run_has_not_worked_for_longer_than_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of three islands have lived a generation that is not complete."""
    live, told = Worker.live_one, list[events.Event]()

    def stop(self: Worker, watched: bool, island: int, generation: int, *args: Any) -> Any:
        outcome = live(self, watched, island, generation, *args)
        if (island, generation) == (1, 1):
            signal.raise_signal(signal.SIGTERM)
        return outcome

    monkeypatch.setattr(Worker, "live_one", stop)
    assert evolve(LONG_LIVES, tmp_path / "run", backend="local", sinks=[told.append]) == "interrupted"
    (generation,) = (event for event in told if isinstance(event, events.Generation))
    (end,) = (event for event in told if isinstance(event, events.End))
    assert end.seconds["life"] > 1.3 * generation.spent["life"], "of the second generation, too"
    for spent in (generation.spent, end.seconds):
        assert spent["hosts"] == pytest.approx(spent["generations"]), "one worker"
        assert sum(spent.get(phase, 0.0) for phase in (*PHASES, "records")) <= spent["hosts"]


def test_shares_are_of_all_that_was_done_where_records_were_written_beside_lives() -> None:
    found = shares({"life": 9.0, "emission": 1.0, "records": 2.0, "hosts": 10.0, "generations": 5.0})
    assert found["records"] == pytest.approx(2 / 12)
    assert sum(found.values()) == pytest.approx(1)


def test_seconds_of_generations_are_those_of_the_run(tmp_path: Path) -> None:
    told = list[events.Event]()
    evolve({**LONG_LIVES, "generations": 4}, tmp_path / "run", backend="local", sinks=[told.append])
    generations = [event for event in told if isinstance(event, events.Generation)]
    (end,) = (event for event in told if isinstance(event, events.End))
    assert sum(event.seconds for event in generations) == pytest.approx(generations[-1].spent["generations"])
    assert end.seconds["generations"] >= generations[-1].spent["generations"]


def test_a_rate_is_over_three_seconds_and_ten_generations_at_least() -> None:
    pace, said = deque([(0.0, 0)]), list[float]()
    for number in range(1, 41):
        said.append(rate(pace, 0.5 * number, 4))
    assert said == pytest.approx([8.0] * 40)
    assert len(pace) == 11, "five seconds"
    burst = [rate(pace, 20.0 + 0.001 * number, 4) for number in range(1, 13)]
    assert burst[-1] == pytest.approx((6 + 12) * 4 / 3, rel=0.01), "the last three seconds"
    assert len(pace) == 1 + 6 + 12
    slow = [rate(pace, 20.0 + 100.0 * number, 4) for number in range(1, 31)]
    assert slow[-1] == pytest.approx(0.04)
    assert len(pace) == 11


def test_a_rate_of_the_first_generation_is_over_all_there_is() -> None:
    assert rate(deque([(5.0, 0)]), 7.0, 6) == pytest.approx(3.0)
