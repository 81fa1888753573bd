"""The common garden's figure: genomes by generation, the lives that pair generations, and heritabilities."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.traits import TRAITS, natural
from alife.words import count
from analysis.assays.estimates import assayed, by_name, scored
from analysis.assays.garden import SCOPES, mean_name, of_genomes, of_lives
from analysis.assays.results import Result
from analysis.figures import canvas, convention, legends, palette, scales
from analysis.figures.estimates import draw_estimate
from analysis.figures.style import look
from analysis.numbers import number
from analysis.statistics.estimate import Estimate

Found = Mapping[tuple[str, int | None], Estimate]
"""Estimates by quantity and generation."""


@convention.figure
def garden(result: Result, figure: Figure | None = None, **style: Any) -> Figure:
    """Genomes by generation for each trait, with means, the lives that pair the generations, and H².

    Args:
        result: Of a garden.
        figure: Empty; a new one if None.
        style: Of the means over genomes, as `Axes.errorbar` takes it.

    Example:
        >>> figure = alife.figures.garden(alife.assay("runs/first", "garden", sample=4, replicates=2))
    """
    lives, about, found = result.frames["lives"], result.about, by_name(result.rows)
    generations, traits = assayed(lives), scored(lives)
    figure = canvas.own_figure(figure, 7.2, 5.2)
    panels = figure.subplots(2, 2).ravel().tolist()
    for ax, trait in zip(panels, traits, strict=False):
        _draw_trait(ax, lives, trait, generations, found, style)
    _draw_shares(panels[len(traits)], found, [g for g in generations if g > 0], traits[:2])
    for ax in panels[len(traits) + 1 :]:
        ax.set_axis_off()
    legends.of_figure(figure, panels, 2)
    lived = count(about["replicates"], "life", "lives")
    canvas.title(figure, f"{about['name']}: common garden of {lived}, seed {about['seed']}")
    return figure


def _draw_trait(
    ax: Axes, lives: pd.DataFrame, trait: str, generations: Sequence[int], found: Found, style: Mapping[str, Any]
) -> None:
    genomes = [natural(trait, of_genomes(lives, trait, generation)) for generation in generations]
    sign = "=" if all(np.isfinite(values).all() for values in genomes) else "≤"
    jitter = np.random.default_rng(0)
    for place, (generation, values) in enumerate(zip(generations, genomes, strict=True)):
        e = found[mean_name(trait), generation]
        if generation == 0 and TRAITS[trait].log and len(generations) > 1:
            text = f"founders:\n{number(e.value)}, far\nabove"
            ax.text(place, 0.97, text, transform=ax.get_xaxis_transform(), ha="center", va="top", fontsize="small")
            continue
        label = f"a genome's mean over the lives, n {sign} {len(values)} a generation"
        dots: dict[str, Any] = {"color": palette.OKABE_ITO["sky"], "alpha": 0.5, "label": label, "zorder": 2}
        ax.plot(place + jitter.uniform(-0.22, 0.22, len(values)), values, ".", ms=3.5, mew=0, **dots)
        label = f"mean, 95 % interval over genomes and lives{', founders' * (generation == 0)}"
        founders: dict[str, Any] = {"marker": "D", "mfc": palette.paper()} if generation == 0 else {}
        draw_estimate(ax, place, e, **look(style, label=label, **founders))
    _draw_lives(ax, lives, trait, generations)
    if TRAITS[trait].log:
        ax.set_yscale("log")
        scales.log_axis(ax, "y")
    first = "0: founders\n(never printed)" if len(generations) < 5 else "0"
    ax.set_xticks(range(len(generations)), [first if g == 0 else str(g) for g in generations])
    ax.set(ylabel=TRAITS[trait].label, xlabel="generation", xlim=(-0.5, len(generations) - 0.5))


def _draw_lives(ax: Axes, lives: pd.DataFrame, trait: str, generations: Sequence[int]) -> None:
    """A line a life through the generations that shared it."""
    later = [place for place, generation in enumerate(generations) if generation > 0]
    if len(later) > 1:
        means = [of_lives(lives, trait, generations[place]) for place in later]
        lines = ax.plot(later, natural(trait, np.array(means)), color=palette.OKABE_ITO["vermillion"], lw=0.7, zorder=3)
        lines[0].set_label("mean over genomes in each of the common lives")


def _draw_shares(ax: Axes, found: Found, generations: Sequence[int], traits: Sequence[str]) -> None:
    rows = [(trait, generation) for trait in traits for generation in generations]
    for place, (trait, generation) in enumerate(rows):
        for offset, (scope, within) in zip((-0.12, 0.12), SCOPES.items(), strict=True):
            e = found[f"H² of {TRAITS[trait].measured_label}, {scope}", generation]
            label = f"H², {scope}, 95 % interval"
            own = (
                {"marker": "s", "color": palette.OKABE_ITO["green"]} if within else {"color": palette.OKABE_ITO["blue"]}
            )
            draw_estimate(ax, e, place + offset, label=label, **own)
    ax.axvline(0, color=palette.faint(), lw=0.8)
    ax.set_yticks(range(len(rows)), [f"{TRAITS[trait].fidelity}, gen. {generation}" for trait, generation in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("broad-sense heritability H²\nwithin a common life")
