"""Which jobs of a sweep have failed, and why: files in its folder, for who looks at it later or meanwhile.

A `Failures` is told of a sweep's events and keeps the file of its process; `read` gives what all of them say.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from populations.observe import events
from populations.observe.events import Event
from populations.record.storage import Folder

NAME: Final = "failed.json"
"""Of the process that does all of a sweep; a task of an array writes `failed-I-of-N.json`."""
MOST: Final = 1 << 24
_NAME: Final = re.compile(r"failed(-\d+-of-\d+)?\.json")


class Failures:
    """Keeps the file of a process.

    Args:
        folder: Of the sweep.
        task: The task of an array that the process does, as "3-of-16"; "" for all of the sweep.
    """

    def __init__(self, folder: Folder, task: str = "") -> None:
        self._folder = folder
        self._name = f"failed-{task}.json" if task else NAME
        self._known = _read(folder, self._name)

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
            self._folder.put(self._name, json.dumps(known, indent=1).encode())


def read(folder: Folder) -> Mapping[str, str]:
    """Why, in a line, by the name of each run or assay that has failed; nothing where nothing can be read.

    What another process has done since with success may be among them.
    """
    try:
        names = [name for name in folder.ls() if _NAME.fullmatch(name)]
    except OSError:
        return {}
    return {job: why for name in names for job, why in _read(folder, name).items()}


def _read(folder: Folder, name: str) -> dict[str, str]:
    try:
        found = json.loads(folder.read(name, MOST))
    except (OSError, ValueError, RecursionError):
        return {}
    known = found if isinstance(found, dict) else {}
    return {str(job): str(why) for job, why in known.items()}
