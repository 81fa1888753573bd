"""A folder on a disk: open it with `populations.record.storage.open_folder`.

A file is durable when its bytes and its directory entry have been flushed; replacement is `os.replace`, and whoever
replaces holds the lock of `populations.record.lease`.
"""

import contextlib
import errno
import os
import secrets
from pathlib import Path

from alife.format import files
from populations.record.storage.folder import MOST, Conflict, Folder, fingerprint


class LocalFolder(Folder):
    """A directory; links below it are not followed.

    Replacement compares and replaces in two steps: the caller holds the lock.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.root = files.local(uri)
        self._made: list[Path] = []

    def fetch(self, name: str, most: int = MOST) -> tuple[bytes, str]:
        data = files.read(self.root, name, most)
        return data, fingerprint(data)

    def write(self, name: str, data: bytes) -> None:
        path = files.inside(self.root, name, last=False)
        if path.parent != self.root and not path.parent.is_dir():
            self._mkdir(path.parent)
        handle = files.make(path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        _flush_directory(path.parent)

    def replace(self, name: str, data: bytes, expected: str | None) -> str:
        with contextlib.suppress(FileNotFoundError):
            if self.fetch(name)[1] != expected:
                raise Conflict(name)
            expected = None
        if expected is not None:
            raise Conflict(name)
        self._swap(name, data)
        return fingerprint(data)

    def put(self, name: str, data: bytes) -> None:
        self._swap(name, data, f".{secrets.token_hex(4)}")

    def _swap(self, name: str, data: bytes, mark: str = "") -> None:
        """Write a file beside, then rename it; a `mark` of its own where several may write at once."""
        path = self.root / name
        head, slash, base = name.rpartition("/")
        temporary = f"{head}{slash}.{base}{mark}.tmp"
        self.write(temporary, data)
        try:
            os.replace(self.root / temporary, path)
        except BaseException:
            (self.root / temporary).unlink(missing_ok=True)
            raise
        _flush_directory(path.parent)

    def _written(self, name: str) -> float | None:
        return (self.root / name).stat().st_mtime

    def delete(self, name: str) -> None:
        files.inside(self.root, name, last=False).unlink(missing_ok=True)

    def ls(self, below: str = "") -> dict[str, int | None]:
        found = files.ls(files.inside(self.root, below) if below else self.root)
        return {f"{below}/{name}" if below else name: size for name, size in found.items()}

    def make(self) -> None:
        self._make(self.root)

    def check_writable(self) -> None:
        nearest = next(path for path in (self.root, *self.root.parents) if path.exists())
        if not nearest.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{nearest} is a file, not a folder")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"{nearest} is not writable")

    def unmake(self) -> None:
        while self._made:
            with contextlib.suppress(OSError):
                self._made.pop().rmdir()

    def _make(self, directory: Path) -> None:
        if not directory.is_dir():
            self._make(directory.parent)
            self._mkdir(directory)

    def _mkdir(self, directory: Path) -> None:
        """Make a folder in one that is there: a run folder that was removed meanwhile is not made again."""
        with contextlib.suppress(FileExistsError):
            directory.mkdir()
            self._made.append(directory)
        _flush_directory(directory.parent)


def _flush_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
