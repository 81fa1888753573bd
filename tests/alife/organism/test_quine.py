"""Emission and classification against the definition written out, and genomes whose fate is known by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.organism.genome import split
from alife.organism.kernel.activation import LN_2, UNIT, Selu
from alife.organism.measures import (
    explained_variance,
    fixpoint_class,
    relative_error,
    replication_loss,
    squared_norm,
)
from alife.organism.quine import Forward
from alife.organism.shape import Shape

SHAPE = Shape(hidden=10, coordinate_units=4, classes=3)


def networks(p: int, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(scale=0.4, size=(p, SHAPE.n_weights))).to(dtype)


def test_layout_is_the_design_s():
    assert Shape(100, 50, 10).n_weights == 21_100
    assert Shape(100, 100, 0).n_weights == 20_100
    genomes = networks(2)
    assert torch.equal(torch.cat([w.flatten(1) for w in split(genomes, SHAPE)], 1), genomes)


def test_emission_is_what_an_explicit_one_hot_input_gives():
    """Coordinate c is a one-hot vector; the projection and SELU of it are the features of row c."""
    draw = np.random.default_rng(3)
    projection = torch.from_numpy(draw.normal(size=(SHAPE.n_weights, SHAPE.coordinate_units)))
    theta = networks(3)
    got = Forward(SHAPE, chunk=2, rows=7, like=theta).emit(theta, F.selu(projection))
    for i, row in enumerate(theta):
        w = split(row.unsqueeze(0), SHAPE)
        for c in range(0, SHAPE.n_weights, 11):
            one_hot = torch.zeros(SHAPE.n_weights, dtype=torch.float64)
            one_hot[c] = 1
            blank = torch.zeros(SHAPE.hidden - SHAPE.coordinate_units, dtype=torch.float64)
            x = torch.cat([F.selu(one_hot @ projection), blank])
            printed = w.w_out[0] @ F.selu(w.w2[0] @ F.selu(w.w1[0] @ x))
            torch.testing.assert_close(got[i, c], printed[0], rtol=1e-6, atol=1e-9)


def test_accuracy_counts_the_largest_logit_and_no_answer_is_wrong():
    draw = np.random.default_rng(4)
    theta = networks(3)
    theta[1] = float("nan")
    images = torch.from_numpy(draw.normal(size=(23, SHAPE.hidden - SHAPE.coordinate_units)))
    blank = torch.zeros(23, SHAPE.coordinate_units, dtype=torch.float64)
    w = split(theta[:1], SHAPE)
    x = torch.cat([blank, images], 1).T
    logits = w.w_class[0] @ F.selu(w.w2[0] @ F.selu(w.w1[0] @ x))
    labels = logits.argmax(0)
    labels[:5] = (labels[:5] + 1) % 3
    got = Forward(SHAPE, chunk=2, rows=8, like=theta).accuracy(theta, images, labels)
    assert got[0].item() == np.float32(18 / 23)
    assert got[1].item() == 0


def test_answers_are_the_confusion_of_each_and_hold_its_accuracy():
    draw = np.random.default_rng(4)
    theta = networks(5)
    theta[1] = float("nan")
    images = torch.from_numpy(draw.normal(size=(40, SHAPE.hidden - SHAPE.coordinate_units)))
    labels = torch.from_numpy(draw.integers(0, 2, 40))  # nothing is of class 2
    forward = Forward(SHAPE, chunk=2, rows=7, like=theta)
    got = forward.answers(theta, images, labels)
    assert got.shape == (5, 3, 3)
    assert got.dtype == torch.float32
    shown = torch.bincount(labels, minlength=3)
    w = split(theta, SHAPE)
    x = torch.cat([torch.zeros(40, SHAPE.coordinate_units, dtype=torch.float64), images], 1).T
    for i in (0, 2, 3, 4):
        answer = (w.w_class[i] @ F.selu(w.w2[i] @ F.selu(w.w1[i] @ x))).argmax(0)
        for a, b in np.ndindex(3, 3):
            count = int(((labels == a) & (answer == b)).sum())
            assert got[i, a, b].item() == np.float32(count / max(1, int(shown[a])))
    assert not got[1].any(), "no finite answer is in no column"
    right = (got.diagonal(dim1=1, dim2=2) * shown).sum(1) / 40
    torch.testing.assert_close(right, forward.accuracy(theta, images, labels))


def test_the_explained_variance_of_targets_is_the_definition_s():
    """Of each output 1 - MSE / Var, 0 at least, and the mean of them."""
    draw = np.random.default_rng(4)
    theta = networks(4)
    theta[1], theta[2] = float("nan"), theta[2] * 1e200
    images = torch.from_numpy(draw.normal(size=(23, SHAPE.hidden - SHAPE.coordinate_units)))
    x = torch.cat([torch.zeros(23, SHAPE.coordinate_units, dtype=torch.float64), images], 1).T
    w = split(theta[:1], SHAPE)
    answers = (w.w_class[0] @ F.selu(w.w2[0] @ F.selu(w.w1[0] @ x))).T
    targets = answers + torch.from_numpy(draw.normal(size=(23, 3))) * answers.std(0) * torch.tensor([0.1, 0.5, 0.0])
    targets[:, 2] *= -1
    got = Forward(SHAPE, chunk=3, rows=8, like=theta).explained_variance(theta, images, targets)
    shares = 1 - ((answers - targets) ** 2).mean(0) / targets.var(0, correction=0)
    assert shares[2] < 0 < shares[1] < shares[0]
    assert got[0].item() == pytest.approx(shares[:2].sum().item() / 3, abs=1e-6)
    assert got[1:3].tolist() == [0, 0], "no finite answers"


def test_explained_variance_is_1_of_the_targets_and_0_of_their_mean_and_of_what_does_not_vary():
    targets = torch.tensor([[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]])
    own, mean = torch.zeros(1, 2, dtype=torch.float64), torch.tensor([[14.0, 0.0]], dtype=torch.float64)
    assert explained_variance(own, targets).tolist() == [0.5]
    assert explained_variance(own[:, :1], targets[:, :1]).tolist() == [1]
    assert explained_variance(mean, targets).tolist() == [0]
    assert explained_variance(mean[:, :1] * torch.inf, targets[:, :1]).tolist() == [0]


@given(st.lists(st.floats(-200, 200, width=32), min_size=1, max_size=80))
@settings(max_examples=60, deadline=None)
def test_selu_and_its_backward_are_torch_s_to_rounding(values):
    z = torch.tensor(values, dtype=torch.float32)
    exact = z.double().requires_grad_()
    activation = F.selu(exact)
    activation.sum().backward()
    selu = Selu(z)
    kept = selu.forward_(z / LN_2, torch.empty_like(z))
    torch.testing.assert_close(kept.double() * UNIT, activation.detach(), rtol=1e-6, atol=3e-7)
    assert exact.grad is not None
    for factor in (1.0, UNIT, 1 / UNIT):
        slope = selu.backward(torch.ones_like(z), kept, factor, out=torch.empty_like(z))
        away = z.abs() > 1e-6
        torch.testing.assert_close(slope.double()[away], factor * exact.grad[away], rtol=1e-6, atol=1e-6)


def test_selu_keeps_what_is_not_a_number_and_survives_what_is_not_finite():
    z = torch.tensor([float("nan"), float("inf"), float("-inf"), 1e30, -1e30])
    kept = Selu(z).forward_(z / LN_2, torch.empty_like(z)) * UNIT
    torch.testing.assert_close(kept, F.selu(z), equal_nan=True)


def test_a_quine_built_by_hand_prints_itself():
    """All features p on the K = 50 coordinate units, all weights v: f = 1.0507²·5·10⁵·p·v³ = v, so ρ = 0."""
    p = 0.37
    shape = Shape(100, 50, 10)
    v = 1 / (1.0507009873554805 * (5e5 * p) ** 0.5)
    genome = torch.full((1, shape.n_weights), v)
    printed = Forward(shape, 1, 512, genome).emit(genome, torch.full((shape.n_weights, 50), p))
    assert relative_error(printed, genome).item() < 1e-10
    assert replication_loss(printed, genome).item() < 1e-8
    assert fixpoint_class(genome, printed, printed) == ["fixpoint"]


def test_the_zero_genome_prints_zeros():
    zero = torch.zeros(1, SHAPE.n_weights)
    printed = Forward(SHAPE, 1, 64, zero).emit(zero, torch.ones(SHAPE.n_weights, 4))
    assert squared_norm(printed).item() == 0
    assert fixpoint_class(zero, printed, printed) == ["zero"]


def test_fixpoint_classes():
    g = torch.ones(4, 6)
    once = torch.stack([g[0], -g[1], g[2] * 3, g[3] * float("inf")])
    twice = torch.stack([g[0], g[1], g[2] * 9, g[3]])
    assert fixpoint_class(g, once, twice) == ["fixpoint", "second-order", "none", "divergent"]


def test_rho_of_zeros_is_one_and_scale_free():
    g = networks(3)
    assert torch.equal(relative_error(torch.zeros_like(g), g), torch.ones(3, dtype=torch.float64))
    torch.testing.assert_close(relative_error(g * 1.1, g), torch.full((3,), 0.01, dtype=torch.float64))
