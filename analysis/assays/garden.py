"""The common garden: generations compared under the same lives, and the heritability of what they score there."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.selection import CONTROLS
from analysis import style
from analysis.assays.components import Floats, correlation, heritability
from analysis.assays.results import Frames, Row, by_name, draw_estimate, finish, number, words
from analysis.demes import LABELS, OF_A_TASK, measured
from analysis.statistics import Estimate, difference, interval

BASE: Final = 3
"""The generation to beat: the first that was printed faithfully. Founders cannot be printed, and it takes emissions of
emissions to become printable, whatever selection does."""

TRAITS: Final = ("accuracy", "replication_error", "copying_error")
NAMES: Final = {"accuracy": "accuracy", "replication_error": "replication error ρ", "copying_error": "copying error"}
SCOPES: Final = {"all genomes": False, "within islands": True}
GENETIC: Final = "genetic correlation of accuracy and"


def summarise(frames: Frames, about: Mapping[str, Any]) -> tuple[list[Row], list[str]]:
    """Means by generation, differences to the base generation, H²; and what they say."""
    lives = frames["lives"]
    generations = _generations(lives)
    base = _base(generations)
    rows, statements = [], []
    for trait in _traits(lives):
        for generation in generations:
            rows.append(Row(_mean_name(trait), generation, _mean(lives, trait, generation)))
    for trait in _traits(lives):
        for generation in generations:
            if base is not None and generation != base:
                gain = _difference(lives, trait, generation, base)
                rows.append(Row(f"{LABELS[trait]}: more than generation {base}", generation, gain))
    for trait in _traits(lives)[:2]:
        for generation in generations:
            values, islands = scores(lives, trait, generation)
            for scope, within in SCOPES.items():
                share = heritability(values, islands if within else None)
                rows.append(Row(f"H² of {LABELS[trait]}, {scope}", generation, share))
    rows += _correlations(lives, generations[-1])
    if base is not None and generations[-1] != base:
        statements += _compare(lives, generations[-1], base, str(about["scheme"]))
    statements += _heritable(rows, [g for g in generations if g > 0], _traits(lives)[:2])
    statements += _correlated(rows)
    if generations[0] == 0:
        statements.append(_of_founders(rows, lives))
    return rows, statements


def _generations(lives: pd.DataFrame) -> list[int]:
    return sorted(int(generation) for generation in lives["generation"].unique())


def _base(generations: list[int]) -> int | None:
    later = [generation for generation in generations if generation > 0]
    return BASE if BASE in later else later[0] if len(later) > 1 else None


def _traits(lives: pd.DataFrame) -> list[str]:
    """Accuracy only if there is a task."""
    return [trait for trait in TRAITS if trait not in OF_A_TASK or lives[trait].any()]


def scores(lives: pd.DataFrame, trait: str, generation: int) -> tuple[Floats, Floats]:
    """[P, R] values on the scale of `LABELS`, and the island [P] of each genome."""
    rows = lives[lives["generation"] == generation]
    table = rows.assign(value=measured(rows, trait)).pivot(index=["island", "id"], columns="replicate", values="value")
    return table.to_numpy(), table.index.get_level_values("island").to_numpy()


def _of_genomes(lives: pd.DataFrame, trait: str, generation: int) -> Floats:
    """[P] means over the lives; NaN for a genome that diverged in one."""
    values = scores(lives, trait, generation)[0]
    return np.where(np.isfinite(values), values, np.nan).mean(axis=1)


def _mean_name(trait: str) -> str:
    return NAMES[trait] if trait in OF_A_TASK else f"{NAMES[trait]}, geometric mean"


def _mean(lives: pd.DataFrame, trait: str, generation: int) -> Estimate:
    """Over genomes; of an error the geometric mean."""
    e = interval(_of_genomes(lives, trait, generation), "mean")
    return e if trait in OF_A_TASK else Estimate(10**-e.value, 10**-e.high, 10**-e.low, e.n)


def _difference(lives: pd.DataFrame, trait: str, generation: int, base: int) -> Estimate:
    """Of means over genomes. Paired by life: both generations live the same ones, so that those cancel."""
    return difference(_of_genomes(lives, trait, generation), _of_genomes(lives, trait, base), centre="mean")


def _compare(lives: pd.DataFrame, last: int, base: int, scheme: str) -> list[str]:
    statements, better = [], []
    for trait in _traits(lives):
        gain = _difference(lives, trait, last, base)
        new, old = (_mean(lives, trait, generation).value for generation in (last, base))
        verb = "beats" if gain.low > 0 else "is beaten by" if gain.high < 0 else "cannot be told from"
        if gain.low > 0:
            better.append(NAMES[trait])
        statements.append(
            f"In the common garden generation {last} {verb} generation {base} in {NAMES[trait]}: {number(new)} against "
            f"{number(old)}; {LABELS[trait]} differs by {words(gain)}, higher {_where(lives, trait, last, base)}."
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
        finite = lives.assign(value=measured(lives, trait)).replace([np.inf, -np.inf], np.nan)
        means = finite.pivot_table(index=unit, columns="generation", values="value")[[last, base]].dropna()
        counts.append(one.format(int((means[last] > means[base]).sum()), len(means)))
    return " and ".join(counts)


def _heritable(rows: list[Row], generations: list[int], traits: list[str]) -> list[str]:
    found = by_name(rows)
    statements = []
    for generation in generations:
        parts = []
        for trait in traits:
            whole, within = (found[f"H² of {LABELS[trait]}, {scope}", generation] for scope in SCOPES)
            parts.append(f"{LABELS[trait]} {_share(whole)} (within islands {_share(within)})")
        statements.append(
            f"Generation {generation}: broad-sense heritability H² over replicated lives of {'; of '.join(parts)}."
        )
    return statements


def _correlations(lives: pd.DataFrame, generation: int) -> list[Row]:
    """Genetic correlations of accuracy with both fidelities, if there is a task."""
    if "accuracy" not in _traits(lives):
        return []
    accuracy, islands = scores(lives, "accuracy", generation)
    return [
        Row(
            f"{GENETIC} {LABELS[trait]}, {scope}",
            generation,
            correlation(accuracy, scores(lives, trait, generation)[0], islands if within else None),
        )
        for trait in TRAITS[1:]
        for scope, within in SCOPES.items()
    ]


def _correlated(rows: list[Row]) -> list[str]:
    found = {row.quantity: row for row in rows if row.quantity.startswith(GENETIC)}
    if not found:
        return []
    within = next(row for name, row in found.items() if name.endswith("within islands"))
    e = within.estimate
    verdict = "trade" if e.high < 0 else "go together" if e.low > 0 else "cannot be told to trade or to go together"
    return [
        f"Among genomes of generation {within.generation}, within islands, accuracy and −log₁₀ ρ {verdict}: genetic "
        f"correlation over replicated lives {words(e)}."
    ]


def _share(e: Estimate) -> str:
    if e.value >= 0 or not np.isfinite(e.value):
        return words(e)
    return f"0, truncated from the estimate {words(e)}"


def _of_founders(rows: list[Row], lives: pd.DataFrame) -> str:
    found = by_name(rows)
    rho = found[_mean_name("replication_error"), 0]
    accuracy = f" and accuracy {number(found['accuracy', 0].value)}" if "accuracy" in _traits(lives) else ""
    return (
        f"Generation 0 are founders: nobody ever printed their genomes (ρ {number(rho.value)}{accuracy} after a life), "
        "so what they score is that of random weights that need not be printable."
    )


@style.styled()
def draw(frames: Frames, about: Mapping[str, Any], rows: list[Row]) -> Figure:
    """Genomes by generation for each trait, with means, the lives that pair the generations, and H²."""
    lives = frames["lives"]
    generations, traits = _generations(lives), _traits(lives)
    figure = style.new_figure(7.2, 5.2)
    panels = figure.subplots(2, 2).ravel().tolist()
    for ax, trait in zip(panels, traits, strict=False):
        _draw_trait(ax, lives, trait, generations, rows)
    _draw_shares(panels[len(traits)], rows, [g for g in generations if g > 0], traits[:2])
    for ax in panels[len(traits) + 1 :]:
        ax.set_axis_off()
    title = f"{about['name']}: common garden of {about['replicates']} lives, seed {about['seed']}"
    return finish(figure, panels, title)


def _draw_trait(ax: Axes, lives: pd.DataFrame, trait: str, generations: list[int], rows: list[Row]) -> None:
    jitter, found = np.random.default_rng(0), by_name(rows)

    def back(values: Floats) -> Floats:
        return values if trait in OF_A_TASK else 10.0**-values

    for place, generation in enumerate(generations):
        e, genomes = found[_mean_name(trait), generation], back(_of_genomes(lives, trait, generation))
        if generation == 0 and trait not in OF_A_TASK and len(generations) > 1:
            text = f"founders:\n{number(e.value)}, far\nabove"
            ax.text(place, 0.97, text, transform=ax.get_xaxis_transform(), ha="center", va="top", fontsize=7.5)
            continue
        ax.plot(
            place + jitter.uniform(-0.22, 0.22, len(genomes)),
            genomes,
            ".",
            ms=3.5,
            mew=0,
            alpha=0.5,
            color=style.OKABE_ITO["sky"],
            label=f"a genome's mean over the lives, n = {len(genomes)} a generation",
            zorder=2,
        )
        draw_estimate(
            ax,
            place,
            e,
            fmt="D" if generation == 0 else "o",
            mfc="white" if generation == 0 else style.INK,
            zorder=4,
            label=f"mean over genomes, 95 % bootstrap interval{', founders' * (generation == 0)}",
        )
    later = [(place, generation) for place, generation in enumerate(generations) if generation > 0]
    if len(later) > 1:
        means = np.array([np.nanmean(scores(lives, trait, generation)[0], axis=0) for _, generation in later])
        lines = ax.plot(
            [place for place, _ in later], back(means), color=style.OKABE_ITO["vermillion"], lw=0.7, zorder=3
        )
        lines[0].set_label("mean over genomes in each of the common lives")
    if trait not in OF_A_TASK:
        ax.set_yscale("log")
        style.log_axis(ax, "y")
    ax.set_ylabel(NAMES[trait])
    ax.set_xlim(-0.5, len(generations) - 0.5)
    founders = "0: founders\n(never printed)" if len(generations) < 5 else "0"
    ax.set_xticks(range(len(generations)), [founders if g == 0 else str(g) for g in generations])
    ax.set_xlabel("generation")


def _draw_shares(ax: Axes, rows: list[Row], generations: list[int], traits: list[str]) -> None:
    found = by_name(rows)
    names: list[str] = []
    for trait in traits:
        for generation in generations:
            for offset, (scope, within) in zip((-0.12, 0.12), SCOPES.items(), strict=True):
                draw_estimate(
                    ax,
                    len(names) + offset,
                    found[f"H² of {LABELS[trait]}, {scope}", generation],
                    upright=False,
                    fmt="s" if within else "o",
                    color=style.OKABE_ITO["green" if within else "blue"],
                    label=f"H², {scope}, 95 % bootstrap interval",
                )
            names.append(f"{'accuracy' if trait in OF_A_TASK else '−log ρ'}, gen. {generation}")
    ax.axvline(0, color=style.FAINT, lw=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel("broad-sense heritability H²")
