"""Record rows and newborns with the statistics of real ones, without a network: for tests of what stores them."""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alife import schema
from alife.configuration.keys import RunConfig, parse_config
from alife.evolution.reproduction import Newborns, identities
from populations.record import parts, shards
from populations.record.storage import open_folder
from populations.record.writer import Recorder, read_manifest

MACHINE = {"cpu": "test", "torch": "2", "numpy": "2", "dtype": "float32", "device": "cpu", "threads": 1}
_HOME = {"births": "island", "migrations": "to_island", "generations": "island"}
_ERRORS = {"replication_error": (0.02, 0.4), "copying_error": (0.005, 0.3), "self_error": (0.75, 0.1)}


def configuration(islands: int = 2, size: int = 3, generations: int = 30, **over: object) -> RunConfig:
    """A small run; `over` holds whole sections."""
    return parse_config({"generations": generations, "population": {"islands": islands, "size": size}, **over})


def create(uri: object, config: RunConfig | None = None, **options: float) -> Recorder:
    """A new run folder."""
    return Recorder.create(str(uri), config or configuration(), versions={"torch": "2"}, machine=MACHINE, **options)


def newborns(config: RunConfig, generation: int, weights: int = 7) -> dict[int, Newborns]:
    """An unborn generation, the same for the same arguments."""
    draw = np.random.default_rng([config.seed, generation])
    out = {}
    for island in range(config.population.islands):
        ids = identities(island, generation, config.population.size)
        size = len(ids)
        out[island] = Newborns(
            ids=ids,
            ancestors=ids if generation == 0 else draw.permutation(identities(island, generation - 1, size)),
            second_ancestors=np.full(size, schema.NO_ANCESTOR, np.int64),
            origins=ids,
            messages=draw.standard_normal((size, weights), dtype=np.float32),
            noise=np.full(size, 0.05 if generation else 0, np.float32),
            traits={name: draw.random(size, dtype=np.float32) for name in schema.LIFE_HISTORY},
            noise_seed=config.seed,
        )
    return out


def rows(
    config: RunConfig, generation: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Births, migrations and generation rows of one generation, the same for the same arguments."""
    draw = np.random.default_rng([config.seed, generation, 1])
    islands, size = config.population.islands, config.population.size
    total = islands * size
    island = np.repeat(np.arange(islands, dtype=np.int32), size)
    ids = np.concatenate([identities(i, generation, size) for i in range(islands)])
    parents = draw.integers(0, size, (total, 3)).min(axis=1)
    births = {
        "id": ids,
        "ancestor_id": ids
        if generation == 0
        else (ids >> 20) - 1 << 20 | _shuffled(draw, islands, size)[island, parents],
        "origin_time": np.full(total, generation, np.int32),
        "destruction_time": np.full(total, generation + 1, np.int32),
        "island": island,
        "generation": np.full(total, generation, np.int32),
        **{name: draw.lognormal(np.log(m), s, total).astype(np.float32) for name, (m, s) in _ERRORS.items()},
        "squared_norm": draw.lognormal(2, 0.2, total).astype(np.float32),
        "accuracy": (draw.normal(0.65, 0.03, total).round(4)).astype(np.float32),
        "newborn_accuracy": (draw.normal(0.45, 0.05, total).round(4)).astype(np.float32),
        "n_offspring": draw.poisson(1, total).astype(np.int32),
        "cause_of_death": draw.choice(schema.CAUSES, total, p=(0.98, 0.015, 0.005)),
    }
    births["replication_error"][births["cause_of_death"] == "diverged"] = np.nan
    for name in config.reproduction.heritable:
        births[name] = draw.lognormal(-3, 0.5, total).astype(np.float32)
    movers = np.arange(islands) * size if generation and generation % config.migration.every == 0 else np.arange(0)
    migrations = {
        "generation": np.full(len(movers), generation, np.int32),
        "id": ids[movers],
        "from_island": island[movers],
        "to_island": (island[movers] + 1) % np.int32(islands),
    }
    kinds = {"int32": lambda: draw.integers(0, size + 1, islands, dtype=np.int32)}
    kinds["float32"] = lambda: draw.normal(1, 0.1, islands).astype(np.float32)
    generations = {name: kinds[dtype]() for name, dtype in schema.GENERATIONS.items()}
    generations["generation"] = np.full(islands, generation, np.int32)
    generations["island"] = np.arange(islands, dtype=np.int32)
    return births, migrations, generations


def live(recorder: Recorder, *until: int, weights: int = 7, meta: dict[str, object] | None = None) -> None:
    """Add and commit generations from the last one on, with a commit after each of `until`."""
    for stop in until:
        if stop >= 0:
            for generation in range(recorder.manifest["generation"] + 1, stop + 1):
                recorder.add(generation, *rows(recorder.config, generation))
        recorder.commit(stop, newborns(recorder.config, stop + 1, weights), meta=meta or {})


def of_workers(
    recorder: Recorder,
    groups: Sequence[Collection[int]],
    generations: Sequence[int],
    put: shards.Put | None = None,
    meta: dict[str, object] | None = None,
) -> list[dict[str, list[shards.Entry]]]:
    """What workers seal, each of the islands of a group: their rows of some generations, and newborns of the next."""
    config, columns, sealed = recorder.config, recorder.manifest["columns"], []
    last = generations[-1] if generations else -1
    for islands in groups:
        tables: dict[str, list[pa.Table]] = {kind: [] for kind in schema.ROWS}
        for generation in generations:
            for (kind, key), whole in zip(_HOME.items(), rows(config, generation), strict=True):
                mine = np.isin(whole[key], list(islands))
                want = parts.columns(kind, config, recorder.manifest)
                if mine.any():
                    tables[kind].append(parts.table({n: v[mine] for n, v in whole.items()}, want, generation))
        born = {i: group for i, group in newborns(config, last + 1).items() if i in islands}
        write = put or open_folder(recorder.uri).write
        sealed.append(shards.seal(write, recorder.mark(), config, columns, last + 1, born, meta or {}, tables))
    return sealed


def stored(uri: str, kind: str) -> pa.Table:
    """All rows of a kind, read without the package's own reader."""
    folder = open_folder(uri)
    names = [part["name"] for part in read_manifest(uri)["parts"][kind]]
    return pa.concat_tables([pq.read_table(pa.BufferReader(folder.read(name))) for name in names])


def files(uri: str) -> set[str]:
    """Names of all parts and checkpoints that are there."""
    folder = open_folder(uri)
    return {name for kind in schema.PART_KINDS for name in folder.ls(kind)}


def listed(uri: str) -> set[str]:
    """Names of all parts and checkpoints that the manifest lists."""
    return {entry["name"] for entries in read_manifest(uri)["parts"].values() for entry in entries}


def _shuffled(draw: np.random.Generator, islands: int, size: int) -> np.ndarray:
    return np.stack([draw.permutation(size) for _ in range(islands)])
