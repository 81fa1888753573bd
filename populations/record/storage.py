"""A folder that outlives its writer: durable writes and atomic conditional replacement, on disk or at any fsspec URI.

Locally a file is durable when its bytes and its directory entry have been flushed, and the manifest changes hands by
`os.replace` under an exclusive `flock` (populations/record/lease.py). On S3 each put is durable, and replacement is a
put with If-Match (If-None-Match for a new file), on az:// too, on gs:// one with ifGenerationMatch, so that of two
writers one loses and is told. Other fsspec systems (sftp://, memory://) have no conditional put: there the comparison
and the write are two steps, and two writers that start within the same instant are found out at their next commit
instead of at once.
"""

import contextlib
import errno
import hashlib
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsspec.core import split_protocol, url_to_fs

from alife.errors import UserError
from alife.format import files

MOST = 1 << 40
"""Bytes of a file of which nothing else is known."""

_S3 = ("s3", "s3a")
_GCS = ("gs", "gcs")
_AZURE = ("az", "abfs", "abfss")
_EXTRAS = {**dict.fromkeys(_S3, "s3"), **dict.fromkeys(_GCS, "gs"), **dict.fromkeys(_AZURE, "az")}
_HONOUR: set[str] = set()
"""Stores and buckets that have been seen to honour conditions."""
_CONFLICT_CODES = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", "NoSuchKey")


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


class LocalFolder(Folder):
    """A directory; links below it are not followed. Replacement compares and replaces in two steps: the caller holds
    the lock.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.root = files.local(uri)
        self._made: list[Path] = []

    def fetch(self, name: str, most: int = MOST) -> tuple[bytes, str]:
        data = files.read(self.root, name, most)
        return data, _fingerprint(data)

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
        return _fingerprint(data)

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


class RemoteFolder(Folder):
    """A prefix of an fsspec file system. What botocore and s3fs have retried in vain is an OSError."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        protocol = split_protocol(uri)[0] or "file"
        self.conditional, self.numbers, self.azure = (protocol in kind for kind in (_S3, _GCS, _AZURE))
        self._versioned = protocol in _EXTRAS
        options: dict[str, Any] = {"use_listings_cache": False}
        if self.conditional:
            options["config_kwargs"] = {"retries": {"mode": "standard", "max_attempts": 8}}
        try:
            self.fs, path = url_to_fs(uri, **options)
        except ImportError as error:
            hint = f"pip install 'alife-quines[{_EXTRAS[protocol]}]'" if self._versioned else str(error)
            raise UserError(f"{uri}: {protocol}:// needs a package that is not installed: {hint}") from None
        except ValueError:
            raise UserError(f"{uri}: unknown kind of storage: {protocol}://") from None
        except Exception as error:  # some file systems connect at once, each with errors of its own
            raise UserError(f"{uri}: cannot be opened: {_reason(error)}") from None
        self.root = path.rstrip("/")

    def fetch(self, name: str, most: int = MOST) -> tuple[bytes, str]:
        with _as_os_error():
            if not self._versioned:
                data = files.read_remote(self.fs, self._key(name), most)
                return data, _fingerprint(data)
            for _ in range(8):
                version = self._version(name)
                data = files.read_remote(self.fs, self._key(name), most)
                if self._version(name) == version:
                    return data, version
        raise OSError(errno.EBUSY, f"{name} changes faster than it can be read")

    def read(self, name: str, most: int = MOST) -> bytes:
        with _as_os_error():
            return files.read_remote(self.fs, self._key(name), most)

    def write(self, name: str, data: bytes) -> None:
        with _as_os_error():
            self.fs.pipe_file(self._key(name), data)

    def put(self, name: str, data: bytes) -> None:
        self.write(name, data)

    def replace(self, name: str, data: bytes, expected: str | None) -> str:
        if not self._versioned:
            return self._compare_and_write(name, data, expected)
        condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        try:
            if self.conditional:
                return self._put_if(name, data, condition)
            return self._put_next(name, data, expected) if self.numbers else self._put_blob(name, data, expected)
        except Conflict:
            with contextlib.suppress(FileNotFoundError):
                found, version = self.fetch(name)
                if found == data:  # a put whose answer was lost has been sent twice
                    return version
            raise

    def check_conditional(self) -> None:
        """Put a file twice under conditions that the second time do not hold.

        Raises:
            UserError: The store took it nevertheless, or knows no conditions.
        """
        if not self.conditional or self._store in _HONOUR:
            return
        name = f".probe-{secrets.token_hex(8)}.tmp"
        with contextlib.suppress(Conflict):  # it was sent twice, for want of an answer
            self._put_if(name, b"1", {"IfNoneMatch": "*"})
        try:
            for condition in ({"IfNoneMatch": "*"}, {"IfMatch": f'"{32 * "0"}"'}):
                with contextlib.suppress(Conflict):
                    self._put_if(name, b"2", condition)
                    raise UserError(self._careless)
        finally:
            self.delete(name)
        _HONOUR.add(self._store)

    @property
    def _store(self) -> str:
        endpoint = self.fs.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return f"{endpoint} {self.fs.split_path(self.root)[0]}"

    @property
    def _careless(self) -> str:
        return (
            f"{self.uri}: this store does not honour conditions on what is written (If-Match, If-None-Match), so two "
            "runs could write here at once: use one that does, or a disk"
        )

    def _put_if(self, name: str, data: bytes, condition: dict[str, str]) -> str:
        """Put an object under a condition; returns its ETag."""
        bucket, key, _ = self.fs.split_path(self._key(name))
        try:
            with _as_os_error():
                answer = self.fs.call_s3("put_object", Bucket=bucket, Key=key, Body=data, **condition)
                return str(answer["ETag"])
        except OSError as error:
            if _code(error) == "NotImplemented":
                raise UserError(self._careless) from error
            if _code(error) not in _CONFLICT_CODES:
                raise
        raise Conflict(name)

    def _put_next(self, name: str, data: bytes, expected: str | None) -> str:
        """Put an object of Google's storage in the place of its generation `expected`; returns the new one."""
        bucket, key, _ = self.fs.split_path(self._key(name))
        try:
            with _as_os_error():
                answer = self.fs.call(
                    "POST",
                    f"{self.fs._location}/upload/storage/v1/b/{bucket}/o",
                    uploadType="media",
                    name=key,
                    ifGenerationMatch=expected or "0",
                    headers={"Content-Type": "application/octet-stream"},
                    data=data,
                    json_out=True,
                )
                return str(answer["generation"])
        except (FileExistsError, FileNotFoundError):  # what gcsfs makes of HTTP 412 and 404
            raise Conflict(name) from None

    def _put_blob(self, name: str, data: bytes, expected: str | None) -> str:
        """Put a blob of Azure in the place of the one with the ETag `expected`; returns the new one."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

        condition: dict[str, Any] = {"overwrite": False}
        if expected is not None:
            condition = {"overwrite": True, "etag": expected, "match_condition": MatchConditions.IfNotModified}
        try:
            with _as_os_error():
                return str(self.fs.pipe_file(self._key(name), data, **condition)["etag"])
        except OSError as error:
            found = ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
            if not isinstance(error, FileExistsError) and not isinstance(error.__cause__, found):
                raise
        raise Conflict(name)

    def _version(self, name: str) -> str:
        if self.azure:
            return str(self.fs.info(self._key(name), refresh=True)["etag"])
        return str(self.fs.info(self._key(name))["generation" if self.numbers else "ETag"])

    def _written(self, name: str) -> float | None:
        with _as_os_error():
            try:
                return float(self.fs.modified(self._key(name)).timestamp())
            except (NotImplementedError, AttributeError):
                return None

    def delete(self, name: str) -> None:
        with _as_os_error(), contextlib.suppress(FileNotFoundError):
            self.fs.rm_file(self._key(name))

    def ls(self, below: str = "") -> dict[str, int | None]:
        with _as_os_error():
            found = files.ls_remote(self.fs, self._key(below))
        return {f"{below}/{name}" if below else name: size for name, size in found.items()}

    def _compare_and_write(self, name: str, data: bytes, expected: str | None) -> str:
        try:
            found = self.fetch(name)[1]
        except FileNotFoundError:
            found = None
        if found != expected:
            raise Conflict(name)
        self.write(name, data)
        return _fingerprint(data)

    def _key(self, name: str) -> str:
        return f"{self.root}/{name}"


def open_folder(uri: str | os.PathLike[str]) -> Folder:
    """The folder at a path or an fsspec URI; nothing is read or written yet.

    Raises:
        UserError: The kind of storage is unknown or its package is missing.
    """
    uri = os.fspath(uri)
    if "\0" in uri:
        raise UserError(f"{uri}: a path cannot hold a zero character")
    return RemoteFolder(uri) if files.is_remote(uri) else LocalFolder(uri)


def open_below(uri: str, name: str) -> Folder:
    """The folder `name` in that of a run or a sweep, which somebody else may have made.

    Raises:
        UserError: As `open_folder`, or it is a link.
    """
    folder = open_folder(f"{uri.rstrip('/')}/{name}")
    if isinstance(folder, LocalFolder):
        with explained(folder, "opening it"):
            files.inside(files.local(uri), name)
    return folder


@contextlib.contextmanager
def explained(folder: Folder, doing: str, then: str | Callable[[], str] = "") -> Iterator[None]:
    """Turn what the storage refuses into one line for the user.

    Args:
        folder: Where.
        doing: What fails, in a word or two.
        then: What follows from that; a function is asked once it has failed.

    Raises:
        UserError: In place of any OSError and of Conflict.
    """
    try:
        yield
    except (Conflict, OSError) as error:
        why = f"{error} was changed by somebody else" if isinstance(error, Conflict) else _reason(error)
        raise UserError(f"{folder.uri}: {doing} failed: {why}{then() if callable(then) else then}") from error


def is_passing(name: str) -> bool:
    """Whether a file is one that a write makes for a moment, and that stays only where its writer was killed."""
    return name.startswith(".") and name.endswith(".tmp")


def now() -> str:
    """This moment as ISO 8601 in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat()


def _reason(error: Exception) -> str:
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())


def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _flush_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # botocore has a hierarchy of its own, and imports only with s3fs
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}") from error


def _code(error: OSError) -> str:
    response = getattr(error.__cause__, "response", None) or getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
