"""What commits cost, read from the events of a run."""

import pytest

from populations.bench.checkpoints import bench, figures
from tests.support.idx_folders import make_arrays, write_folder


def test_shares_are_of_the_time_until_then() -> None:
    events = [
        {"event": "start", "time": 100.0},
        {"event": "generation", "time": 101.0, "generation": 0},
        {"event": "commit", "time": 102.0, "generation": 0, "seconds": 0.5},
        {"event": "commit", "time": 120.0, "generation": 9, "seconds": 0.3},
    ]
    whole, one, size, first = figures(events, [2_000_000, 4_000_000, 3_000_000])
    assert whole["name"] == "checkpoints, share of 10 generations"
    assert whole["value"] == pytest.approx(100 * 0.8 / 20)
    assert (whole["commits"], whole["seconds of the run"]) == (2, 20.0)
    assert one["value"] == pytest.approx(0.4)
    assert size["value"] == pytest.approx(3.0)
    assert first == {"name": "checkpoints, share of the first 1 generations", "value": 25.0, "unit": "%"}


def test_a_run_is_measured(tmp_path) -> None:
    task = write_folder(tmp_path / "idx", make_arrays(train=60, test=20, shape=(6, 5)))
    small = {"task": task, "generations": 12, "quine.hidden": 8, "quine.coordinate_units": 4, "life.steps": 2}
    flags = [text for key, value in small.items() for text in (f"--{key}", str(value))]
    found = {figure["name"]: figure["value"] for figure in bench([*flags, "--backend", "local"])}
    assert 0 < found["checkpoints, share of 12 generations"] < 100
    assert "checkpoints, share of the first 10 generations" in found
