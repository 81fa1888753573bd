"""Tasks: the splits of any IDX folder, and the checks that its files fit each other."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.errors import UserError
from alife.world.about import describe
from alife.world.idx import ROLES, file_name
from alife.world.task import Task, fetch, load_task
from tests.support.idx_folders import make_arrays, write_folder

FASHION = Path("/usr/share/datasets/fashion-mnist")


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_is_split_into_learn_select_and_test(tmp_path):
    arrays = make_arrays(train=62, test=20, shape=(6, 5), classes=4)
    folder = str(write_folder(tmp_path, arrays))
    task = load_task(folder, split="tail")
    assert (task.name, task.classes, task.shape, task.pixels) == (folder, 4, (6, 5), 30)
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
    train=st.integers(20, 70),
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
    assert abs(len(task.select_images) - train / 6) <= classes
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
        (change("train-labels", lambda a: np.r_[a[:59], 7]), "train-labels", "label 7 comes once"),
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


def test_six_training_images_suffice(tmp_path):
    task = load_task(str(write_folder(tmp_path, make_arrays(train=6, test=1, classes=2))))
    assert (len(task.learn_images), len(task.select_images), len(task.test_images)) == (4, 2, 1)


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
    assert "51 images to learn, 9 to select, 20 to test; 6 × 5 pixels, 3 classes" in text
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


def test_loading_imports_no_torch():
    code = "import sys, alife.world.task; sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
