"""Tests of populations.locks: two writers, dead writers, and writers that have lost what they held."""

import errno
import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alife.errors import UserError
from populations import locks
from populations.storage import RemoteFolder, open_folder
from tests.killing import run

pytest_plugins = ("tests.s3",)
_numbers = itertools.count()


@pytest.fixture(params=["memory", "s3"])
def shared(request: pytest.FixtureRequest) -> str:
    """URI of a folder without file locks."""
    return f"memory://lock-{next(_numbers)}" if request.param == "memory" else request.getfixturevalue("s3")


def test_a_second_writer_is_refused_by_name(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path))
    lock = locks.acquire(folder)
    with pytest.raises(UserError, match=rf"another run is writing here \(process {os.getpid()} on \S+, since 20"):
        locks.acquire(folder)
    lock.check()
    lock.release()
    lock.release()
    locks.acquire(folder).release()


def _hold(uri: str) -> None:
    locks.acquire(open_folder(uri), 1.0)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_dead_writer_frees_a_disk_at_once(tmp_path: Path) -> None:
    run(_hold, str(tmp_path), kill_at=1000)
    assert (tmp_path / locks.NAME).exists()
    locks.acquire(open_folder(str(tmp_path))).release()


def test_a_lock_file_that_vanishes_is_noticed(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path))
    lock = locks.acquire(folder)
    (tmp_path / locks.NAME).unlink()
    other = locks.acquire(folder)
    with pytest.raises(UserError, match=r"\.writer was removed"):
        lock.check()
    other.check()
    other.release()
    lock.release()


def test_a_disk_without_file_locks_has_a_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    folder = open_folder(str(tmp_path))
    lock = locks.acquire(folder, 1.5)
    with pytest.raises(UserError, match="another run is writing here"):
        locks.acquire(folder, 1.5)
    lock.check()
    lock.release()
    locks.acquire(folder, 1.5).release()


def test_a_live_lease_is_renewed_and_a_released_one_is_free(shared: str) -> None:
    folder = open_folder(shared)
    lock = locks.acquire(folder, 1.5)
    for _ in range(2):
        with pytest.raises(UserError, match=f"process {os.getpid()} on "):
            locks.acquire(folder, 1.5)
    lock.check()
    lock.release()
    lock.release()
    started = time.monotonic()
    locks.acquire(folder, 30).release()
    assert time.monotonic() - started < 15, "a released lease was waited for"


def test_a_dead_writers_lease_is_waited_out(s3: str) -> None:
    run(_hold, s3, kill_at=1000)
    folder = open_folder(s3)
    started = time.monotonic()
    lock = locks.acquire(folder, 60)
    assert 0.9 < time.monotonic() - started < 30, "the lease of one second was not waited for as long as it lasts"
    lock.check()
    lock.release()


def test_a_lease_long_past_is_taken_at_once(shared: str) -> None:
    folder = open_folder(shared)
    folder.write(locks.NAME, json.dumps({"seconds": 60, "renewed": time.time() - 601}).encode())
    started = time.monotonic()
    locks.acquire(folder, 60).release()
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"seconds": "x", "renewed": null}', b"[" * 100_000])
def test_a_damaged_lease_is_waited_out_too(content: bytes) -> None:
    folder = open_folder(f"memory://lease-{next(_numbers)}")
    folder.write(locks.NAME, content)
    locks.acquire(folder, 0.1).release()


def test_a_lost_lease_is_noticed(shared: str) -> None:
    folder = open_folder(shared)
    lock = locks.acquire(folder, 0.3)
    folder.write(locks.NAME, b'{"host": "other"}')
    with pytest.raises(UserError, match="lease of this run was lost"):
        _until_raised(lock.check)
    lock.release()
    assert folder.read(locks.NAME) == b'{"host": "other"}', "releasing a lost lease took it from its new holder"


def _halt(uri: str, marks: str) -> None:
    lock = locks.acquire(open_folder(uri), 0.6)
    Path(marks).write_text("held")
    os.kill(os.getpid(), signal.SIGSTOP)
    lock.check()
    Path(marks).write_text("still held")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_halted_writer_goes_on_if_nobody_has_come(s3: str, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    waker = threading.Thread(target=_wake_after, args=(s3, marks, 1.0))
    waker.start()
    run(_halt, s3, str(marks), kill_at=1000)
    waker.join()
    assert marks.read_text() == "still held"


def _wake_after(uri: str, marks: Path, seconds: float) -> None:
    """Wait until the process that holds the lease has stopped, then longer than its lease, then wake it."""
    end = time.monotonic() + 30
    while not marks.exists() and time.monotonic() < end:
        time.sleep(0.02)
    process = json.loads(open_folder(uri).read(locks.NAME))["pid"]
    time.sleep(seconds)
    os.kill(process, signal.SIGCONT)


def test_a_lease_that_cannot_be_renewed_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = locks.acquire(open_folder(f"memory://lease-{next(_numbers)}"), 0.3)

    def broken(*args: object) -> None:
        raise OSError(errno.EIO, "unreachable")

    monkeypatch.setattr(RemoteFolder, "replace", broken)
    with pytest.raises(UserError, match="want of a connection"):
        _until_raised(lock.check)
    lock.release()


def _until_raised(function: Callable[[], None]) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        function()
        time.sleep(0.02)


def test_of_two_writers_at_the_same_instant_one_wins(s3: str) -> None:
    class Late(RemoteFolder):
        """Puts its lease down only after another writer has, who looked at the same time."""

        def replace(self, name: str, data: bytes, expected: str | None) -> str:
            won.append(locks.acquire(open_folder(s3), 30))
            return super().replace(name, data, expected)

    won: list[locks.Lock] = []
    with pytest.raises(UserError, match="another run is writing here"):
        locks.acquire(Late(s3), 30)
    won[0].check()
    won[0].release()


def test_a_renewal_whose_answer_was_lost_is_no_other_writer(s3: str) -> None:
    class Deaf(RemoteFolder):
        """Stores what it is given, and once does not hear that it has."""

        deaf = False

        def replace(self, name: str, data: bytes, expected: str | None) -> str:
            version = super().replace(name, data, expected)
            if self.deaf:
                self.deaf = False
                raise OSError(errno.ECONNRESET, "no answer")
            return version

    folder = Deaf(s3)
    lock = locks.acquire(folder, 1.5)
    folder.deaf = True
    time.sleep(2)
    assert not folder.deaf
    lock.check()
    lock.release()
    locks.acquire(folder, 1.5).release()
