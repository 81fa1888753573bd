"""Stochastic gradient descent, network by network and weight by weight."""

import numpy as np
import pytest
import torch
from torch import Tensor

from alife.organisms.tiny.networks import ACTIVATIONS, KINDS, Tiny, made
from alife.organisms.tiny.training import orders, trained
from tests.alife.organisms.tiny.test_networks import weights_of


def slowly(tiny: Tiny, row: Tensor, order: np.ndarray, rate: float, model: Tensor | None) -> Tensor:
    """One network: a pass takes the samples once, then each sample moves the weights by autograd of its mean error."""
    theta = row.clone()
    for samples in order.tolist():
        given = (theta if model is None else model).clone()
        for sample in samples:
            own = theta.clone().requires_grad_()
            said = tiny.answer(tiny.matrices(own), tiny.seen(given))[sample]
            loss = (said - tiny.wanted(given)[sample]).square().mean()
            theta = theta - rate * torch.autograd.grad(loss, own)[0]
    return theta


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", [False, True])
def test_it_is_sgd_sample_after_sample(kind: str, activation: str, other: bool) -> None:
    tiny = made(kind, activation).double()  # type: ignore[arg-type]
    weights, models = weights_of(tiny, 1).double(), weights_of(tiny, 2).double()
    order = np.stack([orders(tiny, 3, np.random.default_rng(row)) for row in range(3)])
    rates = torch.tensor([1e-4, 2e-4, 0.0], dtype=torch.float64)
    found = trained(tiny, weights, order, rates, models if other else None)
    for row in range(3):
        expected = slowly(tiny, weights[row], order[row], rates[row].item(), models[row] if other else None)
        torch.testing.assert_close(found[row], expected)
    assert found.isfinite().all()
    assert torch.equal(found[2], weights[2])
    assert activation == "relu" or not torch.equal(found[0], weights[0]), "units of relu may be dead"


def test_a_pass_meets_each_weight_once_in_an_order_of_its_own() -> None:
    order = orders(made("weightwise"), 50, np.random.default_rng(1))
    assert (np.sort(order, axis=1) == np.arange(14)).all()
    assert len(np.unique(order, axis=0)) == 50


def test_nobody_matters_to_another() -> None:
    tiny = made("weightwise")
    weights = weights_of(tiny, 1)
    order = np.stack([orders(tiny, 5, np.random.default_rng(row)) for row in range(3)])
    together = trained(tiny, weights, order, torch.full((3,), 0.01))
    weights[1] = torch.nan
    beside = trained(tiny, weights, order, torch.full((3,), 0.01))
    assert torch.equal(together[[0, 2]], beside[[0, 2]])
    assert beside[1].isnan().all()


def test_where_gradients_are_off_it_trains_all_the_same() -> None:
    tiny = made("weightwise")
    weights = weights_of(tiny, 1)
    order = np.stack([orders(tiny, 2, np.random.default_rng(row)) for row in range(3)])
    with torch.no_grad():
        off = trained(tiny, weights, order, torch.full((3,), 0.01))
    assert torch.equal(off, trained(tiny, weights, order, torch.full((3,), 0.01)))
    assert not off.requires_grad
