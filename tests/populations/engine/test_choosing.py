"""Where a run is evolved when nobody says: in this process where Ray would not make up for its start."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from alife.configuration.keys import RunConfig, parse_config
from analysis import load_run
from populations import evolve
from populations.engine import choosing
from populations.engine.choosing import choose, seconds
from populations.record.writer import digest


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "hosts_wanted", lambda config: min(4, config.population.islands))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.delitem(sys.modules, "ray", raising=False)


TINY: dict[str, Any] = {"task": "none", "quine": {"hidden": 16, "coordinate_units": 8}}


def config(**keys: Any) -> RunConfig:
    return parse_config({**TINY, **keys})


def test_a_tiny_run_needs_no_ray_and_the_default_one_gains_by_it() -> None:
    assert choose("auto", config()) == "local"
    assert choose("auto", RunConfig()) == "ray"
    assert choose("auto", RunConfig(generations=2)) == "local"
    assert 30 < seconds(RunConfig()) < 200
    assert seconds(config()) < 5


def test_one_island_gains_nothing_by_ray() -> None:
    assert choose("auto", parse_config({"population": {"islands": 1}, "generations": 1000})) == "local"


def test_many_tiny_runs_side_by_side_gain() -> None:
    assert choose("auto", *[config()] * 3) == "local"
    assert choose("auto", *[config()] * 300) == "ray"


@pytest.mark.parametrize("ray", [{"hosts": 2}, {"address": "auto"}, {"cpus_per_host": 2}])
def test_whoever_asks_for_ray_gets_it(ray: dict[str, Any]) -> None:
    assert choose("auto", config(ray=ray)) == "ray"
    assert choose("local", config(ray=ray)) == "local"
    assert choose("ray", config()) == "ray"


def test_a_cluster_of_the_environment_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert choose("auto", config()) == "ray"


@pytest.mark.parametrize("running", [True, False])
def test_ray_that_is_there_already_is_used(monkeypatch: pytest.MonkeyPatch, running: bool) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: running))  # type: ignore[arg-type]
    assert choose("auto", config()) == ("ray" if running else "local")


def test_a_gpu_is_left_to_ray() -> None:
    assert choose("auto", config(device="cuda")) == "ray"


def test_the_same_births_and_a_word_on_where(small: dict[str, Any], tmp_path: Any) -> None:
    told: list[dict[str, Any]] = []
    for backend in ("auto", "local"):
        evolve(small, str(tmp_path / backend), backend=backend, sinks=[told.append])
    assert [event.backend for event in told if event.kind == "start"] == ["local", "local"]
    assert digest(tmp_path / "auto") == digest(tmp_path / "local")
    assert load_run(tmp_path / "auto").manifest["status"] == "finished"
