"""Tests of Recorder.commit_sealed: what many workers have written is committed as if one had, or refused."""

import gc
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from alife import schema
from alife.errors import UserError
from alife.format.shards import of as shards_of
from analysis import load_run
from populations.record import parts, shards
from populations.record.reader import reading
from populations.record.storage import open_folder
from populations.record.writer import Recorder, digest, read_checkpoint, read_manifest
from tests.support.rows import configuration, create, files, listed, live, newborns, of_workers, rows

pytest_plugins = ("tests.support.s3",)

GROUPS = ([0, 3], [1], [2, 4])
CONFIG = configuration(5, 3, checkpoint={"keep": 2})


def lived_by_workers(uri: object, *until: int, status: str = "running") -> Recorder:
    """A new run of three workers, with a commit after each of `until`."""
    recorder = create(uri, CONFIG)
    recorder.start(0, {})
    for stop in (-1, *until):
        generations = range(recorder.manifest["generation"] + 1, stop + 1)
        sealed = of_workers(recorder, GROUPS, generations, meta={"a": stop})
        recorder.commit_sealed(stop, sealed, status=status if stop == until[-1] else "running")
    return recorder


def merged(recorder: Recorder, kind: str, entries: Sequence[shards.Entry]) -> tuple[str, list[str], shards.Entry]:
    """As a worker merges parts."""
    folder = open_folder(recorder.uri)
    columns = recorder.manifest["columns"]
    entry = shards.merge(
        folder.write, reading(folder), recorder.mark(), recorder.config, columns, kind, entries, recorder.uri
    )
    return kind, [old["name"] for old in entries], entry


def same_as_one_process(uri: str, tmp_path: Path, *until: int) -> None:
    alone = create(tmp_path / "alone", CONFIG)
    live(alone, -1, *until)
    alone.close()
    assert digest(uri) == digest(alone.uri)
    generation, found, _ = read_checkpoint(uri)
    wanted = read_checkpoint(alone.uri)[1]
    assert (generation, list(found)) == (until[-1] + 1, list(wanted))
    for island, group in wanted.items():
        np.testing.assert_array_equal(found[island].messages, group.messages)


def test_workers_write_what_one_process_writes(uri: str, tmp_path: Path) -> None:
    recorder = lived_by_workers(uri, 3, 11)
    assert recorder.checkpoint()[2] == {"a": 11}
    recorder.close("finished")
    same_as_one_process(uri, tmp_path, 3, 11)
    assert read_manifest(uri)["status"] == "finished"
    assert files(uri) == listed(uri)
    recorder = Recorder.open(uri)
    live(recorder, 12)
    recorder.close()
    same_as_one_process(uri, tmp_path / "longer", 11, 12)


def test_it_is_read_as_if_one_process_had_written_it(tmp_path: Path) -> None:
    lived_by_workers(tmp_path / "run", 3, 5, 11).close()
    alone = create(tmp_path / "alone", CONFIG)
    alone.start(0, {})
    live(alone, -1, 11)
    alone.close()
    for asked in ({}, {"generations": [4, 11]}, {"columns": ["fitness"]}, {"births": False}):
        found, wanted = (load_run(tmp_path / name, **asked) for name in ("run", "alone"))
        for table in ("births", "migrations", "generations"):
            pd.testing.assert_frame_equal(getattr(found, table), getattr(wanted, table), check_exact=True)


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    recorder = lived_by_workers(tmp_path, 3, 5, 11)
    recorder.close()
    for part in recorder.manifest["parts"]["births"]:
        if part["last"] < 6:
            (tmp_path / part["name"]).unlink()
    held = recorder.manifest["parts"]["checkpoints"]
    shard = next(entry for entry in held if (entry["generation"], entry["islands"]) == (6, [[1, 1]]))
    for entry in held:
        if entry is not shard:
            (tmp_path / entry["name"]).unlink()
    run = load_run(tmp_path, generations=[7, 6])
    assert set(run.births["generation"]) == {6, 7}
    one = newborns(CONFIG, 6)[1].ids[2]
    found, _ = shards.thaw(reading(open_folder(str(tmp_path))), shards_of(recorder.manifest, 6), [1], "run")
    assert one in found[1].ids


# Merging


def test_parts_that_workers_have_merged_take_the_place_of_the_old_ones(uri: str, tmp_path: Path) -> None:
    recorder = lived_by_workers(uri, 3, 5)
    sealed = of_workers(recorder, GROUPS, range(6, 9))
    old = recorder.manifest["parts"]
    made = [merged(recorder, kind, [*old[kind], *sealed[0].get(kind, [])]) for kind in schema.ROWS]
    twice = merged(recorder, "births", [made[0][2], sealed[1]["births"][0]])
    recorder.commit_sealed(8, sealed, [*made, twice])
    names = [entry["name"] for entry in recorder.manifest["parts"]["births"]]
    assert names == [twice[2]["name"], sealed[2]["births"][0]["name"]]
    assert files(uri) == listed(uri)
    same_as_one_process(uri, tmp_path, 8)
    recorder.close("finished")
    assert [len(recorder.manifest["parts"][kind]) for kind in schema.ROWS] == [1, 1, 1]
    same_as_one_process(uri, tmp_path / "ended", 8)


def test_shards_of_a_generation_go_together_and_fossils_stay(tmp_path: Path) -> None:
    recorder = lived_by_workers(tmp_path, 6, 8)
    between = []
    for generation in (9, 10):  # the newborns of 10 are a fossil, those of 11 the run's next
        between += of_workers(recorder, GROUPS, [generation])
    recorder.commit_sealed(10, between)
    assert recorder.kept() == [0, 10, 11]
    assert len(recorder.manifest["parts"]["checkpoints"]) == 9
    assert files(str(tmp_path)) == listed(str(tmp_path))
    for generation in recorder.kept():
        assert list(recorder.checkpoint(generation)[1]) == [0, 1, 2, 3, 4]
    recorder.close()


def test_a_run_dies_out_and_a_fork_begins_later(tmp_path: Path) -> None:
    recorder = lived_by_workers(tmp_path / "run", 3)
    last = [{kind: each[kind] for kind in schema.ROWS if kind in each} for each in of_workers(recorder, GROUPS, [4])]
    recorder.commit_sealed(4, last, status="extinct")
    recorder.close()
    assert (read_manifest(recorder.uri)["status"], recorder.kept()) == ("extinct", [0, 4])
    fork = create(tmp_path / "fork", CONFIG)
    config, write = fork.config, open_folder(fork.uri).write
    thawed = [shards.seal(write, fork.mark(), config, [], 4, {i: newborns(config, 4)[i]}, {}, {}) for i in range(5)]
    fork.commit_sealed(3, thawed)
    fork.commit_sealed(5, of_workers(fork, GROUPS, [4, 5]))
    fork.close()
    assert (fork.manifest["parts"]["births"][0]["first"], fork.kept()) == (4, [4, 6])


# What workers say is not believed


def _without(sealed: Sequence[Mapping[str, Any]], kind: str, number: int = 0) -> list[dict[str, Any]]:
    return [{k: v for k, v in each.items() if k != kind or i != number} for i, each in enumerate(sealed)]


def _saying(sealed: Sequence[Mapping[str, Any]], kind: str, **over: Any) -> list[dict[str, Any]]:
    (entry,) = sealed[0][kind]
    return [{**sealed[0], kind: [{**entry, **over}]}, *sealed[1:]]


WRONG = {
    "births of generation 4 are missing": lambda sealed: [_without([each], "births")[0] for each in sealed],
    "newborns of generation 7 are missing": lambda sealed: [_without([each], "checkpoints")[0] for each in sealed],
    "island 0 of generation 7 is listed twice": lambda sealed: [
        *sealed,
        {"checkpoints": [{**sealed[0]["checkpoints"][0], "name": "checkpoints/a.safetensors", "islands": [[0, 0]]}]},
    ],
    "of island 5, and there are 5": lambda sealed: _saying(sealed, "checkpoints", islands=[[0, 5]]),
    "ascending ranges of islands": lambda sealed: _saying(sealed, "checkpoints", islands=[[3, 3], [0, 0]]),
    "newborns of generation 6 are not kept": lambda sealed: _saying(sealed, "checkpoints", generation=6),
    "not of generations 4 to 6": lambda sealed: _saying(sealed, "births", first=3),
    "not of generations": lambda sealed: _saying(sealed, "generations", last=7),
    "is no name of a part": lambda sealed: _saying(sealed, "births", name="births/../../a.parquet"),
    "is no name of a worker's new file": lambda sealed: _saying(sealed, "births", name="births/mine.parquet"),
    "a part is there twice": lambda sealed: [*sealed, sealed[0]],
    "sha256": lambda sealed: _saying(sealed, "births", sha256="x"),
    "'figures' is none of": lambda sealed: [*sealed, {"figures": [{}]}],
    "rows in": lambda sealed: _saying(sealed, "births", rows=1 << 40),
    "parts.births end at 5, not 6": lambda sealed: [
        {**each, "births": [{**each["births"][0], "last": 5}]} for each in sealed
    ],
}


@pytest.mark.parametrize("why", WRONG)
def test_what_cannot_follow_is_refused_and_nothing_has_changed(tmp_path: Path, why: str) -> None:
    recorder = lived_by_workers(tmp_path, 3)
    sealed = of_workers(recorder, GROUPS, range(4, 7))
    before = (tmp_path / "manifest.json").read_bytes()
    with pytest.raises(ValueError, match=why):
        recorder.commit_sealed(6, WRONG[why](sealed))
    assert (tmp_path / "manifest.json").read_bytes() == before
    recorder.commit_sealed(6, sealed)
    recorder.close()
    assert files(str(tmp_path)) == listed(str(tmp_path))


def test_files_have_to_be_there_in_their_size(tmp_path: Path) -> None:
    recorder = lived_by_workers(tmp_path, 3)
    sealed = of_workers(recorder, GROUPS, range(4, 7))
    for kind in ("births", "checkpoints"):
        path = tmp_path / sealed[1][kind][0]["name"]
        whole = path.read_bytes()
        for content in (None, whole[:-1]):
            path.unlink()
            if content is not None:
                path.write_bytes(content)
            with pytest.raises(UserError, match=f"{path.name}: (missing|damaged)"):
                recorder.commit_sealed(6, sealed)
            path.write_bytes(whole)
    recorder.commit_sealed(6, sealed)
    recorder.close()


def test_merges_of_other_parts_are_refused(tmp_path: Path) -> None:
    recorder = lived_by_workers(tmp_path, 3, 5)
    sealed = of_workers(recorder, GROUPS, [6])
    kind, names, entry = merged(recorder, "births", recorder.manifest["parts"]["births"])
    for wrong, why in (
        ((kind, [*names, "births/other.parquet"], entry), "not listed"),
        ((kind, [], entry), "not listed"),
        ((kind, names[1:], entry), "not those of the parts that it is made of"),
        ((kind, names, {**entry, "last": 6}), "not those of the parts"),
        (("checkpoints", names, entry), "islands|rows|generation"),
    ):
        with pytest.raises(ValueError, match=why):
            recorder.commit_sealed(6, sealed, [wrong])
    recorder.commit_sealed(6, sealed, [(kind, names, entry)])
    recorder.close()
    assert files(str(tmp_path)) == listed(str(tmp_path))


def test_rows_that_were_added_are_not_lost(tmp_path: Path) -> None:
    recorder = lived_by_workers(tmp_path, 3)
    recorder.add(4, *rows(CONFIG, 4))
    with pytest.raises(ValueError, match="are committed by `commit`"):
        recorder.commit_sealed(4, of_workers(recorder, GROUPS, [4]))
    recorder.commit(4, newborns(CONFIG, 5))
    recorder.close()


def test_workers_and_one_process_take_turns(tmp_path: Path) -> None:
    recorder = create(tmp_path / "run", CONFIG)
    live(recorder, -1, 2)
    recorder.commit_sealed(4, of_workers(recorder, GROUPS, [3, 4]))
    live(recorder, 5)
    recorder.close()
    same_as_one_process(recorder.uri, tmp_path, 5)


# Workers that do not see the folder


def test_files_can_be_handed_over(uri: str, tmp_path: Path) -> None:
    recorder = create(uri, CONFIG)
    recorder.commit_sealed(-1, of_workers(recorder, GROUPS, [], recorder.put))
    sealed = of_workers(recorder, GROUPS, range(4), recorder.put)
    assert files(uri) > listed(uri)
    recorder.commit_sealed(3, sealed)
    for name in ("manifest.json", "births/a b.parquet", "../x", sealed[0]["births"][0]["name"]):
        with pytest.raises(ValueError, match="no name of a worker's new file"):
            recorder.put(name, b"")
    recorder.put("births/0000004-0000004-1-abc.parquet", b"never committed")
    recorder.close()
    with pytest.raises(UserError, match="closed for writing"):
        recorder.put("births/0000004-0000004-1-abcd.parquet", b"")
    same_as_one_process(uri, tmp_path, 3)
    Recorder.open(uri).close()
    assert files(uri) == listed(uri)


def test_marks_are_not_given_twice(tmp_path: Path) -> None:
    recorder = create(tmp_path)
    assert len({recorder.mark() for _ in range(1000)}) == 1000
    recorder.close()


# Many parts that overlap


def test_thirty_overlapping_parts_have_the_digest_of_one(tmp_path: Path) -> None:
    config = configuration(30, 2)
    recorder, alone = create(tmp_path / "run", config), create(tmp_path / "alone", config)
    recorder.commit_sealed(-1, of_workers(recorder, [[i] for i in range(30)], []))
    recorder.commit_sealed(9, of_workers(recorder, [[i] for i in range(30)], range(10)))
    live(alone, -1, 9)
    assert len(recorder.manifest["parts"]["births"]) == 30
    for bounds in ((0, None), (3, 7), (9, 20), (12, None)):
        assert digest(recorder.uri, *bounds) == digest(alone.uri, *bounds)
    recorder.close("finished")
    alone.close()
    assert len(recorder.manifest["parts"]["births"]) == 1
    assert digest(recorder.uri) == digest(alone.uri)


def test_parts_are_in_memory_while_they_overlap_alone() -> None:
    config = configuration(6, 2)
    want = parts.columns("births", config, {"columns": []})
    alive: list[weakref.ref[Any]] = []

    def read(entry: Mapping[str, Any]) -> pa.Table:
        tables = []
        for generation in range(entry["first"], entry["last"] + 1):
            births = rows(config, generation)[0]
            mine = births["island"] == entry["island"]
            tables.append(parts.table({name: values[mine] for name, values in births.items()}, want, generation))
        table = pa.concat_tables(tables)
        alive.append(weakref.ref(table))
        return table

    entries = [{"first": g, "last": g + 4, "island": i} for g in range(0, 20, 5) for i in range(6)]
    for generation, births in enumerate(parts.by_generation(entries, read, 0, None)):
        assert births["id"].tolist() == rows(config, generation)[0]["id"].tolist()
        assert len(alive) == 6 * (generation // 5 + 1)
        if generation % 5 == 4:
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 6
    assert len(alive) == 24


def test_births_that_are_there_twice_have_no_digest(tmp_path: Path) -> None:
    recorder = lived_by_workers(tmp_path, 3)
    sealed = of_workers(recorder, [[0, 3], [1], [2, 4]], [4])
    again = {"births": of_workers(recorder, [[1]], [4])[0]["births"]}
    recorder.commit_sealed(4, [*sealed, again])
    recorder.close()
    assert digest(str(tmp_path), 0, 3)
    with pytest.raises(UserError, match="births of generation 4 are in more than one part"):
        digest(str(tmp_path))


def test_what_workers_wrote_and_no_commit_lists_goes_where_they_are_gone(tmp_path: Path) -> None:
    recorder = create(str(tmp_path / "run"))
    recorder.commit(-1, newborns(recorder.config, 0))
    listed = set(files(tmp_path / "run"))
    for name in ("births/0000000-0000001-1-0a0b0c0d.parquet", "checkpoints/0000001-1-0a0b0c0d.safetensors"):
        recorder.put(name, b"of a worker that was lost")
    recorder.close(sweep=True)
    assert set(files(tmp_path / "run")) == listed
