"""How stores keep two writers apart: a put that holds only if the object is still the one last seen.

`STORES` has the ways, by protocol; `populations.record.storage.remote` uses them. On S3 it is a put with If-Match
(If-None-Match for a new object), on az:// too, on gs:// one with ifGenerationMatch. Other fsspec systems (sftp://,
memory://) have no conditional put: there the comparison and the write are two steps, and two writers that start within
the same instant are found out at their next commit instead of at once.
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from populations.record.storage.folder import Conflict

_CONFLICT_CODES = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", "NoSuchKey")
_HONOUR: set[str] = set()
"""Endpoints and buckets that have been seen to honour conditions."""


class Unconditional(Exception):
    """A store takes what it is given, whatever the condition."""


@dataclass(frozen=True)
class Store:
    """A kind of object store.

    Attributes:
        extra: What brings its package: `pip install 'alife-quines[EXTRA]'`.
        version: (file system, path) → what tells one version of an object from another.
        put: (file system, path, data, expected version, None for a new object) → the new version. Raises Conflict if
            the object has another version, Unconditional if the store knows no conditions, OSError if it refuses.
        options: What fsspec is to make the file system with.
        promises: Whether other servers speak this protocol too, which may not keep what it promises.
    """

    extra: str
    version: Callable[[Any, str], str]
    put: Callable[[Any, str, bytes, str | None], str]
    options: Mapping[str, Any] = field(default_factory=dict)
    promises: bool = False


def put_s3(fs: Any, path: str, data: bytes, expected: str | None) -> str:
    """As `Store.put`, by ETag."""
    bucket, key, _ = fs.split_path(path)
    condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
    try:
        with as_os_error():
            return str(fs.call_s3("put_object", Bucket=bucket, Key=key, Body=data, **condition)["ETag"])
    except OSError as error:
        if _code(error) == "NotImplemented":
            raise Unconditional from error
        if _code(error) not in _CONFLICT_CODES:
            raise
    raise Conflict(path)


def put_gcs(fs: Any, path: str, data: bytes, expected: str | None) -> str:
    """As `Store.put`, by generation."""
    bucket, key, _ = fs.split_path(path)
    try:
        with as_os_error():
            answer = fs.call(
                "POST",
                f"{fs._location}/upload/storage/v1/b/{bucket}/o",
                uploadType="media",
                name=key,
                ifGenerationMatch=expected or "0",
                headers={"Content-Type": "application/octet-stream"},
                data=data,
                json_out=True,
            )
            return str(answer["generation"])
    except (FileExistsError, FileNotFoundError):  # what gcsfs makes of HTTP 412 and 404
        raise Conflict(path) from None


def put_azure(fs: Any, path: str, data: bytes, expected: str | None) -> str:
    """As `Store.put`, by ETag."""
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

    condition: dict[str, Any] = {"overwrite": False}
    if expected is not None:
        condition = {"overwrite": True, "etag": expected, "match_condition": MatchConditions.IfNotModified}
    try:
        with as_os_error():
            return str(fs.pipe_file(path, data, **condition)["etag"])
    except OSError as error:
        found = ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
        if not isinstance(error, FileExistsError) and not isinstance(error.__cause__, found):
            raise
    raise Conflict(path)


S3: Final = Store(
    "s3",
    lambda fs, path: str(fs.info(path)["ETag"]),
    put_s3,
    options={"config_kwargs": {"retries": {"mode": "standard", "max_attempts": 8}}},
    promises=True,
)
GCS: Final = Store("gs", lambda fs, path: str(fs.info(path)["generation"]), put_gcs)
AZURE: Final = Store("az", lambda fs, path: str(fs.info(path, refresh=True)["etag"]), put_azure)
STORES: Final[Mapping[str, Store]] = {
    **dict.fromkeys(("s3", "s3a"), S3),
    **dict.fromkeys(("gs", "gcs"), GCS),
    **dict.fromkeys(("az", "abfs", "abfss"), AZURE),
}


def check_honoured(store: Store, fs: Any, root: str) -> None:
    """Put an object twice under conditions that the second time do not hold, once a process, endpoint and bucket.

    Raises:
        Unconditional: The store took it nevertheless, or knows no conditions.
    """
    if not store.promises:
        return
    endpoint = fs.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    where = f"{endpoint} {fs.split_path(root)[0]}"
    if where in _HONOUR:
        return
    path = f"{root}/.probe-{secrets.token_hex(8)}.tmp"
    with contextlib.suppress(Conflict):  # it was sent twice, for want of an answer
        store.put(fs, path, b"1", None)
    try:
        for expected in (None, f'"{32 * "0"}"'):
            with contextlib.suppress(Conflict):
                store.put(fs, path, b"2", expected)
                raise Unconditional
    finally:
        with as_os_error(), contextlib.suppress(FileNotFoundError):
            fs.rm_file(path)
    _HONOUR.add(where)


@contextlib.contextmanager
def as_os_error() -> Iterator[None]:
    """What a store's client raises, as OSError: botocore has a hierarchy of its own, and imports only with s3fs."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}") from error


def _code(error: OSError) -> str:
    response = getattr(error.__cause__, "response", None) or getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
