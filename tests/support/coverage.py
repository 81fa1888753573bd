"""How often 95 % intervals hold what they are of, by simulation: `python -m tests.support.coverage` prints a table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.statistics import intervals

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]

SIZES: Final = (3, 6, 8, 24)
"""Runs."""


def _heaps(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.normal(0, 0.3, shape) + rng.choice([-1.0, 1.0], shape)


DRAWS: Final[dict[str, Draw]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "t, 3 degrees of freedom": lambda rng, shape: rng.standard_t(3, shape),
    "uniform": lambda rng, shape: rng.uniform(-1, 1, shape),
    "two heaps": _heaps,
    "one in ten 8 times as far": lambda rng, shape: rng.normal(size=shape) * np.where(rng.random(shape) < 0.1, 8, 1),
    "lognormal, σ = ½": lambda rng, shape: rng.lognormal(0, 0.5, shape) - np.exp(0.125),
}
"""Of mean 0."""


@dataclass(frozen=True)
class Covered:
    """What share of the intervals hold the truth, and their median width in standard deviations of what is drawn."""

    what: str
    case: str
    n: int
    covered: float
    width: float


def of_centres(case: str, n: int, draws: int) -> Iterator[Covered]:
    """Of a mean, of paired differences (the mean of n, too), and of the difference of two groups.

    Args:
        case: Key of `DRAWS`.
        n: Runs; of a second group, half as many more, which vary three times as much.
        draws: How often.
    """
    rng = np.random.default_rng(n)
    first = DRAWS[case](rng, (draws, n))
    yield _covered("mean over runs, or over pairs", case, n, *intervals.intervals(first))
    second = 3 * DRAWS[case](rng, (draws, n + n // 2))
    yield _covered("difference of two groups", case, n, *intervals.differences(first, second))


def _covered(what: str, case: str, n: int, low: Floats, high: Floats) -> Covered:
    spread = DRAWS[case](np.random.default_rng(0), (100_000,)).std()
    return Covered(what, case, n, float(((low <= 0) & (high >= 0)).mean()), float(np.median(high - low) / spread))


def main(draws: int = 10_000) -> None:
    """Print the table."""
    print(f"{'what':32} {'values':28} {'n':>3}  covered  width")
    for case in DRAWS:
        for n in SIZES:
            for one in of_centres(case, n, draws):
                print(f"{one.what:32} {one.case:28} {one.n:3}  {one.covered:7.3f}  {one.width:5.2f}")


if __name__ == "__main__":
    main()
