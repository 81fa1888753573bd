"""The engine in simulated time: whatever happens to workers and coordinator, what is born is what one process bears."""

from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import alife
from alife.configuration.keys import RunConfig
from populations.engine.prepare import prepare
from populations.record.writer import Recorder, digest
from tests.simulation.cluster import Loss, Plan
from tests.simulation.costs import Costs
from tests.simulation.lives import HashedLives, in_process
from tests.simulation.losses import figures, recorded
from tests.simulation.machine import World
from tests.simulation.real import RealLives
from tests.simulation.storage import MACHINE, PretendedFolder
from tests.simulation.timeline import Timeline
from tests.simulation.trial import Trial, configuration, go, simulated

NEVER = float("inf")
times = partial(st.floats, width=32)


@st.composite
def configurations(draw: Any) -> RunConfig:
    return configuration(
        draw(st.integers(1, 9)),
        draw(st.sampled_from([8, 20, 60, 200])),
        draw(st.integers(1, 12)),
        seed=draw(st.integers(0, 99)),
        migration={
            "every": draw(st.integers(1, 3)),
            "migrants": draw(st.integers(0, 1)),
            "topology": draw(st.sampled_from(["ring", "torus", "complete", "star", "none"])),
        },
        checkpoint={"every": draw(st.integers(1, 5))},
    )


plans = st.builds(
    Plan,
    workers=st.integers(1, 5),
    losses=st.lists(st.builds(Loss, times(0, 30), times(-0.5, 0.5)), max_size=5),
    joins=st.lists(times(5, 25), max_size=2),
    stop=st.just(NEVER) | times(0, 30),
    crash=st.just(NEVER) | times(1, 30),
    seed=st.integers(0, 999),
)
costs = st.builds(
    Costs,
    life=st.sampled_from([0.001, 0.01, 0.1]),
    start=st.sampled_from([0.5, 10.0]),
    latency_jitter=st.sampled_from([0.0, 0.001, 0.5]),
    file=st.sampled_from([0.001, 0.5]),
    slow=st.sampled_from([0.0, 0.5]),
    slowness=st.just(4.0),
    weights=st.just(1),
)


def check(config: RunConfig, trial: Trial, mortality: float) -> None:
    """It is what one process lives, all of it is on record once, and commits came in order."""
    alone = HashedLives(config, PretendedFolder(), {}, mortality)
    left = in_process(alone)
    assert trial.status == ("finished" if left else "extinct")
    assert trial.born == alone.born == recorded(trial)
    assert trial.commits == sorted(trial.commits)
    assert trial.recorder.manifest["generation"] == max(generation for _, generation in alone.born)
    if left:
        assert trial.folder is not None
        entries = trial.recorder.last_checkpoint()[1]
        stored = {i: group for entry in entries for i, group in trial.folder.content[entry["name"]].newborns.items()}
        assert {i: group.messages.tobytes() for i, group in stored.items()} == {
            i: group.messages.tobytes() for i, group in left.items()
        }


def lives_as_one_process(
    config: RunConfig, plan: Plan, costs: Costs, mortality: float, watched: bool, late: bool
) -> None:
    trial = simulated(config, plan, costs, mortality, watched, hands_on_late=late)
    check(config, trial, mortality)


mortalities = st.sampled_from([0.0, 0.0, 0.1, 0.4])
given_cases = given(configurations(), plans, costs, mortalities, st.booleans(), st.booleans())
quickly = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])

test_whatever_happens = quickly(given_cases(lives_as_one_process))
test_whatever_happens_in_thousands_of_cases = pytest.mark.nightly(
    settings(quickly, max_examples=5000)(given_cases(lives_as_one_process))
)


def test_the_same_seed_takes_the_same_course() -> None:
    plan = Plan(3, [Loss(14, 0.3), Loss(16, -0.2)], seed=4)
    first, second = (simulated(configuration(7, 10, 12), plan, Costs(weights=1)) for _ in range(2))
    assert first.world.timeline.now == second.world.timeline.now
    assert first.world.seconds == second.world.seconds
    assert first.again == second.again > 0


def test_core_time_goes_into_something() -> None:
    """Without losses each core is accounted for, from its start to the end of the run."""
    trial = simulated(configuration(6, 10, 12), Plan(3, seed=1), Costs(weights=1))
    assert sum(trial.world.seconds.values()) == pytest.approx(3 * trial.world.timeline.now, rel=0.02)
    assert trial.again == 0


@pytest.mark.parametrize("losses", [(), (Loss(11.0, 0.4), Loss(12.0, -0.3))])
def test_real_lives_and_a_real_folder(tmp_path: Path, small: dict[str, Any], losses: tuple[Loss, ...]) -> None:
    """Networks live, real files are written; digests are those of a run in one process."""
    given = {**small, "task": "none", "generations": 8, "population": {"islands": 5, "size": 6}}
    alife.evolve(given, tmp_path / "alone", backend="local", sinks=[])
    config, physics = prepare(alife.configuration.keys.parse_config(given))
    run = str(tmp_path / "run")
    Recorder.create(run, config, versions={"torch": "2"}, machine=MACHINE).close()
    world = World(Timeline(), Costs(life=0.05, weights=physics.shape.n_weights), Random(3))
    body = RealLives(config, physics, run)
    trial = go(config, Plan(3, losses, seed=3), world, lambda: body, lambda: Recorder.open(run))
    trial.recorder.close()
    assert trial.status == "finished"
    assert trial.backends[0].lost == len(losses)
    assert digest(run) == digest(str(tmp_path / "alone"))


@pytest.mark.nightly
def test_the_coordinator_does_little() -> None:
    """Of 2,000 workers it hears less than a kilobyte a generation of an island."""
    config = configuration(2000, 1000, 30)
    plan = Plan(2000, [Loss(30 + 10 * number, 2.0) for number in range(20)], seed=1)
    trial = simulated(config, plan, Costs())
    found = {figure["name"]: figure for figure in figures(trial, "run", 1.0)}
    assert found["run, bytes that the coordinator hears"]["passed"]
    check(config, trial, 0.0)
