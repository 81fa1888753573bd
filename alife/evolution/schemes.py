"""The shipped schemes of selection: from scores to each individual's chance to be the parent of a child.

`alife.evolution.selection` draws parents by them. A new one is a function in `SCHEMES`, under a name of its own; the
command and the tests walk that registry. Rows of [..., P] are islands or generations that do not compete. A scheme with
parameters of its own has an argument `parameters`; one that needs more than scores has keyword arguments of `OFFERS`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import moocore
import numpy as np

from alife import plugins
from alife.configuration import schemes
from alife.evolution.fitness import (
    Bools,
    Doubles,
    Ints,
    Rules,
    exponential,
    mixed,
    places,
    proportional,
    share,
    standardise,
    winners,
)
from alife.evolution.lexicase import lexicase
from alife.evolution.niches import map_elites, novelty, speciation


def _tournament(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """The fittest of `selection.tournament_size` drawn with replacement."""
    return winners(mixed(scores, living, rules.accuracy_weight), living, rules.tournament_size)


def _truncation(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Uniform over the fittest share of the living, rounded up; equals at its edge share what is left."""
    worse, no_better, number = places(mixed(scores, living, rules.accuracy_weight), living)
    kept = np.maximum(np.ceil(rules.truncation * number - 1e-9), 1)
    inside = np.clip(no_better - np.maximum(worse, number - kept), 0, None)
    return np.where(living, inside / np.maximum(no_better - worse, 1) / kept, 0.0)


def _roulette(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """In proportion to exp(fitness)."""
    return proportional(exponential(mixed(scores, living, rules.accuracy_weight), living), living)


def _nsga2(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Binary tournament on Pareto rank, then crowding distance (Deb et al. 2002); no weight."""
    points = np.stack([standardise(score, living) for score in scores], axis=-1)
    order = np.zeros(living.shape)
    for row in np.ndindex(living.shape[:-1]):
        alive = living[row]
        if alive.any():
            order[row][alive] = _crowded_order(points[row][alive])
    return winners(order, living, 2)


def _crowded_order(points: Doubles) -> Ints:
    """[P] integers that are larger for a better point of [P, 2], both coordinates maximised, and equal for equals.

    Crowding is over distinct points (Fortin & Parizeau, GECCO 2013), so that clones are equals instead of being
    favoured by their order.
    """
    unique, inverse = np.unique(points, axis=0, return_inverse=True)
    front = moocore.pareto_rank(unique, maximise=True)
    along = np.lexsort((unique[:, 0], front))
    span = np.ptp(unique, axis=0)
    gap = np.abs(unique[along[2:]] - unique[along[:-2]]) / np.where(span > 0, span, 1.0)
    inner = front[along[2:]] == front[along[:-2]]
    crowding = np.full(len(unique), np.inf)
    crowding[along[1:-1]] = np.where(inner, gap.sum(axis=-1), np.inf)
    _, place = np.unique(np.stack([-front.astype(np.float64), crowding], axis=-1), axis=0, return_inverse=True)
    return place.reshape(-1)[inverse.reshape(-1)]


def _drift(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Equal chances: nobody is selected."""
    return share(living)


SCHEMES: Final[Mapping[str, Callable[..., Doubles]]] = MappingProxyType(
    {
        "tournament": _tournament,
        "truncation": _truncation,
        "roulette": _roulette,
        "nsga2": _nsga2,
        "lexicase": lexicase,
        "novelty": novelty,
        "map_elites": map_elites,
        "speciation": speciation,
        "drift": _drift,
    }
)
"""Chances of parenthood, [..., P], from (accuracy, −log ρ), who lives, and the rules. Read-only: what is patched in at
run time would go on record under the name of the shipped one."""

OFFERS: Final = ("answers", "clades", "random")
"""What a shipped scheme is given, too, if it asks for it by name."""


def asks(name: str) -> tuple[str, ...]:
    """What of `OFFERS` a shipped scheme asks for; one that asks is called for one island at a time."""
    return tuple(each for each in OFFERS if each in _arguments(name))


@cache
def _arguments(name: str) -> frozenset[str]:
    """What a shipped scheme takes by name: to read a signature takes as long as a tenth of a tiny life."""
    return frozenset(plugins.named_arguments(SCHEMES[name]))


def parameters(rules: Rules) -> Any:
    """The parameters of a shipped scheme, as its model in `alife.configuration.schemes`; None if it has none."""
    model = schemes.SCHEMES[rules.scheme]
    return None if model is None else model.model_validate(dict(rules.parameters))


def chances(rules: Rules, scores: tuple[Doubles, Doubles], living: Bools, offered: Mapping[str, Any]) -> Doubles:
    """[..., P] what a shipped scheme gives.

    Args:
        rules: Its name and parameters.
        scores: As of `alife.evolution.fitness.objectives`.
        living: [..., P]; somebody lives.
        offered: `OFFERS` by name, at least those that it asks for.
    """
    scheme = SCHEMES[rules.scheme]
    given = {name: offered[name] for name in asks(rules.scheme)}
    if "parameters" in _arguments(rules.scheme):
        given["parameters"] = parameters(rules)
    return scheme(scores, living, rules, **given)
