"""The task: MNIST, a folder of IDX files or arrays in memory, split to learn, to select and to test.

Images have classes, or in a regression numbers that are to be predicted.

Call `load_task` with what `task` says, `fetch` to have it on disk, `Task.of` for arrays and data sets of one's own,
`accept` for a task that somebody else made. What it is in words says `alife.world.about`.
"""

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife import plugins, words
from alife.configuration.values import GIVEN
from alife.errors import UserError, plain
from alife.world import arrays, glyphs, mnist
from alife.world.arrays import Span
from alife.world.idx import ROLES, IdxFolder, read_folder
from alife.world.parts import ARGUMENTS, Kind, Parts, division, of_data
from alife.world.splits import Split
from alife.world.targets import Scale, scale_of

BYTE: Final = 256
"""Most classes whose labels the digest takes as bytes; of more, as uint16."""

_NAMES: Final = ("learn", "select", "test")

KEY: Final = "task"


@dataclass(frozen=True, eq=False)
class Task:
    """A data set in its three splits: learned from, selected by, and tested on at the end of a run.

    Attributes:
        name: "mnist", or the folder as it was given, or as `of` was told.
        split: How the training set was divided.
        learn_images: uint8, float32 or float64 [n, pixels] (MNIST: the first 50,000 of the training set).
        learn_labels: int64 [n]; of a regression float64 [n, D], in the units in which they were given.
        select_images: Likewise [n, pixels], for selection (MNIST: the last 10,000 of the training set).
        select_labels: Likewise.
        test_images: Likewise [n, pixels]. For the end of a run only.
        test_labels: Likewise.
        classes: The largest label of all splits + 1; of a regression D.
        shape: Rows and columns of an image, and channels if it has more than one.
        names: Of the classes, if they have any.
        span: Of floats, the two values that a network sees as 0 and 1. uint8 are seen as value / 255.

    Example:
        >>> import alife
        >>> import numpy as np
        >>> draw = np.random.default_rng(0)
        >>> x, y = draw.random((60, 8, 8)), draw.choice(["cat", "dog"], 60)
        >>> task = alife.Task.of(x[:50], y[:50], x[50:], y[50:], name="pets")
        >>> task
        <Task pets: 60 float64 images of 8 × 8 pixels, 2 classes>
        >>> task.names, task.counts["test"]
        (('cat', 'dog'), [6, 4])
    """

    name: str
    split: Split
    learn_images: NDArray[Any]
    learn_labels: NDArray[Any]
    select_images: NDArray[Any]
    select_labels: NDArray[Any]
    test_images: NDArray[Any]
    test_labels: NDArray[Any]
    classes: int
    shape: tuple[int, ...]
    names: tuple[str, ...] = ()
    span: Span = (0.0, 1.0)

    @classmethod
    def of(
        cls,
        *data: Any,
        name: str = GIVEN,
        split: Split = "stratified",
        shape: Sequence[int] | None = None,
        kind: Kind | None = None,
    ) -> "Task":
        """A task of data in memory.

        Args:
            data: train_x, train_y, test_x, test_y: images and labels as numpy arrays, torch tensors or lists; or
                train_dataset, test_dataset: data sets as of torchvision or Hugging Face, or pairs of arrays. Images
                are [n, pixels], [n, rows, columns], [n, rows, columns, channels] or [n, channels, rows, columns]:
                uint8, or floats, of which the lowest to train on becomes 0 and the highest 1, unless all are in [0, 1].
                Labels are whole numbers from 0 on, or words, which are numbered in sorted order; or floats [n] or
                [n, D] to be predicted. All is copied once.
            name: What to call it in lines about a run's data.
            split: "stratified" takes a sixth of each class of the training set for selection, of a regression of each
                tenth by the first target; "tail" its last sixth.
            shape: (rows, columns) or (rows, columns, channels) of an image, where its layout does not say.
            kind: "classification" or "regression". If None, it is a regression if the training labels are floats of
                which at least one is no whole number.

        Raises:
            UserError: Something is wrong with an argument, which the line names, or they do not fit each other.
        """
        if not isinstance(name, str) or not name.strip():
            raise UserError(f"name: {name!r} is not allowed: a word or a few")
        return divided(name, split, of_data(data, shape, kind))

    def __repr__(self) -> str:
        """A line: what it is called, and what it holds."""
        n = sum(len(getattr(self, f"{name}_images")) for name in _NAMES)
        answers = words.answers(self.classes, self.kind)
        return f"<Task {self.name}: {words.images(n, self.shape, self.dtype.name)}, {answers}>"

    @property
    def kind(self) -> Kind:
        """What is asked of an image: "classification", its class, or "regression", numbers."""
        return "classification" if self.scale is None else "regression"

    @cached_property
    def scale(self) -> Scale | None:
        """Mean and standard deviation of a regression's targets over the training set, to learn and to select by."""
        if self.learn_labels.ndim == 1:
            return None
        return scale_of(np.concatenate([self.learn_labels, self.select_labels]))

    def answers(self, split: str) -> NDArray[Any]:
        """What networks are to say of a split's images: labels int64 [n], or standardised targets float32 [n, D].

        Args:
            split: "learn", "select" or "test".
        """
        labels: NDArray[Any] = getattr(self, f"{split}_labels")
        return labels if self.scale is None else self.scale.standardised(labels)

    @property
    def pixels(self) -> int:
        """Values of an image."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the images."""
        return self.learn_images.dtype

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the three splits: of each a line, its images, its labels as bytes (from 257 classes on as uint16).

        The line has the split's name, number of images and shape of one, then the dtype if it is not uint8. Numbers are
        little-endian. The names of classes have no part in it. Of a regression the line goes on with "regression" and
        D, and labels are float64 [n, D].
        """
        kind = [] if self.dtype == np.uint8 else [self.dtype.name]
        number = "<u2" if self.classes > BYTE else "u1"
        if self.scale is not None:
            kind, number = [*kind, self.kind, str(self.classes)], "<f8"
        total = hashlib.sha256()
        for name in _NAMES:
            images, labels = getattr(self, f"{name}_images"), getattr(self, f"{name}_labels")
            total.update(" ".join(map(str, [name, len(images), *self.shape, *kind])).encode() + b"\n")
            total.update(np.ascontiguousarray(images, images.dtype.newbyteorder("<")).data)
            total.update(np.ascontiguousarray(labels, number).data)
        return total.hexdigest()

    @property
    def counts(self) -> dict[str, list[int]]:
        """Images of each class, 0 to `classes` - 1, by split ("learn", "select", "test"); of a regression all of it."""
        labels = {name: getattr(self, f"{name}_labels") for name in _NAMES}
        if self.scale is not None:
            return {name: [len(values)] for name, values in labels.items()}
        return {name: np.bincount(values, minlength=self.classes).tolist() for name, values in labels.items()}

    def on_record(self) -> dict[str, Any]:
        """What a run's manifest says of its data; dtype, classes' names and kind only where there is something to say.

        Of a regression "kind", and the "mean" and "sd" of its targets.
        """
        more: dict[str, Any] = {} if self.dtype == np.uint8 else {"dtype": self.dtype.name}
        if self.scale is not None:
            more |= self.scale.on_record()
        return {
            "digest": self.digest,
            "shape": list(self.shape),
            "classes": self.classes,
            "split": self.split,
            "counts": self.counts,
            **more,
            **({"names": list(self.names)} if self.names else {}),
        }

    def recorded(self, spec: str) -> dict[str, Any]:
        """`on_record` of a run whose configuration says `spec`: with the task's name, if it was handed over."""
        return self.on_record() | ({"name": plain(self.name)} if spec == GIVEN else {})


def load_task(spec: str | os.PathLike[str], *, split: Split | None = None, progress: bool = True) -> Task | None:
    """Load a data set; MNIST is fetched if it is not at hand.

    Args:
        spec: "none", "mnist", "glyphs" (made by `alife.world.glyphs`), or a folder that holds MNIST's four file names
            (`idx.find_files`), itself or in its `raw` or `MNIST/raw`; any image size and any number of classes from 2
            on; or a function of no arguments that gives a `Task`, as `my_task.py:load` or `package.module:load`.
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
    if spec == "none":
        return None
    if spec == GIVEN:
        raise UserError(f"task: {GIVEN}: such data are handed over in Python: alife.evolve(config, out, task=task)")
    if is_made(spec):
        return _made(plugins.find(KEY, spec, {}, (), again=True))
    found = obtain(spec, progress)
    return divided(spec, split or usual(spec), Parts(found.files, found.arrays))


def is_made(spec: str) -> bool:
    """Whether what `task` says names a function of one's own."""
    return bool(plugins.NAME.fullmatch(spec)) and not os.path.isdir(spec)


def _made(found: plugins.Found) -> Task:
    """The task that a function of one's own gives."""
    task = found()
    if not isinstance(task, Task):
        raise found.error(f"gave a {type(task).__name__}: a task is expected, as alife.Task.of({ARGUMENTS}) makes it")
    return replace(task, name=plugins.short(found.name))


def fetch(spec: str, *, progress: bool = True) -> Path:
    """Fetch (MNIST) and verify a data set.

    Returns:
        The folder that holds its IDX files.

    Raises:
        UserError: As `load_task`, and for "none".
    """
    if spec == "none":
        raise UserError("task none: it has no data to fetch; name mnist or a folder of IDX files")
    found = obtain(spec, progress)
    divided(spec, usual(spec), Parts(found.files, found.arrays))
    return found.folder


def accept(task: Any) -> Task:
    """A task that somebody made, if it is one.

    Raises:
        UserError: It is something else.
    """
    if not isinstance(task, Task):
        raise UserError(f"task: of type {type(task).__name__}, which is no task: make one, alife.Task.of({ARGUMENTS})")
    return task


def divided(name: str, split: Split, parts: Parts) -> Task:
    """A task of a training and a test set: a regression, if their labels are.

    Raises:
        UserError: They do not fit each other, or are too few; or as `arrays.measured`.
    """
    learn, select, classes = division(parts, split)
    train, labels, test, test_labels = (parts.arrays[role] for role in ROLES)
    held = np.float64 if parts.is_regression else np.int64
    dtype, span = arrays.measured(train, test, (str(parts.files["train-images"]), str(parts.files["t10k-images"])))
    return Task(
        name=name,
        split=split,
        learn_images=arrays.gathered(train, learn, dtype),
        learn_labels=labels[learn].astype(held),
        select_images=arrays.gathered(train, select, dtype),
        select_labels=labels[select].astype(held),
        test_images=arrays.gathered(test, slice(None), dtype),
        test_labels=test_labels.astype(held),
        classes=classes,
        shape=train.shape[1:],
        names=parts.names[:classes] if len(parts.names) >= classes else (),
        span=span,
    )


def usual(spec: str) -> Split:
    """How a data set's training set is divided unless somebody says otherwise."""
    return "tail" if spec == "mnist" else "stratified"


def obtain(spec: str, progress: bool) -> IdxFolder:
    """The four arrays of MNIST, the glyphs or a folder."""
    if spec == "mnist":
        return mnist.obtain(progress=progress)
    if spec == "glyphs":
        return IdxFolder(Path(glyphs.__file__), {role: Path(f"glyphs/{role}") for role in ROLES}, glyphs.arrays())
    folder = os.path.expanduser(spec)
    if not os.path.isdir(folder):
        allowed = "name mnist, glyphs, none, a folder of IDX files, or a function that gives a task, as file.py:NAME"
        raise UserError(f"task: {spec!r} is not allowed: no such folder; {allowed}")
    return read_folder(Path(folder))
