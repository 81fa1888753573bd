"""How much is multiplied in a life and in emission: what `Setting.needed` says, and not twice. Nothing is timed."""

import types

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from alife.bench.settings import ALL, VANILLA, Setting, features_of, genomes_of, life_of
from alife.organism.kernel.products import onednn_is_exact
from alife.organism.passes import kernel

FEW = [setting.but(size=2, steps=3) for setting in ALL]


def emission(setting: Setting) -> torch.Tensor:
    """What the adults of an island print."""
    genomes, coordinates = genomes_of(setting.shape, setting.size), features_of(setting.shape).coordinates
    return kernel(setting.passes).forward(setting.shape, setting.size, 128, genomes).emit(genomes, coordinates)


def by_torch(do) -> int:
    """FLOPs of the products that torch is asked for."""
    in_place = {torch.ops.aten.baddbmm_: lambda c, a, b, *_, **__: 2 * a[0] * a[1] * a[2] * b[2]}
    onednn_is_exact()  # multiplies once in a process
    with FlopCounterMode(display=False, custom_mapping=in_place) as counted:
        do()
    return counted.get_total_flops()


@pytest.fixture
def fused(monkeypatch):
    """Counts what fused passes are asked for: FLOPs of `multiply`, and numbers that go through each loop of `passes`.

    Steps and blocks run as plain Python, so that they call what is put here, and loops as they are compiled.
    """
    forward, life, passes, steps = (
        pytest.importorskip(f"alife.organism.fused.{name}", exc_type=ImportError)
        for name in ("forward", "life", "passes", "steps")
    )
    counted = {"multiply": 0}

    def multiply(_, c, a, turn_a, b, turn_b, alpha, beta):
        a, b = a.T if turn_a else a, b.T if turn_b else b
        counted["multiply"] += 2 * c.size * a.shape[1]
        c[:] = alpha * (a @ b) + (beta * c if beta else 0)

    def counting(name, loop):
        def call(*given):
            counted[name] = counted.get(name, 0) + max(each.size for each in given if isinstance(each, np.ndarray))
            return loop(*given)

        return call

    loops = types.SimpleNamespace(**vars(passes))
    for name, loop in vars(passes).items():
        if hasattr(loop, "py_func"):
            setattr(loops, name, counting(name, loop))
    for module in (forward, life, steps):
        for name, value in list(vars(module).items()):
            if hasattr(value, "py_func"):
                monkeypatch.setattr(module, name, value.py_func)
    for module in (forward, steps):
        monkeypatch.setattr(module, "multiply", multiply)
        monkeypatch.setattr(module, "passes", loops)
    return counted


@pytest.mark.parametrize("setting", FEW, ids=lambda setting: setting.name)
def test_torch_multiplies_what_a_life_needs(setting):
    head = 2 * setting.hidden * setting.coordinates  # (13) of the head that prints: torch.mul
    flops = by_torch(life_of(setting.but(passes="torch")))
    assert flops == (setting.needed - head) * setting.individual_steps


@pytest.mark.parametrize("setting", FEW, ids=lambda setting: setting.name)
def test_fused_passes_multiply_what_a_life_needs(fused, setting):
    life_of(setting.but(passes="fused"))()
    head = 6 * setting.hidden * setting.coordinates  # (4), (11), (13) of the head that prints: `head`, `answer_for`
    each = {name: count / setting.individual_steps for name, count in fused.items()}
    activations = setting.hidden * (setting.coordinates + setting.images)
    assert each["multiply"] == setting.needed - head
    assert each["activate"] == 2 * activations
    assert each["head"] == each["answer_for"] == setting.hidden * setting.coordinates
    assert each["bend"] + each["answer_for"] + each.get("bend_here", 0) == 2 * activations
    assert each["update"] == setting.shape.n_weights


def test_what_is_counted_is_the_same_life(fused):
    setting = FEW[1]
    features, genomes = features_of(setting.shape), genomes_of(setting.shape, setting.size)
    life = setting.config.life.model_copy(update={"optimizer": "sgd"})  # others divide by gradients near zero
    given = features, genomes, life, "blank", torch.full((2,), 0.005), torch.full((2,), 0.1), np.random.default_rng
    torch.testing.assert_close(kernel("fused").live(*given), kernel("torch").live(*given, 2), rtol=1e-4, atol=1e-5)
    assert fused["multiply"]


def test_emission_multiplies_what_it_needs(fused):
    setting = VANILLA.but(size=2)
    flops = 2 * setting.shape.n_weights**2 * setting.size
    assert by_torch(lambda: emission(setting.but(passes="torch"))) == flops
    emission(setting.but(passes="fused"))
    head = setting.hidden * setting.shape.n_weights * setting.size
    assert (fused["multiply"], fused["head"], fused["activate"]) == (flops - 2 * head, head, 2 * head)
