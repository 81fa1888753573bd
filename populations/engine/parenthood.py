"""Who of an island survives and has children, given its scores: the decision of the selection controller.

The controller calls `choose` for a generation; a worker asks `likeliest` whose adult is to be kept at a run's end.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution import objects, selection
from alife.evolution.island import Scores
from alife.evolution.reproduction import Newborns, line
from alife.evolution.selection import CHANCE, Choice


def choose(config: RunConfig, generation: int, newborns: Mapping[int, Newborns]) -> Callable[[int, Scores], Choice]:
    """The controller's decision for one generation: who of an island, given its scores, survive and are the parents.

    Args:
        config: The run's.
        generation: The parents'.
        newborns: As which they were born, by the island where they live.
    """
    rules, own = config.selection, selection.own_scheme(config.selection)
    crossover = config.reproduction.crossover
    size, seed, given = config.population.size, config.seed, objects.given(config)
    back = selection.back(rules)

    def parents(island: int, scores: Scores) -> Choice:
        born = newborns[island]
        known = {**scores.columns, **born.traits}
        columns: dict[str, NDArray[Any]] = {name: known[name] for name in given}
        columns |= {"id": born.ids, "ancestor_id": born.ancestors}
        if rules.survivors:
            columns[schema.AGE] = born.ages
        offered: dict[str, NDArray[Any]] = {}
        if scores.answers is not None:
            offered["answers"] = scores.answers
        if back:
            offered["clades"] = line(born, back)[:, -1]
        where = generation, island
        return selection.select(rules, columns, scores.living, size, seed, *where, own, offered, crossover)

    return parents


def likeliest(config: RunConfig, generation: int, island: int, newborns: Newborns, scores: Scores) -> int | None:
    """Slot of the highest chance of parenthood among those that lived, the first of equals; None if nobody did."""
    if not scores.living.any():
        return None
    choice = choose(config, generation, {island: newborns})(island, scores)
    return int(np.argmax(np.where(scores.living, choice.columns[CHANCE["name"]], -1)))
