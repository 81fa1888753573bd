"""The classification task: MNIST or any folder of IDX files, split to learn, to select and to test.

Call `load_task` with what `task` says, `fetch` to have it on disk, `describe` to say what it is.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from alife.errors import UserError
from alife.words import count
from alife.world import glyphs, mnist
from alife.world.idx import ROLES, Bytes, IdxFolder, content_md5, read_folder
from alife.world.splits import SHARE, SPLITS, WORDS, Labels, Split

MINIMUM_TRAINING: Final = SHARE
"""Fewest training images: of fewer, no sixth is left for selection."""

_NAMES: Final = ("learn", "select", "test")

KNOWN: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "MNIST": (mnist.MD5, mnist.CREDIT),
    "Fashion-MNIST": (
        {
            "train-images": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "train-labels": "9018921c3c673c538a1fc5bad174d6f9",
            "t10k-images": "8181f5470baa50b63fa0f6fddb340f0a",
            "t10k-labels": "15d484375f8d13e6eb1aabb0c3f46965",
        },
        "Fashion-MNIST by Zalando SE (Xiao, Rasul & Vollgraf 2017), licence MIT",
    ),
    "the glyphs": (
        {
            "train-images": "42a757b7a341a379725e4afb31ddc8fd",
            "train-labels": "f02f8ac29ecb47ad8fe09bdee0636cf0",
            "t10k-images": "e7c4723ad5e371efe42d1aecdb683e85",
            "t10k-labels": "b2aa6743d82008997e0a4f0d20364544",
        },
        "made by this program: alife/world/glyphs.py",
    ),
}
"""By name: MD5 of the uncompressed IDX files, and whom to credit."""


@dataclass(frozen=True, eq=False)
class Task:
    """A data set in its three splits.

    Attributes:
        name: "mnist", or the folder as it was given.
        split: How the training set was divided.
        learn_images: uint8 [n, pixels] (MNIST: the first 50,000 of the training set).
        learn_labels: int64 [n].
        select_images: uint8 [n, pixels], for selection (MNIST: the last 10,000 of the training set).
        select_labels: int64 [n].
        test_images: uint8 [n, pixels]. For the end of a run only.
        test_labels: int64 [n].
        classes: The largest label of all splits + 1.
        shape: Rows and columns of an image.
    """

    name: str
    split: Split
    learn_images: Bytes
    learn_labels: Labels
    select_images: Bytes
    select_labels: Labels
    test_images: Bytes
    test_labels: Labels
    classes: int
    shape: tuple[int, int]

    @property
    def pixels(self) -> int:
        """Rows × columns of an image."""
        return self.shape[0] * self.shape[1]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the three splits: of each a line with its name and sizes, its images, its labels as bytes."""
        total = hashlib.sha256()
        for name in _NAMES:
            images, labels = getattr(self, f"{name}_images"), getattr(self, f"{name}_labels")
            total.update(f"{name} {len(images)} {self.shape[0]} {self.shape[1]}\n".encode())
            total.update(np.ascontiguousarray(images).data)
            total.update(labels.astype(np.uint8).data)
        return total.hexdigest()

    @property
    def counts(self) -> dict[str, list[int]]:
        """Images of each class, 0 to `classes` - 1, by split ("learn", "select", "test")."""
        labels = {name: getattr(self, f"{name}_labels") for name in _NAMES}
        return {name: np.bincount(values, minlength=self.classes).tolist() for name, values in labels.items()}

    def on_record(self) -> dict[str, Any]:
        """What a run's manifest says of its data."""
        return {
            "digest": self.digest,
            "shape": list(self.shape),
            "classes": self.classes,
            "split": self.split,
            "counts": self.counts,
        }


def load_task(spec: str | os.PathLike[str], *, split: Split | None = None, progress: bool = True) -> Task | None:
    """Load a data set; MNIST is fetched if it is not at hand.

    Args:
        spec: "none", "mnist", "glyphs" (made by `alife.world.glyphs`), or a folder that holds MNIST's four file names
            (`idx.find_files`), itself or in its `raw` or `MNIST/raw`; any image size and any number of classes from 2
            on.
        split: How to divide the training set; None for "tail" of MNIST and "stratified" of a folder.
        progress: Report fetching on standard error.

    Returns:
        The task, or None for "none".

    Raises:
        UserError: A file is missing, malformed, or does not fit the others; MNIST has another content than MNIST or
            cannot be fetched; there are fewer than 6 training images or 2 classes; a label to select or test on is
            never seen while learning; or a class has too few images to be in both parts of a stratified split.

    Example:
        >>> import alife
        >>> task = alife.load_task("glyphs")
        >>> task.shape, task.classes, task.select_images.shape
        ((8, 8), 10, (500, 64))
    """
    spec = os.fspath(spec)
    return None if spec == "none" else _divided(spec, _obtain(spec, progress), split)


def fetch(spec: str, *, progress: bool = True) -> Path:
    """Fetch (MNIST) and verify a data set.

    Returns:
        The folder that holds its IDX files.

    Raises:
        UserError: As `load_task`, and for "none".
    """
    if spec == "none":
        raise UserError("task none: it has no data to fetch; name mnist or a folder of IDX files")
    found = _obtain(spec, progress)
    _divided(spec, found, None)
    return found.folder


def describe(spec: str) -> str:
    """A few lines on a data set: where it is, what it holds, what its checksums say, whom to credit.

    Raises:
        UserError: As `load_task`.
    """
    if spec == "none":
        return "none: no data set; networks only replicate"
    found = _obtain(spec, progress=True)
    task = _divided(spec, found, None)
    rows, columns = task.shape
    return "\n".join(
        [
            f"{spec}: {found.folder}",
            f"{count(len(task.learn_images), 'image')} to learn, {len(task.select_images):,} to select, "
            f"{len(task.test_images):,} to test; {rows} × {columns} pixels, {task.classes} classes",
            f"split: {WORDS[task.split]}",
            *_table(task),
            *_verdict(found),
        ]
    )


def _table(task: Task) -> list[str]:
    """Images of each class by split, a line a class."""
    counts = task.counts
    head = f"{'class':>5}" + "".join(f"{name:>9}" for name in counts)
    by_class = zip(*counts.values(), strict=True)
    return [head, *(f"{label:5}" + "".join(f"{n:9,}" for n in row) for label, row in enumerate(by_class) if any(row))]


def _verdict(found: IdxFolder) -> list[str]:
    md5 = {role: content_md5(values) for role, values in found.arrays.items()}
    for name, (known, credit) in KNOWN.items():
        wrong = [role for role in ROLES if md5[role] != known[role]]
        if not wrong:
            return [f"checksums: all four files are those of {name}", credit]
        if len(wrong) < len(ROLES):
            role = wrong[0]
            return [
                f"checksums: partly {name}, but {found.files[role].name} has MD5 {md5[role]}, not {known[role]}",
                f"as far as it is {credit}",
            ]
    return ["checksums: unknown data set, not checked", "credit and licence: as its makers say"]


def _divided(spec: str, found: IdxFolder, split: Split | None) -> Task:
    _check_fit(found)
    split = split or ("tail" if spec == "mnist" else "stratified")
    train, test = found.arrays["train-images"], found.arrays["t10k-images"]
    labels, test_labels = (found.arrays[f"{part}-labels"].astype(np.int64) for part in ("train", "t10k"))
    if split == "stratified":
        _check_enough(found.files["train-labels"], labels)
    learn, select = SPLITS[split](labels)
    classes = _check_labels(found.files, labels[learn], labels[select], test_labels)
    flat = train.reshape(len(train), -1)
    return Task(
        name=spec,
        split=split,
        learn_images=flat[learn],
        learn_labels=labels[learn],
        select_images=flat[select],
        select_labels=labels[select],
        test_images=test.reshape(len(test), -1),
        test_labels=test_labels,
        classes=classes,
        shape=train.shape[1:],
    )


def _check_fit(found: IdxFolder) -> None:
    arrays, files = found.arrays, found.files
    for split in ("train", "t10k"):
        images, labels = arrays[f"{split}-images"], arrays[f"{split}-labels"]
        if len(images) != len(labels):
            raise UserError(
                f"{files[f'{split}-labels']}: {count(len(labels), 'label')} for the {count(len(images), 'image')} in "
                f"{files[f'{split}-images'].name}: take both from the same data set"
            )
    train, test = arrays["train-images"], arrays["t10k-images"]
    if train.shape[1:] != test.shape[1:]:
        raise UserError(
            f"{files['t10k-images']}: images of {test.shape[1]} × {test.shape[2]} pixels, but of {train.shape[1]} × "
            f"{train.shape[2]} in {files['train-images'].name}: take both from the same data set"
        )
    if len(train) < MINIMUM_TRAINING:
        raise UserError(f"{files['train-images']}: {count(len(train), 'image')}: add some, at least {MINIMUM_TRAINING}")


def _check_enough(file: Path, labels: Labels) -> None:
    """See that each class can be both learned and selected by."""
    present, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        raise UserError(
            f"{file}: label {present[counts.argmin()]} comes once: a class needs two training images, one to learn "
            "from and one for selection: add some, or leave that class out"
        )


def _check_labels(files: Mapping[str, Path], learn: Labels, select: Labels, test: Labels) -> int:
    """Number of classes, after a check that each can be learned: a label never seen caps the accuracy unnoticed."""
    learned = np.unique(learn)
    for role, what, labels in (
        ("train-labels", f"the {count(len(select), 'label')} for selection hold", select),
        ("t10k-labels", "the test labels hold", test),
    ):
        unseen = np.setdiff1d(labels, learned)
        if unseen.size:
            raise UserError(
                f"{files[role]}: {what} {unseen[0]}, which the {len(learn):,} training labels for learning do not: "
                "shuffle the training set, or leave that class out"
            )
    if len(learned) < 2:
        raise UserError(f"{files['train-labels']}: all labels are {learned[0]}: add a second class")
    return int(learned[-1]) + 1


def _obtain(spec: str, progress: bool) -> IdxFolder:
    if spec == "mnist":
        return mnist.obtain(progress=progress)
    if spec == "glyphs":
        return IdxFolder(Path(glyphs.__file__), {role: Path(f"glyphs/{role}") for role in ROLES}, glyphs.arrays())
    folder = os.path.expanduser(spec)
    if not os.path.isdir(folder):
        allowed = "name mnist, glyphs, none or a folder of IDX files"
        raise UserError(f"task: {spec!r} is not allowed: no such folder; {allowed}")
    return read_folder(Path(folder))
