"""Lives in bfloat16: close to float32 where it matters, float32 in what is inherited, refused where it is no gain."""

import numpy as np
import pytest
import torch

from alife.configuration.keys import Life, parse_config
from alife.errors import UserError
from alife.evolution import reproduction
from alife.evolution.habitat import Habitat, check_precision
from alife.evolution.island import lifetime
from alife.organism.kernel.gradient import Gradient
from alife.organism.lifetime import live
from populations.engine.prepare import prepare
from tests.alife.organism.test_lifetime import features_of, genomes_of, stream


@pytest.mark.parametrize("pairing", ["blank", "joint"])
@pytest.mark.parametrize("target", ["birth", "self"])
def test_the_gradient_is_that_of_float32_to_a_few_percent(pairing, target):
    features = features_of(hidden=32, units=16, dtype=torch.float32)
    genomes = genomes_of(features)
    draw = np.random.default_rng(5)
    seen = [torch.from_numpy(draw.integers(0, n, (3, 64))) for n in (features.shape.n_weights, 40)]
    gradients = []
    for precision in ("float32", "bfloat16"):
        life = Life(coordinates=64, images=64, target=target, precision=precision)
        gradient = Gradient(features, life, pairing, 3, genomes)
        gradient.begin(genomes, torch.full((3,), 0.3))
        gradients.append(gradient(*seen).clone())
    exact, rounded = gradients
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).norm() < 0.05 * exact.norm()


def test_adults_end_near_those_of_float32():
    features = features_of(hidden=32, units=16, dtype=torch.float32)
    genomes = genomes_of(features)
    rates, weights = torch.full((3,), 0.005), torch.full((3,), 0.1)
    exact, rounded = (
        live(
            features,
            genomes,
            Life(steps=30, coordinates=64, images=32, precision=precision),
            "blank",
            rates,
            weights,
            stream,
            chunk=2,
        )
        for precision in ("float32", "bfloat16")
    )
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, rounded.bfloat16().float()), "the master weights keep all their digits"
    learned, lost = (exact - genomes).norm(dim=1), (rounded - exact).norm(dim=1)
    assert (lost < 0.2 * learned).all()


def test_a_generation_in_bfloat16_scores_as_one_in_float32(small, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)

    def scores(precision):
        life = {**small["life"], "precision": precision, "steps": 20}
        config, physics = prepare(parse_config({**small, "life": life}))
        habitat = Habitat(config, physics)
        founders = reproduction.founders(config, habitat.shape.n_weights, 0)
        return lifetime(habitat, founders, 0, 0, 1e-6)[0]

    exact, rounded = scores("float32"), scores("bfloat16")
    assert rounded.living.all()
    np.testing.assert_allclose(
        rounded.columns["replication_error"], exact.columns["replication_error"], rtol=0.1, atol=0.02
    )


def test_a_machine_without_bfloat16_says_so(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    config = parse_config({"device": "cpu", "life": {"precision": "bfloat16"}})
    with pytest.raises(UserError, match=r"^life\.precision: bfloat16: .* use --life\.precision float32$"):
        check_precision(config)
    check_precision(parse_config({"device": "cpu"}))
