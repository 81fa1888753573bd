"""Which jobs of a sweep have failed, and why: a file in its folder, for who looks at it later or meanwhile.

A `Failures` is told of a sweep's events and keeps the file; `read` gives what it says.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from populations.observe import events
from populations.observe.events import Event
from populations.record.storage import Folder

NAME: Final = "failed.json"
MOST: Final = 1 << 24


class Failures:
    """Keeps the file of a sweep that this process is the one writer of."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known = dict(read(folder))

    def __call__(self, event: Event) -> None:
        """Note what has failed, and forget it once it is begun again."""
        match event:
            case events.JobFailed(job=job, error=error):
                self._put({**self._known, job: error})
            case events.JobStarted(job=job) if job in self._known:
                self._put({name: why for name, why in self._known.items() if name != job})

    def _put(self, known: dict[str, str]) -> None:
        self._known = known
        with suppress(OSError):  # the sweep has more to lose, and says so itself
            self._folder.put(NAME, json.dumps(known, indent=1).encode())


def read(folder: Folder) -> Mapping[str, str]:
    """Why, in a line, by the name of each run or assay that has failed; nothing where nothing can be read."""
    try:
        found = json.loads(folder.read(NAME, MOST))
    except (OSError, ValueError, RecursionError):
        return {}
    known = found if isinstance(found, dict) else {}
    return {str(name): str(why) for name, why in known.items()}
