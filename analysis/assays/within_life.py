"""Within a life: what accuracy costs in replication when the same genomes live under more or less of the task."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from alife import schema
from alife.traits import MAIN, TRAITS, measured
from analysis.assays.components import Floats
from analysis.assays.estimates import Frames
from analysis.numbers import words
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval

RATE: Final = "accuracy that a tenfold ρ buys"
"""Minus the slope of accuracy on −log₁₀ ρ over the positive task weights, of one genome."""
FREE: Final = "accuracy that the lightest task weight adds to none"
FREE_COST: Final = "replication fidelity, −log₁₀ ρ, that it adds"


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Scores by task weight, what changes from the lightest to the heaviest, the rate of exchange; in words."""
    lives = frames["weights"]
    rows, statements = [], []
    for generation in generations(lives):
        for trait in MAIN:
            table = curves(lives, trait, generation)
            for weight in map(float, table.columns):
                name = f"{TRAITS[trait].measured_label}, task weight {weight:g}"
                names: dict[str, Any] = {"quantity": name, "trait": trait, "generation": generation, "over": "genomes"}
                rows.append(interval(table[weight], "mean", **names))
        found = {
            name: interval(values, "median" if name == RATE else "mean")
            for name, values in changes(lives, generation).items()
        }
        lightest, heaviest = ends(lives)
        for name, e in found.items():
            if lightest == heaviest and name not in (FREE, FREE_COST):
                continue
            if name in MAIN:
                name = f"{TRAITS[name].measured_label}: more at task weight {heaviest:g} than at {lightest:g}"
            rows.append(replace(e, quantity=name, generation=generation, over="genomes"))
        statements.append(_sentence(found, generation, lightest, heaviest))
    return rows, statements


def generations(lives: pd.DataFrame) -> list[int]:
    """Those that were assayed, ascending."""
    return sorted(int(generation) for generation in lives["generation"].unique())


def ends(lives: pd.DataFrame) -> tuple[float, float]:
    """The lightest positive task weight, and the heaviest."""
    values = _weights(lives)
    return float(values[values > 0].min()), float(values.max())


def _weights(lives: pd.DataFrame) -> pd.Series:
    return lives["task_weight"].astype(float).round(schema.TASK_WEIGHT_PLACES)


def curves(lives: pd.DataFrame, trait: str, generation: int) -> pd.DataFrame:
    """Means over a genome's lives as `measured` gives them: rows genomes, columns task weights, ascending."""
    rows = lives[lives["generation"] == generation]
    rows = rows.assign(value=measured(trait, rows[trait]), weight=_weights(rows))
    return rows.pivot_table(index="id", columns="weight", values="value", dropna=False)


def changes(lives: pd.DataFrame, generation: int) -> dict[str, Floats]:
    """Per genome: each trait's change from the lightest positive weight to the heaviest, and `RATE`; with lives under
    no task `FREE` and `FREE_COST` too. NaN for a genome that diverged.
    """
    tables = {trait: curves(lives, trait, generation) for trait in MAIN}
    lightest, heaviest = ends(lives)
    out = {trait: (table[heaviest] - table[lightest]).to_numpy() for trait, table in tables.items()}
    positive = [tables[trait].drop(columns=0.0, errors="ignore").to_numpy(np.float64) for trait in MAIN[:2]]
    accuracy, fidelity = (values - values.mean(axis=1, keepdims=True) for values in positive)
    with np.errstate(divide="ignore", invalid="ignore"):
        out[RATE] = -(accuracy * fidelity).sum(axis=1) / np.square(fidelity).sum(axis=1)
    if 0.0 in tables["accuracy"]:
        for name, trait in ((FREE, "accuracy"), (FREE_COST, "replication_error")):
            out[name] = (tables[trait][lightest] - tables[trait][0.0]).to_numpy()
    return out


def is_traded(accuracy: Estimate, fidelity: Estimate) -> bool:
    """Whether more weight on the task certainly buys accuracy and certainly costs fidelity."""
    return bool(accuracy.low > 0 and fidelity.high < 0)


def _sentence(found: Mapping[str, Estimate], generation: int, lightest: float, heaviest: float) -> str:
    who = "founders (generation 0)" if generation == 0 else f"genomes of generation {generation}"
    if lightest == heaviest:
        return (
            f"Within a life {who} lived under task weight {heaviest:g} alone: whether they trade replication for "
            f"accuracy needs two weights above 0.{_free(found, lightest)}"
        )
    verb = "trade" if is_traded(found["accuracy"], found["replication_error"]) else "are not shown to trade"
    parts = [f"{TRAITS[trait].measured_label} changes by {words(found[trait])}" for trait in MAIN]
    return (
        f"Within a life {who} {verb} replication for accuracy: from task weight {lightest:g} to {heaviest:g} "
        f"{'; '.join(parts)}. Over these weights a tenfold ρ buys accuracy {words(found[RATE])}."
        f"{_free(found, lightest)}"
    )


def _free(found: Mapping[str, Estimate], lightest: float) -> str:
    if FREE not in found:
        return ""
    return (
        f" The step from no task to {lightest:g} adds accuracy {words(found[FREE])} and changes −log₁₀ ρ by "
        f"{words(found[FREE_COST])}."
    )
