"""The files of a folder, wherever it is: read in bounded size, without following links, each failure one line."""

import errno
from typing import Any, Final

import fsspec

from alife.errors import UserError
from alife.format import files, manifest, stored


class Source:
    """The files of a run folder.

    Args:
        uri: A path, or an address that fsspec understands.

    Raises:
        UserError: The kind of storage is unknown, its package is missing, or it cannot be reached.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._remote: Any = None
        if files.is_remote(uri):
            try:
                self._remote, root = fsspec.core.url_to_fs(uri)
            except ImportError as error:
                raise UserError(f"{uri}: {error}: install the extra 's3', or copy the run to this machine") from None
            except Exception as error:  # some file systems connect at once, each with errors of its own
                raise UserError(f"{uri}: {' '.join(str(error).split())}: {_MEND}") from None
            self._root = root.rstrip("/")

    def read(self, name: str, most: int) -> bytes:
        """Content of a file of a run, or `most` + 1 bytes of it.

        Raises:
            UserError: It is not there, cannot be read, or is a link.
        """
        try:
            return self.fetch(name, most)
        except FileNotFoundError:
            if name == manifest.NAME:
                raise stored.missing(self.uri, self.ls) from None
            raise UserError(f"{self.uri}/{name}: missing: the folder is not complete, copy it again") from None

    def fetch(self, name: str, most: int) -> bytes:
        """Content of a file that need not be there, or `most` + 1 bytes of it.

        Raises:
            FileNotFoundError: There is none.
            UserError: It cannot be read, or is a link.
        """
        try:
            if self._remote is None:
                return files.read(files.local(self.uri), name, most)
            self._remote.invalidate_cache()
            return files.read_remote(self._remote, f"{self._root}/{name}", most)
        except NotADirectoryError as error:
            raise FileNotFoundError(*error.args) from None
        except FileNotFoundError:
            raise
        except Exception as error:  # each storage has its own classes: access denied, no credentials, no route
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UserError(f"{self.uri}/{name}: cannot be read: {' '.join(why.split())}: {_MEND}") from None

    def ls(self, below: str) -> files.Names:
        """What lies in the folder, or in the one `below` it."""
        if self._remote is None:
            return files.ls(files.local(self.uri) / below)
        try:
            return files.ls_remote(self._remote, f"{self._root}/{below}".rstrip("/"))
        except Exception as error:
            raise OSError(errno.EIO, str(error)) from None

    def names(self) -> list[str]:
        """Of what lies in the folder.

        Raises:
            UserError: It cannot be listed.
        """
        try:
            return list(self.ls(""))
        except OSError as error:
            raise UserError(f"{self.uri}: cannot be listed: {error.strerror or error}: {_MEND}") from None


_MEND: Final = "mend that, or name another folder"
