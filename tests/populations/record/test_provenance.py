"""The source on record is that from which births come."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from populations.record.provenance import bearing, versions
from tests import ROOT

ASK = "from populations.record.provenance import versions; print(versions()['source'])"


def test_another_source_has_another_digest(tmp_path: Path) -> None:
    for folder in ("alife", "populations"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert _source(tmp_path) == versions()["source"], "wherever it lies"
    changed = tmp_path / "alife/organism/lifetime.py"
    changed.write_text(changed.read_text() + "# another\n")
    assert _source(tmp_path) != versions()["source"]


def test_it_is_of_every_file_that_births_come_from() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in bearing()}
    assert {"alife/organism/lifetime.py", "alife/streams.py", "populations/engine/evolve.py"} <= names
    assert not any(name.startswith(("analysis", "tests")) for name in names)


def _source(root: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, "-c", ASK], cwd=root, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()
