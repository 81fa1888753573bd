"""Complexity: the share of a genome's parts that carry information, with the noise of lives taken out of it.

The fourth hallmark of MODES (Dolson et al. 2019, Artificial Life 25 (1), 50–73) counts sites that lower fitness when
they are knocked out. Here a site is a part of the weights (`alife.assays.complexity`), and a part is *informative* of a
trait where knocking it out lowers the trait by more than the margin: what one life does to such a difference, one
standard deviation, typical of all parts and generations of the assay. A margin is needed: of a network's weights all
matter a little, and how many of many small effects are not 0 cannot be told.
"""

import operator
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from alife.traits import TRAITS
from analysis.assays.estimates import Floats, Frames, assayed, by_life, diverged, scored
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import FEWEST, interval
from analysis.templates import sentences

SELECTED: Final = ("accuracy", "replication_error")
ELSEWHERE: Final = "elsewhere"
"""Replication where nothing was knocked out: what a part does for the print of all others. ρ of the whole genome holds
the part itself, too, and what was never learned is not printed, so that there each part informs."""
INTACT: Final = -1
"""The part of those of whom nothing is knocked out."""
CELLS: Final = 60
"""Of the grid on which effects may lie, on either side of the margin."""
STEPS: Final = 150
"""Of the EM algorithm."""
AGAIN: Final = 150
"""From what all genomes give, with all of them and without each: as many, as what steps still do is no difference."""
HALF: Final = 0.5
"""Of one part: fewer of all genomes' are none, and more than all but that are all."""
LEAST: Final = 1e-300

Bools = NDArray[np.bool_]


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """By generation and score the share of informative parts, how many that is, and what a knock-out does."""
    table = frames["knockouts"]
    generations, of = assayed(table), scores(table)
    margins = {score: margin(table, score) for score in of}
    found = {(score, g): of_generation(table, score, g, margins[score]) for score in of for g in generations}
    ends = (generations[0], generations[-1])
    changes = {score: change(*(found[score, g]["share"] for g in ends[::-1])) for score in of if len(generations) > 1}
    sizes = weights_of(table)
    said = sentences("complexity", found=found, called=label, changes=changes, scores=of, ends=ends, margins=margins,
                     parts=len(sizes), weights=int(sizes.sum()), diverged=diverged(table))  # fmt: skip
    return [*(e for each in found.values() for e in each.values()), *changes.values()], said


def scores(table: pd.DataFrame) -> list[str]:
    """What parts may inform: "accuracy" if there is a task, "replication_error" and `ELSEWHERE`."""
    return [*(trait for trait in scored(table) if trait in SELECTED), ELSEWHERE]


def label(score: str) -> str:
    """In words."""
    rest = " of the other parts" if score == ELSEWHERE else ""
    return TRAITS[_trait(score)].measured_label + rest


def weights_of(table: pd.DataFrame) -> pd.Series:
    """How many weights each part has."""
    return table[table["part"] != INTACT].groupby("part")["weights"].first()


def of_generation(table: pd.DataFrame, score: str, generation: int, least: float) -> dict[str, Estimate]:
    """`share` of informative parts, `parts` and `weights` that it stands for, `mean` of what a knock-out does.

    A part is informative if one of its weights is, so that as many weights inform as parts do, at least, and at most as
    many as are in these parts.

    Args:
        table: Of the assay, `knockouts`.
        score: One of `scores`.
        generation: One of the table's.
        least: By how much an informative part lowers it, on the scale of `alife.traits.measured`.
    """
    effects = knockouts(table, score, generation)
    names: dict[str, Any] = {"trait": _trait(score), "generation": generation, "over": "genomes"}
    sizes, called = weights_of(table), label(score)
    share = informative(effects, least, quantity=f"share of parts that inform {called}", **names)
    parts, weights = (share.mapped(partial(operator.mul, of)) for of in (len(sizes), int(sizes.sum())))
    known: Bools = np.asarray(np.isfinite(effects).all(axis=2))
    lived = np.where(known, effects.mean(axis=2), np.nan)[np.any(known, axis=1)]
    return {
        "share": share,
        "parts": replace(parts, quantity=f"parts that inform {called}"),
        "weights": replace(weights, quantity=f"weights in parts that inform {called}"),
        "mean": interval(np.nanmean(lived, axis=1), quantity=f"effect of a knock-out on {called}, mean", **names),
    }


def change(new: Estimate, old: Estimate) -> Estimate:
    """How much higher the share of informative parts is in a later generation.

    The interval is recovered from those of both shares (Zou and Donner 2008, Stat. Med. 27, 1693; MOVER).
    """
    gap = new.value - old.value
    low = gap - np.hypot(new.value - new.low, old.high - old.value)
    high = gap + np.hypot(new.high - new.value, old.value - old.low)
    quantity = f"{new.quantity}: more than generation {old.generation}"
    return replace(new, value=gap, low=float(low), high=float(high), n=min(new.n, old.n), quantity=quantity)


def knockouts(table: pd.DataFrame, score: str, generation: int) -> Floats:
    """[P, B, R] what knocking out a part does in a life, on the scale of `alife.traits.measured`.

    Returns:
        Of genomes that diverge intact in none of their lives; −∞ where one without a part did.
    """
    own, trait = table[table["generation"] == generation], _trait(score)
    intact = by_life(own[own["part"] == INTACT], trait).dropna()
    out = []
    for part in weights_of(own).index:
        rows = own[own["part"] == part]
        before = intact
        if score == ELSEWHERE:
            before = by_life(rows.assign(replication_error=rows["elsewhere_intact"]), trait).loc[intact.index]
            rows = rows.assign(replication_error=rows["elsewhere"])
        out.append((by_life(rows, trait).loc[intact.index] - before).to_numpy())
    return np.nan_to_num(np.stack(out, axis=1), nan=-np.inf)


def _trait(score: str) -> str:
    return "replication_error" if score == ELSEWHERE else score


def margin(table: pd.DataFrame, score: str) -> float:
    """The standard deviation that lives leave in an effect, typical of all parts, genomes and generations."""
    logs = [_logs(knockouts(table, score, generation)) for generation in assayed(table)]
    return float(np.exp(np.concatenate(logs).mean() / 2))


def informative(effects: Floats, least: float, **names: Any) -> Estimate:
    """The share of parts whose effect, without the noise of lives, is below −`least`.

    The distribution of true effects that makes their means over lives most likely is nonparametric (Kiefer and
    Wolfowitz 1956, Ann. Math. Stat. 27, 887; by EM, Laird 1978, JASA 73, 805). What lives leave in a mean is Student's
    t of each part's own variance, moderated by those of all parts (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3, 3). The
    interval is over genomes, as parts of a genome share its intact sister: by the jackknife that leaves one genome out,
    on the scale of shares as Korn and Graubard (1998, Surv. Methodol. 24, 193) have it.

    Args:
        effects: [P, B, R] as of `knockouts`.
        least: Above 0.
        names: What is estimated: fields of `Estimate`.
    """
    n = len(effects)
    names = {"over": "genomes", **names}
    if not n or effects.shape[2] < 2 or not least > 0:
        return Estimate(np.nan, np.nan, np.nan, n, **names)
    values = pseudo_shares(effects, least)
    count = n * effects.shape[1]
    value = float(np.clip(values.mean(), 0, 1))
    value = round(value) if min(value, 1 - value) * count < HALF else value
    if n < FEWEST:
        return Estimate(value, np.nan, np.nan, n, **names)
    return Estimate(value, *_ends(value, float(values.var(ddof=1)), n, count), n, **names)


def pseudo_shares(effects: Floats, least: float) -> Floats:
    """[P] the jackknife's pseudo-values of the share of informative parts: their mean is the share, without its bias of
    first order, and they are spread as independent values of genomes would be.

    Args:
        effects: [P, B, R].
        least: As in `informative`.
    """
    n = len(effects)
    lethal: Bools = ~np.asarray(np.isfinite(effects).all(axis=2))
    likelihood, below = _likelihood(np.where(lethal[:, :, None], 0.0, effects), lethal, least)
    start = np.full(2 * CELLS, 0.5 / CELLS)
    weights = _fitted(likelihood[~lethal], start, STEPS)

    def share(of: Bools, fit: Floats) -> float:
        alive = ~lethal[of]
        return float((lethal[of].sum() + alive.sum() * fit[below].sum()) / alive.size)

    everybody = np.ones(n, bool)
    whole = share(everybody, _fitted(likelihood[~lethal], weights, AGAIN))
    if n < 2:
        return np.full(n, whole)
    out = []
    for one in range(n):
        others = np.arange(n) != one
        fit = _fitted(likelihood[others][~lethal[others]], weights, AGAIN)
        out.append(n * whole - (n - 1) * share(others, fit))
    return np.array(out)


def _likelihood(effects: Floats, lethal: Bools, least: float) -> tuple[Floats, Bools]:
    """[P, B, 2·CELLS] of each mean at each true effect, up to a factor, and which of these are informative."""
    lives = effects.shape[2]
    typical, free = _prior(effects[~lethal])
    variance = (free * typical + (lives - 1) * effects.var(axis=2, ddof=1)) / (free + lives - 1)
    means, error = effects.mean(axis=2), np.sqrt(np.maximum(variance, LEAST) / lives)
    unit = np.sqrt(typical / lives)
    reach = np.arcsinh((np.abs(means + least).max() + unit) / unit)
    grid = -least + unit * np.sinh((np.arange(-CELLS, CELLS) + 0.5) / CELLS * reach)
    z = (means[..., None] - grid) / error[..., None]
    dof = free + lives - 1
    return np.exp(-(dof + 1) / 2 * np.log1p(np.square(z) / dof)), grid < -least


def _prior(effects: Floats) -> tuple[float, float]:
    """Typical variance among lives, and how many lives beyond its own are worth as much, by moments of its logarithm.

    Of effects [n, R]; Smyth's equations in section 6.2.
    """
    half = (effects.shape[1] - 1) / 2
    logs = _logs(effects)
    beyond = logs.var(ddof=1) - special.polygamma(1, half) if len(logs) > 1 else 0.0
    free = min(2 * _trigamma_inverse(beyond), 1e4) if beyond > 0 else 1e4
    return float(np.exp(logs.mean() + special.digamma(free / 2) - np.log(free / 2))) if len(logs) else 1.0, free


def _trigamma_inverse(value: float) -> float:
    """By Newton's method, which rises to it from 0.5 + 1/value."""
    y = 0.5 + 1 / value
    for _ in range(20):
        tri = special.polygamma(1, y)
        y += tri * (1 - tri / value) / special.polygamma(2, y)
    return float(y)


def _logs(effects: Floats) -> Floats:
    """[n] logarithms of variances among lives, without the bias of the logarithm; where there is no variance none."""
    half = (effects.shape[-1] - 1) / 2
    variance = effects[np.isfinite(effects).all(axis=-1)].var(axis=-1, ddof=1)
    return np.asarray(np.log(variance[variance > 0]) - special.digamma(half) + np.log(half))


def _fitted(likelihood: Floats, weights: Floats, steps: int) -> Floats:
    """[2·CELLS] the most likely shares of true effects, of likelihoods [n, 2·CELLS]."""
    for _ in range(steps if len(likelihood) else 0):
        weights = weights * ((1 / np.maximum(likelihood @ weights, LEAST)) @ likelihood) / len(likelihood)
    return weights


def _ends(p: float, spread: float, n: int, most: int) -> tuple[float, float]:
    """Clopper and Pearson's, of as many as would be as uncertain, `most` at most; of n where all or none inform."""
    narrower = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, n - 1)) ** 2
    counted = n * p * (1 - p) / max(spread, LEAST) if 0 < p < 1 else n
    counted = min(counted, most) * narrower
    k = p * counted
    low = float(stats.beta.ppf(0.025, k, counted - k + 1)) if p > 0 else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, counted - k)) if p < 1 else 1.0
    return low, high
