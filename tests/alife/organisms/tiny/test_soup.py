"""Soups against the paper's words, individual by individual; what parameters do; and as lives of a run."""

import numpy as np
import pytest
import torch
from torch import Tensor

from alife.organisms.tiny import turns
from alife.organisms.tiny.networks import Tiny, made
from alife.organisms.tiny.soup import Rules, evolve
from alife.organisms.tiny.training import orders
from tests.alife.organisms.tiny.test_networks import weights_of
from tests.alife.organisms.tiny.test_training import slowly


def randoms_of(count: int, seed: int = 5) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, slot]) for slot in range(count)]


def slow_soup(tiny: Tiny, weights: Tensor, rules: Rules, rate: float, seed: int, epochs: int) -> Tensor:
    """One individual after another attacks, learns, trains, and is replaced."""
    soup, randoms = weights.clone(), randoms_of(len(weights), seed)
    for _ in range(epochs):
        for slot, turn in enumerate(turns.turns(randoms, len(soup), rules.attack, rules.learn_from)):
            if turn.victim is not None:
                soup[turn.victim] = tiny.applied(tiny.matrices(soup[slot]), soup[turn.victim])
            if turn.teacher is not None:
                model = None if turn.teacher == slot else soup[turn.teacher].clone()
                soup[slot] = slowly(tiny, soup[slot], orders(tiny, rules.severity, randoms[slot]), rate, model)
            soup[slot] = slowly(tiny, soup[slot], orders(tiny, rules.self_train, randoms[slot]), rate, None)
            divergent, zero = not soup[slot].isfinite().all(), bool((soup[slot].abs() <= rules.epsilon).all())
            if (rules.remove_divergent and divergent) or (rules.remove_zero and zero):
                soup[slot] = tiny.fresh(randoms[slot])
    return soup


@pytest.mark.parametrize("kind", ["weightwise", "aggregating", "recurrent"])
def test_a_soup_is_what_individuals_do_in_turn(kind: str) -> None:
    tiny = made(kind)
    rules = Rules(network=kind, attack=0.3, learn_from=0.3, severity=2, self_train=1, epsilon=0.2)  # type: ignore[arg-type]
    weights = weights_of(tiny, 1, rows=5)
    found = evolve(tiny, weights, rules, torch.full((5,), 0.01), randoms_of(5), 5, 4)
    torch.testing.assert_close(found, slow_soup(tiny, weights, rules, 0.01, 5, 4), rtol=1e-3, atol=1e-4)


def test_dishes_do_not_touch() -> None:
    tiny, rules = made("weightwise"), Rules(attack=0.5, learn_from=0.5, self_train=1)
    weights = weights_of(tiny, 1, rows=8)
    both = evolve(tiny, weights, rules, torch.full((8,), 0.01), randoms_of(8), 4, 3)
    alone = evolve(tiny, weights[:4], rules, torch.full((4,), 0.01), randoms_of(4), 4, 3)
    torch.testing.assert_close(both[:4], alone)


def test_nothing_happens_where_all_is_off() -> None:
    tiny, rules = made("weightwise"), Rules(attack=0, self_train=0)
    weights = weights_of(tiny, 1)
    assert torch.equal(evolve(tiny, weights, rules, torch.full((3,), 0.01), randoms_of(3), 3, 5), weights)


@pytest.mark.parametrize("removed", [True, False])
def test_divergent_and_zero_ones_are_replaced_if_they_are_to_be(removed: bool) -> None:
    tiny = made("weightwise")
    rules = Rules(attack=0, self_train=0, remove_divergent=removed, remove_zero=removed)
    weights = weights_of(tiny, 1, rows=4)
    weights[0, 3], weights[1, 2], weights[2] = torch.nan, torch.inf, 5e-5
    found = evolve(tiny, weights, rules, torch.full((4,), 0.01), randoms_of(4), 4, 1)
    torch.testing.assert_close(found[3], weights[3])
    if removed:
        assert found.isfinite().all()
        assert (found.abs().amax(1) > 0.1).all()
        assert len(found.unique(dim=0)) == 4
    else:
        torch.testing.assert_close(found, weights, equal_nan=True)


def test_self_training_makes_fixpoints() -> None:
    tiny, rules = made("weightwise"), Rules(attack=0, self_train=40)
    weights = weights_of(tiny, 1, rows=10)
    found = evolve(tiny, weights, rules, torch.full((10,), 0.01), randoms_of(10), 10, 20)
    assert (tiny.applied(tiny.matrices(found), found) - found).abs().max() < 1e-3
    assert (found.abs().amax(1) > 0.1).all()


def test_a_genome_is_left_as_it_is() -> None:
    tiny = made("weightwise")
    weights = weights_of(tiny, 1)
    before = weights.clone()
    evolve(tiny, weights, Rules(attack=1, self_train=1), torch.full((3,), 0.01), randoms_of(3), 3, 2)
    assert torch.equal(weights, before)
