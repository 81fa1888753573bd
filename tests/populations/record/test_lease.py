"""Tests of populations.record.lease: two writers, dead writers, and writers that have lost what they held."""

import errno
import itertools
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alife.errors import UserError
from populations.record import lease
from populations.record.exclusive import Versions
from populations.record.reader import check_unused
from populations.record.storage import Conflict, LocalFolder, RemoteFolder, open_folder
from tests.support.killing import run

pytest_plugins = ("tests.support.s3",)
_numbers = itertools.count()


@pytest.fixture(params=["memory", "s3"])
def shared(request: pytest.FixtureRequest) -> str:
    """URI of a folder without file locks."""
    return f"memory://lock-{next(_numbers)}" if request.param == "memory" else request.getfixturevalue("s3")


def test_a_second_writer_is_refused_by_name(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path))
    lock = lease.acquire(folder)
    with pytest.raises(UserError, match=rf"another run is writing here \(process {os.getpid()} on \S+, since 20"):
        lease.acquire(folder)
    lock.check()
    lock.release()
    lock.release()
    lease.acquire(folder).release()


def _hold(uri: str) -> None:
    lease.acquire(open_folder(uri), 1.0)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_dead_writer_frees_a_disk_at_once(tmp_path: Path) -> None:
    run(_hold, str(tmp_path), kill_at=1000)
    assert (tmp_path / lease.NAME).exists()
    lease.acquire(open_folder(str(tmp_path))).release()


def test_who_only_looks_sees_whether_a_writer_lives(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path))
    assert lease.abandoned(folder) == "nobody knows which"
    lock = lease.acquire(folder)
    assert lease.abandoned(folder) == ""
    lock.check()
    lock.release()
    assert re.fullmatch(rf"process {os.getpid()} on \S+, since 20\S+", lease.abandoned(folder))
    lease.acquire(folder).release()


def test_who_only_looks_sees_whether_a_lease_is_renewed(shared: str) -> None:
    folder = open_folder(shared)
    assert lease.abandoned(folder) == "nobody knows which"
    lock = lease.acquire(folder)
    assert lease.abandoned(folder) == ""
    lock.release()
    assert f"process {os.getpid()} on " in lease.abandoned(folder)


def test_a_lock_file_that_vanishes_is_noticed(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path))
    lock = lease.acquire(folder)
    (tmp_path / lease.NAME).unlink()
    other = lease.acquire(folder)
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
    lock = lease.acquire(folder, 1.5)
    with pytest.raises(UserError, match="another run is writing here"):
        lease.acquire(folder, 1.5)
    lock.check()
    lock.release()
    lease.acquire(folder, 1.5).release()


@pytest.fixture
def lockless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on a disk without file locks."""

    def refuse(*args: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    return tmp_path


@pytest.mark.parametrize("links", [True, False])
def test_without_file_locks_one_of_two_at_the_same_instant_wins(
    lockless: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    won: list[lease.Lock] = []
    write = LocalFolder.write

    def late(folder: LocalFolder, name: str, data: bytes) -> None:
        """Puts its lease down only after another writer has, who looked at the same time."""
        monkeypatch.setattr(LocalFolder, "write", write)
        won.append(lease.acquire(open_folder(str(lockless)), 30))
        write(folder, name, data)

    def unable(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:
        monkeypatch.setattr(os, "link", unable)
    monkeypatch.setattr(LocalFolder, "write", late)
    with pytest.raises(UserError, match="another run is writing here"):
        lease.acquire(open_folder(str(lockless)), 30)
    won[0].check()
    won[0].release()


def test_without_file_locks_of_many_threads_one_wins(lockless: Path) -> None:
    barrier, won = threading.Barrier(8), []

    def try_it() -> None:
        barrier.wait()
        try:
            won.append(lease.acquire(open_folder(str(lockless)), 1))
        except UserError:
            return

    for _ in range(5):
        threads = [threading.Thread(target=try_it) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        won.pop().release()
    names = [path.name for path in lockless.iterdir()]
    assert all(map(lease.is_lock, names))
    assert len(names) <= 4


def test_without_file_locks_who_looked_long_ago_makes_no_version_that_was(lockless: Path) -> None:
    versions = Versions(LocalFolder(str(lockless)))
    version = versions.replace("f", b"1", None)
    for number in range(9):
        version = versions.replace("f", str(number).encode(), version)
    for old in (None, "1", "5", "9"):
        with pytest.raises(Conflict):
            versions.replace("f", b"mine", old)
        assert versions.fetch("f") == (b"8", "10")


def test_a_run_begins_where_there_are_no_file_locks(lockless: Path) -> None:
    (lockless / "run").mkdir()
    lease.acquire(open_folder(str(lockless / "run")), 1).release()
    (lockless / "run/.probe-0a.tmp").touch()
    check_unused(str(lockless / "run"))


def test_a_store_that_ignores_conditions_is_refused(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(s3)
    assert isinstance(folder, RemoteFolder)
    call, dropped = folder.fs.call_s3, []

    def careless(method: str, **options: object) -> object:
        dropped.extend(options.pop(key) for key in ("IfMatch", "IfNoneMatch") if key in options)
        return call(method, **options)

    monkeypatch.setattr("populations.record.storage.conditional._HONOUR", set())
    monkeypatch.setattr(folder.fs, "call_s3", careless)
    with pytest.raises(UserError, match=r"^s3://.+: this store does not honour conditions on what is written") as told:
        lease.acquire(folder)
    assert "\n" not in str(told.value)
    assert dropped
    assert folder.ls() == {}
    monkeypatch.setattr(folder.fs, "call_s3", call)
    lease.acquire(folder).release()
    assert set(folder.ls()) == {lease.NAME}


def test_ages_are_by_the_storages_clock(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(uri)
    folder.make()
    folder.write("f", b"1")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    age = folder.age("f")
    assert age is not None
    assert -1 <= age < 30
    assert list(folder.ls()) == ["f"]
    with pytest.raises(FileNotFoundError):
        folder.age("g")
    if isinstance(folder, LocalFolder):
        os.utime(folder.root / "f", (0, folder.root.stat().st_mtime - 1000))
        assert (folder.age("f") or 0) > 900


def test_a_live_lease_is_renewed_and_a_released_one_is_free(shared: str) -> None:
    folder = open_folder(shared)
    lock = lease.acquire(folder, 1.5)
    for _ in range(2):
        with pytest.raises(UserError, match=f"process {os.getpid()} on "):
            lease.acquire(folder, 1.5)
    lock.check()
    lock.release()
    lock.release()
    started = time.monotonic()
    lease.acquire(folder, 30).release()
    assert time.monotonic() - started < 15, "a released lease was waited for"


def test_a_dead_writers_lease_is_waited_out(s3: str) -> None:
    run(_hold, s3, kill_at=1000)
    folder = open_folder(s3)
    started = time.monotonic()
    lock = lease.acquire(folder, 60)
    assert 0.9 < time.monotonic() - started < 30, "the lease of one second was not waited for as long as it lasts"
    lock.check()
    lock.release()


def test_a_lease_long_past_by_the_storages_clock_is_taken_at_once(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(shared)
    folder.write(lease.NAME, json.dumps({"seconds": 60}).encode())
    monkeypatch.setattr(RemoteFolder, "age", lambda self, name: 601.0)
    started = time.monotonic()
    lease.acquire(folder, 60).release()
    assert time.monotonic() - started < 30


def test_a_live_holder_whose_clock_is_an_hour_slow_is_watched_all_the_same(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, right = open_folder(shared), time.time
    with monkeypatch.context() as slow:
        slow.setattr(time, "time", lambda: right() - 3600)
        lock = lease.acquire(folder, 3)
    with pytest.raises(UserError, match="another run is writing here"):
        lease.acquire(folder, 3)
    lock.check()
    lock.release()


def test_a_lease_holds_from_before_it_was_asked_for() -> None:
    class Slow(RemoteFolder):
        """Answers so late that what it has stored is over by then."""

        def replace(self, name: str, data: bytes, expected: str | None) -> str:
            version = super().replace(name, data, expected)
            time.sleep(0.5)
            return version

    lock = lease.acquire(Slow(f"memory://lease-{next(_numbers)}"), 0.4)
    with pytest.raises(UserError, match="lease of this run was lost"):
        lock.check()
    lock.release()


def test_a_machine_that_slept_longer_than_its_lease_has_lost_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = lease.acquire(open_folder(f"memory://lease-{next(_numbers)}"), 30)
    awake = time.clock_gettime

    def broken(*args: object) -> None:
        raise OSError(errno.EIO, "unreachable")

    monkeypatch.setattr(RemoteFolder, "replace", broken)
    monkeypatch.setattr(time, "clock_gettime", lambda clock: awake(clock) + 100)
    with pytest.raises(UserError, match="lease of this run was lost"):
        lock.check()
    lock.release()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"seconds": "x", "renewed": null}', b"[" * 100_000])
def test_a_damaged_lease_is_waited_out_too(content: bytes) -> None:
    folder = open_folder(f"memory://lease-{next(_numbers)}")
    folder.write(lease.NAME, content)
    lease.acquire(folder, 0.1).release()


def test_a_lost_lease_is_noticed(shared: str) -> None:
    folder = open_folder(shared)
    lock = lease.acquire(folder, 0.3)
    folder.write(lease.NAME, b'{"host": "other"}')
    with pytest.raises(UserError, match="lease of this run was lost"):
        _until_raised(lock.check)
    lock.release()
    assert folder.read(lease.NAME) == b'{"host": "other"}', "releasing a lost lease took it from its new holder"


def _halt(uri: str, marks: str) -> None:
    lock = lease.acquire(open_folder(uri), 0.6)
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
    process = json.loads(open_folder(uri).read(lease.NAME))["pid"]
    time.sleep(seconds)
    os.kill(process, signal.SIGCONT)


def test_a_lease_that_cannot_be_renewed_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = lease.acquire(open_folder(f"memory://lease-{next(_numbers)}"), 0.3)

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
            won.append(lease.acquire(open_folder(s3), 30))
            return super().replace(name, data, expected)

    won: list[lease.Lock] = []
    with pytest.raises(UserError, match="another run is writing here"):
        lease.acquire(Late(s3), 30)
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
    lock = lease.acquire(folder, 1.5)
    folder.deaf = True
    time.sleep(2)
    assert not folder.deaf
    lock.check()
    lock.release()
    lease.acquire(folder, 1.5).release()
