"""What a run costs, on record while it lives: a listener of its events that writes `alife.format.usage` beside it.

Make a `Meter` a listener of a run; `costs` reads what it has written.
"""

import logging
import time

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.format import usage
from alife.format.usage import Usage
from populations.observe import events
from populations.observe.events import Event
from populations.record.reader import read_config
from populations.record.storage import Folder, now, open_folder

_log = logging.getLogger(__name__)


class Meter:
    """Adds up the cores and GPUs that workers of one start are given, and writes that at each commit and in the end.

    That it cannot be written, or read, is no reason to stop anything: then less is on record.
    """

    def __init__(self) -> None:
        self._folder: Folder | None = None
        self._before: list[Usage] = []
        self._each = (0.0, 0.0)
        self._began = self._last = 0.0
        self._now = Usage(began="", updated="", generation=0, lived=0, seconds=0, workers=0, core_seconds=0)

    def __call__(self, event: Event) -> None:
        """Follow a run."""
        match event:
            case events.Start():
                self._start(event)
            case events.Generation(hosts=hosts):
                self._count(hosts, 1)
            case events.Commit():
                self._write()
            case events.End():
                self.close()

    def close(self) -> None:
        """Write what is not on record yet, the first time: a run that has failed tells of no end."""
        self._write()
        self._folder = None

    def _start(self, event: events.Start) -> None:
        folder = open_folder(event.out)
        try:
            self._each = given(read_config(event.out))
            self._before = usage.parse(folder.read(usage.NAME, usage.MOST)) if usage.NAME in folder.ls() else []
        except (OSError, UserError) as error:
            _log.info("%s: what the run costs is not put on record: %s", event.out, error)
            return
        self._folder = folder
        self._began = self._last = time.monotonic()
        begun = {"began": now(), "updated": now(), "generation": event.generation, "workers": event.hosts}
        self._now = self._now.model_copy(update=begun)

    def _count(self, workers: int, lived: int = 0) -> None:
        """Up to now there were so many workers."""
        if self._folder is None:
            return
        present = time.monotonic()
        seconds = workers * (present - self._last)
        cores, gpus = self._each
        self._last = present
        self._now = self._now.model_copy(
            update={
                "lived": self._now.lived + lived,
                "seconds": round(present - self._began, 3),
                "workers": workers,
                "core_seconds": round(self._now.core_seconds + cores * seconds, 3),
                "gpu_seconds": round(self._now.gpu_seconds + gpus * seconds, 3),
            }
        )

    def _write(self) -> None:
        self._count(self._now.workers)
        if self._folder is None:
            return
        self._now = self._now.model_copy(update={"updated": now()})
        try:
            self._folder.put(usage.NAME, usage.dump([*self._before, self._now]))
        except OSError as error:
            _log.info("%s: what the run costs is not put on record: %s", self._folder.uri, error)


def costs(folder: Folder) -> list[Usage]:
    """What each start of a run has cost, as far as it is on record."""
    try:
        return usage.parse(folder.read(usage.NAME, usage.MOST))
    except OSError:
        return []


def given(config: RunConfig) -> tuple[float, float]:
    """Cores and GPUs that a worker is given; in the user's own process as many as it computes with."""
    cores = max(config.ray.cpus_per_host, float(config.life.threads))
    return cores, (config.ray.gpus_per_host or 1.0) if config.device == "cuda" else 0.0
