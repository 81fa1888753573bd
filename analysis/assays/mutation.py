"""Birth noise: how much of it is retained, how much could be, and what it does to traits."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.traits import MAIN, OF_A_TASK, TRAITS, measured
from analysis.assays.components import Floats, deviation
from analysis.assays.estimates import Frames, by_name
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
        *(_say_effects(found, trait) for trait in effect_traits(frames["effects"])),
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
    table = of_individuals(dimension, "trace")
    for epsilon in table.columns[::-1]:
        name = f"heritable dimension tr ∂ĝ/∂g, ε = {epsilon:g}"
        rows.append(interval(table[epsilon], "mean", quantity=name, generation=generation, over="individuals"))
    halved, name = table[table.columns[0]] - table[table.columns[-1]], "heritable dimension: difference on halving ε"
    return [*rows, interval(halved, "mean", quantity=name, generation=generation, over="individuals")]


def of_individuals(dimension: pd.DataFrame, column: str) -> pd.DataFrame:
    """Means over probes: rows individuals, columns ε."""
    rounded = dimension.assign(epsilon=dimension["epsilon"].astype(np.float64).round(8))
    return rounded.pivot_table(index="id", columns="epsilon", values=column, aggfunc="mean")


def _effect_rows(effects: pd.DataFrame, generation: int) -> list[Estimate]:
    rows = []
    for trait in effect_traits(effects):
        noisy, clean = paired_scores(effects, trait)
        label, effect = TRAITS[trait].measured_label, noisy - clean
        for name, e, over in (
            (f"effect on {label}, mean", interval(effect.mean(axis=1), "mean"), "mutations"),
            (f"effect on {label}, sd among mutations", deviation(effect), "mutations"),
            (f"{label}, sd among lives of one noise-free genome", alone(clean), "genomes"),
        ):
            rows.append(replace(e, quantity=name, trait=trait, generation=generation, over=over))
    return rows


def alone(clean: Floats) -> Estimate:
    """Root of the mean over genomes of the variance among one genome's lives, with its interval over genomes."""
    return interval(np.var(clean, axis=1, ddof=1), "mean").mapped(np.sqrt)


def effect_traits(effects: pd.DataFrame) -> list[str]:
    """Those that effects are measured on."""
    return [trait for trait in MAIN if trait not in OF_A_TASK or effects[trait].any()]


def paired_scores(effects: pd.DataFrame, trait: str) -> tuple[Floats, Floats]:
    """[P, R] values on the scale of `alife.traits.measured` with birth noise and without, NaN where one diverged."""
    return _scores(effects, trait, True), _scores(effects, trait, False)


def _scores(effects: pd.DataFrame, trait: str, noisy: bool) -> Floats:
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
    gain = of_individuals(dimension, "gain").mean()
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
