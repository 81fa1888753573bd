"""Tests of populations.record.migrate and `alife migrate`: runs become ones of the present format, births stay."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from alife import schema
from alife.cli.main import main
from alife.errors import UserError
from analysis import load_run
from populations.record.migrate import migrate
from populations.record.writer import Recorder, digest, read_manifest
from tests import GOLDEN
from tests.support.rows import create, files, listed, live

OLD = {"format-1": 1, "format-1-epoch": 1, "format-2-shuffled": 2, "format-3": 3}
NOW = schema.FORMAT_VERSION


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a record of an older format."""
    return Path(shutil.copytree(GOLDEN / request.param, tmp_path / request.param))


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_births_stay_and_only_the_manifest_is_written(old: Path) -> None:
    before, known, run = _content(old), read_manifest(str(old)), load_run(old)
    orphan = old / "births" / "0000006-0000006-1-abc.parquet"
    orphan.write_bytes(b"of a writer that was killed")
    assert migrate(str(old)) == (OLD[old.name], NOW)
    after, now = _content(old), read_manifest(str(old))
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {"manifest.json", ".writer"}
    assert json.loads(after["manifest.json"])["format"] == NOW
    assert now["epoch"] == known["epoch"] + 1
    changing = {"format", "epoch", "updated", "checksum"}
    assert {k: v for k, v in now.items() if k not in changing} == {k: v for k, v in known.items() if k not in changing}
    assert digest(str(old)) == digest(str(GOLDEN / old.name))
    for table in ("births", "migrations", "generations"):
        pd.testing.assert_frame_equal(getattr(load_run(old), table), getattr(run, table), check_exact=True)
    assert migrate(str(old)) == (NOW, NOW)
    assert _content(old) == after


def test_a_check_writes_nothing(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _content(old)
    assert main(["migrate", "--check", str(old)]) == 0
    said = capsys.readouterr().out
    assert said == f"{old}: of format {OLD[old.name]}: 'alife migrate {old}' makes it one of format {NOW}\n"
    assert _content(old) == before


def test_several_runs_are_said_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = shutil.copytree(GOLDEN / "format-3", tmp_path / "old")
    recorder = create(tmp_path / "new")
    live(recorder, -1, 1)
    recorder.close()
    assert main(["migrate", str(old), str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{old}: was of format 3, is of format {NOW}",
        f"{tmp_path / 'new'}: of format {NOW}: there is nothing to do",
    ]


def test_a_run_that_is_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = str(shutil.copytree(GOLDEN / "format-3", tmp_path / "old"))
    writer = Recorder.open(old)
    path = Path(old) / "manifest.json"
    content = {**json.loads(path.read_text()), "format": 3}
    path.write_text(json.dumps({**content, "checksum": schema.manifest_checksum(content)}))
    before = path.read_bytes()
    assert main(["migrate", old]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"alife: error: {old}: another run is writing here (process ")
    assert path.read_bytes() == before
    assert migrate(old, check=True).is_due
    writer.abandon()


def test_a_damaged_run_stays_as_it_is(old: Path) -> None:
    (old / read_manifest(str(old))["parts"]["births"][0]["name"]).unlink()
    before = _content(old)
    with pytest.raises(UserError, match=r"births/.*: missing, though the manifest lists it"):
        migrate(str(old))
    assert {k: v for k, v in _content(old).items() if k != ".writer"} == {
        k: v for k, v in before.items() if k != ".writer"
    }
    with pytest.raises(UserError, match="there is no run here"):
        migrate(str(old / "births"))


def test_it_goes_on_in_parts_of_both_formats(tmp_path: Path) -> None:
    old = str(shutil.copytree(GOLDEN / "format-1", tmp_path / "old"))
    migrate(old)
    recorder = Recorder.open(old)
    assert all(list(recorder.checkpoint(generation)[1]) == [0, 1, 2] for generation in recorder.kept())
    recorder.close()
    assert files(old) == listed(old)
