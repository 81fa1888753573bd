"""A backend that lives a run's islands, and what it has told: what a coordinator does with one, without its record."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from populations.engine.backend import Backend
from populations.engine.messages import Cadence, Horizon, Lived, Lost, News, Source
from populations.record.writer import Recorder

GENERATIONS = 1000
"""Of the run: more than a test lives, so that none is its last."""


class Lives:
    """Islands that start from their founders, and again when they are lost.

    Args:
        backend: Where they live.
        folder: Of the run; made.
        source: What they start from.

    Attributes:
        births: By island and generation, as last told.
        lost: Islands of each loss.
        news: All that was told.
    """

    def __init__(self, backend: Backend, folder: str | os.PathLike[str], source: Source | None = None):
        self.backend, self.islands = backend, range(backend.config.population.islands)
        self.recorder = Recorder.create(str(folder), backend.config, versions={}, machine=backend.machine)
        self.recorder.start(0, {})
        self.births: dict[tuple[int, int], Any] = {}
        self.lost: list[list[int]] = []
        self.news: list[News] = []
        self._until, self._source = 0, source or Source()
        backend.begin(self.recorder, True)
        backend.place(self.islands, self._source)

    def order(self, until: int) -> None:
        """Let islands live the generations before one."""
        self._until = until
        self.backend.order(Horizon(until, -1, Cadence(GENERATIONS, GENERATIONS), -1, {"collapse_norm": 0.0}))

    def hear(self) -> None:
        """What has happened, once."""
        for news in self.backend.news():
            self.news.append(news)
            if isinstance(news, Lived):
                assert news.births is not None
                self.births[news.island, news.generation] = news.births
            elif isinstance(news, Lost):
                self.lost.append([*news.islands])
                self.backend.place(news.islands, self._source)

    def until(self, seen: Callable[[], bool], looks: int = 600) -> None:
        """Hear until something is so."""
        while not seen():
            looks -= 1
            assert looks, "nothing of it happened"
            self.hear()

    def live(self, until: int) -> None:
        """Live the generations before one on all islands."""
        self.order(until)
        self.until(lambda: all((island, g) in self.births for island in self.islands for g in range(until)))

    def live_on(self, seen: Callable[[], bool]) -> None:
        """Live a generation after another until something is so."""
        while not seen():
            assert self._until < GENERATIONS
            self.live(self._until + 1)

    def check(self, other: "Lives") -> None:
        """See that what was born is the same."""
        assert self.births
        for key, births in self.births.items():
            for name, column in births.items():
                np.testing.assert_array_equal(column, other.births[key][name], err_msg=f"{name} of {key}")


def lived_here(prepared: Any, folder: Path, until: int) -> Lives:
    """The generations before one, in this process."""
    from populations.engine.backend import LocalBackend

    here = Lives(LocalBackend(*prepared, lambda: False), folder)
    here.order(until)
    here.until(lambda: len(here.births) == until * len(here.islands), looks=until * len(here.islands) + 10)
    return here
