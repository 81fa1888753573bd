"""The static figures of a sweep, one set for each group of treatments that differ by selection alone."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import TRAITS
from alife.words import count
from analysis.data.run import Run
from analysis.data.treatments import control
from analysis.evolution.fronts import common_generation
from analysis.figures import forces, legends, style, tradeoff, trajectories
from analysis.figures.drawing import attempt
from analysis.figures.estimates import draw_estimate
from analysis.report import trade_pictures, trend_pictures
from analysis.report.page import Picture
from analysis.report.pictures import Files, picture
from analysis.report.treatments import WEIGHT, Sweep, at_the_end, ends, families, weighted
from analysis.statistics.intervals import FEWEST

Family = Mapping[str, Sequence[Run]]

FIGURES: Final = {
    "sites": "Where the treatments sit on the plane: interquartile means over runs with 95 % bootstrap intervals over "
    "runs, in the last generation. Up and to the left is better; a trade-off is a slope upwards to the right.",
    "lives": "Within a life: the same genomes live for more and less of the task. Each path goes through task weights "
    "(beside the marks); one that climbs to the right buys accuracy with replication, one that climbs straight up has "
    "it for nothing.",
    "genomes": "Among genomes: what replicated lives of the children of a run's last generation say, within islands. "
    "Each circle is a run; left of 0, genomes that classify better print worse.",
    "traits": "Traits by generation: median over runs and its 95 % bootstrap interval. What shuffled does too is not "
    "selection.",
    "beyond": "Left: each trait by generation, and where founders are given the same life. Right: how far it is beyond "
    "the shuffled control of the same seeds; a band that leaves 0 is selection.",
    "hypervolume": "Hypervolume by generation: median over runs and its interval.",
    "surfaces": "Attainment surfaces in the last generation that all have: what half of a treatment's runs attain, and "
    "between what one and what all of them do. Further up and to the left is better.",
    "attainment": "Where on the plane one treatment's runs attain what the other's do not, in the last generation that "
    "all have: blue is the first's, vermillion the second's.",
    "selection": "Selection differentials, realised: right of 0, parents have more of the trait than those they beat.",
    "price": "The Price equation's components added up, by treatment.",
}
"""How to read each."""


def sites(family: Family) -> Figure:
    """Treatments on the plane of copying error and accuracy.

    Raises:
        UserError: Their runs have no task, or nobody survived.
    """
    if all(run.setting("task") == "none" for runs in family.values() for run in runs):
        raise UserError("runs without a task have no accuracy to trade against replication")
    with style.styled():
        figure = style.new_figure(5.6, 4.6)
        ax = figure.add_subplot()
        looks = zip(itertools.cycle(style.cycle()), itertools.cycle("osv^D*PX"), strict=False)
        for (label, runs), (colour, marker) in zip(family.items(), looks, strict=False):
            x, y = (at_the_end(runs, trait) for trait in ("copying_error", "accuracy"))
            if np.isfinite([x.value, y.value]).all():
                bar = "" if x.n < FEWEST else " and its 95 % bootstrap interval"
                few = f", too few for an interval: fewer than {FEWEST}" if x.n < FEWEST else ""
                look: dict[str, Any] = {"color": colour, "marker": marker, "ms": 6, "ls": "none", "elinewidth": 1.6}
                draw_estimate(ax, x, y, label=f"{label}: IQM{bar}, n = {count(x.n, 'run')}{few}", **look)
        if not ax.has_data():
            raise UserError("nobody lived to the end of the last generation of any run")
        low, high = ax.get_xlim()
        ax.set_xlim(max(low, 0.5 * ax.dataLim.x0), high)
        style.log_axis(ax, "x")
        ax.set(xlabel=TRAITS["copying_error"].directed, ylabel=TRAITS["accuracy"].directed)
        style.title(ax, "last generation; intervals over runs")
        legends.of_axes(ax, below=True)
    return figure


def sweep_pictures(sweep: Sweep, files: Files, say: Callable[[str], None]) -> list[Picture]:
    """Draw and save all figures.

    Args:
        sweep: From `treatments.load`.
        files: Where they go.
        say: Takes a line for each that cannot be drawn.
    """
    out = []
    groups = families(sweep.groups, "selection")
    alone = {label: runs for label, runs in sweep.groups.items() if not any(label in family for family in groups)}
    for number, family in enumerate([*groups, *([alone] if alone else [])]):
        for name, how in FIGURES.items():
            stem = name if number == 0 else f"{name}-{number + 1}"
            whose = ", ".join(family)
            draw, tell = partial(_draw, name, family, sweep.whole), partial(_left_out, say, whose)
            if not attempt(stem, draw, files.folder, tell, files.formats, files.dpi):
                continue
            out.append(picture(stem, files.png(stem), f"{how} Treatments: {whose}.", how, files.links(stem)))
    return out


def _left_out(say: Callable[[str], None], whose: str, line: str) -> None:
    say(f"{line} (treatments: {whose})")


def _draw(name: str, family: Family, whole: bool) -> Figure:
    if name == "sites":
        return sites(family)
    if name == "attainment":
        return _attainment(family)
    if name == "surfaces":
        return _surfaces(family)
    if name in ("lives", "genomes"):
        return getattr(trade_pictures, name)(family)
    if not whole:
        raise UserError("the sweep is too large for it: name fewer runs")
    if name == "beyond":
        return trend_pictures.beyond(family)
    if name == "traits":
        return trajectories.traits(family)
    if name == "hypervolume":
        return style.figure_of(tradeoff.hypervolume_by_generation(family))
    return (forces.selection if name == "selection" else forces.cumulated)(family)


def _surfaces(family: Family) -> Figure:
    """One a treatment, on the same axes."""
    generation = common_generation([run for runs in family.values() for run in runs])
    with style.styled():
        ax = style.new_figure(5.6, 5.2).add_subplot()
        for (label, runs), colour in zip(family.items(), itertools.cycle(style.cycle()), strict=False):
            tradeoff.attainment(runs, ax, generation=generation, label=label, colour=colour)
    return style.figure_of(ax)


def _attainment(family: Family) -> Figure:
    """The heaviest w against the lightest, or the first treatment against the control."""
    over_w = weighted(family)
    null = control(family)
    others = [label for label in family if label != null]
    if over_w:
        low, high = ends(over_w[0], WEIGHT)
    elif len(family) < 2:
        raise UserError("there is one treatment: nothing to compare")
    else:
        high, low = others[0], null or others[1]
    return style.figure_of(tradeoff.attainment_difference(family[high], family[low], labels=(high, low)))
