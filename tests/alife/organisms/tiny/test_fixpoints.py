"""The classes by hand, and as measures of a life."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.organisms.tiny import fixpoint_class, is_fixpoint
from alife.organisms.tiny.fixpoints import CLASSES, Tolerance, classes

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("weights", "once", "twice", "name"),
    [
        ([1, 2], [1, 2], [1, 2], "fixpoint"),
        ([1, 2], [1, 2.00009], [5, 5], "fixpoint"),
        ([1, 2], [1, 2.0002], [5, 5], "none"),
        ([1, 2], [2, 1], [1, 2], "second-order"),
        ([0, 0], [0, 0], [0, 0], "zero"),
        ([1.5e-4, -9e-5], [1e-4, 0], [0, 0], "fixpoint"),
        ([1e-4, -9e-5], [0, 0], [0, 0], "none"),
        ([9e-5, -9e-5], [0, 0], [0, 0], "zero"),
        ([9e-5, 0], [1, 0], [1, 0], "none"),
        ([NAN, 0], [0, 0], [0, 0], "divergent"),
        ([INF, 0], [INF, 0], [INF, 0], "divergent"),
        ([1, 0], [INF, 0], [NAN, 0], "none"),
    ],
)
def test_by_hand(weights: list[float], once: list[float], twice: list[float], name: str) -> None:
    given = (np.array([each], np.float32) for each in (weights, once, twice))
    assert [CLASSES[number] for number in classes(*given)] == [name]


@given(st.floats(1e-6, 1), st.floats(0.01, 0.98))
def test_epsilon_is_how_far_a_weight_may_go(epsilon: float, share: float) -> None:
    weights = np.full((1, 3), 2.0)
    for factor, name in ((share, "fixpoint"), (2 - share, "none")):
        moved = weights + np.array([0, factor * epsilon, 0])
        assert CLASSES[classes(weights, moved, moved, epsilon)[0]] == name


class Life:
    """As much of a life as the measures look at: two weights that are swapped by emission, two that stay."""

    adults = np.array([[1, 2], [3, 3]], np.float32)
    emitted = adults[:, ::-1]

    def emit(self, networks: Any) -> Any:
        return np.asarray(networks)[:, ::-1]


def test_measures_of_a_life() -> None:
    life: Any = Life()
    assert fixpoint_class(life, Tolerance()).tolist() == [3, 2]
    assert is_fixpoint(life, Tolerance()).tolist() == [False, True]
    assert fixpoint_class(life, Tolerance(epsilon=1.5)).tolist() == [2, 2]
