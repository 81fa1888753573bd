"""What callbacks and loops have to say of generations, kept until it is written with their commit.

`populations.record.writer.Recorder` has a `StepLog`; the file is `alife.format.steps`.
"""

import logging

from alife.format import steps
from populations.record.storage import Folder, explained

_log = logging.getLogger(__name__)


class StepLog:
    """Lines of `steps.jsonl`, those written and those that wait for the next commit.

    Attributes:
        lines: All, in order.
    """

    def __init__(self) -> None:
        self.lines: list[steps.Line] = []
        self._content = bytearray()
        self._fresh = self._full = False

    @classmethod
    def read(cls, folder: Folder, last: int) -> "StepLog":
        """What a run folder holds of generations up to `last`.

        Raises:
            UserError: It cannot be read, or holds something else.
        """
        log = cls()
        with explained(folder, f"reading {steps.NAME}"):
            content = folder.read(steps.NAME, steps.MOST)
        log.lines = steps.parse(content, last, folder.uri)
        log._content = bytearray(steps.dump(log.lines))
        log._fresh = len(log.lines) < content.count(b"\n")
        return log

    def add(self, line: steps.Line) -> None:
        """Take a line; where there is no more room it is dropped, with a word the first time."""
        text = steps.dump([line])
        if len(self._content) + len(text) > steps.MOST:
            if not self._full:
                _log.warning("%s holds %d bytes: no more is recorded there", steps.NAME, len(self._content))
            self._full = True
            return
        self.lines.append(line)
        self._content += text
        self._fresh = True

    def drop(self, last: int) -> None:
        """Forget what was said of generations after `last`, which are not going to be committed."""
        if any(line.generation > last for line in self.lines):
            self.lines = [line for line in self.lines if line.generation <= last]
            self._content = bytearray(steps.dump(self.lines))

    @property
    def waiting(self) -> bool:
        """Whether there is something to write."""
        return self._fresh

    def write(self, folder: Folder) -> None:
        """Write all of it, if something is new.

        Raises:
            OSError: The storage refuses.
            Conflict: Somebody else has replaced it.
        """
        if self._fresh:
            there = steps.NAME in folder.ls()
            folder.replace(steps.NAME, bytes(self._content), folder.fetch(steps.NAME)[1] if there else None)
            self._fresh = False
