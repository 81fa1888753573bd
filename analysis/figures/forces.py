"""Figures of what moves traits: selection differentials, and the Price equation cumulated through time."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from alife.errors import UserError
from alife.traits import TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.data.treatments import Groups
from analysis.evolution import metapopulation
from analysis.evolution.dynamics import differentials, mean_differentials
from analysis.evolution.islands import demes, settled
from analysis.figures import canvas, convention, legends, palette
from analysis.figures.bands import Runs, members, treatments
from analysis.figures.estimates import draw_band, draw_estimate
from analysis.figures.style import look
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST, Floats, intervals

POINTS: Final = 200
"""Generations, evenly spaced, at which cumulated components are drawn at most."""

_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "selection": {"color": palette.OKABE_ITO["blue"], "ls": "-"},
    "sampling": {"color": palette.OKABE_ITO["orange"], "ls": palette.DASHES[2]},
    "regression": {"color": palette.OKABE_ITO["vermillion"], "ls": palette.DASHES[1]},
    "bias": {"color": palette.OKABE_ITO["vermillion"], "ls": palette.DASHES[2]},
    "among": {"color": palette.OKABE_ITO["blue"], "ls": palette.DASHES[4]},
    "survival": {"color": palette.OKABE_ITO["sky"], "ls": palette.DASHES[5]},
    "viability": {"color": palette.OKABE_ITO["purple"], "ls": palette.DASHES[3]},
    "migration": {"color": palette.OKABE_ITO["green"], "ls": palette.DASHES[4]},
}
_NAMES: Final = metapopulation.PARTS | metapopulation.TRANSMISSION
LINES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "change": ("change of the mean: all together", {"lw": 2.2, "ls": "-"}),
    **{name: (_NAMES[name], own) for name, own in _LOOKS.items()},
}
"""What a panel of the Price equation shows, in the order of its legend; `SILENT` only where there is any. All but the
change add up to it."""
SILENT: Final = ("among", "survival", "viability", "migration")


@convention.figure
def selection(runs: Runs, figure: Figure | None = None, *, traits: Sequence[str] | None = None, **style: Any) -> Figure:
    """Realised standardised selection differentials by trait, and what the scheme leads one to expect.

    Args:
        runs: One run: mean over its generations, and an interval that is about this run. Several, or named treatments:
            mean over runs of each run's mean, and an interval over runs.
        figure: Empty; a new one if None.
        traits: All on record if None.
        style: Of the marks, as `Axes.errorbar` takes it.

    Raises:
        UserError: Nobody but founders has conceived, a record is damaged, or a trait is not on record.

    Example:
        >>> figure = alife.figures.selection(alife.load_run("runs/first"), traits=["accuracy"])
    """
    groups = treatments(runs)
    first = _first(groups)
    tables = {
        label: [mean_differentials(differentials(demes(run), traits), first).set_index("trait") for run in group]
        for label, group in groups.items()
    }
    names = [name for name in TRAITS if any(name in table.index for among in tables.values() for table in among)]
    figure = canvas.own_figure(figure, 6.4, 1.5 + 0.13 * len(names) * (1 + len(groups)))
    ax = figure.add_subplot()
    rows = np.arange(len(names), dtype=np.float64)
    step = 0.7 / len(groups)
    for number, (label, among) in enumerate(tables.items()):
        places = rows + (number - (len(groups) - 1) / 2) * step
        own = look(style, color=palette.colour(number), marker="osv^D*"[number % 6])
        if isinstance(runs, Run):
            _draw_one(ax, among[0].reindex(names), places, own)
        else:
            _draw_many(ax, [table.reindex(names) for table in among], places, own, label)
    ax.axvline(0, color=palette.ink(), lw=0.9, zorder=1)
    ax.set_yticks(rows, [TRAITS[name].measured_label for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("realised selection differential, standard deviations a generation")
    legends.of_figure(figure, [ax], 2, "center")
    _say_whose(figure, runs)
    return figure


@convention.figure
def price(runs: Runs, figure: Figure | None = None, *, traits: Sequence[str] | None = None, **style: Any) -> Figure:
    """The Price equation's components by trait, added up from the generation on in which parents are of a kind.

    Args:
        runs: One run; or several, or named treatments side by side: mean over runs, with its interval. Lines add up.
        figure: Empty; a new one if None.
        traits: Names in `alife.traits.STORED`; accuracy, copying error and the heritable traits if None.
        style: Of the lines, as `Axes.plot` takes it.

    Raises:
        UserError: Nobody but founders has children on record, a record is damaged, or a trait is not on record.

    Example:
        >>> figure = alife.figures.price(alife.load_run("runs/first"), traits=["accuracy"])
    """
    groups = treatments(runs)
    first = _first(groups)
    splits = {label: [_totals(run, traits, first) for run in group] for label, group in groups.items()}
    names = list(dict.fromkeys(name for among in splits.values() for table in among for name in table))
    side_by_side = len(groups) > 1
    columns = len(groups) if side_by_side else min(len(names), 3)
    rows = len(names) if side_by_side else -(-len(names) // columns)
    figure = canvas.own_figure(figure, max(2.5 * columns, 6), 1.1 + 2.1 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row" if side_by_side else False)
    for panel in grid.ravel()[len(names) * len(groups) :]:
        panel.set_axis_off()
    shown = _shown(splits)
    for place, name in enumerate(names):
        for column, (label, among) in enumerate(splits.items()):
            panel = grid[place, column] if side_by_side else grid.ravel()[place]
            _draw_panel(panel, [table[name] for table in among if name in table], shown, style)
            panel.set_title(label if side_by_side and place == 0 else "", parse_math=False)
            panel.set_ylabel(f"Δ {TRAITS[name].measured_label}".replace(", ", "\n") if column == 0 else "")
            panel.set_xlabel("generation" if place + columns >= len(names) or side_by_side else "")
    _legend(figure, grid.ravel()[0], groups, first)
    _say_whose(figure, runs)
    return figure


def _draw_one(ax: Axes, table: pd.DataFrame, places: Floats, style: Mapping[str, Any]) -> None:
    n = int(table["generations"].max())
    known = table["low"].notna().any()
    bar = f"\nbar: 95 % interval over n = {count(n, 'generation')} of this run" if known else ""
    text = f"realised: mean of {count(n, 'generation')}{bar}"
    _draw_marks(ax, table["low"], table["realised"], table["high"], places, text, style)
    ours: dict[str, Any] = {"ms": 6, "mfc": "none", "mec": palette.ink(), "zorder": 4}
    ax.plot(table["expected"], places, "D", label="expected of the scheme", **ours)


def _draw_many(ax: Axes, tables: Sequence[pd.DataFrame], places: Floats, style: Mapping[str, Any], label: str) -> None:
    values = np.stack([table["realised"].to_numpy() for table in tables], axis=-1)
    prefix, n = f"{label}: " if label else "", len(tables)
    if n < FEWEST:
        dots = ax.plot(values, places, **look(style, ls="none", ms=4))
        dots[0].set_label(f"{prefix}each of {count(n, 'run')}")
        return
    low, high = intervals(values)
    text = f"{prefix}mean of n = {count(n, 'run')}\nbar: its 95 % interval"
    _draw_marks(ax, low, values.mean(axis=-1), high, places, text, style)


def _draw_marks(
    ax: Axes, low: Any, middle: Any, high: Any, places: Floats, label: str, style: Mapping[str, Any]
) -> None:
    own = look(style, ms=4.5, elinewidth=1.6, capsize=0, zorder=3, label=label)
    for place, *levels in zip(places, middle, low, high, strict=True):
        draw_estimate(ax, Estimate(levels[0], levels[1], levels[2], 0), place, **own)


def _totals(run: Run, traits: Sequence[str] | None, first: int) -> dict[str, pd.DataFrame]:
    """For each trait its cumulated components, indexed by the generation that they lead to."""
    record = demes(run)
    standard = [
        name for name in ("accuracy", "copying_error", *run.setting("reproduction.heritable")) if name in record.traits
    ]
    table = metapopulation.by_generation(record, traits or standard, first)
    if table.empty:
        raise UserError(
            f"{run.path}: no children of generation {first} or later on record, nothing to split: take a longer run"
        )
    out = {}
    for name, among in table.groupby("trait", sort=False):
        parts = among.set_index(among["generation"] + 1).drop(columns=["trait", "generation", "before"])
        sums = parts.reindex(columns=list(LINES), fill_value=0.0).cumsum()
        sums.loc[int(sums.index[0]) - 1] = 0.0
        out[str(name)] = sums.sort_index()
    return out


def _shown(splits: Mapping[str, Sequence[Mapping[str, pd.DataFrame]]]) -> list[str]:
    tables = [table for among in splits.values() for run in among for table in run.values()]
    return [name for name in LINES if name not in SILENT or any(t[name].abs().max() > 1e-9 for t in tables)]


def _draw_panel(ax: Axes, tables: Sequence[pd.DataFrame], shown: Sequence[str], style: Mapping[str, Any]) -> None:
    ax.axhline(0, color=palette.ink(), lw=0.7, zorder=1)
    for name in shown:
        text, ours = LINES[name]
        table = pd.concat([t[name] for t in tables], axis=1, join="inner").sort_index()
        table = table.iloc[np.unique(np.linspace(0, len(table) - 1, min(POINTS, len(table))).round().astype(np.intp))]
        values = table.to_numpy()
        ours = {"color": palette.ink(), "zorder": 3 if name == "change" else 4, "label": text, **ours}
        low, high = intervals(values)
        draw_band(ax, table.index, (low, values.mean(axis=-1), high), **look(style, **ours))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def _legend(figure: Figure, ax: Axes, groups: Groups, first: int) -> None:
    title = f"Price equation, added up from the parents of generation {first} on"
    if len(members(groups)) > 1:
        sizes = sorted({len(runs) for runs in groups.values()})
        n = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        bands = ", bands: 95 % intervals over runs" if sizes[-1] >= FEWEST else ""
        title += f"\nlines: means of n = {n} runs{bands}"
    legends.of_figure(figure, [ax], 2, "center", title=title)


def _first(groups: Groups) -> int:
    return settled(min(run.last for run in members(groups)))


def _say_whose(figure: Figure, runs: Runs) -> None:
    if isinstance(runs, Run):
        canvas.title(figure, canvas.caption(runs))
