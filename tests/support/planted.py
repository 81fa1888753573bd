"""Records whose parents and traits a test has chosen."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from alife import schema
from analysis.data.run import Run
from tests.analysis.evolution.test_dynamics import run_of


def planted(
    parents: ArrayLike,
    traits: Mapping[str, ArrayLike] | None = None,
    islands: ArrayLike | None = None,
    deaths: ArrayLike | None = None,
    scheme: str = "tournament",
) -> Run:
    """A run with so many births in each generation.

    Args:
        parents: [generations − 1, n] number of each one's parent among those of the generation before.
        traits: [generations, n] columns by name; whoever has none is 0.01.
        islands: [n] where number i lives, in every generation; all on island 0 if None. Ids are of it.
        deaths: [generations, n] who dies early; nobody if None.
        scheme: Of selection, as the run's configuration has it.
    """
    chosen = np.asarray(parents)
    generations, size = len(chosen) + 1, chosen.shape[1]
    where = np.zeros(size, np.int64) if islands is None else np.asarray(islands)
    ids = np.array([[schema.pack_id(int(i), g, s) for s, i in enumerate(where)] for g in range(generations)])
    dead = np.zeros(ids.shape, bool) if deaths is None else np.asarray(deaths)
    ancestors = np.concatenate([ids[:1], np.take_along_axis(ids[:-1], chosen, axis=1)])
    columns = {"id": ids, "ancestor_id": ancestors, "island": np.broadcast_to(where, ids.shape)}
    columns |= {"generation": np.repeat(np.arange(generations), size).reshape(ids.shape), **(traits or {})}
    columns["cause_of_death"] = np.where(dead, "diverged", "generation_end")
    return run_of(pd.DataFrame({name: np.ravel(values) for name, values in columns.items()}), scheme)


def wright_fisher(
    generations: int, size: int, seed: int = 0, advantage: float = 0.0, founders: int = 1, since: int = 0
) -> NDArray[np.int64]:
    """[generations − 1, size] parents, drawn alike but for the descendants of the first founders.

    Args:
        generations: How many there are.
        size: Individuals in each.
        seed: Of the draw.
        advantage: s: descendants of the first `founders` of generation `since` have exp(s) times the chance of others.
        founders: How many have it.
        since: Where it begins.
    """
    draw, out = np.random.default_rng(seed), []
    better = np.zeros(size, bool)
    for generation in range(generations - 1):
        if generation == since:
            better = np.arange(size) < founders
        weight = np.where(better, np.exp(advantage), 1.0)
        out.append(draw.choice(size, size, p=weight / weight.sum()))
        better = better[out[-1]]
    return np.array(out)
