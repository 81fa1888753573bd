"""What a configuration says in vain: held to the births of small runs, with the key and without it."""

import hashlib
import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alife.config import RunConfig, leaves, parse_config
from alife.errors import UserError
from alife.metrics import DEAD_ZERO
from alife.physics import make_physics
from alife.remarks import idle, warnings
from alife.reproduction import found
from alife.tasks import Task, load_task
from populations.backends import LocalBackend
from populations.controller import Run, advance
from populations.evolution import _update
from populations.plan import plain

DEFAULTS = {key: default for key, default, *_ in leaves()}
NO_BIRTHS = ("device", "life.threads", "life.chunk", "checkpoint.", "ray.", "quine.projection_seed", "generations")
"""Keys that say where and how, beside the length of the run: they are not spoken of for what they leave alone."""

VALUES: dict[str, list[Any]] = {
    "quine.coordinate_units": [2, 4],
    "quine.pairing": ["joint"],
    "quine.projection": ["paper"],
    "life.steps": [0, 0, 1, 5, 9],
    "life.optimizer": ["sgd", "momentum", "adam", "adagrad", "rmsprop"],
    "life.learning_rate": [0.05],
    "life.coordinates": [7, 24],
    "life.images": [3, 16],
    "life.task_weight": [0, 0, 1],
    "life.replication_weight": [0, 0, 0.5],
    "life.temperature": [0.5],
    "life.target": ["epoch", "epoch", "self"],
    "life.loss": ["sum"],
    "life.sampling": ["epoch"],
    "life.environment": ["shared"],
    "reproduction.mutation": [0, 0.2],
    "reproduction.heritable": [("mutation",), ("task_weight",), ("learning_rate", "task_weight")],
    "reproduction.trait_mutation": [0, 0.5],
    "selection.scheme": ["truncation", "roulette", "nsga2", "shuffled", "drift"],
    "selection.accuracy_weight": [0, 1],
    "selection.tournament_size": [1, 8],
    "selection.truncation": [0.2, 1],
    "population.islands": [1, 3, 4, 5],
    "population.size": [1, 9],
    "migration.topology": ["torus", "star", "complete", "none"],
    "migration.every": [1, 2, 9],
    "migration.migrants": [0, 2],
    "generations": [1, 4],
    "task": ["none", "none"],
}
BASE = {
    "generations": 6,
    "quine": {"hidden": 6, "coordinate_units": 3},
    "life": {"steps": 4, "coordinates": 32, "images": 8},
    "population": {"islands": 2, "size": 6},
    "migration": {"migrants": 1},
}


class Births:
    """Takes the place of a record: remembers what is born."""

    def __init__(self) -> None:
        self.total = hashlib.sha256()

    def add(self, generation: int, births: Any, migrations: Any, generations: Any) -> None:
        for name in sorted(births):
            column = births[name]
            self.total.update(json.dumps([name, *column.tolist()]).encode())

    def commit(self, *_: Any, **__: Any) -> None: ...

    def attach(self, *_: Any) -> None: ...


@cache
def task_of(spec: str) -> Task | None:
    return load_task(spec)


def born(config: RunConfig) -> str:
    """The digest of what is born."""
    config = config.model_copy(update={"device": "cpu"})
    config = _update(config, "life", chunk=6)
    physics = make_physics(config, task_of(config.task))
    newborns = {i: found(config, physics.shape.n_weights, i) for i in range(config.population.islands)}
    norms = np.concatenate([np.linalg.norm(group.messages, axis=1) for group in newborns.values()])
    births = Births()
    backend = LocalBackend(config, physics, lambda: False)
    with np.errstate(all="ignore"):
        advance(Run(config, births, backend, newborns, 0, DEAD_ZERO * float(np.median(norms))))  # type: ignore[arg-type]
    return births.total.hexdigest()


def drawn(data: st.DataObject, folder: str) -> RunConfig:
    """A small configuration with a few keys away from BASE."""
    keys = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=5, unique=True))
    given = {key: data.draw(st.sampled_from(VALUES[key])) for key in keys}
    try:
        config = parse_config({"task": folder, **BASE}).model_dump()
        for key, value in given.items():
            section, _, name = key.rpartition(".")
            (config[section] if section else config)[name] = value
        parsed = parse_config(config)
        from populations.migration import check

        check(parsed)
    except UserError:
        assume(False)
    return parsed


def without(config: RunConfig, key: str) -> RunConfig:
    """The configuration with a key at its default."""
    data = config.model_dump()
    section, _, name = key.rpartition(".")
    (data[section] if section else data)[name] = DEFAULTS[key]
    try:
        return parse_config(data)
    except UserError:
        assume(False)
        raise


def check_what_is_idle(data: st.DataObject, folder: str) -> None:
    config = drawn(data, folder)
    there = born(config)
    for key in idle(config, 10):
        if plain(config, key) != (list(d) if isinstance(d := DEFAULTS[key], tuple) else d):
            assert born(without(config, key)) == there, f"{key} is not idle"


def check_what_changes_nothing(data: st.DataObject, folder: str) -> None:
    config = drawn(data, folder)
    moved = [
        key
        for key, default in DEFAULTS.items()
        if plain(config, key) != (list(default) if isinstance(default, tuple) else default)
        and not key.startswith(NO_BIRTHS)
        and key not in ("task", "population.islands", "population.size", "quine.hidden")
    ]
    key = data.draw(st.sampled_from(moved))
    other = without(config, key)
    schemes = {config.selection.scheme, other.selection.scheme}
    assume(not (key == "selection.scheme" and "drift" in schemes and warned(other, "selection.")))
    if born(other) == born(config):
        assert warned(config, key), f"{key} changes nothing, and no word of it"


def warned(config: RunConfig, key: str) -> bool:
    return any(line.startswith(key) for line in warnings(config, 10))


QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]


@settings(max_examples=25, derandomize=True, suppress_health_check=QUIET)
@given(data=st.data())
def test_what_is_called_idle_changes_no_birth(data: st.DataObject, idx_folder: Any) -> None:
    check_what_is_idle(data, str(idx_folder))


@settings(max_examples=25, derandomize=True, suppress_health_check=QUIET)
@given(data=st.data())
def test_what_changes_no_birth_is_warned_of(data: st.DataObject, idx_folder: Any) -> None:
    check_what_changes_nothing(data, str(idx_folder))


@pytest.mark.nightly
@pytest.mark.parametrize("check", [check_what_is_idle, check_what_changes_nothing])
@settings(max_examples=500, suppress_health_check=QUIET)
@given(data=st.data())
def test_the_same_many_times(check: Any, data: st.DataObject, idx_folder: Any) -> None:
    check(data, str(idx_folder))
