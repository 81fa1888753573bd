"""The common garden's figure: genomes by generation, the lives that pair generations, and heritabilities."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import TRAITS, natural
from alife.words import count
from analysis.assays.drawing import draw_estimate, finish
from analysis.assays.estimates import Frames, by_name
from analysis.assays.garden import SCOPES, assayed, mean_name, of_genomes, scored, scores
from analysis.figures import style
from analysis.numbers import number
from analysis.statistics.estimate import Estimate


@style.styled()
def draw(frames: Frames, about: Mapping[str, Any], rows: list[Estimate]) -> Figure:
    """Genomes by generation for each trait, with means, the lives that pair the generations, and H²."""
    lives = frames["lives"]
    generations, traits = assayed(lives), scored(lives)
    figure = style.new_figure(7.2, 5.2)
    panels = figure.subplots(2, 2).ravel().tolist()
    for ax, trait in zip(panels, traits, strict=False):
        _draw_trait(ax, lives, trait, generations, rows)
    _draw_shares(panels[len(traits)], rows, [g for g in generations if g > 0], traits[:2])
    for ax in panels[len(traits) + 1 :]:
        ax.set_axis_off()
    title = f"{about['name']}: common garden of {count(about['replicates'], 'life', 'lives')}, seed {about['seed']}"
    return finish(figure, panels, title)


def _draw_trait(ax: Axes, lives: pd.DataFrame, trait: str, generations: list[int], rows: list[Estimate]) -> None:
    whole = all(np.isfinite(of_genomes(lives, trait, generation)).all() for generation in generations)
    sign = "=" if whole else "≤"
    jitter, found = np.random.default_rng(0), by_name(rows)

    for place, generation in enumerate(generations):
        e, genomes = found[mean_name(trait), generation], natural(trait, of_genomes(lives, trait, generation))
        if generation == 0 and TRAITS[trait].log and len(generations) > 1:
            text = f"founders:\n{number(e.value)}, far\nabove"
            ax.text(place, 0.97, text, transform=ax.get_xaxis_transform(), ha="center", va="top", fontsize="small")
            continue
        ax.plot(
            place + jitter.uniform(-0.22, 0.22, len(genomes)),
            genomes,
            ".",
            ms=3.5,
            mew=0,
            alpha=0.5,
            color=style.OKABE_ITO["sky"],
            label=f"a genome's mean over the lives, n {sign} {len(genomes)} a generation",
            zorder=2,
        )
        draw_estimate(
            ax,
            place,
            e,
            fmt="D" if generation == 0 else "o",
            mfc=style.paper() if generation == 0 else style.ink(),
            zorder=4,
            label=f"mean over genomes, 95 % bootstrap interval{', founders' * (generation == 0)}",
        )
    later = [(place, generation) for place, generation in enumerate(generations) if generation > 0]
    if len(later) > 1:
        means = np.array([np.nanmean(scores(lives, trait, generation)[0], axis=0) for _, generation in later])
        lines = ax.plot(
            [place for place, _ in later], natural(trait, means), color=style.OKABE_ITO["vermillion"], lw=0.7, zorder=3
        )
        lines[0].set_label("mean over genomes in each of the common lives")
    if TRAITS[trait].log:
        ax.set_yscale("log")
        style.log_axis(ax, "y")
    ax.set_ylabel(TRAITS[trait].label)
    ax.set_xlim(-0.5, len(generations) - 0.5)
    founders = "0: founders\n(never printed)" if len(generations) < 5 else "0"
    ax.set_xticks(range(len(generations)), [founders if g == 0 else str(g) for g in generations])
    ax.set_xlabel("generation")


def _draw_shares(ax: Axes, rows: list[Estimate], generations: list[int], traits: list[str]) -> None:
    found = by_name(rows)
    names: list[str] = []
    for trait in traits:
        for generation in generations:
            for offset, (scope, within) in zip((-0.12, 0.12), SCOPES.items(), strict=True):
                draw_estimate(
                    ax,
                    len(names) + offset,
                    found[f"H² of {TRAITS[trait].measured_label}, {scope}", generation],
                    upright=False,
                    fmt="s" if within else "o",
                    color=style.OKABE_ITO["green" if within else "blue"],
                    label=f"H², {scope}, 95 % bootstrap interval",
                )
            names.append(f"{TRAITS[trait].fidelity}, gen. {generation}")
    ax.axvline(0, color=style.faint(), lw=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel("broad-sense heritability H²\nwithin a common life")
