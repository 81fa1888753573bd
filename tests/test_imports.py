"""The import contracts of pyproject.toml hold, and each fails once an import against it is added."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("alife", "populations", "analysis")

CIRCLES = "no circles between files, nor between folders"
ALIFE = "alife knows neither populations nor analysis, but for the command"
POPULATIONS = "populations knows neither analysis nor the command"
HEAVY = "analysis reads without populations, torch and Ray"
TAKES = "analysis takes of alife only what a run folder means"
ISLAND = "an island knows nothing of assays, the seed paper and the command"


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    """`lint-imports` in a folder that holds the packages."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and pyproject.toml in another folder."""
    folder = tmp_path_factory.mktemp("copied")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold(copied: Path) -> None:
    done = linted(copied)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("alife/evolution/island.py", "import populations.engine.migration", [ALIFE]),
        ("alife/cli/show.py", "import populations.engine.migration", []),
        ("populations/engine/fork.py", "import analysis.data.run", [POPULATIONS]),
        ("populations/engine/fork.py", "def late():\n    import alife.cli.main", [POPULATIONS]),
        ("populations/engine/migration.py", "def late():\n    import populations.studies.plan", [CIRCLES]),
        ("analysis/assays/estimates.py", "def late():\n    import analysis.assays.results", [CIRCLES]),
        ("analysis/data/run.py", "import populations.record.storage", [HEAVY]),
        ("analysis/data/run.py", "import torch", [HEAVY]),
        ("analysis/data/individual.py", "import populations.engine.adults", [HEAVY]),
        ("alife/format/files.py", "import ray", [HEAVY]),
        ("analysis/data/run.py", "import alife.streams", [TAKES]),
        ("analysis/data/run.py", "import alife", [HEAVY, TAKES]),
        ("alife/format/files.py", "import alife.seed_paper.marker", [ISLAND]),
    ],
)
def test_an_import_against_an_arrow_breaks_its_contract(copied: Path, file: str, line: str, broken: list[str]) -> None:
    path = copied / file
    kept = path.read_text(encoding="utf-8")
    path.write_text(f"{kept}\n\n{line}\n", encoding="utf-8")
    try:
        done = linted(copied)
    finally:
        path.write_text(kept, encoding="utf-8")
    found = [name for name in (CIRCLES, ALIFE, POPULATIONS, HEAVY, TAKES, ISLAND) if f"{name} BROKEN" in done.stdout]
    assert found == broken, done.stdout
    assert done.returncode == (1 if broken else 0), done.stderr
