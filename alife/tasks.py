"""The classification task: MNIST or any folder of IDX files, split to learn, to select and to test."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alife import mnist
from alife.errors import UserError
from alife.idx import ROLES, Bytes, IdxFolder, content_md5, read_folder

Labels = NDArray[np.int64]

MINIMUM_TRAINING: Final = 6
"""Fewest training images: one is left for the last sixth."""

_SHARE: Final = 6  # the last 1/6 of the training set is for selection

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
}
"""By name: MD5 of the uncompressed IDX files, and whom to credit."""


@dataclass(frozen=True, eq=False)
class Task:
    """A data set in its three splits.

    Attributes:
        name: "mnist", or the folder as it was given.
        learn_images: uint8 [n, pixels], all but the last sixth of the training set (MNIST: the first 50,000).
        learn_labels: int64 [n].
        select_images: uint8 [n, pixels], the last sixth, rounded (MNIST: the last 10,000).
        select_labels: int64 [n].
        test_images: uint8 [n, pixels]. For the end of a run only.
        test_labels: int64 [n].
        classes: The largest label of all splits + 1.
        pixels: Rows × columns of an image.
    """

    name: str
    learn_images: Bytes
    learn_labels: Labels
    select_images: Bytes
    select_labels: Labels
    test_images: Bytes
    test_labels: Labels
    classes: int
    pixels: int


def load_task(spec: str, *, progress: bool = True) -> Task | None:
    """Load a data set; MNIST is fetched if it is not at hand.

    Args:
        spec: "none", "mnist", or a folder that holds MNIST's four file names (`idx.find_files`), itself or in its
            `raw` or `MNIST/raw`; any image size and any number of classes from 2 on.
        progress: Report fetching on standard error.

    Returns:
        The task, or None for "none".

    Raises:
        UserError: A file is missing, malformed, or does not fit the others; MNIST has another content than MNIST or
            cannot be fetched; there are fewer than 6 training images or 2 classes; or a label to select or test on is
            never seen while learning.
    """
    return None if spec == "none" else _split(spec, _obtain(spec, progress))


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
    _split(spec, found)
    return found.folder


def describe(spec: str) -> str:
    """A few lines on a data set: where it is, what it holds, what its checksums say, whom to credit.

    Raises:
        UserError: As `load_task`.
    """
    if spec == "none":
        return "none: no data set; networks only replicate"
    found = _obtain(spec, progress=True)
    task = _split(spec, found)
    rows, columns = found.arrays["train-images"].shape[1:]
    return "\n".join(
        [
            f"{spec}: {found.folder}",
            f"{len(task.learn_images):,} images to learn, {len(task.select_images):,} to select, "
            f"{len(task.test_images):,} to test; {rows} × {columns} pixels, {task.classes} classes",
            *_verdict(found),
        ]
    )


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


def _split(spec: str, found: IdxFolder) -> Task:
    _check_fit(found)
    train, test = found.arrays["train-images"], found.arrays["t10k-images"]
    train_labels, test_labels = (found.arrays[f"{split}-labels"].astype(np.int64) for split in ("train", "t10k"))
    cut = len(train) - (len(train) + _SHARE // 2) // _SHARE
    classes = _check_labels(found.files, train_labels, cut, test_labels)
    pixels = train.shape[1] * train.shape[2]
    flat, flat_test = train.reshape(len(train), pixels), test.reshape(len(test), pixels)
    return Task(
        name=spec,
        learn_images=flat[:cut],
        learn_labels=train_labels[:cut],
        select_images=flat[cut:],
        select_labels=train_labels[cut:],
        test_images=flat_test,
        test_labels=test_labels,
        classes=classes,
        pixels=pixels,
    )


def _check_fit(found: IdxFolder) -> None:
    arrays, files = found.arrays, found.files
    for split in ("train", "t10k"):
        images, labels = arrays[f"{split}-images"], arrays[f"{split}-labels"]
        if len(images) != len(labels):
            raise UserError(
                f"{files[f'{split}-labels']}: {len(labels):,} labels for the {len(images):,} images in "
                f"{files[f'{split}-images'].name}: take both from the same data set"
            )
    train, test = arrays["train-images"], arrays["t10k-images"]
    if train.shape[1:] != test.shape[1:]:
        raise UserError(
            f"{files['t10k-images']}: images of {test.shape[1]} × {test.shape[2]} pixels, but of {train.shape[1]} × "
            f"{train.shape[2]} in {files['train-images'].name}: take both from the same data set"
        )
    if len(train) < MINIMUM_TRAINING:
        raise UserError(f"{files['train-images']}: {len(train)} images: add some, at least {MINIMUM_TRAINING}")


def _check_labels(files: Mapping[str, Path], train: Labels, cut: int, test: Labels) -> int:
    """Number of classes, after a check that each can be learned: a label never seen caps the accuracy unnoticed."""
    learned = np.unique(train[:cut])
    for role, what, labels in (
        ("train-labels", f"the last {len(train) - cut:,} labels, for selection, hold", train[cut:]),
        ("t10k-labels", "the test labels hold", test),
    ):
        unseen = np.setdiff1d(labels, learned)
        if unseen.size:
            raise UserError(
                f"{files[role]}: {what} {unseen[0]}, which the first {cut:,} training labels, for learning, do not: "
                "shuffle the training set, or leave that class out"
            )
    if len(learned) < 2:
        raise UserError(f"{files['train-labels']}: all labels are {learned[0]}: add a second class")
    return int(learned[-1]) + 1


def _obtain(spec: str, progress: bool) -> IdxFolder:
    if spec == "mnist":
        return mnist.obtain(progress=progress)
    folder = os.path.expanduser(spec)
    if not os.path.isdir(folder):
        raise UserError(f"task: {spec!r} is not allowed: no such folder; name mnist, none or a folder of IDX files")
    return read_folder(Path(folder))
