"""What objects of the user's own are handed, and what they hand back: arrays that they cannot write to, and numbers.

Call `read_only` for what they are given, `numbers` for what they give.
"""

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
