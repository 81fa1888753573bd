"""Lines in their bands: what a figure over several runs is made of, and the interval that it shows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from alife.errors import UserError
from alife.words import count
from analysis.data.run import Run
from analysis.figures import palette, scales
from analysis.figures.estimates import draw_band, draw_estimate
from analysis.figures.style import look
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import CALLED, FEWEST, intervals

Floats = NDArray[np.float64]
Runs = Run | Sequence[Run] | Mapping[str, Sequence[Run]]
"""One run, several of one treatment, or named treatments."""

CHANGES: Final = 3
"""How often the number of runs may change until only its range is told."""
MAX_GENERATIONS: Final = 400
"""Generations that a line shows one by one; of more, it shows means of windows of generations."""


def treatments(runs: Runs) -> Mapping[str, Sequence[Run]]:
    """What was given as named treatments; a lone run or list gets the empty name.

    Raises:
        UserError: There is no run, or one has committed no generation.
    """
    groups = runs if isinstance(runs, Mapping) else {"": [runs] if isinstance(runs, Run) else runs}
    if not groups or not all(groups.values()):
        raise UserError("no run to draw: name at least one")
    for run in members(groups):
        if run.generations.empty:
            raise UserError(f"{run.path}: no committed generation yet, nothing to draw: wait for its first")
    return groups


def members(groups: Mapping[str, Sequence[Run]]) -> list[Run]:
    """All runs of all treatments."""
    return [run for group in groups.values() for run in group]


def bounds(runs: Sequence[Run]) -> tuple[int, int]:
    """The first and the last generation that any of the runs has."""
    return min(run.first for run in runs), max(run.last for run in runs)


def over_runs(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean over runs and its 95 % interval, by generation.

    Args:
        values: [runs, G], NaN where a run has none.

    Returns:
        (mean, low, high), each [G]; the interval is NaN where fewer than `FEWEST` runs have a value.
    """
    there = np.isfinite(values)
    middle, low, high = (np.full(values.shape[1], np.nan) for _ in range(3))
    for pattern in np.unique(there, axis=1).T:
        if pattern.any():
            where = (there == pattern[:, None]).all(axis=0)
            sample = values[np.ix_(pattern, where)]
            middle[where] = sample.mean(axis=0)
            low[where], high[where] = intervals(sample.T)
    return middle, low, high


def windows(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """A table by generation, and what to say of it: that of a long run as means of windows of generations.

    Args:
        table: Indexed by generation. Generation 0, the founders, stays by itself.

    Returns:
        (table, ""), or (at most `MAX_GENERATIONS` rows at the middle of each window, "; means of … generations").
    """
    width = -(-len(table) // MAX_GENERATIONS)
    if width <= 1:
        return table, ""
    number = -(-table.index // width)
    short = table.groupby(number).mean()
    short.index = np.where(short.index > 0, (short.index - 1) * width + (width + 1) // 2, 0)
    return short, f"; means of {width} generations"


def there(table: pd.DataFrame, what: str) -> str:
    """How many columns of a table by generation have a value, as in "6 runs, 4 from generation 13 on".

    Args:
        table: Rows generations, a column a run (or whatever it is of), NaN where it has none.
        what: A column, in the singular.
    """
    counts = table.notna().sum(axis=1)
    words = count(table.shape[1], what)
    changes = counts[counts != counts.shift(fill_value=table.shape[1])]
    if len(changes) > CHANGES:
        return f"{words}, {counts.min()} to {counts.max()} by generation"
    return words + "".join(f", {n} from generation {generation} on" for generation, n in changes.items())


def fewer(values: pd.Series, when: pd.Series, what: str) -> str:
    """What a label adds where some have no value any more, as in " (5 of 8 networks at the end)"; else "".

    Args:
        values: [n], NaN where there is none.
        when: [n] the time of each.
        what: They are of, in the plural.
    """
    alive = values.notna().groupby(when).sum()
    return f" ({alive.iloc[-1]} of {alive.max()} {what} at the end)" if alive.iloc[-1] < alive.max() else ""


def draw_treatments(ax: Axes, groups: Mapping[str, Sequence[pd.Series]], **style: Any) -> None:
    """Mean over runs with its interval, a colour and a dash for each treatment; founders apart.

    Args:
        ax: Where to draw.
        groups: For each treatment, one series a run, indexed by generation.
        style: Of the means, as `Axes.plot` takes it.
    """
    for number, (name, series) in enumerate(groups.items()):
        table, note = windows(pd.concat(series, axis=1).sort_index())
        title, n = f"{name}: " if name else "", len(series)
        label = f"{title}mean and its {CALLED}, n = {there(table, 'run')}{note}"
        if n < FEWEST:
            label = f"{title}mean of {there(table, 'run')}{note}"
        middle, low, high = over_runs(table.to_numpy(np.float64).T)
        own = look(style, label=label, **palette.of_group(number))
        draw_generations(ax, np.asarray(table.index), (low, middle, high), **own)
        if n < FEWEST or (len(groups) == 1 and n <= 12):
            draw_members(ax, table, "each run", own["color"])


def draw_members(ax: Axes, table: pd.DataFrame, label: str, colour: str | None = None) -> None:
    """Draw thin lines from generation 1 on, one a column: islands of a run, or runs of a treatment."""
    table = table[table.index > 0]
    if table.shape[1] < 2 or not len(table):
        return
    alpha = float(np.clip(3 / table.shape[1] ** 0.75, 0.08, 0.6)) * (1 if len(table) < 100 else 0.6)
    own: dict[str, Any] = {"color": colour or palette.ink(), "lw": 0.5, "alpha": alpha, **_marks(len(table))}
    lines = ax.plot(table.index, table, zorder=2.5, **own)
    lines[0].set_label(label)
    for line in lines:
        line.set_rasterized(table.size > 20_000)


def draw_generations(
    ax: Axes, generations: NDArray[Any], levels: tuple[Floats, Floats, Floats], *, label: str, **style: Any
) -> None:
    """Draw a line in its band from generation 1 on, and generation 0 as a diamond with a bar.

    Args:
        ax: Where to draw.
        generations: [G], ascending.
        levels: (low, middle, high), each [G]; low and high are NaN where there is no band.
        label: Says in the legend what line and band are.
        style: Of the line, as `Axes.plot` takes it.
    """
    own = look(style, color=palette.OKABE_ITO["blue"], zorder=3)
    later = generations > 0
    if later.any():
        band = tuple(level[later] for level in levels)
        draw_band(ax, generations[later], band, label=label, **look(own, **_marks(int(later.sum()))))  # type: ignore[arg-type]
    for low, middle, high in zip(*(level[~later] for level in levels), strict=True):
        name = scales.FOUNDERS + ("" if later.any() else f", {label}")
        mark: dict[str, Any] = {"color": own["color"], "ms": 4, "mfc": palette.paper(), "mew": 1.1, "capsize": 0}
        draw_estimate(ax, 0, Estimate(middle, low, high, 0), marker="D", label=name, **mark)


def _marks(n: int) -> dict[str, Any]:
    """Too few generations make no line: they get marks."""
    return {"marker": "o", "ms": 2.5} if n < 6 else {}
