"""Birth noise: how much of it is retained, how much could be, and what it does to traits."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import MAIN, OF_A_TASK, TRAITS, measured
from analysis.assays.components import Floats, deviation
from analysis.assays.drawing import draw_estimate, finish
from analysis.assays.estimates import Frames, Named, by_name
from analysis.figures import style
from analysis.numbers import number, words
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval

SHOWN: Final = (1, 2, 5)
"""Emissions whose retained noise is reported; the figure shows all."""
RETAINED: Final = "noise retained, ⟨Δ, n⟩/‖n‖²"
SIZE: Final = "size of what differs, ‖Δ‖²/‖n‖²"
OTHER: Final = "size in other directions than the noise's, ‖Δ‖²/‖n‖² − (⟨Δ, n⟩/‖n‖²)²"
CARRIED: Final = "carried on from the emission before, ⟨Δₖ, Δₖ₋₁⟩/‖Δₖ₋₁‖²"


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Noise retained by emission, the heritable dimension, the distribution of effects; and what they say.

    `generation` of a row is that of the genomes; the emission is in the quantity.
    """
    generation = int(max(about["generations"]))
    rows = [
        *_retention_rows(frames["retention"], generation),
        *_dimension_rows(frames["dimension"], generation),
        *_effect_rows(frames["effects"], generation),
    ]
    found = {quantity: estimate for (quantity, _), estimate in by_name(rows).items()}
    statements = [
        _say_retained(found, about),
        _say_dimension(frames["dimension"], found, about),
        *(_say_effects(found, trait) for trait in _traits(frames["effects"])),
    ]
    return rows, statements


def _retention_rows(retention: pd.DataFrame, generation: int) -> list[Estimate]:
    rows = []
    retention = retention.assign(other=retention["size"] - np.square(retention["projection"]))
    for name, column in ((RETAINED, "projection"), (SIZE, "size"), (OTHER, "other"), (CARRIED, "carried")):
        for emission in SHOWN:
            values = retention.loc[retention["emission"] == emission, column]
            if len(values) and not (column == "carried" and emission == 1):
                names: dict[str, Any] = {"quantity": f"{name}, emission {emission}", "generation": generation}
                rows.append(interval(values, "mean", **names, over="pairs of sisters"))
    return rows


def _dimension_rows(dimension: pd.DataFrame, generation: int) -> list[Estimate]:
    rows = []
    table = _of_individuals(dimension, "trace")
    for epsilon in table.columns[::-1]:
        name = f"heritable dimension tr ∂ĝ/∂g, ε = {epsilon:g}"
        rows.append(interval(table[epsilon], "mean", quantity=name, generation=generation, over="individuals"))
    halved, name = table[table.columns[0]] - table[table.columns[-1]], "heritable dimension: difference on halving ε"
    return [*rows, interval(halved, "mean", quantity=name, generation=generation, over="individuals")]


def _of_individuals(dimension: pd.DataFrame, column: str) -> pd.DataFrame:
    """Means over probes: rows individuals, columns ε."""
    rounded = dimension.assign(epsilon=dimension["epsilon"].astype(np.float64).round(8))
    return rounded.pivot_table(index="id", columns="epsilon", values=column, aggfunc="mean")


def _effect_rows(effects: pd.DataFrame, generation: int) -> list[Estimate]:
    rows = []
    for trait in _traits(effects):
        noisy, clean = (_scores(effects, trait, noise) for noise in (True, False))
        label, effect = TRAITS[trait].measured_label, noisy - clean
        for name, e, over in (
            (f"effect on {label}, mean", interval(effect.mean(axis=1), "mean"), "mutations"),
            (f"effect on {label}, sd among mutations", deviation(effect), "mutations"),
            (f"{label}, sd among lives of one noise-free genome", _alone(clean), "genomes"),
        ):
            rows.append(replace(e, quantity=name, trait=trait, generation=generation, over=over))
    return rows


def _alone(clean: Floats) -> Estimate:
    """Root of the mean over genomes of the variance among one genome's lives, with its interval over genomes."""
    return interval(np.var(clean, axis=1, ddof=1), "mean").mapped(np.sqrt)


def _traits(effects: pd.DataFrame) -> list[str]:
    return [trait for trait in MAIN if trait not in OF_A_TASK or effects[trait].any()]


def _scores(effects: pd.DataFrame, trait: str, noisy: bool) -> Floats:
    """[P, R] values on the scale of `alife.traits.measured`, NaN where an individual diverged."""
    rows = effects[effects["noisy"] == noisy]
    rows = rows.assign(value=measured(trait, rows[trait]))
    table = rows.pivot(index="id", columns="replicate", values="value").to_numpy()
    return np.where(np.isfinite(table), table, np.nan)


def _say_retained(found: Mapping[str, Estimate], about: Mapping[str, Any]) -> str:
    parts = [f"{words(e)} after {k}" for k in SHOWN if (e := found.get(f"{RETAINED}, emission {k}")) is not None]
    last = found.get(f"{RETAINED}, emission {SHOWN[-1]}")
    verdict = ""
    if last is not None:
        kept = "more than none" if last.low > 0 else "none that could be told from zero"
        verdict = f" After {SHOWN[-1]} emissions {kept} is left in its own direction."
    carried = [e for k in SHOWN if (e := found.get(f"{CARRIED}, emission {k}")) is not None]
    size = found[f"{OTHER}, emission 1"]
    on = f", and of the whole difference {words(carried[0])} is carried into the next emission" if carried else ""
    return (
        f"Birth noise (σ = {about['mutation']:g}) is retained in its own direction, as a share of itself: "
        f"{', '.join(parts)} emissions.{verdict} Yet the first emissions of sisters with and without it differ by "
        f"{words(size)} of its energy in other directions{on}: σ is the size of birth noise, not of what is inherited."
    )


def _say_dimension(dimension: pd.DataFrame, found: Mapping[str, Estimate], about: Mapping[str, Any]) -> str:
    gain = _of_individuals(dimension, "gain").mean()
    coarse, fine = max(gain.index), min(gain.index)
    here, halved = (found[f"heritable dimension tr ∂ĝ/∂g, ε = {e:g}"] for e in (coarse, fine))
    change = found["heritable dimension: difference on halving ε"]
    agree = "agrees" if change.low <= 0 <= change.high else "does not agree"
    return (
        f"The effective heritable dimension is {words(here)} of {about['weights']:,} (ε = {coarse:g}); with half of ε "
        f"it is {words(halved)}, which {agree} (difference {words(change)}). What differs goes from "
        f"{number(gain[coarse])} to {number(gain[fine])} of the probe's energy on halving: where that is not constant, "
        "a life bends small differences, and the trace is a mean slope over ε and no derivative."
    )


def _say_effects(found: Mapping[str, Estimate], trait: str) -> str:
    label = TRAITS[trait].measured_label
    mean, spread = found[f"effect on {label}, mean"], found[f"effect on {label}, sd among mutations"]
    alone = found[f"{label}, sd among lives of one noise-free genome"]
    verb = "raise" if mean.low > 0 else "lower" if mean.high < 0 else "do not measurably change"
    note = " (a cost that all pay: adults do not print the noise they were born with)" * (
        trait == "replication_error" and mean.high < 0
    )
    return (
        f"New mutations {verb} {label} on average: {words(mean)}{note}; among mutations the effect has sd "
        f"{words(spread)}, against sd {words(alone)} among lives of one genome."
    )


@style.styled()
def draw(frames: Frames, about: Mapping[str, Any], rows: list[Estimate]) -> Figure:
    """Retained noise, size and what is carried on by emission; the heritable dimension; effects on each trait."""
    retention, effects = frames["retention"], frames["effects"]
    traits = _traits(effects)
    figure = style.new_figure(7.2, 5.4)
    panels = figure.subplots(2, 3).ravel().tolist()
    _draw_emissions(panels[0], retention, "projection", "noise retained in its\nown direction, ⟨Δ, n⟩/‖n‖²", 0.0)
    _draw_emissions(panels[1], retention, "size", "what differs between sisters\n‖Δ‖²/‖n‖²", None)
    _draw_dimension(panels[2], frames["dimension"], by_name(rows))
    for ax, trait in zip(panels[3:], traits, strict=False):
        _draw_effects(ax, effects, trait)
    for ax in panels[3 + len(traits) :]:
        ax.set_axis_off()
    title = f"{about['name']}: birth noise of generation {max(about['generations'])}, σ = {about['mutation']:g}"
    return finish(figure, panels, title)


def _draw_emissions(ax: Axes, retention: pd.DataFrame, column: str, label: str, zero: float | None) -> None:
    table = retention.pivot(index="emission", columns="id", values=column)
    lines = ax.plot(table.index, table, color=style.OKABE_ITO["sky"], lw=0.5, alpha=0.6, zorder=2)
    alive = table.notna().sum(axis=1)
    fewer = f", {alive.iloc[-1]} at the last emission" if alive.iloc[-1] < table.shape[1] else ""
    lines[0].set_label(f"each pair of sisters, n = {table.shape[1]}{fewer}")
    for number_, (emission, values) in enumerate(table.iterrows()):
        name = "mean and its 95 % bootstrap interval" if not number_ else None
        draw_estimate(ax, float(str(emission)), interval(values, "mean"), label=name, zorder=4)
    if zero is not None:
        ax.axhline(zero, color=style.ink(), lw=0.8, ls=(0, (4, 2)))
    ax.set_ylabel(label)
    ax.set_xlabel("emission")
    ax.set_xticks(list(table.index))


def _draw_dimension(ax: Axes, dimension: pd.DataFrame, found: Named) -> None:
    table = _of_individuals(dimension, "trace")
    jitter = np.random.default_rng(0)
    scales = list(table.columns[::-1])
    for place, epsilon in enumerate(scales):
        x = place + jitter.uniform(-0.2, 0.2, len(table))
        label = f"an individual's mean over probes, n = {len(table)}" if not place else None
        ax.plot(x, table[epsilon], ".", ms=3.5, mew=0, alpha=0.6, color=style.OKABE_ITO["green"], label=label)
        draw_estimate(ax, place, interval(table[epsilon], "mean"), zorder=4)
    ax.axhline(0, color=style.ink(), lw=0.8, ls=(0, (4, 2)))
    ax.set_xticks(range(len(scales)), [f"ε = {epsilon:g}" for epsilon in scales])
    ax.set_ylabel("heritable dimension tr ∂ĝ/∂g")
    ax.set_xlim(-0.5, len(scales) - 0.5)


def _draw_effects(ax: Axes, effects: pd.DataFrame, trait: str) -> None:
    noisy, clean = (_scores(effects, trait, noise) for noise in (True, False))
    effect = np.sort((noisy - clean).mean(axis=1))
    effect = effect[np.isfinite(effect)]
    alone = _alone(clean).value / clean.shape[1] ** 0.5
    ax.axvspan(
        -alone, alone, color=style.faint(), alpha=0.2, lw=0, label="± sd of one genome's mean from streams alone"
    )
    ax.axvline(0, color=style.ink(), lw=0.8, ls=(0, (4, 2)))
    share = (np.arange(len(effect)) + 0.5) / max(len(effect), 1)
    ax.plot(
        effect,
        share,
        "o",
        ms=2.5,
        color=style.OKABE_ITO["vermillion"],
        label="a mutation's mean effect over the streams",
    )
    ax.set_ylim(0, 1)
    ax.set_ylabel("share of mutations")
    ax.set_xlabel("effect on " + TRAITS[trait].measured_label.replace(", ", ",\n"))
