"""Regressions: labels that are numbers to predict, in any container; how they are scaled, divided, told and refused."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import alife
from alife.errors import UserError
from alife.format.manifest import parse_task, told
from alife.world import about
from alife.world.splits import tenths
from alife.world.targets import scale_of
from alife.world.task import Task, load_task
from tests import ROOT

DRAW = np.random.default_rng(0)
X, TX = DRAW.random((60, 4, 3)), DRAW.random((20, 4, 3))
Y, TY = (np.float32([[7, -300]] + [[2, 50]] * DRAW.normal(size=(n, 2))) for n in (60, 20))
REFERENCE = Task.of(X, Y, TX, TY)
COLUMN = Task.of(X, Y[:, 0], TX, TY[:, 0])
NUMBERS = {
    "as they are": lambda y: y,
    "float64": lambda y: y.astype(np.float64),
    ">f4": lambda y: y.astype(">f4"),
    "Fortran": np.asfortranarray,
    "tensor": torch.from_numpy,
    "rows": list,
    "rows of tensors": lambda y: list(torch.from_numpy(y)),
    "nested lists": lambda y: y.tolist(),
    "objects": lambda y: y.astype(object),
}


class Vision:
    """As a data set of torchvision, whose targets are rows of numbers."""

    def __init__(self, x, y):
        self.data, self.targets = torch.from_numpy(x), torch.from_numpy(y)

    def __len__(self):
        return len(self.data)

    def __getitem__(self, number):
        return self.data[number], self.targets[number]


class Hugging:
    """As a data set of Hugging Face, whose label is a number."""

    def __init__(self, x, y):
        self.columns = {"image": list(x), "label": y.tolist()}
        self.column_names, self.features = list(self.columns), {"label": SimpleNamespace()}

    def __len__(self):
        return len(self.columns["image"])

    def __getitem__(self, key):
        return self.columns[key] if isinstance(key, str) else {n: column[key] for n, column in self.columns.items()}


SETS = {
    "two arrays": lambda x, y: (x, y),
    "pairs": lambda x, y: list(zip(x, y, strict=True)),
    "torch's TensorDataset": lambda x, y: torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y)),
    "a stand-in of torchvision's": Vision,
    "a stand-in of Hugging Face's": Hugging,
}


@given(st.sampled_from(sorted(NUMBERS)), st.sampled_from(sorted(NUMBERS)), st.booleans())
def test_containers_and_dtypes_of_the_same_numbers_are_the_same_task(train, test, one):
    expected, y, ty = (COLUMN, Y[:, 0], TY[:, 0]) if one else (REFERENCE, Y, TY)
    task = Task.of(X, NUMBERS[train](y), TX, NUMBERS[test](ty))
    assert task.digest == expected.digest
    assert task.on_record() == expected.on_record()
    assert (task.kind, task.classes, task.learn_labels.dtype) == ("regression", 1 if one else 2, np.float64)


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("one", [True, False])
def test_data_sets_with_such_labels_are_the_task_of_their_arrays(kind, one):
    expected, y, ty = (COLUMN, Y[:, 0], TY[:, 0]) if one else (REFERENCE, Y, TY)
    assert Task.of(SETS[kind](X, y), SETS[kind](TX, ty)).digest == expected.digest


WHOLE = np.arange(60) % 7


@pytest.mark.parametrize(
    ("labels", "kind", "found"),
    [
        (WHOLE, None, "classification"),
        (WHOLE.astype(np.float64), None, "classification"),
        (WHOLE > 3, None, "classification"),
        (WHOLE + 0.5, None, "regression"),
        (np.where(WHOLE == 6, 6.25, WHOLE), None, "regression"),
        (WHOLE, "regression", "regression"),
        (WHOLE > 3, "regression", "regression"),
        (np.stack([WHOLE, -WHOLE], 1), "regression", "regression"),
        (WHOLE, "classification", "classification"),
    ],
)
def test_a_float_that_is_not_whole_makes_a_regression_unless_the_kind_is_said(labels, kind, found):
    task = Task.of(X, labels, X, labels, kind=kind)
    assert task.kind == found
    assert f"{task.classes} {'output' if found == 'regression' else 'classes'}" in repr(task)


@pytest.mark.parametrize("split", ["stratified", "tail"])
def test_targets_are_kept_as_given_and_learned_standardised_by_the_training_set(split):
    task = Task.of(X, Y, TX, TY, split=split)
    np.testing.assert_array_equal(np.sort(np.r_[task.learn_labels, task.select_labels], 0), np.sort(Y, 0))
    np.testing.assert_array_equal(task.test_labels, TY)
    assert len(task.select_labels) == 10
    record = task.on_record()
    np.testing.assert_allclose(record["mean"], Y.mean(0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(record["sd"], Y.std(0, dtype=np.float64), rtol=1e-12)
    learned = np.r_[task.answers("learn"), task.answers("select")]
    assert learned.dtype == np.float32
    np.testing.assert_allclose(learned.mean(0, dtype=np.float64), 0, atol=1e-6)
    np.testing.assert_allclose(learned.std(0, dtype=np.float64), 1, rtol=1e-6)
    back = task.answers("test") * np.array(record["sd"]) + record["mean"]
    np.testing.assert_allclose(back, TY, rtol=1e-5)
    assert parse_task(record, "here") == record
    assert "2 outputs" in told(record)


@given(
    arrays.arrays(np.float64, st.tuples(st.integers(2, 40), st.integers(1, 4)), elements=st.floats(-1e3, 1e3)),
    st.integers(-150, 150),
)
def test_scales_are_those_of_the_definition_however_large_or_small_numbers_are(targets, decades):
    scale = scale_of(targets * 10.0**decades)
    np.testing.assert_allclose(np.array(scale.sd) / 10.0**decades, targets.std(0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.array(scale.mean) / 10.0**decades, targets.mean(0), rtol=1e-9, atol=1e-9)


def test_the_digest_is_what_its_docstring_says_and_every_target_has_a_part_in_it():
    total = hashlib.sha256()
    for name in ("learn", "select", "test"):
        images, labels = (getattr(REFERENCE, f"{name}_{part}") for part in ("images", "labels"))
        total.update(f"{name} {len(images)} 4 3 float64 regression 2\n".encode() + images.tobytes() + labels.tobytes())
    assert REFERENCE.digest == total.hexdigest()
    other = TY.copy()
    other[3, 1] += 1e-3
    digests = {REFERENCE.digest, COLUMN.digest, Task.of(X, Y, TX, other).digest, Task.of(X, Y[::-1], TX, TY).digest}
    assert len(digests) == 4


def test_digests_of_classes_are_what_they_were_before_there_were_regressions():
    assert load_task("glyphs").digest == "84ac8f963a70a4e8492606145dc83cb31d406cfe3e5501d7235870848fd142c4"
    labels, x = np.repeat(np.arange(300), 2), np.arange(2400).reshape(600, 2, 2) % 251
    assert Task.of(x, labels, x, labels).digest == "a073dbd75193b7ec3b419c75506e2f0211c1d80abdf77eac797239d295d369c9"


@given(st.lists(st.floats(-5, 5, width=16), min_size=9, max_size=150))
def test_a_sixth_of_each_tenth_selects(targets):
    targets = np.array(targets)
    strata = tenths(targets)
    parts = np.bincount(strata)
    assert len(parts) == min(10, len(targets) // 6)
    assert parts.max() - parts.min() <= 1
    for stratum in range(1, len(parts)):
        assert targets[strata == stratum - 1].max() <= targets[strata == stratum].min()


@given(st.integers(9, 100), st.integers(1, 3), st.integers(0, 99))
def test_any_number_of_images_and_outputs_is_divided_alike_each_time(n, outputs, seed):
    draw = np.random.default_rng(seed)
    x, y = draw.random((n, 2, 2)), draw.normal(size=(n, outputs))
    task, again = (Task.of(x, y, x, y) for _ in range(2))
    assert task.digest == again.digest
    assert task.classes == outputs
    assert task.counts == {"learn": [len(task.learn_images)], "select": [len(task.select_images)], "test": [n]}
    assert len(task.learn_images) + len(task.select_images) == n
    assert abs(len(task.select_images) - n / 6) <= 5
    firsts = np.sort(task.select_labels[:, 0])
    assert firsts[0] <= np.median(y[:, 0]) <= firsts[-1] or n < 20


def bad(y, where, value):
    changed = y.copy()
    changed[where] = value
    return changed


WRONG = {
    "nan": ((X, bad(Y, (7, 1), np.nan), TX, TY), {}, "train_y", "target nan (image 7, output 1)"),
    "infinity": ((X, bad(Y[:, 0], 7, np.inf), TX, TY[:, 0]), {}, "train_y", "target inf (image 7, output 0)"),
    "nan in test": ((X, Y, TX, bad(TY, (0, 0), np.nan)), {}, "test_y", "target nan (image 0, output 0)"),
    "fewer": ((X, Y[:-1], TX, TY), {}, "train_y", "59 labels for the 60 images in train_x"),
    "fewer in test": ((X, Y, TX, TY[:-1]), {}, "test_y", "19 labels for the 20 images in test_x"),
    "none": ((X, Y[:, :0], TX, TY[:, :0]), {"kind": "regression"}, "train_y", "empty"),
    "constant": ((X, Y * [1, 0], TX, TY), {}, "train_y", "output 1 has one value, 0, in the 50 images to learn from"),
    "constant in test": (
        (X, Y, TX, TY * 0 + 3),
        {},
        "test_y",
        "output 0 has one value, 3, in the 20 images to test on",
    ),
    "one test image": ((X, Y, TX[:1], TY[:1]), {}, "test_y", "in the 1 image to test on"),
    "eight images": ((X[:8], Y[:8], TX, TY), {}, "train_y", "in the 1 image for selection"),
    "five images": ((X[:5], Y[:5], TX, TY), {}, "train_x", "at least 6"),
    "complex": ((X, Y * 1j, TX, TY), {"kind": "regression"}, "train_y", "complex64"),
    "complex, kind not said": ((X, Y[:, 0] * 1j, TX, TY), {}, "train_y", "complex64"),
    "words": ((X, ["a", "b"] * 30, TX, TY), {"kind": "regression"}, "train_y", "numbers to predict"),
    "words in test": ((X, Y[:, 0], TX, ["a"] * 20), {}, "test_y", "numbers to predict"),
    "words among numbers": ((X, [1.5, "a"] * 30, TX, TY), {}, "train_y", "float and str"),
    "dates": ((X, WHOLE.astype("datetime64[s]"), TX, TY), {"kind": "regression"}, "train_y", "datetime64"),
    "ragged": ((X, [[1.5], [2, 3]] * 30, TX, TY), {}, "train_y", "cannot be read"),
    "three axes": ((X, Y[:, None], TX, TY), {}, "train_y", "[n] or [n, outputs]"),
    "other outputs": ((X, Y, TX, TY[:, :1]), {}, "test_y", "1 number an image, but 2 in train_y"),
    "too many outputs": ((X, np.zeros((60, 70_000)) + 0.5, TX, TY), {}, "train_y", "at most 65,536"),
    "too far apart": (
        (X, np.where(Y.mean(0) < Y, 1.7e308, -1.7e308), TX, TY),
        {"kind": "regression"},
        "train_y",
        "-1.7e+308",
    ),
    "another scale in test": ((X, Y, TX, TY.astype(float) * 1e200), {}, "test_y", "rescale it"),
    "classes in training alone": ((X, WHOLE, TX, TY), {}, "test_y", "one label an image"),
    "said to be classes": ((X, WHOLE + 0.5, X, WHOLE), {"kind": "classification"}, "train_y", "label 0.5 (image 0)"),
    "fractions in test alone": ((X, WHOLE, X, WHOLE + 0.5), {}, "test_y", "say kind='regression'"),
    "another kind": ((X, Y, TX, TY), {"kind": "ranking"}, "kind", "classification or regression"),
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


def test_such_a_task_is_described_with_its_scale():
    lines = about.describe(f"{ROOT}/examples/my_regression.py:centres").splitlines()
    assert "8 × 8 pixels, 2 outputs" in lines[1]
    assert "each tenth" in lines[2]
    scale = alife.load_task(f"{ROOT}/examples/my_regression.py:centres").scale
    assert [line.split()[0] for line in lines[-2:]] == ["0", "1"]
    assert [float(line.split()[1]) for line in lines[-2:]] == pytest.approx(scale.mean, rel=1e-4)
