"""Real lives, and real files: what a worker of `populations.engine.worker` does, in no simulated time."""

from collections.abc import Mapping, Sequence
from typing import Any

from alife.configuration.keys import RunConfig
from alife.evolution.reproduction import Newborns
from alife.world.projections import Physics
from populations.engine.islands import Outcome, Unwritten
from populations.engine.messages import Entry, Horizon, Merged, News, Sealed, Settle, Source
from populations.engine.worker import Worker
from populations.record import shards
from populations.record.storage import open_folder


class RealLives:
    """Lives islands of a run.

    Args:
        config: Resolved.
        physics: The run's.
        run: Its folder.
    """

    def __init__(self, config: RunConfig, physics: Physics, run: str):
        self.config, self._worker, self._run, self._folder = config, Worker(config, physics), run, open_folder(run)

    def live_one(self, watched: bool, island: int, generation: int, newborns: Newborns, horizon: Horizon) -> Outcome:
        """As of `Worker`."""
        return self._worker.live_one(watched, island, generation, newborns, horizon)

    def settle(self, islands: Sequence[int], source: Source) -> tuple[Settle, list[News]]:
        """As of `Worker`."""
        return self._worker.settle(islands, source, self._folder.read, self._run)

    def write(self, mark: str, columns: Sequence[Mapping[str, Any]], what: Unwritten) -> Sealed:
        """As of `Worker`."""
        return self._worker.write(self._folder.write, mark, columns, what)

    def merge(self, mark: str, kind: str, entries: Sequence[Entry]) -> Merged:
        """As of `populations.record.shards`."""
        entry = shards.merge(self._folder.write, self._folder.read, mark, self.config, (), kind, entries, self._run)
        return Merged(kind, [each["name"] for each in entries], entry)
