"""Events as JSON lines in a file, for who reads them by program."""

import json
import logging
import time
from contextlib import suppress
from typing import TextIO

from populations.observe.events import Event

_log = logging.getLogger(__name__)


class JsonLines:
    """Writes every event as one JSON line, with its time in seconds since 1970.

    A file that takes no more is given up with a warning: the run goes on without it.

    Args:
        file: Open for writing text.
    """

    def __init__(self, file: TextIO):
        self.file = file

    def __call__(self, event: Event) -> None:
        """Write one event."""
        if self.file.closed:
            return
        try:
            self.file.write(json.dumps({"time": round(time.time(), 3), **event.as_dict()}) + "\n")
            self.file.flush()
        except OSError as error:
            with suppress(OSError):
                self.file.close()
            _log.warning("%s: %s: no more events are written there", self.file.name, error.strerror)
