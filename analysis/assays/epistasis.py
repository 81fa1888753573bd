"""Epistasis: what two mutations do together beyond what each does alone, and whether it goes with how much they do.

ε = W(ab) − W(a) − W(b) + W(0) of each genome, on the scale of `alife.traits.measured`, where more is fitter: above 0
the two are better together than the sum of both (Phillips 2008, Nat. Rev. Genet. 9, 855).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from alife.traits import TRAITS
from analysis.assays.components import deviation
from analysis.assays.correlations import correlation
from analysis.assays.estimates import Floats, Frames, assayed, by_life, diverged, scored
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.templates import sentences


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """By generation and trait: single effects, mean epistasis, its spread, and how it goes with effects."""
    table = frames["mutants"]
    generations, traits = assayed(table), scored(table)
    found = {(trait, g): of_generation(table, trait, g) for trait in traits for g in generations}
    said = sentences("epistasis", found=found, traits=traits, generations=generations, diverged=diverged(table))
    return [e for each in found.values() for e in each.values()], said


def of_generation(table: pd.DataFrame, trait: str, generation: int) -> dict[str, Estimate]:
    """Estimates of one generation.

    Returns:
        `effect`, the mean of single mutations; `mean` of ε; `spread`, its sd among pairs without the noise of lives;
        `together`, the correlation of ε with the sum of both single effects. Each pair of mutations has a genome and
        lives of its own, so that means are of independent values, and Student's interval is over genomes, their
        mutations and lives together. The correlation is of what genomes have in common through their lives: effects and
        ε share the noise of each life, which would make a negative one of nothing.
    """
    effects, epsilon = pairs(table, trait, generation)
    label = TRAITS[trait].measured_label
    names: dict[str, Any] = {"trait": trait, "generation": generation, "over": "genomes"}
    half, whole = effects.mean(axis=1) / 2, epsilon.mean(axis=1)
    return {
        "effect": interval(half, quantity=f"effect of a single mutation on {label}", **names),
        "mean": interval(whole, quantity=f"epistasis ε on {label}, mean", **names),
        "spread": deviation(epsilon, quantity=f"epistasis ε on {label}, sd among pairs", **names),
        "together": correlation(
            epsilon, effects, quantity=f"correlation of ε with the sum of effects on {label}", **names
        ),
    }


def pairs(table: pd.DataFrame, trait: str, generation: int) -> tuple[Floats, Floats]:
    """[P, R] sums of both single effects, and ε, of genomes that diverged in none of their lives.

    Args:
        table: Of the assay, `mutants`.
        trait: A column of scores.
        generation: One of the table's.
    """
    own = table[table["generation"] == generation]

    def of(first: bool, second: bool) -> Floats:
        return by_life(own[(own["first"] == first) & (own["second"] == second)], trait).to_numpy()

    none, a, b, both = of(False, False), of(True, False), of(False, True), of(True, True)
    effects, epsilon = a + b - 2 * none, both - a - b + none
    whole = np.isfinite(epsilon).all(axis=1)
    return effects[whole], epsilon[whole]
