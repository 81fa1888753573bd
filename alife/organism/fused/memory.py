"""Memory of loops: `aligned`."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LINE: Final = 64
"""Bytes of a cache line, and of the widest vectors: these load at full speed from multiples of it."""


def aligned(size: int) -> NDArray[np.float32]:
    """[size] float32, not set, that begins at a multiple of LINE.

    Example:
        >>> aligned(3).ctypes.data % LINE
        0
    """
    given = np.empty(4 * size + LINE, np.uint8)
    start = -given.ctypes.data % LINE
    return given[start : start + 4 * size].view(np.float32)
