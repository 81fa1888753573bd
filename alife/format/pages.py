"""What a Parquet file says of its size, in its footer and before each page, read before anything is unpacked.

`alife.format.parquet` calls `sizes` before Arrow sees a file. Both are structs in Thrift's compact protocol
(parquet-format: FileMetaData, PageHeader). Arrow makes room for what a page's header says, up to 2 GB, whatever the
footer has announced, and its own view of a damaged footer may abort the process.
"""

from dataclasses import dataclass
from typing import Any, Final

ROOM: Final = 1 << 20
"""Bytes of pages beside their values: levels, dictionaries and miniblocks of short columns."""

WIDEST: Final = {"int64": 24, "int32": 16, "float32": 12, "string": 40}
"""Bytes of a value at most: itself, in a dictionary, and its place there."""

_FOOTER: Final = 1 << 20
_DEEPEST: Final = 16
_BYTE, _DOUBLE, _BINARY, _STRUCT = 3, 7, 8, 12
_TRUTHS, _INTEGERS, _LISTS = (1, 2), (4, 5, 6), (9, 10)


@dataclass(frozen=True)
class Sizes:
    """Of a Parquet file: its rows, and the bytes of all of its pages once they are unpacked."""

    rows: int
    unpacked: int


def sizes(data: bytes) -> Sizes:
    """The sizes that a file of flat columns announces.

    Raises:
        ValueError: It is damaged, encrypted, lies partly elsewhere, or its columns are of different lengths.
    """
    length = int.from_bytes(data[-8:-4], "little")
    if len(data) < 12 or data[-4:] != b"PAR1" or not 0 < length <= min(len(data) - 12, _FOOTER):
        raise ValueError("no footer")
    try:
        footer = _Reader(data, len(data) - 8 - length).struct()
        unpacked = 0
        for group in footer[4]:
            for chunk in group[1]:
                if chunk.keys() & {1, 8, 9}:
                    raise ValueError("a column lies in another file or is encrypted")
                if chunk[3][5] != group[3] or group[3] < 0:
                    raise ValueError("columns of different lengths")
                unpacked += _pages(chunk[3], data)
        rows = sum(group[3] for group in footer[4])
    except (KeyError, TypeError, AttributeError):
        raise ValueError("the footer is not one") from None
    if rows != footer[3]:
        raise ValueError("the footer contradicts itself")
    return Sizes(rows, unpacked)


def _pages(column: dict[int, Any], data: bytes) -> int:
    start = min(filter(None, (column.get(11), column[9])))
    stop = start + column[7]
    if not 0 < start <= stop <= len(data):
        raise ValueError("a column lies outside the file")
    total = 0
    while start < stop:
        reader = _Reader(data, start)
        header = reader.struct()
        if min(header[2], header[3]) < 0:
            raise ValueError("a page has no size")
        total += header[2]
        start = reader.place + header[3]
    if start != stop:
        raise ValueError("a page does not end with its column")
    return total


class _Reader:
    """Reads structs of Thrift's compact protocol from bytes, each as a dict of its fields by number."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self.place = data, place

    def struct(self, depth: int = 0) -> dict[int, Any]:
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            found[number] = None if head & 15 in _TRUTHS else self._value(head & 15, depth + 1)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        if kind in _INTEGERS:
            return self._signed()
        if kind == _STRUCT:
            return self.struct(depth)
        if kind in _LISTS:
            return self._list(depth)
        if kind not in (*_TRUTHS, _BYTE, _DOUBLE, _BINARY):
            raise ValueError(f"a field of kind {kind}")
        length = self._unsigned() if kind == _BINARY else 8 if kind == _DOUBLE else 1
        self.place += length
        return None

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._unsigned()
        if count > len(self._data):
            raise ValueError("a list is longer than the file")
        return [self._value(head & 15, depth + 1) for _ in range(count)]

    def _signed(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)

    def _unsigned(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("an endless number")

    def _byte(self) -> int:
        if not 0 <= self.place < len(self._data):
            raise ValueError("it ends early")
        self.place += 1
        return self._data[self.place - 1]
