"""A run on 64 workers, of whom each has a logical CPU: births are those of one process, and the driver hears little."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import alife
from populations.record.writer import digest
from tests import ROOT

SMALL: Final[dict[str, Any]] = {
    "task": "none",
    "quine.hidden": 6,
    "quine.coordinate_units": 3,
    "life.steps": 2,
    "life.coordinates": 8,
    "population.islands": 1000,
    "population.size": 8,
    "generations": 40,
    "checkpoint.every": 10,
}
GIGABYTES: Final = 18


def free() -> float:
    """GB of memory that may be used, where the system says so."""
    information = Path("/proc/meminfo")
    found = re.search(r"MemAvailable:\s+(\d+)", information.read_text()) if information.exists() else None
    return int(found[1]) / 1e6 if found else 0.0


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_many_workers_give_birth_to_the_same(tmp_path: Path) -> None:
    hosts = 64 if free() > GIGABYTES else 32
    words = [f"{key}={json.dumps(value)}" for key, value in SMALL.items()]
    command = [sys.executable, "-m", "tests.support.many_workers", str(tmp_path / "run"), str(hosts), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert alife.evolve(SMALL, tmp_path / "alone", backend="local", sinks=[]) == found["status"] == "finished"
    assert digest(str(tmp_path / "run")) == digest(str(tmp_path / "alone"))
    assert found["bytes"] <= 1000
