"""Training and test set before they are divided: from whatever they were handed over as, and what has to fit in them.

Call `of_data` for what `Task.of` was given, `division` for which images are to learn from, after all checks.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from alife.errors import UserError
from alife.words import count
from alife.world import arrays, datasets, targets
from alife.world.idx import ROLES
from alife.world.labels import as_rows, coded, read_labels
from alife.world.splits import SHARE, SPLITS, Index, Labels, Split, tenths

Kind = Literal["classification", "regression"]

ARGUMENTS: Final = "train_x, train_y, test_x, test_y, or train_dataset, test_dataset"

MINIMUM_TRAINING: Final = SHARE
"""Fewest training images: of fewer, no sixth is left for selection."""


@dataclass(frozen=True, eq=False)
class Parts:
    """A training set and a test set.

    Attributes:
        files: What to call each part in errors, by `idx.ROLES`.
        arrays: Images [n, rows, columns] or [n, rows, columns, channels] of numbers, labels [n] of integers from 0 on,
            of a regression [n, D] float64; by the same.
        names: Of the classes, if they have any.
    """

    files: Mapping[str, PurePath]
    arrays: Mapping[str, NDArray[Any]]
    names: tuple[str, ...] = ()

    @property
    def is_regression(self) -> bool:
        """Whether labels are numbers to predict."""
        return self.arrays["train-labels"].ndim == 2


def of_data(data: Sequence[Any], shape: Sequence[int] | None, kind: Kind | None = None) -> Parts:
    """The parts in what `Task.of` was given, whose arguments these are.

    Raises:
        UserError: One of them is wrong, or there are more or fewer.
    """
    called: tuple[str, ...]
    if len(data) == 4:
        called = ("train_x", "train_y", "test_x", "test_y")
        sets = [datasets.Columns(*data[:2]), datasets.Columns(*data[2:])]
    elif len(data) == 2:
        words = ("train_dataset", "test_dataset")
        called = ("train_dataset", "labels of train_dataset", "test_dataset", "labels of test_dataset")
        sets = [datasets.columns(each, word) for each, word in zip(data, words, strict=True)]
    else:
        raise UserError(f"Task.of: takes {ARGUMENTS}, not {count(len(data), 'argument')}")
    if sets[0].names and sets[1].names and sets[0].names != sets[1].names:
        raise UserError(
            f"{called[2]}: its classes are not those of {called[0]}, or in another order: number both alike"
        )
    sizes = _sizes(shape)
    if kind not in (None, *get_args(Kind)):
        raise UserError(f"kind: {kind!r} is not allowed: name {' or '.join(get_args(Kind))}")
    train, test = (as_rows(each.labels, name) for each, name in zip(sets, called[1::2], strict=True))
    names: tuple[str, ...] = ()
    if kind == "regression" or (kind is None and targets.are_targets(train)):
        train, test = (targets.read_targets(y, name) for y, name in zip((train, test), called[1::2], strict=True))
    else:
        train, test = (read_labels(y, name) for y, name in zip((train, test), called[1::2], strict=True))
        train, test, names = coded(train, test, (called[1], called[3]))
        names = names or sets[0].names
    images = [arrays.images(each.images, name, sizes) for each, name in zip(sets, called[::2], strict=True)]
    found = dict(zip(ROLES, (images[0], train, images[1], test), strict=True))
    return Parts(dict(zip(ROLES, map(PurePath, called), strict=True)), found, names)


def division(parts: Parts, split: Split) -> tuple[Index, Index, int]:
    """Which training images to learn from, which to select by, and the number of classes, or of outputs.

    Raises:
        UserError: There are fewer than 6 training images or 2 classes; a label to select or test on is never seen while
            learning; a class has too few images to be in both; an output is the same in all images of a part; or the
            parts do not fit each other.
    """
    if split not in SPLITS:
        raise UserError(f"split: {split!r} is not allowed: name {' or '.join(SPLITS)}")
    _check_fit(parts)
    if parts.is_regression:
        y, tested = parts.arrays["train-labels"], parts.arrays["t10k-labels"]
        learn, select = SPLITS[split](tenths(y[:, 0]))
        names = str(parts.files["train-labels"]), str(parts.files["t10k-labels"])
        return learn, select, targets.check({"learn": y[learn], "select": y[select], "test": tested}, names)
    labels, test = (parts.arrays[f"{part}-labels"].astype(np.int64) for part in ("train", "t10k"))
    if split == "stratified":
        _check_enough(parts, labels)
    learn, select = SPLITS[split](labels)
    return learn, select, _check_labels(parts, labels[learn], labels[select], test)


def _sizes(shape: Any) -> tuple[int, ...] | None:
    if shape is None:
        return None
    try:
        sizes = tuple(map(operator.index, shape))
    except TypeError:
        sizes = ()
    if len(sizes) not in (2, 3) or min(sizes) < 1:
        raise UserError(f"shape: {shape!r} is not allowed: (rows, columns) or (rows, columns, channels)")
    return sizes


def _check_fit(parts: Parts) -> None:
    files = parts.files
    for split in ("train", "t10k"):
        images, labels = parts.arrays[f"{split}-images"], parts.arrays[f"{split}-labels"]
        if len(images) != len(labels):
            raise UserError(
                f"{files[f'{split}-labels']}: {count(len(labels), 'label')} for the {count(len(images), 'image')} in "
                f"{files[f'{split}-images'].name}: take both from the same data set"
            )
    train, test = parts.arrays["train-images"], parts.arrays["t10k-images"]
    if train.shape[1:] != test.shape[1:]:
        sizes = [" × ".join(map(str, array.shape[1:])) for array in (test, train)]
        raise UserError(
            f"{files['t10k-images']}: images of {sizes[0]} pixels, but of {sizes[1]} in {files['train-images'].name}: "
            "take both from the same data set"
        )
    if len(train) < MINIMUM_TRAINING:
        raise UserError(f"{files['train-images']}: {count(len(train), 'image')}: add some, at least {MINIMUM_TRAINING}")


def _check_enough(parts: Parts, labels: Labels) -> None:
    """See that each class can be both learned and selected by."""
    present, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        once = _label(present[counts.argmin()], parts.names)
        raise UserError(
            f"{parts.files['train-labels']}: label {once} comes once: a class needs two training images, one to learn "
            "from and one for selection: add some, or leave that class out"
        )


def _check_labels(parts: Parts, learn: Labels, select: Labels, test: Labels) -> int:
    """Number of classes, after a check that each can be learned: a label never seen caps the accuracy unnoticed."""
    files, learned = parts.files, np.unique(learn)
    for role, what, labels in (
        ("train-labels", f"the {count(len(select), 'label')} for selection hold", select),
        ("t10k-labels", "the test labels hold", test),
    ):
        unseen = np.setdiff1d(labels, learned)
        if unseen.size:
            raise UserError(
                f"{files[role]}: {what} {_label(unseen[0], parts.names)}, which the {len(learn):,} training labels for "
                "learning do not: shuffle the training set, or leave that class out"
            )
    if len(learned) < 2:
        raise UserError(
            f"{files['train-labels']}: all labels are {_label(learned[0], parts.names)}: add a second class"
        )
    return int(learned[-1]) + 1


def _label(number: int, names: Sequence[str]) -> str:
    return repr(names[number]) if number < len(names) else str(number)
