"""By which passes a run is computed, and what is said where it cannot be."""

import importlib.metadata
import importlib.util
from typing import Any

import pytest

from alife.configuration.keys import RunConfig, parse_config
from alife.errors import Unfit, UserError
from alife.evolution.habitat import Habitat
from alife.organism import lifetime
from alife.organism.fused import life as fused_life
from alife.organism.fused.forward import FusedForward
from alife.organism.passes import PAYS, check, chosen, kernel
from alife.organism.quine import Forward
from populations.engine.prepare import prepare
from populations.engine.worker import machine_class

CPU: dict[str, Any] = {"task": "none", "device": "cpu"}
REFUSED = "use --life.passes torch"


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """As if these modules were not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in names else find(name, *rest))


def resolved(**config: Any) -> RunConfig:
    """What a configuration comes to here."""
    return prepare(parse_config({**CPU, **config}), backend="local")[0]


@pytest.mark.parametrize("task", ["none", "digits"])
def test_a_configuration_that_asks_for_nothing_is_fused_on_a_cpu(task):
    assert chosen(parse_config({"task": task, "device": "cpu"})) == "fused"


@pytest.mark.parametrize(
    "what",
    [
        {"device": "cuda"},
        {"quine.hidden": min(PAYS) - 1, "quine.coordinate_units": 5},
        {"quine.hidden": max(PAYS) + 1, "quine.coordinate_units": 5},
        {"quine.network": "weightwise"},
        {"quine.network": "own.py:network"},
        {"life.precision": "bfloat16"},
        {"life.chunk": 8},
    ],
)
def test_auto_is_torch_where_fused_passes_are_none_or_do_not_pay_or_a_chunk_is_asked_for(what):
    assert chosen(parse_config({**CPU, **what})) == "torch"


@pytest.mark.parametrize("hidden", [min(PAYS), max(PAYS)])
def test_auto_is_fused_where_it_pays(hidden):
    assert chosen(parse_config({**CPU, "quine.hidden": hidden, "quine.coordinate_units": 5})) == "fused"


@pytest.mark.parametrize("missing", ["numba", "threadpoolctl"])
def test_without_numba_auto_is_torch_and_fused_a_line_that_says_what_to_install(missing, monkeypatch):
    without(monkeypatch, missing)
    assert chosen(parse_config(CPU)) == "torch"
    check(parse_config(CPU))
    config, physics = prepare(parse_config({**CPU, "life.passes": "fused"}), backend="local")
    with pytest.raises(Unfit, match="numba is not installed") as told:
        Habitat(config, physics)
    line = str(told.value)
    assert isinstance(told.value, UserError)
    assert "\n" not in line
    assert "pip install 'alife-quines[fast]'" in line
    assert REFUSED in line


def test_what_is_asked_for_is_taken(monkeypatch):
    small = {**CPU, "quine.hidden": 12, "quine.coordinate_units": 5}
    assert chosen(parse_config({**small, "life.passes": "fused"})) == "fused"
    assert chosen(parse_config({**small, "life.passes": "fused", "life.chunk": 3})) == "fused"
    assert chosen(parse_config({**CPU, "life.passes": "torch"})) == "torch"


@pytest.mark.parametrize("asked", ["auto", "fused", "torch"])
def test_on_a_gpu_it_is_torch_whatever_is_asked_for(asked):
    config = parse_config({**CPU, "device": "cuda", "life.passes": asked})
    assert chosen(config) == "torch"
    check(config)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"life.precision": "bfloat16"}, "computes in float32, not bfloat16"),
        ({"quine.network": "weightwise"}, "only quine.network dense has it"),
        ({"quine.network": "own.py:network"}, "only quine.network dense has it"),
    ],
)
def test_fused_passes_that_there_are_not_are_refused_in_a_line(what, why):
    with pytest.raises(UserError) as told:
        parse_config({**CPU, **what, "life.passes": "fused"})
    line = str(told.value)
    assert "\n" not in line
    assert f"life.passes: fused: {why}" in line
    assert REFUSED in line
    parse_config({**CPU, **what, "life.passes": "auto"})
    parse_config({**CPU, **what, "life.passes": "torch"})


def test_what_auto_has_come_to_is_in_the_configuration_and_in_the_class_of_a_machine():
    versions = {name: importlib.metadata.version(name) for name in ("numba", "llvmlite", "scipy")}
    config = resolved()
    assert config.life.passes == "fused"
    assert machine_class(config).items() >= versions.items()
    for what in ({"quine.hidden": 12, "quine.coordinate_units": 5}, {"life.passes": "torch"}):
        config = resolved(**what)
        assert config.life.passes == "torch"
        assert not versions.keys() & machine_class(config).keys()


@pytest.mark.parametrize("passes", ["torch", "fused"])
def test_a_configuration_that_is_resolved_stays_as_it_is(passes):
    config = resolved(**{"life.passes": passes})
    assert prepare(parse_config(config.model_dump(mode="json")), backend="local")[0] == config


def test_a_run_made_before_there_was_a_choice_stays_with_torch():
    stored = resolved(**{"life.passes": "torch"}).model_dump(mode="json")
    assert stored["life"]["chunk"]
    del stored["life"]["passes"]
    config, physics = prepare(parse_config(stored), backend="local")
    assert config.life.passes == "torch"
    assert config.life.chunk == stored["life"]["chunk"]
    assert type(Habitat(config, physics).lives.forward) is Forward  # type: ignore[attr-defined]


@pytest.mark.parametrize(("passes", "forward"), [("torch", Forward), ("fused", FusedForward)])
def test_a_habitat_lives_prints_and_answers_by_its_kernel(passes, forward):
    live = {"torch": lifetime.live, "fused": fused_life.live}[passes]
    assert kernel(passes) == (live, forward)
    config, physics = prepare(parse_config({**CPU, "life.passes": passes}), backend="local")
    lives: Any = Habitat(config, physics).lives
    assert type(lives.forward) is forward
    assert lives._kernel.live is live
