"""Tests of alife.format.checkpoints: newborns come back bit for bit, and nothing else is taken for newborns."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from alife.evolution import mutation
from alife.evolution.mutation import GAUSSIAN, Mutation
from alife.evolution.reproduction import Era, Newborns, identities
from alife.format import checkpoints
from tests.support.malformed import damaged
from tests.support.rows import configuration, newborns

Tensors = dict[str, np.ndarray]
CONFIG = configuration()
GAUSS = json.dumps(mutation.dump(GAUSSIAN))
METADATA = {"format": "1", "generation": "3", "noise_seed": "0", "meta": "{}"}


def _tensors() -> Tensors:
    return safetensors.numpy.load(checkpoints.encode(3, newborns(CONFIG, 3), {}))


def test_the_fossil_series() -> None:
    series = [0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000]
    assert [generation for generation in range(1001) if checkpoints.fossil(generation)] == series
    assert checkpoints.retained(range(60), 3) == {0, 1, 2, 3, 5, 10, 20, 30, 50, 57, 58, 59}
    assert checkpoints.retained([], 3) == set()


@given(
    islands=st.sets(st.integers(0, schema.MAX_ISLANDS - 1), min_size=1, max_size=4),
    size=st.integers(0, 4),
    weights=st.integers(1, 9),
    back=st.integers(0, 3),
    generation=st.integers(0, schema.MAX_GENERATIONS),
    noise_seed=st.integers(0, 2**63 - 1),
    meta=st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5), max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_newborns_come_back(
    islands: set[int], size: int, weights: int, back: int, generation: int, noise_seed: int, meta: dict[str, Any]
) -> None:
    draw = np.random.default_rng(size)
    lines = draw.integers(0, 2**62, (size, max(1, back)))
    given_ = {
        island: Newborns(
            ids=schema.pack_id(island, generation, 0) + np.arange(size),
            ancestors=lines[:, 0].copy(),
            second_ancestors=np.full(size, schema.NO_ANCESTOR, np.int64),
            origins=schema.pack_id(island, generation, 0) + np.arange(size),
            messages=draw.standard_normal((size, weights), dtype=np.float32)[:, ::-1],
            noise=draw.random(size, dtype=np.float32),
            traits={name: draw.random(size, dtype=np.float32) for name in schema.LIFE_HISTORY},
            noise_seed=noise_seed,
            lines=lines if back else None,
        )
        for island in islands
    }
    found, again, meta_back = checkpoints.decode(checkpoints.encode(generation, given_, meta), "c")
    assert (found, meta_back, set(again)) == (generation, meta, islands)
    for island, wanted in given_.items():
        assert again[island].noise_seed == noise_seed
        assert (again[island].lines is None) == (not back)
        assert not back or np.array_equal(again[island].lines, lines)
        for name in ("ids", "ancestors", "messages", "noise"):
            assert getattr(again[island], name).tobytes() == getattr(wanted, name).tobytes()
        assert {name: values.tobytes() for name, values in again[island].traits.items()} == {
            name: values.tobytes() for name, values in wanted.traits.items()
        }


def survivors() -> dict[int, Newborns]:
    """Newborns of a fork of a fork: slot 0 of each island was born in generation 1, 2 has two parents."""
    past = (Era(2, 7, Mutation("sparse", {"share": 0.5})), Era(3, 5, GAUSSIAN))
    return {
        island: replace(
            group,
            origins=np.append(identities(island, 1, 1), group.ids[1:]),
            second_ancestors=np.array([schema.NO_ANCESTOR, schema.NO_ANCESTOR, schema.pack_id(island, 2, 5)]),
            past=past,
        )
        for island, group in newborns(CONFIG, 3).items()
    }


def test_survivors_come_back_with_what_they_were_born_as_and_of() -> None:
    given_ = survivors()
    _, back, _ = checkpoints.decode(checkpoints.encode(3, given_, {}), "c")
    for island, group in given_.items():
        assert back[island].past == group.past
        assert back[island].origins.tolist() == group.origins.tolist()
        assert back[island].ages.tolist() == [2, 0, 0]
        assert back[island].second_ancestors.tolist() == group.second_ancestors.tolist()
    nobody = np.full(3, schema.NO_ANCESTOR)
    without = {i: replace(group, origins=group.ids, second_ancestors=nobody) for i, group in given_.items()}
    without = {i: replace(group, past=()) for i, group in without.items()}
    assert len(checkpoints.encode(3, without, {})) == len(checkpoints.encode(3, newborns(CONFIG, 3), {}))


def test_what_could_not_be_read_is_not_written() -> None:
    good = newborns(CONFIG, 3)[0]
    other = newborns(CONFIG, 3)[1]
    wrong: list[dict[int, Newborns]] = [
        {},
        {0: replace(good, messages=np.full_like(good.messages, np.nan))},
        {0: replace(good, messages=good.messages.astype(np.float64))},
        {0: replace(good, ids=good.ids[:-1])},
        {0: replace(good, ids=np.zeros_like(good.ids))},
        {0: replace(good, noise=-good.noise)},
        {0: replace(good, traits={})},
        {0: good, 1: good},
        {0: good, 1: replace(other, noise_seed=9)},
        {0: good, 1: replace(other, past=(Era(1, 0, GAUSSIAN),))},
        {0: replace(good, origins=other.ids - (1 << schema.SLOT_BITS)), 1: replace(other, origins=good.ids)},
        {0: good, 1: replace(other, messages=other.messages[:, :-1])},
        {0: replace(good, lines=good.ancestors[:, None] + 1)},
        {0: replace(good, lines=good.ancestors)},
        {0: replace(good, lines=good.ancestors[:, None].astype(np.int32))},
        {0: replace(good, lines=good.ancestors[:, None]), 1: other},
        {-1: good},
    ]
    for islands in wrong:
        with pytest.raises(ValueError, match=r"\w"):
            checkpoints.encode(3, islands, {})
    with pytest.raises(ValueError, match="JSON"):
        checkpoints.encode(3, {0: good}, {"x": float("nan")})
    with pytest.raises(ValueError, match="impossible"):
        checkpoints.encode(-1, {0: good}, {})


def _set(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {**tensors, name: change(tensors[name])}


def _origins(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {**tensors, "0/origins": change(tensors["0/ids"])}


def _lines(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {**tensors, "0/lines": change(tensors["0/ancestors"])}


def _nan(values: np.ndarray) -> np.ndarray:
    return np.where(np.arange(values.size).reshape(values.shape) == values.size - 1, np.float32(np.nan), values)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("0/messages", _nan), "island 0: messages is not finite"),
        (_set("1/noise", lambda x: x + np.float32(np.inf)), "noise is not finite"),
        (_set("1/traits/mutation", _nan), "traits/mutation is not finite"),
        (_set("0/messages", lambda x: x.astype(np.float64)), "float64, not float32"),
        (_set("0/ids", lambda x: x.astype(np.int32)), "int32, not int64"),
        (_set("0/messages", lambda x: x[:-1]), "shape"),
        (_set("0/messages", lambda x: x.ravel()), "shape"),
        (_set("0/messages", lambda x: x[:, :-1]), "genomes of different lengths"),
        (_set("0/messages", lambda x: x[:, :0]), "empty genomes"),
        (_set("0/noise", lambda x: x[:, None]), "shape"),
        (_set("0/ids", lambda x: x[0]), "shape"),
        (_set("0/ids", lambda x: x + (1 << schema.SLOT_BITS)), "not of generation 3"),
        (_set("0/ids", lambda x: -x), "not of generation 3"),
        (_set("0/ids", lambda x: x[[0, 0, 1]]), "there twice"),
        (_set("0/noise", lambda x: -x), "negative noise"),
        (_origins(lambda x: x.astype(np.int32)), "origins is int32, not int64"),
        (_origins(lambda x: x[:-1]), "origins has shape"),
        (_origins(lambda x: -x - 1), "was born in no generation before"),
        (_origins(lambda x: x + 1), "was born in no generation before"),
        (_origins(lambda x: x * 0), "there twice"),
        (lambda tensors: {**tensors, "1/second_ancestors": np.array([-2, 3, 4])}, "a second ancestor is nobody"),
        (lambda tensors: {**tensors, "1/second_ancestors": np.zeros(2, np.int64)}, "second_ancestors has shape"),
        (lambda tensors: {name: x for name, x in tensors.items() if name != "0/ancestors"}, "missing or unknown"),
        (lambda tensors: {**tensors, "0/code": np.zeros(3, np.uint8)}, "missing or unknown"),
        (lambda tensors: {**tensors, "weights": np.zeros(3, np.float32)}, "is no island"),
        (lambda tensors: {name.replace("1/", "01/"): x for name, x in tensors.items()}, "is no island"),
        (lambda tensors: {name.replace("1/", "99999999/"): x for name, x in tensors.items()}, "is no island"),
        (lambda tensors: {name.replace("1/", "../"): x for name, x in tensors.items()}, "is no island"),
        (lambda tensors: {}, "genomes of different lengths"),
        (_lines(lambda x: x[:, None]), "lines of ancestors of different lengths"),
        (_lines(lambda x: x[:, None] + 1), "lines of ancestors do not begin with them"),
        (_lines(lambda x: x[:, None][:, :0]), "lines of ancestors do not begin with them"),
        (_lines(lambda x: x), "lines has shape"),
        (_lines(lambda x: x[:, None].astype(np.float32)), "float32, not int64"),
    ],
)
def test_wrong_tensors_are_refused(change: Callable[[Tensors], Tensors], says: str) -> None:
    tensors = {name: np.ascontiguousarray(values) for name, values in change(_tensors()).items()}
    with pytest.raises(UserError, match=f"^c: damaged: .*{says}"):
        checkpoints.decode(safetensors.numpy.save(tensors, METADATA), "c")


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (None, "damaged: "),
        ({"generation": "x"}, "damaged: "),
        ({"generation": "-3"}, "impossible"),
        ({"generation": "9" * 5000}, "damaged: "),
        ({"generation": "4"}, "not of generation 4"),
        ({"noise_seed": "-1"}, "noise_seed"),
        ({"meta": "[]"}, "meta"),
        ({"meta": "[" * 100_000}, "damaged: "),
        ({"meta": ""}, "damaged: "),
        ({"past": "[3]"}, "damaged: "),
        ({"past": "{}}"}, "damaged: "),
        ({"past": '[[1, 0, "{}"]]'}, "it names no mutation"),
        ({"past": f'[["1", 0, {GAUSS}]]'}, "not what a checkpoint says of its past"),
        ({"past": f"[[0, 0, {GAUSS}]]"}, "a past until generation 0, of seed 0, is impossible"),
        ({"past": f"[[9000000000, 0, {GAUSS}]]"}, "is impossible"),
        ({"past": f"[[1, -1, {GAUSS}]]"}, "of seed -1, is impossible"),
        ({"past": f"[[2, 0, {GAUSS}], [1, 0, {GAUSS}]]"}, "its past is in no order"),
        ({"format": "2"}, "checkpoint of format 2; this alife reads 1"),
    ],
)
def test_wrong_metadata_is_refused(metadata: dict[str, str] | None, says: str) -> None:
    whole = None if metadata is None else {**METADATA, **metadata}
    with pytest.raises(UserError, match=f"^c: .*{says}") as caught:
        checkpoints.decode(safetensors.numpy.save(_tensors(), whole), "c")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [0, 1, 2**20, 10**8, 10**8 + 1, 2**31, 2**63, 2**64 - 1])
@pytest.mark.parametrize("header", [b"", b"{}", b"[" * 100_000, b'{"a":' * 20_000])
def test_headers_that_lie_about_their_length_are_refused(length: int, header: bytes) -> None:
    with pytest.raises(UserError, match=r"^c: damaged: "):
        checkpoints.decode(length.to_bytes(8, "little") + header, "c")


@pytest.mark.parametrize("who", [lambda: newborns(CONFIG, 3), survivors], ids=["newborns", "survivors"])
def test_damage_never_crashes_the_reader(who: Callable[[], dict[int, Newborns]]) -> None:
    data = checkpoints.encode(3, who(), {"collapse_norm": 0.5})
    refused = 0
    for text in damaged(data, 1500):
        try:
            generation, islands, meta = checkpoints.decode(text, "c")
        except UserError as error:
            refused += "\n" not in str(error)
            continue
        checkpoints.encode(generation, islands, meta)
    assert refused > 1000, "or their errors have more than one line"
