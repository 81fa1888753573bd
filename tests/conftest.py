"""Fixtures that many tests share: a small data set, a small configuration, and one Ray for the whole session."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from alife import traits
from tests.support.idx_folders import make_arrays, write_folder

os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
os.environ.setdefault("RAY_memory_monitor_refresh_ms", "0")


LONGEST = (
    "tests/test_readme.py",
    "tests/alife/organisms/tiny/test_runs.py",
    "tests/faults/test_matrix.py",
    "tests/populations/studies/test_sweep.py",
)
"""Files that begin first, so that no process is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; all else stays in its order."""
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in LONGEST)


@pytest.fixture(autouse=True)
def scores_are_accuracies() -> Iterator[None]:
    """Again, whatever run a test has looked at last."""
    yield
    traits.enter({})


@pytest.fixture(scope="session")
def idx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8×8 images of 10 classes that can be learned."""
    return write_folder(tmp_path_factory.mktemp("idx"), make_arrays(train=360, test=60, shape=(8, 8), classes=10))


@pytest.fixture
def small(idx_folder: Path) -> dict[str, Any]:
    """A configuration whose generation takes milliseconds."""
    return {
        "task": str(idx_folder),
        "generations": 6,
        "quine": {"hidden": 12, "coordinate_units": 6},
        "life": {"steps": 6, "coordinates": 32, "images": 16},
        "population": {"islands": 3, "size": 6},
        "migration": {"every": 2, "migrants": 1},
        "checkpoint": {"every": 2},
    }


@pytest.fixture(scope="session")
def ray_8() -> Iterator[None]:
    """One Ray with 8 logical CPUs, on loopback."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    ray.init(address="local", num_cpus=8, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()
