"""Files in folders that somebody else may have made: no link in them is followed, and no more is read than expected.

Call `read` and `ls` for what lies in such a folder, `beside` and `replace` to write there. An archive of a run may
carry links, pipes and files of any size. What the user names is taken as it is, a link too; what lies below it is not.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Names = dict[str, int | None]
"""Of what lies in a folder: bytes by name, None for a folder."""

_LOCAL = ("file://", "local://")
_OPEN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def is_remote(uri: str) -> bool:
    """Whether `uri` is an address such as s3://bucket/run, and no path of this machine.

    Whatever has no "://" is a path: a::b, c:x and file:zip are names that a file system takes.
    """
    return "://" in uri and not uri.startswith(_LOCAL)


def local(uri: str) -> Path:
    """The path that a URI of this machine names."""
    for scheme in _LOCAL:
        uri = uri.removeprefix(scheme)
    return Path(os.path.abspath(os.path.expanduser(uri)))


def ls(folder: Path) -> Names:
    """What lies in a folder of this machine; nothing if there is none. A link is no folder.

    Raises:
        OSError: It cannot be read, or is no folder.
    """
    try:
        with os.scandir(folder) as entries:
            return {entry.name: _size(entry) for entry in entries}
    except FileNotFoundError:
        return {}


def _size(entry: "os.DirEntry[str]") -> int | None:
    try:
        if entry.is_symlink():
            return 0
        return None if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # gone meanwhile
        return 0


def ls_remote(system: Any, path: str) -> Names:
    """As `ls`, from an fsspec file system."""
    try:
        found = system.ls(path.rstrip("/"), detail=True)
    except FileNotFoundError:
        return {}
    sizes = {each["name"].rstrip("/"): None if each["type"] == "directory" else int(each["size"]) for each in found}
    above = path.strip("/")
    names = {key.strip("/").removeprefix(above).strip("/"): size for key, size in sizes.items()}
    return {name: size for name, size in names.items() if name}


def inside(root: Path, name: str, last: bool = True) -> Path:
    """The path of `name` below `root`; the file need not be there.

    Args:
        root: A folder; it may be a link.
        name: Relative, with `/` between its parts.
        last: Whether the last part is looked at too, and not only the folders on the way to it.

    Raises:
        OSError: One is a link.
    """
    path, parts = root, name.split("/")
    for number, part in enumerate(parts, 1):
        path = path / part
        if path.is_symlink() and (last or number < len(parts)):
            raise OSError(errno.ELOOP, f"{path} is a link, which is not followed there: put a copy in its place")
    return path


def read(root: Path, name: str, most: int) -> bytes:
    """Content of a file below `root`: all of it, or `most` + 1 bytes where it has more than `most`.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read, is a link, or is no regular file.
    """
    path = inside(root, name)
    handle = os.open(path, os.O_RDONLY | _OPEN)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, f"{path} is no regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(min(most, status.st_size) + 1)
    except MemoryError:
        raise OSError(errno.ENOMEM, f"{path} does not fit into the memory of this machine") from None
    finally:
        os.close(handle)


def read_remote(system: Any, path: str, most: int) -> bytes:
    """As `read`, from an fsspec file system."""
    if system.info(path)["size"] > most:
        return system.cat_file(path, start=0, end=most + 1)
    return system.cat_file(path)


def make(path: Path) -> int:
    """A handle of a new, empty file at `path`; what was there is removed, a link as such.

    Raises:
        OSError: It cannot be made.
    """
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, 0o666)


@contextmanager
def beside(path: Path, durable: bool = False) -> Iterator[Path]:
    """An empty file in the folder of `path`, to be written; it takes the place of `path` once the block has ended well.

    Args:
        path: What is there is replaced, a link as such.
        durable: Whether to wait until its bytes are on the disk.

    Raises:
        OSError: The storage refuses; what was at `path` stays.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    os.close(make(temporary))
    try:
        yield temporary
        if durable:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def replace(path: Path, data: bytes) -> None:
    """Put a file in the place of what is at `path`, all or nothing; its folder is made, and a link there is replaced.

    Raises:
        OSError: The storage refuses; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as temporary:
        temporary.write_bytes(data)
