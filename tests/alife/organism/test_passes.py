"""By which passes a run is computed, and what is said where it cannot be."""

import importlib.metadata
import sys
from typing import Any

import pytest

from alife.configuration.keys import RunConfig, parse_config
from alife.errors import Unfit, UserError
from alife.evolution.habitat import Habitat
from alife.organism import lifetime
from alife.organism.fused import life as fused_life
from alife.organism.fused.forward import FusedForward
from alife.organism.passes import LIBRARIES, can_fuse, check, kernel
from alife.organism.quine import Forward
from alife.world.projections import make_physics
from populations.engine.prepare import prepare
from populations.engine.worker import machine_class

CPU: dict[str, Any] = {"task": "none", "device": "cpu"}
FUSED = {**CPU, "life.passes": "fused"}
REFUSED = "use --life.passes torch"


def resolved(**config: Any) -> RunConfig:
    """What a configuration comes to here."""
    return prepare(parse_config({**CPU, **config}), backend="local")[0]


def test_what_is_installed_decides_nothing_about_births():
    assert parse_config(CPU).life.passes == "torch"
    assert resolved().life.passes == "torch"


@pytest.mark.parametrize("missing", ["numba", "threadpoolctl"])
def test_fused_without_what_it_needs_is_a_line_that_says_what_to_install(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    can_fuse.cache_clear()
    try:
        check(parse_config(CPU))
        with pytest.raises(Unfit, match="no numba that works"):
            prepare(parse_config(FUSED), backend="local")
        config = parse_config(FUSED)
        with pytest.raises(Unfit, match="no numba that works") as told:
            Habitat(config, make_physics(config, None))  # of a worker elsewhere
    finally:
        can_fuse.cache_clear()
    line = str(told.value)
    assert "\n" not in line
    assert "pip install 'alife-quines[fast]'" in line
    assert REFUSED in line


def test_a_gpu_has_no_fused_passes():
    with pytest.raises(Unfit, match="or --device cpu") as told:
        check(parse_config({**FUSED, "device": "cuda"}))
    assert REFUSED in str(told.value)
    check(parse_config({**CPU, "device": "cuda"}))


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
        parse_config({**FUSED, **what})
    line = str(told.value)
    assert "\n" not in line
    assert f"life.passes: fused: {why}" in line
    assert REFUSED in line
    parse_config({**CPU, **what})


def test_the_class_of_a_machine_names_what_fused_loops_are_made_of_and_only_then():
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    assert machine_class(resolved(**{"life.passes": "fused"})).items() >= versions.items()
    assert not versions.keys() & machine_class(resolved()).keys()


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
