"""How often intervals of statements about one run cover: `python -m tests.support.coverage_series [FILE]` prints it.

"Before" are bootstraps over blocks of consecutive generations, as they were, "after" is `analysis.statistics.series`:
how often they cover, and their mean width in standard errors (3.9 where the standard error is known).
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import signal, stats

from analysis.evolution.contingency import contingency
from analysis.evolution.partition import partition
from analysis.statistics import series

Floats = NDArray[np.float64]
Interval = tuple[Floats, Floats]

LENGTHS: Final = (12, 25, 100, 300, 1000)
ALIKE: Final = (0.0, 0.3, 0.6, 0.8)
BURN: Final = 200
SIMULATIONS: Final = 4_000
RESAMPLES: Final = 499
"""Of the bootstrap: 9,999 are as good as 499 on average over simulations."""


def autoregressions(length: int, alike: float, skewed: bool = False, count: int = SIMULATIONS, seed: int = 0) -> Floats:
    """[count, length] stationary series of mean 0 and autocorrelation `alike`; of exponential innovations if skewed."""
    draw = np.random.default_rng([seed, length, int(100 * alike), skewed])
    size = (count, length + BURN)
    shocks = draw.standard_exponential(size) - 1 if skewed else draw.standard_normal(size)
    return signal.lfilter([1.0], [1.0, -alike], shocks)[:, BURN:]


def regressions(
    length: int, alike: float, pairs: int = 24, count: int = SIMULATIONS, seed: int = 1
) -> tuple[Floats, Floats]:
    """[count, length] Σxy and Σx² by generation, of a slope that is 0.5 on average.

    The slope of a generation and the logarithm of its variance of parents wander as autoregressions; `pairs` of parents
    and children, whose noise has the standard deviation that parents have on average.
    """
    slope = 0.5 + 0.2 * autoregressions(length, alike, count=count, seed=seed)
    spread = np.exp(0.4 * autoregressions(length, alike, count=count, seed=seed + 1))
    draw = np.random.default_rng([seed, length, 7])
    below = spread * draw.chisquare(pairs, spread.shape)
    return slope * below + np.sqrt(below) * draw.standard_normal(below.shape), below


def block_sums(values: Floats) -> Floats:
    """[..., blocks] sums of stretches of T^⅓ generations, 2 at least, 100 stretches at most: before (Künsch 1989)."""
    length = values.shape[-1]
    count = min(length // max(2, round(length ** (1 / 3))), 100) if length >= 6 else length
    return np.add.reduceat(values, np.linspace(0, length, count + 1).astype(np.intp)[:-1], axis=-1)


def before_of_mean(values: Floats) -> Interval:
    """Percentile bootstrap of the mean over blocks."""
    return before_of_ratio(values, np.ones_like(values))


def before_of_ratio(above: Floats, below: Floats) -> Interval:
    """Percentile bootstrap of Σabove / Σbelow over blocks, all rows resampled alike."""
    over, under = block_sums(above), block_sums(below)
    if np.all(below == 1.0):
        mean = above.mean(axis=-1, keepdims=True)
        over, under = block_sums(above - mean) + mean * above.shape[-1] / over.shape[-1], np.ones_like(over)
        under *= above.shape[-1] / over.shape[-1]
    times = np.random.default_rng(0).multinomial(over.shape[-1], np.full(over.shape[-1], 1 / over.shape[-1]), RESAMPLES)
    ratios = (over @ times.T) / (under @ times.T)
    low, high = np.quantile(ratios, [0.025, 0.975], axis=-1)
    return low, high


def after_of_mean(values: Floats) -> Interval:
    return series.interval_of_mean(values)[:2]


def after_of_ratio(above: Floats, below: Floats) -> Interval:
    return series.interval_of_ratio(above, below)[:2]


def covered(interval: Interval, truth: float) -> float:
    """Share of the simulations whose interval has the truth in it."""
    low, high = interval
    return float(((low <= truth) & (truth <= high)).mean())


def of_means(count: int = SIMULATIONS) -> Iterator[dict[str, Any]]:
    """Coverage and width of the interval of a mean."""
    for length in LENGTHS:
        for alike in ALIKE:
            for skewed in (False, True):
                values = autoregressions(length, alike, skewed, count)
                known = values.mean(axis=-1).std()
                yield _row("mean", length, f"φ = {alike:g}, {'skewed' if skewed else 'normal'}", 0.0, known, (values,))


def of_slopes(count: int = SIMULATIONS) -> Iterator[dict[str, Any]]:
    """Coverage and width of the interval of a slope."""
    for length in LENGTHS:
        for alike in ALIKE:
            sums = regressions(length, alike, count=count)
            known = (sums[0].sum(axis=-1) / sums[1].sum(axis=-1)).std()
            yield _row("slope", length, f"φ = {alike:g}", 0.5, known, sums)


def _row(name: str, length: int, case: str, truth: float, known: float, data: tuple[Floats, ...]) -> dict[str, Any]:
    methods: dict[str, Callable[..., Interval]] = (
        {"before": before_of_mean, "after": after_of_mean}
        if len(data) == 1
        else {"before": before_of_ratio, "after": after_of_ratio}
    )
    row: dict[str, Any] = {"name": name, "n or T": length, "case": case}
    found = {key: method(*data) for key, method in methods.items()}
    row |= {key: covered(interval, truth) for key, interval in found.items()}
    return row | {f"width {key}": (high - low).mean() / known for key, (low, high) in found.items()}


def of_contingency(count: int = SIMULATIONS, numbers: tuple[int, ...] = (3, 5, 8, 20)) -> Iterator[dict[str, Any]]:
    """Coverage of the share of chance in the changes of replays: before is after, nothing was to mend."""
    for replays in numbers:
        ends = _contingency_ends(replays)
        for common in (0.0, 0.5, 1.0, 3.0):
            for skewed in (False, True):
                draw = np.random.default_rng([replays, int(10 * common), skewed])
                size = (count, replays)
                changes = common + (draw.standard_exponential(size) - 1 if skewed else draw.standard_normal(size))
                hits = covered(ends(changes), 1 / (1 + common**2))
                case = f"mean / sd = {common:g}, {'skewed' if skewed else 'normal'}"
                yield {"name": "contingency", "n or T": replays, "case": case, "before": hits, "after": hits}


def _contingency_ends(replays: int) -> Callable[[Floats], Interval]:
    """The interval of `contingency` of many rows: it depends on K·mean²/Var alone, so a grid of that stands for all."""
    grid = np.concatenate([[0.0], np.geomspace(1e-3, 1e4, 80)])
    spread = stats.zscore(np.arange(replays), ddof=1)
    found = [contingency(spread + np.sqrt(ratio / replays)) for ratio in grid]

    def ends(changes: Floats) -> Interval:
        ratio = replays * changes.mean(axis=-1) ** 2 / changes.var(axis=-1, ddof=1)
        low, high = (np.interp(ratio, grid, [getattr(e, name) for e in found]) for name in ("low", "high"))
        return low, high

    return ends


def of_partitions(
    count: int = SIMULATIONS, sizes: tuple[tuple[int, int], ...] = ((3, 4), (6, 4), (8, 8), (12, 4))
) -> Iterator[dict[str, Any]]:
    """Coverage of adaptation, chance and history of K histories × n replays, of which half have one replay more."""
    for histories, replays in sizes:
        for history in (0.0, 0.5, 2.0):
            for skewed in (False, True):
                draw = np.random.default_rng([histories, replays, int(10 * history), skewed])
                of = draw.standard_exponential if skewed else draw.standard_normal
                hits = np.zeros(4)
                for _ in range(count):
                    before = of(histories) - skewed
                    left = history * (of(histories) - skewed)
                    after = [1 + x + of(replays + k % 2) - skewed for k, x in enumerate(left)]
                    found = partition(before, after).estimates
                    hits += [e.covers(t) for e, t in zip(found, (1.0, 1.0, history, 1.0), strict=True)]
                case = f"{'skewed' if skewed else 'normal'}, history {history:g} of chance"
                for name, held in zip(("adaptation", "chance", "history", "before"), hits / count, strict=True):
                    yield {"name": name, "n or T": histories, "case": case, "before": held, "after": held}


def table() -> pd.DataFrame:
    """All rows: name, n or T, case, before, after (coverage), and mean widths."""
    return pd.DataFrame([*of_means(), *of_slopes(), *of_contingency(), *of_partitions()])


def main(arguments: list[str]) -> None:
    """Print the table, or write it into the file that is named."""
    text = table().to_string(index=False, float_format="{:.3f}".format, na_rep="") + "\n"
    if arguments:
        with open(arguments[0], "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
