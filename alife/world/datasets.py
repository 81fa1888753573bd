"""Data sets as torchvision, torch and Hugging Face lay them out, taken apart into images, labels and classes' names.

Call `columns`. None of these libraries is imported: a data set is known by what can be asked of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from alife.errors import UserError
from alife.world.arrays import Array, as_array, stacked

IMAGES: Final = ("image", "img")
LABELS: Final = ("label",)

_TWICE: Final = 8  # images that are asked for twice
_EXPECTED: Final = (
    "a sequence of (image, label), a data set with columns image (or img) and label, or a pair of arrays is expected"
)


@dataclass(frozen=True, eq=False)
class Columns:
    """A data set taken apart.

    Attributes:
        images: As `arrays.images` takes them.
        labels: As `labels.read_labels` takes them.
        names: Of its classes, if it says so.
    """

    images: Any
    labels: Any
    names: tuple[str, ...] = ()


def columns(dataset: Any, name: str) -> Columns:
    """Images and labels of a data set.

    Args:
        dataset: A pair of arrays; columns by name, as of Hugging Face; images and labels in `data` and `targets`, as of
            torchvision, if they are what its items are; or anything with a length whose items are (image, label).
        name: What to call it in errors.

    Raises:
        UserError: It is none of these, its images are of differing shapes, or change when they are asked for again.
    """
    if isinstance(dataset, tuple) and len(dataset) == 2:
        return Columns(*dataset)
    if isinstance(dataset, Mapping) or hasattr(dataset, "column_names"):
        return _named(dataset, name)
    if hasattr(dataset, "data") and hasattr(dataset, "targets") and _is_plain(dataset, name):
        return Columns(dataset.data, dataset.targets, _words(getattr(dataset, "classes", None)))
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")) or isinstance(dataset, str | bytes):
        raise UserError(f"{name}: of type {type(dataset).__name__}, which is no data set: {_EXPECTED}")
    return _paired(dataset, name)


def _named(dataset: Any, name: str) -> Columns:
    """Of a data set with columns."""
    there = list(dataset) if isinstance(dataset, Mapping) else list(dataset.column_names or ())
    found = [next((word for word in words if word in there), None) for words in (IMAGES, LABELS)]
    if None in found:
        listed = ", ".join(map(str, there)) or "none"
        raise UserError(f"{name}: its columns are {listed}: columns image (or img) and label are expected: rename them")
    image, label = found
    if isinstance(dataset, Mapping):
        return Columns(dataset[image], dataset[label])
    if not hasattr(dataset, "__len__"):
        raise UserError(f"{name}: has no length, as what streams: a data set that is there as a whole is expected")
    gathered = stacked((dataset[number][image] for number in range(len(dataset))), len(dataset), name)
    _refuse_random(gathered, lambda number: dataset[number][image], name)
    features = getattr(dataset, "features", None) or {}
    names = _words(getattr(features.get(label), "names", None))
    return Columns(gathered, list(dataset[label]), names)


def _paired(dataset: Any, name: str) -> Columns:
    """Of a sequence of (image, label)."""
    n, found = len(dataset), []

    def each() -> Iterator[Any]:
        for number in range(n):
            image, label = _pair(dataset, number, name)
            found.append(label)
            yield image

    gathered = stacked(each(), n, name)
    _refuse_random(gathered, lambda number: _pair(dataset, number, name)[0], name)
    return Columns(gathered, found, _words(getattr(dataset, "classes", None)))


def _pair(dataset: Any, number: int, name: str) -> tuple[Any, Any]:
    item = dataset[number]
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise UserError(f"{name}: item {number} is of type {type(item).__name__}, and no (image, label): {_EXPECTED}")
    return item[0], item[1]


def _refuse_random(images: Array, ask: Callable[[int], Any], name: str) -> None:
    for number in range(min(len(images), _TWICE)):
        if not _same(as_array(ask(number), name), images[number]):
            raise UserError(
                f"{name}: image {number} is another when it is asked for again: leave random transforms out"
            )


def _is_plain(dataset: Any, name: str) -> bool:
    """Whether items are what `data` and `targets` hold, as far as one sees."""
    if any(getattr(dataset, word, None) is not None for word in ("transform", "target_transform", "transforms")):
        return False
    for number in range(min(len(dataset.data), _TWICE) if hasattr(dataset, "__getitem__") else 0):
        image, label = _pair(dataset, number, name)
        if not _same(as_array(image, name), as_array(dataset.data[number], name)):
            return False
        if not np.array_equal(as_array(label, name), as_array(dataset.targets[number], name)):
            return False
    return True


def _same(one: Array, other: Array) -> bool:
    """Whether two images are the same, NaN too."""
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _words(names: Any) -> tuple[str, ...]:
    return tuple(map(str, names)) if isinstance(names, list | tuple) else ()
