"""Tests of alife.format.shards: islands as ranges, and newborns of a generation from the files that hold them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from alife.evolution.mutation import GAUSSIAN
from alife.evolution.reproduction import Era, Newborns
from alife.format import checkpoints, shards
from tests.support.rows import configuration, newborns

CONFIG = configuration(3, 4)


@given(st.sets(st.integers(0, 60)))
def test_islands_as_ranges(islands: set[int]) -> None:
    found = shards.ranges(islands)
    assert [island for first, last in found for island in range(first, last + 1)] == sorted(islands)
    assert all(after[0] > before[1] + 1 for before, after in pairwise(found))


def _stored(*groups: dict[int, Newborns]) -> tuple[dict[str, bytes], list[shards.Entry]]:
    files, entries = {}, []
    for number, group in enumerate(groups):
        name, data = f"checkpoints/{number}.safetensors", checkpoints.encode(3, group, {})
        files[name] = data
        entries.append({"name": name, **schema.seal(data), "generation": 3, "islands": shards.ranges(group)})
    return files, entries


def _thawed(files: dict[str, bytes], entries: list[shards.Entry], islands: list[int] | None) -> dict[int, Newborns]:
    return shards.thaw(lambda name, size: files[name][: size + 1], entries, islands, "run")[0]


def test_a_past_stays_where_nobody_has_one_too() -> None:
    """Survivors come with migrants, and shards of one generation are alike."""
    past = (Era(2, 7, GAUSSIAN),)
    groups = {island: replace(group, past=past) for island, group in newborns(CONFIG, 3).items()}
    origins = groups[1].ids.copy()
    origins[0] -= 1 << schema.SLOT_BITS
    groups[1] = replace(groups[1], origins=origins)
    files, entries = _stored({0: groups[0]}, {1: groups[1], 2: groups[2]})
    for islands in (None, [0], [2, 1]):
        assert all(group.past == past for group in _thawed(files, entries, islands).values())


def test_an_individual_is_in_one_shard_alone() -> None:
    groups = newborns(CONFIG, 3)
    files, entries = _stored({0: groups[0]}, {1: replace(groups[1], ids=groups[0].ids, origins=groups[0].ids)})
    with pytest.raises(UserError, match="an individual is there, and in another shard, too"):
        _thawed(files, entries, None)


@pytest.mark.parametrize("other", ["noise_seed", "weights", "past", "lines"])
def test_shards_are_of_one_run(other: str) -> None:
    groups = newborns(CONFIG, 3)
    wrong = {
        "noise_seed": lambda: replace(groups[1], noise_seed=9),
        "weights": lambda: newborns(CONFIG, 3, 8)[1],
        "past": lambda: replace(groups[1], past=(Era(1, 0, GAUSSIAN),)),
        "lines": lambda: replace(groups[1], lines=np.stack([groups[1].ancestors] * 2, axis=1)),
    }[other]()
    files, entries = _stored({0: groups[0]}, {1: wrong})
    with pytest.raises(UserError, match=r"run/checkpoints/1.safetensors: damaged: its newborns do not belong"):
        _thawed(files, entries, None)


def test_files_of_a_generation() -> None:
    entries = [{"name": str(number), "generation": number // 2} for number in range(5)]
    assert [entry["name"] for entry in shards.of({"parts": {"checkpoints": entries}}, 1)] == ["2", "3"]
