"""Within a life: what accuracy costs in replication when the same genomes live under more or less of the task."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from alife import schema
from alife.traits import MAIN, TRAITS, spoken
from analysis.assays.estimates import Floats, Frames, assayed, diverged, of_whole
from analysis.statistics.centres import median
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.templates import sentences

RATE: Final = "accuracy that a tenfold ρ buys"
"""Minus the slope of accuracy on −log₁₀ ρ over the positive task weights, of one genome."""
FREE: Final = "accuracy that the lightest task weight adds to none"
FREE_COST: Final = "replication fidelity, −log₁₀ ρ, that it adds"


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Scores by task weight, what changes from the lightest to the heaviest, the rate of exchange; in words."""
    lives = frames["weights"]
    lightest, heaviest = ends(lives)
    rows: list[Estimate] = []
    found = {}
    for generation in assayed(lives):
        here: dict[str, Any] = {"generation": generation, "over": "genomes"}
        for trait in MAIN:
            for weight, values in curves(lives, trait, generation).items():
                quantity = f"{TRAITS[trait].measured_label}, task weight {weight:g}"
                rows.append(interval(values, quantity=quantity, trait=trait, **here))
        found[generation] = {
            name: _over_genomes(values, name == RATE, quantity=_name(name, lives), **here)
            for name, values in changes(lives, generation).items()
        }
        rows += [e for name, e in found[generation].items() if lightest < heaviest or name in (FREE, FREE_COST)]
    said = sentences(
        "within_life",
        found=found,
        lightest=lightest,
        heaviest=heaviest,
        names={"rate": RATE, "free": FREE, "cost": FREE_COST},
        traits=MAIN,
        is_traded=is_traded,
        diverged=diverged(lives),
    )
    return rows, said


def _over_genomes(values: Floats, is_ratio: bool, **names: Any) -> Estimate:
    """Genomes have lives of their own here. A ratio, whose tails are heavy, has a median."""
    return median(values, **names) if is_ratio else interval(values, **names)


def ends(lives: pd.DataFrame) -> tuple[float, float]:
    """The lightest positive task weight, and the heaviest."""
    values = _weights(lives)
    return float(values[values > 0].min()), float(values.max())


def _weights(lives: pd.DataFrame) -> pd.Series:
    return lives["task_weight"].astype(float).round(schema.TASK_WEIGHT_PLACES)


def _name(change: str, lives: pd.DataFrame) -> str:
    lightest, heaviest = ends(lives)
    more = f"more at task weight {heaviest:g} than at {lightest:g}"
    return f"{TRAITS[change].measured_label}: {more}" if change in MAIN else spoken(change)


def curves(lives: pd.DataFrame, trait: str, generation: int) -> pd.DataFrame:
    """Means over a genome's lives as `measured` gives them: rows genomes, columns task weights, ascending.

    NaN where a genome diverged in a life under the weight.
    """
    rows = lives[lives["generation"] == generation]
    rows = rows.assign(weight=_weights(rows))
    rows = rows.assign(value=of_whole(rows, trait, ["weight", "id"]))
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
