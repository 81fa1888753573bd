"""A run lived in simulated time from its founders to its end, whatever happens to its workers and its coordinator."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from alife.configuration.keys import RunConfig, parse_config
from populations.engine.backend import Interrupted
from populations.engine.coordinator import advance, found
from populations.engine.ending import keep
from populations.engine.messages import Source
from populations.engine.run_state import RunState, over
from populations.record.writer import Recorder
from tests.simulation.cluster import Crashed, Plan, SimulatedBackend, Stalled
from tests.simulation.costs import Costs
from tests.simulation.lives import Births, HashedLives
from tests.simulation.machine import Body, World
from tests.simulation.storage import PretendedFolder, recorder
from tests.simulation.timeline import Timeline

OpenRecorder = Callable[[], Recorder]


@dataclass
class Trial:
    """What came of a run.

    Attributes:
        status: How it ended.
        world: What its workers shared.
        recorder: The last.
        commits: Generations, in the order in which they were committed.
        backends: One, and one for each time that it was gone on with.
        kept: Times that what was complete went on record before the run was left.
        again: Generations of islands that were lived more than once.
    """

    status: str
    world: World
    recorder: Recorder
    commits: list[int]
    backends: list[SimulatedBackend]
    kept: int = 0
    again: int = 0
    born: Births = field(default_factory=dict)
    folder: PretendedFolder | None = None


def configuration(islands: int, size: int, generations: int, **others: Any) -> RunConfig:
    """Of a run whose lives are simulated."""
    given = {"task": "none", "population": {"islands": islands, "size": size}, "generations": generations}
    return parse_config({**given, **others})


def simulated(
    config: RunConfig,
    plan: Plan,
    costs: Costs,
    mortality: float = 0.0,
    watched: bool = False,
    **world: Any,
) -> Trial:
    """Live a run of hashes in a folder that is not real."""
    folder, born = PretendedFolder(), Births()
    lives = HashedLives(config, folder, born, mortality, costs.weights)
    there = World(Timeline(), costs, Random(plan.seed), **world)
    trial = go(config, plan, there, lambda: lives, lambda: recorder(folder, config), watched, folder)
    trial.again, trial.born, trial.folder = lives.again, born, folder
    return trial


def go(
    config: RunConfig,
    plan: Plan,
    world: World,
    make_body: Callable[[], Body],
    open_recorder: OpenRecorder,
    watched: bool = False,
    folder: PretendedFolder | None = None,
) -> Trial:
    """Live a run; after it was stopped, or its coordinator is gone, it is gone on with."""
    trial = Trial("", world, open_recorder(), [], [])
    while True:
        backend = SimulatedBackend(config, world, make_body, plan)
        trial.backends.append(backend)
        if folder is not None:
            folder.committed = lambda text, backend=backend: _commits(trial, backend, text)  # type: ignore[misc]
        run = _state(config, trial.recorder, backend, watched)
        try:
            backend.coordinator.go()
            found(run)
            for _ in advance(run):
                pass
            trial.status = over(run)
        except Interrupted:
            if run.flow.stored:
                with suppress(Stalled):  # what has no worker does not come up to the others
                    keep(run, "interrupted")
                    trial.kept += 1
        except Crashed:
            pass
        finally:
            backend.coordinator.stop()
            backend.close()
        if trial.status or trial.recorder.manifest["status"] in ("finished", "extinct"):
            trial.status = trial.recorder.manifest["status"]
            return trial
        while world.timeline.step():
            pass  # what was under way comes to nothing
        plan = replace(plan, losses=(), stop=float("inf"), crash=float("inf"))
        trial.recorder = open_recorder()


def _state(config: RunConfig, recorder: Recorder, backend: SimulatedBackend, watched: bool) -> RunState:
    """A run that begins, or goes on from its last commit."""
    if not recorder.manifest["parts"]["checkpoints"]:
        return RunState(config, recorder, backend, 1, Source(), {}, watched=watched)
    generation, entries = recorder.last_checkpoint()
    alive = {i for entry in entries for first, last in entry["islands"] for i in range(first, last + 1)}
    gone = {island: generation for island in range(config.population.islands) if island not in alive}
    source, meta = Source(generation, entries=entries, gone=gone), {"collapse_norm": 1.0}
    return RunState(config, recorder, backend, 1, source, meta, committed=generation - 1, watched=watched)


def _commits(trial: Trial, backend: SimulatedBackend, text: bytes) -> None:
    costs = trial.world.costs
    backend.work(costs.commit + costs.listed * text.count(b'"sha256"'))
    generation = json.loads(text[text.index(b'"generation"') + 13 :][:12].split(b",")[0])
    trial.commits.append(generation)
