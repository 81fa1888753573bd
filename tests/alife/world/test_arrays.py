"""Arrays handed over: every layout, dtype and container of the same images is the same task; all else is one line."""

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from alife.errors import UserError
from alife.streams import Stream, rng
from alife.world.task import Task, load_task
from tests.support.idx_folders import make_arrays, write_folder

A = make_arrays(train=48, test=12, shape=(6, 5), classes=4)
X, Y, TX, TY = A["train-images"], A["train-labels"], A["t10k-images"], A["t10k-labels"]
NAN = np.where(np.arange(48)[:, None, None] == 7, np.nan, X / 255)


def colours(seed=0):
    draw = np.random.default_rng(seed)
    return [draw.integers(0, 256, (n, 6, 5, 3), dtype=np.uint8) for n in (48, 12)]


def strided(array):
    """The same values with gaps between them in memory."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


GREY = {
    "as it is": lambda x: x,
    "flat": lambda x: x.reshape(len(x), -1),
    "channel first": lambda x: x[:, None],
    "channel last": lambda x: x[..., None],
    "list": list,
    "nested lists": lambda x: x.tolist(),
    "PIL": lambda x: [Image.fromarray(each.astype(np.uint8)) for each in x],
    "list of tensors": lambda x: [torch.tensor(each.astype(np.int64))[None] for each in x],
}
DTYPES = {
    "uint8": lambda x: x,
    "int64": lambda x: x.astype(np.int64),
    ">i2": lambda x: x.astype(">i2"),
    "uint64": lambda x: x.astype(np.uint64),
}
MEMORY = {
    "C": lambda x: x,
    "Fortran": np.asfortranarray,
    "strided": strided,
    "reversed": lambda x: np.ascontiguousarray(x[::-1])[::-1],
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}
CLASSES = np.array(["ant", "bee", "cat", "dog"])
LABELS = {
    "uint8": lambda y: y,
    "int8": lambda y: y.astype(np.int8),
    "whole floats": lambda y: y.astype(np.float16),
    "list": lambda y: y.tolist(),
    "column": lambda y: y[:, None],
    "tensor": lambda y: torch.from_numpy(y).long(),
    "list of tensors": lambda y: list(torch.from_numpy(y)),
    "words": lambda y: CLASSES[y],
    "bytes": lambda y: CLASSES[y].astype("S"),
    "list of words": lambda y: CLASSES[y].tolist(),
    "objects": lambda y: CLASSES[y].astype(object),
}
WORDS = ("words", "bytes", "list of words", "objects")
REFERENCE = Task.of(X, Y, TX, TY)


def test_arrays_are_the_task_of_an_idx_folder_with_the_same_bytes(tmp_path):
    folder = load_task(str(write_folder(tmp_path, A)))
    assert REFERENCE.on_record() == folder.on_record()
    assert Task.of(X, Y, TX, TY, split="tail").digest == load_task(str(tmp_path), split="tail").digest
    np.testing.assert_array_equal(REFERENCE.learn_images, folder.learn_images)


@given(*[st.sampled_from(sorted(each)) for each in (GREY, DTYPES, MEMORY, LABELS)] * 2)
def test_layouts_dtypes_and_containers_are_equivalent(layout, dtype, memory, label, layout2, dtype2, memory2, label2):
    label2 = label2 if (label in WORDS) == (label2 in WORDS) else label
    train = GREY[layout](MEMORY[memory](DTYPES[dtype](X)))
    test = GREY[layout2](MEMORY[memory2](DTYPES[dtype2](TX)))
    flat = {"shape": (6, 5)} if "flat" in (layout, layout2) else {}
    task = Task.of(train, LABELS[label](Y), test, LABELS[label2](TY), **flat)
    assert task.digest == REFERENCE.digest
    assert task.learn_images.dtype == np.uint8
    assert task.learn_images.flags.c_contiguous


@given(st.booleans(), st.booleans(), st.sampled_from(["uint8", "float32", "float64"]))
def test_channels_come_first_or_last(first, tensor, dtype):
    x, tx = (each.astype(dtype) / (1 if dtype == "uint8" else 255) for each in colours())
    x, tx = (each.astype(dtype) for each in (x, tx))
    reference = Task.of(x, Y, tx, TY)
    assert reference.shape == (6, 5, 3)
    np.testing.assert_array_equal(reference.test_images, tx.reshape(12, -1))
    other = [np.moveaxis(each, -1, 1) if first else each for each in (x, tx)]
    other = [torch.from_numpy(np.ascontiguousarray(each)) if tensor else each for each in other]
    assert Task.of(other[0], Y, other[1], TY).digest == reference.digest
    assert Task.of(other[0], Y, other[1], TY, shape=(6, 5, 3)).digest == reference.digest


def test_a_layout_that_could_be_two_takes_the_shape():
    x, tx = (np.random.default_rng(0).integers(0, 256, (n, 3, 7, 4), dtype=np.uint8) for n in (48, 12))
    assert Task.of(x, Y, tx, TY, shape=(3, 7, 4)).shape == (3, 7, 4)
    first = Task.of(x, Y, tx, TY, shape=(7, 4, 3))
    np.testing.assert_array_equal(first.test_images, np.moveaxis(tx, 1, -1).reshape(12, -1))


@pytest.mark.parametrize(("pixels", "shape"), [(36, (6, 6)), (30, (1, 30))])
def test_flat_images_are_square_if_they_can_be(pixels, shape):
    x, tx = np.random.default_rng(0).random((48, pixels)), np.random.default_rng(1).random((12, pixels))
    assert Task.of(x, Y, tx, TY).shape == shape
    assert Task.of(x, Y, tx, TY, shape=(3, pixels // 3)).shape == (3, pixels // 3)


@given(st.sampled_from(["float16", "float32", "float64", ">f8"]), st.floats(-1e3, 1e3), st.floats(1e-2, 1e3))
def test_floats_keep_their_bits_and_know_their_span(dtype, low, width):
    x, tx = ((each / 255 * width + low).astype(dtype) for each in (X, TX))
    assume(x.min() < x.max())
    task = Task.of(x, Y, tx, TY)
    held = np.float64 if dtype in ("float64", ">f8") else np.float32
    assert task.dtype == held
    np.testing.assert_array_equal(task.test_images, tx.reshape(12, -1).astype(held))
    inside = x.min() >= 0 and x.max() <= 1
    assert task.span == ((0, 1) if inside else (float(x.min()), float(x.max())))
    assert task.on_record()["dtype"] == np.dtype(held).name


def test_a_dtype_is_part_of_the_digest():
    floats = [((X / 255).astype(dtype), (TX / 255).astype(dtype)) for dtype in ("float32", "float64")]
    assert len({Task.of(x, Y, tx, TY).digest for x, tx in [(X, TX), *floats]}) == 3


def test_bfloat16_and_truths_are_taken():
    x, tx = (torch.from_numpy(each / 256).bfloat16() for each in (X, TX))
    np.testing.assert_array_equal(Task.of(x, Y, tx, TY).test_images, tx.float().numpy().reshape(12, -1))
    bits = Task.of(X > 99, Y, TX > 99, TY)
    assert (bits.dtype, np.unique(bits.learn_images).tolist()) == (np.uint8, [0, 255])


def test_what_is_handed_over_may_change_afterwards():
    mine = [each.copy() for each in (X, Y, TX, TY)]
    for split in ("stratified", "tail"):
        task = Task.of(*mine, split=split)
        expected = Task.of(X, Y, TX, TY, split=split).digest
        kept = [each.copy() for each in mine]
        for each in mine:
            each[:] = 0
        assert task.digest == expected
        mine = kept


@pytest.mark.parametrize("layout", ["channels first", "reversed", "int64"])
def test_data_are_copied_once(layout):
    x = np.random.default_rng(0).integers(0, 256, (24_000, 3, 20, 30), dtype=np.uint8)
    handed = {"channels first": x, "reversed": x[::-1], "int64": x[:, 0].astype(np.int64)}[layout]
    held = handed.size
    tracemalloc.start()
    task = Task.of(handed[4000:], np.arange(20_000) % 9, handed[:4000], np.arange(4000) % 9)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(each.nbytes for each in (task.learn_images, task.select_images, task.test_images)) == held
    assert peak < held + 2 * 8 * 2**22, "that, and a block at a time in its own dtype"


@given(st.permutations(range(4)))
def test_names_of_classes_have_no_part_in_the_digest_but_their_order_does(order):
    names = np.array(["a", "b", "c", "d"])[order]
    task = Task.of(X, names[Y], TX, names[TY])
    assert task.names == ("a", "b", "c", "d")
    renumbered = Task.of(X, np.array(order)[Y], TX, np.array(order)[TY])
    assert task.digest == renumbered.digest
    assert (task.digest == REFERENCE.digest) == (list(order) == [0, 1, 2, 3])


@given(st.integers(0, 3), st.integers(0, 2**32))
def test_the_draw_for_selection_is_keyed_by_the_label_alone(label, seed):
    """Which of a class's images select does not depend on where the others stand among them."""
    order = np.random.default_rng(seed).permutation(48)
    order[np.flatnonzero(Y[order] == label)] = np.flatnonzero(label == Y)
    task = Task.of(X[order], Y[order], TX, TY)
    chosen = task.select_images[task.select_labels == label]
    np.testing.assert_array_equal(chosen, REFERENCE.select_images[REFERENCE.select_labels == label])
    draw = rng(0, Stream.SPLIT, label).random(12)
    which = np.sort(np.argsort(draw)[:2])
    np.testing.assert_array_equal(chosen, X[label == Y][which].reshape(2, -1))


def test_more_classes_than_a_byte_numbers():
    labels = np.repeat(np.arange(300), 2)
    x = np.random.default_rng(0).integers(0, 256, (600, 2, 2), dtype=np.uint8)
    task, other = Task.of(x, labels, x, labels), Task.of(x, labels, x, (labels + 256 * (labels < 44)) % 300)
    assert (task.classes, len(task.counts["test"])) == (300, 300)
    assert task.digest != other.digest, "labels that are the same byte are told apart"


EYE, LONG = np.eye(4)[Y], Y.astype(np.int64)
WRONG = {
    "no arguments": ((), {}, "Task.of", "not 0 arguments"),
    "three arguments": ((X, Y, TX), {}, "Task.of", "train_x, train_y, test_x, test_y"),
    "fewer labels": ((X, Y[:-1], TX, TY), {}, "train_y", "47 labels for the 48 images in train_x"),
    "fewer test labels": ((X, Y, TX, TY[:-1]), {}, "test_y", "11 labels for the 12 images in test_x"),
    "no images": ((X[:0], Y, TX, TY), {}, "train_x", "empty"),
    "no test images": ((X, Y, TX[:0], TY), {}, "test_x", "empty"),
    "no pixels": ((X[:, :0], Y, TX[:, :0], TY), {}, "train_x", "empty"),
    "no labels": ((X, Y[:0], TX, TY), {}, "train_y", "empty"),
    "five images": ((X[:5], Y[:5], TX, TY), {}, "train_x", "at least 6"),
    "one class": ((X, Y * 0, TX, TY * 0), {}, "train_y", "second class"),
    "one word": ((X, ["a"] * 48, TX, ["a"] * 12), {}, "train_y", "all labels are 'a'"),
    "a class once": ((X, np.r_[Y[:47], 9], TX, TY), {}, "train_y", "label 9 comes once"),
    "a word once": ((X, [*CLASSES[Y[:47]], "emu"], TX, CLASSES[TY]), {}, "train_y", "label 'emu' comes once"),
    "fractions": ((X, LONG + 0.5, TX, TY), {"kind": "classification"}, "train_y", "label 0.5 (image 0)"),
    "a label nan": ((X, np.where(Y == 2, np.nan, Y), TX, TY), {}, "train_y", "label nan (image 2)"),
    "negative": ((X, LONG - 1, TX, TY), {}, "train_y", "label -1 (image 0): numbers from 0"),
    "too many classes": ((X, LONG + 70_000, TX, TY), {}, "train_y", "below 65,536"),
    "unseen": ((X, Y, TX, LONG[:12] + 1), {}, "test_y", "test labels hold 4"),
    "an unseen word": ((X, CLASSES[Y], TX, ["emu"] * 12), {}, "test_y", "test labels hold 'emu'"),
    "words and numbers": ((X, CLASSES[Y], TX, TY), {}, "test_y", "holds numbers, but train_y holds words"),
    "numbers among words": ((X, ["a", 1] * 24, TX, TY), {}, "train_y", "int and str"),
    "one-hot": ((X, EYE, TX, TY), {}, "train_y", "argmax(1)"),
    "labels of dicts": ((X, [{}] * 48, TX, TY), {}, "train_y", "object"),
    "ragged labels": ((X, [[1], [2, 3]], TX, TY), {}, "train_y", "cannot be read"),
    "dates": ((X, LONG.astype("datetime64[s]"), TX, TY), {}, "train_y", "datetime64"),
    "no labels at all": ((X, None, TX, TY), {}, "train_y", "whole numbers or words"),
    "other size": ((X, Y, TX[:, 1:], TY), {}, "test_x", "5 × 5 pixels, but of 6 × 5 in train_x"),
    "differing shapes": (([X[0], X[1, 1:]], Y, TX, TY), {}, "train_x", "image 1 is uint8 of 5 × 5 pixels"),
    "differing dtypes": (([X[0], X[1] / 2], Y, TX, TY), {}, "train_x", "image 1 is float64"),
    "objects": ((np.array([X[0], None], dtype=object), Y, TX, TY), {}, "train_x", "object"),
    "words as images": ((np.full((48, 6, 5), "a"), Y, TX, TY), {}, "train_x", "<U1"),
    "complex": ((X * 1j, Y, TX, TY), {}, "train_x", "complex128"),
    "a path": (("train.npy", Y, TX, TY), {}, "train_x", "values"),
    "nothing": ((None, Y, TX, TY), {}, "train_x", "object"),
    "one axis": ((X[:, 0, 0], Y, TX, TY), {}, "train_x", "1 axis"),
    "five axes": ((X[None, ..., None], Y, TX, TY), {}, "train_x", "5 axes"),
    "which channels": ((np.zeros((48, 3, 7, 3)), Y, TX, TY), {}, "train_x", "shape=(rows, columns, channels)"),
    "no channels": ((np.zeros((48, 9, 7, 9)), Y, TX, TY), {}, "train_x", "shape=(rows, columns, channels)"),
    "a meta tensor": ((torch.empty(48, 6, 5, device="meta"), Y, TX, TY), {}, "train_x", "cannot be read"),
    "masked": ((np.ma.masked_less(X, 99), Y, TX, TY), {}, "train_x", "masked"),
    "nan": ((NAN, Y, TX / 255, TY), {}, "train_x", "image 7 holds nan"),
    "inf in test": ((X / 255, Y, TX * np.inf, TY), {}, "test_x", "image 0 holds inf"),
    "one value": ((X * 0 + 7.0, Y, TX * 1.0, TY), {}, "train_x", "all values are 7"),
    "too wide": ((np.where(X > 99, 1.7e308, -1.7e308), Y, TX * 1.0, TY), {}, "train_x", "too far apart"),
    "other scale": ((X / 255, Y, TX * 1.0, TY), {}, "test_x", "scale both alike"),
    "other kind": ((X / 255, Y, TX, TY), {}, "test_x", "uint8, but train_x holds float64"),
    "a shape that is none": ((X, Y, TX, TY), {"shape": 6}, "shape", "(rows, columns)"),
    "a shape of words": ((X, Y, TX, TY), {"shape": "six"}, "shape", "(rows, columns)"),
    "another shape": ((X, Y, TX, TY), {"shape": (5, 6)}, "train_x", "not shape=(5, 6)"),
    "another flat shape": ((X.reshape(48, -1), Y, TX, TY), {"shape": (5, 5)}, "train_x", "30 pixels an image"),
    "another split": ((X, Y, TX, TY), {"split": "random"}, "split", "tail or stratified"),
    "no name": ((X, Y, TX, TY), {"name": " "}, "name", "not allowed"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line_that_names_the_argument(case):
    data, options, argument, says = WRONG[case]
    with pytest.raises(UserError) as caught:
        Task.of(*data, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{argument}: ")
    assert says in message
