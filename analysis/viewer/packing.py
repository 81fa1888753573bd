"""Columns as text for a page: whole numbers, delta coded where asked, split into bytes, deflated, in base64.

`pack` and `quantise` write; `unpack` reads back what the page's decode.js reads. Nothing is pickled.
"""

import base64
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

STEPS: Final = 65_534
"""Steps between the least and the greatest value of a quantised column; code 0 stands for no value."""
LEVEL: Final = 6
"""Of zlib."""

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Packed:
    """A column as text.

    Attributes:
        text: Base64 of the deflated bytes: all lowest bytes, then all second ones, and so on.
        size: Values.
        bytes: Of each value.
        is_delta: Whether a value is its difference from the one before, zigzag coded (0, −1, 1, −2, … as 0, 1, 2, …).
    """

    text: str
    size: int
    bytes: int
    is_delta: bool

    @property
    def head(self) -> dict[str, Any]:
        """What a reader has to know beside the text."""
        return {"size": self.size, "bytes": self.bytes, "delta": self.is_delta}


def pack(values: NDArray[Any], is_delta: bool = False) -> Packed:
    """Pack whole numbers.

    Args:
        values: [n] integers in [0, 2³¹).
        is_delta: Whether neighbours are near each other.
    """
    codes = np.asarray(values, np.int64)
    if is_delta:
        codes = np.diff(codes, prepend=0)
        codes = codes << 1 ^ codes >> 63
    most = int(codes.max(initial=0))
    width = max((most.bit_length() + 7) // 8, 1)
    planes = codes.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].T
    text = base64.b64encode(zlib.compress(np.ascontiguousarray(planes).tobytes(), LEVEL)).decode()
    return Packed(text, len(codes), width, is_delta)


def unpack(packed: Packed) -> Whole:
    """[n] int64 values of `pack`."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(packed.text)), np.uint8).reshape(packed.bytes, -1)
    codes = (planes.astype(np.int64) << 8 * np.arange(packed.bytes)[:, None]).sum(0)
    return np.cumsum(codes >> 1 ^ -(codes & 1)) if packed.is_delta else codes


def quantise(values: NDArray[np.float64]) -> tuple[NDArray[np.uint16], float, float]:
    """Codes 1 to `STEPS` + 1, evenly from the least to the greatest finite value, and those two; 0 is no finite value.

    Args:
        values: [n] float64.

    Returns:
        [n] uint16, and what codes 1 and `STEPS` + 1 stand for: 0 and 1 where nothing is finite.
    """
    finite = np.isfinite(values)
    low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 1.0)
    codes = np.where(finite, values - low, 0.0) * (STEPS / (high - low) if high > low else 0.0)
    return np.where(finite, np.rint(codes) + 1, 0).astype(np.uint16), low, high
