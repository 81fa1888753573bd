"""The distribution of fitness effects (DFE) of new mutations through time, with the noise of lives taken out of it.

An effect is a mutant's trait less that of its sister without the mutation in the same life, averaged over R lives. What
lives differ by leaves noise in it, of a size that the spread among a mutation's own lives tells. `summarise` gives
mean, spread and the share of beneficial mutations of each generation.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.traits import TRAITS
from analysis.assays.components import deviation
from analysis.assays.estimates import Floats, Frames, assayed, diverged, scored
from analysis.assays.mutation import chance, paired_scores
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import difference, interval
from analysis.templates import sentences

CELLS: Final = 80
"""Of the grid on which effects may lie, half of them on either side of 0."""
SHARES: Final = np.linspace(0, 1, 41)
"""Shares of beneficial mutations whose likelihood is looked at."""
STEPS: Final = 60
"""Of the EM algorithm."""
DROP: Final = 3.841459 / 2
"""Of the log-likelihood to the ends of a 95 % interval: half of χ²'s 95 % quantile, 1 degree of freedom."""
LEAST: Final = 1e-300


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """By generation and trait the mean effect, its spread among mutations and the share of them that is beneficial."""
    table = frames["effects"]
    generations, traits = assayed(table), scored(table)
    found = {(trait, g): of_generation(table, trait, g) for trait in traits for g in generations}
    changes = [_change(table, trait, generations) for trait in traits] if len(generations) > 1 else []
    said = sentences("dfe", found=found, changes=changes, traits=traits, ends=(generations[0], generations[-1]),
                     diverged=diverged(table))  # fmt: skip
    return [*(e for each in found.values() for e in each.values()), *changes], said


def of_generation(table: pd.DataFrame, trait: str, generation: int) -> dict[str, Estimate]:
    """`mean`, `spread`, `beneficial` and `chance` of a generation's mutations, on the scale of `traits.measured`."""
    noisy, clean = paired_scores(table[table["generation"] == generation], trait)
    effects = _whole(noisy - clean)
    label = TRAITS[trait].measured_label
    names: dict[str, Any] = {"trait": trait, "generation": generation, "over": "mutations"}
    mean, spread = f"effect on {label}, mean", f"effect on {label}, sd among mutations"
    return {
        "mean": interval(effects.mean(axis=1), quantity=mean, **names),
        "spread": deviation(effects, quantity=spread, **names),
        "beneficial": beneficial(effects, quantity=f"share of mutations that raise {label}", **names),
        "chance": chance(
            _whole(clean), quantity=f"{label}, sd of the difference of two lives of a genome without mutation",
            trait=trait, generation=generation,
        ),
    }  # fmt: skip


def noise_of(effects: Floats) -> float:
    """Standard deviation that lives leave in a mutation's mean effect, [P, R]; pooled over mutations."""
    return float(np.sqrt(effects.var(axis=1, ddof=1).mean() / effects.shape[1]))


def beneficial(effects: Floats, **names: Any) -> Estimate:
    """The share of mutations whose effect, without the noise of lives, is above 0.

    The distribution of true effects that makes the means over lives most likely, given normal noise of `noise_of`, is
    nonparametric (Kiefer and Wolfowitz 1956, Ann. Math. Stat. 27, 887; by EM, Laird 1978, JASA 73, 805),
    on a grid of which 0 is an edge. It is found for each share above 0; the share with the highest likelihood is the
    estimate, and its 95 % interval has those whose likelihood is lower by half of χ²'s quantile at most. Simulated
    with 48 and 96 mutations, normal, exponential, gamma and two-valued effects, and noise from a third of their spread
    to as much, it covers 92 to 100 %, least where many effects lie just below 0. It is wide where noise hides the sign
    of most.

    Args:
        effects: [P, R], finite; two lives at least.
        names: What is estimated: fields of `Estimate`.
    """
    n, lives = effects.shape
    if n < 2 or lives < 2 or not (noise := noise_of(effects)) > 0:
        share = float((effects.mean(axis=1) > 0).mean()) if n else np.nan
        return Estimate(share, np.nan, np.nan, n, **names)
    likelihood = _profile(effects.mean(axis=1), noise)
    best = int(likelihood.argmax())
    drop = likelihood[best] - likelihood - DROP
    low, high = (_end(drop, best, side) for side in (-1, 1))
    return Estimate(float(SHARES[best]), low, high, n, **names)


def _end(drop: Floats, best: int, side: int) -> float:
    """Where the likelihood has dropped by enough on one side of the best share, by interpolation."""
    places = np.arange(best, -1 if side < 0 else len(drop), side)
    beyond = places[drop[places] > 0]
    if not len(beyond):
        return float(SHARES[places[-1]])
    far, near = beyond[0], beyond[0] - side
    part = -drop[near] / (drop[far] - drop[near])
    return float(SHARES[near] + part * (SHARES[far] - SHARES[near]))


def deconvolved(effects: Floats, share: float) -> tuple[Floats, Floats]:
    """The most likely distribution of true effects with such a share above 0: places [CELLS] and their shares."""
    means, noise = effects.mean(axis=1), noise_of(effects)
    grid, likelihood = _grid(means, noise)
    weights: Floats = _fitted(likelihood, grid > 0, np.array([share]))[0]
    return grid, weights


def _profile(means: Floats, noise: float) -> Floats:
    """[SHARES] log-likelihood, up to a constant."""
    grid, likelihood = _grid(means, noise)
    weights = _fitted(likelihood, grid > 0, SHARES)
    return np.asarray(np.log(np.maximum(weights @ likelihood.T, LEAST)).sum(axis=1))


def _grid(means: Floats, noise: float) -> tuple[Floats, Floats]:
    """Places [CELLS], and the likelihood of each mean at each of them [P, CELLS]."""
    step = max(float(np.abs(means).max()), 3 * noise) / (CELLS // 2)
    grid = (np.arange(-(CELLS // 2), CELLS // 2) + 0.5) * step
    return np.asarray(grid), np.exp(-np.square((means[:, None] - grid) / noise) / 2)


def _fitted(likelihood: Floats, above: Any, shares: Floats) -> Floats:
    """[S, CELLS] the most likely distributions that have such shares above 0."""
    parts = ((above, shares), (~above, 1 - shares))
    weights = np.where(above, shares[:, None], 1 - shares[:, None]) / (len(above) / 2)
    for _ in range(STEPS):
        weights = weights * ((1 / np.maximum(weights @ likelihood.T, LEAST)) @ likelihood)
        for side, total in parts:
            sums = weights[:, side].sum(axis=1)
            weights[:, side] *= np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
    return weights


def _change(table: pd.DataFrame, trait: str, generations: list[int]) -> Estimate:
    """How much higher the mean effect is in the last generation than in the first."""
    means = []
    for generation in (generations[-1], generations[0]):
        noisy, clean = paired_scores(table[table["generation"] == generation], trait)
        means.append(_whole(noisy - clean).mean(axis=1))
    name = f"effect on {TRAITS[trait].measured_label}, mean: more than generation {generations[0]}"
    return difference(*means, quantity=name, trait=trait, generation=generations[-1], over="mutations")


def _whole(values: Floats) -> Floats:
    return values[np.isfinite(values).all(axis=1)]
