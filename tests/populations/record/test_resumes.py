"""A run that is resumed many times is the run that was never interrupted, and says by whom it was resumed."""

import json
from pathlib import Path

import pytest

from alife import schema
from alife.errors import UserError
from analysis import load_run
from populations import evolve, resume
from populations.record.provenance import versions
from populations.record.writer import digest, read_manifest


def test_many_resumes_are_one_run(small, tmp_path: Path) -> None:
    small = {**small, "life": {**small["life"], "steps": 1}}
    evolve({**small, "generations": 8}, str(tmp_path / "whole"), backend="local", quiet=True)
    path = str(tmp_path / "run")
    evolve({**small, "generations": 1}, path, backend="local", quiet=True)
    for generations in range(2, 9):
        assert resume(path, generations=generations, backend="local", quiet=True) == "finished"
    assert digest(path) == digest(str(tmp_path / "whole"))
    births = load_run(path).births
    assert births["id"].is_unique
    starts = read_manifest(path)["starts"]
    assert [start["generation"] for start in starts] == list(range(8))
    assert {start["version"] for start in starts} == {versions()["alife-quines"]}
    assert all(len(start["versions"]["source"]) == 16 and start["command"] and start["host"] for start in starts)


def test_what_a_newer_version_wrote_is_not_gone_on_with_unless_asked(small, tmp_path: Path) -> None:
    path = tmp_path / "run"
    evolve({**small, "generations": 1}, str(path), backend="local", quiet=True)
    _written_by(path, "99.0")
    with pytest.raises(UserError, match=r"written by version 99\.0, and this is .*, which may not know its rules"):
        resume(str(path), generations=2, backend="local", quiet=True)
    assert resume(str(path), generations=2, ray={"allow_mixed": True}, backend="local", quiet=True) == "finished"
    _written_by(path, "0.0.1")
    said: list[str] = []
    resume(str(path), generations=3, backend="local", sinks=[lambda event: said.append(getattr(event, "text", ""))])
    assert any("written by version 0.0.1; " in text for text in said)


def _written_by(path: Path, version: str) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["starts"][-1]["version"] = version
    manifest["checksum"] = schema.manifest_checksum(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest))
