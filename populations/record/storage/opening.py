"""A folder of either kind: call `open_folder`, and `explained` around its use for refusals in one line."""

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from alife.errors import UserError
from alife.format import files
from populations.record.storage.disk import LocalFolder
from populations.record.storage.folder import Conflict, Folder, reason
from populations.record.storage.remote import RemoteFolder


def open_folder(uri: str | os.PathLike[str]) -> Folder:
    """The folder at a path or an fsspec URI; nothing is read or written yet.

    Raises:
        UserError: The kind of storage is unknown or its package is missing.
    """
    uri = os.fspath(uri)
    if "\0" in uri:
        raise UserError(f"{uri}: a path cannot hold a zero character: name another")
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
def explained(
    folder: Folder, doing: str, then: str | Callable[[], str] = ": mend that, or name another folder"
) -> Iterator[None]:
    """Turn what the storage refuses into one line for the user.

    Args:
        folder: Where.
        doing: What fails, in a word or two.
        then: What to do about it, or what follows; a function is asked once it has failed.

    Raises:
        UserError: In place of any OSError and of Conflict.
    """
    try:
        yield
    except (Conflict, OSError) as error:
        why = f"{error} was changed by somebody else" if isinstance(error, Conflict) else reason(error)
        raise UserError(f"{folder.uri}: {doing} failed: {why}{then() if callable(then) else then}") from error


def is_passing(name: str) -> bool:
    """Whether a file is one that a write makes for a moment, and that stays only where its writer was killed."""
    return name.startswith(".") and name.endswith(".tmp")


def now() -> str:
    """This moment as ISO 8601 in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat()
