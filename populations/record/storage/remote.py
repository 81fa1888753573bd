"""A folder at an fsspec URI, in an object store or elsewhere: open it with `populations.record.storage.open_folder`."""

import contextlib
import errno
from typing import Any

from fsspec.core import split_protocol, url_to_fs

from alife.errors import UserError
from alife.format import files
from populations.record.storage.conditional import STORES, Unconditional, as_os_error, check_honoured
from populations.record.storage.folder import MOST, Conflict, Folder, fingerprint, reason


class RemoteFolder(Folder):
    """A prefix of an fsspec file system. What botocore and s3fs have retried in vain is an OSError."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        protocol = split_protocol(uri)[0] or "file"
        self.store = STORES.get(protocol)
        options: dict[str, Any] = {"use_listings_cache": False, **(self.store.options if self.store else {})}
        try:
            self.fs, path = url_to_fs(uri, **options)
        except ImportError as error:
            hint = f"pip install 'alife-quines[{self.store.extra}]'" if self.store else str(error)
            raise UserError(f"{uri}: {protocol}:// needs a package that is not installed: {hint}") from None
        except ValueError:
            raise UserError(
                f"{uri}: unknown kind of storage: {protocol}://: name a path, or a URI that fsspec knows"
            ) from None
        except Exception as error:  # some file systems connect at once, each with errors of its own
            raise UserError(f"{uri}: cannot be opened: {reason(error)}: mend that, or name another folder") from None
        self.root = path.rstrip("/")

    def fetch(self, name: str, most: int = MOST) -> tuple[bytes, str]:
        with as_os_error():
            if not self.store:
                data = files.read_remote(self.fs, self._key(name), most)
                return data, fingerprint(data)
            for _ in range(8):
                version = self.store.version(self.fs, self._key(name))
                data = files.read_remote(self.fs, self._key(name), most)
                if self.store.version(self.fs, self._key(name)) == version:
                    return data, version
        raise OSError(errno.EBUSY, f"{name} changes faster than it can be read")

    def read(self, name: str, most: int = MOST) -> bytes:
        with as_os_error():
            return files.read_remote(self.fs, self._key(name), most)

    def write(self, name: str, data: bytes) -> None:
        with as_os_error():
            self.fs.pipe_file(self._key(name), data)

    def put(self, name: str, data: bytes) -> None:
        self.write(name, data)

    def replace(self, name: str, data: bytes, expected: str | None) -> str:
        try:
            return self._put_if(name, data, expected)
        except Conflict:
            if self.store:
                with contextlib.suppress(FileNotFoundError):
                    found, version = self.fetch(name)
                    if found == data:  # a put whose answer was lost has been sent twice
                        return version
            raise Conflict(name) from None
        except Unconditional as error:
            raise self._careless() from error

    def _put_if(self, name: str, data: bytes, expected: str | None) -> str:
        if self.store:
            return self.store.put(self.fs, self._key(name), data, expected)
        try:
            found = self.fetch(name)[1]
        except FileNotFoundError:
            found = None
        if found != expected:
            raise Conflict(name)
        self.write(name, data)
        return fingerprint(data)

    def check_conditional(self) -> None:
        if self.store:
            try:
                check_honoured(self.store, self.fs, self.root)
            except Unconditional as error:
                raise self._careless() from error

    def _careless(self) -> UserError:
        return UserError(
            f"{self.uri}: this store does not honour conditions on what is written (If-Match, If-None-Match), so two "
            "runs could write here at once: use one that does, or a disk"
        )

    def _written(self, name: str) -> float | None:
        with as_os_error():
            try:
                return float(self.fs.modified(self._key(name)).timestamp())
            except (NotImplementedError, AttributeError):
                return None

    def delete(self, name: str) -> None:
        with as_os_error(), contextlib.suppress(FileNotFoundError):
            self.fs.rm_file(self._key(name))

    def ls(self, below: str = "") -> dict[str, int | None]:
        with as_os_error():
            found = files.ls_remote(self.fs, self._key(below))
        return {f"{below}/{name}" if below else name: size for name, size in found.items()}

    def _key(self, name: str) -> str:
        return f"{self.root}/{name}"
