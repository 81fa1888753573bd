"""Tests of the run folder in bad times: writers killed or taken over, a full disk, damaged and foreign files."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alife import schema
from alife.errors import UserError
from populations.record import lease, shards
from populations.record.reader import reading
from populations.record.storage import open_folder
from populations.record.writer import Recorder, digest, exists, read_checkpoint, read_config, read_manifest
from tests.support.disks import small
from tests.support.killing import run
from tests.support.malformed import damaged
from tests.support.rows import configuration, create, files, listed, live, newborns, of_workers

pytest_plugins = ("tests.support.s3",)


# One writer


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    recorder = create(tmp_path)
    with pytest.raises(UserError, match=rf"another run is writing here \(process {os.getpid()} on "):
        Recorder.open(str(tmp_path))
    recorder.close()
    recorder.close()
    with pytest.raises(UserError, match="closed for writing"):
        recorder.commit(-1, newborns(recorder.config, 0))
    Recorder.open(str(tmp_path)).close()


def test_a_writer_that_was_taken_over_stops_and_does_no_damage(uri: str, undisturbed: str) -> None:
    first = create(uri)
    live(first, -1, 3)
    folder = open_folder(uri)
    folder.delete(lease.NAME)
    second = Recorder.open(uri)
    with pytest.raises(UserError, match="stopped to do no damage"):
        live(first, 5)
    live(second, 9)
    with pytest.raises(UserError, match="closed for writing"):
        first.commit(5, newborns(first.config, 6))
    first.close("failed")
    second.close("finished")
    assert digest(uri) == digest(undisturbed)
    assert read_manifest(uri)["status"] == "finished"
    Recorder.open(uri).close()
    assert files(uri) == listed(uri)


# Killed at any moment


def _create(uri: str) -> None:
    recorder = create(uri)
    recorder.commit(-1, newborns(recorder.config, 0))
    recorder.close()


def test_killed_before_or_while_the_founders_are_stored(tmp_path: Path) -> None:
    """Then there is no run yet, and one can start there as if nothing had been."""
    outcomes = []
    for step in itertools.count():
        path = tmp_path / str(step)
        if run(_create, str(path), kill_at=step) is None:
            break
        outcomes.append(exists(str(path)))
        if not outcomes[-1]:
            if (path / "manifest.json").exists():
                with pytest.raises(UserError, match="before its founders were stored: start it again"):
                    read_checkpoint(str(path))
            _create(str(path))
        Recorder.open(str(path)).close()
        assert read_config(str(path)) == configuration()
        assert read_checkpoint(str(path))[0] == 0
        assert files(str(path)) == listed(str(path))
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}
    assert outcomes.count(False) > 8


def test_what_a_user_has_put_beside_a_run_without_founders_is_not_run_over(tmp_path: Path) -> None:
    create(tmp_path).close()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"choose another folder \(--out\)"):
        create(tmp_path)


def _commit_merge_extend(uri: str) -> None:
    recorder = Recorder.open(uri, lease_seconds=0.5)
    live(recorder, 7)
    recorder.extend(40)
    recorder.close("interrupted")


def test_killed_at_any_step_of_a_commit(tmp_path: Path) -> None:
    base = tmp_path / "base"
    recorder = create(base)
    live(recorder, *range(-1, 7))
    recorder.close()
    reference = create(tmp_path / "reference")
    live(reference, -1, 8)
    seen = []
    for step in itertools.count():
        uri = str(tmp_path / str(step))
        shutil.copytree(base, uri)
        if run(_commit_merge_extend, uri, kill_at=step) is None:
            break
        seen.append(_check_survivor(uri, reference.uri))
    assert seen == sorted(seen)
    assert set(seen) == {(6, 30), (7, 30), (7, 40)}
    assert len(seen) > 30
    reference.close()


def _commit_of_workers(uri: str) -> None:
    recorder = Recorder.open(uri, lease_seconds=0.5)
    sealed = of_workers(recorder, [[0], [1]], [7])
    folder, old = open_folder(uri), recorder.manifest["parts"]["births"]
    mark, columns = recorder.mark(), recorder.manifest["columns"]
    entry = shards.merge(folder.write, reading(folder), mark, recorder.config, columns, "births", old)
    recorder.put("births/0000008-0000008-1-abc.parquet", b"of a worker that is late")
    recorder.commit_sealed(7, sealed, [("births", [each["name"] for each in old], entry)])
    recorder.close("interrupted")


def test_killed_at_any_step_of_a_commit_of_what_workers_have_written(tmp_path: Path) -> None:
    """The commit before or the new one is left, and what workers wrote for the new one goes at the next open."""
    base = tmp_path / "base"
    recorder = create(base)
    live(recorder, *range(-1, 7))
    recorder.close()
    reference = create(tmp_path / "reference")
    live(reference, -1, 8)
    seen, orphans = [], 0
    for step in itertools.count():
        uri = str(tmp_path / str(step))
        shutil.copytree(base, uri)
        if run(_commit_of_workers, uri, kill_at=step) is None:
            break
        orphans = max(orphans, len(files(uri) - listed(uri)))
        seen.append(_check_survivor(uri, reference.uri))
    assert seen == sorted(seen)
    assert set(seen) == {(6, 30), (7, 30)}
    assert len(seen) > 25
    assert orphans >= 7, "rows and newborns of two, and a merged part"
    reference.close()


def _commit(uri: str) -> None:
    recorder = Recorder.open(uri, lease_seconds=0.3)
    live(recorder, 7)
    recorder.close("interrupted")


def test_killed_at_steps_of_a_commit_to_s3(s3: str, tmp_path: Path) -> None:
    config = configuration(checkpoint={"keep": 1})
    recorder = create(s3, config)
    live(recorder, -1, 6)
    recorder.close()
    reference = create(tmp_path / "reference", config)
    live(reference, -1, 8)
    seen = []
    for step in itertools.count(0, 2):
        copy = open_folder(f"{s3}-{step}")
        copy.fs.copy(open_folder(s3).root, copy.root, recursive=True)
        if run(_commit, copy.uri, kill_at=step) is None:
            break
        seen.append(_check_survivor(copy.uri, reference.uri))
    assert set(seen) == {(6, 30), (7, 30)}
    reference.close()


def _check_survivor(uri: str, reference: str) -> tuple[int, int]:
    """A folder whose writer was killed is at a commit, goes on, and ends as if nothing had been."""
    generation = read_manifest(uri)["generation"]
    assert digest(uri) == digest(reference, 0, generation)
    recorder = Recorder.open(uri, lease_seconds=0.3)
    assert files(uri) == listed(uri)
    assert not [name for name in open_folder(uri).ls() if name.endswith(".tmp")]
    assert recorder.manifest["generation"] == generation
    assert recorder.checkpoint()[0] == generation + 1
    total = recorder.config.generations
    live(recorder, 8)
    recorder.close("finished")
    assert digest(uri) == digest(reference)
    return generation, total


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    with small(tmp_path / "disk", "400k") as path:
        yield path


def test_a_full_disk_leaves_the_last_commit(small_disk: Path, tmp_path: Path) -> None:
    reference = create(tmp_path / "reference")
    live(reference, -1, 29)
    recorder = create(small_disk / "run")
    recorder.commit(-1, newborns(recorder.config, 0, 2_000))
    with pytest.raises(UserError, match=r"No space left on device; the run is kept up to generation \d+: ") as caught:
        live(recorder, *range(30), weights=2_000)
    assert "\n" not in str(caught.value)
    last = recorder.manifest["generation"]
    recorder.close("failed")
    uri = recorder.uri
    assert read_manifest(uri)["generation"] == last >= 0
    assert files(uri) == listed(uri)
    assert digest(uri) == digest(reference.uri, 0, last)
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    recorder = Recorder.open(uri)
    assert recorder.checkpoint()[0] == last + 1
    live(recorder, 29)
    recorder.close("finished")
    assert digest(uri) == digest(reference.uri)
    reference.close()


# Foreign hands


def test_a_newer_and_an_older_format_are_refused_by_name(undisturbed: str, tmp_path: Path) -> None:
    path = shutil.copytree(undisturbed, tmp_path / "run")
    content = json.loads((path / "manifest.json").read_text())
    for number, age in ((schema.FORMAT_VERSION + 1, "a newer"), (0, "an older")):
        (path / "manifest.json").write_text(json.dumps({**content, "format": number, "more": 1}))
        with pytest.raises(UserError, match=rf"written by {age} alife: format {number}; this one reads 1 and 2 and 3"):
            Recorder.open(str(path))


def _missing(path: Path) -> None:
    path.unlink()


def _shorter(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("kind", schema.PART_KINDS)
@pytest.mark.parametrize("damage", [_missing, _shorter])
def test_a_missing_or_truncated_file_is_named(undisturbed: str, tmp_path: Path, kind: str, damage: Any) -> None:
    path = shutil.copytree(undisturbed, tmp_path / "run")
    damaged = sorted((path / kind).iterdir())[0]
    damage(damaged)
    before = (path / "manifest.json").read_bytes()
    with pytest.raises(UserError, match=f"{kind}/{damaged.name}: (missing|damaged)"):
        Recorder.open(str(path))
    assert (path / "manifest.json").read_bytes() == before


def test_what_is_merged_is_verified_first(tmp_path: Path) -> None:
    recorder = create(tmp_path)
    live(recorder, *range(-1, 7))
    part = tmp_path / recorder.manifest["parts"]["births"][2]["name"]
    data = bytearray(part.read_bytes())
    data[len(data) // 3] ^= 1
    part.write_bytes(data)
    with pytest.raises(UserError, match=rf"{part.name}: damaged: its SHA-256"):
        live(recorder, 7)
    recorder.close()
    assert files(str(tmp_path)) == listed(str(tmp_path))


def test_an_edited_configuration_is_refused(undisturbed: str, tmp_path: Path) -> None:
    path = shutil.copytree(undisturbed, tmp_path / "run")
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("generations: 30", "generations: 31"))
    for read in (read_config, Recorder.open, digest):
        with pytest.raises(UserError, match=r"config\.yaml: damaged or edited"):
            read(str(path))
    config.unlink()
    with pytest.raises(UserError, match=r"config\.yaml: missing"):
        Recorder.open(str(path))


def test_a_users_own_files_stay(undisturbed: str, tmp_path: Path) -> None:
    path = shutil.copytree(undisturbed, tmp_path / "run")
    own = [path / "report.html", path / "births" / "my notes.txt", path / "figures" / "a.pdf"]
    orphans = [path / "births" / "0000010-0000019-1-abc.parquet", path / ".manifest.json.tmp"]
    (path / "figures").mkdir()
    for file in own + orphans:
        file.write_text("x")
    Recorder.open(str(path)).close()
    assert all(file.exists() for file in own)
    assert not any(file.exists() for file in orphans)


def test_no_damage_to_any_file_is_accepted(undisturbed: str, tmp_path: Path) -> None:
    path = shutil.copytree(undisturbed, tmp_path / "run")
    content = read_manifest(undisturbed)
    reference = digest(undisturbed)

    def read_all() -> None:
        assert digest(str(path)) == reference
        read_checkpoint(str(path), 0)

    checkpoint = next(entry for entry in content["parts"]["checkpoints"] if entry["generation"] == 0)
    names = [content["parts"]["births"][0]["name"], checkpoint["name"], "config.yaml", "manifest.json"]
    tried = refused = 0
    for name in names:
        file = path / name
        whole = file.read_bytes()
        for text in damaged(whole, 250):
            file.write_bytes(text)
            tried += 1
            try:
                read_all()
                assert name == "manifest.json", "damage was not seen"
                assert read_manifest(str(path)) == content
            except UserError as error:
                refused += name in str(error) and "\n" not in str(error)
        file.write_bytes(whole)
        read_all()
    assert tried == 1000
    assert refused > 980, "or their errors are not one line that names the file"
