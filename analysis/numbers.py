"""How numbers are written in tables, sentences and terminals: `number` for one, `words` for an estimate,
`finite_or_none` for JSON.

One rule of digits. A number has three significant digits, zeros at its end too: 0.680, 12.3, 1,234. An estimate and
the ends of its interval have as many decimals as give half of the interval's width two digits: 0.087 [0.073, 0.109];
without an interval it is a number. What is nearer to zero than `TINY`, or beyond `HUGE`, is written as 1.23e−07. Minus
is a real minus. What has no value is `NONE` as a number, `UNDEFINED` as an estimate.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, Protocol

NONE: Final = "–"
UNDEFINED: Final = "undefined"
TINY: Final = 1e-5
HUGE: Final = 1e7


class Interval(Protocol):
    """A value and the ends of its interval, NaN where there is none."""

    @property
    def value(self) -> float: ...

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


def number(value: float, signed: bool = False) -> str:
    """Three significant digits; `signed` puts a plus before what is above zero."""
    return _written(value, abs(value) / 10, signed) if _is_finite(value) else NONE


def words(e: Interval, signed: bool = False, factor: bool = False) -> str:
    """Value and interval: "0.087 [0.073, 0.109]", signed "+0.03 [−0.01, 0.07]", as a factor "×2.36 [2.05, 2.69]"."""
    if not _is_finite(e.value):
        return UNDEFINED
    start = "×" if factor else "+" if signed and e.value > 0 else ""
    if not _is_finite(e.low):
        return start + number(e.value)
    half = (e.high - e.low) / 2
    size = half if half > 0 else abs(e.value) / 10
    value, low, high = (_written(x, size, far=max(abs(e.low), abs(e.high))) for x in (e.value, e.low, e.high))
    return f"{start}{value} [{low}, {high}]"


def spread(mean: float, sd: float) -> str:
    """Mean ± standard deviation, which gets two digits: "0.122 ± 0.011"."""
    if not _is_finite(mean) or not _is_finite(sd):
        return number(mean)
    size, far = sd or abs(mean) / 10, max(abs(mean), sd)
    return f"{_written(mean, size, far=far)} ± {_written(sd, size, far=far)}"


def finite_or_none(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Values by name as JSON takes them: None where a number is not finite."""
    return {str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def _is_finite(value: float) -> bool:
    return value is not None and math.isfinite(value)


def _written(value: float, size: float, signed: bool = False, far: float | None = None) -> str:
    """With as many decimals as give `size` two digits; `far` is the largest of those written in the same way."""
    largest = abs(value) if far is None else far
    if not value or not size:
        text = "0"
    elif TINY <= largest < HUGE:
        text = f"{value:,.{max(1 - math.floor(math.log10(size)), 0)}f}"
    else:
        text = f"{value:.2e}"
    return ("+" if signed and value > 0 else "") + text.replace("-", "−")
