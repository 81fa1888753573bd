"""What the paper finds, with few networks."""

import numpy as np
import pytest
import torch

from alife.organisms.tiny.experiments import applied, classified, disturbed, self_trained, souped
from alife.organisms.tiny.networks import made
from alife.organisms.tiny.soup import Rules

DIVERGENT, ZERO, FIXPOINT, SECOND, NONE = range(5)


@pytest.mark.parametrize("kind", ["weightwise", "aggregating", "recurrent"])
def test_untrained_networks_end_at_zero_or_nowhere(kind: str) -> None:
    found = applied(kind, 40, seed=1)
    assert set(found.tolist()) <= {DIVERGENT, ZERO}
    assert (found == ZERO).mean() == pytest.approx(
        {"weightwise": 0.5, "aggregating": 0.95, "recurrent": 0.05}[kind], abs=0.2
    )


def test_trained_weightwise_networks_are_fixpoints() -> None:
    assert self_trained("weightwise", 5, seed=1).tolist() == [FIXPOINT] * 5


def test_trained_aggregating_networks_are_none_as_weights_of_a_group_differ() -> None:
    assert self_trained("aggregating", 5, seed=1).tolist() == [NONE] * 5


def test_the_second_order_is_that_of_the_authors_code() -> None:
    tiny = made("weightwise")
    weights = torch.zeros(1, 14)
    for matrix, value in zip(tiny.matrices(weights), (-1, 1, 1), strict=True):
        matrix[0, 0, 0] = value
    assert classified(tiny, weights).tolist() == [SECOND], "f(w) = -w, and f(f(w)) = w"


def test_small_disturbances_last_longer() -> None:
    """What becomes of noise of 1e-4 and less is in the results' table; of 1e-3 and more it is 0 steps."""
    steps, held = zip(*(disturbed(scale, 100, seed=1) for scale in (1.0, 1e-3, 1e-6, 1e-9)), strict=True)
    means = [each.mean() for each in steps]
    assert means == sorted(means)
    assert (held[0] == 0).all()
    assert (held[1] == 0).all()
    assert 2 < held[2].mean() < 5
    assert 14 < held[3].mean() < 19
    assert all((h <= s).all() for h, s in zip(held, steps, strict=True))


def test_what_is_not_disturbed_stays() -> None:
    steps, held = disturbed(0.0, 3, seed=1)
    assert steps.tolist() == held.tolist() == [100] * 3


def test_soups_follow_from_the_seed() -> None:
    rules = Rules(self_train=2)
    first, again = (souped(rules, 2, 5, 4, seed=1) for _ in range(2))
    assert first.shape == (2, 5)
    assert np.array_equal(first, again)
    assert set(np.unique(first)) <= set(range(5))
