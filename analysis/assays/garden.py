"""The common garden: generations compared under the same lives, and the heritability of what they score there."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.evolution.selection import CONTROLS
from alife.traits import MAIN, OF_A_TASK, TRAITS, measured
from analysis.assays.components import Floats, correlation, heritability
from analysis.assays.estimates import Frames, by_name
from analysis.numbers import number, words
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import difference, interval

BASE: Final = 3
"""The generation to beat: the first that was printed faithfully. Founders cannot be printed, and it takes emissions of
emissions to become printable, whatever selection does."""

SCOPES: Final = {"all genomes": False, "within islands": True}
GENETIC: Final = "genetic correlation of accuracy and"


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Estimate], list[str]]:
    """Means by generation, differences to the base generation, H²; and what they say."""
    lives = frames["lives"]
    generations = assayed(lives)
    base = _base(generations)
    rows, statements = [], []
    for trait in scored(lives):
        for generation in generations:
            rows.append(_mean(lives, trait, generation))
    for trait in scored(lives):
        for generation in generations:
            if base is not None and generation != base:
                rows.append(_difference(lives, trait, generation, base))
    for trait in scored(lives)[:2]:
        for generation in generations:
            values, islands = scores(lives, trait, generation)
            for scope, within in SCOPES.items():
                name = f"H² of {TRAITS[trait].measured_label}, {scope}"
                rows.append(
                    heritability(values, islands if within else None, quantity=name, trait=trait, generation=generation)
                )
    rows += _correlations(lives, generations[-1])
    if base is not None and generations[-1] != base:
        statements += _compare(lives, generations[-1], base, str(about["scheme"]))
    statements += _heritable(rows, [g for g in generations if g > 0], scored(lives)[:2])
    statements += _correlated(rows)
    if generations[0] == 0:
        statements.append(_of_founders(rows, lives))
    return rows, statements


def assayed(lives: pd.DataFrame) -> list[int]:
    """Generations, ascending."""
    return sorted(int(generation) for generation in lives["generation"].unique())


def _base(generations: list[int]) -> int | None:
    later = [generation for generation in generations if generation > 0]
    return BASE if BASE in later else later[0] if len(later) > 1 else None


def scored(lives: pd.DataFrame) -> list[str]:
    """Accuracy only if there is a task."""
    return [trait for trait in MAIN if trait not in OF_A_TASK or lives[trait].any()]


def scores(lives: pd.DataFrame, trait: str, generation: int) -> tuple[Floats, Floats]:
    """[P, R] values as `alife.traits.measured` gives them, and the island [P] of each genome."""
    rows = lives[lives["generation"] == generation]
    rows = rows.assign(value=measured(trait, rows[trait]))
    table = rows.pivot(index=["island", "id"], columns="replicate", values="value")
    return table.to_numpy(), table.index.get_level_values("island").to_numpy()


def of_genomes(lives: pd.DataFrame, trait: str, generation: int) -> Floats:
    """[P] means over the lives; NaN for a genome that diverged in one."""
    values = scores(lives, trait, generation)[0]
    return np.where(np.isfinite(values), values, np.nan).mean(axis=1)


def mean_name(trait: str) -> str:
    """What a row calls a trait's mean."""
    return TRAITS[trait].label if trait in OF_A_TASK else f"{TRAITS[trait].label}, geometric mean"


def _mean(lives: pd.DataFrame, trait: str, generation: int) -> Estimate:
    """Over genomes; of an error the geometric mean."""
    names: dict[str, Any] = {"quantity": mean_name(trait), "trait": trait, "generation": generation, "over": "genomes"}
    return interval(of_genomes(lives, trait, generation), "mean", **names).natural()


def _difference(lives: pd.DataFrame, trait: str, generation: int, base: int) -> Estimate:
    """Of means over genomes. Paired by life: both generations live the same ones, so that those cancel."""
    name = f"{TRAITS[trait].measured_label}: more than generation {base}"
    new, old = (of_genomes(lives, trait, one) for one in (generation, base))
    return difference(new, old, centre="mean", quantity=name, trait=trait, generation=generation, over="genomes")


def _compare(lives: pd.DataFrame, last: int, base: int, scheme: str) -> list[str]:
    statements, better = [], []
    for trait in scored(lives):
        gain = _difference(lives, trait, last, base)
        new, old = (_mean(lives, trait, generation).value for generation in (last, base))
        verb = "beats" if gain.low > 0 else "is beaten by" if gain.high < 0 else "cannot be told from"
        if gain.low > 0:
            better.append(TRAITS[trait].label)
        statements.append(
            f"In the common garden generation {last} {verb} generation {base} in {TRAITS[trait].label}: {number(new)} "
            f"against {number(old)}; {TRAITS[trait].measured_label} differs by {words(gain)}, higher "
            f"{_where(lives, trait, last, base)}."
        )
    if better and scheme in CONTROLS:
        statements.append(
            f"Parents were chosen without regard to scores ({scheme}): what differs is drift, no adaptation."
        )
    elif better:
        statements.append(
            f"Beating generation {base} there is adaptation ({', '.join(better)}) as far as the shuffled control of "
            "the same seed gains less in the same assay: drift moves means too, and these intervals do not hold it."
        )
    return statements


def _where(lives: pd.DataFrame, trait: str, last: int, base: int) -> str:
    """In how many of the lives, and on how many of the islands, the mean over genomes is higher."""
    counts = []
    for unit, one in (("replicate", "in {} of {} lives"), ("island", "on {} of {} islands")):
        finite = lives.assign(value=measured(trait, lives[trait])).replace([np.inf, -np.inf], np.nan)
        means = finite.pivot_table(index=unit, columns="generation", values="value")
        means = means.reindex(columns=[last, base]).dropna()
        counts.append(one.format(int((means[last] > means[base]).sum()), len(means)))
    return " and ".join(counts)


def _heritable(rows: list[Estimate], generations: list[int], traits: list[str]) -> list[str]:
    found = by_name(rows)
    statements = []
    for generation in generations:
        parts = []
        for trait in traits:
            whole, within = (found[f"H² of {TRAITS[trait].measured_label}, {scope}", generation] for scope in SCOPES)
            parts.append(f"{TRAITS[trait].measured_label} {_share(whole)} (within islands {_share(within)})")
        statements.append(
            f"Generation {generation}: broad-sense heritability H² within a common life, over replicated lives, of "
            f"{'; of '.join(parts)}."
        )
    return statements


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
            quantity=f"{GENETIC} {TRAITS[trait].measured_label}, {scope}",
            trait=trait,
            generation=generation,
        )
        for trait in MAIN[1:]
        for scope, within in SCOPES.items()
    ]


def _correlated(rows: list[Estimate]) -> list[str]:
    found = {row.quantity: row for row in rows if row.quantity.startswith(GENETIC)}
    if not found:
        return []
    e = next(row for name, row in found.items() if name.endswith("within islands"))
    who = f"Among genomes of generation {e.generation}, within islands,"
    if not np.isfinite(e.value):
        return [
            f"{who} the genetic correlation of accuracy and −log₁₀ ρ is undefined: by one of them the genomes "
            "cannot be told apart."
        ]
    size = words(e) if np.isfinite(e.low) else f"{number(e.value)}, with no interval, as resamples leave it undefined"
    verdict = "trade" if e.high < 0 else "go together" if e.low > 0 else "cannot be told to trade or to go together"
    return [f"{who} accuracy and −log₁₀ ρ {verdict}: genetic correlation over replicated lives {size}."]


def _share(e: Estimate) -> str:
    if e.value >= 0 or not np.isfinite(e.value):
        return words(e)
    return f"0, truncated from the estimate {words(e)}"


def _of_founders(rows: list[Estimate], lives: pd.DataFrame) -> str:
    found = by_name(rows)
    rho = found[mean_name("replication_error"), 0]
    accuracy = f" and accuracy {number(found[mean_name('accuracy'), 0].value)}" if "accuracy" in scored(lives) else ""
    return (
        f"Generation 0 are founders: nobody ever printed their genomes (ρ {number(rho.value)}{accuracy} after a life), "
        "so what they score is that of random weights that need not be printable."
    )
