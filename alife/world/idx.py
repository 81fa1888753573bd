"""IDX files, the format of MNIST: a strict reader, a writer, and the names by which a folder holds a data set.

Call `read_folder` for a whole data set, `read_idx` for one file, `write_idx` to make one. What a file holds is not
trusted: each fault is one line. `alife.world.task` makes a task of what was read. The format (LeCun, Cortes & Burges,
"The MNIST database"): two zero bytes, a type code, the number of dimensions, each dimension as a big-endian uint32,
then the values.
"""

import gzip
import hashlib
import io
import math
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from alife.errors import UserError
from alife.words import count

Bytes = NDArray[np.uint8]

ROLES: Final = {"train-images": 3, "train-labels": 1, "t10k-images": 3, "t10k-labels": 1}
"""The four files of a data set and their number of dimensions: [n, rows, columns] or [n]."""

GZIP_LIMIT: Final = 1 << 31
"""Most bytes of values that are unpacked from one gzipped file; larger ones are read unpacked."""

_UNSIGNED_BYTE: Final = 0x08
_OTHER_TYPES: Final = {0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_GZIP_MAGIC: Final = b"\x1f\x8b"
_DEFLATE_RATIO: Final = 1032  # no deflate stream unpacks to more bytes a byte (RFC 1951: 258 bytes by 2 bits)
_CHUNK: Final = 1 << 20
_MEND: Final = "replace it with an intact copy"


@dataclass(frozen=True, eq=False)
class IdxFolder:
    """The four files of a data set as they were read.

    Attributes:
        folder: Where they lie.
        files: Their paths, by role.
        arrays: Their values, by role: images uint8 [n, rows, columns], labels uint8 [n].
    """

    folder: Path
    files: Mapping[str, Path]
    arrays: Mapping[str, Bytes]


def read_folder(folder: Path) -> IdxFolder:
    """Read a data set from a folder, or from the `raw` or `MNIST/raw` in it, as torchvision lays them out.

    The files are each well-formed; whether they fit each other is not looked at.

    Raises:
        UserError: A file is missing or malformed.
    """
    places = [folder, folder / "raw", folder / "MNIST" / "raw"]
    place = max(places, key=lambda place: len(find_files(place)))
    files = find_files(place)
    missing = [file_name(role) for role in ROLES if role not in files]
    if missing:
        raise UserError(f"{place}: {', '.join(missing)} not there (gzipped or not): put them there")
    return IdxFolder(place, files, {role: read_idx(path, ROLES[role]) for role, path in files.items()})


def read_idx(path: Path, dims: int) -> Bytes:
    """All values of one IDX file of unsigned bytes, gzipped or not (told by its content, not by its name).

    Args:
        path: The file.
        dims: Number of dimensions that it must have: 3 for images, 1 for labels.

    Returns:
        uint8 array of `dims` dimensions, none of them 0.

    Raises:
        UserError: The file cannot be read, or is anything but exactly what its header promises.
    """
    try:
        with path.open("rb") as stream:
            return parse_idx(stream, dims, str(path))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}: {_MEND}") from None


def parse_idx(stream: IO[bytes], dims: int, source: str) -> Bytes:
    """`read_idx` from an open, seekable binary stream; `source` is its name in errors."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    packed = stream.read(2) == _GZIP_MAGIC
    stream.seek(0)
    if not packed:
        return _parse(stream, dims, source, size, packed)
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as content:
            return _parse(content, dims, source, size, packed)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{source}: damaged gzip file ({error}): {_MEND}") from None


def encode_header(shape: tuple[int, ...]) -> bytes:
    """The IDX header of a uint8 array of this shape: 4 bytes and 4 more a dimension."""
    return bytes([0, 0, _UNSIGNED_BYTE, len(shape)]) + b"".join(length.to_bytes(4, "big") for length in shape)


def write_idx(path: Path, values: Bytes, *, gzipped: bool = False) -> None:
    """Write an array as an IDX file.

    Raises:
        OSError: The file cannot be written.
    """
    content = encode_header(values.shape) + values.tobytes()
    path.write_bytes(gzip.compress(content, compresslevel=1) if gzipped else content)


def content_md5(values: Bytes) -> str:
    """MD5, in hex, of the uncompressed IDX file that holds exactly these values."""
    digest = hashlib.md5(encode_header(values.shape), usedforsecurity=False)
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def file_name(role: str) -> str:
    """MNIST's own name of one of the `ROLES`, as in train-images-idx3-ubyte."""
    return f"{role}-idx{ROLES[role]}-ubyte"


def find_files(folder: Path) -> dict[str, Path]:
    """Those of the four files that lie directly in a folder, by role.

    Both spellings count (train-images-idx3-ubyte, train-images.idx3-ubyte), with or without .gz; where a file is there
    more than once, the first in that order is taken, and an unpacked file before a packed one.
    """
    found = {}
    for role, dims in ROLES.items():
        names = [f"{role}{mark}idx{dims}-ubyte{end}" for end in ("", ".gz") for mark in "-."]
        for name in names:
            if os.path.isfile(folder / name):
                found[role] = folder / name
                break
    return found


def _parse(content: IO[bytes] | gzip.GzipFile, dims: int, source: str, size: int, packed: bool) -> Bytes:
    shape = _read_header(content, dims, source)
    promised = math.prod(shape)
    if packed and promised > GZIP_LIMIT:
        raise UserError(f"{source}: its header promises {promised:,} bytes, too many to unpack on the fly: gunzip it")
    room = size * _DEFLATE_RATIO if packed else size - len(encode_header(shape))
    if promised > room:
        raise UserError(f"{source}: truncated: its header promises {promised:,} bytes, more than it holds: {_MEND}")
    try:
        values = np.empty(promised, np.uint8)
    except MemoryError:
        raise UserError(f"{source}: {promised:,} bytes do not fit into memory: use a smaller data set") from None
    filled = 0
    while filled < promised:
        piece = content.read(min(_CHUNK, promised - filled))
        if not piece:
            raise UserError(f"{source}: truncated: {filled:,} bytes of the promised {promised:,}: {_MEND}")
        values[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    if content.read(1):
        raise UserError(f"{source}: more bytes than the {promised:,} that its header promises: {_MEND}")
    return values.reshape(shape)


def _read_header(content: IO[bytes] | gzip.GzipFile, dims: int, source: str) -> tuple[int, ...]:
    magic = content.read(4)
    if len(magic) < 4:
        raise UserError(f"{source}: {'truncated' if magic else 'empty'}: no IDX header: {_MEND}")
    if magic[:2] != b"\0\0" or magic[2] not in {_UNSIGNED_BYTE, *_OTHER_TYPES}:
        raise UserError(f"{source}: no IDX file: it begins with {magic.hex()}, not 0000080{dims}: {_MEND}")
    if magic[2] != _UNSIGNED_BYTE:
        raise UserError(f"{source}: holds {_OTHER_TYPES[magic[2]]} values: convert them to unsigned bytes (uint8)")
    if magic[3] != dims:
        kind = "images" if dims == 3 else "labels"
        raise UserError(
            f"{source}: has {count(magic[3], 'dimension')} where {kind} have {dims}: put the right file there"
        )
    lengths = content.read(4 * dims)
    if len(lengths) < 4 * dims:
        raise UserError(f"{source}: truncated within its header: {_MEND}")
    shape = tuple(int.from_bytes(lengths[at : at + 4], "big") for at in range(0, 4 * dims, 4))
    if 0 in shape:
        raise UserError(f"{source}: empty: its shape is {' × '.join(map(str, shape))}: {_MEND}")
    return shape
