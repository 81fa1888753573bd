"""Tests of populations.record.shards: what workers write of their islands is the run's, and small parts stay few."""

from collections.abc import Sequence
from itertools import count, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from alife.evolution.reproduction import Newborns
from populations.record import parts, shards
from tests.support.rows import configuration, newborns, rows

CONFIG = configuration(5, 4)
WANT = {kind: parts.columns(kind, CONFIG, {"columns": []}) for kind in schema.ROWS}


class Folder:
    """Files by name, and which were read."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.seen: list[str] = []
        self._marks = count(1)

    def put(self, name: str, data: bytes) -> None:
        assert name not in self.files
        self.files[name] = data

    def read(self, name: str, size: int) -> bytes:
        self.seen.append(name)
        return self.files[name][: size + 1]

    def seal(self, islands: Sequence[int], generations: Sequence[int], **over: Any) -> dict[str, list[shards.Entry]]:
        born = {island: newborns(CONFIG, 9)[island] for island in islands}
        tables = {kind: [_table(kind, g, islands) for g in generations] for kind in ("births", "generations")}
        wanted = {"newborns": born, "meta": {}, "rows": tables, **over}
        return shards.seal(self.put, f"1-{next(self._marks):08x}", CONFIG, [], 9, **wanted)

    def merge(self, kind: str, entries: Sequence[shards.Entry]) -> shards.Entry:
        return shards.merge(self.put, self.read, f"1-{next(self._marks):08x}", CONFIG, [], kind, entries)


def _table(kind: str, generation: int, islands: Sequence[int]) -> pa.Table:
    whole = rows(CONFIG, generation)[list(WANT).index(kind)]
    mine = np.flatnonzero(np.isin(whole["island"], list(islands)))[::-1]
    return parts.table({name: values[mine] for name, values in whole.items()}, WANT[kind], generation)


def _rows(folder: Folder, kind: str, entry: shards.Entry) -> pa.Table:
    return parts.decode(folder.files[entry["name"]], WANT[kind], "p", entry["rows"])


def test_rows_are_sealed_in_order() -> None:
    folder = Folder()
    sealed = folder.seal([3, 0, 1], [4, 3])
    assert set(sealed) == {"births", "generations", "checkpoints"}
    for kind in ("births", "generations"):
        (entry,) = sealed[kind]
        table = _rows(folder, kind, entry)
        keys = list(zip(*(table[name].to_pylist() for name in schema.ROW_ORDER[kind]), strict=True))
        assert keys == sorted(keys)
        assert (entry["first"], entry["last"], entry["rows"]) == (3, 4, len(table))
        assert schema.seal(folder.files[entry["name"]]).items() <= entry.items()
    (shard,) = sealed["checkpoints"]
    assert (shard["generation"], shard["islands"]) == (9, [[0, 1], [3, 3]])
    assert set(folder.files) == {entry["name"] for entries in sealed.values() for entry in entries}


def test_nothing_is_written_of_nothing_and_of_what_is_wrong() -> None:
    folder = Folder()
    assert folder.seal([], []) == {}
    with pytest.raises(ValueError, match="births: columns"):
        folder.seal([0], [1], rows={"births": [_table("generations", 1, [0])]})
    clash = {0: newborns(CONFIG, 9)[0], 1: newborns(CONFIG, 9)[0]}
    with pytest.raises(ValueError, match="twice"):
        folder.seal([0], [1], newborns=clash)
    assert folder.files == {}


def _same(found: Newborns, wanted: Newborns) -> bool:
    return all(np.array_equal(getattr(found, name), getattr(wanted, name)) for name in ("ids", "ancestors", "messages"))


def test_newborns_are_thawed_from_the_shards_that_hold_them() -> None:
    folder = Folder()
    entries = [folder.seal(islands, [], meta={"a": 1})["checkpoints"][0] for islands in ([0, 3], [1, 2], [4])]
    for islands, read in ((None, [0, 1, 2]), ([1], [1]), ([4, 0], [0, 2]), ([], [])):
        folder.seen = []
        found, meta = shards.thaw(folder.read, entries, islands, "run")
        assert folder.seen == [entries[number]["name"] for number in read]
        assert sorted(found) == sorted(range(5) if islands is None else islands)
        assert all(_same(found[island], newborns(CONFIG, 9)[island]) for island in found)
        assert meta == ({"a": 1} if read else {})
    whole = {key: value for key, value in folder.seal(range(5), [])["checkpoints"][0].items() if key != "islands"}
    assert sorted(shards.thaw(folder.read, [whole], [2, 3], "run")[0]) == [2, 3], "as formats 1 to 3 list them"


def test_shards_that_do_not_belong_together_are_refused() -> None:
    folder = Folder()
    first, other = (folder.seal([island], [], meta={"a": island})["checkpoints"][0] for island in (0, 1))
    with pytest.raises(UserError, match=rf"run/{other['name']}: damaged: its newborns do not belong"):
        shards.thaw(folder.read, [first, other], None, "run")
    with pytest.raises(UserError, match="of other islands than the manifest lists"):
        shards.thaw(folder.read, [{**first, "islands": [[0, 1]]}], None, "run")
    with pytest.raises(UserError, match="of generation 9, not 8"):
        shards.thaw(folder.read, [{**first, "generation": 8}], None, "run")
    folder.files[first["name"]] = folder.files[first["name"]][:-1]
    with pytest.raises(UserError, match=rf"run/{first['name']}: damaged"):
        shards.thaw(folder.read, [first], [0], "run")


def test_parts_that_overlap_are_merged_in_order() -> None:
    folder = Folder()
    sealed = [folder.seal(islands, generations) for islands, generations in (([4, 1], [2, 3]), ([0, 2, 3], [1, 2]))]
    for kind in ("births", "generations"):
        entry = folder.merge(kind, [each[kind][0] for each in sealed])
        table = _rows(folder, kind, entry)
        whole = pa.concat_tables(_rows(folder, kind, each[kind][0]) for each in sealed)
        wanted = whole.sort_by([(name, "ascending") for name in schema.ROW_ORDER[kind]])
        assert table.to_pandas().equals(wanted.to_pandas())
        assert (entry["first"], entry["last"], entry["rows"]) == (1, 3, len(whole))
    name = sealed[0]["births"][0]["name"]
    folder.files[name] = folder.files[name][:-1] + b"x"
    with pytest.raises(UserError, match=f"{name}: damaged"):
        folder.merge("births", [each["births"][0] for each in sealed])


# When parts are merged


def _entry(name: int, rows: int, first: int, last: int) -> shards.Entry:
    return {"name": f"{name:09}", "rows": rows, "first": first, "last": last}


class Listing:
    """Parts with nothing in them: their rows, and how often each of what was sealed has been rewritten."""

    def __init__(self) -> None:
        self.parts: dict[str, shards.Entry] = {}
        self.made_of: dict[str, list[int]] = {}
        self.rewritten: list[int] = []
        self._names = count()

    def add(self, rows: int, generation: int) -> None:
        self.made_of[self._list(rows, generation, generation)] = [len(self.rewritten)]
        self.rewritten.append(0)

    def merge(self, compact: bool = False) -> list[list[shards.Entry]]:
        groups = shards.merges(list(self.parts.values()), compact)
        for group in groups:
            for entry in group:
                del self.parts[entry["name"]]
            bounds = min(entry["first"] for entry in group), max(entry["last"] for entry in group)
            name = self._list(sum(entry["rows"] for entry in group), *bounds)
            self.made_of[name] = [one for entry in group for one in self.made_of.pop(entry["name"])]
            for one in self.made_of[name]:
                self.rewritten[one] += 1
        return groups

    @property
    def loose(self) -> int:
        return sum(entry["rows"] < parts.FULL for entry in self.parts.values())

    def _list(self, rows: int, first: int, last: int) -> str:
        entry = _entry(next(self._names), rows, first, last)
        self.parts[entry["name"]] = entry
        return str(entry["name"])


_commits = st.lists(st.lists(st.integers(1, 150_000), min_size=1, max_size=60), max_size=60)


@given(_commits | st.integers(1, 5_000).map(lambda number: [[number]] * 500))
@settings(max_examples=100, deadline=None)
def test_parts_stay_few_and_each_row_is_rewritten_a_few_times(commits: list[list[int]]) -> None:
    listing = Listing()
    for generation, sealed in enumerate(commits):
        for rows_ in sealed:
            listing.add(rows_, generation)
        for group in listing.merge():
            assert len(group) > 1
            assert all(entry["rows"] < parts.FULL for entry in group)
            assert sum(entry["rows"] for entry in group) < 2 * parts.FULL
        assert listing.loose <= 42
        assert listing.merge() == [], "one call does all"
    assert max(listing.rewritten, default=0) <= 6
    before = list(listing.rewritten)
    listing.merge(compact=True)
    assert listing.loose <= 1
    assert all(after - one <= 1 for one, after in zip(before, listing.rewritten, strict=True))
    assert listing.merge(compact=True) == []
    assert sum(entry["rows"] for entry in listing.parts.values()) == sum(map(sum, commits))


def test_a_row_of_a_long_run_is_rewritten_less_than_five_times() -> None:
    listing = Listing()
    for generation in range(5_000):
        listing.add(96, generation)
        listing.merge()
    assert np.mean(listing.rewritten) < 5
    bounds = sorted((entry["first"], entry["last"]) for entry in listing.parts.values())
    assert all(after[0] == before[1] + 1 for before, after in pairwise(bounds)), "of neighbours"
