"""Schemes of selection that keep an island diverse: by behaviour, by place on the trade-off plane, by descent.

They are schemes of `alife.evolution.schemes`. None keeps an archive: whom anybody is compared with lives on the same
island in the same generation, so that the state of a run stays its newborns.
"""

import numpy as np

from alife.configuration.schemes import MapElites, Novelty
from alife.evolution.fitness import (
    DECADE,
    DUST,
    Bools,
    Doubles,
    Floats,
    Ints,
    Rules,
    exponential,
    mixed,
    proportional,
    winners,
)


def novelty(
    scores: tuple[Doubles, Doubles], living: Bools, rules: Rules, parameters: Novelty, *, answers: Floats
) -> Doubles:
    """The most novel of `selection.tournament_size` drawn: farthest from its neighbours in what it answers.

    Novelty search (Lehman and Stanley 2011), in a tournament drawn with replacement. Behaviour is what share of the
    images of each class is answered with each class, novelty the mean Euclidean distance to the `neighbours` nearest of
    the living of the island. There is no archive of past behaviours: what was novel once is novel again when nobody
    lives who does it.

    Args:
        scores: Accuracy and −log ρ, which are not looked at.
        living: [P].
        rules: For the size of a tournament.
        parameters: How many neighbours; all if there are fewer.
        answers: [P, C, C] shares of class a that are answered b.

    Returns:
        [P] chances.
    """
    value = np.zeros(living.shape)
    value[living] = distances(answers[living].reshape(living.sum(), -1), parameters.neighbours)
    return winners(value, living, rules.tournament_size)


def distances(behaviour: Floats, neighbours: int) -> Doubles:
    """[n] mean distance of each of [n, d] to its nearest neighbours, rounded to `DUST`, so that equals are equal."""
    if len(behaviour) < 2:
        return np.zeros(len(behaviour))
    points = behaviour.astype(np.float64)
    nearest = (np.sort(np.linalg.norm(points - point, axis=1))[1 : neighbours + 1] for point in points)
    return np.round([each.mean() / DUST for each in nearest])


def map_elites(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules, parameters: MapElites) -> Doubles:
    """Equal chances of the elites, one of each cell of accuracy × log10 ρ that somebody is in.

    MAP-Elites (Mouret and Clune 2015). Cells are fixed, `accuracy_step` wide and `error_step` high, with an edge at 0
    of either. The elite of a cell is its fittest by the mix of `selection.accuracy_weight`; ties share. The archive is
    the living island: an elite holds its cell for its own generation, and then by children that are born there.

    Args:
        scores: Accuracy and −log ρ, [..., P] each.
        living: [..., P].
        rules: For the weight of accuracy.
        parameters: The size of a cell.

    Returns:
        [..., P] chances.
    """
    mix = mixed(scores, living, rules.accuracy_weight)
    sides = np.nan_to_num(scores[0]) / parameters.accuracy_step, -scores[1] / DECADE / parameters.error_step
    cells = np.stack([np.floor(side + DUST) for side in sides], axis=-1)  # what rounding puts below an edge is on it
    chance = np.zeros(living.shape)
    for row in np.ndindex(living.shape[:-1]):
        here = living[row]
        if here.any():
            chance[row][here] = _elites(cells[row][here], mix[row][here])
    return chance


def _elites(cells: Doubles, mix: Doubles) -> Doubles:
    """[n] chances of those in cells [n, 2]."""
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    best = np.full(cell.max() + 1, -np.inf)
    np.maximum.at(best, cell, mix)
    elite = mix == best[cell]
    return elite / np.bincount(cell, weights=elite)[cell] / len(best)


def speciation(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules, *, clades: Ints) -> Doubles:
    """In proportion to exp(fitness) / size of the clade: descendants of one ancestor `back` generations ago.

    Fitness sharing (Goldberg and Richardson 1987) with a niche for each clade: an individual's exp(fitness), as under
    roulette, is divided by the number of those of its clade that live on its island.

    Args:
        scores: Accuracy and −log ρ, [P] each.
        living: [P].
        rules: For the weight of accuracy.
        clades: [P] int64, the ancestor's id.

    Returns:
        [P] chances.
    """
    _, clade = np.unique(clades, return_inverse=True)
    size = np.bincount(clade, weights=living)[clade]
    weight = exponential(mixed(scores, living, rules.accuracy_weight), living)
    return proportional(weight / np.maximum(size, 1), living)
