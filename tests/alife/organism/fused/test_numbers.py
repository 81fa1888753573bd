"""SELU of one number, and its slope, against float64."""

import numpy as np
import pytest

from alife.organism.fused.passes import activate, bend, bend_here
from alife.organism.kernel.activation import LN_2, SELU_ALPHA, SELU_SCALE, UNIT


def selu(q):
    """SELU(z)/UNIT of q = z/ln 2 in float32."""
    activations = np.array(q, np.float32).reshape(1, -1)
    activate(activations)
    return activations[0]


def exact(q):
    """The same in float64."""
    z = np.asarray(q, np.float64) * LN_2
    return SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))) / UNIT


@pytest.mark.parametrize(("low", "high"), [(-130, 5), (-2, 2), (-1e-3, 1e-3)])
def test_selu_is_exact_to_rounding(low, high):
    q = np.linspace(low, high, 200_001).astype(np.float32)
    np.testing.assert_allclose(selu(q), exact(q), rtol=0, atol=3e-7)


def test_selu_goes_up_from_the_lowest_number_to_the_highest():
    q = np.linspace(-200, 5, 20_001).astype(np.float32)
    steps = np.diff(selu(q))
    assert (steps[q[1:] < -30] == 0).all()
    assert (steps[q[1:] > -10] > 0).all()
    assert (steps >= -3e-7).all()


def test_selu_of_zero_is_zero():
    assert selu([0.0, -0.0]).tolist() == [0, 0]


def test_selu_keeps_what_is_not_finite():
    largest = np.finfo(np.float32).max
    got = selu([np.nan, np.inf, -np.inf, largest, -largest])
    knee = np.float32(-SELU_ALPHA / LN_2)
    np.testing.assert_array_equal(got, np.array([np.nan, np.inf, knee, largest, knee], np.float32))


@pytest.mark.parametrize("factor", [1.0, UNIT**2, -0.3])
def test_the_slope_is_that_of_finite_differences(factor):
    z = np.linspace(-20, 5, 1000)
    z = z[np.abs(z) > 1e-3]
    h = 1e-6
    expected = factor * (exact((z + h) / LN_2) - exact((z - h) / LN_2)) / (2 * h)
    activations, ones = selu(z / LN_2).reshape(1, -1), np.ones((1, len(z)), np.float32)
    after = ones.copy()
    bend(after, activations, np.float32(factor))
    np.testing.assert_allclose(after[0], expected, rtol=2e-6, atol=5e-7)
    bend_here(activations, ones, np.float32(factor))
    np.testing.assert_array_equal(activations, after)
