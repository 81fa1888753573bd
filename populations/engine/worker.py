"""A worker: a warm process that keeps islands, lives them, and writes what they came to.

It lives a generation of an island (`Worker.live_one`) as `populations.engine.islands` asks it to, draws founders, and
turns what is to be written into files of the run folder (`Worker.write`). If it dies, another worker lives the same
generations of the same islands again, to the same bits.
"""

import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from alife import schema
from alife.configuration.keys import RunConfig
from alife.evolution import crossover, measuring, networks, selection
from alife.evolution.habitat import Habitat
from alife.evolution.island import Part, Scores, lived, whole
from alife.evolution.mutation import of_rules, own_operator
from alife.evolution.reproduction import Newborns, founders
from alife.evolution.succession import following
from alife.format.checkpoints import Adult
from alife.organism import passes
from alife.world.projections import Physics
from populations.engine.islands import Outcome, Rows, Unwritten
from populations.engine.messages import Founded, Horizon, Lived, News, Sealed, Settle, Source, sample
from populations.engine.parenthood import choose, likeliest
from populations.record import parts, rows, shards

SAMPLED = ("accuracy", "replication_error", "copying_error")
"""Traits whose medians over all islands are told of each generation."""


class Worker:
    """Lives generations of islands, and writes them.

    Args:
        config: Resolved.
        physics: Shared by all workers of a run.

    Attributes:
        doing: Told, in a word, what a life has come to.
        live_parts: Lives an island's newborns, in parts where others help.

    Raises:
        UserError: A measure or an operator of the user's own cannot be had here.
    """

    def __init__(self, config: RunConfig, physics: Physics):
        self.config, self.physics = config, physics
        own_operator(of_rules(config.reproduction))  # a machine that does not have it is told apart before it lives
        crossover.own_operator(config.reproduction.crossover_operator)
        self.measures = measuring.own(config)
        self.habitat = Habitat(config, physics)
        self.doing: Callable[[str], None] = lambda _: None
        self.live_parts: Callable[[int, int, Newborns, Horizon], list[Part]] = lambda *island: [self.live_part(*island)]
        self._answers = "answers" in selection.asked(config.selection)
        self._recorded = selection.is_recorded(config.selection.scheme)

    def live_one(self, watched: bool, island: int, generation: int, newborns: Newborns, horizon: Horizon) -> Outcome:
        """One generation of one island: life, scores, the choice of parents, and their children.

        Args:
            watched: Whether somebody looks at each generation, and is to have its births.
            island: Which.
            generation: Which.
            newborns: Who lives there.
            horizon: In the last of its generations test images are touched.

        Raises:
            UserError: Something of the user's own failed.
        """
        config = self.config
        parts = self.live_parts(island, generation, newborns, horizon)
        prefer = partial(likeliest, config, generation, island, newborns) if self._recorded else None
        scores, emitted = whole(config, parts, prefer), np.concatenate([part.emitted for part in parts])
        self.doing("conceiving")
        choice = choose(config, generation, {island: newborns})(island, scores)
        children = following(config, emitted, newborns, choice, generation + 1, island, self.habitat.shape)
        births = rows.births(config, island, generation, newborns, scores, choice)
        lived = Lived(
            island=island,
            generation=generation,
            causes=dict(Counter(scores.causes.tolist())),
            children=len(children),
            samples={name: sample(scores.columns[name][scores.living]) for name in SAMPLED},
            seconds=scores.seconds,
            births=births if watched else None,
            accuracy=_tested(newborns, scores) if config.task != "none" else None,
            fittest=_fittest(newborns, scores),
        )
        return Outcome(lived, births, children)

    def live_part(self, island: int, generation: int, newborns: Newborns, horizon: Horizon, first: int = 0) -> Part:
        """The life of newborns of an island from slot `first` on; arguments as of `live_one`."""
        last, norm = generation == horizon.cadence.generations - 1, horizon.meta["collapse_norm"]
        return lived(self.habitat, newborns, generation, island, norm, last, self.measures, self._answers, first)

    def settle(self, islands: Sequence[int], source: Source, read: shards.Read, uri: str) -> tuple[Settle, list[News]]:
        """What it takes for islands to be kept here, and what the coordinator is to know of it.

        Args:
            islands: Which.
            source: What they start from.
            read: Reads files of the run folder.
            uri: The folder, as errors are to name it.

        Raises:
            UserError: A shard is missing or damaged.
        """
        news: list[News] = []
        newborns = source.newborns
        if newborns is None and source.entries:
            newborns = shards.thaw(read, source.entries, islands, uri)[0]
        elif newborns is None:
            drawn, weights = networks.founder(self.config, self.physics), self.physics.shape.n_weights
            newborns = {i: founders(self.config, weights, i, source.genomes, drawn) for i in islands}
            norms = {i: np.linalg.norm(group.messages, axis=1) for i, group in newborns.items()}
            news.append(Founded(norms))
        kept = {island: newborns[island] for island in islands}
        return Settle(source.generation, kept, bool(source.entries), source.gone), news

    def write(self, put: shards.Put, mark: str, columns: Sequence[Mapping[str, Any]], what: Unwritten) -> Sealed:
        """Write rows and newborns into a run folder.

        Args:
            put: Writes one file.
            mark: What the names of the files end with; unique.
            columns: Of births that only this run has, the manifest's "columns".
            what: To be written.

        Returns:
            What the coordinator is to commit.

        Raises:
            OSError: The storage refuses.
        """
        began = time.perf_counter()
        tables = _tables(self.config, columns, what.rows)
        sealed = shards.seal(put, mark, self.config, columns, what.generation, what.newborns, what.meta, tables)
        return Sealed(what.generation, what.islands, sealed, time.perf_counter() - began)


def _tables(
    config: RunConfig, columns: Sequence[Mapping[str, Any]], lived: Sequence[Rows]
) -> dict[str, list[pa.Table]]:
    """Rows by kind, a table a generation."""
    manifest = {"columns": columns}
    wanted = {kind: parts.columns(kind, config, manifest) for kind in schema.ROWS}
    tables: dict[str, list[pa.Table]] = {kind: [] for kind in schema.ROWS}
    for generation in sorted({each.generation for each in lived}):
        there = sorted((each for each in lived if each.generation == generation), key=lambda each: each.island)
        births = rows.concatenate([each.births for each in there])
        seconds = {each.island: each.seconds for each in there}
        found = {
            "births": births,
            "migrations": rows.concatenate([each.migrations for each in there]),
            "generations": rows.summaries(births, seconds, columns, measuring.left_out(config, generation)),
        }
        for kind, columns_of in found.items():
            table = parts.table(columns_of, wanted[kind], generation)
            if len(table):
                tables[kind].append(table)
    return tables


def _tested(newborns: Newborns, scores: Scores) -> dict[int, float] | None:
    """Accuracy on test images by id, of those that lived."""
    if scores.test_accuracy is None:
        return None
    living = scores.living
    return dict(zip(newborns.ids[living].tolist(), scores.test_accuracy[living].tolist(), strict=True))


def _fittest(newborns: Newborns, scores: Scores) -> tuple[int, Adult] | None:
    if scores.fittest is None:
        return None
    slot, weights, genome = scores.fittest
    return int(newborns.ids[slot]), Adult(weights, genome)


def machine_class(config: RunConfig) -> dict[str, str | int]:
    """What decides the bits of a birth: processor, libraries, precision, device, threads."""
    device = torch.cuda.get_device_name() if config.device == "cuda" else "cpu"
    return {
        "cpu": f"{_cpu_model()} {torch.backends.cpu.get_cpu_capability()}",
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "dtype": config.life.precision,
        "device": device,
        "threads": config.life.threads,
        **passes.on_record(config),
    }


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
