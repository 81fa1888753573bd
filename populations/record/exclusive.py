"""A file on a disk without file locks, which of several writers exactly one replaces.

`populations.record.lease` makes `Versions` of a folder where there is no `flock`. Versions of a file are files of their
own, `NAME.1`, `NAME.2`, …: who makes the next one first has won, since a file system makes a link to a name only once.
The newest says what holds; it is never removed, so that no number comes twice.
"""

import contextlib
import errno
import os
import secrets

from populations.record.storage import MOST, Conflict, LocalFolder

KEPT = 3
"""Versions that stay: a writer that has looked a moment ago still finds that its number is taken."""
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)


class Versions:
    """Files of a folder that are replaced by version only, as `Folder.fetch` and `Folder.replace`.

    Args:
        folder: Where.
    """

    def __init__(self, folder: LocalFolder):
        self._folder = folder
        self.uri = folder.uri

    def fetch(self, name: str, most: int = MOST) -> tuple[bytes, str]:
        """Content and version, as `Folder.fetch`.

        Raises:
            FileNotFoundError: There is none yet.
        """
        for _ in range(8):
            numbers = self._numbers(name)
            if not numbers:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
            with contextlib.suppress(FileNotFoundError):
                return self._folder.read(f"{name}.{numbers[-1]}", most), str(numbers[-1])
        raise OSError(errno.EBUSY, f"{name} changes faster than it can be read")

    def replace(self, name: str, data: bytes, expected: str | None) -> str:
        """Make the version after `expected`.

        Raises:
            Conflict: Somebody else has made it.
        """
        number = int(expected or 0) + 1
        if self._make(f"{name}.{number}", data) and self._folder.read(f"{name}.{number}") != data:
            raise Conflict(name)
        numbers = self._numbers(name)
        if numbers[-1] > number:
            self._folder.delete(f"{name}.{number}")
            raise Conflict(name)
        for old in numbers:
            if old <= number - KEPT:
                self._folder.delete(f"{name}.{old}")
        return str(number)

    def age(self, name: str) -> float | None:
        """As `Folder.age`, of the newest version."""
        return self._folder.age(f"{name}.{self.fetch(name)[1]}")

    def _make(self, name: str, data: bytes) -> bool:
        """Make a file that is whole from the start; whether there is one of that name already."""
        temporary = f".{name.removeprefix('.')}.{secrets.token_hex(4)}.tmp"
        self._folder.write(temporary, data)
        try:
            os.link(self._folder.root / temporary, self._folder.root / name, follow_symlinks=False)
        except FileExistsError:
            return True
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return self._make_empty(name, data)
        finally:
            self._folder.delete(temporary)
        return False

    def _make_empty(self, name: str, data: bytes) -> bool:
        try:
            handle = os.open(self._folder.root / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            return True
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        return False

    def _numbers(self, name: str) -> list[int]:
        ends = [each.removeprefix(f"{name}.") for each in self._folder.ls() if each.startswith(f"{name}.")]
        return sorted(int(end) for end in ends if end.isascii() and end.isdigit())
