"""Benches: that rivals live the same life, that figures say what they aim at, that all is measured on one core."""

import importlib.util
import json
import os

import numpy as np
import pytest
import torch

from alife.bench import costs
from alife.bench import life as bench_life
from alife.bench.rivals import jax_population, one_after_another
from alife.bench.settings import DEFAULT, TINY, features_of, genomes_of, life_of
from alife.bench.timing import cores, figure, in_turns, pinned, threads_elsewhere
from alife.cli.bench import BENCHES, _line
from alife.configuration.keys import Life
from alife.organism.lifetime import live
from populations.observe.terminal import divide, shares

SHORT = TINY.but(hidden=16, steps=5)


def adults(life: Life, genomes: torch.Tensor) -> torch.Tensor:
    p, features = len(genomes), features_of(SHORT.shape)
    rates, weights = torch.full((p,), life.learning_rate), torch.zeros(p)
    return live(features, genomes, life, "blank", rates, weights, np.random.default_rng, chunk=2)


def test_one_after_another_lives_the_same_life():
    life, genomes = SHORT.config.life, genomes_of(SHORT.shape, 3)
    one = one_after_another(features_of(SHORT.shape), life, genomes[2], 2, optimizer=True)()
    torch.testing.assert_close(one, adults(life, genomes)[2], rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_lives_the_same_life():
    life, genomes = SHORT.config.life, genomes_of(SHORT.shape, 3)
    everybody = jax_population(features_of(SHORT.shape), life, genomes)()
    torch.testing.assert_close(everybody, adults(life, genomes), rtol=1e-4, atol=1e-5)


def test_a_life_can_be_measured_in_turns():
    taken = in_turns({"life": life_of(SHORT), "nothing": lambda: None}, rounds=3)
    assert {name: seconds.shape for name, seconds in taken.items()} == {"life": (3,), "nothing": (3,)}
    assert (taken["life"] > taken["nothing"]).all()


def test_shares_of_a_step_add_up_and_products_are_among_them(monkeypatch):
    found = {}

    def figure(name, values, unit):
        found[name.rpartition(": ")[2]] = values

    monkeypatch.setattr(costs, "VANILLA", SHORT)
    monkeypatch.setattr(costs, "figure", figure)
    assert len([*costs._profile()]) == len(found)
    assert found.keys() == {*costs.PARTS, "losses", "optimiser"}
    np.testing.assert_allclose(np.sum(list(found.values()), axis=0), 1)
    for part in (*costs.PARTS, "optimiser"):
        assert np.median(found[part]) > 0, part


def test_life_and_emission_are_compared_with_products(monkeypatch):
    by_torch = SHORT.but(passes="torch")
    monkeypatch.setattr(bench_life, "ALL", (by_torch,))
    monkeypatch.setattr(bench_life, "VANILLA", by_torch)
    figures = [*bench_life._life(), *bench_life._emission()]
    assert len(figures) == 2 * len(bench_life.gemms())
    assert all(each["value"] > 0 and each["floor"] for each in figures)


def test_what_is_watched_are_ratios_with_the_fastest_product_and_with_torchs_passes(monkeypatch):
    """Where passes are fused; contestants are not called."""
    took = {"slow": 2.0, "fast": 1.0, "the best sgemm": 1.0, "life": 0.5, "emission": 0.25, "torch": 1.0}
    asked = []

    def taken(contestants):
        asked.append(contestants)
        return {name: np.full(3, took[name]) for name in contestants}

    roofs = {"slow": lambda: None, "fast": lambda: None}
    fused = SHORT.but(passes="fused")
    monkeypatch.setattr(bench_life, "gemms", lambda: roofs)
    monkeypatch.setattr(bench_life, "in_turns", taken)
    monkeypatch.setattr(bench_life, "ALL", (fused,))
    monkeypatch.setattr(bench_life, "VANILLA", fused)
    pytest.importorskip("numba")
    figures = {figure["name"]: figure for figure in bench_life.quick()}
    assert all(given["the best sgemm"] is roofs["fast"] for given in asked[1:])
    assert all(figure["unit"] == "×" for figure in figures.values())
    assert len(figures) == 4
    assert figures[f"life, {fused.name}, fused passes against torch's"]["value"] == 2
    assert figures["emission, fused passes against torch's"]["value"] == 4


@pytest.mark.parametrize(
    ("cost", "says"),
    [
        (lambda size: 1.0, "its best population, 24, the largest tried;"),
        (lambda size: size**2, "its best population, 2, the smallest tried;"),
        (lambda size: 1 + (size / 8) ** 2, "its best population, 8;"),
    ],
)
def test_jax_s_best_population_says_whether_it_is_the_last_that_was_tried(monkeypatch, cost, says):
    def taken(contestants):
        return {name: np.array([cost(int(name)) if name.isdigit() else 1.0]) for name in contestants}

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(bench_life, "jax_population", lambda *a: None)
    monkeypatch.setattr(bench_life, "life_of", lambda setting: None)
    monkeypatch.setattr(bench_life, "features_of", lambda shape: None)
    monkeypatch.setattr(bench_life, "in_turns", taken)
    assert all(figure["note"].startswith(says) for figure in bench_life._jax())


def test_settings_are_the_default_configuration_s():
    config = DEFAULT.config
    assert (config.life.coordinates, config.life.images, config.life.steps) == (256, 128, 40)
    assert config.population.size == DEFAULT.size
    assert DEFAULT.shape.n_weights == 21_100
    assert DEFAULT.needed < DEFAULT.conventional


def test_pinned_is_one_core_for_every_thread_and_only_meanwhile():
    before = cores()
    if not before:
        pytest.skip("this system does not say which cores a process may use")
    with pinned():
        assert len(cores()) == 1
        assert torch.get_num_threads() == 1
        assert threads_elsewhere() == 0
        if os.path.isdir("/proc/self/task"):
            assert all(os.sched_getaffinity(int(t)) == cores() for t in os.listdir("/proc/self/task"))
    assert cores() == before


def test_figures_say_what_they_aim_at():
    out = figure("speed", np.array([1.0, 2.0, 3.0]), aim=(1.5, 2.5), note="of what")
    assert (out["value"], out["low"], out["high"], out["holds"], out["reached"]) == (2.0, 1.5, 2.5, True, False)
    assert json.loads(json.dumps(out)) == out
    assert _line(out) == "speed: 2 × (1.5–2.5; floor 1.5 holds; goal 2.5 not reached; of what)"
    assert "floor 3 DOES NOT HOLD" in _line(figure("speed", 2.0, aim=(3, 4)))
    absent = figure("speed", float("nan"), note="no such thing here")
    assert _line(absent) == "speed: not measured (no such thing here)"
    assert json.loads(json.dumps(absent))["value"] is None
    assert _line({"name": "load", "value": 2.0, "unit": "s", "births": 10}) == "load: 2 s (births 10)"


def test_every_bench_can_be_called():
    for modules in BENCHES.values():
        assert all(callable(importlib.import_module(module).bench) for module in modules)


def test_shares_of_a_run_are_of_what_its_workers_had_and_add_up():
    seconds = {"life": 6.0, "emission": 2.0, "hosts": 10.0, "generations": 6.0, "records": 1.0}
    parts = shares(seconds)
    assert sum(parts.values()) == pytest.approx(1)
    assert parts["records"] == pytest.approx(1 / 10)
    assert parts["life"] == pytest.approx(0.6)
    assert divide(seconds).endswith("records 10%, Ray and waiting 10% of 6 s")
