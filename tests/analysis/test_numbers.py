"""One rule of digits: what is read again is what was written, to three digits or to the interval's."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.numbers import NONE, UNDEFINED, number, words
from analysis.statistics.intervals import Estimate

NAN = math.nan


def read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").lstrip("+×"))


@given(st.floats(-1e12, 1e12).filter(lambda x: not x or abs(x) > 1e-12))
def test_a_number_has_three_digits(value: float) -> None:
    assert read(number(value)) == pytest.approx(value, rel=0.006)
    assert read(number(value, signed=True)) == read(number(value))
    assert number(value, signed=True).startswith("+") == (value > 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.68, "0.680"), (0, "0"), (1234.4, "1,234"), (-0.00012, "−0.000120"), (1e-7, "1.00e−07"), (NAN, NONE)],
)
def test_examples(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("e", "text"),
    [
        ((0.087, 0.073, 0.109), "+0.087 [0.073, 0.109]"),
        ((-0.03, -0.05, 0.01), "−0.030 [−0.050, 0.010]"),
        ((0.0, 0.0, 0.0), "0 [0, 0]"),
        ((0.5, NAN, NAN), "+0.500"),
        ((NAN, NAN, NAN), UNDEFINED),
    ],
)
def test_an_estimate_has_the_digits_that_its_interval_bears(e: tuple[float, float, float], text: str) -> None:
    assert words(Estimate(*e, 6), signed=True) == text
    assert words(Estimate(*e, 6), factor=True).startswith(("×", UNDEFINED))


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e3), st.floats(1e-4, 1e3))
def test_no_end_of_an_interval_is_off_by_more_than_a_twentieth_of_its_width(v: float, a: float, b: float) -> None:
    e = Estimate(v, v - a, v + b, 6)
    value, _, ends = words(e).partition(" ")
    for text, exact in zip([value, *ends.strip("[]").split(", ")], (e.value, e.low, e.high), strict=True):
        assert abs(read(text) - exact) <= 0.06 * (a + b) + 0.5
