"""The folder on this machine in which Ray keeps its sockets and logs.

Call `choose` before Ray starts.
"""

import os
import stat
import sys
import tempfile
from pathlib import Path

from alife.errors import UserError

_SOCKET = "session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
LONGEST = (103 if sys.platform == "darwin" else 107) - len(f"/ray/{_SOCKET}")
"""Characters, in bytes, of a folder in which the path of a socket still fits."""


def usual() -> str:
    """The folder that Ray takes by itself."""
    temporary = os.environ.get("TMPDIR") if sys.platform.startswith("linux") else None
    return os.path.join(os.environ.get("RAY_TMPDIR") or temporary or "/tmp", "ray")


def choose() -> str | None:
    """A folder for a Ray that is started here; None leaves Ray its own, in RAY_TMPDIR, TMPDIR or /tmp.

    Raises:
        UserError: RAY_TMPDIR will not do, or no folder does.
    """
    asked, default = os.environ.get("RAY_TMPDIR"), os.path.dirname(usual())
    if not (why := _unfit(default)):
        return None
    if asked:
        raise UserError(f"RAY_TMPDIR: {asked!r} {why}: name another folder, of at most {LONGEST} bytes")
    for folder in ("/tmp/ray", f"/tmp/ray-{os.geteuid()}"):
        if not _unfit("/tmp", folder) and (folder == "/tmp/ray" or _own(folder)):
            return folder
    try:
        return tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    except OSError:
        raise UserError(
            f"Ray cannot use {default} ({why}), nor /tmp: name a folder of yours, of at most {LONGEST} bytes, in "
            "RAY_TMPDIR"
        ) from None


def _unfit(parent: str, folder: str = "") -> str:
    """Why Ray could not keep its sockets in a folder, by default `ray` of its parent."""
    folder = folder or os.path.join(parent, "ray")
    if len(os.fsencode(os.path.abspath(parent))) > LONGEST:
        return f"is longer than the {LONGEST} bytes that paths of sockets leave"
    there = Path(os.path.abspath(folder))
    while not there.exists():
        there = there.parent
    fits = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return "" if fits else f"will not do: {there} is no folder that you may write"


def _own(folder: str) -> bool:
    """Whether a folder is this user's, made now if it is not there: others could plant one in /tmp."""
    try:
        Path(folder).mkdir(mode=0o700, exist_ok=True)
        about = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
