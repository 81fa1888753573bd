"""Genomes that are bounded or made to grow: `examples/bounded_mutation.py`, and the study that uses it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import alife
from alife.evolution.mutation import gaussian
from tests.examples.test_heritable import example
from tests.support.own import EXAMPLES

OPERATOR = f"{EXAMPLES}/bounded_mutation.py:bounded"
messages = st.integers(0, 99).map(lambda seed: np.random.default_rng(seed).normal(0, 0.1, 200).astype(np.float32))


@given(messages, st.floats(0, 0.3))
def test_without_bounds_it_is_the_gaussian_operator_to_the_bit(message: np.ndarray, sigma: float) -> None:
    module = example("bounded_mutation")
    ours = module.bounded(message, sigma, np.random.default_rng(1), module.Bounds())
    np.testing.assert_array_equal(ours, gaussian(message, sigma, np.random.default_rng(1)))


@given(messages, st.floats(0.1, 10), st.floats(0.5, 2))
def test_genomes_grow_up_to_their_bound(message: np.ndarray, most: float, growth: float) -> None:
    module = example("bounded_mutation")
    bounds = module.Bounds(most=most, growth=growth)
    genome = module.bounded(message, 0.0, np.random.default_rng(1), bounds)
    assert genome.dtype == np.float32
    grown = growth**2 * np.sum(np.square(message, dtype=np.float64))
    assert np.sum(np.square(genome, dtype=np.float64)) == pytest.approx(min(most, grown), rel=1e-5)


def test_the_study_s_treatments_are_lived(small: dict[str, Any], tmp_path: Path) -> None:
    study = yaml.safe_load((EXAMPLES / "extinction.yaml").read_text())
    for treatment in study["treatments"].values():
        if "reproduction.operator" in treatment:
            treatment["reproduction.operator"] = OPERATOR
    base = {**small, "generations": 4, "population": {"islands": 1, "size": 6}}
    made = alife.sweep({"base": base, "treatments": study["treatments"], "seeds": 1}, tmp_path, backend="local")
    assert set(made.groups) == {"w1", "bounded", "w0.5", "grown"}
    norms = {name: made[name][0].births["squared_norm"].astype(float) for name in made.groups}
    assert norms["bounded"][made["bounded"][0].births["generation"] > 0].max() <= 20.001
