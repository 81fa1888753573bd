"""The common garden: generations compared under the same lives, and the heritability of what they score there."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.traits import MAIN, TRAITS, spoken
from analysis.assays import crossed
from analysis.assays.components import heritability
from analysis.assays.correlations import correlation
from analysis.assays.estimates import Floats, Frames, assayed, by_life, diverged, of_whole, scored
from analysis.statistics.estimate import Estimate
from analysis.templates import sentences

BASE: Final = 3
"""The generation to beat: the first that was printed faithfully. Founders cannot be printed, and it takes emissions of
emissions to become printable, whatever selection does."""

SCOPES: Final = {"all genomes": False, "within islands": True}
GENETIC: Final = "genetic correlation of accuracy and"


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Means by generation, differences to the base generation, H², genetic correlations; and what they say."""
    lives = frames["lives"]
    generations, traits = assayed(lives), scored(lives)
    base, last = _base(generations), generations[-1]
    means = {(trait, g): _mean(lives, trait, g) for trait in traits for g in generations}
    others = [] if base is None else [g for g in generations if g != base]
    gains = {(trait, g): _difference(lives, trait, g, base) for trait in traits for g in others}
    units = [(trait, g, scope) for trait in traits[:2] for g in generations for scope in SCOPES]
    shares = {unit: _share(lives, *unit) for unit in units}
    correlations = _correlations(lives, last)
    said = sentences(
        "garden",
        means=means,
        gains=gains,
        shares=shares,
        correlation=next((e for e in correlations if e.quantity.endswith("within islands")), None),
        traits=traits,
        generations=generations,
        base=base,
        last=last,
        higher={trait: _where(lives, trait, last, base) for trait, g in gains if g == last},
        scheme=about["scheme"],
        diverged=diverged(lives),
        control=about["scheme"] == "drift" or about["scheme"].startswith("shuffled"),
    )
    return [*means.values(), *gains.values(), *shares.values(), *correlations], said


def _base(generations: list[int]) -> int | None:
    later = [generation for generation in generations if generation > 0]
    return BASE if BASE in later else later[0] if len(later) > 1 else None


def scores(lives: pd.DataFrame, trait: str, generation: int) -> tuple[Floats, Floats]:
    """[P, R] values as `alife.traits.measured` gives them, and the island [P] of each genome."""
    table = by_life(lives[lives["generation"] == generation], trait, ["island", "id"])
    return table.to_numpy(), table.index.get_level_values("island").to_numpy()


def of_genomes(lives: pd.DataFrame, trait: str, generation: int) -> Floats:
    """[P] means over the lives; NaN for a genome that diverged in one."""
    return scores(lives, trait, generation)[0].mean(axis=1)


def of_lives(lives: pd.DataFrame, trait: str, generation: int) -> Floats:
    """[R] means over the genomes that diverged in no life; NaN if there is none."""
    values = scores(lives, trait, generation)[0]
    whole = values[np.isfinite(values).all(axis=1)]
    return whole.mean(axis=0) if len(whole) else np.full(values.shape[1], np.nan)


def mean_name(trait: str) -> str:
    """What a row calls a trait's mean."""
    return TRAITS[trait].label if TRAITS[trait].needs_task else f"{TRAITS[trait].label}, geometric mean"


def _mean(lives: pd.DataFrame, trait: str, generation: int) -> Estimate:
    """Over genomes and lives; of an error the geometric mean."""
    names: dict[str, Any] = {"quantity": mean_name(trait), "trait": trait, "generation": generation}
    return crossed.mean(scores(lives, trait, generation)[0], **names).natural()


def _difference(lives: pd.DataFrame, trait: str, generation: int, base: int | None) -> Estimate:
    """Of means, paired by life: both generations live the same ones, and what those do to both alike cancels."""
    assert base is not None
    new, old = (scores(lives, trait, one)[0] for one in (generation, base))
    name = f"{TRAITS[trait].measured_label}: more than generation {base}"
    return crossed.difference(new, old, quantity=name, trait=trait, generation=generation)


def _share(lives: pd.DataFrame, trait: str, generation: int, scope: str) -> Estimate:
    values, islands = scores(lives, trait, generation)
    name = f"H² of {TRAITS[trait].measured_label}, {scope}"
    labels = islands if SCOPES[scope] else None
    return heritability(values, labels, quantity=name, trait=trait, generation=generation)


def _correlations(lives: pd.DataFrame, generation: int) -> list[Estimate]:
    """Genetic correlations of accuracy with both fidelities, if there is a task."""
    if "accuracy" not in scored(lives):
        return []
    accuracy, islands = scores(lives, "accuracy", generation)
    return [
        correlation(
            accuracy,
            scores(lives, trait, generation)[0],
            islands if within else None,
            quantity=f"{spoken(GENETIC)} {TRAITS[trait].measured_label}, {scope}",
            trait=trait,
            generation=generation,
        )
        for trait in MAIN[1:]
        for scope, within in SCOPES.items()
    ]


def _where(lives: pd.DataFrame, trait: str, last: int, base: int | None) -> dict[str, tuple[int, int]]:
    """By replicate and by island: in how many the mean over genomes is higher, and of how many."""
    lives = lives.assign(value=of_whole(lives, trait, ["generation", "island", "id"]))
    found = {}
    for unit in ("replicate", "island"):
        means = lives.pivot_table(index=unit, columns="generation", values="value")
        means = means.reindex(columns=[last, base]).dropna()
        found[unit] = int((means[last] > means[base]).sum()), len(means)
    return found
