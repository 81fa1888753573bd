"""What a configuration says in vain: held to the births of small runs, with the key and without it."""

import hashlib
import json
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alife.cli.main import main
from alife.configuration.idle import equal_chances, idle
from alife.configuration.keys import RunConfig, leaves, parse_config
from alife.configuration.parsing import load_yaml
from alife.configuration.remarks import warnings
from alife.configuration.schemes import SCHEMES
from alife.errors import UserError
from alife.organism.measures import DEAD_ZERO
from alife.world.projections import make_physics
from alife.world.task import Task, load_task
from populations import evolve, resume
from populations.engine.fork import fork as fork_run
from populations.engine.islands import Islands
from populations.engine.messages import Cadence, Founded, Horizon, Lived, Source
from populations.engine.worker import Worker
from populations.record.writer import read_manifest
from populations.studies.plan import parse_plan, plain, read_plan
from populations.studies.plan import warned as warned_of_plan
from populations.studies.replicates import replay

DEFAULTS = {key: default for key, default, *_ in leaves()}
NO_BIRTHS = ("device", "life.threads", "life.chunk", "checkpoint.", "ray.", "quine.projection_seed", "generations")
"""Keys that say where and how, beside the length of the run: they are not spoken of for what they leave alone."""

VALUES: dict[str, list[Any]] = {
    "quine.coordinate_units": [2, 4],
    "quine.pairing": ["joint"],
    "quine.projection": ["paper", "centred"],
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
    "life.sampling": ["epoch", "restarting"],
    "life.environment": ["shared"],
    "reproduction.mutation": [0, 0.2],
    "reproduction.operator": ["per_matrix", "low_rank", "sparse"],
    "reproduction.parameters": [{"share": 0.5}],
    "reproduction.heritable": [("mutation",), ("task_weight",), ("learning_rate", "task_weight")],
    "reproduction.trait_mutation": [0, 0.5],
    "reproduction.crossover": [0.5, 1],
    "reproduction.crossover_operator": ["weights", "matrices"],
    "selection.scheme": [
        *("truncation", "roulette", "nsga2", "lexicase", "novelty", "map_elites", "speciation"),
        *("shuffled", "drift"),
    ],
    "selection.parameters": [{"tolerance": 0.0}, {"neighbours": 1}, {"accuracy_step": 0.3}, {"back": 1}, {"back": 9}],
    "selection.accuracy_weight": [0, 1],
    "selection.tournament_size": [1, 8],
    "selection.truncation": [0.2, 1],
    "selection.survivors": [2, 2, 5],
    "population.islands": [1, 3, 4, 5],
    "population.size": [1, 9],
    "migration.topology": ["torus", "star", "complete", "none"],
    "migration.every": [1, 2, 9],
    "migration.migrants": [0, 2],
    "generations": [1, 4],
    "task": ["none", "none"],
}
OF_PARAMETER = {name: scheme for scheme, model in SCHEMES.items() if model for name in model.model_fields}
"""The scheme of a parameter."""

BASE = {
    "generations": 6,
    "quine": {"hidden": 6, "coordinate_units": 3},
    "life": {"steps": 4, "coordinates": 32, "images": 8},
    "population": {"islands": 2, "size": 6},
    "migration": {"migrants": 1},
}


@cache
def task_of(spec: str) -> Task | None:
    return load_task(spec)


def born(config: RunConfig) -> str:
    """The digest of what is born."""
    config = config.model_copy(update={"device": "cpu", "life": config.life.model_copy(update={"chunk": 6})})
    physics = make_physics(config, task_of(config.task))
    worker, numbers = Worker(config, physics), range(config.population.islands)
    islands = Islands(config, partial(worker.live_one, False))
    settle, (founded,) = worker.settle(numbers, Source(), lambda *_: b"", "")
    assert isinstance(founded, Founded)
    norm = DEAD_ZERO * float(np.median(np.concatenate([*founded.norms.values()])))
    end = config.generations
    islands.order(settle)
    islands.order(Horizon(end, end, Cadence(config.checkpoint.every, end), -1, {"collapse_norm": norm}))
    with np.errstate(all="ignore"):
        while islands.step():
            pass
    lived = [each for each in islands.news if isinstance(each, Lived)]
    assume(all(each.children for each in lived))  # what the dead make idle no configuration can say
    total = hashlib.sha256()
    for rows in sorted(
        (row for seal in islands.seals for row in seal.rows), key=lambda row: (row.generation, row.island)
    ):
        for name in sorted(rows.births.keys() - {"chance"}):  # that a scheme is on record is no birth
            total.update(json.dumps([name, *rows.births[name].tolist()]).encode())
    assert len(lived) == end * len(numbers)
    return total.hexdigest()


def drawn(data: st.DataObject, folder: str) -> RunConfig:
    """A small configuration with a few keys away from BASE."""
    keys = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=5, unique=True))
    given = {key: data.draw(st.sampled_from(VALUES[key])) for key in keys}
    if "reproduction.parameters" in given:
        given["reproduction.operator"] = "sparse"
    if "selection.parameters" in given:
        given["selection.scheme"] = OF_PARAMETER[next(iter(given["selection.parameters"]))]
    try:
        config = parse_config({"task": folder, **BASE}).model_dump()
        for key, value in given.items():
            section, _, name = key.rpartition(".")
            (config[section] if section else config)[name] = value
        parsed = parse_config(config)
        from populations.engine.migration import check

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
    nobody = equal_chances(config) and equal_chances(other)  # two ways to select nobody, each of which is warned of
    assume(not (key == "selection.scheme" and nobody))
    seeds = ({"seed": config.seed + k} for k in range(3))  # of one generation alone it may be chance
    if all(born(other.model_copy(update=seed)) == born(config.model_copy(update=seed)) for seed in seeds):
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


SAID = [
    ({}, []),
    ({"life.target": "epoch"}, ["life.target: epoch: is birth: the first epoch has 82 steps, and a life 40"]),
    ({"life.target": "epoch", "life.steps": 83}, []),
    ({"life.target": "epoch", "life.coordinates": 600}, []),
    ({"task": "none", "selection.accuracy_weight": 1}, ["selection.accuracy_weight: 1.0: nobody is selected"]),
    ({"task": "none", "quine.hidden": 32}, []),
    ({"task": "none", "life.images": 4}, ["life.images: 4: changes nothing without a task"]),
    (
        {"reproduction.heritable": "mutation,task_weight", "life.task_weight": 0, "reproduction.mutation": 0},
        ["mutation starts at 0", "task_weight starts at 0"],
    ),
    ({"reproduction.heritable": "task_weight", "task": "none"}, ["task_weight has no use without a task"]),
    ({"reproduction.heritable": "mutation", "reproduction.trait_mutation": 0}, ["heritable traits never vary"]),
    ({"selection.scheme": "nsga2", "selection.tournament_size": 5}, ["changes nothing under selection.scheme nsga2"]),
    ({"selection.scheme": "nsga2"}, []),
    ({"selection.parameters": {"back": 3}}, ["under selection.scheme tournament, which takes none"]),
    ({"selection.scheme": "speciation", "selection.parameters": {"back": 3}}, []),
    (
        {"selection.scheme": "speciation", "selection.parameters": {"back": 9}, "generations": 5},
        ["selection.parameters: {'back': 9}: changes nothing in 5 generations: clades are the founders'"],
    ),
    (
        {"selection.scheme": "map_elites", "selection.parameters": {"accuracy_step": 0.1}, "task": "none"},
        ["selection.parameters: {'accuracy_step': 0.1}: changes nothing without a task"],
    ),
    ({"selection.scheme": "map_elites", "task": "none", "selection.accuracy_weight": 1}, []),
    ({"selection.scheme": "speciation", "task": "none", "selection.accuracy_weight": 1}, []),
    (
        {"selection.scheme": "lexicase", "selection.accuracy_weight": 1, "selection.shuffled": True},
        ["selection.accuracy_weight: 1.0: changes nothing under selection.scheme lexicase"],
    ),
    (
        {"selection.scheme": "novelty", "selection.parameters": {"neighbours": 3}, "selection.tournament_size": 1},
        ["{'neighbours': 3}: changes nothing where nobody is selected", "tournament_size: 1: nobody is selected"],
    ),
    ({"selection.scheme": "novelty", "selection.tournament_size": 5}, []),
    ({"selection.scheme": "shuffled", "selection.accuracy_weight": 1}, ["nobody is selected by it"]),
    ({"selection.scheme": "truncation", "selection.truncation": 1}, ["selection.truncation: 1.0: nobody is selected"]),
    ({"selection.survivors": 2}, []),
    (
        {"selection.survivors": 2, "selection.tournament_size": 1},
        ["selection.tournament_size: 1: parents are drawn as under drift: fitness decides only who survives"],
    ),
    (
        {"selection.survivors": 2, "selection.tournament_size": 1, "selection.shuffled": True},
        ["selection.tournament_size: 1: nobody is selected"],
    ),
    ({"reproduction.crossover": 0.5, "reproduction.crossover_operator": "matrices"}, []),
    ({"reproduction.crossover_operator": "matrices"}, ["changes nothing where children have one parent"]),
    (
        {"reproduction.crossover": 1, "reproduction.crossover_operator": "matrices", "generations": 1},
        ["crossover_operator: matrices: changes nothing in a run of one generation"],
    ),
    (
        {"reproduction.crossover": 1, "population.size": 1, "migration.topology": "none"},
        ["reproduction.crossover: 1.0: there is no second parent"],
    ),
    ({"reproduction.operator": "sparse"}, []),
    (
        {"reproduction.operator": "sparse", "reproduction.parameters": {"share": 0.5}, "reproduction.mutation": 0},
        ["operator: sparse: changes nothing without birth noise", "parameters: {'share': 0.5}: changes nothing"],
    ),
    ({"reproduction.operator": "low_rank", "generations": 1}, ["operator: low_rank: changes nothing in a run of one"]),
    ({"quine.pairing": "joint"}, ["offspring are printed beside a blank one"]),
    (
        {"quine.pairing": "joint", "life.images": 4},
        ["beside a blank one", "life.images: 4: changes nothing under joint"],
    ),
    ({"life.replication_weight": 0, "life.task_weight": 0}, ["life.replication_weight: 0.0: nobody learns"]),
    ({"population.islands": 1, "migration.topology": "star"}, ["changes nothing with one island"]),
    ({"population.islands": 7, "migration.topology": "torus"}, ["is the ring with 7 islands"]),
    ({"migration.every": 30}, ["nobody migrates in a run of 30 generations"]),
    ({"generations": 3}, []),
    ({"ray.hosts": 9}, ["no more than 4 have an island"]),
    ({"ray.gpus_per_host": 1, "device": "cpu"}, ["reserved and not used"]),
    ({"life.threads": 4}, ["each worker reserves 1 of the CPUs"]),
    ({"life.threads": 4, "ray.cpus_per_host": 4}, []),
]


@pytest.mark.parametrize(("keys", "says"), SAID)
def test_a_line_for_each(keys: dict[str, Any], says: list[str]) -> None:
    lines = warnings(parse_config(keys))
    assert len(lines) == len(says), lines
    for line, words in zip(lines, says, strict=True):
        assert words in line
        assert "\n" not in line


def test_a_regression_has_no_temperature() -> None:
    config = parse_config({"life.temperature": 2})
    assert not warnings(config, 2)
    assert warnings(config, 2, regression=True) == [
        "life.temperature: 2.0: changes nothing in a regression, which has no softmax (task)"
    ]


def shown(run: str, capsys: Any) -> str:
    capsys.readouterr()
    assert main(["show", run]) == 0
    return str(capsys.readouterr().out)


def test_warnings_are_told_at_the_start_and_stay_on_record(small: dict[str, Any], tmp_path: Any, capsys: Any) -> None:
    out, fork = str(tmp_path / "run"), str(tmp_path / "fork")
    told: list[dict[str, Any]] = []
    vain = {**small, "generations": 3, "selection": {"scheme": "drift", "truncation": 0.2}, "migration": {"every": 3}}
    evolve(vain, out, backend="local", sinks=[told.append])
    lines = [event.text for event in told if event.kind == "warning"]
    assert [line.partition(":")[0] for line in lines] == ["selection.truncation", "migration.every"]
    assert read_manifest(out)["warnings"] == lines
    assert f"warning      {lines[0]}\n" in shown(out, capsys)
    resume(out, generations=5, backend="local")
    assert read_manifest(out)["warnings"] == lines[:1], "with 5 generations there is a migration"

    changes = {"reproduction": {"heritable": ["task_weight"]}, "life": {"task_weight": 0.5}}
    fork_run(out, 3, fork, changes, backend="local", sinks=[told.append])
    assert told[-1].kind == "end"
    told.clear()
    replay(out, 3, 1, f"{fork}s", changes, backend="local", sinks=[told.append])
    assert [event.text for event in told if event.kind == "warning"][-1].startswith("fork: life.task_weight")
    own = "fork: life.task_weight: 0.5: changes nothing: those thawed keep what they inherited, and hand it on"
    assert read_manifest(fork)["warnings"] == [*lines[:1], own]
    resume(fork, generations=6, backend="local")
    assert read_manifest(fork)["warnings"] == [*lines[:1], own]


def test_warnings_in_the_terminal_and_beside_the_printed_configuration(capsys: Any, tmp_path: Any) -> None:
    keys = ["--task", "none", "--quine.hidden", "6", "--generations", "1", "--life.steps", "0", "--life.images", "3"]
    assert main(["run", *keys, "--print-config"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "warning: life.images: 3: changes nothing without a task\n"
    assert parse_config(load_yaml(captured.out, "f")).life.images == 3
    rest = ["--out", str(tmp_path / "run"), "--backend", "local", "--no-figures", "--ray.hosts", "2"]
    assert main(["run", *keys, *rest]) == 0
    said = capsys.readouterr().err
    assert "warning: life.images: 3: changes nothing without a task\n" in said
    assert "warning: --ray.hosts: changes nothing with --backend local\n" in said


def test_a_sweep_warns_of_what_its_treatments_set_in_vain() -> None:
    treatments = "treatments: {a: {selection.scheme: drift}, b: {}, c: {selection.scheme: nsga2, life.images: 9}}\n"
    plan = parse_plan(f"{treatments}base: {{selection.accuracy_weight: 1, life.target: epoch}}", "f")
    assert [line.partition(":")[0] for line in warned_of_plan(plan)] == ["life.target"]
    plan = parse_plan("treatments: {a: {selection: {scheme: drift, tournament_size: 5}}, b: {}}", "f")
    assert warned_of_plan(plan) == ["selection.tournament_size: 5: changes nothing under selection.scheme drift (in a)"]
    assert not warned_of_plan(read_plan("tradeoff"))


def test_an_assay_of_task_weights_needs_lives_in_which_one_learns(
    small: dict[str, Any], tmp_path: Any, capsys: Any
) -> None:
    out = str(tmp_path / "run")
    evolve({**small, "generations": 1, "life": {"steps": 0}}, out, backend="local")
    assert main(["assay", out, "within_life", "--sample", "2", "--no-figures"]) == 2
    assert (
        capsys.readouterr().err
        == "alife: error: life.steps: 0: nobody learns, so that no task weight matters: choose another assay\n"
    )
