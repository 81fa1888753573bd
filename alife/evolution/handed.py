"""What objects of the user's own are handed, and what they hand back: arrays that they cannot write to, and numbers.

Call `read_only` for what they are given, `numbers` and `row` for what they give.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alife.plugins import Found


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """A view of an array that cannot be written to."""
    view = values.view()
    view.flags.writeable = False
    return view


def numbers(found: Found, given: Any, size: int, where: str, expected: str) -> NDArray[Any]:
    """What an object gave, as numbers [size].

    Args:
        found: The object.
        given: What it gave.
        size: Of an island.
        where: What to say of the place, as in "in generation 3 on island 0".
        expected: What to say of anything else.

    Raises:
        UserError: It is anything else.
    """
    try:
        array = np.asarray(given)
    except Exception:  # whatever an array-like of theirs raises
        raise found.error(f"gave a {type(given).__name__} {where}: {expected}") from None
    if array.shape != (size,) or array.dtype.kind not in "fiub":
        what = f"{array.dtype} of shape {array.shape}" if array.dtype.kind != "O" else type(given).__name__
        raise found.error(f"gave {what} {where}: {expected}")
    return array


def row(
    found: Found, given: Any, beside: Mapping[str, NDArray[np.float32]], where: str, what: str
) -> NDArray[np.float32]:
    """What an object gave, as the weights of one network.

    Args:
        found: The object.
        given: What it gave.
        beside: What it was given, by name, [N] float32 each: it has to give a new array of that form.
        where: What to say of the place.
        what: What to call what is expected.

    Raises:
        UserError: It is anything else.
    """
    like = next(iter(beside.values()))
    expected = f"{what} is expected, an array of float32 of shape ({len(like)},), as the message is"
    if not isinstance(given, np.ndarray):
        raise found.error(f"gave a {type(given).__name__} {where}: {expected}")
    if given.shape != like.shape or given.dtype != np.float32:
        cast = ": end with .astype(np.float32)" if given.shape == like.shape else ""
        raise found.error(f"gave {given.dtype} of shape {given.shape} {where}: {expected}{cast}")
    for name, each in beside.items():
        if np.may_share_memory(given, each):
            raise found.error(f"gave {name} itself {where}, or a view of it: {expected}: begin with message.copy()")
    return given
