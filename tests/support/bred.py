"""Runs whose births are planted: evolution's forces of known size, deme by deme."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from alife import schema
from alife.configuration.keys import Selection
from alife.evolution import selection
from analysis.data.derived import derive
from analysis.data.run import Run
from analysis.data.validation import survived
from analysis.evolution.price import COMPONENTS
from tests.support.synthetic import generation_table, synthetic_run

SEED = 7


def unexplained(split: pd.DataFrame) -> pd.Series:
    """What the components of a table of `price` leave of each change: nothing."""
    return split["before"] + split[split.columns.intersection(list(COMPONENTS))].sum(axis=1) - split["after"]


def run_of(births: pd.DataFrame, scheme: str = "tournament", **world) -> Run:
    """A run with planted births: columns that are not given are filled in."""
    births = births.copy()
    births["destruction_time"] = births["generation"] + 1
    births["origin_time"] = births["generation"]
    for name in schema.SCORES:
        if name not in births:
            births[name] = np.where(births["cause_of_death"].eq("diverged") & (name in schema.ERRORS), np.nan, 0.01)
    if "n_offspring" not in births:
        conceived = births[(births["generation"] > 0) & ~survived(births)]
        parents = [conceived["ancestor_id"]]
        if schema.SECOND in births:
            two = conceived[conceived[schema.SECOND] != schema.NO_ANCESTOR]
            parents += [two[schema.SECOND]]
            both = pd.concat([two["ancestor_id"], two[schema.SECOND]])
            births[schema.SHARED] = births["id"].map(both.value_counts()).fillna(0).astype(int)
        births["n_offspring"] = births["id"].map(pd.concat(parents).value_counts()).fillna(0)
    births["cause_of_death"] = pd.Categorical(births["cause_of_death"], schema.CAUSES)
    births = births.astype({name: kind for name, kind in schema.BIRTHS.items() if kind != "string"})
    template = synthetic_run(1, 1, 1, **world)
    rules = Selection.model_validate({**template.config["selection"], "scheme": scheme}).model_dump(mode="json")
    manifest = template.manifest | {"generation": int(births["generation"].max())}
    births, config = derive(births, SimpleNamespace(**rules)), template.config | {"selection": rules}
    return replace(template, config=config, births=births, manifest=manifest, generations=generation_table(births))


def breed(
    generations: int,
    islands: int,
    size: int,
    *,
    scheme: str = "tournament",
    bias: float = 0.0,
    offset: float = 0.0,
    heredity: float = 1.0,
    noise: float = 0.02,
    swaps: int = 0,
    deaths: float = 0.0,
    favourite: float = 0.0,
    survivors: int = 0,
    crossover: float = 0.0,
    seed: int = SEED,
) -> Run:
    """Breed accuracy under selection for accuracy alone, with forces of known size.

    A child has 0.5 + heredity·(parent's deviation from 0.5) + bias + offset·(island of conception) + noise. `swaps`
    newborns move between islands 0 and 1 in each generation. `favourite` is the share of children that the first
    of the living of an island gets beside what the scheme gives it. `survivors` live on, with other noise in each life.
    A child of two parents (`crossover`) has the mean of both deviations in the place of its parent's.
    """
    draw, others = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    rules = Selection.model_validate({"scheme": scheme, "accuracy_weight": 1.0, "survivors": survivors})
    z = np.full((islands, size), 0.5) + noise * draw.standard_normal((islands, size))
    ids = np.array([[schema.pack_id(i, 0, s) for s in range(size)] for i in range(islands)])
    ancestors, rows, ages, seconds = ids, [], np.zeros_like(ids, np.int32), np.full_like(ids, schema.NO_ANCESTOR)
    for generation in range(generations):
        alive = draw.random((islands, size)) >= deaths
        alive[:, 0] = True
        error = np.where(alive, 0.01 + 0.001 * draw.random((islands, size)), np.nan)
        choices = [
            selection.select(
                rules,
                {"accuracy": z[i], "replication_error": error[i]},
                alive[i],
                size,
                seed,
                generation,
                i,
                crossover=crossover,
                offered={"answers": others.random((size, 2, 2)), "clades": others.integers(0, 3, size)},
            )
            for i in range(islands)
        ]
        noted = {name: np.concatenate([choice.columns[name] for choice in choices]) for name in choices[0].columns}
        rows.append(
            pd.DataFrame(
                {
                    "id": ids.ravel(),
                    "ancestor_id": ancestors.ravel(),
                    "island": np.repeat(np.arange(islands), size),
                    "generation": generation,
                    "accuracy": np.where(alive, z, 0.0).ravel(),
                    "replication_error": error.ravel(),
                    "squared_norm": np.exp(z).ravel(),
                    "cause_of_death": np.where(alive, "generation_end", "diverged").ravel(),
                    **({"age": ages.ravel()} if survivors else {}),
                    **({schema.SECOND: seconds.ravel()} if crossover else {}),
                    **noted,
                }
            )
        )
        chosen = np.stack([np.concatenate([choice.survivors, choice.parents]) for choice in choices])
        lives_on = np.arange(size) < np.array([[len(choice.survivors)] for choice in choices])
        chosen[(draw.random(chosen.shape) < favourite) & ~lives_on] = 0
        ages = np.where(lives_on, np.take_along_axis(ages, chosen, 1) + 1, 0).astype(np.int32)
        mates = [np.concatenate([np.full(len(c.survivors), -1), c.mates]) for c in choices]
        mates = np.stack(mates) if crossover else np.full_like(chosen, -1)
        parents = (np.take_along_axis(z, chosen, 1) + np.take_along_axis(z, np.where(mates < 0, chosen, mates), 1)) / 2
        seconds = np.where(mates < 0, schema.NO_ANCESTOR, np.take_along_axis(ids, np.maximum(mates, 0), 1))
        ancestors = np.take_along_axis(ids, chosen, 1)
        ids = np.array([[schema.pack_id(i, generation + 1, s) for s in range(size)] for i in range(islands)])
        step = noise * draw.standard_normal(z.shape)
        z = 0.5 + heredity * (parents - 0.5) + bias + offset * np.arange(islands)[:, None]
        z = np.where(lives_on, parents, z) + step
        for table in (z, ids, ancestors, ages, seconds):
            here = table[0, :swaps].copy()
            table[0, :swaps], table[1 % islands, :swaps] = table[1 % islands, :swaps], here
    births = pd.concat(rows, ignore_index=True)
    return run_of(births, scheme=scheme, accuracy_weight=1.0)
