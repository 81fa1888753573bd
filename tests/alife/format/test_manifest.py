"""Tests of alife.format.manifest: nothing damaged, foreign or misleading is taken for a manifest."""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from alife.evolution.selection import CHANCE
from alife.format import manifest
from tests.support.malformed import damaged


def _listing(columns: Sequence[dict[str, Any]] = (), **part: Any) -> bytes:
    """A manifest, checksum and all, with one part of births."""
    whole = {"name": "births/a.parquet", "size": 1, "sha256": "0" * 64, "rows": 1, "first": 0, "last": 0, **part}
    return manifest.serialise(
        {
            "format": schema.FORMAT_VERSION,
            "epoch": 1,
            "status": "running",
            "generation": whole["last"],
            "seed": 0,
            "created": "",
            "updated": "",
            "versions": {},
            "class": {},
            "starts": [],
            "task": None,
            "objects": {},
            "columns": [*columns],
            "warnings": [],
            "restarts": [],
            "config": [{"size": 1, "sha256": "0" * 64}],
            "parts": {"births": [whole], "migrations": [], "generations": [], "checkpoints": []},
        }
    )


@given(st.text(max_size=20) | st.from_regex(r"births/[./\\a-c-]{0,8}\.parquet", fullmatch=True))
@settings(max_examples=500, deadline=None)
def test_a_part_lies_in_its_folder(name: str) -> None:
    plain = name.startswith("births/") and name.endswith(".parquet") and set(name[7:-8]) <= set("abc-")
    if plain and set(name[7:-8]) & set("abc"):
        assert manifest.parse(_listing(name=name), "m")["parts"]["births"][0]["name"] == name
    else:
        with pytest.raises((UserError, ValueError)):
            manifest.parse(_listing(name=name), "m")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "/births/a.parquet",
        "../births/a.parquet",
        "births/../../a.parquet",
        "births/..parquet",
        "births\\a.parquet",
        "births/a\\..\\b.parquet",
        "births//a.parquet",
        "births/a.parquet\0",
        "births/a.parquet\n",
        "migrations/a.parquet",
        "checkpoints/a.safetensors",
        "births/a.safetensors",
        "births/.parquet",
        "births/%2e%2e.parquet",
        "births/é.parquet",
        "s3://bucket/births/a.parquet",
    ],
)
def test_path_tricks_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="is no name of a part"):
        manifest.parse(_listing(name=name), "m")


def test_a_manifest_comes_back() -> None:
    content = manifest.parse(_listing(), "m")
    assert manifest.parse(manifest.serialise(content), "m") == content
    assert content["parts"]["births"][0]["rows"] == 1


def test_what_could_not_be_read_is_not_written() -> None:
    content = manifest.parse(_listing(), "m")
    for wrong in ({"status": "asleep"}, {"generation": 1.5}, {"seed": -1}, {"class": {"threads": [1]}}, {"more": 1}):
        with pytest.raises(ValueError, match="validation error"):
            manifest.serialise({**content, **wrong})


def test_damage_is_seen() -> None:
    data = _listing()
    content = manifest.parse(data, "m")
    refused = 0
    for text in damaged(data, 1500):
        try:
            assert manifest.parse(text, "m") == content, "damage was taken for content"
        except UserError as error:
            refused += str(error).startswith("m: ") and "\n" not in str(error)
    assert refused > 1300, "or their errors are not one line that names the file"


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"\xff\xfe", b"[" * 200_000, b'{"format": true}', b'{"format": "1"}', b'{"format": 1}'],
)
def test_what_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(UserError, match=r"^m: damaged: .*: restore it from a copy$"):
        manifest.parse(text, "m")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_keys = [key for key in json.loads(_listing()) if key != "checksum"]


@given(st.sampled_from(_keys), _json)
@settings(max_examples=1000, deadline=None)
def test_no_value_crashes_the_reader(key: str, value: Any) -> None:
    content = {**json.loads(_listing()), key: value}
    del content["checksum"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    content["checksum"] = hashlib.sha256(text.encode()).hexdigest()
    with contextlib.suppress(UserError):
        assert manifest.parse(json.dumps(content).encode(), "m") == content


def test_births_must_follow_each_other() -> None:
    content = manifest.parse(_listing(last=4), "m")
    part = content["parts"]["births"][0]

    def with_parts(*bounds: tuple[int, int], generation: int) -> bytes:
        births = [{**part, "name": f"births/{i}.parquet", "first": a, "last": b} for i, (a, b) in enumerate(bounds)]
        return manifest.serialise(
            {**content, "generation": generation, "parts": {**content["parts"], "births": births}}
        )

    for right in ([(0, 4), (5, 9)], [(0, 4), (4, 9)], [(0, 9), (2, 3), (4, 6)], [(3, 5), (3, 9), (3, 9)]):
        assert manifest.parse(with_parts(*right, generation=9), "m")["generation"] == 9
    for wrong in (
        with_parts((0, 4), (6, 9), generation=9),
        with_parts((0, 9), (2, 3), (11, 12), generation=12),
        with_parts((5, 9), (0, 4), generation=4),
        with_parts((0, 4), (5, 9), generation=8),
        with_parts((4, 0), generation=0),
    ):
        with pytest.raises(UserError, match=r"m: damaged: parts\.births"):
            manifest.parse(wrong, "m")
    twice = manifest.serialise({**content, "parts": {**content["parts"], "births": [part, part]}})
    with pytest.raises(UserError, match="listed twice"):
        manifest.parse(twice, "m")


def test_shards_of_a_generation_have_no_island_in_common() -> None:
    content = manifest.parse(_listing(), "m")

    def with_shards(*shards: tuple[int, list[list[int]] | None]) -> bytes:
        entries = [
            {
                "name": f"checkpoints/{number}.safetensors",
                "size": 1,
                "sha256": "0" * 64,
                "generation": generation,
                **({} if islands is None else {"islands": islands}),
            }
            for number, (generation, islands) in enumerate(shards)
        ]
        return manifest.serialise({**content, "parts": {**content["parts"], "checkpoints": entries}})

    right = with_shards((0, [[0, 3], [7, 7]]), (0, [[4, 6]]), (1, [[0, 7]]), (5, None))
    assert manifest.kept(manifest.parse(right, "m")) == [0, 1, 5]
    for wrong in ([(0, [[0, 3]]), (0, [[3, 4]])], [(0, [[0, 9]]), (0, [[4, 5]])], [(2, [[7, 7]]), (2, None)]):
        with pytest.raises(
            UserError, match=r"m: damaged: parts\.checkpoints: island \d of generation \d is listed twice"
        ):
            manifest.parse(with_shards(*wrong), "m")
    for ranges in (
        [],
        [[1]],
        [[2, 1]],
        [[4, 5], [0, 1]],
        [[0, 1], [2, 3]],
        [[0, 1], [1, 2]],
        [[-1, 1]],
        [[0, 1 << 22]],
    ):
        with pytest.raises(ValueError, match="islands"):
            with_shards((0, ranges))


def test_columns_of_a_runs_own_have_names_of_their_own() -> None:
    good = {**CHANCE, "name": "sparsity"}
    assert manifest.parse(_listing([good]), "m")["columns"] == [good]
    for columns in ([good, good], [{**good, "name": "accuracy"}], [{**good, "name": "mutation"}]):
        with pytest.raises(UserError, match="is the name of another column"):
            manifest.parse(_listing(columns), "m")


@pytest.mark.parametrize("field", [{"name": "../x"}, {"dtype": "object"}, {"scale": "log"}, {"noun": "n" * 201}])
def test_columns_of_a_runs_own_are_described(field: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(field))):
        _listing([{**CHANCE, **field}])
