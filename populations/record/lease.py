"""One writer a run folder: `flock` on a local disk, a lease that ends by itself anywhere else.

Call `acquire` before writing, `check` on what it returns before each commit, `release` in the end. A lease is a file
that its holder renews six times within its length; the holder counts from before each request, so that it gives up no
later than others may take it. Whether a lease has ended is judged by watching: one that nobody renews for its whole
length, by the watcher's own clock, has ended, so clocks that disagree do no harm. Only one that is ten times older than
its length by the storage's clock is taken without waiting. A writer that has lost its lease notices at its next commit,
and the manifest's conditional replacement guards the moment between.
"""

import contextlib
import errno
import fcntl
import json
import logging
import os
import secrets
import socket
import stat
import threading
import time
from typing import Any, Protocol

from alife.errors import UserError
from alife.format import files
from populations.record.exclusive import Versions
from populations.record.storage import Conflict, Folder, LocalFolder, now

NAME = ".writer"
LEASE_SECONDS = 60.0
_LONGEST = 3600.0
_LARGEST = 1 << 20
_NO_FLOCK = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)

_log = logging.getLogger(__name__)


class Busy(UserError):
    """Another writer lives."""


class Lock(Protocol):
    """What a writer holds from opening to closing."""

    def check(self) -> None:
        """Raise UserError if the lock is lost."""

    def release(self) -> None:
        """Let others in; the second call does nothing."""


def acquire(folder: Folder, seconds: float = LEASE_SECONDS) -> Lock:
    """Become the one writer of a folder, which must exist if it is a local one.

    Args:
        folder: The run folder.
        seconds: Length of the lease where there is no `flock`; a dead writer is waited out that long.

    Raises:
        Busy: Another writer lives; the line says which.
        UserError: The storage cannot keep two writers apart.
        OSError: The storage refuses.
    """
    if isinstance(folder, LocalFolder):
        try:
            return _FileLock(folder)
        except OSError as error:
            if error.errno not in _NO_FLOCK:
                raise
        return _Lease(Versions(folder), seconds)
    folder.check_conditional()
    return _Lease(folder, seconds)


def abandoned(folder: Folder) -> str:
    """Who wrote in a folder last, if no writer lives there any more: "process 7 on a machine, since …"; else nothing.

    Nobody is disturbed by asking. The holder of a lease has gone if it has not renewed it for twice its length.

    Raises:
        OSError: The storage refuses.
    """
    leased: Folder | Versions = folder
    if isinstance(folder, LocalFolder):
        leased = Versions(folder)
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with contextlib.suppress(FileNotFoundError), os.fdopen(os.open(folder.root / NAME, flags), "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return _name(_parse(file.read(4096)))
            except BlockingIOError:
                return ""
            except OSError as error:
                if error.errno not in _NO_FLOCK:
                    raise
    try:
        data, _ = leased.fetch(NAME, _LARGEST)
        age = leased.age(NAME)
    except FileNotFoundError:
        return "nobody knows which"
    holder = _parse(data)
    late = age is not None and age > 2 * min(_number(holder.get("seconds"), LEASE_SECONDS), _LONGEST)
    return _name(holder) if late or holder.get("released") else ""


def is_lock(name: str) -> bool:
    """Whether a file of a folder is what writers hold, or was: `NAME`, or a version of it."""
    return name == NAME or (name.startswith(f"{NAME}.") and name.removeprefix(f"{NAME}.").isdigit())


class _FileLock:
    def __init__(self, folder: LocalFolder) -> None:
        self._folder = folder
        self._path = folder.root / NAME
        files.inside(folder.root, NAME)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        self._handle = os.open(self._path, flags, 0o644)
        try:
            status = os.fstat(self._handle)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
                raise OSError(errno.EINVAL, f"{self._path} is no file of its own: remove it")
            self._lock()
            self._sign()
        except BlockingIOError:
            holder = _parse(os.pread(self._handle, 4096, 0))
            os.close(self._handle)
            raise Busy(_refusal(folder, holder)) from None
        except BaseException:
            os.close(self._handle)
            raise

    def _lock(self) -> None:
        """Lock the file; who only looks whether somebody does, as `abandoned`, holds it for a moment."""
        for left in reversed(range(5)):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if not left:
                    raise
            time.sleep(0.01)

    def _sign(self) -> None:
        os.ftruncate(self._handle, 0)
        try:
            os.pwrite(self._handle, json.dumps(_holder()).encode(), 0)
        except OSError:  # a full disk
            self._path.unlink(missing_ok=True)
            raise

    def check(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self._path), os.fstat(self._handle)):
                return
        raise UserError(f"{self._folder.uri}: {NAME} was removed while this run was writing: stopped to do no damage")

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class _Lease:
    def __init__(self, folder: Folder | Versions, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self._content = {**_holder(), "token": secrets.token_hex(8), "seconds": seconds}
        self._version: str | None = None
        self._renewed = 0.0
        self._lost = False
        self._take()
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        with contextlib.suppress(OSError):
            if self._overdue():  # a process that was halted for a while may still hold what nobody else has taken
                self._renew()
        if self._lost or self._overdue():
            raise UserError(
                f"{self._folder.uri}: the lease of this run was lost, to another writer or for want of a connection: "
                "stopped to do no damage"
            )

    def release(self) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        if not self._lost:
            with contextlib.suppress(Conflict, OSError):
                self._put({"released": True})

    def _take(self) -> None:
        found, self._version = self._look()
        if found is not None and not found.get("released"):
            self._wait_out(found)
        try:
            self._put()
        except Conflict:
            raise Busy(_refusal(self._folder, self._look()[0] or {})) from None

    def _wait_out(self, holder: dict[str, Any]) -> None:
        """Return once nobody can hold the lease any more."""
        seconds = min(_number(holder.get("seconds"), self._seconds), _LONGEST)
        age = self._age()
        if age is not None and age > 10 * seconds:
            return
        _log.warning("%s: waiting up to %.0f s for the lease of %s", self._folder.uri, seconds, _name(holder))
        end = _clock() + seconds
        while (left := end - _clock()) > 0:
            time.sleep(min(left, seconds / 20))
            found, version = self._look()
            if version != self._version:
                self._version = version
                if found is None or found.get("released"):
                    return
                raise Busy(_refusal(self._folder, found))

    def _look(self) -> tuple[dict[str, Any] | None, str | None]:
        try:
            data, version = self._folder.fetch(NAME, _LARGEST)
        except FileNotFoundError:
            return None, None
        return _parse(data), version

    def _age(self) -> float | None:
        try:
            return self._folder.age(NAME)
        except FileNotFoundError:
            return None

    def _put(self, more: dict[str, Any] | None = None) -> None:
        began = _clock()
        content = {**self._content, "renewed": now(), **(more or {})}
        self._version = self._folder.replace(NAME, json.dumps(content).encode(), self._version)
        self._renewed = began  # others may have seen it from then on

    def _overdue(self) -> bool:
        return _clock() - self._renewed > self._seconds

    def _renew(self) -> None:
        with self._one_at_a_time:
            if not self._lost:
                try:
                    self._put_again()
                except Conflict:
                    self._lost = True

    def _put_again(self) -> None:
        """Renew, though the answer to the renewal before may have been lost: then the version there is our own."""
        try:
            self._put()
        except Conflict:
            found, version = self._look()
            if found is None or found.get("token") != self._content["token"]:
                raise
            self._version = version
            self._put()

    def _keep(self) -> None:
        while not self._stop.wait(self._seconds / 6):
            try:
                self._renew()
            except OSError as error:
                _log.warning("%s: the lease could not be renewed: %s", self._folder.uri, error)


def _clock() -> float:
    """Seconds that go on while this machine sleeps, where the system counts such."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _holder() -> dict[str, Any]:
    return {"host": socket.gethostname(), "pid": os.getpid(), "since": now()}


def _parse(data: bytes) -> dict[str, Any]:
    try:
        holder = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e12 else default


def _name(holder: dict[str, Any]) -> str:
    host, pid, since = (holder.get(key, "unknown") for key in ("host", "pid", "since"))
    return f"process {pid} on {host}, since {since}"


def _refusal(folder: Folder | Versions, holder: dict[str, Any]) -> str:
    return f"{folder.uri}: another run is writing here ({_name(holder)}): end it first, or choose another folder"
