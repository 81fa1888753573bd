"""After `kill -9` of a sweep, workers may outlive their driver for a while and still hold their runs: the same command
waits for them.
"""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from populations.record import lease
from populations.record.storage import open_folder
from populations.record.writer import digest
from populations.studies.plan import parse_plan
from populations.studies.sweep import sweep


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_a_run_that_a_worker_still_holds_is_no_failure(
    small: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ray_8: None, backend: Any
) -> None:
    monkeypatch.setattr("populations.studies.jobs.BUSY_PAUSE", 0.5)
    base = {**small, "task": "none", "generations": 2, "population": {"islands": 1, "size": 6}}
    plan = parse_plan(yaml.safe_dump({"base": base, "seeds": 2}), "test")
    whole = sweep(plan, str(tmp_path / "whole"), backend="local")
    assert (whole.done, dict(whole.failed)) == (2, {})

    held = tmp_path / "sweep/runs/base/seed-0"
    held.mkdir(parents=True)
    (tmp_path / "sweep/sweep.yaml").write_bytes((tmp_path / "whole/sweep.yaml").read_bytes())
    lock = lease.acquire(open_folder(str(held)))
    ended: dict[str, float] = {}

    def hear(event: dict[str, Any]) -> None:
        if event.kind == "job_done":
            ended[event.job] = time.monotonic()

    began = time.monotonic()
    seconds = 3.0 if backend == "ray" else 1.5
    worker = threading.Timer(seconds, lock.release)
    worker.start()
    summary = sweep(plan, str(tmp_path / "sweep"), backend=backend, sinks=[hear])
    worker.join()
    assert (summary.done, dict(summary.failed)) == (2, {})
    assert ended["base/seed-0"] - began > seconds
    for run in ("base/seed-0", "base/seed-1"):
        assert digest(str(tmp_path / "sweep/runs" / run)) == digest(str(tmp_path / "whole/runs" / run))
