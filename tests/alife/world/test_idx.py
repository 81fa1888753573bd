"""The IDX reader: exact on what is well-formed, one clear refusal for everything else."""

import gzip
import hashlib
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alife.errors import UserError
from alife.world.idx import (
    GZIP_LIMIT,
    ROLES,
    content_md5,
    encode_header,
    file_name,
    find_files,
    read_folder,
    read_idx,
    write_idx,
)
from tests.fuzz import idx
from tests.support.idx_folders import make_arrays, write_folder

LABELS = encode_header((3,)) + bytes([7, 8, 9])
IMAGES = encode_header((2, 2, 3)) + bytes(range(12))


def refusal(tmp_path: Path, content: bytes, dims: int = 1) -> str:
    path = tmp_path / "the-file"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_idx(path, dims)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@given(
    values=arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 3) | st.tuples(st.integers(1, 300))), gzipped=st.booleans()
)
def test_what_is_written_is_read(tmp_path_factory, values, gzipped):
    path = tmp_path_factory.mktemp("idx") / "file"
    write_idx(path, values, gzipped=gzipped)
    read = read_idx(path, values.ndim)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, values)


def test_bytes_are_laid_out_as_the_format_says(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(bytes.fromhex("00000803 00000002 00000001 00000003 010203 fffefd"))
    np.testing.assert_array_equal(read_idx(path, 3), [[[1, 2, 3]], [[255, 254, 253]]])


def test_gzip_is_told_by_content_and_may_have_several_members(tmp_path):
    path = tmp_path / "labels-without-gz"
    path.write_bytes(gzip.compress(LABELS[:5]) + gzip.compress(LABELS[5:]))
    assert read_idx(path, 1).tolist() == [7, 8, 9]
    path = tmp_path / "plain-in-spite-of-its-name.gz"
    path.write_bytes(LABELS)
    assert read_idx(path, 1).tolist() == [7, 8, 9]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "dims", "says"),
    [
        (b"", 1, "empty"),
        (LABELS[:3], 1, "truncated"),
        (LABELS[:6], 1, "truncated within its header"),
        (LABELS[:-1], 1, "truncated"),
        (LABELS + b"\0", 1, "more bytes"),
        (b"\1" + LABELS[1:], 1, "no IDX file"),
        (LABELS[:2] + b"\x88" + LABELS[3:], 1, "no IDX file"),
        (b"<html>not found</html>", 3, "no IDX file"),
        (LABELS[:2] + b"\x0d" + LABELS[3:], 1, "float32"),
        (LABELS, 3, "1 dimension where images have 3"),
        (IMAGES, 1, "3 dimensions where labels have 1"),
        (encode_header((0,)), 1, "empty"),
        (encode_header((5, 0, 4)), 3, "5 × 0 × 4"),
    ],
)
def test_malformed_files_are_refused(tmp_path, content, dims, says, pack):
    assert says in refusal(tmp_path, pack(content), dims)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("length", [2**20, 2**31 // 9, 2**32 - 1])
def test_a_huge_promise_takes_no_memory(tmp_path, length, pack):
    content = pack(encode_header((length, 3, 3)) + bytes(100))
    tracemalloc.start()
    try:
        refusal(tmp_path, content, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_gzip_bomb_is_read_no_further_than_promised(tmp_path):
    bomb = gzip.compress(LABELS + bytes(200 << 20), compresslevel=1)
    tracemalloc.start()
    try:
        assert "more bytes than the 3" in refusal(tmp_path, bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_gzip_file_beyond_the_limit_is_left_to_be_unpacked(tmp_path):
    content = gzip.compress(encode_header((GZIP_LIMIT // 4 + 1, 2, 2)))
    assert "gunzip" in refusal(tmp_path, content, 3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-1],
        lambda packed: packed[:-9],
        lambda packed: packed[:12],
        lambda packed: packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:],
        lambda packed: packed[:10] + b"\xff\xff\xff" + packed[13:],
        lambda packed: packed + b"rubbish",
        lambda packed: packed[:2] + b"\x07" + packed[3:],
    ],
    ids=["cut trailer", "cut data", "cut early", "checksum", "data", "trailing", "method"],
)
def test_damaged_gzip_is_refused(tmp_path, damage):
    assert "damaged gzip" in refusal(tmp_path, damage(gzip.compress(LABELS)))


def test_what_cannot_be_opened_is_refused_by_name(tmp_path):
    with pytest.raises(UserError, match="absent: cannot be read: No such file"):
        read_idx(tmp_path / "absent", 1)
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read_idx(tmp_path, 1)


def test_content_md5_is_that_of_the_unpacked_file(tmp_path):
    values = make_arrays()["train-images"][:, :, ::2]
    write_idx(tmp_path / "plain", values)
    assert content_md5(values) == hashlib.md5((tmp_path / "plain").read_bytes()).hexdigest()


@pytest.mark.parametrize("inside", [".", "raw", "MNIST/raw"])
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("gzipped", [False, True])
def test_every_layout_and_spelling_is_found(tmp_path, inside, dotted, gzipped):
    made = make_arrays()
    place = write_folder(tmp_path / inside, made, dotted=dotted, gzipped=gzipped)
    found = read_folder(tmp_path)
    assert found.folder.samefile(place)
    assert set(found.arrays) == set(ROLES)
    for role, values in made.items():
        np.testing.assert_array_equal(found.arrays[role], values)


def test_spellings_may_be_mixed_and_unpacked_files_come_first(tmp_path):
    made = make_arrays()
    write_folder(tmp_path, {"train-images": made["train-images"]}, dotted=True)
    write_folder(tmp_path, {role: values for role, values in made.items() if role != "train-images"}, gzipped=True)
    write_folder(tmp_path, {"t10k-labels": made["t10k-labels"]})
    assert {role: path.name for role, path in find_files(tmp_path).items()} == {
        "train-images": "train-images.idx3-ubyte",
        "train-labels": "train-labels-idx1-ubyte.gz",
        "t10k-images": "t10k-images-idx3-ubyte.gz",
        "t10k-labels": "t10k-labels-idx1-ubyte",
    }


@pytest.mark.parametrize("absent", ROLES)
def test_a_missing_file_is_named(tmp_path, absent):
    write_folder(tmp_path, {role: values for role, values in make_arrays().items() if role != absent})
    with pytest.raises(UserError) as caught:
        read_folder(tmp_path)
    assert [role for role in ROLES if file_name(role) in str(caught.value)] == [absent]
    assert str(tmp_path) in str(caught.value)


def test_mutated_files_are_refused_or_read_exactly():
    counts = idx.search(runs=1500, seed=3)
    assert counts["refused"] > counts["accepted"] > 0
    assert counts.total() == 1500


def test_the_fuzz_target_runs_on_its_own():
    command = [sys.executable, str(Path(idx.__file__)), "--runs", "50"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "refused as malformed" in done.stdout


@pytest.mark.parametrize("data", [LABELS, gzip.compress(IMAGES)], ids=["plain", "gzip"])
def test_the_fuzz_target_notices_a_wrong_reader(monkeypatch, data):
    def careless(stream, dims, source):
        return np.zeros((1,) * dims, np.uint8)

    monkeypatch.setattr(idx, "parse_idx", careless)
    with pytest.raises(AssertionError, match="something else"):
        idx.check(data, 1)
