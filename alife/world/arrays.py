"""Images of whatever somebody hands over: numpy arrays, torch tensors, lists of PIL images, in any layout.

Call `images`, `measured` for how the numbers of a training and a test set are read, `gathered` for some of the images
as a task holds them. Until then nothing is copied: arrays are views of what was handed over. Neither torch nor PIL is
imported. A wrong input is one line that names the argument.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife.errors import UserError
from alife.words import count, pixels
from alife.world.splits import Index

Array = NDArray[Any]
Span = tuple[float, float]

CHANNELS: Final = 4
"""An axis as short as this, where the other one is not, is that of channels."""

_BLOCK: Final = 1 << 22  # values that are copied together
_FAR: Final = 10
_LAYOUTS: Final = "[n, pixels], [n, rows, columns], [n, rows, columns, channels] or [n, channels, rows, columns]"
KINDS: Final = {"b": "true or false", "u": "integers", "i": "integers", "f": "floats"}


def images(value: Any, name: str, shape: Sequence[int] | None = None) -> Array:
    """A view [n, rows, columns] or [n, rows, columns, channels] of images in any layout.

    Args:
        value: Array or tensor, or a sequence of images.
        name: What to call it in errors.
        shape: (rows, columns) or (rows, columns, channels), where a layout could be read in two ways. Without it
            [n, pixels] are square images if pixels are a square number, else images of one row; and the axis of
            channels is that of at most `CHANNELS`.

    Raises:
        UserError: It is empty, of other axes, of no numbers, or its layout could be read in two ways.
    """
    array = stacked(value, len(value), name) if isinstance(value, list | tuple) else as_array(value, name)
    if array.dtype.kind not in KINDS:
        hint = ", all images of one shape" if array.dtype == object else ""
        raise UserError(f"{name}: holds {array.dtype} values: an array of uint8 or floats is expected{hint}")
    if array.ndim not in (2, 3, 4):
        raise UserError(f"{name}: has {count(array.ndim, 'axis', 'axes')}: {_LAYOUTS} is expected")
    if 0 in array.shape:
        raise UserError(
            f"{name}: empty: its shape is {' × '.join(map(str, array.shape))}: hand over at least one image"
        )
    if array.ndim == 2:
        return _unrolled(array, name, shape)
    array = array if array.ndim == 3 else _channels_last(array, name, shape)
    if shape is not None and array.shape[1:] != _without_one(shape):
        raise UserError(f"{name}: {pixels(array.shape[1:])} an image, not shape={tuple(shape)}: leave shape out")
    return array


def measured(train: Array, test: Array, names: tuple[str, str]) -> tuple[np.dtype[Any], Span]:
    """How images are held and read: (dtype, the two values that become 0 and 1).

    uint8 are held as they are; truths, and integers from 0 to 255 of any dtype, become uint8 (true is 255); other
    numbers are float32 where that is exact for their dtype, else float64. What uint8 becomes is known, value / 255. Of
    floats, the lowest value to train on becomes 0 and the highest 1, unless all of them are in [0, 1] already.

    Raises:
        UserError: The two are of different kinds or on different scales, or a value is not finite.
    """
    kinds = [KINDS[array.dtype.kind] for array in (train, test)]
    if kinds[0] != kinds[1]:
        raise UserError(f"{names[1]}: holds {test.dtype}, but {names[0]} holds {train.dtype}: hand over both alike")
    byte = np.dtype(np.uint8), (0.0, 1.0)
    if train.dtype.kind == "b" or train.dtype == test.dtype == np.uint8:
        return byte
    (low, high), (least, most) = (_extremes(array, name) for array, name in zip((train, test), names, strict=True))
    if kinds[0] == "integers" and min(low, least) >= 0 and max(high, most) <= 255:
        return byte
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    width = high - low
    if not 0 < width < np.inf:
        why = f"all values are {low:g}" if width == 0 else f"values from {low:g} to {high:g} are too far apart"
        raise UserError(f"{names[0]}: {why}: nothing can be learned from that")
    if low - least > _FAR * width or most - high > _FAR * width:
        raise UserError(
            f"{names[1]}: values from {least:g} to {most:g}, but from {low:g} to {high:g} in {names[0]}: "
            "scale both alike"
        )
    held = np.result_type(train.dtype, test.dtype, np.float32)
    return np.dtype(np.float64 if held.itemsize > 8 else held.newbyteorder("=")), (low, high)


def gathered(array: Array, index: Index, dtype: np.dtype[Any]) -> Array:
    """Copy some of the images, [len(index), pixels]; truths become 0 and 255.

    Args:
        array: From `images`.
        index: Which of them.
        dtype: Of the copy.

    Raises:
        UserError: They do not fit into memory.
    """
    places = np.arange(len(array))[index]
    try:
        found = np.empty((len(places), *array.shape[1:]), dtype)
    except MemoryError:
        raise UserError(f"{count(len(places), 'image')} of {pixels(array.shape[1:])} do not fit into memory") from None
    for rows in _blocks(array, len(places)):
        found[rows] = array[places[rows]]
    if array.dtype.kind == "b":
        found *= 255
    return found.reshape(len(places), -1)


def stacked(items: Iterable[Any], n: int, name: str) -> Array:
    """[n, …] of n images, copied one by one into their place.

    Raises:
        UserError: They are not alike.
    """
    found = np.empty((n, 1), np.uint8)
    for number, item in enumerate(items):
        image = as_array(item, f"{name}: image {number}")
        if number == 0:
            try:
                found = np.empty((n, *image.shape), image.dtype)
            except MemoryError:
                raise UserError(f"{name}: {n:,} images of {pixels(image.shape)} do not fit into memory") from None
        if image.shape != found.shape[1:] or image.dtype != found.dtype:
            raise UserError(
                f"{name}: image {number} is {image.dtype} of {pixels(image.shape)}, but image 0 is {found.dtype} of "
                f"{pixels(found.shape[1:])}: make all images alike"
            )
        found[number] = image
    return found


def as_array(value: Any, name: str) -> Array:
    """A numpy view of an array, a tensor on any device, or a PIL image; numbers of a type that numpy lacks as float32.

    Raises:
        UserError: It cannot be read as one.
    """
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
        elif getattr(value, "mode", None) == "P":  # numbers of a palette's colours mean nothing by themselves
            value = value.convert("RGB")
        if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
            raise UserError(f"{name}: has masked values: fill them")
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())[:120]
        raise UserError(f"{name}: of type {type(value).__name__}, and cannot be read as an array ({why})") from None
    return array


def _unrolled(array: Array, name: str, shape: Sequence[int] | None) -> Array:
    """[n, rows, columns] or with channels of [n, pixels]."""
    pixels = array.shape[1]
    if shape is None:
        side = math.isqrt(pixels)
        shape = (side, side) if side * side == pixels else (1, pixels)
    if math.prod(shape) != pixels:
        raise UserError(f"{name}: {count(pixels, 'pixel')} an image, not shape={tuple(shape)}: these are not as many")
    return array.reshape(len(array), *_without_one(shape))


def _channels_last(array: Array, name: str, shape: Sequence[int] | None) -> Array:
    """[n, rows, columns, channels], or without an axis of one channel, of that or of [n, channels, rows, columns]."""
    axes = array.shape[1:]
    if shape is None:
        first, last = axes[0] <= CHANNELS, axes[2] <= CHANNELS
    else:
        whole = (*shape, 1)[:3]
        first, last = axes == (whole[2], *whole[:2]) != whole, axes == whole
    if first == last:
        why = "which axis is that of channels cannot be told" if shape is None else f"not shape={tuple(shape)}"
        raise UserError(
            f"{name}: {' × '.join(map(str, axes))} an image, {why}: say shape=(rows, columns, channels), the axis of "
            "channels being the first or the last"
        )
    array = np.moveaxis(array, 1, -1) if first else array
    return array[..., 0] if array.shape[-1] == 1 else array


def _without_one(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without the axis of a single channel."""
    return tuple(shape[:2]) if tuple(shape[2:]) == (1,) else tuple(shape)


def _extremes(array: Array, name: str) -> Span:
    """The lowest and the highest value.

    Raises:
        UserError: One is not finite.
    """
    low, high = np.inf, -np.inf
    for rows in _blocks(array, len(array)):
        block = array[rows]
        least, most = float(block.min()), float(block.max())
        if not (math.isfinite(least) and math.isfinite(most)):
            wrong = ~np.isfinite(block.reshape(len(block), -1))
            number = int(wrong.any(1).argmax())
            value = block.reshape(len(block), -1)[number][wrong[number]][0]
            raise UserError(f"{name}: image {rows.start + number} holds {value}: finite values are expected")
        low, high = min(low, least), max(high, most)
    return low, high


def _blocks(array: Array, n: int) -> Iterator[slice]:
    """Slices of the first n images, each of a bounded number of values."""
    rows = max(1, _BLOCK // math.prod(array.shape[1:]))
    for first in range(0, n, rows):
        yield slice(first, min(first + rows, n))
