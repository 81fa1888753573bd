"""Tests of populations.record.storage: on a disk, in memory, and against a real S3 server whose network fails."""

import errno
import http.client
import http.server
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from alife.errors import UserError
from populations.record.storage import Conflict, Folder, LocalFolder, explained, open_folder
from tests.support.killing import run

pytest_plugins = ("tests.support.s3",)


@pytest.fixture
def folder(uri: str) -> Folder:
    """A folder that does not exist yet, on each kind of storage."""
    return open_folder(uri)


def test_what_is_written_is_read(folder: Folder) -> None:
    folder.make()
    folder.write("births/a.parquet", b"12345")
    folder.write("note", b"")
    assert folder.read("births/a.parquet") == b"12345"
    assert folder.ls() == {"births": None, "note": 0}
    assert folder.ls("births") == {"births/a.parquet": 5}
    assert folder.ls("none") == {}
    folder.delete("births/a.parquet")
    folder.delete("births/a.parquet")
    with pytest.raises(FileNotFoundError):
        folder.read("births/a.parquet")


def test_a_folder_that_was_removed_is_not_made_again(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path / "run"))
    folder.make()
    (tmp_path / "run").rmdir()
    with pytest.raises(FileNotFoundError):
        folder.write("births/a.parquet", b"1")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_not_there_is_empty(folder: Folder) -> None:
    assert folder.ls() == {}
    with pytest.raises(FileNotFoundError):
        folder.fetch("manifest.json")


def test_a_link_to_nothing_does_not_hide_the_rest(tmp_path: Path) -> None:
    """Editors leave such links beside a file that is open."""
    folder = open_folder(str(tmp_path))
    folder.write("births/a", b"12")
    for name in (".#config.yaml", "births/.#a"):
        (tmp_path / name).symlink_to("somebody@somewhere.4711")
    assert folder.ls() == {"births": None, ".#config.yaml": 0}
    assert folder.ls("births") == {"births/a": 2, "births/.#a": 0}


def test_what_somebody_else_has_changed_is_one_line(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path))
    folder.write("m.json", b"1")
    with (
        pytest.raises(UserError, match=r"writing failed: m\.json was changed by somebody else"),
        explained(folder, "writing"),
    ):
        folder.replace("m.json", b"2", None)


@pytest.mark.parametrize("uri", ["zip://x", "ftp://nosuchhost.invalid/run"])
def test_storage_that_cannot_be_opened_is_one_line(uri: str) -> None:
    with pytest.raises(UserError, match=f"^{uri}: cannot be opened: [^\n]+$"):
        open_folder(uri)


def test_replacement_needs_the_version_last_seen(folder: Folder) -> None:
    folder.make()
    folder.make()
    first = folder.replace("m.json", b"1", None)
    assert folder.fetch("m.json") == (b"1", first)
    second = folder.replace("m.json", b"2", first)
    for stale in (None, first):
        with pytest.raises(Conflict):
            folder.replace("m.json", b"3", stale)
    assert folder.fetch("m.json") == (b"2", second)
    with pytest.raises(Conflict):
        folder.replace("other.json", b"3", second)
    assert folder.ls() == {"m.json": 1}


def _replace(uri: str) -> None:
    folder = open_folder(uri)
    folder.replace("m.json", b"new" * 1000, folder.fetch("m.json")[1])


def test_a_killed_replacement_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path))
    seen = []
    for step in itertools.count():
        folder.write("m.json", b"old")
        if run(_replace, str(tmp_path), kill_at=step) is None:
            break
        seen.append(folder.read("m.json"))
    assert seen == [b"old"] * seen.count(b"old") + [b"new" * 1000] * (len(seen) - seen.count(b"old"))
    assert len(set(seen)) == 2


def test_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = LocalFolder(str(tmp_path))
    folder.replace("m.json", b"old", None)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        folder.write("births/a.parquet", b"1")
    with pytest.raises(OSError, match="No space left"):
        folder.replace("m.json", b"new", folder.fetch("m.json")[1])
    assert folder.ls() == {"births": None, "m.json": 3}
    assert folder.ls("births") == {}
    assert folder.read("m.json") == b"old"


def test_errors_are_one_line_that_names_the_folder(s3_server: str) -> None:
    folder = open_folder("s3://there-is-no-such-bucket/run")
    with (
        pytest.raises(
            UserError, match=r"^s3://there-is-no-such-bucket/run: saving failed: .*bucket.*; stop$"
        ) as caught,
        explained(folder, "saving", "; stop"),
    ):
        folder.write("a", b"1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("uri", ["warp://x/run", "sftp://"])
def test_unknown_storage_is_named(uri: str) -> None:
    with pytest.raises(UserError, match=uri.partition(":")[0]):
        open_folder(uri)


def test_s3_is_imported_when_it_is_needed_and_asked_for_by_name() -> None:
    code = """
import sys
import populations.record.writer
assert not {"s3fs", "aiobotocore", "torch", "ray", "pandas"} & set(sys.modules), "imported too early"
sys.modules["s3fs"] = None
from alife.errors import UserError
from populations.record.storage import open_folder
try:
    open_folder("s3://bucket/run")
except UserError as error:
    print(error)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        out.stdout == "s3://bucket/run: s3:// needs a package that is not installed: pip install 'alife-quines[s3]'\n"
    )


# A network that fails


class _Flaky(http.server.ThreadingHTTPServer):
    """Relays to an S3 server; of each five requests it drops one before and one after the server has seen it."""

    daemon_threads = True

    def __init__(self, server: str) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.upstream = server.removeprefix("http://")
        self.numbers = itertools.count()
        self.dropped = 0


class _Relay(http.server.BaseHTTPRequestHandler):
    server: _Flaky
    protocol_version = "HTTP/1.1"

    def _relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        turn = next(self.server.numbers) % 5
        if turn != 1:
            upstream = http.client.HTTPConnection(self.server.upstream)
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
        if turn in (1, 3):
            self.server.dropped += 1
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("server", "date", "connection", "transfer-encoding"):
                self.send_header(name, value)
        if answer.getheader("Content-Length") is None:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _relay

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def flaky(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Flaky]:
    import s3fs

    server = _Flaky(s3_server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    s3fs.S3FileSystem.clear_instance_cache()
    yield server
    s3fs.S3FileSystem.clear_instance_cache()
    server.shutdown()
    server.server_close()


def test_failures_of_the_network_are_retried(flaky: _Flaky, s3: str) -> None:
    folder = open_folder(s3)
    version = folder.replace("m.json", b"0", None)
    for turn in range(1, 9):
        folder.write(f"births/{turn}.parquet", b"x" * turn)
        version = folder.replace("m.json", str(turn).encode(), version)
    assert folder.fetch("m.json") == (b"8", version)
    assert folder.ls("births") == {f"births/{turn}.parquet": turn for turn in range(1, 9)}
    with pytest.raises(Conflict):
        folder.replace("m.json", b"9", '"0"')
    assert flaky.dropped >= 4
