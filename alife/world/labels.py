"""Labels of whatever somebody hands over: whole numbers of any dtype, truths or words, as arrays, tensors or lists.

Call `read_labels` for one set, then `coded` for two as numbers. A wrong input is one line that names the argument.
What is to be predicted as a number is read by `alife.world.targets`.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife.errors import UserError, plain
from alife.words import count
from alife.world.arrays import KINDS, Array, as_array
from alife.world.splits import Labels

MOST_CLASSES: Final = 1 << 16
"""A class is a number below this."""

_HINT: Final = "of numbers to predict say kind='regression'"


def as_rows(value: Any, name: str) -> Array:
    """Labels as anybody has them as one array, [n] or with more axes; a column is [n].

    Raises:
        UserError: They are of different kinds or shapes.
    """
    array = _listed(value, name) if isinstance(value, list | tuple) else as_array(value, name)
    if array.dtype == object:
        array = _listed(array.tolist() if array.ndim else [array.item()], name)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def read_labels(value: Any, name: str) -> Array:
    """[n] int64, or words, of labels as anybody has them.

    Raises:
        UserError: They are not one whole number from 0 on, truth or word an image.
    """
    array = as_rows(value, name)
    if array.ndim != 1:
        hint = f": of one-hot rows take argmax(1); {_HINT}" if array.ndim == 2 else ""
        raise UserError(f"{name}: has {count(array.ndim, 'axis', 'axes')}: one label an image is expected{hint}")
    if not len(array):
        raise UserError(f"{name}: empty: one label an image is expected")
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "backslashreplace")
    if array.dtype.kind in "UT":
        return array.astype(np.str_)
    if array.dtype.kind not in KINDS:
        raise UserError(f"{name}: holds {array.dtype} values: whole numbers or words are expected")
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
        wrong = ~np.isfinite(array) | (array != np.round(array))
        _refuse_labels(array, wrong, name, "whole numbers or words are expected: " + _HINT)
    _refuse_labels(array, array < 0, name, "numbers from 0 on are expected")
    _refuse_labels(array, array >= MOST_CLASSES, name, f"numbers below {MOST_CLASSES:,}, a class each, are expected")
    return array.astype(np.int64)


def coded(train: Array, test: Array, names: tuple[str, str]) -> tuple[Labels, Labels, tuple[str, ...]]:
    """Labels as numbers, and the words that they stand for, in sorted order; without words none.

    Args:
        train, test: From `read_labels`.
        names: What to call them in errors.

    Raises:
        UserError: Only one of them holds words, or a word to test on is never seen in training.
    """
    words = train.dtype.kind == "U"
    if words != (test.dtype.kind == "U"):
        kinds = ("numbers", "words") if words else ("words", "numbers")
        raise UserError(f"{names[1]}: holds {kinds[0]}, but {names[0]} holds {kinds[1]}: label both alike")
    if not words:
        return train, test, ()
    known, numbers = np.unique(train, return_inverse=True)
    if len(known) > MOST_CLASSES:
        raise UserError(f"{names[0]}: {len(known):,} different labels: at most {MOST_CLASSES:,} are classes")
    places = np.minimum(np.searchsorted(known, test), len(known) - 1)
    if len(unseen := test[known[places] != test]):
        raise UserError(
            f"{names[1]}: the test labels hold {str(unseen[0])!r}, which the {len(train):,} training labels do not: "
            "leave that class out, or spell it as there"
        )
    return numbers.astype(np.int64), places.astype(np.int64), tuple(map(plain, known.tolist()))


def _listed(value: Sequence[Any], name: str) -> Array:
    """Labels of a list, which all have to be of one kind: numpy would make words of a number among words."""
    found = [_plain(item, name) for item in value]
    kinds = {_family(item) for item in found}
    if len(kinds) > 1:
        which = " and ".join(sorted({type(item).__name__ for item in found}))
        raise UserError(f"{name}: holds labels of {which}: labels of one kind are expected")
    return as_array(found, name)


def _plain(item: Any, name: str) -> Any:
    """A label of a list: a number of arrays and tensors of one, of larger ones an array."""
    if not hasattr(item, "item") or isinstance(item, np.generic):
        return item
    array = as_array(item, name)
    return array.item() if array.size == 1 else array.tolist()


def _family(item: Any) -> str:
    if isinstance(item, str):
        return "str"
    return "bytes" if isinstance(item, bytes) else "number" if np.isscalar(item) else type(item).__name__


def _refuse_labels(array: Array, wrong: NDArray[np.bool_], name: str, expected: str) -> None:
    if wrong.any():
        where = int(wrong.argmax())
        raise UserError(f"{name}: label {array[where]} (image {where}): {expected}")
