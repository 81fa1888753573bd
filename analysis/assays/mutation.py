"""Birth noise: how much of it is retained, how much could be, and what it does to traits."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.traits import TRAITS
from analysis.assays.components import deviation
from analysis.assays.estimates import Floats, Frames, by_life, diverged, scored
from analysis.statistics.centres import positive_mean
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.templates import sentences

SHOWN: Final = (1, 2, 5)
"""Emissions whose retained noise is reported; the figure shows all."""
OTHER: Final = "size in other directions than the noise's, ‖Δ‖²/‖n‖² − (⟨Δ, n⟩/‖n‖²)²"
CHANCE: Final = "sd of the difference between two lives of one noise-free genome"
RETENTION: Final = {
    "projection": "noise retained, ⟨Δ, n⟩/‖n‖²",
    "size": "size of what differs, ‖Δ‖²/‖n‖²",
    "other": OTHER,
    "carried": "carried on from the emission before, ⟨Δₖ, Δₖ₋₁⟩/‖Δₖ₋₁‖²",
}
"""What is reported of each emission, by column."""


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Noise retained by emission, the heritable dimension, the distribution of effects; and what they say.

    `generation` of a row is that of the genomes; the emission is in the quantity.
    """
    kept, dimension = retention(frames["retention"]), dimensions(frames["dimension"])
    effects = {trait: effects_on(frames["effects"], trait) for trait in scored(frames["effects"])}
    gain = of_individuals(frames["dimension"], "gain").mean()
    carried = next((e for (column, _), e in kept.items() if column == "carried"), None)
    found = {"kept": kept, "carried": carried, "dimension": dimension, "gain": gain, "effects": effects}
    said = sentences("mutation", **found, about=about, emissions=SHOWN, diverged=diverged(frames["effects"]))
    rows = [*kept.values(), *dimension.values(), *(e for found in effects.values() for e in found.values())]
    return [replace(e, generation=int(max(about["generations"]))) for e in rows], said


def retention(pairs: pd.DataFrame) -> dict[tuple[str, int], Estimate]:
    """By column of `RETENTION` and emission of `SHOWN`, the means over pairs of sisters."""
    pairs = pairs.assign(other=pairs["size"] - np.square(pairs["projection"]))
    found = {}
    for column, name in RETENTION.items():
        for emission in SHOWN:
            values = pairs.loc[pairs["emission"] == emission, column]
            if len(values) and not (column == "carried" and emission == 1):
                quantity = f"{name}, emission {emission}"
                found[column, emission] = interval(values, quantity=quantity, over="pairs of sisters")
    return found


def dimensions(probes: pd.DataFrame) -> dict[float | str, Estimate]:
    """Means over individuals by ε, from the largest, and "difference" on halving it."""
    table = of_individuals(probes, "trace")
    values = {epsilon: table[epsilon] for epsilon in table.columns[::-1]}
    names = {epsilon: f"heritable dimension tr ∂ĝ/∂g, ε = {epsilon:g}" for epsilon in values}
    values["difference"] = table[table.columns[0]] - table[table.columns[-1]]
    names["difference"] = "heritable dimension: difference on halving ε"
    return {key: interval(values[key], quantity=name, over="individuals") for key, name in names.items()}


def of_individuals(probes: pd.DataFrame, column: str) -> pd.DataFrame:
    """Means over probes: rows individuals, columns ε."""
    rounded = probes.assign(epsilon=probes["epsilon"].astype(np.float64).round(8))
    return rounded.pivot_table(index="id", columns="epsilon", values=column, aggfunc="mean")


def effects_on(lives: pd.DataFrame, trait: str) -> dict[str, Estimate]:
    """Of new mutations on a trait: the mean, the spread among mutations, and `chance`, that of a genome's own lives.

    An effect is a difference of two lives, and so is what it is held against. Each mutation has lives of its own, so
    that intervals are over mutations.
    """
    noisy, clean = paired_scores(lives, trait)
    label, effect = TRAITS[trait].measured_label, noisy - clean
    mean, spread = f"effect on {label}, mean", f"effect on {label}, sd among mutations"
    return {
        "mean": interval(effect.mean(axis=1), quantity=mean, trait=trait, over="mutations"),
        "spread": deviation(effect, quantity=spread, trait=trait, over="mutations"),
        "chance": chance(clean, quantity=f"{label}, {CHANCE}", trait=trait),
    }


def chance(clean: Floats, **names: Any) -> Estimate:
    """Standard deviation of the difference between two lives of one noise-free genome: the root of twice the mean over
    genomes of the variance among their lives, [P, R]. That of a difference of two means over R lives is 1/√R of it.
    """
    return positive_mean(2 * np.var(clean, axis=1, ddof=1), over="genomes", **names).mapped(np.sqrt)


def paired_scores(lives: pd.DataFrame, trait: str) -> tuple[Floats, Floats]:
    """[P, R] values with birth noise and without, on the scale of `alife.traits.measured`; NaN where one diverged."""
    noisy, clean = (by_life(lives[lives["noisy"] == noise], trait).to_numpy() for noise in (True, False))
    return noisy, clean
