"""Where islands live: in this process, or on Ray workers that may be lost at any moment. Births are the same bits.

`Backend` is what the coordinator orders and hears; `LocalBackend` is the one without Ray.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from alife.configuration.keys import RunConfig
from alife.world.projections import Physics
from populations.engine import classes
from populations.engine.islands import Islands
from populations.engine.messages import Entry, Merged, News, Order, Source
from populations.engine.worker import Worker, machine_class
from populations.record import shards
from populations.record.writer import Recorder


class Interrupted(Exception):
    """The user asked the run to stop."""


class Backend(Protocol):
    """Lives islands. What is born depends on the configuration alone, however many workers it has and loses."""

    stopping: Callable[[], bool]
    """Whether somebody wants the run to stop."""

    @property
    def config(self) -> RunConfig:
        """The configuration, with nothing left open."""

    @property
    def hosts(self) -> int:
        """How many workers there are now."""

    @property
    def machine(self) -> Mapping[str, Any]:
        """The class of the machines that workers run on, as `populations.engine.worker.machine_class`.

        Raises:
            Interrupted: `stopping()` became true.
            UserError: No worker can be had.
        """

    def require(self, machine: Mapping[str, Any]) -> None:
        """See that workers are of a class, that of a run that goes on; others may live nothing of it.

        Raises:
            Interrupted: `stopping()` became true.
            UserError: There are none of that class, and `ray.allow_mixed` is false.
        """

    def begin(self, recorder: Recorder, watched: bool) -> None:
        """Say what is written, and whether births of each generation are asked for."""

    def place(self, islands: Sequence[int], source: Source) -> None:
        """Have workers keep islands from now on, which nobody keeps."""

    @property
    def settled(self) -> bool:
        """Whether each island that was placed has a worker."""

    def order(self, order: Order) -> None:
        """Tell all workers, and all that are still to come."""

    def merge(self, kind: str, entries: Sequence[Entry]) -> None:
        """Have a worker make one part of several; `Merged` comes of it."""

    def rebalance(self) -> None:
        """Give workers that keep nothing some of others' islands, which are then lost, and to be placed again."""

    def news(self) -> list[News]:
        """What has happened, after waiting for it a moment.

        Raises:
            UserError: No worker can be had any more, or what the user brought has failed.
        """

    def close(self) -> None:
        """Let all workers go."""


class LocalBackend:
    """All islands in this process, the one that is furthest behind first.

    Args:
        config: Resolved.
        physics: The run's.
        stopping: As of `Backend`.
    """

    hosts, settled = 1, True

    def __init__(self, config: RunConfig, physics: Physics, stopping: Callable[[], bool]):
        self.config, self.worker = config, Worker(config, physics)
        self.stopping = stopping
        self.machine = machine_class(config)
        self._merged: list[News] = []

    def require(self, machine: Mapping[str, Any]) -> None:
        """As `Backend.require`."""
        classes.check(machine, self.machine, self.config)

    def begin(self, recorder: Recorder, watched: bool) -> None:
        """As `Backend.begin`."""
        self._recorder = recorder
        self._islands = Islands(self.config, partial(self.worker.live_one, watched))

    def place(self, islands: Sequence[int], source: Source) -> None:
        """As `Backend.place`."""
        settle, news = self.worker.settle(islands, source, self._recorder.read, self._recorder.uri)
        self._islands.news += news
        self._islands.order(settle)

    def order(self, order: Order) -> None:
        """As `Backend.order`."""
        self._islands.order(order)

    def merge(self, kind: str, entries: Sequence[Entry]) -> None:
        """As `Backend.merge`."""
        to = self._recorder
        entry = shards.merge(to.put, to.read, to.mark(), to.config, to.manifest["columns"], kind, entries)
        self._merged.append(Merged(kind, [each["name"] for each in entries], entry))

    def rebalance(self) -> None:
        """Nothing to balance."""

    def news(self) -> list[News]:
        """As `Backend.news`: one island has lived a generation."""
        islands, to = self._islands, self._recorder
        if not islands.news and not islands.seals:
            islands.step()
        news, islands.news = islands.news + self._merged, []
        self._merged = []
        while islands.seals:
            news.append(self.worker.write(to.put, to.mark(), to.manifest["columns"], islands.seals[0]))
            del islands.seals[0]
        return news

    def close(self) -> None:
        """Nothing to let go."""
