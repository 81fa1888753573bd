"""The same life on a GPU. Skipped where there is none."""

import numpy as np
import pytest
import torch

from alife.configuration.keys import parse_config
from alife.evolution import reproduction
from alife.evolution.habitat import Habitat
from alife.evolution.island import lifetime
from populations.engine.prepare import prepare

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and there is none here")


def generation(small, device, **life):
    config, physics = prepare(parse_config({**small, "device": device, "life": {**small["life"], **life}}))
    habitat = Habitat(config, physics)
    founders = reproduction.founders(config, habitat.shape.n_weights, 0)
    return config, *lifetime(habitat, founders, 0, 0, 1e-6, test=True, answers=True)


@pytest.mark.parametrize("pairing", ["blank", "joint"])
@pytest.mark.parametrize("optimizer", ["adam", "adamax", "sgd"])
def test_a_generation_is_the_cpu_s_to_rounding(small, pairing, optimizer):
    small["quine"]["pairing"] = pairing
    _, here, printed_here = generation(small, "cpu", optimizer=optimizer)
    _, there, printed_there = generation(small, "cuda", optimizer=optimizer)
    np.testing.assert_allclose(printed_there, printed_here, rtol=1e-2, atol=1e-3)
    for name in ("replication_error", "copying_error", "self_error", "squared_norm"):
        np.testing.assert_allclose(there.columns[name], here.columns[name], rtol=1e-2)
    np.testing.assert_allclose(there.columns["accuracy"], here.columns["accuracy"], atol=0.02)
    right = np.diagonal(there.answers, axis1=1, axis2=2).mean(1)  # as many images of each class
    np.testing.assert_allclose(right, there.columns["accuracy"], atol=1e-6)


@pytest.mark.parametrize("target", ["birth", "self"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_arguments_give_the_same_bits(small, precision, target):
    if precision == "bfloat16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        pytest.skip("this GPU has no bfloat16")
    (_, first, printed), (_, second, again) = (
        generation(small, "cuda", precision=precision, target=target) for _ in range(2)
    )
    assert printed.tobytes() == again.tobytes()
    assert first.answers.tobytes() == second.answers.tobytes()
    assert all(first.columns[name].tobytes() == second.columns[name].tobytes() for name in first.columns)


def test_the_chunk_is_the_island(small):
    config, *_ = generation(small, "cuda")
    assert config.life.chunk == config.population.size
