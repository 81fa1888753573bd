"""Damaged copies of a file, drawn from a seed, and what a reader makes of them: for tests that count the refused."""

import random
from collections.abc import Callable, Iterator
from typing import Any

from alife.errors import UserError

Outcomes = Iterator[bool]
"""For each input, whether it was accepted."""


def refused(read: Callable[[], Any], *names: str) -> bool:
    """Whether `read` refuses its input, and as it should.

    Raises:
        AssertionError: Its error has more than one line or names none of `names`.
        Exception: It fails in any other way.
    """
    try:
        read()
    except UserError as error:
        text = str(error)
        assert "\n" not in text, f"an error of more than one line: {text}"
        assert any(name in text for name in names), f"an error that names none of {names}: {text}"
        return True
    return False


def damaged(data: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """`count` copies of `data`, none equal to it: flipped, truncated, extended, spliced, zeroed, with other numbers."""
    draw = random.Random(seed)
    made = 0
    while made < count:
        out = draw.choice(_WAYS)(bytearray(data), draw)
        if out != data:
            made += 1
            yield bytes(out)


def _flip(data: bytearray, draw: random.Random) -> bytearray:
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        data[_place(data, draw)] ^= 1 << draw.randrange(8)
    return data


def _truncate(data: bytearray, draw: random.Random) -> bytearray:
    return data[: draw.choice((0, 1, 7, 8, len(data) - 1, draw.randrange(len(data))))]


def _extend(data: bytearray, draw: random.Random) -> bytearray:
    return data + draw.choice((b"\0", b"\n}", draw.randbytes(draw.randrange(1, 64)), bytes(data)))


def _splice(data: bytearray, draw: random.Random) -> bytearray:
    start, target = _place(data, draw), _place(data, draw)
    piece = data[start : start + draw.randrange(1, 32)]
    data[target : target + draw.choice((0, len(piece)))] = piece
    return data


def _zero(data: bytearray, draw: random.Random) -> bytearray:
    start = _place(data, draw)
    stop = min(len(data), start + draw.randrange(1, 64))
    data[start:stop] = bytes(stop - start)
    return data


def _number(data: bytearray, draw: random.Random) -> bytearray:
    """Put an extreme integer where a length, an offset or a digit may stand."""
    value = draw.choice((0, 1, 2**31 - 1, 2**31, 2**63 - 1, 2**64 - 1))
    start = draw.choice((0, _place(data, draw)))
    data[start : start + 8] = value.to_bytes(8, "little") if draw.random() < 0.5 else str(value).encode()
    return data


def _place(data: bytearray, draw: random.Random) -> int:
    """Any byte, more often one near an end, where headers and footers are."""
    edge = min(len(data), 256)
    return draw.choice((draw.randrange(len(data)), draw.randrange(edge), len(data) - 1 - draw.randrange(edge)))


_WAYS = (_flip, _flip, _truncate, _extend, _splice, _zero, _number)
