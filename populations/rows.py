"""From what a generation did to the rows of the record. A room of its own: the schema meets the engine here."""

from collections.abc import Mapping

import numpy as np

from alife import schema
from alife.island import Scores
from alife.reproduction import Ints, Newborns

_HIGHER = ("accuracy", "newborn_accuracy")


def births(
    island: int, generation: int, newborns: Newborns, scores: Scores, chosen: Ints, heritable: tuple[str, ...]
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
        "n_offspring": np.bincount(chosen, minlength=size).astype(np.int32),
        "cause_of_death": scores.causes.astype(object),
    }
    traits: dict[str, np.ndarray] = {name: newborns.traits[name] for name in schema.LIFE_HISTORY if name in heritable}
    return columns | traits


def summary(island: int, generation: int, births: Mapping[str, np.ndarray], seconds: float) -> dict[str, np.ndarray]:
    """The row of `schema.GENERATIONS` for one island's generation."""
    causes, offspring = births["cause_of_death"], births["n_offspring"]
    row: dict[str, float] = {
        "generation": generation,
        "island": island,
        "size": len(causes),
        "diverged": int((causes == "diverged").sum()),
        "collapsed": int((causes == "collapsed").sum()),
        "parents": int((offspring > 0).sum()),
        "seconds": seconds,
    }
    for name in schema.SCORES:
        value = births[name].astype(np.float64)
        known = value[np.isfinite(value)]
        some = known if len(known) else np.array([np.nan])
        q05, median, q95 = np.quantile(some, [0.05, 0.5, 0.95])
        row |= {f"{name}_mean": some.mean(), f"{name}_median": median, f"{name}_q05": q05, f"{name}_q95": q95}
        row[f"{name}_differential"] = differential(name, value, offspring)
    return {name: np.array([row[name]]).astype(kind) for name, kind in schema.GENERATIONS.items()}


def differential(name: str, value: np.ndarray, offspring: np.ndarray) -> float:
    """Realised standardised selection differential of a score, on the scale that `schema.GENERATIONS` states."""
    if name not in _HIGHER:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.log10(value) * (-1 if name in schema.ERRORS else 1)
    known = np.isfinite(value)
    value, offspring = value[known], offspring[known]
    if not offspring.sum():
        return 0.0
    spread = value.std()
    if spread <= 1e-12 * max(1.0, np.abs(value).max()):
        return 0.0
    return float((np.average(value, weights=offspring) - value.mean()) / spread)


def concatenate(tables: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Tables of the same columns, one below the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
