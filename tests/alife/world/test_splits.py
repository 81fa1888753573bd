"""How a training set is divided, and what a task says of itself: the same data always alike, no class forgotten."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.errors import UserError
from alife.world.about import describe
from alife.world.splits import stratified
from alife.world.task import load_task
from tests.support.idx_folders import make_arrays, write_folder


def sorted_by_class(**sizes):
    arrays = make_arrays(**sizes)
    order = np.argsort(arrays["train-labels"], kind="stable")
    return {**arrays, **{role: arrays[role][order] for role in ("train-images", "train-labels")}}


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
def test_data_sorted_by_class_are_split_within_each_class(tmp_path, classes):
    task = load_task(str(write_folder(tmp_path, sorted_by_class(train=60 * classes, test=20, classes=classes))))
    assert task.split == "stratified"
    assert task.counts["learn"] == [50] * classes
    assert task.counts["select"] == [10] * classes
    assert sum(task.counts["test"]) == 20
    constant = max(task.counts["select"]) / len(task.select_labels)
    assert constant == 1 / classes, "whoever names always the same class is right as often as chance"


@given(st.lists(st.integers(0, 255), min_size=2, max_size=200))
def test_a_stratified_split_uses_every_image_once_and_takes_a_sixth_of_each_class(labels):
    labels = np.array(labels)
    learn, select = stratified(labels)
    np.testing.assert_array_equal(np.sort(np.concatenate([learn, select])), np.arange(len(labels)))
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        assert (labels[select] == label).sum() == max(1, (count + 3) // 6)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=80), st.integers(0, 3))
def test_a_class_is_drawn_alike_whatever_the_others_are(labels, label):
    labels = np.array(labels)
    alone = np.where(labels == label, label, 9)
    among_others, by_itself = ([i for i in stratified(each)[1] if each[i] == label] for each in (labels, alone))
    assert among_others == by_itself


def test_the_draw_is_the_same_for_ever():
    learn, select = stratified(np.repeat([0, 1, 7], [12, 18, 6]))
    assert select.tolist() == [0, 6, 15, 20, 29, 32]
    assert len(learn) + len(select) == 36


def test_a_class_of_one_image_is_refused_by_name(tmp_path):
    arrays = make_arrays(train=60, classes=3)
    arrays["train-labels"][17] = 9
    folder = str(write_folder(tmp_path, arrays))
    with pytest.raises(UserError, match=r"label 9 comes once: a class needs two training images"):
        load_task(folder)


def test_images_of_each_class_are_told_by_split(tmp_path):
    arrays = make_arrays(train=60, test=20, classes=3)
    arrays["train-labels"][arrays["train-labels"] == 2] = 4
    arrays["t10k-labels"][arrays["t10k-labels"] == 2] = 4
    lines = describe(str(write_folder(tmp_path, arrays))).splitlines()
    assert any(line.startswith("split: a sixth of each class") for line in lines)
    table = lines[lines.index("class    learn   select     test") + 1 :][:3]
    assert [line.split() for line in table] == [
        ["0", "17", "3", "7"],
        ["1", "17", "3", "7"],
        ["4", "17", "3", "6"],
    ]


def test_the_digest_is_of_the_content_and_not_of_the_files(tmp_path):
    arrays = make_arrays(train=60, test=20, classes=3)
    plain, packed = (write_folder(tmp_path / str(z), arrays, gzipped=z) for z in (False, True))
    tasks = [load_task(str(folder)) for folder in (plain, packed)]
    assert tasks[0].on_record() == tasks[1].on_record()
    assert load_task(str(plain), split="tail").digest != tasks[0].digest
    digests = {tasks[0].digest}
    for role in arrays:
        changed = {name: values.copy() for name, values in arrays.items()}
        changed[role].flat[0] = (changed[role].flat[0] + 1) % 3
        digests.add(load_task(str(write_folder(tmp_path / role, changed))).digest)
    assert len(digests) == 5


def test_the_digest_is_what_its_docstring_says(tmp_path):
    task = load_task(str(write_folder(tmp_path, make_arrays(train=60, test=20, shape=(6, 5), classes=3))))
    total = hashlib.sha256()
    for name in ("learn", "select", "test"):
        images, labels = getattr(task, f"{name}_images"), getattr(task, f"{name}_labels")
        total.update(b"%s %d 6 5\n" % (name.encode(), len(images)) + images.tobytes() + bytes(labels.tolist()))
    assert task.digest == total.hexdigest()
