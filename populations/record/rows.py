"""From what a generation did to the rows of the record.

Call `births` for each island, `concatenate` for those of a worker, and `summaries` of these.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution.island import Scores
from alife.evolution.reproduction import Ints, Newborns
from alife.evolution.selection import Choice
from alife.format.summary import statistics


def births(
    config: RunConfig, island: int, generation: int, newborns: Newborns, scores: Scores, choice: Choice
) -> dict[str, np.ndarray]:
    """Rows of `schema.birth_columns` for everybody who lived on an island in a generation, in slot order."""
    size = len(newborns)
    columns: dict[str, np.ndarray] = {
        "id": newborns.ids,
        "ancestor_id": newborns.ancestors,
        "origin_time": np.full(size, generation, np.int32),
        "destruction_time": np.full(size, generation + 1, np.int32),
        "island": np.full(size, island, np.int32),
        "generation": np.full(size, generation, np.int32),
        **scores.columns,
        "n_offspring": _counts([choice.parents, choice.mates[choice.crossed]], size),
        "cause_of_death": scores.causes.astype(object),
    }
    if config.selection.survivors:
        columns[schema.AGE] = newborns.ages.astype(np.int32)
    if config.reproduction.crossover:
        columns[schema.SECOND] = newborns.second_ancestors
        columns[schema.SHARED] = _counts([each[choice.crossed] for each in (choice.parents, choice.mates)], size)
    inherited = (name for name in schema.LIFE_HISTORY if name in config.reproduction.heritable)
    return columns | {name: newborns.traits[name] for name in inherited} | dict(choice.columns)


def _counts(slots: Sequence[Ints], size: int) -> np.ndarray:
    """[size] int32: how often each slot is named."""
    return np.bincount(np.concatenate(slots), minlength=size).astype(np.int32)


def summaries(
    births: Mapping[str, np.ndarray],
    seconds: Mapping[int, float],
    own: Sequence[Mapping[str, Any]] = (),
    left_out: Collection[str] = (),
) -> dict[str, np.ndarray]:
    """Rows of `schema.generation_columns` for islands in one generation, one an island.

    Args:
        births: As of `births`, of one island after the other.
        seconds: What the life of each island took, in the same order.
        own: The run's own columns.
        left_out: Columns that were not taken in this generation: they have no statistics.
    """
    causes, offspring = births["cause_of_death"], births["n_offspring"]
    islands, count = np.array(list(seconds)), len(seconds)
    home = np.searchsorted(islands, births["island"])

    def number(which: np.ndarray) -> np.ndarray:
        return np.bincount(home[which], minlength=count)

    columns: dict[str, np.ndarray] = {
        "generation": np.full(count, births["generation"][0]),
        "island": islands,
        "size": np.bincount(home, minlength=count),
        "diverged": number(causes == "diverged"),
        "collapsed": number(causes == "collapsed"),
        "parents": number(offspring > 0),
        "seconds": np.array(list(seconds.values())),
    }
    columns |= statistics(births, home, count, [column["name"] for column in own])
    columns |= {f"{name}_differential": np.full(count, np.nan) for name in left_out}
    return {name: columns[name].astype(kind) for name, kind in schema.generation_columns(own).items()}


def concatenate(tables: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Tables of the same columns, one below the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
