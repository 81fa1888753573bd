"""Tests of the run folder: what goes in comes out, whatever is killed, full, damaged or taken over in between."""

import hashlib
import itertools
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.errors import UserError
from analysis import load_run
from populations.record.storage import LocalFolder, open_folder
from populations.record.writer import (
    Recorder,
    check_unused,
    digest,
    exists,
    read_checkpoint,
    read_config,
    read_manifest,
)
from tests.support.rows import configuration, create, files, listed, live, newborns, rows, stored

pytest_plugins = ("tests.support.s3",)
_numbers = itertools.count()

# What goes in comes out


def test_rows_and_newborns_come_back(uri: str) -> None:
    config = configuration(reproduction={"heritable": ["mutation", "task_weight"]})
    recorder = create(uri, config)
    live(recorder, -1, 0, 5, meta={"collapse_norm": 0.5})
    recorder.close()
    for number, kind in enumerate(("births", "migrations", "generations")):
        found = stored(uri, kind)
        for name in found.column_names:
            lived = [rows(config, generation)[number] for generation in range(6)]
            order = [np.lexsort([each[key] for key in schema.ROW_ORDER[kind][::-1]]) for each in lived]
            wanted = np.concatenate([each[name][places] for each, places in zip(lived, order, strict=True)])
            np.testing.assert_array_equal(found[name].to_numpy(), wanted, err_msg=name)
    assert stored(uri, "births").column_names == list(schema.birth_columns(["mutation", "task_weight"]))
    generation, islands, meta = read_checkpoint(uri)
    assert (generation, meta) == (6, {"collapse_norm": 0.5})
    for island, wanted in newborns(config, 6).items():
        for name in ("ids", "ancestors", "messages", "noise"):
            np.testing.assert_array_equal(getattr(islands[island], name), getattr(wanted, name))
        for name, values in wanted.traits.items():
            np.testing.assert_array_equal(islands[island].traits[name], values)
        assert islands[island].noise_seed == wanted.noise_seed
    assert read_config(uri) == config
    assert files(uri) == listed(uri)


def test_a_run_goes_on_where_it_was_left(uri: str, undisturbed: str) -> None:
    recorder = create(uri)
    live(recorder, -1, 3)
    recorder.close("interrupted")
    recorder = Recorder.open(uri)
    assert (recorder.manifest["epoch"], recorder.manifest["generation"]) == (2, 3)
    assert recorder.checkpoint()[0] == 4
    live(recorder, 9)
    recorder.close("finished")
    assert digest(uri) == digest(undisturbed)
    assert read_manifest(uri)["status"] == "finished"


def test_the_manifest_says_what_the_reader_needs(uri: str) -> None:
    recorder = create(uri, configuration(seed=5))
    live(recorder, -1)
    recorder.restart(3, "node-2", "killed", np.float32(1.5))
    live(recorder, 1)
    recorder.restart(4, "node-3", "hung", 2)
    recorder.close("interrupted")
    content = read_manifest(uri)
    assert (content["format"], content["epoch"], content["seed"], content["generation"]) == (4, 1, 5, 1)
    assert (content["class"]["cpu"], content["versions"], content["status"]) == ("test", {"torch": "2"}, "interrupted")
    assert [(r["generation"], r["host"], r["why"], r["seconds_lost"]) for r in content["restarts"]] == [
        (3, "node-2", "killed", 1.5),
        (4, "node-3", "hung", 2.0),
    ]
    assert (content["starts"], content["task"], content["warnings"]) == ([], None, [])
    assert (content["objects"], content["columns"]) == ({}, [])
    part = content["parts"]["births"][0]
    data = open_folder(uri).read(part["name"])
    assert (part["size"], part["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert (part["rows"], part["first"], part["last"]) == (12, 0, 1)


def test_starts_data_and_warnings_are_on_record(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task = {"digest": "0" * 64, "shape": [8, 8, 3], "classes": 2, "split": "stratified", "counts": {"learn": [9, 9]}}
    task |= {"dtype": "float32", "names": ["cat", "dog"], "name": "pets"}
    recorder = create(uri)
    monkeypatch.setattr("sys.argv", ["/bin/alife", "run", "--out", "a b"])
    recorder.start(0, {"alife-quines": "9.9", "torch": "2"})
    recorder.describe(task=task, warnings=["nothing is learned"])
    live(recorder, -1, 1)
    recorder.close("interrupted")
    recorder = Recorder.open(uri)
    monkeypatch.setattr("sys.argv", ["/bin/alife", "resume", "\udcff"])
    recorder.start(2, {})
    live(recorder, 2)
    recorder.close()
    content = read_manifest(uri)
    assert (content["task"], content["warnings"]) == (task, ["nothing is learned"])
    said = [(start["generation"], start["version"], start["command"]) for start in content["starts"]]
    assert said == [(0, "9.9", "alife run --out 'a b'"), (2, "unknown", "alife resume '\\udcff'")]


def test_a_run_of_format_1_is_read_and_becomes_one_of_the_present_format(undisturbed: str, tmp_path: Path) -> None:
    path = shutil.copytree(undisturbed, tmp_path / "run")
    content = json.loads((path / "manifest.json").read_text())
    since = ("starts", "task", "warnings", "objects", "columns")
    old = {key: value for key, value in content.items() if key not in since} | {"format": 1}
    old["checksum"] = schema.manifest_checksum(old)
    (path / "manifest.json").write_text(json.dumps(old))
    for read in (read_manifest, lambda uri: load_run(uri).manifest):
        known = read(str(path))
        assert (known["format"], known["starts"], known["task"], known["warnings"]) == (1, [], None, [])
    recorder = Recorder.open(str(path))
    live(recorder, 10)
    recorder.close()
    assert json.loads((path / "manifest.json").read_text())["format"] == schema.FORMAT_VERSION
    assert digest(str(path), 0, 9) == digest(undisturbed)


def test_the_digest_is_what_its_docstring_says(undisturbed: str) -> None:
    config = configuration()
    columns = schema.birth_columns()
    total = hashlib.sha256(json.dumps(schema.identity(columns)).encode() + b"\n")
    for generation in range(2, 8):
        births = rows(config, generation)[0]
        order = np.argsort(births["id"])
        for name, dtype in columns.items():
            values = births[name][order]
            if dtype == "string":
                total.update("".join(f"{value}\n" for value in values).encode())
            else:
                total.update(values.astype(np.dtype(dtype).newbyteorder("<")).tobytes())
    assert digest(undisturbed, 2, 7) == total.hexdigest()


@settings(max_examples=15, deadline=None)
@given(stops=st.sets(st.integers(0, 39)), reopen=st.sets(st.integers(0, 39)), size=st.integers(1, 3))
def test_the_digest_does_not_depend_on_commits(stops: set[int], reopen: set[int], size: int) -> None:
    config = configuration(2, size, 40)
    digests = []
    for chosen in (stops, set()):
        uri = f"memory://digest-{next(_numbers)}"
        recorder = create(uri, config)
        for stop in sorted({-1, 39} | chosen):
            live(recorder, stop)
            if stop in reopen and chosen:
                recorder.close()
                recorder = Recorder.open(uri)
        recorder.close("finished")
        digests.append((digest(uri), digest(uri, 3, 17)))
        assert stored(uri, "births")["generation"].to_pylist() == np.repeat(np.arange(40), 2 * size).tolist()
        assert files(uri) == listed(uri)
    assert digests[0] == digests[1]


@pytest.mark.parametrize("column", [name for name in schema.BIRTHS if name not in ("id", "generation")])
def test_the_digest_sees_every_column(undisturbed: str, column: str) -> None:
    recorder = create(f"memory://changed-{next(_numbers)}")
    recorder.commit(-1, newborns(recorder.config, 0))
    for generation in range(10):
        births, *others = rows(recorder.config, generation)
        if generation == 9:
            last = births[column][-1:]
            if column == "cause_of_death":
                last[:] = "collapsed"
            elif last.dtype == np.float32:
                last[:] = np.nextafter(last, np.float32(9))
            elif column == "island":
                last -= 1
            else:
                last += 1
        recorder.add(generation, births, *others)
    recorder.commit(9, {})
    recorder.close()
    assert digest(recorder.uri, 0, 8) == digest(undisturbed, 0, 8)
    assert digest(recorder.uri) != digest(undisturbed)


def test_a_nan_has_one_form(undisturbed: str) -> None:
    recorder = create(f"memory://nan-{next(_numbers)}")
    config = recorder.config
    births, *others = rows(config, 0)
    births["self_error"][0] = np.nan
    other = {name: values.copy() for name, values in births.items()}
    other["self_error"][0] = np.array(0xFFC00001, np.uint32).view(np.float32)
    recorder.add(0, births, *others)
    recorder.commit(0, {})
    second = create(f"memory://nan-{next(_numbers)}")
    second.add(0, other, *others)
    second.commit(0, {})
    assert digest(recorder.uri) == digest(second.uri)
    recorder.close()
    second.close()


def test_a_reader_is_not_disturbed_by_a_writer_that_merges(
    tmp_path: Path, undisturbed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = create(tmp_path / "run")
    live(recorder, -1, 0, 1, 2, 3)
    read, merged = LocalFolder.read, []

    def read_late(folder: LocalFolder, name: str, most: int) -> bytes:
        if name.startswith("births") and not merged:
            merged.append(name)
            live(recorder, 4, 5, 6, 7, 8, 9)
            assert name not in files(recorder.uri)
        return read(folder, name, most)

    monkeypatch.setattr(LocalFolder, "read", read_late)
    assert digest(recorder.uri) == digest(undisturbed)
    assert merged
    recorder.close()


# What is refused before it is written


def test_rows_that_are_not_the_schemas_are_refused() -> None:
    recorder = create(f"memory://rows-{next(_numbers)}")
    births, migrations, generations = rows(recorder.config, 0)

    def changed(**columns: Any) -> dict[str, np.ndarray]:
        return {**births, **columns}

    total = len(births["id"])
    wrong = [
        changed(extra=births["id"]),
        {name: values for name, values in births.items() if name != "accuracy"},
        changed(accuracy=births["accuracy"][:-1]),
        changed(accuracy=births["accuracy"].astype(np.float64)),
        changed(accuracy=births["accuracy"][:, None]),
        changed(n_offspring=births["accuracy"]),
        changed(n_offspring=np.full(total, 2**31)),
        changed(generation=np.full(total, 1, np.int32)),
        changed(id=np.zeros(total, np.int64)),
        changed(id=births["id"] + (1 << schema.SLOT_BITS)),
        changed(cause_of_death=np.full(total, "boredom")),
    ]
    for births_ in wrong:
        with pytest.raises(ValueError, match=r"\w"):
            recorder.add(0, births_, migrations, generations)
    with pytest.raises(ValueError, match="does not follow -1"):
        recorder.add(1, *rows(recorder.config, 1))
    recorder.add(0, births, migrations, generations)
    with pytest.raises(ValueError, match="does not follow 0"):
        recorder.add(0, births, migrations, generations)
    with pytest.raises(ValueError, match="commit of generation 1"):
        recorder.commit(1, newborns(recorder.config, 2))
    with pytest.raises(ValueError, match="asleep"):
        recorder.commit(0, newborns(recorder.config, 1), status="asleep")
    recorder.commit(0, newborns(recorder.config, 1))
    recorder.close()


def begun(path: Path) -> Recorder:
    recorder = create(path)
    live(recorder, -1)
    return recorder


@pytest.mark.parametrize("kept", ["run", "file", "folder", "config.yaml"])
def test_a_used_folder_is_refused_and_left_alone(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "run"
    if kept == "run":
        begun(path).close()
    elif kept == "folder":
        (path / "data").mkdir(parents=True)
    else:
        path.mkdir()
        (path / kept).write_text("seed: 7")
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    for refuse in (lambda: check_unused(str(path)), lambda: create(path)):
        with pytest.raises(
            UserError,
            match=r"(holds a run already|is not empty): go on with it \(--resume, resume=True\), or choose another",
        ):
            refuse()
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == before


def test_a_run_that_another_process_writes_is_said_to_be_one(uri: str) -> None:
    recorder = begun(uri)
    for refuse in (lambda: check_unused(uri), lambda: create(uri)):
        with pytest.raises(UserError, match=r"another process is writing a run here: .* 'alife status .*', or choose"):
            refuse()
    recorder.close("finished")
    with pytest.raises(UserError, match="holds a run already"):
        check_unused(uri)


def test_an_unwritable_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run", "/proc/run"):
        with pytest.raises(UserError, match=f"^{path}: "):
            create(path)
    monkeypatch.setattr(os, "access", lambda *args: False)
    with pytest.raises(UserError, match=f"{tmp_path} is not writable"):
        check_unused(str(tmp_path / "run"))
    assert sorted(tmp_path.iterdir()) == [tmp_path / "file"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    check_unused(str(tmp_path))
    begun(tmp_path).close()
    assert exists(str(tmp_path))


def test_where_there_is_no_run(uri: str) -> None:
    assert not exists(uri)
    for read in (read_manifest, read_config, read_checkpoint, digest, Recorder.open):
        with pytest.raises(UserError, match="there is no run here"):
            read(uri)
    assert open_folder(uri).ls() == {}


# What is kept


def test_fossils_and_the_last_checkpoints_are_kept(uri: str) -> None:
    recorder = create(uri, configuration(1, 1, checkpoint={"keep": 2}))
    live(recorder, *range(-1, 27))
    assert recorder.kept() == [0, 1, 2, 3, 5, 10, 20, 26, 27]
    assert recorder.checkpoint(10)[0] == 10
    with pytest.raises(UserError, match="no checkpoint of generation 11: kept are 0, 1, 2, 3, 5, 10, 20, 26, 27"):
        recorder.checkpoint(11)
    recorder.close()
    assert files(uri) == listed(uri)


def test_an_extinct_run_keeps_what_it_had(uri: str) -> None:
    recorder = create(uri)
    live(recorder, -1, 3)
    recorder.add(4, *rows(recorder.config, 4))
    recorder.commit(4, {}, status="extinct")
    recorder.close()
    assert (read_manifest(uri)["status"], read_manifest(uri)["generation"]) == ("extinct", 4)
    assert read_checkpoint(uri)[0] == 4


def test_an_empty_island_is_kept_empty(uri: str) -> None:
    recorder = create(uri)
    islands = newborns(recorder.config, 0)
    islands[1] = islands[1].take(slice(0, 0))
    recorder.commit(-1, islands)
    recorder.close()
    assert read_checkpoint(uri)[1][1].messages.shape == (0, 7)


def test_a_fork_starts_where_it_thaws(uri: str, undisturbed: str) -> None:
    recorder = create(uri)
    recorder.commit(4, newborns(recorder.config, 5))
    live(recorder, 9)
    recorder.close()
    assert digest(uri, 5, 9) == digest(undisturbed, 5, 9)
    assert read_manifest(uri)["parts"]["births"][0]["first"] == 5


def test_a_run_is_extended(uri: str) -> None:
    recorder = create(uri)
    recorder.extend(60)
    recorder.extend(60)
    with pytest.raises(UserError, match="generations: 59 is fewer than the 60 of this run"):
        recorder.extend(59)
    with pytest.raises(UserError, match="generations"):
        recorder.extend(2**30)
    assert recorder.config.generations == 60
    recorder.close()
    assert read_config(uri) == configuration(generations=60)


def test_an_attachment_is_not_part_of_the_record(uri: str) -> None:
    recorder = create(uri)
    recorder.attach("test_scores.json", b"{}")
    recorder.attach("test_scores.json", b"[]")
    for name in ("manifest.json", "config.yaml", ".writer", "births/x"):
        with pytest.raises(ValueError, match="no name for an attachment"):
            recorder.attach(name, b"")
    recorder.close()
    Recorder.open(uri).close()
    assert open_folder(uri).read("test_scores.json") == b"[]"


def test_two_commits_of_a_generation_leave_one_checkpoint(uri: str) -> None:
    recorder = create(uri)
    live(recorder, -1, 3)
    before = files(uri)
    recorder.commit(3, newborns(recorder.config, 4), status="interrupted")
    recorder.close()
    assert len(files(uri)) == len(before)
    assert files(uri) == listed(uri)
    assert read_checkpoint(uri)[0] == 4


@pytest.mark.parametrize("heritable", [[], ["task_weight", "mutation"]])
def test_a_long_record_is_small(tmp_path: Path, heritable: list[str]) -> None:
    generations = 2_000 if not heritable else 200
    recorder = create(tmp_path, configuration(4, 50, generations, reproduction={"heritable": heritable}))
    most = 0
    for generation in range(generations):
        recorder.add(generation, *rows(recorder.config, generation))
        if generation % 10 == 9:
            recorder.commit(generation, newborns(recorder.config, generation + 1))
            most = max(most, sum(1 for file in tmp_path.rglob("*") if file.is_file()))
    recorder.close("finished")
    kinds = ("births", "migrations", "generations")
    size = sum(file.stat().st_size for kind in kinds for file in (tmp_path / kind).iterdir())
    assert most <= 200
    assert size / (200 * generations) <= 20 + 4 * len(heritable)
