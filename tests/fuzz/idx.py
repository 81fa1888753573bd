"""A fuzz target for the IDX reader: whatever the bytes, it refuses with one clear line or reads exactly what they say.

`python tests/fuzz/idx.py --runs N [--seed S]` searches with atheris where that is installed, guided by coverage, and
else with the seeded mutations below. It prints how many inputs were refused as malformed and how many were valid after
all, and fails loudly on the first that is neither.
"""

import argparse
import atexit
import gzip
import io
import sys
import tempfile
import tracemalloc
import zlib
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import numpy as np

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["alife.world.idx"]) if atheris else nullcontext():
    from alife.errors import UserError
    from alife.world.idx import encode_header, parse_idx

DEFLATE_RATIO = 1032
OVERHEAD = 4 << 20
"""Bytes that the reader may take beside the values themselves: chunks, gzip's state, Python's own."""

LENGTHS = (0, 1, 2, 255, 256, 65_535, 2**31 - 1, 2**31, 2**32 - 1)


def check(data: bytes, dims: int) -> bool:
    """Read one input.

    Args:
        data: The bytes of a file, gzipped or not.
        dims: The number of dimensions to ask for.

    Returns:
        Whether it was accepted.

    Raises:
        AssertionError: It was read as something else than it says, or took memory that its size does not warrant.
        Exception: Whatever else the reader lets through that is no UserError.
    """
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    try:
        values = parse_idx(io.BytesIO(data), dims, "fuzz")
    except UserError as error:
        accepted, message = False, str(error)
    else:
        accepted, message = True, "fuzz: "
        content = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        assert values.dtype == np.uint8
        assert values.ndim == dims
        assert encode_header(values.shape) + values.tobytes() == content, "read as something else than it says"
    assert message.startswith("fuzz: "), f"an error that does not name its file: {message}"
    assert len(message.splitlines()) == 1, f"an error of more than one line: {message}"
    if tracemalloc.is_tracing():
        taken = tracemalloc.get_traced_memory()[1] - before
        assert taken <= len(data) * DEFLATE_RATIO + OVERHEAD, f"{taken:,} bytes of memory for {len(data):,} of input"
    return accepted


def valid_files() -> list[bytes]:
    """Small well-formed files of labels and images, plain and gzipped, in one member and in two."""
    images = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    labels = np.arange(7, dtype=np.uint8)
    plain = [encode_header(values.shape) + values.tobytes() for values in (images, labels)]
    packed = [gzip.compress(content, mtime=0) for content in plain]
    split = [gzip.compress(content[:9], mtime=0) + gzip.compress(content[9:], mtime=0) for content in plain]
    return plain + packed + split


def mutate(data: bytes, draw: np.random.Generator) -> bytes:
    """The same file with one to four faults: flipped bits, other bytes or lengths, cut, grown, repeated or repacked."""
    for _ in range(draw.integers(1, 5)):
        at = int(draw.integers(0, len(data) + 1))
        fault = draw.integers(0, 8)
        if fault == 0 and at < len(data):
            data = data[:at] + bytes([data[at] ^ 1 << int(draw.integers(0, 8))]) + data[at + 1 :]
        elif fault == 1:
            data = data[:at] + draw.bytes(1) + data[at + 1 :]
        elif fault == 2:
            data = data[:at]
        elif fault == 3:
            data += draw.bytes(int(draw.integers(1, 9)))
        elif fault == 4:
            end = at + int(draw.integers(1, 17))
            data = data[:end] + data[at:]
        elif fault == 5:
            field = 4 * int(draw.integers(1, 4))
            data = data[:field] + int(draw.choice(LENGTHS)).to_bytes(4, "big") + data[field + 4 :]
        elif fault == 6:
            data = gzip.compress(data, mtime=0)
        elif data[:2] == b"\x1f\x8b":
            data = _repack(data, draw)
    return data


def search(runs: int, seed: int = 0) -> Counter[str]:
    """Try `runs` mutated files, each as images and as labels.

    Returns:
        How many were "refused" and how many "accepted" (those whose faults cancel out, or make another valid file).
    """
    draw = np.random.default_rng(seed)
    files = valid_files()
    counts = Counter(refused=0, accepted=0)
    tracemalloc.start()
    try:
        for _ in range(runs):
            data = mutate(files[draw.integers(0, len(files))], draw)
            try:
                accepted = check(data, 1) | check(data, 3)
            except Exception:
                print(f"found: {data.hex()}", file=sys.stderr)
                raise
            counts["accepted" if accepted else "refused"] += 1
    finally:
        tracemalloc.stop()
    return counts


def _repack(data: bytes, draw: np.random.Generator) -> bytes:
    """Fault inside a gzip file, under a checksum that is right: else the checksum alone would catch everything."""
    try:
        content = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return data
    at = int(draw.integers(0, len(content) + 1))
    return gzip.compress(content[:at] + draw.bytes(int(draw.integers(0, 3))) + content[at + 1 :], mtime=0)


def _report(counts: Counter[str]) -> None:
    refused, accepted = counts["refused"], counts["accepted"]
    print(f"{refused + accepted:,} mutated inputs tried: {refused:,} refused as malformed, {accepted:,} valid and read")


def _search_with_atheris(runs: int, seed: int) -> None:
    counts = Counter(refused=0, accepted=0)

    def one_input(data: bytes) -> None:
        counts["accepted" if check(data, 1) | check(data, 3) else "refused"] += 1

    atexit.register(_report, counts)
    with tempfile.TemporaryDirectory() as corpus:
        for number, content in enumerate(valid_files()):
            (Path(corpus) / str(number)).write_bytes(content)
        tracemalloc.start()
        atheris.Setup([sys.argv[0], f"-atheris_runs={runs}", f"-seed={seed}", corpus], one_input)
        atheris.Fuzz()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if atheris is None:
        _report(search(options.runs, options.seed))
    else:
        _search_with_atheris(options.runs, options.seed)


if __name__ == "__main__":
    main()
