"""Lives that are hashes: children are made of who lived, where and when, and of nothing else.

`HashedLives` stands in for `populations.engine.worker.Worker`; what it writes are the names and sizes of files. A
population is as large as one says, but only a few of it are there: sizes and times are those of all.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution.reproduction import Newborns, identities
from alife.format.shards import ranges
from populations.engine import migration
from populations.engine.islands import Outcome, Unwritten
from populations.engine.messages import Cadence, Entry, Founded, Horizon, Lived, Merged, News, Sealed, Settle, Source
from populations.engine.worker import SAMPLED
from tests.simulation.storage import Content, PretendedFolder

Births = dict[tuple[int, int], bytes]
"""(island, generation) → what it came to."""

ROW = 60
"""Bytes of a row of births as it is stored."""


class HashedLives:
    """Lives islands, settles and writes them, as a worker does.

    Args:
        config: The run's; `population.size` says what files and messages weigh.
        folder: Where files are pretended.
        born: What every generation of an island came to is entered here, and held against what is there.
        mortality: Chance of an island to go extinct in a generation.
        weights: N, for the size of checkpoints.
    """

    def __init__(
        self, config: RunConfig, folder: PretendedFolder, born: Births, mortality: float = 0.0, weights: int = 1
    ):
        self.config, self.folder, self.born = config, folder, born
        self._mortality, self._weights = mortality, weights
        degree = max(map(len, migration.neighbours(config).values()))
        self.size = max(2, degree * config.migration.migrants)
        self._phases = {"birth": 0.001, "life": 0.5, "emission": 0.2, "scoring": 0.05}
        self.again = 0

    def live_one(self, watched: bool, island: int, generation: int, newborns: Newborns, horizon: Horizon) -> Outcome:
        """As of `Worker`."""
        key = b"%d %d %d" % (self.config.seed, island, generation)
        digest = hashlib.shake_128(key + newborns.ids.tobytes() + newborns.messages.tobytes()).digest(16)
        place = island, generation
        self.again += place in self.born
        assert self.born.setdefault(place, digest) == digest, f"{place} has come to something else"
        dies = generation > 0 and digest[0] < 256 * self._mortality
        children = self._children(island, generation + 1, newborns, digest, 0 if dies else self.size)
        births = {"id": newborns.ids, "digest": np.frombuffer(digest, np.uint8)}
        values = np.frombuffer(hashlib.shake_128(digest).digest(4 * 96), np.uint32).astype(np.float32)
        lived = Lived(
            island=island,
            generation=generation,
            causes={schema.CAUSES[0]: self.config.population.size},
            children=len(children),
            samples={name: values[32 * i : 32 * i + 32].copy() for i, name in enumerate(SAMPLED)},
            seconds=dict(self._phases),
            births=births if watched else None,
        )
        return Outcome(lived, births, children)

    def settle(self, islands: Sequence[int], source: Source) -> tuple[Settle, list[News]]:
        """As of `Worker`; newborns on record come from the files that hold them."""
        if source.entries:
            thawed: dict[int, Newborns] = {}
            for entry in source.entries:
                thawed |= self.folder.content[entry["name"]].newborns
            return Settle(source.generation, {i: thawed[i] for i in islands}, True, source.gone), []
        newborns = {island: self.founders(island) for island in islands}
        norms = {island: np.ones(len(group), np.float32) for island, group in newborns.items()}
        return Settle(source.generation, newborns, False, source.gone), [Founded(norms)]

    def founders(self, island: int) -> Newborns:
        """Of one island."""
        digest = hashlib.shake_128(b"%d %d" % (self.config.seed, island)).digest(16)
        return self._children(island, 0, None, digest, self.size)

    def write(self, mark: str, columns: Sequence[Mapping[str, Any]], what: Unwritten) -> Sealed:
        """As of `Worker`."""
        rows, parts, size = what.rows, dict[str, list[Entry]](), self.config.population.size
        if rows:
            born = {(row.island, row.generation): row.births["digest"].tobytes() for row in rows}
            first, last = min(row.generation for row in rows), max(row.generation for row in rows)
            counts = {"births": size * len(rows), "generations": len(rows)}
            counts["migrations"] = sum(len(row.migrations["generation"]) for row in rows)
            for kind, count in counts.items():
                if count:
                    parts[kind] = [self._part(kind, first, last, mark, count, born)]
        if what.newborns:
            name = f"checkpoints/{what.generation:07d}-{mark}.safetensors"
            weight = 4 * self._weights * size * len(what.newborns)
            entry = self.folder.pretend(name, weight, Content(newborns=what.newborns))
            entry |= {"generation": what.generation, "islands": ranges(what.newborns)}
            parts["checkpoints"] = [entry]
        return Sealed(what.generation, what.islands, parts)

    def merge(self, mark: str, kind: str, entries: Sequence[Entry]) -> Merged:
        """As of `populations.record.shards`."""
        born: Births = {}
        for entry in entries:
            more = self.folder.content[entry["name"]].births
            assert not born.keys() & more.keys(), "rows are there twice"
            born |= more
        first, last = min(entry["first"] for entry in entries), max(entry["last"] for entry in entries)
        merged = self._part(kind, first, last, mark, sum(entry["rows"] for entry in entries), born)
        return Merged(kind, [entry["name"] for entry in entries], merged)

    def _part(self, kind: str, first: int, last: int, mark: str, rows: int, born: Births) -> Entry:
        name = f"{kind}/{first:07d}-{last:07d}-{mark}.parquet"
        entry = self.folder.pretend(name, 1000 + ROW * rows, Content(births=born))
        return entry | {"rows": rows, "first": first, "last": last}

    def _children(self, island: int, generation: int, parents: Newborns | None, digest: bytes, size: int) -> Newborns:
        ids = identities(island, generation, size)
        numbers = np.frombuffer(hashlib.shake_128(digest).digest(4 * size), np.uint32)
        return Newborns(
            ids=ids,
            ancestors=ids if parents is None else parents.ids[numbers % len(parents)],
            second_ancestors=np.full(size, schema.NO_ANCESTOR, np.int64),
            origins=ids,
            messages=(numbers >> 8).astype(np.float32)[:, None],
            noise=np.zeros(size, np.float32),
            traits={},
            noise_seed=self.config.seed,
        )


def in_process(lives: HashedLives) -> dict[int, Newborns]:
    """Live a run generation by generation, all islands together; who would live next, by island."""
    config, newborns = lives.config, {i: lives.founders(i) for i in range(lives.config.population.islands)}
    horizon = Horizon(0, 0, Cadence(config.checkpoint.every, config.generations), 0, {})
    for generation in range(config.generations):
        there = migration.migrate(config, newborns, generation)
        outcomes = {i: lives.live_one(False, i, generation, group, horizon) for i, group in there.items()}
        newborns = {i: outcome.children for i, outcome in outcomes.items() if len(outcome.children)}
    return newborns
