"""What a run tells, beside its record in bounded room: a listener that writes `alife.format.events`.

Make an `EventLog` a listener of a run. Who watches reads the files, from another machine too.
"""

import logging
import os
import time
from contextlib import suppress

from alife.errors import UserError
from alife.format import events as lines
from alife.format import files
from populations.observe import events
from populations.observe.events import Event
from populations.record.reader import exists
from populations.record.storage import Folder, LocalFolder, open_folder

_log = logging.getLogger(__name__)

REMOTE_SECONDS = 15.0
"""How often the last file is put again where nothing can be appended."""
_WAITING = 100
"""Events kept until there is a record."""


class EventLog:
    """Appends each event of one start to the last of a few files; on an object store puts that file now and then.

    A start begins a new file. Before its founders are stored a run leaves nothing behind, so nothing is written before
    that. That it cannot be written is no reason to stop anything.
    """

    def __init__(self) -> None:
        self._folder: Folder | None = None
        self._waiting: list[bytes] = []
        self._stored = False
        self._number = 0
        self._content = bytearray()
        self._fresh = 0
        self._put = 0.0

    def __call__(self, event: Event) -> None:
        """Follow a run."""
        text = lines.dump({"time": round(time.time(), 3), **event.as_dict()})
        self._waiting = [*self._waiting[1 - _WAITING :], text]
        try:
            match event:
                case events.Start(out=out):
                    self._folder, self._stored = open_folder(out), exists(out)
                case events.Commit():
                    self._stored = True
            if self._folder is not None and self._stored:
                text, self._waiting = b"".join(self._waiting), []
                self._append(self._folder, text, isinstance(event, events.Commit | events.End | events.HostLost))
        except (OSError, UserError) as error:
            self._give_up(error)

    def close(self) -> None:
        """Write what is not written yet."""
        folder, self._folder = self._folder, None
        if folder is not None and not isinstance(folder, LocalFolder) and self._fresh:
            with suppress(OSError, UserError):
                folder.put(lines.name(self._number), bytes(self._content))

    def _append(self, folder: Folder, text: bytes, urgent: bool) -> None:
        if not self._number or len(self._content) + len(text) > lines.FULL:
            self._begin(folder)
        self._content += text
        self._fresh += len(text)
        if isinstance(folder, LocalFolder):
            _append(folder, lines.name(self._number), text)
        elif urgent or time.monotonic() - self._put > REMOTE_SECONDS:
            folder.put(lines.name(self._number), bytes(self._content))
            self._put = time.monotonic()
        else:
            return
        self._fresh = 0

    def _begin(self, folder: Folder) -> None:
        """A new file; the oldest go."""
        if self._fresh:
            folder.put(lines.name(self._number), bytes(self._content))
        there = lines.numbers(folder.ls(lines.FOLDER))
        self._number, self._content, self._fresh = (there[-1] if there else 0) + 1, bytearray(), 0
        for number in there[: max(0, len(there) + 1 - lines.KEPT)]:
            folder.delete(lines.name(number))

    def _give_up(self, error: Exception) -> None:
        if self._folder is not None:
            _log.info("%s: what the run tells is not put on record: %s", self._folder.uri, error)
        self._folder = None


def _append(folder: LocalFolder, name: str, text: bytes) -> None:
    """To a file of a run folder that is there; links are not followed."""
    path = files.inside(folder.root, name)
    with suppress(FileExistsError):
        path.parent.mkdir()
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(path, flags, 0o666)
    try:
        os.write(handle, text)
    finally:
        os.close(handle)
