"""What a folder is to whoever keeps something in it: `Folder`, of which `disk` and `remote` are the two kinds."""

import hashlib
import secrets
from abc import ABC, abstractmethod

MOST = 1 << 40
"""Bytes of a file of which nothing else is known."""


class Conflict(Exception):
    """A file is not what the caller last saw: somebody else has replaced it."""


class Folder(ABC):
    """Named bytes below one URI. Names are relative, with `/` between their parts.

    Attributes:
        uri: What the user calls it; it opens every error message.
    """

    uri: str

    @abstractmethod
    def fetch(self, name: str, most: int = MOST) -> tuple[bytes, str]:
        """Content and version of a file: all of it, or `most` + 1 bytes where it has more than `most`.

        Raises:
            FileNotFoundError: There is none.
        """

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Store a file that nobody else writes, durably."""

    @abstractmethod
    def replace(self, name: str, data: bytes, expected: str | None) -> str:
        """Put `data` in the place of version `expected` (None: of nothing), all or nothing, durably.

        Returns:
            The new version.

        Raises:
            Conflict: The file has another version.
        """

    @abstractmethod
    def put(self, name: str, data: bytes) -> None:
        """Put `data` in the place of whatever is there, all or nothing, durably; of several at once the last stays."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Remove a file; that it is gone already is fine."""

    @abstractmethod
    def ls(self, below: str = "") -> dict[str, int | None]:
        """What lies directly in the folder, or in the one `below` it: sizes in bytes by name, None for a folder.

        Empty where there is nothing. Names are relative to the run folder.
        """

    def read(self, name: str, most: int = MOST) -> bytes:
        """Content of a file, as of `fetch`.

        Raises:
            FileNotFoundError: There is none.
        """
        return self.fetch(name, most)[0]

    def age(self, name: str) -> float | None:
        """Seconds since a file was written, both moments by the storage's own clock; None if it does not say.

        A file is written and removed for it.

        Raises:
            FileNotFoundError: There is none.
        """
        probe = f".clock-{secrets.token_hex(4)}.tmp"
        written = self._written(name)
        self.write(probe, b"")
        try:
            present = self._written(probe)
        finally:
            self.delete(probe)
        return None if written is None or present is None else present - written

    @abstractmethod
    def _written(self, name: str) -> float | None:
        """When a file was written, by the storage's clock."""

    def check_conditional(self) -> None:  # noqa: B027, only some systems promise what they may not keep
        """Raise UserError if `replace` would not keep two writers apart though the system is said to."""

    def make(self) -> None:  # noqa: B027, an object store has no folders to make
        """Create the folder where it needs to be created."""

    def unmake(self) -> None:  # noqa: B027, likewise
        """Remove the folders that this object has made, as far as they are empty."""

    def check_writable(self) -> None:  # noqa: B027, nor permissions to look at
        """Raise OSError if it can be seen without writing that nothing can be written here."""


def reason(error: Exception) -> str:
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
