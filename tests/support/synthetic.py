"""Runs without networks: a quick genetic model that breeds records with everything a real run's records have.

Each individual has two heritable values, accuracy and log10 copying error. A child inherits both from its parent,
pulled towards what unselected emission settles at, with a mutation that gains accuracy at the price of copying; what is
scored is the inherited value and noise. Selection, migration, deaths and identities are a run's own.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray

from alife import schema
from alife.configuration.keys import parse_config
from analysis.data.derived import DERIVED, derive
from analysis.data.run import Run

Floats = NDArray[np.float64]

ACCURACY = {"founders": 0.55, "equilibrium": 0.65}
"""Inherited accuracy: what founders hand on, and what lineages without selection are pulled to."""
COPYING = {"founders": np.log10(0.018), "equilibrium": np.log10(0.0085)}
"""Inherited log10 copying error, likewise."""
CLASS = {"cpu": "synthetic", "torch": "0", "numpy": "0", "dtype": "float32", "device": "cpu", "threads": 1}


EDGES: dict[str, dict[str, Any]] = {
    "one generation": {"generations": 1, "islands": 2, "size": 6},
    "two generations": {"generations": 2, "islands": 2, "size": 6},
    "one individual": {"generations": 8, "islands": 1, "size": 1, "death_rate": 0},
    "one individual in one generation": {"generations": 1, "islands": 1, "size": 1, "death_rate": 0},
    "all dead at once": {"generations": 3, "islands": 2, "size": 4, "death_rate": 1},
    "extinct": {"generations": 9, "islands": 2, "size": 6, "dead_islands": {0: 3, 1: 5}},
    "drift": {"generations": 6, "islands": 1, "size": 8, "scheme": "drift", "mutation": 0},
}
"""Arguments of `synthetic_run` for runs that a figure or a table must survive."""


@dataclass(frozen=True)
class World:
    """What the synthetic biology is like; every default looks like a default run.

    Attributes:
        scheme: tournament, shuffled (the same on scores permuted within the island) or drift (uniform parents).
        accuracy_weight: w of the fitness.
        tournament_size: Contestants for each birth.
        migrate_every: Generations between migrations along the ring.
        migrants: Newborns swapped along each edge.
        death_rate: Share of individuals that die early, whatever their traits; one in six collapses.
        dead_islands: {island: generation} in which everybody on it dies.
        inheritance: Share of a parent's deviation from the unselected equilibrium that a child inherits.
        mutation: σ of a birth; it only sets the floor of ρ.
        heritable: Life-history traits with a column; they drift by log-normal steps.
        has_task: False leaves accuracy at 0, as in a run of vanilla quines.
    """

    scheme: str = "tournament"
    accuracy_weight: float = 0.5
    tournament_size: int = 3
    migrate_every: int = 5
    migrants: int = 1
    death_rate: float = 0.01
    dead_islands: Mapping[int, int] = field(default_factory=dict)
    inheritance: float = 0.93
    mutation: float = 0.05
    heritable: tuple[str, ...] = ()
    has_task: bool = True


def synthetic_run(
    generations: int = 30, islands: int = 4, size: int = 24, seed: int = 0, path: str = "synthetic", **world: Any
) -> Run:
    """A run as `load_run` would give it.

    Args:
        generations: Generations to breed; 0 is a run with none committed. It ends early if all islands die.
        islands: Islands on the ring.
        size: Individuals an island.
        seed: The same seed gives the same run.
        path: What the run calls itself.
        **world: Fields of `World`.
    """
    model = World(**world)
    rng = np.random.default_rng(seed)
    born = _Generation.founders(islands, size, model)
    rows, swaps = [], []
    for generation in range(generations):
        lived, born, moved = _live(rng, model, born, generation)
        rows.append(lived)
        if not born.present.any():
            break
        if generation + 1 < generations:
            swaps.append(moved)
    births = _stack(rows, schema.birth_columns(model.heritable))
    births["cause_of_death"] = pd.Categorical.from_codes(births["cause_of_death"], schema.CAUSES)
    run_config = _config(model, max(generations, 1), islands, size, seed)
    status = "running" if not rows else "finished" if len(rows) == generations and born.present.any() else "extinct"
    return Run(
        path=path,
        config=run_config,
        manifest=_manifest(len(rows) - 1, seed, status),
        births=derive(births, SimpleNamespace(**run_config["selection"])),
        migrations=_stack(swaps, schema.MIGRATIONS).sort_values(
            list(schema.ROW_ORDER["migrations"]), ignore_index=True
        ),
        generations=generation_table(births),
    )


def write_run(folder: str | Path, run: Run, part_rows: int = 100_000) -> Path:
    """Write a run as a folder that `load_run` accepts, births in parts of about `part_rows` rows."""
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    generations = run.last + 1
    step = max(part_rows * generations // max(len(run.births), 1), 1)
    columns = schema.birth_columns(run.setting("reproduction.heritable"))
    tables = {
        "births": (run.births.drop(columns=list(DERIVED)), columns, step),
        "migrations": (run.migrations, schema.MIGRATIONS, max(generations, 1)),
        "generations": (run.generations, schema.GENERATIONS, max(generations, 1)),
    }
    manifest = json.loads(json.dumps(run.manifest))
    for kind, (frame, types, every) in tables.items():
        manifest["parts"][kind] = [
            _write(root, kind, frame, types, first, min(first + every, generations))
            for first in range(0, generations, every)
            if frame["generation"].between(first, min(first + every, generations) - 1).any()
        ]
    config = yaml.safe_dump(run.config, sort_keys=False).encode()
    manifest["config"] = [schema.seal(config)]
    manifest["checksum"] = schema.manifest_checksum(manifest)
    (root / "config.yaml").write_bytes(config)
    (root / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return root


def generation_table(births: pd.DataFrame, with_dead: bool = False) -> pd.DataFrame:
    """`schema.GENERATIONS` computed from births, all groups at once.

    Args:
        births: Of a run.
        with_dead: As format 1 had it: the early dead count wherever they have a finite value.
    """
    groups = births.groupby(["generation", "island"], sort=True)
    code = groups.ngroup().to_numpy()
    keys = births.loc[groups.head(1).index, ["generation", "island"]].sort_values(["generation", "island"])
    n = len(keys)
    cause = births["cause_of_death"].to_numpy()
    offspring = births["n_offspring"].to_numpy(np.float64)
    table = {name: keys[name].to_numpy() for name in keys}
    table["size"] = np.bincount(code, minlength=n)
    table["diverged"] = np.bincount(code[cause == schema.CAUSES[1]], minlength=n)
    table["collapsed"] = np.bincount(code[cause == schema.CAUSES[2]], minlength=n)
    table["parents"] = np.bincount(code[offspring > 0], minlength=n)
    for trait in schema.SCORES:
        values = births[trait].to_numpy(np.float64)
        values = values if with_dead else np.where(cause == schema.CAUSES[0], values, np.nan)
        table |= _moments(trait, values, code, n)
        table[f"{trait}_differential"] = _differential(trait, values, offspring, code, n)
    table["seconds"] = np.full(n, 0.25)
    return pd.DataFrame({name: np.asarray(table[name]).astype(kind) for name, kind in schema.GENERATIONS.items()})


@dataclass(frozen=True)
class _Generation:
    """Newborns by island and slot: each array [I, P]; `present` is False on islands that died out."""

    ids: NDArray[np.int64]
    ancestors: NDArray[np.int64]
    accuracy: Floats
    copying: Floats
    traits: Mapping[str, Floats]
    present: NDArray[np.bool_]

    @classmethod
    def founders(cls, islands: int, size: int, model: World) -> "_Generation":
        ids = _ids(0, islands, size)
        start = {"task_weight": 0.1, "learning_rate": 0.005, "mutation": model.mutation}
        equal = {name: np.full(ids.shape, start[name]) for name in model.heritable}
        return cls(
            ids,
            ids,
            np.full(ids.shape, ACCURACY["founders"]),
            np.full(ids.shape, COPYING["founders"]),
            equal,
            np.ones(ids.shape, bool),
        )


def _ids(generation: int, islands: int, size: int) -> NDArray[np.int64]:
    starts = [schema.pack_id(island, generation, 0) for island in range(islands)]
    return np.array(starts, np.int64)[:, None] + np.arange(size)


def _live(
    rng: np.random.Generator, model: World, born: _Generation, generation: int
) -> tuple[dict[str, Any], _Generation, dict[str, Any]]:
    """One generation: (its birth rows, the newborns of the next, who migrated among these)."""
    scores, cause = _scores(rng, model, born, generation)
    alive = born.present & (cause == 0)
    parents = _parents(rng, model, scores, alive)
    islands, size = born.ids.shape
    place = np.arange(islands)[:, None] * size + parents
    next_present = np.broadcast_to(alive.any(axis=1)[:, None], alive.shape)
    offspring = np.bincount(place[next_present], minlength=born.ids.size).reshape(born.ids.shape)
    keep = born.present
    shape = keep.shape
    rows = {
        "id": born.ids,
        "ancestor_id": born.ancestors,
        "origin_time": np.full(shape, generation),
        "destruction_time": np.full(shape, generation + 1),
        "island": np.broadcast_to(np.arange(islands)[:, None], shape),
        "generation": np.full(shape, generation),
        **scores,
        "n_offspring": offspring,
        "cause_of_death": cause,
        **born.traits,
    }
    children, moved = _migrate(rng, model, _conceive(rng, model, born, place, next_present, generation + 1))
    moved["generation"] = np.full(len(moved["id"]), generation + 1)
    return {name: np.asarray(values)[keep] for name, values in rows.items()}, children, moved


def _scores(
    rng: np.random.Generator, model: World, born: _Generation, generation: int
) -> tuple[dict[str, Floats], NDArray[np.int8]]:
    shape = born.ids.shape
    noise = rng.standard_normal((5, *shape))
    if generation == 0:
        accuracy = 0.75 + 0.01 * noise[0]
        copying = 1.1 * 10 ** (0.02 * noise[1])
        error, newborn, norm, self_error = copying, 0.1 + 0.02 * noise[2], 70 + 0.4 * noise[3], 1.6 + 0.03 * noise[4]
    else:
        accuracy = born.accuracy + 0.022 * noise[0]
        copying = 10 ** (born.copying + 0.05 * noise[1])
        error = copying * (1 + 0.01 * noise[2]) + model.mutation**2
        newborn = np.clip(0.2 + 0.8 * (born.accuracy - 0.5) + 0.03 * noise[2], 0.05, 1)
        norm = 10 ** (np.log10(6) + 2.5 * (born.accuracy - 0.6) + 0.5 * np.exp(-generation / 3) + 0.02 * noise[3])
        self_error = 0.85 - (born.accuracy - 0.55) + 0.03 * noise[4]
    draw = rng.random(shape)
    cause = np.where(draw < model.death_rate, np.where(draw < model.death_rate / 6, 2, 1), 0).astype(np.int8)
    for island, when in model.dead_islands.items():
        if when == generation:
            cause[island] = 1
    scores = {"replication_error": error, "copying_error": copying, "self_error": self_error, "squared_norm": norm}
    scores = {
        name: np.where(cause == 1, np.nan, np.where(cause == 2, 1.0, values)) if name in schema.ERRORS else values
        for name, values in scores.items()
    }
    lived = np.where(cause == 1, 0.0, np.where(cause == 2, 0.1, np.clip(accuracy, 0, 1)))
    scores["accuracy"] = lived if model.has_task else np.zeros(shape)
    scores["newborn_accuracy"] = newborn if model.has_task else np.zeros(shape)
    return scores, cause


def _parents(rng: np.random.Generator, model: World, scores: Mapping[str, Floats], alive: NDArray[np.bool_]) -> Any:
    """Slots [I, P] of the parents of each island's next newborns; anything where nobody lives."""
    islands, size = alive.shape
    fitness = (1 - model.accuracy_weight) * _z(-np.log(scores["replication_error"]), alive)
    if model.has_task:
        fitness = fitness + model.accuracy_weight * _z(scores["accuracy"], alive)
    living = np.argsort(~alive, axis=1, kind="stable")
    if model.scheme == "shuffled":
        ranks = np.argsort(np.where(alive, rng.random(alive.shape), 2), axis=1)
        permuted = np.take_along_axis(fitness, ranks, axis=1)
        np.put_along_axis(fitness, living, permuted, axis=1)
    contestants = 1 if model.scheme == "drift" else model.tournament_size
    places = (rng.random((islands, size, contestants)) * alive.sum(axis=1)[:, None, None]).astype(np.int64)
    drawn = np.take_along_axis(living, places.reshape(islands, -1), axis=1)
    marks = np.take_along_axis(fitness, drawn, axis=1).reshape(places.shape)
    best = marks.argmax(axis=2)[:, :, None]
    return np.take_along_axis(drawn.reshape(places.shape), best, axis=2)[:, :, 0]


def _z(values: Floats, alive: NDArray[np.bool_]) -> Floats:
    n = np.maximum(alive.sum(axis=1, keepdims=True), 1)
    centred = np.where(alive, values, 0.0)
    centred = np.where(alive, centred - centred.sum(axis=1, keepdims=True) / n, 0.0)
    sd = np.sqrt((centred**2).sum(axis=1, keepdims=True) / n)
    return np.divide(centred, sd, out=np.zeros_like(centred), where=sd > 1e-12)


def _conceive(
    rng: np.random.Generator, model: World, born: _Generation, place: Any, present: NDArray[np.bool_], generation: int
) -> _Generation:
    step = rng.standard_normal((2, *place.shape))
    gain = 0.008 * step[0]
    cost = 2 * gain + 0.03 * step[1]
    traits = {
        name: values.ravel()[place] * np.exp(0.1 * rng.standard_normal(place.shape))
        for name, values in born.traits.items()
    }
    return _Generation(
        ids=_ids(generation, *place.shape),
        ancestors=born.ids.ravel()[place],
        accuracy=_inherit(born.accuracy.ravel()[place], ACCURACY["equilibrium"], model.inheritance) + gain,
        copying=_inherit(born.copying.ravel()[place], COPYING["equilibrium"], model.inheritance) + cost,
        traits=traits,
        present=present,
    )


def _inherit(parents: Floats, equilibrium: float, share: float) -> Floats:
    return equilibrium + share * (parents - equilibrium)


def _migrate(rng: np.random.Generator, model: World, born: _Generation) -> tuple[_Generation, dict[str, Any]]:
    """Swap newborns along the ring, each at most once; ids keep the island of conception."""
    islands, size = born.ids.shape
    generation = schema.unpack_id(int(born.ids[0, 0]))[1]
    edges = [(i, (i + 1) % islands) for i in range(islands if islands > 2 else islands - 1)]
    swaps = min(model.migrants, size // (2 if islands > 2 else 1))
    if generation % model.migrate_every or not swaps:
        edges = []
    order = rng.permuted(np.broadcast_to(np.arange(size), (islands, size)), axis=1)
    source = np.arange(born.ids.size).reshape(born.ids.shape)
    moved = []
    for here, there in edges:
        if born.present[here, 0] and born.present[there, 0]:
            out = (here, order[here, :swaps])
            back = (there, order[there, size - swaps :])
            moved += [(here, there, born.ids[out]), (there, here, born.ids[back])]
            source[out], source[back] = source[back].copy(), source[out].copy()
    migrants = {
        "id": np.concatenate([ids for _, _, ids in moved] or [np.zeros(0, np.int64)]),
        "from_island": np.repeat([here for here, _, _ in moved], swaps),
        "to_island": np.repeat([there for _, there, _ in moved], swaps),
    }
    return _Generation(
        *(values.ravel()[source] for values in (born.ids, born.ancestors, born.accuracy, born.copying)),
        {name: values.ravel()[source] for name, values in born.traits.items()},
        born.present,
    ), migrants


def _stack(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    kinds = {name: "int8" if kind == "string" else kind for name, kind in columns.items()}
    return pd.DataFrame(
        {
            name: np.concatenate([np.zeros(0, kind), *(np.asarray(row[name]).astype(kind) for row in rows)])
            for name, kind in kinds.items()
        },
        copy=False,
    )


def _moments(trait: str, values: Floats, code: NDArray[np.intp], n: int) -> dict[str, Floats]:
    finite = np.isfinite(values)
    order = np.lexsort((values[finite], code[finite]))
    ordered, where = values[finite][order], code[finite]
    count = np.bincount(where, minlength=n)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    with np.errstate(invalid="ignore"):
        out = {f"{trait}_mean": np.bincount(where, values[finite], minlength=n) / count}
    padded = np.append(ordered, np.nan)
    for name, q in (("median", 0.5), ("q05", 0.05), ("q95", 0.95)):
        rank = q * np.maximum(count - 1, 0)
        low = start + np.floor(rank).astype(np.intp)
        high = start + np.ceil(rank).astype(np.intp)
        value = padded[low] + (rank % 1) * (padded[high] - padded[low])
        out[f"{trait}_{name}"] = np.where(count > 0, value, np.nan)
    return out


def _differential(trait: str, values: Floats, offspring: Floats, code: NDArray[np.intp], n: int) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        if trait in schema.ERRORS:
            values = -np.log10(values)
        elif trait == "squared_norm":
            values = np.log10(values)
    use = np.isfinite(values)
    where, values, weight = code[use], values[use], offspring[use]
    count = np.bincount(where, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(where, values, minlength=n) / count
        sd = np.sqrt(np.bincount(where, (values - mean[where]) ** 2, minlength=n) / count)
        weighted = np.bincount(where, values * weight, minlength=n) / np.bincount(where, weight, minlength=n)
        return np.where(sd > 1e-9, np.nan_to_num((weighted - mean) / sd), 0.0)


def _config(model: World, generations: int, islands: int, size: int, seed: int) -> dict[str, Any]:
    scheme = {
        "scheme": model.scheme,
        "accuracy_weight": model.accuracy_weight,
        "tournament_size": model.tournament_size,
    }
    return parse_config(
        {
            "seed": seed,
            "task": "mnist" if model.has_task else "none",
            "generations": generations,
            "device": "cpu",
            "selection": scheme,
            "reproduction": {"mutation": model.mutation, "heritable": model.heritable},
            "population": {"islands": islands, "size": size},
            "migration": {"topology": "ring", "every": model.migrate_every, "migrants": model.migrants},
        },
        "synthetic",
    ).model_dump(mode="json")


def _manifest(last: int, seed: int, status: str) -> dict[str, Any]:
    return {
        "format": schema.FORMAT_VERSION,
        "epoch": 1,
        "status": status,
        "generation": last,
        "seed": seed,
        "created": "2026-01-01T12:00:00+00:00",
        "updated": "2026-01-01T12:03:00+00:00",
        "versions": {"alife": "0.1.0"},
        "class": CLASS,
        "starts": [],
        "task": None,
        "objects": {},
        "columns": [],
        "warnings": [],
        "restarts": [],
        "parts": {kind: [] for kind in schema.PART_KINDS},
    }


def _write(
    root: Path, kind: str, frame: pd.DataFrame, columns: Mapping[str, str], first: int, stop: int
) -> dict[str, Any]:
    rows = frame[(frame["generation"] >= first) & (frame["generation"] < stop)]
    types = {"string": pa.string(), "float32": pa.float32(), "int32": pa.int32(), "int64": pa.int64()}
    values = {
        name: rows[name].astype(str if type_ == "string" else type_).to_numpy() for name, type_ in columns.items()
    }
    table = pa.table({name: pa.array(values[name], types[type_], from_pandas=False) for name, type_ in columns.items()})
    delta = {name: "DELTA_BINARY_PACKED" for name, type_ in columns.items() if type_.startswith("int")}
    split = {name: "BYTE_STREAM_SPLIT" for name, type_ in columns.items() if type_ == "float32"}
    buffer = io.BytesIO()
    texts = [name for name, type_ in columns.items() if type_ == "string"]
    pq.write_table(table, buffer, compression="zstd", use_dictionary=texts, column_encoding=delta | split)
    content = buffer.getvalue()
    name = f"{kind}/{first:06d}-{stop - 1:06d}.parquet"
    (root / kind).mkdir(exist_ok=True)
    (root / name).write_bytes(content)
    first, last = (int(end) for end in (rows["generation"].min(), rows["generation"].max()))
    return {"name": name, **schema.seal(content), "rows": len(rows), "first": first, "last": last}
